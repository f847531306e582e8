//! What each change of a manifest means.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use krabice_contract::Manifest;
use krabice_kit::comparison::{Weight, compare, version_asked};
use serde_json::{Value as Json, json};

fn parameter(name: &str, required: bool) -> Json {
    json!({
        "name": name, "kind": "text", "items": null, "label": { "en": name }, "help": {},
        "required": required, "default": null, "choices": "none", "personal": false
    })
}

fn field(path: &str, kind: &str) -> Json {
    json!({
        "path": path, "kind": kind, "items": null, "optional": false, "personal": false,
        "choices": [], "label": { "en": path }, "help": {}
    })
}

fn setting(name: &str, required: bool) -> Json {
    json!({
        "name": name, "kind": "text", "secret": false, "required": required, "default": null,
        "choices": [], "label": { "en": name }, "help": {}
    })
}

fn choice(value: &str) -> Json {
    json!({ "value": value, "label": { "en": value } })
}

fn manifest() -> Json {
    let mut status = field("status", "choice");
    status["choices"] = json!([choice("paid"), choice("sent")]);
    let mut size = parameter("size", false);
    size["kind"] = "choice".into();
    size["choices"] = json!({ "fixed": [choice("small"), choice("large")] });
    json!({
        "name": "shop", "version": "1.0.0", "label": { "en": "Shop" }, "help": {},
        "settings": [setting("address", true), setting("region", false)],
        "address": "address",
        "authorisation": "none",
        "hosts": ["https://a.example"],
        "limits": { "requests-at-once": null, "requests-per-minute": null, "bucket": null },
        "functions": {
            "load": {
                "name": "load", "label": { "en": "Load" }, "help": {},
                "parameters": [parameter("order", true), size],
                "answer": { "fields": [status, field("total", "decimal")] },
                "effect": "reads",
                "purposes": ["verifies-identity"],
                "subject": { "kind": "order", "parameter": "order", "field": "status" },
                "listing": { "items": "items", "kind": "order", "key": "id", "subject": "id" }
            },
            "price": {
                "name": "price", "label": { "en": "Price" }, "help": {},
                "parameters": [],
                "answer": { "value": {
                    "kind": "decimal", "label": { "en": "Price" }, "help": {}, "personal": false
                } },
                "effect": "writes",
                "exclusive": true
            }
        },
        "feeds": {
            "orders": {
                "name": "orders", "label": { "en": "Orders" }, "help": {},
                "function": "load", "cursor": [], "changes": ["status"], "every": 300
            }
        }
    })
}

/// A change, and what it means.
type Case = (&'static str, Weight, fn(&mut Json));

const LOAD: &str = "/functions/load";

fn at<'a>(manifest: &'a mut Json, pointer: &str) -> &'a mut Json {
    manifest.pointer_mut(pointer).unwrap()
}

fn push(manifest: &mut Json, pointer: &str, item: Json) {
    at(manifest, pointer).as_array_mut().unwrap().push(item);
}

fn pop(manifest: &mut Json, pointer: &str) {
    at(manifest, pointer).as_array_mut().unwrap().pop();
}

