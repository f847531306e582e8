//! `krabice plugin install`, from files and from a registry on loopback.

use std::path::Path;

use serde_json::json;

use super::registry::{Access, Asked, Login, Registry, digest};
use super::{component, json as read, plugin, text};
use crate::binary::{Ended, Krabice};

/// A registry that gives everybody its token.
fn for_everybody() -> Access {
    Access::Token {
        token: "anonymous-token-1",
        login: Login::Anonymous,
    }
}

fn install(source: &str, into: &Path) -> Ended {
    plugin(["install", source, "--into", text(into)])
}

#[test]
fn a_component_comes_from_a_file_a_folder_or_a_registry_and_is_locked() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("plugins");
    let from_file = install(text(&component("upgates")), &into);
    assert_eq!(from_file.exit, 0, "{}", from_file.text());
    assert!(
        from_file.stdout.starts_with("installed upgates 0.1.0 as "),
        "{}",
        from_file.stdout
    );

    let downloads = folder.path().join("downloads");
    std::fs::create_dir(&downloads).unwrap();
    std::fs::copy(component("shoper"), downloads.join("a.wasm")).unwrap();
    std::fs::copy(component("base"), downloads.join("b.wasm")).unwrap();
    assert_eq!(install(text(&downloads), &into).exit, 0);

    for access in [Access::Everybody, for_everybody()] {
        let mut registry = Registry::of(&component("retino"));
        registry.access = access;
        let registry = registry.start();
        let bytes = registry.registry.manifest.lock().unwrap().clone();
        for version in ["", ":1.2.0", &format!("@{}", digest(&bytes))] {
            let source = registry.reference(version);
            let ended = plugin(["install", &source, "--into", text(&into), "--json"]);
            assert_eq!(ended.exit, 0, "{source}\n{}", ended.text());
            assert_eq!(read(&ended)[0]["name"], "retino");
            assert_eq!(read(&ended)[0]["source"], source.as_str());
        }
    }
    let mut files: Vec<_> = std::fs::read_dir(&into)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let expected = [
        "base.wasm",
        "krabice.lock",
        "retino.wasm",
        "shoper.wasm",
        "upgates.wasm",
    ];
    assert_eq!(files, expected);
    assert_eq!(
        std::fs::read(into.join("retino.wasm")).unwrap(),
        std::fs::read(component("retino")).unwrap()
    );
    let listed = Krabice::new(["plugins", "--json"])
        .env("KRABICE_PLUGINS", &into)
        .run();
    assert_eq!(
        (
            read(&listed).as_array().unwrap().len(),
            listed.stderr.as_str()
        ),
        (4, "")
    );
}

/// Nothing is installed from a registry that gives something else than a digest says.
#[test]
fn what_a_registry_gives_is_believed_by_its_digest_alone() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("plugins");
    let start = || Registry::of(&component("retino")).start();
    let refused = |source: &str, why: &str| {
        let ended = install(source, &into);
        assert_eq!(
            (ended.exit, ended.stdout.as_str()),
            (1, ""),
            "{why}\n{}",
            ended.text()
        );
        assert!(ended.stderr.contains(why), "{why}\n{}", ended.stderr);
        assert!(!into.exists(), "{why}");
    };
    let registry = start();
    *registry.registry.blob.lock().unwrap() = std::fs::read(component("shoper")).unwrap();
    refused(&registry.reference(":1.2.0"), "does not match its digest");
    let registry = start();
    let other = format!("@{}", digest(b"another manifest"));
    refused(&registry.reference(&other), "does not match its digest");
    refused(&registry.reference(":9.9.9"), "answered 404");
    let registry = start();
    registry.change(|manifest| manifest["layers"] = json!([]));
    refused(&registry.reference(""), "has 0 layers");
    let registry = start();
    registry.change(|manifest| manifest["config"]["mediaType"] = "application/json".into());
    refused(&registry.reference(""), "is not a WebAssembly component");
    let registry = start();
    registry.change(|manifest| manifest["layers"][0]["mediaType"] = "application/tar".into());
    refused(&registry.reference(""), "has a layer of `application/tar`");
    let registry = start();
    registry.change(|manifest| manifest["layers"][0]["size"] = json!(1_u64 << 40));
    refused(&registry.reference(""), "more than");
    // A registry does not lead into a private network, nor to where nothing is encrypted.
    for place in [
        "http://127.0.0.1:9/blob",
        "http://169.254.169.254/",
        "http://blobs.example/1",
    ] {
        let mut registry = Registry::of(&component("retino"));
        registry.moved = Some(place.to_owned());
        let registry = registry.start();
        let why = if place.contains("blobs") {
            "does not use `https`"
        } else {
            "cannot be pulled"
        };
        refused(&registry.reference(""), why);
    }
    // A registry cannot send commands to the terminal (colours are on here).
    let registry = start();
    registry.change(|manifest| {
        manifest["layers"][0]["mediaType"] = "a\u{1b}]0;title\u{7}\u{1b}[2Jb".into();
    });
    let ended = Krabice::new(["plugin", "install", &registry.reference(""), "--into"])
        .arguments([text(&into)])
        .env("CLICOLOR_FORCE", "1")
        .run();
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert!(
        ended.stderr.contains('\u{1b}'),
        "no colours: {:?}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("`a\u{fffd}]0;title\u{fffd}\u{fffd}[2Jb`"),
        "{:?}",
        ended.stderr
    );
    // The bytes are right, but they are not a plugin.
    let odd = folder.path().join("odd");
    std::fs::write(&odd, "(component)").unwrap();
    let registry = Registry::of(&odd).start();
    refused(&registry.reference(""), "WebAssembly component");

    for source in [
        "no/such/file.wasm",
        "shop",
        "registry.example/shop@sha256:12",
    ] {
        let ended = install(source, &into);
        assert_eq!(
            (ended.exit, ended.stdout.as_str()),
            (2, ""),
            "{}",
            ended.text()
        );
    }
}

