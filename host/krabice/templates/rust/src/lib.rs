//! A plugin of Krabice: the loyalty points of a shop's customers.
//!
//! `load-points` reads from the back end, `redeem-points` writes to it, `verify-card` proves whose
//! a card is, and `append-note` reads before it writes. Replace them with your own functions.
//! `krabice/plugins/sdk/README.md` describes the crate `krabice_plugin`.

use krabice_plugin::compare::same_number;
use krabice_plugin::json::Loose;
use krabice_plugin::{
    Answer, Authorisation, Context, Decimal, Email, Failure, Fields, Outcome, Params, Plugin,
    Secret, Settings, Url, export, function, functions,
};
use serde::Deserialize;
use serde_json::json;

/// The settings of a connection, which the operator enters.
#[derive(Settings)]
pub struct Account {
    #[setting(
        address,
        label(en = "Address"),
        help(en = "Such as https://club.example.com/v1.")
    )]
    address: Url,
    #[setting(
        label(en = "Key"),
        help(en = "From the club's settings. The plugin never sees it.")
    )]
    key: Secret,
}

type Club = Context<Account>;

/// The customer that a function is about.
#[derive(Params)]
struct Member {
    #[param(
        label(en = "E-mail"),
        help(en = "The e-mail of the loyalty card."),
        personal
    )]
    email: Email,
}

/// The fields that `load-points` returns.
#[derive(Fields)]
struct Card {
    #[field(label(en = "Points"))]
    points: i64,
    #[field(label(en = "Value of the points"))]
    value: Decimal,
    #[field(label(en = "Currency"))]
    currency: String,
}

/// The answer of the back end.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CardAnswer {
    points: Loose<i64>,
    value: Loose<Decimal>,
    currency: Loose<String>,
    number: Loose<String>,
    note: Loose<String>,
}

/// Finds the card of a member. The request says that it reads: in a function that writes, the host
/// may then repeat it.
fn find(club: &Club, member: &Member) -> Result<Option<CardAnswer>, Failure> {
    let answer = club
        .get("members/{email}")
        .segment("email", member.email.as_str())
        .reads()
        .allow(404)
        .send()?;
    if answer.status() == 404 {
        return Ok(None);
    }
    answer.json().map(Some)
}

#[function(
    reads,
    subject(customer = email),
    label(en = "Load points"),
    help(en = "True with the points of a loyalty card; false when there is no such card.")
)]
fn load_points(club: &Club, member: Member) -> Result<Outcome<Card>, Failure> {
    let Some(card) = find(club, &member)? else {
        return Ok(Outcome::False);
    };
    Ok(Outcome::True(Card {
        points: *card.points.required("points")?,
        value: *card.value.required("value")?,
        currency: card.currency.required("currency")?.clone(),
    }))
}

/// The parameters of `verify-card`.
#[derive(Params)]
struct CardHolder {
    #[param(flatten)]
    member: Member,
    #[param(
        label(en = "Card number"),
        help(en = "As it is printed on the card."),
        personal
    )]
    number: String,
}

// Who knows the number of the card is its holder: a host may let them see what is theirs.
#[function(
    reads,
    purposes(verifies_identity),
    subject(customer = email),
    label(en = "Verify a card"),
    help(
        en = "True when the e-mail and the number belong to one card; false when they do not, or there is no such card."
    )
)]
fn verify_card(club: &Club, holder: CardHolder) -> Result<Outcome, Failure> {
    let Some(card) = find(club, &holder.member)? else {
        return Ok(Outcome::False);
    };
    Ok(same_number(card.number.required("number")?, &holder.number).into())
}

/// The parameters of `append-note`.
#[derive(Params)]
struct MemberAndText {
    #[param(flatten)]
    member: Member,
    #[param(label(en = "Text"), help(en = "What the staff is to read."), personal)]
    text: String,
}

// The club can only replace the whole note. With `exclusive`, calls about one customer wait for
// each other: two at once would lose what one of them wrote.
#[function(
    writes,
    purposes(append_note),
    subject(customer = email),
    exclusive,
    label(en = "Add to the note"),
    help(
        en = "True when the text stands at the end of the staff's note; false when there is no such card."
    )
)]
fn append_note(club: &Club, added: MemberAndText) -> Result<Outcome, Failure> {
    let Some(card) = find(club, &added.member)? else {
        return Ok(Outcome::False);
    };
    // A note that the answer does not have would be lost.
    let note = match card.note.known("note")? {
        Some(note) => format!("{note}\n{}", added.text),
        None => added.text,
    };
    club.put("members/{email}/note")
        .segment("email", added.member.email.as_str())
        .json(&json!({ "note": note }))
        .send()?;
    Ok(Outcome::True(()))
}

/// The parameters of `redeem-points`.
#[derive(Params)]
struct Redemption {
    #[param(flatten)]
    member: Member,
    #[param(
        label(en = "Points"),
        help(en = "How many points to turn into a voucher.")
    )]
    points: i64,
}

#[derive(Answer)]
#[answer(label(en = "Code of the voucher"))]
struct Voucher(String);

#[derive(Default, Deserialize)]
#[serde(default)]
struct VoucherAnswer {
    code: Loose<String>,
}