const CASES: &[Case] = {
    use Weight::{AsksForMore, Breaking, Compatible};
    &[
        ("a purpose less", Breaking, |m| {
            pop(m, "/functions/load/purposes")
        }),
        ("a purpose more", Compatible, |m| {
            push(m, "/functions/load/purposes", "order-invoice".into())
        }),
        ("no subject any more", Breaking, |m| {
            at(m, LOAD)["subject"] = Json::Null
        }),
        ("another subject", Breaking, |m| {
            at(m, LOAD)["subject"]["kind"] = "claim".into()
        }),
        ("a subject of its own", Compatible, |m| {
            let subject = at(m, LOAD)["subject"].clone();
            at(m, "/functions/price")["subject"] = subject;
        }),
        ("another listing", Breaking, |m| {
            at(m, LOAD)["listing"]["key"] = "number".into()
        }),
        ("no longer exclusive", Compatible, |m| {
            at(m, "/functions/price")["exclusive"] = false.into()
        }),
        ("exclusive now", Compatible, |m| {
            at(m, LOAD)["exclusive"] = true.into()
        }),
        ("a feed less", Breaking, |m| m["feeds"] = json!({})),
        ("a feed more", Compatible, |m| {
            m["feeds"]["claims"] = m["feeds"]["orders"].clone()
        }),
        ("a feed of another function", Breaking, |m| {
            m["feeds"]["orders"]["function"] = "price".into()
        }),
        ("a feed that notices something else", Breaking, |m| {
            m["feeds"]["orders"]["changes"] = json!(["status", "total"])
        }),
        ("a feed that is asked more often", Compatible, |m| {
            m["feeds"]["orders"]["every"] = 60.into()
        }),
        ("another name", Breaking, |m| m["name"] = "store".into()),
        ("another label and version", Compatible, |m| {
            m["version"] = "1.1.0".into();
            m["label"] = json!({ "en": "Store" });
        }),
        ("another authorisation", Breaking, |m| {
            m["authorisation"] = json!({ "query": { "name": "key", "setting": "region" } });
        }),
        ("a host more", AsksForMore, |m| {
            push(m, "/hosts", "https://b.example".into())
        }),
        ("a host less", Compatible, |m| pop(m, "/hosts")),
        ("a setting more", Compatible, |m| {
            push(m, "/settings", setting("shop", false))
        }),
        ("a needed setting more", Breaking, |m| {
            push(m, "/settings", setting("shop", true))
        }),
        ("a setting less", Breaking, |m| pop(m, "/settings")),
        ("a setting that is needed now", Breaking, |m| {
            m["settings"][1]["required"] = true.into()
        }),
        ("a setting that is secret now", Breaking, |m| {
            m["settings"][1]["secret"] = true.into()
        }),
        ("a setting of another kind", Breaking, |m| {
            m["settings"][1]["kind"] = "integer".into()
        }),
        ("a function less", Breaking, |m| {
            m["functions"]
                .as_object_mut()
                .unwrap()
                .shift_remove("price");
        }),
        ("a function more", Compatible, |m| {
            let load = at(m, LOAD).clone();
            m["functions"]["reload"] = load;
        }),
        ("a parameter less", Breaking, |m| {
            pop(m, "/functions/load/parameters")
        }),
        ("a parameter more", Compatible, |m| {
            push(m, "/functions/load/parameters", parameter("note", false));
        }),
        ("a needed parameter more", Breaking, |m| {
            push(m, "/functions/load/parameters", parameter("note", true));
        }),
        ("a parameter that is needed now", Breaking, |m| {
            at(m, LOAD)["parameters"][1]["required"] = true.into();
        }),
        ("a parameter that is not needed now", Compatible, |m| {
            at(m, LOAD)["parameters"][0]["required"] = false.into();
        }),
        ("a parameter of another kind", Breaking, |m| {
            at(m, LOAD)["parameters"][0]["kind"] = "email".into();
        }),
        ("a parameter that is personal now", AsksForMore, |m| {
            at(m, LOAD)["parameters"][0]["personal"] = true.into();
        }),
        ("a choice of a parameter more", Compatible, |m| {
            push(
                m,
                "/functions/load/parameters/1/choices/fixed",
                choice("huge"),
            );
        }),
        ("a choice of a parameter less", Breaking, |m| {
            pop(m, "/functions/load/parameters/1/choices/fixed");
        }),
        ("choices that are live now", Compatible, |m| {
            at(m, LOAD)["parameters"][1]["choices"] = "live".into();
        }),
        ("a field more", Compatible, |m| {
            push(m, "/functions/load/answer/fields", field("note", "text"));
        }),
        ("a field less", Breaking, |m| {
            pop(m, "/functions/load/answer/fields")
        }),
        ("a field that may be absent now", Breaking, |m| {
            at(m, LOAD)["answer"]["fields"][1]["optional"] = true.into();
        }),
        ("a field of another kind", Breaking, |m| {
            at(m, LOAD)["answer"]["fields"][1]["kind"] = "text".into();
        }),
        ("a choice of a field more", Breaking, |m| {
            push(m, "/functions/load/answer/fields/0/choices", choice("lost"));
        }),
        ("a choice of a field less", Compatible, |m| {
            pop(m, "/functions/load/answer/fields/0/choices");
        }),
        ("another kind of the one value", Breaking, |m| {
            at(m, "/functions/price/answer/value")["kind"] = "text".into();
        }),
        ("nothing instead of a value", Breaking, |m| {
            at(m, "/functions/price")["answer"] = "nothing".into();
        }),
        ("a function that writes now", AsksForMore, |m| {
            at(m, LOAD)["effect"] = "writes".into()
        }),
        // What is not repeated today is repeated tomorrow.
        ("a function that reads only now", AsksForMore, |m| {
            at(m, "/functions/price")["effect"] = "reads".into();
        }),
        ("a function that may be repeated now", AsksForMore, |m| {
            at(m, "/functions/price")["effect"] = "writes-idempotently".into();
        }),
        ("another default of a parameter", Breaking, |m| {
            at(m, LOAD)["parameters"][1]["default"] = json!({ "text": "large" });
        }),
        ("another default of a setting", Breaking, |m| {
            m["settings"][1]["default"] = "eu".into();
        }),
        ("a default of a needed setting", Compatible, |m| {
            m["settings"][0]["default"] = "https://a.example".into();
        }),
    ]
};

