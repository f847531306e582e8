//! `krabice run`

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_contract::Value;
use krabice_contract::name::{nearest, primary_language};
use krabice_engine::{
    Event, Input, Library, OfferedFile, Reason, Session, Show, Then, Turn, VisibleVariables,
    Watcher, run_turn,
};
use krabice_scenario::scenario::{Jump, ScenarioBox};
use krabice_scenario::{Scenario, Severity};
use serde::Serialize;

use crate::answers::Answers;
use crate::cli::{Assignment, RunArguments};
use crate::error::{CliError, Verdict};
use crate::finding::{self, Finding};
use crate::host::Host;
use crate::integrations::Integrations;
use crate::output::quoted_list;
use crate::output_folder::OutputFolder;
use crate::redact::Redactor;
use crate::scenario_folder::ScenarioFolder;
use crate::trace::Trace;
use crate::{key, terminal, transcript};

pub(crate) async fn run(
    arguments: &RunArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    let mut answers = Answers::from_file_or_input(arguments.answers.as_deref())?;
    let host = Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    let (library, name) = load_library(&arguments.scenario, &host)?;
    open_outlets(&library, &host)?;
    let mut session = start_session(&library, &name, arguments)?;
    let trace = match &arguments.trace {
        Some(path) => Some(Trace::to(path, redactor)?),
        None => None,
    };

    let functions = Integrations {
        host: &host,
        trace: trace.clone(),
    };
    let files = arguments.files.as_deref().map(OutputFolder::new);
    let mut screen = Screen::new(arguments.json, answers.are_echoed(), files, trace.clone());
    let mut input = Input::Begin;
    let reason = loop {
        let now = Timestamp::now();
        let turn = run_turn(&library, session, input, now, &functions, &mut screen).await;
        screen.end_of_turn(&turn)?;
        session = turn.session;
        if let Then::Finished(reason) = turn.then {
            break Some(reason);
        }
        match answers.next(&mut screen.out)? {
            Some(answer) => input = Input::Answer(answer),
            None => break None,
        }
    };
    screen.finish(reason, &session.visible_variables())?;
    if let Some(trace) = trace {
        trace.finish()?;
    }
    match reason {
        Some(Reason::End | Reason::Handover) => {
            if let Some(left) = answers.left() {
                terminal::note(&format!("the scenario ended; it did not use {left}"));
            }
            Ok(Verdict::Fine)
        }
        Some(Reason::Fault) => {
            let fault = screen
                .fault
                .expect("the engine reports the fault that ends a session");
            Err(CliError::no(format!(
                "the scenario could not go on: {fault}"
            )))
        }
        None => {
            let (scenario, id) = session.place();
            Err(CliError::no(format!(
                "the answers ran out, and the box `{id}` of `{scenario}` waits for one"
            )))
        }
    }
}

/// Checks and loads the scenario and all that it may jump to. Returns them with the scenario's name.
fn load_library(file: &Path, host: &Host) -> Result<(Library, String), CliError> {
    let folder = ScenarioFolder::of(file)?;
    let world = host.world();
    let mut library = Library::new();
    for plugin in host.plugins.values() {
        library.learn(plugin.manifest());
    }
    let mut first = None;
    let mut to_load = vec![file.to_owned()];
    while let Some(file) = to_load.pop() {
        let (checked, findings) = folder.check(&file, &world)?;
        let Some(scenario) = checked.scenario else {
            let is_error = |finding: &Finding| finding.severity == Severity::Error;
            // Another document has no error, only a finding that it is no scenario.
            let has_errors = findings.iter().any(is_error);
            let errors: Vec<_> = findings
                .into_iter()
                .filter(|finding| !has_errors || is_error(finding))
                .collect();
            host.warn_of_broken_plugins();
            finding::report(&errors);
            return Err(CliError::no(format!(
                "`{}` has {}",
                file.display(),
                finding::count(&errors)
            )));
        };
        first.get_or_insert_with(|| scenario.name.clone());
        let targets = jump_targets(&scenario);
        library.insert(scenario);
        for name in targets {
            // The check has already reported a target that does not exist.
            if let (None, Some(file)) = (library.get(&name), folder.file(&name)) {
                to_load.push(file.to_owned());
            }
        }
    }
    let name = first.expect("the scenario itself is loaded first");
    Ok((library, name))
}

fn jump_targets(scenario: &Scenario) -> Vec<String> {
    let mut targets = Vec::new();
    for content in scenario.boxes.values() {
        if let ScenarioBox::Jump(Jump::Scenario { scenario, .. }) = content {
            targets.push(scenario.clone());
        }
    }
    targets
}

/// Opens every outlet that the scenarios need, so that a wrong connection is reported before the
/// customer is asked anything.
fn open_outlets(library: &Library, host: &Host) -> Result<(), CliError> {
    let mut needed: HashSet<(&str, Option<&str>)> = HashSet::new();
    for scenario in library.names().filter_map(|name| library.get(name)) {
        for content in scenario.boxes.values() {
            if let ScenarioBox::Call {
                plugin, connection, ..
            } = content
            {
                needed.insert((plugin, connection.as_deref()));
            }
        }
    }
    for (plugin, connection) in needed {
        host.outlet(host.plugin(plugin)?.manifest(), connection)?;
    }
    Ok(())
}

