//! A plugin's page: everything in its manifest, for a person who builds a scenario.
//!
//! The page is made once, as a list of blocks. It is printed as Markdown for the documentation, or
//! as plain text for a terminal; so both always say the same.

use comfy_table::{ContentArrangement, Table, presets};
use krabice_contract::manifest::{
    Answer, Authorisation, Choice, ChoicesSource, Effect, Field, Function, LoginCredentials,
    Manifest, Parameter, Texts, text_in,
};
use krabice_contract::name::primary_language;
use krabice_contract::{Kind, Value};

use crate::output::quoted_list;
use crate::terminal;

mod examples;
mod words;

use words::{Words, fill};

/// A piece of a page.
enum Block {
    Heading(usize, String),
    Paragraph(String),
    Table {
        header: Vec<&'static str>,
        rows: Vec<Vec<String>>,
    },
    Code(&'static str, String),
}

/// The page as Markdown.
pub(crate) fn markdown(manifest: &Manifest, language: &str) -> String {
    let mut page = String::new();
    for block in blocks(manifest, language) {
        if !page.is_empty() {
            page.push('\n');
        }
        match block {
            Block::Heading(level, text) => {
                page.push_str(&format!("{} {text}\n", "#".repeat(level)))
            }
            Block::Paragraph(text) => page.push_str(&format!("{text}\n")),
            Block::Table { header, rows } => {
                page.push_str(&format!("| {} |\n", header.join(" | ")));
                page.push_str(&format!("|{}\n", "---|".repeat(header.len())));
                for row in rows {
                    let cells: Vec<_> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
                    page.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
            }
            Block::Code(language, text) => page.push_str(&format!("```{language}\n{text}\n```\n")),
        }
    }
    page
}

/// The page as text of at most `width` columns. Code is not wrapped.
pub(crate) fn text(manifest: &Manifest, language: &str, width: usize) -> String {
    let mut page = String::new();
    let mut under_heading = true;
    for block in blocks(manifest, language) {
        if !under_heading {
            page.push('\n');
        }
        under_heading = matches!(block, Block::Heading(2.., _));
        match block {
            Block::Heading(1, text) => page.push_str(&format!("{}\n", without_marks(&text))),
            Block::Heading(2, text) => {
                let text = without_marks(&text);
                page.push_str(&format!("{text}\n{}\n", "-".repeat(text.chars().count())));
            }
            Block::Heading(_, text) => page.push_str(&format!("{text}:\n")),
            Block::Paragraph(text) => {
                page.push_str(&textwrap::fill(&without_marks(&text), width));
                page.push('\n');
            }
            Block::Table { header, rows } => {
                let header = header.iter().map(|cell| without_marks(cell)).collect();
                let rows = rows
                    .iter()
                    .map(|row| row.iter().map(|cell| without_marks(cell)).collect());
                page.push_str(&table(header, rows.collect(), width));
            }
            Block::Code(_, text) => {
                page.push_str(&textwrap::indent(&text, "  "));
                page.push('\n');
            }
        }
    }
    page
}

/// A table without lines. Its cells are wrapped so that it fits the width.
pub(crate) fn table(header: Vec<String>, rows: Vec<Vec<String>>, width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(header)
        .add_rows(rows);
    // Each cell has one space on both sides.
    table
        .lines()
        .map(|line| format!(" {}\n", line.trim_end()))
        .collect()
}

/// A text without Markdown's backticks and line breaks, which mean nothing on a terminal.
fn without_marks(text: &str) -> String {
    text.replace("<br>", "; ").replace('`', "")
}

/// Warns that the plugin has no texts in the requested language.
pub(crate) fn warn_of_language(manifest: &Manifest, language: &str) {
    let languages = &manifest.label;
    if languages.contains_key(language) || languages.contains_key(primary_language(language)) {
        return;
    }
    terminal::warn(&format!(
        "the plugin `{}` has no texts in `{language}`; it has {}",
        manifest.name,
        quoted_list(languages.keys())
    ));
}

fn blocks(manifest: &Manifest, language: &str) -> Vec<Block> {
    let words = words::of(language);
    let say = |texts: &Texts| text_in(texts, language).unwrap_or_default().to_owned();
    let mut page = vec![Block::Heading(
        1,
        format!(
            "{} (`{}` {})",
            say(&manifest.label),
            manifest.name,
            manifest.version
        ),
    )];
    let help = say(&manifest.help);
    if !help.is_empty() {
        page.push(Block::Paragraph(help));
    }

    page.push(Block::Heading(2, words.connection.to_owned()));
    if manifest.settings.is_empty() {
        page.push(Block::Paragraph(words.no_connection.to_owned()));
    } else {
        let rows = manifest.settings.iter().map(|setting| {
            let mut what = say(&setting.label);
            append(&mut what, &say(&setting.help));
            append_choices(&mut what, &setting.choices, language, words);
            if let Some(default) = &setting.default {
                append(&mut what, &fill(words.default, &[&code(default)]));
            }
            vec![
                format!("`{}`", setting.name),
                setting.kind.to_string(),
                yes_or_blank(setting.required, words),
                yes_or_blank(setting.secret, words),
                what,
            ]
        });
        page.push(Block::Table {
            header: vec![
                words.setting,
                words.kind,
                words.required,
                words.secret,
                words.what,
            ],
            rows: rows.collect(),
        });
        page.push(Block::Code("toml", examples::connection(manifest)));
    }
    page.push(Block::Paragraph(reach(manifest, words)));

    page.push(Block::Heading(2, words.functions.to_owned()));
    page.push(Block::Table {
        header: vec![words.function, words.what, words.effect_column],
        rows: manifest
            .functions
            .values()
            .map(|function| {
                vec![
                    format!("`{}/{}`", manifest.name, function.name),
                    say(&function.label),
                    effect(function.effect, words).to_owned(),
                ]
            })
            .collect(),
    });
    for function in manifest.functions.values() {
        function_blocks(&mut page, manifest, function, language);
    }
    if !manifest.feeds.is_empty() {
        page.push(Block::Heading(2, words.feeds.to_owned()));
        let rows = manifest.feeds.values().map(|feed| {
            let mut what = say(&feed.label);
            append(&mut what, &say(&feed.help));
            vec![
                code(&feed.name),
                what,
                code(&format!("{}/{}", manifest.name, feed.function)),
                list(&feed.changes),
                feed.every.to_string(),
            ]
        });
        page.push(Block::Table {
            header: vec![
                words.feed,
                words.what,
                words.function,
                words.changes,
                words.every,
            ],
            rows: rows.collect(),
        });
    }
    page
}

fn function_blocks(
    page: &mut Vec<Block>,
    manifest: &Manifest,
    function: &Function,
    language: &str,
) {
    let words = words::of(language);
    let say = |texts: &Texts| text_in(texts, language).unwrap_or_default().to_owned();
    page.push(Block::Heading(
        2,
        format!("`{}/{}`", manifest.name, function.name),
    ));
    let mut what = format!("{}.", say(&function.label).trim_end_matches('.'));
    append(&mut what, &say(&function.help));
    page.push(Block::Paragraph(what));

    page.push(Block::Heading(3, words.parameters.to_owned()));
    if function.parameters.is_empty() {
        page.push(Block::Paragraph(words.none.to_owned()));
    } else {
        page.push(Block::Table {
            header: vec![words.parameter, words.kind, words.required, words.what],
            rows: function
                .parameters
                .iter()
                .map(|parameter| {
                    vec![
                        format!("`{}`", parameter.name),
                        kind(parameter.kind, parameter.items, words),
                        yes_or_blank(parameter.required, words),
                        parameter_text(parameter, language, words),
                    ]
                })
                .collect(),
        });
    }

    page.push(Block::Heading(3, words.outcomes.to_owned()));
    let (variable, fields) = match &function.answer {
        Answer::Nothing => ("`true`".to_owned(), None),
        Answer::Value {
            kind,
            label,
            help,
            personal,
        } => {
            let mut text = format!("{kind}: {}", say(label));
            append(&mut text, &say(help));
            append(&mut text, personal_text(*personal, words));
            (text, None)
        }
        Answer::Fields(fields) => (words.record.to_owned(), Some(fields)),
    };
    let failure = fill(words.or_else, &["`failure`", "`false`"]);
    page.push(Block::Table {
        header: vec![words.outcome, words.exit, words.variable],
        rows: [
            ["true", "`true`", variable.as_str()],
            ["false", "`false`", "`false`"],
            ["failure", failure.as_str(), "`false`"],
        ]
        .map(|row| row.map(str::to_owned).to_vec())
        .to_vec(),
    });
    if let Some(fields) = fields {
        page.push(Block::Heading(3, words.fields.to_owned()));
        page.push(Block::Table {
            header: vec![words.field, words.kind, words.always, words.what],
            rows: fields
                .iter()
                .map(|field| {
                    vec![
                        format!("`{}`", field.path),
                        kind(field.kind, field.items, words),
                        yes_or_blank(!field.optional, words),
                        field_text(field, language, words),
                    ]
                })
                .collect(),
        });
    }

    page.push(Block::Heading(3, words.effect.to_owned()));
    page.push(Block::Paragraph(fill(
        words.it,
        &[effect(function.effect, words)],
    )));

    let purposes = purposes(function, words);
    if !purposes.is_empty() {
        page.push(Block::Heading(3, words.purposes.to_owned()));
        page.push(Block::Paragraph(purposes));
    }

    page.push(Block::Heading(3, words.example.to_owned()));
    page.push(Block::Code("json", examples::call_box(manifest, function)));
}

fn parameter_text(parameter: &Parameter, language: &str, words: &Words) -> String {
    let mut text = text_in(&parameter.label, language)
        .unwrap_or_default()
        .to_owned();
    append(
        &mut text,
        text_in(&parameter.help, language).unwrap_or_default(),
    );
    match &parameter.choices {
        ChoicesSource::None => {}
        ChoicesSource::Fixed(choices) => append_choices(&mut text, choices, language, words),
        ChoicesSource::Live => append(&mut text, &fill(words.live, &["`krabice choices`"])),
    }
    if let Some(default) = &parameter.default {
        append(&mut text, &fill(words.default, &[&code(&plain(default))]));
    }
    append(&mut text, personal_text(parameter.personal, words));
    text
}

fn field_text(field: &Field, language: &str, words: &Words) -> String {
    let mut text = text_in(&field.label, language)
        .unwrap_or_default()
        .to_owned();
    append(
        &mut text,
        text_in(&field.help, language).unwrap_or_default(),
    );
    append_choices(&mut text, &field.choices, language, words);
    append(&mut text, personal_text(field.personal, words));
    text
}

/// What a function is good for, and what it is about.
fn purposes(function: &Function, words: &Words) -> String {
    let mut text = String::new();
    if !function.purposes.is_empty() {
        let purposes: Vec<_> = function.purposes.iter().map(|it| it.word()).collect();
        append(&mut text, &fill(words.good_for, &[&list(&purposes)]));
    }
    if let Some(subject) = &function.subject {
        let [kind, parameter] = [subject.kind.word(), &subject.parameter].map(code);
        append(&mut text, &fill(words.subject, &[&kind, &parameter]));
        if let Some(field) = &subject.field {
            append(&mut text, &fill(words.subject_field, &[&code(field)]));
        }
    }
    if let Some(listing) = &function.listing {
        let [items, kind, key, subject] = [
            &listing.items,
            listing.kind.word(),
            &listing.key,
            &listing.subject,
        ]
        .map(code);
        append(
            &mut text,
            &fill(words.listing, &[&items, &kind, &key, &subject]),
        );
    }
    if function.exclusive {
        append(&mut text, words.exclusive);
    }
    text
}

/// Names as a list.
fn list(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names.iter().map(|name| code(name.as_ref())).collect();
    names.join(", ")
}

/// What the plugin may reach, and with which credential and limits.
fn reach(manifest: &Manifest, words: &Words) -> String {
    let mut text = match &manifest.address {
        Some(setting) => fill(words.reaches, &[&code(setting)]),
        None => words.no_back_end.to_owned(),
    };
    if manifest.hosts.is_empty() {
        text.push_str(words.nowhere_else);
    } else {
        let hosts: Vec<_> = manifest.hosts.iter().map(|host| code(host)).collect();
        text.push_str(&fill(words.and_hosts, &[&hosts.join(", ")]));
    }
    append(&mut text, &authorisation(&manifest.authorisation, words));
    let limits = [
        (words.at_once, manifest.limits.requests_at_once),
        (words.per_minute, manifest.limits.requests_per_minute),
    ];
    for (sentence, count) in limits {
        if let Some(count) = count {
            append(&mut text, &fill(sentence, &[&count.to_string()]));
        }
    }
    if manifest.limits.bucket.is_some() {
        append(&mut text, words.bucket);
    }
    text
}

fn authorisation(authorisation: &Authorisation, words: &Words) -> String {
    match authorisation {
        Authorisation::None => words.no_credential.to_owned(),
        Authorisation::Basic {
            header,
            username,
            password,
        } => fill(
            words.basic,
            &[&code(username), &code(password), &code(header)],
        ),
        Authorisation::Header { name, setting, .. } => {
            fill(words.header, &[&code(setting), &code(name)])
        }
        Authorisation::Query { name, setting } => fill(words.query, &[&code(setting), &code(name)]),
        Authorisation::Hmac(hmac) => fill(words.hmac, &[&code(&hmac.setting), &code(&hmac.header)]),
        Authorisation::SecretPath { setting, .. } => fill(words.secret_path, &[&code(setting)]),
        Authorisation::Login(login) => {
            let how = match &login.credentials {
                LoginCredentials::Basic => "HTTP Basic",
                LoginCredentials::Form { .. } => words.form,
                LoginCredentials::Json { .. } => "JSON",
            };
            let [path, username, password, header] =
                [&login.path, &login.username, &login.password, &login.header]
                    .map(|name| code(name));
            fill(words.login, &[&path, &username, &password, how, &header])
        }
    }
}

/// The effect of a function on the back end, in words that follow "it".
fn effect(effect: Effect, words: &Words) -> &'static str {
    match effect {
        Effect::Reads => words.reads,
        Effect::Writes => words.writes,
        Effect::WritesIdempotently => words.idempotent,
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn kind(kind: Kind, items: Option<Kind>, words: &Words) -> String {
    match (kind, items) {
        (Kind::List, Some(items)) => fill(words.list_of, &[&items.to_string()]),
        (Kind::List, None) => words.records.to_owned(),
        _ => kind.to_string(),
    }
}

fn plain(value: &Value) -> String {
    let json = value.to_plain_json();
    json.as_str()
        .map_or_else(|| json.to_string(), str::to_owned)
}

fn personal_text(personal: bool, words: &Words) -> &'static str {
    if personal { words.personal } else { "" }
}

fn append_choices(text: &mut String, choices: &[Choice], language: &str, words: &Words) {
    if choices.is_empty() {
        return;
    }
    let all: Vec<_> = choices
        .iter()
        .map(|choice| match text_in(&choice.label, language) {
            Some(label) => format!("`{}` ({label})", choice.value),
            None => format!("`{}`", choice.value),
        })
        .collect();
    append(text, &fill(words.one_of, &[&all.join(", ")]));
}

/// Adds a sentence to a text. A text without a full stop, such as a label, gets one.
fn append(text: &mut String, sentence: &str) {
    if sentence.is_empty() {
        return;
    }
    if !text.is_empty() {
        if !text.ends_with(['.', '!', '?', ':']) {
            text.push('.');
        }
        text.push(' ');
    }
    text.push_str(sentence);
}

fn yes_or_blank(yes: bool, words: &Words) -> String {
    if yes { words.yes } else { "" }.to_owned()
}
