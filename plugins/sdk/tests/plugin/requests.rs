//! Requests as they leave.

use krabice_plugin::Failure;
use krabice_plugin::contract::Value;
use krabice_plugin::mock::{Mock, delete, get, patch, post, put};
use serde_json::json;

use crate::every_shape::PLUGIN;

#[test]
fn requests_are_sent_as_they_were_built() {
    let shop = Mock::of(&PLUGIN);
    let run = |answer| {
        shop.expect(put("things/a%2F..%3F%C5%BD/state").header("x-key", "key-of-the-call"));
        shop.expect(
            post("form")
                .header("content-type", "application/x-www-form-urlencoded")
                .body("a%20b=%C4%8D%26%3D&c=")
                .form(&[("a b", "č&="), ("c", "")]),
        );
        shop.expect(patch("raw").header("content-type", "text/xml").body("<a/>"));
        shop.expect(delete("things?a=1&b=x%20y").answers(answer, ""));
        shop.run("write", [("name", "a/..?Ž")])
    };
    assert_eq!(run(200), Ok(json!(true)));
    assert_eq!(
        run(404),
        Ok(json!(false)),
        "an allowed status is no failure"
    );
    assert_eq!(
        run(409),
        Err(Failure::unexpected_answer("DELETE things answered 409"))
    );
}

#[test]
fn a_failure_has_the_name_of_a_request_to_a_path_with_many_purposes() {
    let shop = Mock::of(&PLUGIN);
    shop.expect(put("things/x/state"));
    shop.expect(
        post("form")
            .form(&[("a b", "č&="), ("c", "")])
            .answers(500, ""),
    );
    assert_eq!(
        shop.run("write", [("name", "x")]),
        Err(Failure::unavailable("POST form (write) answered 500"))
    );
}

#[test]
fn a_value_that_would_lead_to_another_path_is_never_sent() {
    let shop = Mock::of(&PLUGIN);
    for name in [
        "",
        ".",
        "..",
        "...",
        "…",
        "‥",
        "．．",
        "。",
        "｡",
        "․․",
        ".．…",
        ".. ",
        ". .",
        ".\u{200b}.",
        "a\nb",
        "\u{1}",
        "\u{7f}",
    ] {
        assert_eq!(
            shop.run("write", [("name", name)]),
            Err(Failure::invalid_parameter(
                "name",
                "cannot be part of a path"
            )),
            "{name:?}"
        );
    }
    let nothing: [(&str, Value); 0] = [];
    assert_eq!(
        shop.run("forget-a-segment", nothing),
        Err(Failure::unexpected_answer(
            "GET things/{name}: a part of the path was not given"
        )),
    );
}

#[test]
fn points_within_a_value_are_nothing_special() {
    for (name, path) in [
        ("v1.2", "things/v1.2/state"),
        ("..a", "things/..a/state"),
        ("Petr…", "things/Petr%E2%80%A6/state"),
        ("a b", "things/a%20b/state"),
        (" ", "things/%20/state"),
        ("č。", "things/%C4%8D%E3%80%82/state"),
    ] {
        let shop = Mock::of(&PLUGIN);
        shop.expect(put(path));
        shop.expect(
            post("form")
                .form(&[("a b", "č&="), ("c", "")])
                .answers(429, ""),
        );
        let outcome = shop.run("write", [("name", name)]);
        assert!(
            matches!(outcome, Err(Failure::RateLimited(_))),
            "{name:?}: {outcome:?}"
        );
    }
}

#[test]
fn a_request_that_reads_says_so() {
    let shop = Mock::of(&PLUGIN);
    shop.expect(get("orders/7").reads().answers(200, "One."));
    shop.expect(put("orders/7").body("One.Two."));
    let asked = [("order", "7"), ("text", "Two.")];
    assert_eq!(shop.run("add-note", asked), Ok(json!(true)));
}