// The back end makes only one voucher for the key of a call, so the host may repeat the
// request. If your back end does not know such keys, write `writes`.
#[function(
    writes_idempotently,
    subject(customer = email),
    label(en = "Redeem points"),
    help(
        en = "True with a voucher for the points; false when there are too few, or no such card."
    )
)]
fn redeem_points(club: &Club, redemption: Redemption) -> Result<Outcome<Voucher>, Failure> {
    if redemption.points < 1 {
        return Err(Failure::invalid_parameter("points", "is less than 1"));
    }
    let answer = club
        .post("members/{email}/vouchers")
        .segment("email", redemption.member.email.as_str())
        .header("idempotency-key", club.key())
        .json(&json!({ "points": redemption.points }))
        .allow(404)
        .allow(409)
        .send()?;
    if matches!(answer.status(), 404 | 409) {
        return Ok(Outcome::False);
    }
    let voucher: VoucherAnswer = answer.json()?;
    Ok(Outcome::True(Voucher(
        voucher.code.required("code")?.clone(),
    )))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ClubAnswer {
    name: Loose<String>,
}

/// Tests a connection with one request that changes nothing.
fn probe(club: &Club) -> Result<String, Failure> {
    let answer: ClubAnswer = club.get("club").send()?.json()?;
    Ok(answer.name.text())
}

/// The plugin.
pub static PLUGIN: Plugin<Account> = Plugin::new(
    "my-plugin",
    env!("CARGO_PKG_VERSION"),
    &[("en", "My plugin")],
)
.help(&[("en", "Loyalty points of a shop's customers.")])
.authorisation(Authorisation::Header {
    name: "X-Api-Key",
    prefix: "",
    setting: "key",
})
.functions(functions![
    load_points,
    verify_card,
    redeem_points,
    append_note
])
.probe(probe);

export!(PLUGIN);

#[cfg(test)]
mod tests {
    use krabice_plugin::contract::Value;
    use krabice_plugin::mock::{Expected, Mock, get, post, put};

    use super::*;

    fn asks(email: &str) -> Expected {
        get(&format!("members/{email}")).reads()
    }

    #[test]
    fn the_points_of_a_card() {
        let club = Mock::of(&PLUGIN);
        club.expect(asks("ada%40example.com").answers(
            200,
            r#"{ "points": 240, "value": "24.00", "currency": "EUR" }"#,
        ));
        let outcome = club.run("load-points", [("email", "ada@example.com")]);
        assert_eq!(
            outcome,
            Ok(json!({ "points": 240, "value": "24.00", "currency": "EUR" }))
        );
    }

    #[test]
    fn no_such_card_is_false_and_a_broken_back_end_a_failure() {
        let club = Mock::of(&PLUGIN);
        let run = || club.run("load-points", [("email", "eve@example.com")]);
        club.expect(asks("eve%40example.com").answers(404, ""));
        assert_eq!(run(), Ok(json!(false)));
        club.expect(asks("eve%40example.com").answers(503, ""));
        assert!(matches!(run(), Err(Failure::Unavailable(_))));
        club.expect(asks("eve%40example.com").answers(200, r#"{ "points": 240 }"#));
        assert!(matches!(run(), Err(Failure::UnexpectedAnswer(_))));
    }

    #[test]
    fn a_card_is_verified_by_its_number() {
        let club = Mock::of(&PLUGIN);
        let run = |number: &'static str| {
            club.expect(asks("ada%40example.com").answers(200, r#"{ "number": "KC-0147" }"#));
            club.run(
                "verify-card",
                [("email", "ada@example.com"), ("number", number)],
            )
        };
        assert_eq!(run("kc 0147"), Ok(json!(true)));
        assert_eq!(run("KC-0148"), Ok(json!(false)));
    }

    #[test]
    fn a_text_is_added_to_the_note() {
        let club = Mock::of(&PLUGIN);
        let run = |note, written: &str| {
            club.expect(asks("ada%40example.com").answers(200, json!({ "note": note })));
            let writes = put("members/ada%40example.com/note");
            club.expect(writes.json(json!({ "note": written })).answers(200, "{}"));
            let asked = [("email", "ada@example.com"), ("text", "Likes tea.")];
            club.run("append-note", asked)
        };
        assert_eq!(run("Calls.", "Calls.\nLikes tea."), Ok(json!(true)));
        assert_eq!(run("", "Likes tea."), Ok(json!(true)));
    }

    #[test]
    fn points_become_a_voucher() {
        let club = Mock::of(&PLUGIN);
        let run = |points| {
            let email = Value::from("ada@example.com");
            club.run(
                "redeem-points",
                [("email", email), ("points", Value::from(points))],
            )
        };
        let asked = || {
            post("members/ada%40example.com/vouchers")
                .header("idempotency-key", "key-of-the-call")
                .json(json!({ "points": 100 }))
        };
        club.expect(asked().answers(201, r#"{ "code": "GIFT-1" }"#));
        assert_eq!(run(100), Ok(json!("GIFT-1")));
        club.expect(asked().answers(409, ""));
        assert_eq!(run(100), Ok(json!(false)));
        assert!(matches!(run(0), Err(Failure::InvalidParameter(_))));
    }
}