/// A blob and a token at another origin are asked for only when the operator allows it, and without
/// the token of the registry.
#[test]
fn a_registry_leads_elsewhere_where_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("plugins");
    let component = component("retino");
    let mut elsewhere = Registry::of(&component);
    elsewhere.access = for_everybody();
    let elsewhere = elsewhere.start();
    let origin = elsewhere.origin();
    for path in ["/blob", "/token"] {
        let mut registry = Registry::of(&component);
        registry.access = for_everybody();
        if path == "/blob" {
            registry.moved = Some(format!("{origin}/blob"));
        } else {
            registry.tokens = Some(origin.clone());
        }
        let registry = registry.start();
        let source = registry.reference(":1.2.0");
        let ended = install(&source, &into);
        assert_eq!(ended.exit, 1, "{}", ended.text());
        assert!(ended.stderr.contains("--allow "), "{}", ended.stderr);
        assert_eq!(elsewhere.asked(), []);

        let allowed = [
            "install",
            &source,
            "--into",
            text(&into),
            "--allow",
            &origin,
        ];
        let ended = plugin(allowed);
        assert_eq!(ended.exit, 0, "{}", ended.text());
        let expected = Asked {
            path: path.to_owned(),
            authorization: None,
        };
        assert_eq!(elsewhere.asked(), [expected]);
        // The registry itself got the token.
        let asked = registry.asked();
        let used = asked.iter().any(|asked| asked.authorization.is_some());
        assert!(used, "{asked:?}");
        assert_eq!(
            std::fs::read(into.join("retino.wasm")).unwrap(),
            std::fs::read(&component).unwrap()
        );
        std::fs::remove_dir_all(&into).unwrap();
    }
    let ended = plugin([
        "install",
        "registry.example/shop",
        "--allow",
        "https://*.example",
    ]);
    assert_eq!(ended.exit, 2, "{}", ended.text());
}

fn listed(plugins: &Path) -> (Vec<String>, String) {
    let ended = Krabice::new(["plugins", "--json"])
        .env("KRABICE_PLUGINS", plugins)
        .run();
    let names = read(&ended).as_array().unwrap().clone();
    let names = names
        .iter()
        .map(|plugin| plugin["name"].as_str().unwrap().to_owned());
    (names.collect(), ended.stderr)
}

/// The first lock file of a folder locks the plugins that are already there.
#[test]
fn plugins_from_before_the_first_lock_file_keep_working() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path();
    for name in ["base", "shoper", "upgates"] {
        std::fs::copy(component(name), into.join(format!("{name}.wasm"))).unwrap();
    }
    // A file that is not a plugin is not locked, and does not stop the others.
    std::fs::write(into.join("odd.wasm"), "(component)").unwrap();
    let ended = install(text(&component("retino")), into);
    assert_eq!(ended.exit, 0, "{}", ended.text());
    assert!(
        ended
            .stderr
            .contains("are locked, too: `base`, `shoper`, `upgates`"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("odd.wasm"), "{}", ended.stderr);
    let (names, _) = listed(into);
    assert_eq!(names, ["base", "retino", "shoper", "upgates"]);
    // A file that appears later is not locked by installing another plugin.
    std::fs::copy(component("pohoda"), into.join("pohoda.wasm")).unwrap();
    let ended = install(text(&component("retino")), into);
    assert_eq!(
        (ended.exit, ended.stderr.as_str()),
        (0, ""),
        "{}",
        ended.text()
    );
    let (names, warned) = listed(into);
    assert_eq!(names, ["base", "retino", "shoper", "upgates"]);
    assert!(warned.contains("pohoda.wasm"), "{warned}");
}

/// All problems are reported, and nothing is written.
#[test]
fn a_folder_is_installed_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (downloads, into) = (
        folder.path().join("downloads"),
        folder.path().join("plugins"),
    );
    std::fs::create_dir(&downloads).unwrap();
    let put = |name: &str, plugin: &str| {
        std::fs::copy(component(plugin), downloads.join(name)).unwrap();
    };
    put("a.wasm", "base");
    put("b.wasm", "base");
    put("c.wasm", "retino");
    for odd in ["d.wasm", "e.wasm"] {
        std::fs::write(downloads.join(odd), "no component").unwrap();
    }
    let names_all = |stderr: &str| {
        for said in [
            "a.wasm` both contain the plugin `base`",
            "d.wasm` is no",
            "e.wasm` is no",
        ] {
            assert!(stderr.contains(said), "{said}\n{stderr}");
        }
    };
    let ended = install(text(&downloads), &into);
    assert_eq!(
        (ended.exit, ended.stdout.as_str()),
        (1, ""),
        "{}",
        ended.text()
    );
    names_all(&ended.stderr);
    assert!(!into.exists());
    // `plugin lock` does the same.
    let ended = Krabice::new(["plugin", "lock"])
        .env("KRABICE_PLUGINS", &downloads)
        .run();
    assert_eq!(
        (ended.exit, ended.stdout.as_str()),
        (2, ""),
        "{}",
        ended.text()
    );
    names_all(&ended.stderr);
    assert!(!downloads.join("krabice.lock").exists());

    // A plugin that is already there under another file name is not installed twice.
    std::fs::create_dir(&into).unwrap();
    std::fs::copy(component("retino"), into.join("claims.wasm")).unwrap();
    let ended = install(text(&component("retino")), &into);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert!(ended.stderr.contains("claims.wasm"), "{}", ended.stderr);
    assert!(!into.join("retino.wasm").exists() && !into.join("krabice.lock").exists());
}
