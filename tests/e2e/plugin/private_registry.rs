//! `krabice plugin install` from registries that ask for a login, with the logins that
//! `docker login` leaves; and from lists of images.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::registry::{
    Access, Asked, CONFIG, INDEX, Login, Registry, Running, basic, digest, manifest,
};
use super::{component, json as read, text};
use crate::binary::{Ended, Krabice};

const LOGIN: &str = "shop:canary-password-7";
/// What of [`LOGIN`] nobody may be told.
const PASSWORD: &str = "canary-password-7";
const IDENTITY: &str = "canary-identity-7";
const TOKEN: &str = "canary-token-of-the-service-7";

/// A home with a configuration of Docker, and a place for plugins.
struct Home(tempfile::TempDir);

impl Home {
    fn new(config: &Json) -> Home {
        Home::with(&config.to_string())
    }

    fn with(config: &str) -> Home {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".docker")).unwrap();
        std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
        Home(home)
    }

    /// One where `docker login` was run for a registry.
    fn logged_in(registry: &Running, login: &str) -> Home {
        let auth = json!({ "auth": STANDARD.encode(login) });
        Home::new(&json!({ "auths": { registry.address.to_string(): auth } }))
    }

    /// Puts a credential helper there, a shell script.
    #[cfg(unix)]
    fn helper(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = self.0.path().join(format!("docker-credential-{name}"));
        std::fs::write(&file, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn plugins(&self) -> std::path::PathBuf {
        self.0.path().join("plugins")
    }

    /// Installs with the log at its fullest. Nothing that is written holds a credential.
    fn install(&self, source: &str, more: &[&str]) -> Ended {
        let into = self.plugins();
        let path = format!("{}:/usr/bin:/bin", self.0.path().display());
        let ended = Krabice::new(["plugin", "install", source, "--into", text(&into)])
            .arguments(["--log", "trace"])
            .arguments(more.iter().copied())
            .env("HOME", self.0.path())
            .env("PATH", path)
            .run();
        let all = ended.text();
        for secret in [PASSWORD, IDENTITY, TOKEN] {
            for form in [secret.to_owned(), STANDARD.encode(secret)] {
                assert!(!all.contains(form.trim_end_matches('=')), "{all}");
            }
        }
        assert!(!all.contains(&STANDARD.encode(LOGIN)), "{all}");
        ended
    }

    fn installs(&self, source: &str, more: &[&str]) {
        let ended = self.install(source, more);
        assert_eq!(ended.exit, 0, "{}", ended.text());
        assert_eq!(
            std::fs::read(self.plugins().join("retino.wasm")).unwrap(),
            std::fs::read(component("retino")).unwrap()
        );
        let lock = std::fs::read_to_string(self.plugins().join("krabice.lock")).unwrap();
        assert!(!lock.contains("canary"), "{lock}");
        std::fs::remove_dir_all(self.plugins()).unwrap();
    }

    fn refuses(&self, source: &str, words: &[&str]) {
        let ended = self.install(source, &[]);
        assert_eq!(
            (ended.exit, ended.stdout.as_str()),
            (1, ""),
            "{}",
            ended.text()
        );
        for word in words {
            assert!(ended.stderr.contains(word), "{word}\n{}", ended.stderr);
        }
        assert!(!self.plugins().exists());
    }
}

fn registry(access: Access) -> Registry {
    let mut registry = Registry::of(&component("retino"));
    registry.access = access;
    registry
}

fn with_token_for(login: Login) -> Access {
    Access::Token {
        token: TOKEN,
        login,
    }
}

fn credentials(asked: &[Asked]) -> Vec<&str> {
    let all = asked
        .iter()
        .filter_map(|asked| asked.authorization.as_deref());
    all.collect()
}

#[test]
fn a_login_of_docker_opens_a_registry_that_asks_for_a_password() {
    let registry = registry(Access::Password(LOGIN)).start();
    let home = Home::logged_in(&registry, LOGIN);
    home.installs(&registry.reference(":1.2.0"), &[]);
    // The first request has no credential; after the challenge, HTTP Basic is sent.
    let asked = registry.asked();
    assert_eq!(asked[0].authorization, None);
    assert_eq!(credentials(&asked), [basic(LOGIN), basic(LOGIN)]);

    // Name and password without Base64, under the registry's address instead of its name.
    let entry = json!({ "username": "shop", "password": PASSWORD });
    let home = Home::new(&json!({ "auths": { registry.origin(): entry } }));
    home.installs(&registry.reference(""), &[]);

    // `DOCKER_CONFIG` is used instead of the home, which has a wrong login.
    let other = Home::logged_in(&registry, "shop:another-password");
    let ended = Krabice::new(["plugin", "install", &registry.reference(""), "--json"])
        .arguments(["--into", text(&other.plugins())])
        .env("HOME", other.0.path())
        .env("DOCKER_CONFIG", home.0.path().join(".docker"))
        .run();
    assert_eq!(ended.exit, 0, "{}", ended.text());
    assert_eq!(read(&ended)[0]["name"], "retino");
}

#[test]
fn a_login_of_docker_is_exchanged_for_a_token_where_a_token_is_asked_for() {
    let registry = registry(with_token_for(Login::Password(LOGIN))).start();
    Home::logged_in(&registry, LOGIN).installs(&registry.reference(""), &[]);
    let asked = registry.asked();
    let paths: Vec<_> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths[1], "/token");
    // Only the token service gets the password.
    let token = format!("Bearer {TOKEN}");
    assert_eq!(
        credentials(&asked),
        [basic(LOGIN), token.clone(), token.clone()]
    );

    // An identity token, which some registries give `docker login`.
    let registry = self::registry(with_token_for(Login::Identity(IDENTITY))).start();
    let entry = json!({
        "auth": STANDARD.encode("00000000-0000-0000-0000-000000000000:"),
        "identitytoken": IDENTITY,
    });
    let home = Home::new(&json!({ "auths": { registry.address.to_string(): entry } }));
    home.installs(&registry.reference(""), &[]);
    assert_eq!(credentials(&registry.asked()), [token.clone(), token]);
}

