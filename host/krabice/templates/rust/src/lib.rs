//! A plugin of Krabice: the loyalty points of a shop's customers.
//!
//! `load-points` reads from the back end, `redeem-points` writes to it. Replace them with your
//! own functions. `krabice/plugins/sdk/README.md` describes the crate `krabice_plugin`.

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

/// The parameters of `load-points`.
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
}

#[function(
    reads,
    label(en = "Load points"),
    help(en = "True with the points of a loyalty card; false when there is no such card.")
)]
fn load_points(club: &Club, member: Member) -> Result<Outcome<Card>, Failure> {
    let answer = club
        .get("members/{email}")
        .segment("email", member.email.as_str())
        .allow(404)
        .send()?;
    if answer.status() == 404 {
        return Ok(Outcome::False);
    }
    let card: CardAnswer = answer.json()?;
    Ok(Outcome::True(Card {
        points: *card.points.required("points")?,
        value: *card.value.required("value")?,
        currency: card.currency.required("currency")?.clone(),
    }))
}

/// The parameters of `redeem-points`.
#[derive(Params)]
struct Redemption {
    #[param(
        label(en = "E-mail"),
        help(en = "The e-mail of the loyalty card."),
        personal
    )]
    email: Email,
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
        .segment("email", redemption.email.as_str())
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
.functions(functions![load_points, redeem_points])
.probe(probe);

export!(PLUGIN);

#[cfg(test)]
mod tests {
    use krabice_plugin::contract::Value;
    use krabice_plugin::mock::{Mock, get, post};

    use super::*;

    #[test]
    fn the_points_of_a_card() {
        let club = Mock::of(&PLUGIN);
        club.expect(get("members/ada%40example.com").answers(
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
        club.expect(get("members/eve%40example.com").answers(404, ""));
        assert_eq!(run(), Ok(json!(false)));
        club.expect(get("members/eve%40example.com").answers(503, ""));
        assert!(matches!(run(), Err(Failure::Unavailable(_))));
        club.expect(get("members/eve%40example.com").answers(200, r#"{ "points": 240 }"#));
        assert!(matches!(run(), Err(Failure::UnexpectedAnswer(_))));
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
