//! The connections file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use krabice_emulators::{BackEndName, ConnectionsError, Emulators, GENERATED_BY, Options};

/// One back end is enough to test how its connection is written.
async fn upgates() -> Emulators {
    let options = Options {
        only: vec![BackEndName::Upgates],
        ..Options::default()
    };
    Emulators::start(options).await.unwrap()
}

#[tokio::test]
async fn the_file_refers_to_its_secrets_and_does_not_contain_them() {
    let emulators = upgates().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo/connections.toml");
    emulators.write_connections(&file, false).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let expected = format!(
        r#"{GENERATED_BY}
[connections.shop]
plugin = "upgates"

[connections.shop.settings]
address = "{}"
login = "12345678"
key = {{ file = "secrets/upgates-key" }}
"#,
        emulators.upgates().address()
    );
    assert_eq!(text, expected);
    let secret = folder.path().join("demo/secrets/upgates-key");
    assert_eq!(
        fs::read_to_string(&secret).unwrap(),
        emulators.upgates().connection().setting("key").unwrap()
    );
    assert_eq!(
        fs::metadata(&secret).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::metadata(secret.parent().unwrap())
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
    // Writing leaves no temporary files.
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 2);
}

#[tokio::test]
async fn only_its_own_file_is_overwritten() {
    let emulators = upgates().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connections.toml");
    emulators.write_connections(&file, false).unwrap();
    emulators.write_connections(&file, false).unwrap();

    let refused = |path: &std::path::Path| match emulators.write_connections(&file, false) {
        Err(ConnectionsError::NotOurs(refused)) => assert_eq!(refused, path),
        other => panic!("{other:?}"),
    };
    let secret = folder.path().join("secrets/upgates-key");
    fs::write(&secret, "a real key").unwrap();
    refused(&secret);
    assert_eq!(fs::read_to_string(&secret).unwrap(), "a real key");

    fs::write(&file, "[connections.mine]\n").unwrap();
    refused(&file);
    assert_eq!(fs::read_to_string(&file).unwrap(), "[connections.mine]\n");
    assert_eq!(fs::read_to_string(&secret).unwrap(), "a real key");

    emulators.write_connections(&file, true).unwrap();
    assert!(fs::read_to_string(&file).unwrap().starts_with(GENERATED_BY));
    assert_ne!(fs::read_to_string(&secret).unwrap(), "a real key");
}

#[tokio::test]
async fn two_shops_of_one_plugin_have_connections_and_secrets_of_their_own() {
    let emulators = Emulators::start(Options {
        only: vec![BackEndName::Shoper, BackEndName::ShoperOutlet],
        ..Options::default()
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connections.toml");
    emulators.write_connections(&file, false).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    for (connection, back_end) in [
        ("shoper", BackEndName::Shoper),
        ("shoper-outlet", BackEndName::ShoperOutlet),
    ] {
        let emulator = emulators.get(back_end).unwrap();
        let expected = format!(
            r#"[connections.{connection}]
plugin = "shoper"

[connections.{connection}.settings]
address = "{}"
login = "{}"
password = {{ file = "secrets/{connection}-password" }}
"#,
            emulator.address(),
            emulator.connection().setting("login").unwrap(),
        );
        assert!(text.contains(&expected), "{text}");
        let secret = folder.path().join(format!("secrets/{connection}-password"));
        assert_eq!(
            fs::read_to_string(secret).unwrap(),
            emulator.connection().setting("password").unwrap()
        );
    }
}

#[tokio::test]
async fn a_flag_is_written_as_a_boolean() {
    let options = Options {
        only: vec![BackEndName::Base],
        ..Options::default()
    };
    let emulators = Emulators::start(options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connections.toml");
    emulators.write_connections(&file, false).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let expected = format!(
        r#"{GENERATED_BY}
[connections.base]
plugin = "base"

[connections.base.settings]
address = "{}"
token = {{ file = "secrets/base-token" }}
show-labels = true
archive-statuses = "55190"
"#,
        emulators.base().address()
    );
    assert_eq!(text, expected);
}
