//! The settings of a connection, its address, and the other hosts of a plugin.

use super::{Problems, choices, path, texts};
use crate::kind::Kind;
use crate::manifest::Setting;
use crate::raw;
use crate::scalar;

pub(super) fn settings(given: Vec<raw::Setting>, problems: &mut Problems) -> Vec<Setting> {
    problems.unique(
        "settings",
        given.iter().map(|setting| setting.name.as_str()),
    );
    given
        .into_iter()
        .map(|given| setting(given, problems))
        .collect()
}

fn setting(given: raw::Setting, problems: &mut Problems) -> Setting {
    let at = path("settings", &given.name);
    problems.name(&at, &given.name);
    let kind = given.kind;
    if matches!(
        kind,
        Kind::List | Kind::Record | Kind::Timestamp | Kind::File
    ) {
        problems.add(
            format!("{at}.kind"),
            format!("is {kind}; a setting is a single value, but neither a timestamp nor a file"),
        );
    }
    let choices = choices::of_kind(&format!("{at}.choices"), kind, given.choices, problems);
    if let Some(default) = &given.default {
        let at = format!("{at}.default");
        if given.secret {
            problems.add(&*at, "is given, but a secret has no default");
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
        secret: given.secret,
        required: given.required,
        default: given.default,
        choices,
        label: texts::label(&format!("{at}.label"), given.label, problems),
        help: texts::help(&format!("{at}.help"), given.help, problems),
        name: given.name,
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
        Kind::Integer if text.parse::<i64>().is_err() => Err("is not an integer".to_owned()),
        Kind::Decimal => scalar::decimal(text).map(drop),
        Kind::Text | Kind::Email | Kind::Phone | Kind::Url | Kind::Choice => {
            scalar::check_text(kind, choices, text, problems.sizes)
        }
        // No setting is of the last four kinds, which is reported above.
        Kind::Boolean
        | Kind::Integer
        | Kind::Timestamp
        | Kind::List
        | Kind::Record
        | Kind::File => Ok(()),
    }
}

/// Checks that the address is a public setting of kind `url` that every connection has.
pub(super) fn check_address(address: Option<&str>, settings: &[Setting], problems: &mut Problems) {
    let Some(address) = address else { return };
    match settings.iter().find(|setting| setting.name == address) {
        None => problems.add(
            "address",
            format!("names `{address}`, which is not a setting"),
        ),
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
                    format!("names `{address}`, which is not required and has no default"),
                );
            }
        }
    }
}

/// Checks that hosts are `scheme://host`, `scheme://host:port` or `scheme://*.suffix`.
pub(super) fn check_hosts(hosts: &[String], problems: &mut Problems) {
    problems.unique("hosts", hosts.iter().map(String::as_str));
    for host in hosts {
        if !is_host(host) {
            problems.add(
                path("hosts", host),
                "is not a valid host: expected `https://host`, `https://host:port` or `https://*.suffix`, \
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
