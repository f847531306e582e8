//! The test of a connection.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use serde_json::json;

use crate::account::{asks, finds_statuses, mock, refused};

#[test]
fn a_good_connection_shows_the_number_of_statuses() {
    for (language, line) in [
        ("en", "order statuses: 2"),
        ("cs", "stavy objednávek: 2"),
        ("pl", "statusy zamówień: 2"),
        ("pt-br", "estados de encomendas: 2"),
        ("de", "order statuses: 2"),
    ] {
        let base = mock().language(language);
        base.expect(finds_statuses());
        assert_eq!(base.probe(), Ok(line.to_owned()));
    }
}

#[test]
fn unknown_statuses_of_the_archive_are_shown() {
    let rule = Value::from("55120, 55190, 55191");
    for (language, line) in [
        (
            "en",
            "order statuses: 2; unknown statuses of the archive: 55190, 55191",
        ),
        (
            "cs",
            "stavy objednávek: 2; neznámé stavy archivu: 55190, 55191",
        ),
        (
            "pl",
            "statusy zamówień: 2; nieznane statusy archiwum: 55190, 55191",
        ),
        (
            "pt",
            "estados de encomendas: 2; estados de arquivo desconhecidos: 55190, 55191",
        ),
    ] {
        let base = mock()
            .language(language)
            .setting("archive-statuses", rule.clone());
        base.expect(finds_statuses());
        assert_eq!(base.probe(), Ok(line.to_owned()));
    }
}

#[test]
fn an_invalid_rule_is_refused_without_a_request() {
    let base = mock().setting("archive-statuses", Value::from("Archiwum"));
    assert_eq!(
        base.probe(),
        Err(Failure::invalid_parameter(
            "archive-statuses",
            "is not a list of status numbers"
        ))
    );
}

#[test]
fn a_bad_token_and_a_page_that_is_no_api_prove_nothing() {
    let base = mock();
    base.expect(
        asks("getOrderStatusList", &json!({})).answers(200, refused("ERROR_BAD_TOKEN", "")),
    );
    assert!(matches!(base.probe(), Err(Failure::Unauthorised(_))));
    for body in [
        "<html>Base</html>",
        "{}",
        "[]",
        "",
        "{\"status\":\"SUCCESS\"}",
    ] {
        base.expect(asks("getOrderStatusList", &json!({})).answers(200, body));
        let outcome = base.probe();
        assert!(
            matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
            "{body}: {outcome:?}"
        );
    }
}
