//! A day of 10,000 customers and an attacker with an IPv6 /48: prints the table of docs/chat-server.md.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

#[path = "../tests/day/simulation.rs"]
mod simulation;

use simulation::{Crowd, live};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let crowd = Crowd {
        customers: 10_000,
        guesses: 50_000,
        victims: 20,
    };
    let day = live(crowd).await;
    println!("| | |\n|---|---|");
    println!("| customers | {} |", crowd.customers);
    println!("| their guesses | {} |", day.made);
    println!("| of these, slips | {} |", day.slips);
    println!("| customers who were refused | {} |", day.refused);
    println!(
        "| guesses of the attacker at {} customers | {} |",
        crowd.victims, crowd.guesses
    );
    println!("| of these, made | {} |", day.attacks);
    println!("| of these, refused | {} |", day.repelled);
    println!(
        "| most guesses of the attacker with one value in any hour | {} |",
        day.most
    );
}