fn read(manifest: Json) -> Manifest {
    serde_json::from_value(manifest).unwrap()
}

#[test]
fn each_change_has_its_weight() {
    let old = read(manifest());
    let mut told = String::new();
    for (name, weight, change) in CASES {
        let mut new = manifest();
        change(&mut new);
        let changes = compare(&old, &read(new), (&[], &[]));
        let gravest = changes
            .first()
            .map_or(Weight::Compatible, |change| change.weight);
        assert_eq!(gravest, *weight, "{name}: {changes:#?}");
        told.push_str(&format!("# {name}\n"));
        for change in changes {
            let word = change.weight.word();
            told.push_str(&format!("{word}: `{}` {}\n", change.at, change.what));
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_version_has_to_rise_as_far_as_the_changes_ask() {
    let change = |weight| krabice_kit::comparison::Change {
        weight,
        at: "functions.load".to_owned(),
        what: "is another".to_owned(),
    };
    let breaking = [change(Weight::Breaking), change(Weight::Compatible)];
    let more = [change(Weight::AsksForMore)];
    for (old, new, changes, asked) in [
        ("1.2.3", "1.3.0", &breaking[..], Some("2.0.0")),
        ("1.2.3", "2.0.0", &breaking, None),
        ("1.2.3", "2.0.0-beta.1", &breaking, None),
        ("1.2.3", "1.2.4", &more, Some("1.3.0")),
        ("1.2.3", "1.3.0", &more, None),
        ("1.2.3", "1.2.3", &[], Some("1.2.4")),
        ("1.2.3", "1.2.4", &[], None),
        ("1.2.3", "1.1.0", &[], Some("1.2.4")),
        ("0.1.0", "0.1.1", &breaking, Some("0.2.0")),
        ("0.1.0", "0.2.0", &breaking, None),
        ("0.1.0", "0.1.1", &more, None),
        ("0.1.0", "0.1.0", &more, Some("0.1.1")),
        ("1.0.0-beta.1", "1.0.0", &breaking, None),
        ("1.0.0-beta.1", "1.0.0-beta.1", &breaking, Some("1.0.0")),
    ] {
        let found = version_asked(old, new, changes).map(|version| version.to_string());
        assert_eq!(found.as_deref(), asked, "{old} -> {new}");
    }
}

#[test]
fn another_version_of_an_import_is_no_change_and_another_import_is() {
    let one = read(manifest());
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<Vec<_>>()
    };
    let changes = |old: &[&str], new: &[&str]| compare(&one, &one, (&names(old), &names(new)));
    assert!(changes(&["wasi:io/poll@0.2.4"], &["wasi:io/poll@0.2.6"]).is_empty());
    assert_eq!(
        changes(&[], &["wasi:sockets/tcp@0.2.6"])[0].weight,
        Weight::AsksForMore
    );
    assert_eq!(
        changes(&["wasi:io/poll@0.2.4"], &[])[0].weight,
        Weight::Compatible
    );
}
