//! `krabice plugin check`

use std::io::Write;

use anstyle::{AnsiColor, Style};
use indexmap::{IndexMap, IndexSet};
use krabice_kit::conformance::{self, CheckError, Finding, Report, Situation};
use krabice_kit::{Given, Passage, Passport};
use krabice_scenario::Severity;
use krabice_scenario::manifest::Effect;

use crate::cli::plugin::ConformanceArguments;
use crate::cli::{Assignment, PluginOptions};
use crate::error::{CliError, Verdict};
use crate::finding::{OutputStyle, number};
use crate::output::{self, size};
use crate::progress::waiting_for;
use crate::{host, page};

/// Instead of the 30 s that a customer waits: nothing here is far away.
const CALL_TIMEOUT: (&str, &str) = ("call-timeout", "5s");

/// As many situations as a back end of the check can be in.
const WHEN: usize = Situation::ALL.len();

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HEADING: Style = Style::new().bold();

pub(crate) async fn check(arguments: &ConformanceArguments) -> Result<Verdict, CliError> {
    let runtime = host::runtime(&impatient(&arguments.plugins))?;
    let settings: IndexMap<String, String> = arguments
        .settings
        .iter()
        .map(|given| (given.name.clone(), given.value.clone()))
        .collect();
    let checking = conformance::check(&runtime, &arguments.file, &settings);
    let report = waiting_for("calling every function", checking)
        .await
        .map_err(refused)?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &report)?;
    } else {
        write_for_people(&mut out, &report)?;
    }
    let (errors, warnings) = report.count();
    Ok(if errors > 0 || (arguments.deny_warnings && warnings > 0) {
        Verdict::No
    } else {
        Verdict::Fine
    })
}

