//! `krabice sessions` and `krabice attempts`

use std::io::Write;

use krabice_sessions::view::{Choice, EventKind, Finish, Waits};
use krabice_sessions::{ListedSession, MOST_LISTED, OperatorAnswer, OperatorRequest, ShownSession};
use serde::Serialize;

use crate::cli::store::{
    AddressOptions, AttemptsArguments, AttemptsCommand, ClearArguments, EraseArguments,
    ListArguments, SessionsArguments, SessionsCommand, ShowSessionArguments,
};
use crate::error::{CliError, Verdict};
use crate::operator_store::{OperatorStore, unexpected};
use crate::output::{self, one_line, plain, size};
use crate::progress::waiting_for;
use crate::redact::Redactor;
use crate::terminal::sanitized;
use crate::{page, terminal};

/// The JSON that `erase --json` writes.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct EraseOutput {
    erased: Vec<String>,
    not_found: Vec<String>,
}

/// The JSON that `attempts clear --json` writes.
#[derive(Serialize)]
struct ClearOutput {
    failures: u64,
}

pub(crate) async fn sessions(
    arguments: &SessionsArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    match &arguments.command {
        SessionsCommand::List(arguments) => list(arguments, redactor).await,
        SessionsCommand::Show(arguments) => show(arguments, redactor).await,
        SessionsCommand::Erase(arguments) => erase(arguments, redactor).await,
    }
}

pub(crate) async fn attempts(
    arguments: &AttemptsArguments,
    redactor: &Redactor,
) -> Result<Verdict, CliError> {
    match &arguments.command {
        AttemptsCommand::Clear(arguments) => clear(arguments, redactor).await,
    }
}

async fn list(arguments: &ListArguments, redactor: &Redactor) -> Result<Verdict, CliError> {
    let store = OperatorStore::open(&arguments.store, redactor).await?;
    let request = OperatorRequest::ListSessions {
        scenario: arguments.scenario.clone(),
        address: arguments.of.address.clone(),
        search: arguments.of.search,
        after: arguments.after.clone(),
        most: arguments.most,
    };
    let sessions = listed(&store, request, &arguments.of).await?;
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &sessions)?;
        return Ok(Verdict::Fine);
    }
    if sessions.is_empty() {
        terminal::note("there is no such session");
        return Ok(Verdict::Fine);
    }
    let header = [
        "session",
        "scenario",
        "language",
        "channel",
        "started",
        "last turn",
        "waits for",
    ];
    let rows = sessions.iter().map(|session| {
        let cells = [
            &session.session,
            &session.scenario,
            &session.language,
            &session.channel,
            &to_the_second(&session.started_at),
            &to_the_second(&session.last_turn_at),
            words_of(&session.waits),
        ];
        cells.map(one_line).to_vec()
    });
    // A name that was split over two lines could not be copied, so the rows are as wide as they are.
    let width = usize::MAX;
    let header = header.map(str::to_owned).to_vec();
    write!(out, "{}", page::table(header, rows.collect(), width))?;
    if let Some(last) = sessions.last()
        && u32::try_from(sessions.len()) == Ok(arguments.most)
    {
        terminal::note(&format!(
            "there may be more: add `--after {}`",
            last.session
        ));
    }
    Ok(Verdict::Fine)
}

/// Asks for a list, and says how it was looked for.
async fn listed(
    store: &OperatorStore,
    request: OperatorRequest,
    of: &AddressOptions,
) -> Result<Vec<ListedSession>, CliError> {
    let answer = store.ask(request);
    let answer = if of.search {
        waiting_for("reading all texts of all sessions", answer).await?
    } else {
        answer.await?
    };
    let sessions = match answer {
        OperatorAnswer::Sessions { sessions } => sessions,
        OperatorAnswer::NoAddress => {
            let address = of.address.as_deref().unwrap_or_default();
            let what = format!("`{address}` is neither an e-mail address nor a telephone number");
            return Err(
                CliError::usage(what).help("write it as `petra@example.cz` or `+420601123456`")
            );
        }
        OperatorAnswer::Session(_)
        | OperatorAnswer::Erased
        | OperatorAnswer::Cleared { .. }
        | OperatorAnswer::NotFound => return Err(unexpected()),
    };
    if of.search {
        terminal::note("all texts of all sessions were searched");
    } else if of.address.is_some() {
        terminal::note(
            "only sessions whose customer gave the address were looked for; `--search` looks into all texts, which is slow",
        );
    }
    Ok(sessions)
}

/// A moment without the part of its second.
fn to_the_second(moment: &str) -> String {
    let second = moment.split('.').next().unwrap_or_default();
    format!("{}Z", second.trim_end_matches('Z'))
}

/// What a session waits for, in words.
fn words_of(waits: &Waits) -> &'static str {
    match waits {
        Waits::Answer { .. } => "an answer",
        Waits::Button { .. } => "a button",
        Waits::Call => "a call",
        Waits::Nothing { reason } => match reason {
            Finish::End => "nothing: ended",
            Finish::Handover => "nothing: a person took over",
            Finish::Fault => "nothing: a fault",
        },
    }
}

async fn show(arguments: &ShowSessionArguments, redactor: &Redactor) -> Result<Verdict, CliError> {
    let store = OperatorStore::open(&arguments.store, redactor).await?;
    let request = OperatorRequest::ShowSession {
        session: arguments.session.clone(),
    };
    let session = match store.ask(request).await? {
        OperatorAnswer::Session(session) => session,
        OperatorAnswer::NotFound => {
            let what = format!("there is no session `{}`", arguments.session);
            return Err(CliError::no(what).help("`krabice sessions list` lists them"));
        }
        OperatorAnswer::Sessions { .. }
        | OperatorAnswer::Erased
        | OperatorAnswer::Cleared { .. }
        | OperatorAnswer::NoAddress => return Err(unexpected()),
    };
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &session)?;
    } else {
        write_session(&mut out, &session)?;
    }
    Ok(Verdict::Fine)
}

