//! The test of a connection.

use krabice_plugin::Failure;
use krabice_plugin::mock::{Expected, get};
use serde_json::json;

use crate::shop::{mock, refusal};

fn asks() -> Expected {
    get("webapi/rest/statuses").query("limit", 1)
}

#[test]
fn a_good_connection_shows_the_number_of_statuses() {
    for (language, line) in [
        ("en", "statuses of orders: 12"),
        ("cs", "stavy objednávek: 12"),
        ("pl-pl", "statusy zamówień: 12"),
    ] {
        let shop = mock().language(language);
        let answer = json!({ "count": "12", "pages": 12, "page": 1, "list": [{}] });
        shop.expect(asks().answers(200, answer));
        assert_eq!(shop.probe(), Ok(line.to_owned()));
    }
}

#[test]
fn the_failure_of_a_refusal_has_its_word_and_no_other_text() {
    let shop = mock();
    for (code, word, told) in [
        (403, "insufficient_scope", " `insufficient_scope`"),
        (
            401,
            "auth_webapi_access_denied",
            " `auth_webapi_access_denied`",
        ),
        (401, "unauthorized_client", " `unauthorized_client`"),
        (401, "karol.lis@example.com", ""),
    ] {
        shop.expect(asks().answers(code, refusal(word)));
        let detail = format!("GET webapi/rest/statuses answered {code}{told}");
        assert_eq!(shop.probe(), Err(Failure::unauthorised(detail)));
    }
}

#[test]
fn a_blocked_shop_is_unavailable() {
    let shop = mock();
    shop.expect(asks().answers(402, refusal("access_denied")));
    assert_eq!(
        shop.probe(),
        Err(Failure::unavailable(
            "GET webapi/rest/statuses answered 402: the shop is blocked"
        ))
    );
}

#[test]
fn a_web_page_proves_nothing() {
    for body in ["<html>Sklep</html>", "{}", "[]", "", r#"{"count":null}"#] {
        let shop = mock();
        shop.expect(asks().answers(200, body));
        let outcome = shop.probe();
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{body}: {outcome:?}"
        );
    }
}
