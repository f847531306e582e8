//! The settings of a connection, its address, and the other hosts.

use krabice_scenario::Kind;
use krabice_scenario::manifest::Setting;

use super::{Problems, choices, kind, place, texts};
use crate::bindings::manifest as wit;
use crate::convert;

pub(super) fn settings(said: Vec<wit::Setting>, problems: &mut Problems) -> Vec<Setting> {
    problems.unique("settings", said.iter().map(|setting| setting.name.as_str()));
    said.into_iter()
        .map(|said| setting(said, problems))
        .collect()
}

fn setting(said: wit::Setting, problems: &mut Problems) -> Setting {
    let at = place("settings", &said.name);
    problems.name(&at, &said.name);
    let kind = kind(said.kind);
    if matches!(
        kind,
        Kind::List | Kind::Record | Kind::Timestamp | Kind::File
    ) {
        problems.add(
            format!("{at}.kind"),
            format!("is {kind}; a setting is a single value, no timestamp and no file"),
        );
    }
    let choices = choices::choices(&format!("{at}.choices"), said.choices, problems);
    match (kind, choices.is_empty()) {
        (Kind::Choice, true) => problems.add(
            format!("{at}.choices"),
            "is empty; the kind choice takes some",
        ),
        (Kind::Choice, false) | (_, true) => {}
        (_, false) => problems.add(
            format!("{at}.choices"),
            format!("are given, and the kind is {kind}"),
        ),
    }
    if let Some(default) = &said.default {
        let at = format!("{at}.default");
        if said.secret {
            problems.add(&*at, "is given for a secret");
        } else {
            let values = choices
                .iter()
                .map(|choice| choice.value.clone())
                .collect::<Vec<_>>();
            if let Err(what) = check_default(kind, &values, default, problems) {
                problems.add(at, what);
            }
        }
    }
    Setting {
        kind,
        secret: said.secret,
        required: said.required,
        default: said.default,
        choices,
        label: texts::label(&format!("{at}.label"), said.label, problems),
        help: texts::help(&format!("{at}.help"), said.help, problems),
        name: said.name,
    }
}

fn check_default(
    kind: Kind,
    choices: &[String],
    text: &str,
    problems: &Problems,
) -> Result<(), String> {
    match kind {
        Kind::Boolean if !matches!(text, "true" | "false") => {
            Err("is neither `true` nor `false`".to_owned())
        }
        Kind::Integer if text.parse::<i64>().is_err() => Err("is no integer".to_owned()),
        Kind::Decimal => convert::decimal(text).map(drop),
        _ if kind.is_textual() => convert::check_text(kind, choices, text, problems.sizes),
        _ => Ok(()),
    }
}

/// The address is a setting of kind `url` that every connection has.
pub(super) fn check_address(address: Option<&str>, settings: &[Setting], problems: &mut Problems) {
    let Some(address) = address else { return };
    match settings.iter().find(|setting| setting.name == address) {
        None => problems.add("address", format!("names `{address}`, which is no setting")),
        Some(setting) => {
            if setting.kind != Kind::Url {
                problems.add(
                    "address",
                    format!("names `{address}`, which is {}, not url", setting.kind),
                );
            }
            if setting.secret {
                problems.add("address", format!("names `{address}`, which is secret"));
            }
            if !setting.required && setting.default.is_none() {
                problems.add(
                    "address",
                    format!("names `{address}`, which is neither required nor has a default"),
                );
            }
        }
    }
}

/// `scheme://host`, `scheme://host:port` or `scheme://*.suffix`, and nothing
/// more.
pub(super) fn check_hosts(hosts: &[String], problems: &mut Problems) {
    problems.unique("hosts", hosts.iter().map(String::as_str));
    for host in hosts {
        if !is_host(host) {
            problems.add(
                place("hosts", host),
                "is no host: expected `https://host`, `https://host:port` or `https://*.suffix`, \
                 without a path",
            );
        }
    }
}

fn is_host(host: &str) -> bool {
    let Some((scheme, authority)) = host.split_once("://") else {
        return false;
    };
    let authority = authority.strip_prefix("*.").unwrap_or(authority);
    if !matches!(scheme, "http" | "https") || authority.contains(['*', '/', '?', '#', '@', '\\']) {
        return false;
    }
    url::Url::parse(&format!("{scheme}://{authority}/"))
        .is_ok_and(|url| url.host_str().is_some_and(|host| !host.is_empty()))
}
