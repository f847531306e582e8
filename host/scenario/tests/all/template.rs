//! The template language: each file in `templates/` has variables and templates that use them,
//! each file in `template-errors/` has templates that are refused.
//!
//! A file begins with lines `name: kind value` (and `language`, `timezone`, `now`);
//! after the first line `---` come templates, with `---` between them.

use std::fmt::Write;
use std::path::Path;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_contract::{Kind, Value};
use krabice_scenario::template::{Now, Position, Scope, Use};
use krabice_scenario::{Template, Variable, Variables};

#[test]
fn templates_give_what_their_files_say() {
    insta::glob!("..", "templates/*.txt", |path| {
        let case = Case::read(path);
        insta::assert_snapshot!(case.run());
    });
}

#[test]
fn refused_templates_say_what_is_wrong_and_where() {
    insta::glob!("..", "template-errors/*.txt", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut report = String::new();
        for source in text.split("\n---\n") {
            let source = source.trim_end_matches('\n');
            writeln!(report, "{source}").unwrap();
            let errors = Template::parse(source).expect_err(source);
            for error in errors {
                let before = source[..error.span.start].chars().count();
                let under = source[error.span.clone()].chars().count().max(1);
                if !source.contains('\n') {
                    writeln!(report, "{}{}", " ".repeat(before), "^".repeat(under)).unwrap();
                }
                writeln!(report, "  {:?}: {error}", error.kind).unwrap();
                writeln!(report, "  help: {}", error.help.unwrap_or_default()).unwrap();
            }
            report.push('\n');
        }
        insta::assert_snapshot!(report);
    });
}

struct Case {
    variables: Variables,
    language: String,
    time_zone: TimeZone,
    now: Now,
    templates: Vec<String>,
}

impl Case {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut parts = text.split("\n---\n");
        let mut language = "en".to_owned();
        let mut time_zone = "Europe/Prague".to_owned();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut values: IndexMap<String, Value> = IndexMap::new();
        for line in parts
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (name, value) = line.split_once(": ").expect(line);
            match name {
                "language" => language = value.to_owned(),
                "timezone" => time_zone = value.to_owned(),
                "now" => now = value.parse().expect(line),
                _ => {
                    let (kind, text) = value.split_once(' ').expect(line);
                    let kind: Kind = serde_json::from_value(kind.into()).expect(line);
                    let value = Value::parse(kind, text).expect(line);
                    match name.split_once('.') {
                        None => drop(values.insert(name.to_owned(), value)),
                        Some((root, field)) => {
                            let Some(Value::Record(fields)) = values.get_mut(root) else {
                                panic!("{line}")
                            };
                            fields.insert(field.to_owned(), value);
                        }
                    }
                }
            }
        }
        Self {
            variables: values
                .into_iter()
                .map(|(name, value)| (name, Variable::visible(value)))
                .collect(),
            language,
            time_zone: TimeZone::get(&time_zone).unwrap(),
            now: now.into(),
            templates: parts
                .map(|part| part.trim_end_matches('\n').to_owned())
                .collect(),
        }
    }

    fn run(&self) -> String {
        let scope = Scope {
            variables: &self.variables,
            language: &self.language,
            time_zone: &self.time_zone,
            now: &self.now,
        };
        let mut report = String::new();
        for source in &self.templates {
            let template =
                Template::parse(source).unwrap_or_else(|errors| panic!("{source}: {errors:?}"));
            writeln!(report, "{source}").unwrap();
            let shown = template.show(&scope);
            writeln!(report, "  = {:?}", shown.text.replace('\u{a0}', "~")).unwrap();
            match template.evaluate(&scope) {
                None => writeln!(report, "  value: absent").unwrap(),
                Some(value) if value.hidden => {
                    writeln!(report, "  value: hidden {:?}", value.value).unwrap()
                }
                Some(value) if value.value == Value::Text(shown.text.clone()) => {}
                Some(value) => writeln!(report, "  value: {:?}", value.value).unwrap(),
            }
            if !shown.withheld.is_empty() {
                writeln!(report, "  withheld: {}", shown.withheld.join(", ")).unwrap();
            }
            if !shown.revealed.is_empty() {
                writeln!(report, "  revealed: {}", shown.revealed.join(", ")).unwrap();
            }
            for each in template.uses() {
                writeln!(report, "  uses {}", described(each, source)).unwrap();
            }
            report.push('\n');
        }
        report
    }
}

fn described(each: &Use, source: &str) -> String {
    let position = match &each.position {
        Position::Shown => "shown".to_owned(),
        Position::Tested => "tested".to_owned(),
        Position::Iterated => "iterated".to_owned(),
        Position::Argument { helper, index } => format!("{helper} {index}"),
    };
    let mut text = format!(
        "{} as `{}`: {position}",
        each.reference,
        &source[each.span.clone()]
    );
    for (flag, word) in [
        (each.masked, "masked"),
        (each.revealed, "revealed"),
        (each.defaulted, "defaulted"),
    ] {
        if flag {
            write!(text, ", {word}").unwrap();
        }
    }
    for guard in &each.guards {
        let not = if guard.holds { "" } else { "not " };
        write!(text, ", {not}{:?}({})", guard.test, guard.reference).unwrap();
    }
    text
}
