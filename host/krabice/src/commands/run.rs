//! `krabice run`

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use jiff::Timestamp;
use krabice_engine::{
    Event, Input, Library, OfferedFile, Reason, Session, Show, Then, Turn, VisibleVariables,
    Watcher, run_turn,
};
use krabice_scenario::name::nearest;
use krabice_scenario::scenario::{Jump, ScenarioBox};
use krabice_scenario::{Scenario, Severity, Value};
use serde::Serialize;

use crate::answers::Answers;
use crate::cli::{Assignment, RunArguments};
use crate::finding::{self, Look};
use crate::folder::Folder;
use crate::host::Host;
use crate::integrations::Integrations;
use crate::key;
use crate::library::Shelf;
use crate::redact::Redactor;
use crate::refusal::{self, Refusal, Verdict};
use crate::trace::Trace;
use crate::transcript;

pub(crate) async fn run(arguments: &RunArguments, redactor: &Redactor) -> Result<Verdict, Refusal> {
    let mut answers = Answers::from_file_or_input(arguments.answers.as_deref())?;
    let host = Host::with_connections(&arguments.plugins, &arguments.connections, redactor).await?;
    let (library, name) = library(&arguments.scenario, &host)?;
    ready_connections(&library, &host)?;
    let session = session(&library, &name, arguments)?;
    let trace = match &arguments.trace {
        Some(path) => Some(Trace::to(path, redactor)?),
        None => None,
    };

    let functions = Integrations {
        host: &host,
        trace: trace.clone(),
    };
    let files = arguments.files.as_deref().map(Folder::new);
    let mut screen = Screen::new(arguments.json, answers.are_seen(), files, trace.clone());
    let mut turn = begin(&library, session, &functions, &mut screen).await?;
    let reason = loop {
        if let Then::Finished(reason) = turn.then {
            break Some(reason);
        }
        let Some(answer) = answers.next(&mut screen.out)? else {
            break None;
        };
        let now = Timestamp::now();
        turn = run_turn(
            &library,
            turn.session,
            Input::Answer(answer),
            now,
            &functions,
            &mut screen,
        )
        .await;
        screen.end_of_turn(&turn)?;
    };
    screen.finish(reason, &turn.session.visible_variables())?;
    if let Some(trace) = trace {
        trace.finish()?;
    }
    match reason {
        Some(Reason::End | Reason::Handover) => {
            if let Some(left) = answers.left() {
                refusal::note(&format!("{left} left over: the scenario ended before"));
            }
            Ok(Verdict::Fine)
        }
        Some(Reason::Fault) => {
            let fault = screen.fault.unwrap_or_default();
            Err(Refusal::no(format!(
                "the scenario could not go on: {fault}"
            )))
        }
        None => {
            let (scenario, id) = turn.session.place();
            Err(Refusal::no(format!(
                "the answers ended, and `{id}` of `{scenario}` waits for one"
            )))
        }
    }
}

async fn begin(
    library: &Library,
    session: Session,
    functions: &Integrations<'_>,
    screen: &mut Screen,
) -> Result<Turn, Refusal> {
    let turn = run_turn(
        library,
        session,
        Input::Begin,
        Timestamp::now(),
        functions,
        screen,
    )
    .await;
    screen.end_of_turn(&turn)?;
    Ok(turn)
}

/// The scenario and all that it may jump to, checked; and its name.
fn library(file: &Path, host: &Host) -> Result<(Library, String), Refusal> {
    let shelf = Shelf::of(file)?;
    let world = host.world();
    let mut library = Library::new();
    for plugin in host.plugins.values() {
        library.learn(plugin.manifest());
    }
    let mut first = None;
    let mut ahead = vec![file.to_owned()];
    while let Some(file) = ahead.pop() {
        let (checked, findings) = shelf.check(&file, &world)?;
        let Some(scenario) = checked.scenario else {
            let errors: Vec<_> = findings
                .into_iter()
                .filter(|finding| finding.severity == Severity::Error)
                .collect();
            host.warn_of_broken_plugins();
            refusal::tell(&finding::render(&errors, Look::of(&io::stderr())));
            return Err(Refusal::no(format!(
                "`{}` has {}",
                file.display(),
                finding::count(&errors)
            )));
        };
        first.get_or_insert_with(|| scenario.name.clone());
        let jumps = jumps(&scenario);
        library.insert(scenario);
        for name in jumps {
            // The check has seen that it is there.
            if let (None, Some(file)) = (library.get(&name), shelf.file(&name)) {
                ahead.push(file.to_owned());
            }
        }
    }
    Ok((library, first.unwrap_or_default()))
}

fn jumps(scenario: &Scenario) -> Vec<String> {
    let jump = |content: &ScenarioBox| match content {
        ScenarioBox::Jump(Jump::Scenario { scenario, .. }) => Some(scenario.clone()),
        _ => None,
    };
    scenario.boxes.values().filter_map(jump).collect()
}

/// Makes every way out that the scenarios need, so that a wrong connection is said before a
/// customer comes.
fn ready_connections(library: &Library, host: &Host) -> Result<(), Refusal> {
    let mut needed: HashMap<(&str, Option<&str>), ()> = HashMap::new();
    for scenario in library.names().filter_map(|name| library.get(name)) {
        for content in scenario.boxes.values() {
            if let ScenarioBox::Call {
                plugin, connection, ..
            } = content
            {
                needed.insert((plugin, connection.as_deref()), ());
            }
        }
    }
    for (plugin, connection) in needed.into_keys() {
        host.outlet(host.plugin(plugin)?.manifest(), connection)?;
    }
    Ok(())
}

