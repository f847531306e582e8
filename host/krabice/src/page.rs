//! A plugin's page: all that its manifest says, for a person who builds a scenario.
//!
//! The page is made once, as a list of blocks, and printed as Markdown for the documentation or as
//! plain text for a terminal, so that the two can never tell different things.

use comfy_table::{ContentArrangement, Table, presets};
use krabice_scenario::manifest::{
    Answer, Authorisation, Choice, ChoicesSource, Effect, Field, Function, LoginCredentials,
    Manifest, Parameter, Texts, text_in,
};
use krabice_scenario::{Kind, Value};

use crate::example;

/// A piece of a page.
enum Block {
    Heading(usize, String),
    Paragraph(String),
    Table {
        header: &'static [&'static str],
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

/// The page as text of at most `width` columns. Code goes as it is.
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

/// A table without lines, its cells wrapped so that it fits the width.
pub(crate) fn table(header: Vec<String>, rows: Vec<Vec<String>>, width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(header)
        .add_rows(rows);
    // Cells have a column of air on both sides.
    table
        .lines()
        .map(|line| format!(" {}\n", line.trim_end()))
        .collect()
}

/// Markdown's backticks and line breaks mean nothing on a terminal.
fn without_marks(text: &str) -> String {
    text.replace("<br>", "; ").replace('`', "")
}

fn blocks(manifest: &Manifest, language: &str) -> Vec<Block> {
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
    page.extend(some_paragraph(say(&manifest.help)));

    page.push(Block::Heading(2, "Connection".to_owned()));
    if manifest.settings.is_empty() {
        page.push(Block::Paragraph(
            "The plugin needs no connection.".to_owned(),
        ));
    } else {
        let rows = manifest.settings.iter().map(|setting| {
            let mut what = say(&setting.label);
            append(&mut what, &say(&setting.help));
            append_choices(&mut what, &setting.choices, language);
            if let Some(default) = &setting.default {
                append(&mut what, &format!("Default: `{default}`."));
            }
            vec![
                format!("`{}`", setting.name),
                setting.kind.to_string(),
                yes(setting.required),
                yes(setting.secret),
                what,
            ]
        });
        page.push(Block::Table {
            header: &["setting", "kind", "required", "secret", "what it is"],
            rows: rows.collect(),
        });
        page.push(Block::Code("toml", example::connection(manifest)));
    }
    page.push(Block::Paragraph(reach(manifest)));

    page.push(Block::Heading(2, "Functions".to_owned()));
    page.push(Block::Table {
        header: &["function", "what it is", "effect"],
        rows: manifest
            .functions
            .values()
            .map(|function| {
                vec![
                    format!("`{}/{}`", manifest.name, function.name),
                    say(&function.label),
                    effect(function.effect).to_owned(),
                ]
            })
            .collect(),
    });
    for function in manifest.functions.values() {
        function_blocks(&mut page, manifest, function, language);
    }
    page
}

fn function_blocks(
    page: &mut Vec<Block>,
    manifest: &Manifest,
    function: &Function,
    language: &str,
) {
    let say = |texts: &Texts| text_in(texts, language).unwrap_or_default().to_owned();
    page.push(Block::Heading(
        2,
        format!("`{}/{}`", manifest.name, function.name),
    ));
    let mut what = format!("{}.", say(&function.label).trim_end_matches('.'));
    append(&mut what, &say(&function.help));
    page.push(Block::Paragraph(what));

    page.push(Block::Heading(3, "Parameters".to_owned()));
    if function.parameters.is_empty() {
        page.push(Block::Paragraph("None.".to_owned()));
    } else {
        page.push(Block::Table {
            header: &["parameter", "kind", "required", "what it is"],
            rows: function
                .parameters
                .iter()
                .map(|parameter| {
                    vec![
                        format!("`{}`", parameter.name),
                        kind(parameter.kind, parameter.items),
                        yes(parameter.required),
                        parameter_text(parameter, language),
                    ]
                })
                .collect(),
        });
    }

    page.push(Block::Heading(3, "Outcomes".to_owned()));
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
            append(&mut text, personal_text(*personal));
            (text, None)
        }
        Answer::Fields(fields) => ("a record of the fields below".to_owned(), Some(fields)),
    };
    page.push(Block::Table {
        header: &["outcome", "exit", "variable"],
        rows: [
            ["true", "`true`", variable.as_str()],
            ["false", "`false`", "`false`"],
            ["failure", "`failure`, else `false`", "`false`"],
        ]
        .map(|row| row.map(str::to_owned).to_vec())
        .to_vec(),
    });
    if let Some(fields) = fields {
        page.push(Block::Heading(3, "Fields".to_owned()));
        page.push(Block::Table {
            header: &["field", "kind", "always there", "what it is"],
            rows: fields
                .iter()
                .map(|field| {
                    vec![
                        format!("`{}`", field.path),
                        kind(field.kind, field.items),
                        yes(!field.optional),
                        field_text(field, language),
                    ]
                })
                .collect(),
        });
    }

    page.push(Block::Heading(3, "Effect".to_owned()));
    page.push(Block::Paragraph(format!("It {}.", effect(function.effect))));

    page.push(Block::Heading(3, "Example".to_owned()));
    page.push(Block::Code("json", example::call_box(manifest, function)));
}