/// The options with a shorter timeout, unless one was asked for.
fn impatient(options: &PluginOptions) -> PluginOptions {
    let mut options = options.clone();
    let (name, value) = CALL_TIMEOUT;
    if !options.limits.iter().any(|limit| limit.name == name) {
        options.limits.push(Assignment {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
    options
}

fn refused(error: CheckError) -> CliError {
    let refusal = CliError::usage(error.to_string());
    match &error {
        CheckError::Unreadable(_) => refusal,
        CheckError::Loopback(error) => refusal.because(error),
        _ => refusal.help("give settings that make sense with `--set NAME=VALUE`"),
    }
}

fn write_for_people(out: &mut dyn Write, report: &Report) -> std::io::Result<()> {
    let width = OutputStyle::of(&std::io::stdout()).width();
    match &report.plugin {
        Some(plugin) => {
            writeln!(
                out,
                "{HEADING}{} {}{HEADING:#}, for version {} of the contract\n{}, {}\nsha256 {}",
                output::one_line(&plugin.name),
                output::one_line(&plugin.version),
                plugin.contract,
                report.file.display(),
                bytes(report.measured.file_bytes),
                plugin.sha256
            )?;
            if report.functions.is_empty() {
                writeln!(out, "It is no plugin, so nothing of it was called.")?;
            }
        }
        None => writeln!(
            out,
            "{HEADING}{}{HEADING:#} is no plugin, so nothing of it was called",
            report.file.display()
        )?,
    }
    if !report.imports.is_empty() {
        heading(out, "Imports")?;
        let rows = report.imports.iter().map(|import| {
            let verdict = if import.allowed { "allowed" } else { "refused" };
            vec![
                import.name.clone(),
                verdict.to_owned(),
                import.why.to_owned(),
            ]
        });
        let header = ["import", "", "what the host has behind it"];
        write!(out, "{}", table(&header, rows.collect(), width))?;
    }
    if let Some(passport) = &report.passport {
        write_passport(out, passport, width)?;
    }
    if !report.functions.is_empty() {
        write_calls(out, report, width)?;
    }
    if !report.findings.is_empty() {
        heading(out, "Findings")?;
        for finding in &report.findings {
            write_finding(out, finding)?;
        }
    }
    writeln!(out, "\n{}", summary(report))
}

fn write_passport(out: &mut dyn Write, passport: &Passport, width: usize) -> std::io::Result<()> {
    heading(out, "Data passport")?;
    if passport.destinations.is_empty() {
        writeln!(
            out,
            "It reaches nothing: what it is given stays in the host."
        )?;
    }
    for destination in &passport.destinations {
        let place = match (&destination.host, &destination.setting) {
            (Some(host), _) => host.clone(),
            (None, Some(setting)) => format!("the address in `{setting}`"),
            (None, None) => continue,
        };
        let with = match destination.credentials.as_slice() {
            [] => "without a credential".to_owned(),
            all => format!("with {} {}", listed(all), destination.how),
        };
        writeln!(out, "It can send every parameter to {place}, {with}.")?;
    }
    if !passport.settings.is_empty() {
        let told = listed(&passport.settings);
        writeln!(out, "It is told {told} of its connection.")?;
    }
    writeln!(out)?;
    let header = [
        "function",
        "effect",
        "sent",
        "parameters",
        "personal in its outcome",
    ];
    let rows = passport.functions.iter().map(|passage| {
        vec![
            passage.function.clone(),
            effect(passage.effect).to_owned(),
            passage.methods.join(", "),
            given(passage),
            passage.personal_fields.join(", "),
        ]
    });
    write!(out, "{}", table(&header, rows.collect(), width))?;
    write_sightings(out, passport, width)
}

/// What went where in the calls, for each host and function.
fn write_sightings(out: &mut dyn Write, passport: &Passport, width: usize) -> std::io::Result<()> {
    let hosts: IndexSet<&Option<String>> = passport
        .functions
        .iter()
        .flat_map(|passage| &passage.parameters)
        .flat_map(|given| &given.seen)
        .map(|sighting| &sighting.host)
        .collect();
    let mut rows = Vec::new();
    for host in hosts {
        for passage in &passport.functions {
            let found: Vec<_> = passage
                .parameters
                .iter()
                .filter_map(|given| found_at(given, host))
                .collect();
            if !found.is_empty() {
                rows.push(vec![
                    host.clone()
                        .unwrap_or_else(|| "the connection's address".to_owned()),
                    passage.function.clone(),
                    found.join(", "),
                ]);
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let header = ["asked in the calls", "by", "with"];
    write!(out, "{}", table(&header, rows, width))
}

/// `order (query and body)`; none where it was not found there.
fn found_at(given: &Given, host: &Option<String>) -> Option<String> {
    let places: Vec<_> = given
        .seen
        .iter()
        .filter(|sighting| sighting.host == *host)
        .map(|sighting| sighting.place)
        .collect();
    (!places.is_empty()).then(|| format!("{} ({})", given.name, places.join(" and ")))
}

fn given(passage: &Passage) -> String {
    let all = passage.parameters.iter().map(|given| match given.personal {
        true => format!("{} (personal)", given.name),
        false => given.name.clone(),
    });
    all.collect::<Vec<_>>().join(", ")
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Reads => "reads",
        Effect::Writes => "writes",
        Effect::WritesIdempotently => "writes idempotently",
    }
}

fn write_calls(out: &mut dyn Write, report: &Report, width: usize) -> std::io::Result<()> {
    heading(out, "Calls against a back end that misbehaves")?;
    let rows = report.functions.iter().map(|tried| {
        let outcomes = tried
            .outcomes
            .iter()
            .map(|(word, count)| format!("{word} {count}"));
        let mut outcomes = outcomes.collect::<Vec<_>>().join(", ");
        if let Some(why) = tried.cut_short {
            outcomes.push_str(&format!(" (no more: {why})"));
        }
        vec![
            tried.name.clone(),
            tried.calls.to_string(),
            tried.requests.to_string(),
            bytes(tried.memory_bytes as u64),
            format!("{} ms", tried.computed_milliseconds),
            outcomes,
        ]
    });
    let header = ["", "calls", "requests", "memory", "computed", "ended as"];
    write!(out, "{}", table(&header, rows.collect(), width))?;
    let measured = &report.measured;
    writeln!(
        out,
        "\nloaded in {} ms, quickest call {} ms, most memory {} of {}",
        measured.load_milliseconds,
        measured.start_milliseconds,
        bytes(measured.memory_bytes as u64),
        bytes(measured.memory_limit_bytes as u64),
    )
}

fn write_finding(out: &mut dyn Write, finding: &Finding) -> std::io::Result<()> {
    let (style, word) = match finding.severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    };
    let message = output::one_line(&finding.message);
    writeln!(
        out,
        "{style}{word}{style:#} {}: `{}`: {message}",
        finding.code.word(),
        output::one_line(&finding.at)
    )?;
    if !finding.when.is_empty() {
        let told = finding.when.iter().take(WHEN);
        let told: Vec<_> = told.map(|when| output::one_line(when)).collect();
        let more = match finding.when.len().saturating_sub(WHEN) {
            0 => String::new(),
            more => format!("; and {more} more, which `--json` lists"),
        };
        writeln!(out, "  when: {}{more}", told.join("; "))?;
    }
    writeln!(out, "  help: {}", finding.help)
}

/// `54 calls: no findings`
fn summary(report: &Report) -> String {
    let (errors, warnings) = report.count();
    let calls = number(report.measured.calls, "call");
    match (errors, warnings) {
        (0, 0) => format!("{calls}: no findings"),
        _ => format!(
            "{calls}: {}, {}",
            number(errors, "error"),
            number(warnings, "warning")
        ),
    }
}

fn heading(out: &mut dyn Write, text: &str) -> std::io::Result<()> {
    writeln!(out, "\n{HEADING}{text}{HEADING:#}")
}

fn table(header: &[&str], rows: Vec<Vec<String>>, width: usize) -> String {
    let header = header.iter().map(|&cell| cell.to_owned()).collect();
    page::table(header, rows, width)
}

fn bytes(bytes: u64) -> String {
    size(usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn listed(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