/// A registry may name a token service at another host. The login does not go there when it is
/// private or unencrypted, unless the operator allows it.
#[test]
fn a_login_goes_to_another_host_only_where_that_is_allowed() {
    let service = registry(with_token_for(Login::Password(LOGIN))).start();
    for origin in [service.origin(), "https://127.0.0.1:9".to_owned()] {
        let mut registry = registry(with_token_for(Login::Password(LOGIN)));
        registry.tokens = Some(origin.clone());
        let registry = registry.start();
        let home = Home::logged_in(&registry, LOGIN);
        home.refuses(&registry.reference(""), &["--allow ", &origin]);
        assert_eq!(service.asked(), []);
        if origin == service.origin() {
            home.installs(&registry.reference(""), &["--allow", &origin]);
            assert_eq!(credentials(&service.asked()), [basic(LOGIN)]);
        }
    }
}

/// A redirect gets neither the login nor the token, and a host behind a redirect does not get the
/// login by asking for it.
#[test]
fn a_redirect_goes_without_the_login() {
    let elsewhere = registry(Access::Password(LOGIN)).start();
    let origin = elsewhere.origin();
    for access in [
        Access::Password(LOGIN),
        with_token_for(Login::Password(LOGIN)),
    ] {
        let mut registry = registry(access);
        registry.moved = Some(format!("{origin}/blob"));
        let registry = registry.start();
        let home = Home::logged_in(&registry, LOGIN);
        home.installs(&registry.reference(""), &["--allow", &origin]);
        assert_eq!(credentials(&elsewhere.asked()), [""; 0]);
    }

    let mut registry = registry(Access::Everybody);
    registry.moved_manifests = Some(origin.clone());
    let registry = registry.start();
    let home = Home::logged_in(&registry, LOGIN);
    let ended = home.install(&registry.reference(""), &["--allow", &origin]);
    assert_eq!(ended.exit, 1, "{}", ended.text());
    assert!(ended.stderr.contains("answered 401"), "{}", ended.stderr);
    for asked in [elsewhere.asked(), registry.asked()] {
        assert!(!asked.is_empty());
        assert_eq!(credentials(&asked), [""; 0]);
    }
}

#[test]
fn a_missing_or_wrong_login_is_an_error_with_what_to_do() {
    for access in [
        Access::Password(LOGIN),
        with_token_for(Login::Password(LOGIN)),
        // A token service that gives nobody a token.
        with_token_for(Login::Nobody),
    ] {
        let registry = registry(access).start();
        let source = registry.reference("");
        let host = registry.address.to_string();
        let help = format!("docker login {host}");
        Home::new(&json!({})).refuses(&source, &["needs a login", &help]);
        let wrong = Home::logged_in(&registry, "shop:canary-password-7-of-yesterday");
        wrong.refuses(&source, &["refused the login", &help, "docker logout"]);
    }
    // A registry that does not show private repositories.
    let registry = registry(Access::Everybody).start();
    let help = format!("docker login {}", registry.address);
    Home::new(&json!({})).refuses(&registry.reference(":9.9.9"), &["answered 404", &help]);
}

