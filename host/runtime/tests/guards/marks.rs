//! What version 0.2 of the contract brought: files, comparisons, requests that read, marks; and
//! that a path in a report holds nothing personal.

use krabice_contract::manifest::{Purpose, SubjectKind};
use krabice_contract::{File, Outcome, Value};

use crate::stage::Stage;

/// A file goes in with its name, its media type and every byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_a_parameter() {
    let stage = Stage::new().await;
    let file = Value::File(File {
        name: "photo.jpg".to_owned(),
        media_type: "image/jpeg".to_owned(),
        content: [1, 2, 0, 255].as_slice().into(),
    });
    let report = stage.call("measure", [("file", file)]).await;
    let Ok(Outcome::TrueWithFields(fields)) = report.result else {
        panic!("{:?}", report.result);
    };
    let fields: Vec<_> = fields.values().map(Value::to_plain_json).collect();
    assert_eq!(
        serde_json::to_string(&fields).unwrap(),
        r#"["photo.jpg","image/jpeg",4,258]"#
    );
    let failure = stage.fails("measure", [("file", "photo.jpg".into())]).await;
    assert_eq!(
        failure.detail,
        "`hostile/measure`: `file`: expected file, found text"
    );
}

/// The host compares, in the language of the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_compares() {
    let stage = Stage::new().await;
    for (kind, one, other, same) in [
        ("phone", "+420 601 123 456", "00420601123456", true),
        ("phone", "601 123 456", "601 123 457", false),
        (
            "email",
            "Jana@H\u{e1}\u{10d}ek.cz",
            "jana@xn--hek-ela4t.cz",
            true,
        ),
        ("email", "jana@example.com", "jan@example.com", false),
        ("number", "#o260147", "O260147", true),
        ("number", "12-3", "1-23", false),
    ] {
        let report = stage
            .call(
                "compare",
                [
                    ("as", kind.into()),
                    ("one", one.into()),
                    ("other", other.into()),
                ],
            )
            .await;
        assert_eq!(
            report.result.unwrap().is_true(),
            same,
            "{kind}: {one} / {other}"
        );
    }
}

/// Each request says whether it reads, as the plugin told the host.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_reads_is_known_by_it() {
    let stage = Stage::new().await;
    for (function, first, requests) in [
        ("note", "order", &[("GET", true), ("PUT", false)][..]),
        ("search", "path", &[("POST", true)]),
    ] {
        let parameters = [(first, "orders".into()), ("text", "late".into())];
        let report = stage.call(function, parameters).await;
        let seen: Vec<_> = report
            .exchanges
            .iter()
            .map(|exchange| (exchange.method.as_str(), exchange.reads))
            .collect();
        assert_eq!(seen, requests, "{function}");
    }
}

/// A manifest says what its functions are good for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_marks_of_a_manifest_arrive() {
    let stage = Stage::new().await;
    let manifest = stage.plugin.manifest();
    let note = &manifest.functions["note"];
    assert!(note.exclusive && note.serves(Purpose::AppendNote));
    let subject = note.subject.as_ref().unwrap();
    assert_eq!(
        (subject.kind, &*subject.parameter),
        (SubjectKind::Order, "order")
    );
    let listing = manifest.functions["changes"].listing.as_ref().unwrap();
    assert_eq!((&*listing.items, &*listing.key), ("orders", "number"));
    assert_eq!(manifest.feeds.values().next().unwrap().function, "changes");
}

/// A personal part of a record does not come out in a path, whatever its kind is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_parts_of_a_record_are_masked_in_paths() {
    let stage = Stage::new().await;
    let customer = Value::Record(
        [
            ("email".to_owned(), "canary@example.com".into()),
            ("number".to_owned(), 7_193_846.into()),
            ("vip".to_owned(), true.into()),
            ("tags".to_owned(), "x1".into()),
        ]
        .into_iter()
        .collect(),
    );
    let report = stage.call("visit", [("customer", customer)]).await;
    let paths: Vec<_> = report.exchanges.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["/base/•••/•••/•••/•••"]);
}

/// Two notes to one order at once lose none, also in two spellings; calls about two orders run
/// side by side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exclusive_calls_about_one_subject_wait_for_each_other() {
    let stage = Stage::new().await;
    let note = async |order: &'static str, text: &'static str| {
        let report = stage
            .call("note", [("order", order.into()), ("text", text.into())])
            .await;
        assert!(report.result.unwrap().is_true());
    };
    tokio::join!(note("O1", "late."), note("O1", "broken."));
    let both = stage.back_end.note("O1");
    assert!(both.contains("late.") && both.contains("broken."), "{both}");

    let started = stage.back_end.requests().len();
    tokio::join!(note("O2", "late."), note("O3", "broken."));
    let methods: Vec<_> = stage.back_end.requests()[started..]
        .iter()
        .map(|request| request.path.clone())
        .collect();
    // Both read before either writes: the back end lets two readers meet.
    assert_ne!(methods[0], methods[1], "{methods:?}");
    stage.still_works().await;
}
