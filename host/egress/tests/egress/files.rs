//! Connections files: one run finds all problems, each with its location.

use std::path::Path;

use indexmap::IndexMap;
use insta::{assert_snapshot, glob};
use krabice_contract::Manifest;
use krabice_egress::{ConnectionProblem, Connections, Network, check_connection};
use serde_json::json;

use crate::shop::Kept;

/// Secrets that no problem may repeat.
const INLINE: &str = "tajny-klic-9911";

fn upgates() -> Manifest {
    let setting = |name: &str, kind: &str, secret: bool, required: bool| {
        json!({ "name": name, "kind": kind, "secret": secret, "required": required, "default": null, "choices": [],
                "label": { "en": name }, "help": {} })
    };
    let mut mode = setting("mode", "choice", false, false);
    mode["choices"] = json!([{ "value": "fast", "label": { "en": "Fast" } }, { "value": "slow", "label": { "en": "Slow" } }]);
    let mut page = setting("page", "integer", false, false);
    page["default"] = json!("100");
    serde_json::from_value(json!({
        "name": "upgates", "version": "1.0.0", "label": { "en": "Upgates" }, "help": {},
        "settings": [
            setting("address", "url", false, true), setting("login", "text", false, true),
            setting("key", "text", true, true), mode, page,
            setting("demo", "boolean", false, false), setting("price", "decimal", false, false),
        ],
        "address": "address",
        "authorisation": { "basic": { "header": "Authorization", "username": "login", "password": "key" } },
        "hosts": ["https://files.upgates.com"],
        "limits": { "requests-at-once": 3, "requests-per-minute": null }, "functions": {}
    }))
    .unwrap()
}

fn kept() -> Kept {
    Kept(
        [
            ("UPGATES_KEY", "klic"),
            ("LOGIN", "87654321"),
            ("EMPTY", ""),
            ("key", "klic ze souboru\n"),
            ("two-lines", "klic\nze souboru\r\n"),
        ]
        .into(),
    )
}

/// Reads and checks a file.
fn all(text: &str) -> (Connections, Vec<ConnectionProblem>) {
    let (connections, mut problems) = Connections::read(text, Path::new("/etc/krabice"), &kept());
    let manifest = upgates();
    problems.extend(connections.check(&IndexMap::from([("upgates".to_owned(), &manifest)])));
    problems.sort_by_key(|problem| problem.span.start);
    (connections, problems)
}

fn shown(text: &str, problem: &ConnectionProblem) -> String {
    let at = text[problem.span.clone()]
        .lines()
        .next()
        .unwrap_or_default();
    let at = if problem.code == "connections::inline-secret" {
        "(the secret)"
    } else {
        at
    };
    let help = problem
        .help
        .as_ref()
        .map(|help| format!("\n    help: {help}"))
        .unwrap_or_default();
    format!(
        "{}:{} {} at {}\n    {at}\n    {}{help}\n",
        problem.line, problem.column, problem.code, problem.path, problem.message
    )
}

#[test]
fn each_file_has_the_problems_of_its_snapshot() {
    glob!("../connections", "*.toml", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let (_, problems) = all(&text);
        let shown: String = problems
            .iter()
            .map(|problem| shown(&text, problem))
            .collect();
        assert!(!format!("{problems:?}").contains(INLINE), "{problems:?}");
        assert_snapshot!(shown);
    });
}

#[test]
fn a_good_file_is_what_it_says() {
    let (connections, problems) = all(include_str!("../connections/good.toml"));
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(
        connections
            .iter()
            .map(|connection| connection.name())
            .collect::<Vec<_>>(),
        ["shop", "second-shop"]
    );
    let network = Network::builder().connections(&connections).build();
    let outlet = network
        .outlet(&upgates(), connections.get("second-shop"))
        .unwrap();
    let settings: Vec<_> = outlet
        .public_settings()
        .iter()
        .map(|(name, value)| format!("{name} = {value:?}"))
        .collect();
    assert_eq!(
        settings,
        [
            "address = Text(\"http://127.0.0.1:8080/api/v2/\")",
            "login = Text(\"87654321\")",
            "mode = Text(\"fast\")",
            "page = Integer(50)",
            "demo = Boolean(true)",
            "price = Decimal(12.50)",
        ]
    );
    let first = network.outlet(&upgates(), connections.get("shop")).unwrap();
    assert_eq!(first.public_settings()["page"], 100.into(), "the default");
}