fn start_session(
    library: &Library,
    name: &str,
    arguments: &RunArguments,
) -> Result<Session, CliError> {
    let scenario = library
        .get(name)
        .expect("`load_library` returns the name of a scenario that it loaded");
    let inputs = inputs(scenario, &arguments.set)?;
    let language = match &arguments.language {
        Some(language) => supported_language(scenario, language)?,
        None => String::new(),
    };
    Session::start(
        library,
        name,
        key::fresh()?,
        key::fresh()?,
        &language,
        inputs,
    )
    .map_err(|error| CliError::usage("the session cannot start").because(&error))
}

/// The requested language, if the scenario has it or its base language: `en` for `en-gb`.
fn supported_language(scenario: &Scenario, language: &str) -> Result<String, CliError> {
    let base = primary_language(language);
    let has = |tag: &str| {
        scenario
            .languages
            .iter()
            .any(|known| known.eq_ignore_ascii_case(tag))
    };
    if has(language) || has(base) {
        return Ok(language.to_owned());
    }
    let languages = quoted_list(&scenario.languages);
    Err(
        CliError::usage(format!("the scenario has no texts in `{language}`"))
            .help(format!("it has {languages}")),
    )
}

/// The inputs, each read as the kind that the scenario declares.
fn inputs(scenario: &Scenario, given: &[Assignment]) -> Result<IndexMap<String, Value>, CliError> {
    let mut inputs = IndexMap::new();
    for Assignment { name, value } in given {
        let input = scenario.inputs.get(name).ok_or_else(|| {
            let near = nearest(name, scenario.inputs.keys().map(String::as_str));
            CliError::usage(format!(
                "the scenario `{}` has no input `{name}`",
                scenario.name
            ))
            .help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare it under `inputs` of the scenario".to_owned(),
            })
        })?;
        let value = Value::parse(input.kind, value).map_err(|error| {
            CliError::usage(format!("the value of the input `{name}` is invalid")).because(&error)
        })?;
        inputs.insert(name.clone(), value);
    }
    Ok(inputs)
}

/// The last JSON line of a run.
#[derive(Serialize)]
#[serde(tag = "event", rename = "finished")]
struct FinishedEvent<'a> {
    reason: &'static str,
    variables: &'a VisibleVariables,
}

/// A file that was offered to the customer and saved.
#[derive(Serialize)]
#[serde(tag = "event", rename = "file")]
struct FileEvent<'a> {
    #[serde(flatten)]
    file: &'a OfferedFile,
    path: &'a PathBuf,
}

/// Shows the run: the conversation on standard output, notes on standard error, events in the
/// trace.
struct Screen {
    out: anstream::AutoStream<io::Stdout>,
    json: bool,
    /// Whether texts are written at once. Otherwise they are written at the end of the turn,
    /// after the customer's answer: only then the turn tells how the answer may be shown.
    is_live: bool,
    /// The folder for the files that the customer is offered.
    files: Option<OutputFolder>,
    trace: Option<Trace>,
    /// The error of the first write that failed during a turn.
    error: Option<io::Error>,
    /// Why the session could not go on.
    fault: Option<String>,
}

impl Screen {
    fn new(
        json: bool,
        answers_are_echoed: bool,
        files: Option<OutputFolder>,
        trace: Option<Trace>,
    ) -> Screen {
        Screen {
            out: anstream::stdout(),
            json,
            is_live: json || answers_are_echoed,
            files,
            trace,
            error: None,
            fault: None,
        }
    }

    fn write(&mut self, show: &Show) -> io::Result<()> {
        let saved = match (show, &self.files) {
            (Show::File(file), Some(folder)) => {
                Some((file, folder.save(&file.name, &file.content)?))
            }
            _ => None,
        };
        match (self.json, &saved) {
            (true, Some((file, path))) => self.write_json_line(&FileEvent { file, path })?,
            (true, None) => self.write_json_line(show)?,
            (false, _) => transcript::write(&mut self.out, show)?,
        }
        if let (false, Some((_, path))) = (self.json, saved) {
            terminal::note(&format!("saved as `{}`", path.display()));
        }
        Ok(())
    }

    fn write_json_line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    fn end_of_turn(&mut self, turn: &Turn) -> io::Result<()> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if self.is_live {
            return Ok(());
        }
        if let Some(answer) = &turn.said {
            transcript::write_answer(&mut self.out, answer)?;
        }
        turn.show.iter().try_for_each(|show| self.write(show))?;
        self.out.flush()
    }

    fn finish(&mut self, reason: Option<Reason>, variables: &VisibleVariables) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        let reason = reason.map_or("unanswered", Reason::word);
        self.write_json_line(&FinishedEvent { reason, variables })
    }
}

impl Watcher for Screen {
    fn shown(&mut self, show: &Show) {
        if self.is_live && self.error.is_none() {
            self.error = self.write(show).err();
        }
    }

    fn wants_events(&self) -> bool {
        true
    }

    fn event(&mut self, event: Event) {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the other events are for the trace alone"
        )]
        match &event {
            Event::Failure {
                id,
                function,
                class,
                detail,
                ..
            } => {
                terminal::note(&format!("`{id}`: `{function}` failed: {class}: {detail}"));
            }
            Event::Withheld { id, variables } => terminal::warn(&format!(
                "the box `{id}` would have shown hidden variables: {}",
                quoted_list(variables)
            )),
            Event::Masked { id, variables } => terminal::warn(&format!(
                "the text of the box `{id}` held the value of a hidden variable, which was masked: {}",
                quoted_list(variables)
            )),
            Event::Finished { fault, .. } => self.fault.clone_from(fault),
            _ => {}
        }
        if let Some(trace) = &self.trace {
            trace.write(&event);
        }
    }
}