fn session(library: &Library, name: &str, arguments: &RunArguments) -> Result<Session, Refusal> {
    let broken = || Refusal::usage(format!("there is no scenario `{name}`"));
    let scenario = library.get(name).ok_or_else(broken)?;
    let inputs = inputs(scenario, &arguments.set)?;
    let language = match &arguments.language {
        Some(language) => language_of(scenario, language)?,
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
    .map_err(|error| Refusal::usage("the session cannot start").because(&error))
}

/// The language, where the scenario speaks it or its base.
fn language_of(scenario: &Scenario, language: &str) -> Result<String, Refusal> {
    let base = language.split('-').next().unwrap_or(language);
    let speaks = |tag: &str| {
        scenario
            .languages
            .iter()
            .any(|known| known.eq_ignore_ascii_case(tag))
    };
    if speaks(language) || speaks(base) {
        return Ok(language.to_owned());
    }
    let spoken: Vec<_> = scenario
        .languages
        .iter()
        .map(|tag| format!("`{tag}`"))
        .collect();
    Err(
        Refusal::usage(format!("the scenario does not speak `{language}`"))
            .help(format!("it speaks {}", spoken.join(", "))),
    )
}

/// The inputs by their declared kinds.
fn inputs(scenario: &Scenario, given: &[Assignment]) -> Result<IndexMap<String, Value>, Refusal> {
    let mut inputs = IndexMap::new();
    for Assignment { name, value } in given {
        let kind = scenario.inputs.get(name).ok_or_else(|| {
            let near = nearest(name, scenario.inputs.keys().map(String::as_str));
            Refusal::usage(format!(
                "the scenario `{}` has no input `{name}`",
                scenario.name
            ))
            .help(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "declare it under `inputs`".to_owned(),
            })
        })?;
        let value = Value::parse(*kind, value).map_err(|error| {
            Refusal::usage(format!("the input `{name}` does not fit")).because(&error)
        })?;
        inputs.insert(name.clone(), value);
    }
    Ok(inputs)
}

/// The last of the JSON lines.
#[derive(Serialize)]
#[serde(tag = "event", rename = "finished")]
struct Finished<'a> {
    reason: &'static str,
    variables: &'a VisibleVariables,
}

/// A file that was offered and saved.
#[derive(Serialize)]
struct Saved<'a> {
    event: &'static str,
    #[serde(flatten)]
    file: &'a OfferedFile,
    path: &'a PathBuf,
}

/// Standard output, and what the developer hears besides.
struct Screen {
    out: anstream::AutoStream<io::Stdout>,
    json: bool,
    /// Whether things are written as they come. Else they wait for the end of the turn, because
    /// the customer's words, which the turn has to tell, stand before them.
    live: bool,
    /// Where files are saved.
    files: Option<Folder>,
    trace: Option<Trace>,
    failed: Option<io::Error>,
    /// Why the session could not go on.
    fault: Option<String>,
}

impl Screen {
    fn new(
        json: bool,
        customer_is_seen: bool,
        files: Option<Folder>,
        trace: Option<Trace>,
    ) -> Screen {
        let live = json || customer_is_seen;
        Screen {
            out: anstream::stdout(),
            json,
            live,
            files,
            trace,
            failed: None,
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
        match (self.json, saved) {
            (true, Some((file, path))) => self.write_line(&Saved {
                event: "file",
                file,
                path: &path,
            }),
            (true, None) => self.write_line(show),
            (false, saved) => {
                transcript::write(&mut self.out, show)?;
                saved.map_or(Ok(()), |(_, path)| {
                    refusal::note(&format!("saved as `{}`", path.display()));
                    Ok(())
                })
            }
        }
    }

    fn write_line(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        writeln!(self.out)?;
        self.out.flush()
    }

    fn end_of_turn(&mut self, turn: &Turn) -> io::Result<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.live {
            return Ok(());
        }
        if let Some(said) = &turn.said {
            transcript::write_said(&mut self.out, said)?;
        }
        turn.show.iter().try_for_each(|show| self.write(show))?;
        self.out.flush()
    }

    fn finish(&mut self, reason: Option<Reason>, variables: &VisibleVariables) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        let reason = reason.map_or("unanswered", Reason::word);
        self.write_line(&Finished { reason, variables })
    }
}

impl Watcher for Screen {
    fn shown(&mut self, show: &Show) {
        if self.live && self.failed.is_none() {
            self.failed = self.write(show).err();
        }
    }

    fn wants_events(&self) -> bool {
        true
    }

    fn event(&mut self, event: Event) {
        match &event {
            Event::Failure {
                id,
                function,
                class,
                detail,
                ..
            } => {
                refusal::note(&format!("`{id}`: `{function}` failed: {class}: {detail}"));
            }
            Event::Withheld { id, variables } => refusal::warn(&format!(
                "`{id}` would have shown what is hidden: {}",
                quoted(variables)
            )),
            Event::Masked { id, variables } => refusal::warn(&format!(
                "`{id}` would have shown a value of {} by another way",
                quoted(variables)
            )),
            Event::Finished { fault, .. } => self.fault.clone_from(fault),
            _ => {}
        }
        if let Some(trace) = &self.trace {
            trace.write(&event);
        }
    }
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
