//! The promise about guessing, on a small day; `cargo bench -p krabice-sessions` has the large one.

mod simulation;

use simulation::{Crowd, live};

#[tokio::test]
async fn a_day_with_an_attacker_refuses_no_customer_and_bounds_the_guesses_at_each() {
    let day = live(Crowd {
        customers: 300,
        guesses: 1_200,
        victims: 1,
    })
    .await;
    assert_eq!(day.refused, 0, "{day:?}");
    assert!(day.slips > 60 && day.repelled > 100, "{day:?}");
    assert!(day.most <= 10, "{day:?}");
}