/// An error does not show a login that the registry repeats.
#[test]
fn a_registry_that_repeats_the_login_is_masked() {
    let registry = registry(Access::Password(LOGIN)).start();
    registry.change(|manifest| manifest["layers"][0]["mediaType"] = PASSWORD.into());
    let home = Home::logged_in(&registry, LOGIN);
    home.refuses(&registry.reference(""), &["has a layer of `•••`"]);
}

/// A public plugin needs no login, so it is installed although the logins cannot be read.
#[test]
fn logins_that_cannot_be_read_stop_private_plugins_alone() {
    let public = registry(with_token_for(Login::Anonymous)).start();
    let private = registry(Access::Password(LOGIN)).start();
    let hosts = [public.address, private.address].map(|address| address.to_string());
    let helpers = json!({ hosts[0].as_str(): "no-such", hosts[1].as_str(): "no-such" });
    let auth = json!({ "auth": "%%%" });
    let auths = json!({ hosts[0].as_str(): auth, hosts[1].as_str(): auth });
    for (config, why) in [
        ("{".to_owned(), "config.json"),
        (json!({ "auths": auths }).to_string(), "config.json"),
        (
            json!({ "credsStore": "no-such" }).to_string(),
            "credential helper",
        ),
        (
            json!({ "credHelpers": helpers }).to_string(),
            "credential helper",
        ),
    ] {
        let home = Home::with(&config);
        home.installs(&public.reference(""), &[]);
        let help = format!("docker login {}", private.address);
        home.refuses(&private.reference(""), &["needs a login", why, &help]);
    }
}

#[cfg(unix)]
#[test]
fn a_credential_helper_gives_the_login_of_a_registry() {
    let registry = registry(with_token_for(Login::Password(LOGIN))).start();
    let host = registry.address.to_string();
    let script = r#"echo "$# $1" >> "$HOME/arguments"; read -r server; echo "$server" >> "$HOME/servers"
[ "$server" = "HOST" ] || { echo "credentials not found in native keychain"; exit 1; }
echo '{ "ServerURL": "HOST", "Username": "shop", "Secret": "canary-password-7" }'"#;
    let script = script.replace("HOST", &host);
    for config in [
        json!({ "credsStore": "made-up", "auths": { host.as_str(): {} } }),
        json!({ "credHelpers": { host.as_str(): "made-up" } }),
    ] {
        let home = Home::new(&config);
        home.helper("made-up", &script);
        home.installs(&registry.reference(""), &[]);
        let told = |file: &str| std::fs::read_to_string(home.0.path().join(file)).unwrap();
        assert_eq!(told("arguments"), "1 get\n");
        assert_eq!(told("servers"), format!("{host}\n"));
    }

    // A helper that knows no login for the registry has not failed.
    let other = self::registry(Access::Password(LOGIN)).start();
    let home = Home::new(&json!({ "credsStore": "made-up" }));
    home.helper("made-up", &script);
    home.refuses(&other.reference(""), &["needs a login"]);
    assert!(
        !home
            .install(&other.reference(""), &[])
            .stderr
            .contains("caused by")
    );

    // The output of a helper that fails is not shown: it may hold anything.
    home.helper(
        "made-up",
        "cat > /dev/null; echo canary-password-7; echo canary-password-7 >&2; exit 3",
    );
    home.refuses(
        &other.reference(""),
        &["needs a login", "docker-credential-made-up"],
    );

    // An identity token has a user name of its own.
    let registry = self::registry(with_token_for(Login::Identity(IDENTITY))).start();
    home.helper(
        "made-up",
        r#"cat > /dev/null; echo '{ "ServerURL": "", "Username": "<token>", "Secret": "canary-identity-7" }'"#,
    );
    home.installs(&registry.reference(""), &[]);
}

fn image(config: &str) -> Json {
    let mut image = manifest(&std::fs::read(component("retino")).unwrap());
    image["config"]["mediaType"] = config.into();
    image
}

fn platform(os: &str, architecture: &str) -> Json {
    json!({ "platform": { "os": os, "architecture": architecture } })
}

const CONTAINER: &str = "application/vnd.oci.image.config.v1+json";

