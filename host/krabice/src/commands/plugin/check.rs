//! `krabice plugin check`

use std::io::Write;

use anstyle::{AnsiColor, Style};
use indexmap::{IndexMap, IndexSet};
use krabice_contract::manifest::Effect;
use krabice_kit::conformance::{self, CheckError, Finding, Report, Situation};
use krabice_kit::{FunctionFlow, ParameterFlow, Passport};
use krabice_scenario::Severity;

use super::caused;
use crate::cli::plugin::ConformanceArguments;
use crate::cli::{Assignment, PluginOptions};
use crate::error::{CliError, Verdict};
use crate::finding::{OutputStyle, number};
use crate::output::size;
use crate::progress::waiting_for;
use crate::{host, output, page};

/// The timeout of a call: the back end is on this machine, so 30 s as for a customer would be too
/// long.
const CALL_TIMEOUT: (&str, &str) = ("call-timeout", "5s");

/// The most situations that a finding names: all that a back end can be in.
const MOST_WHEN: usize = Situation::ALL.len();

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HEADING: Style = Style::new().bold();

pub(crate) async fn check(arguments: &ConformanceArguments) -> Result<Verdict, CliError> {
    let runtime = host::runtime(&with_short_timeout(&arguments.plugins))?;
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

/// The options with a shorter timeout of calls, unless they have one.
fn with_short_timeout(options: &PluginOptions) -> PluginOptions {
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
    let refusal = caused(CliError::usage(error.to_string()), &error);
    if matches!(error, CheckError::Settings(_)) {
        return refusal.help("give the plugin's settings with `--set NAME=VALUE`");
    }
    refusal
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
                writeln!(out, "It is not a plugin, so no function was called.")?;
            }
        }
        None => writeln!(
            out,
            "{HEADING}{}{HEADING:#} is not a plugin, so no function was called",
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
        let header = ["import", "", "what the host provides"];
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
            "The plugin sends no requests: its data stays in the host."
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
        let settings = listed(&passport.settings);
        writeln!(out, "The plugin receives {settings} of its connection.")?;
    }
    writeln!(out)?;
    let header = [
        "function",
        "effect",
        "sent",
        "parameters",
        "personal in its outcome",
    ];
    let rows = passport.functions.iter().map(|flow| {
        vec![
            flow.function.clone(),
            effect(flow.effect).to_owned(),
            flow.methods.join(", "),
            parameters(flow),
            flow.personal_fields.join(", "),
        ]
    });
    write!(out, "{}", table(&header, rows.collect(), width))?;
    write_observations(out, passport, width)
}

/// Writes what was sent to each host in the calls, by function.
fn write_observations(
    out: &mut dyn Write,
    passport: &Passport,
    width: usize,
) -> std::io::Result<()> {
    let hosts: IndexSet<&Option<String>> = passport
        .functions
        .iter()
        .flat_map(|flow| &flow.parameters)
        .flat_map(|parameter| &parameter.seen)
        .map(|observation| &observation.host)
        .collect();
    let mut rows = Vec::new();
    for host in hosts {
        for flow in &passport.functions {
            let seen: Vec<_> = flow
                .parameters
                .iter()
                .filter_map(|parameter| seen_at(parameter, host))
                .collect();
            if !seen.is_empty() {
                rows.push(vec![
                    host.clone()
                        .unwrap_or_else(|| "the connection's address".to_owned()),
                    flow.function.clone(),
                    seen.join(", "),
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

/// `order (query and body)`; None when the parameter was not seen in requests to the host.
fn seen_at(parameter: &ParameterFlow, host: &Option<String>) -> Option<String> {
    let places: Vec<_> = parameter
        .seen
        .iter()
        .filter(|observation| observation.host == *host)
        .map(|observation| observation.place)
        .collect();
    (!places.is_empty()).then(|| format!("{} ({})", parameter.name, places.join(" and ")))
}

fn parameters(flow: &FunctionFlow) -> String {
    let all = flow.parameters.iter().map(|parameter| {
        let mark = if parameter.personal {
            " (personal)"
        } else {
            ""
        };
        format!("{}{mark}", parameter.name)
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
    let rows = report.functions.iter().map(|entry| {
        let outcomes = entry
            .outcomes
            .iter()
            .map(|(word, count)| format!("{word} {count}"));
        let mut outcomes = outcomes.collect::<Vec<_>>().join(", ");
        if let Some(why) = entry.cut_short {
            outcomes.push_str(&format!(" (stopped early: {why})"));
        }
        vec![
            entry.name.clone(),
            entry.calls.to_string(),
            entry.requests.to_string(),
            bytes(entry.memory_bytes as u64),
            format!("{} ms", entry.computed_milliseconds),
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
        let named = finding.when.iter().take(MOST_WHEN);
        let named: Vec<_> = named.map(|when| output::one_line(when)).collect();
        let more = match finding.when.len().saturating_sub(MOST_WHEN) {
            0 => String::new(),
            more => format!("; and {more} more, which `--json` lists"),
        };
        writeln!(out, "  when: {}{more}", named.join("; "))?;
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