#[test]
fn nothing_of_a_connection_prints_a_setting() {
    let (connections, _) = all(include_str!("../connections/everything-wrong.toml"));
    let shown = format!("{connections:?}");
    for value in [INLINE, "12345678", "klic", "many", "fasst"] {
        assert!(!shown.contains(value), "{value} in {shown}");
    }
}

#[test]
fn what_the_file_by_itself_has_wrong_is_an_error_of_parsing() {
    let problems = Connections::parse("[connections.a]", Path::new("/"), &kept()).unwrap_err();
    assert_eq!(problems[0].code, "connections::missing-plugin");
    assert!(
        Connections::parse("", Path::new("/"), &kept())
            .unwrap()
            .iter()
            .next()
            .is_none()
    );
}

#[test]
fn a_connection_is_for_its_own_plugin() {
    let (connections, _) = all("[connections.a]\nplugin = \"retino\"\nsettings = {}\n");
    let connection = connections.get("a").unwrap();
    assert_eq!(
        check_connection(&upgates(), connection)[0].code,
        "connections::wrong-plugin"
    );
    assert!(
        Network::builder()
            .build()
            .outlet(&upgates(), Some(connection))
            .is_err()
    );
}

#[test]
fn a_plugin_that_needs_a_connection_gets_no_way_out_without_one() {
    let problems = Network::builder()
        .build()
        .outlet(&upgates(), None)
        .unwrap_err();
    assert_eq!(problems[0].code, "connections::missing-connection");
}

#[test]
fn what_the_manifest_has_wrong_shows_when_it_is_connected() {
    let text = "[connections.a]\nplugin = \"upgates\"\nsettings.address = \"https://shop.example.com\"\n\
                settings.login = \"1\"\nsettings.key = { env = \"UPGATES_KEY\" }\n";
    let (connections, problems) = all(text);
    assert!(problems.is_empty());
    let change = |change: fn(&mut Manifest)| {
        let mut manifest = upgates();
        change(&mut manifest);
        manifest
    };
    use krabice_contract::manifest::Authorisation;
    for manifest in [
        change(|manifest| manifest.hosts = vec!["*".to_owned()]),
        change(|manifest| manifest.address = None),
        change(|manifest| {
            manifest.authorisation = Authorisation::Header {
                name: "not a header".to_owned(),
                prefix: String::new(),
                setting: "key".to_owned(),
            };
        }),
        change(|manifest| {
            manifest.authorisation = Authorisation::Header {
                name: "x".to_owned(),
                prefix: String::new(),
                setting: "none".to_owned(),
            };
        }),
    ] {
        let problems = check_connection(&manifest, connections.get("a").unwrap());
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            ["connections::bad-manifest", "connections::missing-setting"]
                .contains(&problems[0].code)
        );
    }
}