fn parameter_text(parameter: &Parameter, language: &str) -> String {
    let mut text = text_in(&parameter.label, language)
        .unwrap_or_default()
        .to_owned();
    append(
        &mut text,
        text_in(&parameter.help, language).unwrap_or_default(),
    );
    match &parameter.choices {
        ChoicesSource::None => {}
        ChoicesSource::Fixed(choices) => append_choices(&mut text, choices, language),
        ChoicesSource::Live => append(
            &mut text,
            "Its choices come from the back end: `krabice choices`.",
        ),
    }
    if let Some(default) = &parameter.default {
        append(&mut text, &format!("Default: `{}`.", plain(default)));
    }
    append(&mut text, personal_text(parameter.personal));
    text
}

fn field_text(field: &Field, language: &str) -> String {
    let mut text = text_in(&field.label, language)
        .unwrap_or_default()
        .to_owned();
    append(
        &mut text,
        text_in(&field.help, language).unwrap_or_default(),
    );
    append_choices(&mut text, &field.choices, language);
    append(&mut text, personal_text(field.personal));
    text
}

/// Where the plugin may go, and with what.
fn reach(manifest: &Manifest) -> String {
    let mut text = match &manifest.address {
        Some(setting) => format!("It reaches the address in `{setting}`"),
        None => "It has no back end of its own".to_owned(),
    };
    if manifest.hosts.is_empty() {
        text.push_str(" and no other host.");
    } else {
        let hosts: Vec<_> = manifest
            .hosts
            .iter()
            .map(|host| format!("`{host}`"))
            .collect();
        text.push_str(&format!(", and without credentials {}.", hosts.join(", ")));
    }
    append(&mut text, &authorisation(&manifest.authorisation));
    if let Some(count) = manifest.limits.requests_at_once {
        append(
            &mut text,
            &format!("At most {count} requests are under way at once."),
        );
    }
    if let Some(count) = manifest.limits.requests_per_minute {
        append(
            &mut text,
            &format!("At most {count} requests go out in a minute."),
        );
    }
    if manifest.limits.bucket.is_some() {
        append(
            &mut text,
            "The back end tells how full its bucket of requests is, and the host waits before it is full.",
        );
    }
    text
}

fn authorisation(authorisation: &Authorisation) -> String {
    match authorisation {
        Authorisation::None => "Requests carry no credential.".to_owned(),
        Authorisation::Basic {
            header,
            username,
            password,
        } => format!(
            "The host authorises requests by HTTP Basic from `{username}` and `{password}`, in the header `{header}`."
        ),
        Authorisation::Header { name, setting, .. } => {
            format!("The host authorises requests by `{setting}`, in the header `{name}`.")
        }
        Authorisation::Query { name, setting } => {
            format!("The host authorises requests by `{setting}`, in the query parameter `{name}`.")
        }
        Authorisation::Login(login) => {
            let how = match &login.credentials {
                LoginCredentials::Basic => "HTTP Basic",
                LoginCredentials::Form { .. } => "a form",
                LoginCredentials::Json { .. } => "JSON",
            };
            format!(
                "The host logs in at `{}` with `{}` and `{}` by {how}, and authorises requests by the token it is given, in the header `{}`.",
                login.path, login.username, login.password, login.header
            )
        }
    }
}

/// What a function does to the back end, after "it".
pub(crate) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Reads => "changes nothing",
        Effect::Writes => "changes something, and each repetition changes it again",
        Effect::WritesIdempotently => "changes something, and repeating it changes nothing more",
    }
}

fn kind(kind: Kind, items: Option<Kind>) -> String {
    match (kind, items) {
        (Kind::List, Some(items)) => format!("list of {items}"),
        (Kind::List, None) => "list of records".to_owned(),
        _ => kind.to_string(),
    }
}

fn plain(value: &Value) -> String {
    match value.to_plain_json() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn personal_text(personal: bool) -> &'static str {
    if personal { "Personal data." } else { "" }
}

fn append_choices(text: &mut String, choices: &[Choice], language: &str) {
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
    append(text, &format!("One of {}.", all.join(", ")));
}

/// Adds a sentence to a text, which may be a label without a full stop.
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

fn some_paragraph(text: String) -> Option<Block> {
    (!text.is_empty()).then_some(Block::Paragraph(text))
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "" }.to_owned()
}