#[test]
fn the_component_is_taken_from_a_list_of_images() {
    let home = Home::new(&json!({}));
    for about in [
        json!({ "artifactType": CONFIG }),
        platform("wasip2", "wasm"),
        json!({}),
    ] {
        let entries = [
            (image(CONTAINER), platform("linux", "amd64")),
            (image(CONFIG), about),
            // An attestation, as builders add it.
            (manifest(b"attestation"), platform("unknown", "unknown")),
            // The list says nothing about this one; its own manifest does.
            (image("application/vnd.example"), json!({})),
        ];
        let registry = Registry::index(&component("retino"), &entries).start();
        home.installs(&registry.reference(":1.2.0"), &[]);
        let bytes = registry.registry.manifest.lock().unwrap().clone();
        home.installs(&registry.reference(&format!("@{}", digest(&bytes))), &[]);
    }
}

#[test]
fn a_list_of_images_without_one_component_is_refused_with_what_it_holds() {
    let home = Home::new(&json!({}));
    let start = |entries: &[(Json, Json)]| Registry::index(&component("retino"), entries).start();
    let linux = || (image(CONTAINER), platform("linux", "amd64"));
    let registry = start(&[
        linux(),
        (image(CONTAINER), json!({})),
        (
            image(CONTAINER),
            json!({ "artifactType": "application/vnd.example" }),
        ),
    ]);
    home.refuses(
        &registry.reference(""),
        &[
            "lists no WebAssembly component",
            "`linux/amd64`",
            &format!("`{CONTAINER}`"),
            "`application/vnd.example`",
        ],
    );
    home.refuses(
        &start(&[]).reference(""),
        &["lists no WebAssembly component"],
    );

    let mut second = image(CONFIG);
    second["annotations"] = json!({ "variant": "second" });
    let digests = [image(CONFIG), second.clone()].map(|one| digest(one.to_string().as_bytes()));
    let registry = start(&[(image(CONFIG), json!({})), (second, json!({}))]);
    home.refuses(
        &registry.reference(""),
        &["lists 2 WebAssembly components", &digests[0], &digests[1]],
    );
    home.installs(&registry.reference(&format!("@{}", digests[1])), &[]);

    let many: Vec<_> = (0..9)
        .map(|index| {
            let mut image = image(CONTAINER);
            image["annotations"] = json!({ "number": index });
            (image, json!({}))
        })
        .collect();
    home.refuses(&start(&many).reference(""), &["more than 8"]);
}

/// The images of a list are believed by their digests.
#[test]
fn what_a_list_of_images_leads_to_is_what_its_digest_says() {
    let home = Home::new(&json!({}));
    let mut registry = Registry::index(&component("retino"), &[(image(CONFIG), json!({}))]);
    let other = image(CONFIG).to_string().replace("schemaVersion", "schema");
    for bytes in registry.others.values_mut() {
        *bytes = other.clone().into();
    }
    let registry = registry.start();
    home.refuses(&registry.reference(""), &["does not match its digest"]);

    let registry = Registry::index(&component("retino"), &[(image(CONFIG), json!({}))]).start();
    registry.change(|index| index["manifests"][0]["digest"] = "sha256:../../../blob".into());
    home.refuses(&registry.reference(""), &["digest that is not SHA-256"]);

    // A document that is both would mean different things to different readers.
    let registry = Registry::index(&component("retino"), &[(image(CONFIG), json!({}))]).start();
    registry.change(|index| index["layers"] = image(CONFIG)["layers"].clone());
    home.refuses(
        &registry.reference(""),
        &["both an image and a list of images"],
    );

    // A list in a list is not read.
    let inner = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
    let registry = Registry::index(&component("retino"), &[(inner, json!({}))]).start();
    registry.change(|index| index["manifests"][0]["mediaType"] = INDEX.into());
    home.refuses(&registry.reference(""), &["lists no WebAssembly component"]);
}

#[test]
fn a_home_without_docker_is_a_home_without_logins() {
    let registry = registry(Access::Password(LOGIN)).start();
    let home = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("HOME", home.path()),
        ("DOCKER_CONFIG", Path::new("/no/such")),
    ] {
        let ended = Krabice::new(["plugin", "install", &registry.reference("")])
            .arguments(["--into", text(&home.path().join("plugins"))])
            .env(name, value)
            .run();
        assert_eq!(ended.exit, 1, "{}", ended.text());
        assert!(ended.stderr.contains("needs a login"), "{}", ended.stderr);
    }
}