#[test]
fn a_manifest_opens_neither_the_hosts_network_nor_what_is_kept_secret() {
    let text = "[connections.a]\nplugin = \"upgates\"\nsettings.login = \"1\"\n\
                settings.key = { env = \"UPGATES_KEY\" }\n";
    let (connections, _) = Connections::read(text, Path::new("/etc/krabice"), &kept());
    let connection = connections.get("a").unwrap();
    let with = |default: &str, key_is_secret: bool| {
        let mut manifest = upgates();
        for setting in &mut manifest.settings {
            match setting.name.as_str() {
                "address" => setting.default = Some(default.to_owned()),
                "key" => setting.secret = key_is_secret,
                _ => {}
            }
        }
        if !key_is_secret {
            manifest.authorisation = krabice_contract::manifest::Authorisation::None;
        }
        check_connection(&manifest, connection)
            .iter()
            .map(|problem| problem.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(with("https://shop.example.com", true), [""; 0]);
    for private in [
        "http://127.0.0.1:2375/",
        "http://localhost/",
        "https://10.0.0.5",
    ] {
        assert_eq!(
            with(private, true),
            ["connections::bad-manifest"],
            "{private}"
        );
    }
    assert_eq!(
        with("https://shop.example.com", false),
        ["connections::not-secret"]
    );
}

#[test]
fn secrets_come_from_the_environment_and_from_files_beside_the_connections() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("secrets")).unwrap();
    for (content, kept) in [
        ("klic-ze-souboru", "klic-ze-souboru"),
        ("klic-ze-souboru\n", "klic-ze-souboru"),
        ("klic-ze-souboru\r\n", "klic-ze-souboru"),
        ("\u{feff}klic-ze-souboru\n", "klic-ze-souboru"),
        ("klic-ze-souboru\n\n", "klic-ze-souboru\n"),
        (" klic-ze-souboru ", " klic-ze-souboru "),
    ] {
        std::fs::write(directory.path().join("secrets/key"), content).unwrap();
        let text = "[connections.a]\nplugin = \"upgates\"\nsettings.login = { file = \"secrets/key\" }\n\
                    settings.address = { env = \"KRABICE_TEST_IS_NOT_SET\" }\n";
        let (connections, problems) =
            Connections::read(text, directory.path(), &krabice_egress::SystemSecrets);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, "connections::missing-variable");
        // Only the mask knows the value.
        let masked = connections
            .masks()
            .mask(format!("<{kept}>").as_bytes())
            .into_owned();
        assert_eq!(String::from_utf8(masked).unwrap(), "<•••>", "{content:?}");
        assert!(!format!("{connections:?}").contains("klic"));
    }
}

#[test]
fn a_secret_that_no_header_can_carry_is_said_when_the_file_is_checked() {
    let mut manifest = upgates();
    manifest.authorisation = krabice_contract::manifest::Authorisation::Header {
        name: "X-Key".to_owned(),
        prefix: String::new(),
        setting: "key".to_owned(),
    };
    // Together with other problems.
    let text = "[connections.a]\nplugin = \"upgates\"\nsettings.address = \"ftp://x\"\n\
                settings.login = \"1\"\nsettings.key = { file = \"two-lines\" }\n";
    let (connections, problems) = Connections::read(text, Path::new("/"), &kept());
    assert!(problems.is_empty());
    let problems = check_connection(&manifest, connections.get("a").unwrap());
    let codes: Vec<_> = problems
        .iter()
        .map(|problem| (problem.line, problem.code))
        .collect();
    assert_eq!(
        codes,
        [
            (3, "connections::wrong-kind"),
            (5, "connections::unusable-secret")
        ]
    );
    assert!(!format!("{problems:?}").contains("ze souboru"));
}

#[test]
fn every_kept_value_is_known_to_the_filter_of_logs() {
    let kept = Kept([("A", "prvni-tajemstvi"), ("B", "druhe-tajemstvi")].into());
    let text = "[connections.a]\nplugin = \"p\"\nsettings.k = { env = \"A\" }\n[connections.b]\nplugin = \"p\"\nsettings.k = { env = \"B\" }";
    let masks = Connections::parse(text, Path::new("/"), &kept)
        .unwrap()
        .masks();
    let line = "a prvni-tajemstvi b druhe-tajemstvi c";
    assert_eq!(
        String::from_utf8_lossy(&masks.mask(line.as_bytes())),
        "a ••• b ••• c"
    );
}

#[test]
fn no_text_is_a_panic() {
    bolero::check!()
        .with_type::<String>()
        .for_each(|text: &String| {
            for problem in all(text).1 {
                assert!(text.get(problem.span.clone()).is_some(), "{problem:?}");
                assert!(problem.line >= 1 && problem.column >= 1);
            }
        });
    // Texts beyond syntax errors.
    let good = include_str!("../connections/good.toml");
    bolero::check!().with_type::<(u16, u8, String)>().for_each(
        |(at, cut, put): &(u16, u8, String)| {
            let mut text = good.to_owned();
            let from = *at as usize % text.len();
            let to = (from + *cut as usize).min(text.len());
            text.replace_range(from..to, put);
            let _ = all(&text);
        },
    );
}