/// Writes a session for a person.
fn write_session(out: &mut dyn Write, session: &ShownSession) -> std::io::Result<()> {
    let seen = &session.seen;
    writeln!(
        out,
        "{}\n  scenario   {}\n  channel    {}\n  language   {}\n  started    {}",
        one_line(&seen.session),
        one_line(&seen.scenario),
        one_line(&session.channel),
        one_line(&seen.language),
        seen.started_at
    )?;
    if let Some(finished) = &seen.finished_at {
        writeln!(out, "  finished   {finished}")?;
    }
    writeln!(out, "  waits for  {}\n", words_of(&session.waits))?;
    for event in &seen.events {
        write!(out, "{} ", event.at)?;
        write_event(out, &event.kind)?;
    }
    let variables = seen.variables.as_object().into_iter().flatten();
    for (number, (name, value)) in variables.enumerate() {
        if number == 0 {
            writeln!(out, "\nVariables that are not hidden:")?;
        }
        writeln!(out, "  {} = {}", one_line(name), plain(value))?;
    }
    Ok(())
}

fn write_event(out: &mut dyn Write, event: &EventKind) -> std::io::Result<()> {
    let labels = |offers: &[Choice]| -> String {
        let labels = offers
            .iter()
            .map(|offer| format!(" [{}]", one_line(&offer.label)));
        labels.collect()
    };
    match event {
        EventKind::Said { text } => writeln!(out, "> {}", sanitized(text)),
        EventKind::Message { text } => writeln!(out, "{}", sanitized(text)),
        EventKind::Ask { text, choices, .. } => {
            writeln!(out, "{}{}", sanitized(text), labels(choices))
        }
        EventKind::Buttons { text, buttons, .. } => {
            writeln!(out, "{}{}", sanitized(text), labels(buttons))
        }
        EventKind::File {
            name,
            media_type,
            size: bytes,
            ..
        } => {
            let bytes = size(usize::try_from(*bytes).unwrap_or(usize::MAX));
            writeln!(
                out,
                "[file: {}, {}, {bytes}]",
                one_line(name),
                one_line(media_type)
            )
        }
        EventKind::Handover { text } => {
            let text = text.as_deref().unwrap_or_default();
            writeln!(out, "{} [a person takes over]", sanitized(text))
        }
        EventKind::End { text } => {
            let text = text.as_deref().unwrap_or_default();
            writeln!(out, "{} [the end]", sanitized(text))
        }
    }
}

async fn erase(arguments: &EraseArguments, redactor: &Redactor) -> Result<Verdict, CliError> {
    let store = OperatorStore::open(&arguments.store, redactor).await?;
    let mut done = EraseOutput::default();
    if arguments.of.address.is_none() {
        for session in &arguments.sessions {
            erase_one(&store, session, &mut done).await?;
        }
    }
    while arguments.of.address.is_some() {
        let request = OperatorRequest::ListSessions {
            scenario: None,
            address: arguments.of.address.clone(),
            search: arguments.of.search,
            after: None,
            most: MOST_LISTED,
        };
        let found = listed(&store, request, &arguments.of).await?;
        for session in &found {
            erase_one(&store, &session.session, &mut done).await?;
        }
        // A list that is full may have had no room for more.
        if found.len() < MOST_LISTED as usize {
            break;
        }
    }
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &done)?;
    } else {
        for session in &done.erased {
            writeln!(out, "erased {}", one_line(session))?;
        }
    }
    if done.erased.is_empty() || !done.not_found.is_empty() {
        let what = match &*done.not_found {
            [] => "there is no such session: nothing was erased".to_owned(),
            missing => format!("there is no session {}", output::quoted_list(missing)),
        };
        return Err(CliError::no(what).help("`krabice sessions list` lists them"));
    }
    Ok(Verdict::Fine)
}

async fn erase_one(
    store: &OperatorStore,
    session: &str,
    done: &mut EraseOutput,
) -> Result<(), CliError> {
    let request = OperatorRequest::EraseSession {
        session: session.to_owned(),
    };
    match store.ask(request).await? {
        OperatorAnswer::Erased => done.erased.push(session.to_owned()),
        OperatorAnswer::NotFound => done.not_found.push(session.to_owned()),
        OperatorAnswer::Sessions { .. }
        | OperatorAnswer::Session(_)
        | OperatorAnswer::Cleared { .. }
        | OperatorAnswer::NoAddress => return Err(unexpected()),
    }
    Ok(())
}

async fn clear(arguments: &ClearArguments, redactor: &Redactor) -> Result<Verdict, CliError> {
    let store = OperatorStore::open(&arguments.store, redactor).await?;
    let request = OperatorRequest::ClearAttempts {
        value: arguments.value.clone(),
    };
    let failures = match store.ask(request).await? {
        OperatorAnswer::Cleared { failures } => failures,
        OperatorAnswer::Sessions { .. }
        | OperatorAnswer::Session(_)
        | OperatorAnswer::Erased
        | OperatorAnswer::NotFound
        | OperatorAnswer::NoAddress => return Err(unexpected()),
    };
    let mut out = anstream::stdout().lock();
    if arguments.json {
        output::write_json(&mut out, &ClearOutput { failures })?;
    } else {
        match failures {
            0 => writeln!(out, "no failed look-up was counted for it")?,
            1 => writeln!(out, "1 failed look-up is forgotten")?,
            _ => writeln!(out, "{failures} failed look-ups are forgotten")?,
        }
    }
    Ok(Verdict::Fine)
}
