//! Feeds: every name in one must fit the function that it calls.

use indexmap::IndexMap;

use super::{Problems, path, texts};
use crate::kind::Kind;
use crate::manifest::{Cursor, Effect, Feed, Field, Function, Listing};
use crate::raw;

/// The shortest time between two rounds, in seconds. No back end tells news more often
/// than a shop's customers ask.
const EVERY: u32 = 60;

pub(super) fn feeds(
    given: Vec<raw::Feed>,
    functions: &IndexMap<String, Function>,
    problems: &mut Problems,
) -> IndexMap<String, Feed> {
    problems.unique("feeds", given.iter().map(|feed| feed.name.as_str()));
    given
        .into_iter()
        .map(|given| feed(given, functions, problems))
        .map(|feed| (feed.name.clone(), feed))
        .collect()
}

fn feed(given: raw::Feed, functions: &IndexMap<String, Function>, problems: &mut Problems) -> Feed {
    let at = path("feeds", &given.name);
    problems.name(&at, &given.name);
    let feed = Feed {
        label: texts::label(&format!("{at}.label"), given.label, problems),
        help: texts::help(&format!("{at}.help"), given.help, problems),
        name: given.name,
        function: given.function,
        since: given.since,
        cursor: given.cursor,
        more: given.more,
        changes: given.changes,
        reread: given.reread,
        every: given.every,
    };
    if feed.every < EVERY {
        problems.add(
            format!("{at}.every"),
            format!("is {} seconds; the least is {EVERY}", feed.every),
        );
    }
    match functions.get(&feed.function) {
        None => problems.add(
            format!("{at}.function"),
            format!("names `{}`, which is not a function", feed.function),
        ),
        Some(function) => check(&at, &feed, function, functions, problems),
    }
    feed
}

fn check(
    at: &str,
    feed: &Feed,
    function: &Function,
    functions: &IndexMap<String, Function>,
    problems: &mut Problems,
) {
    check_function(&format!("{at}.function"), function, problems);
    if let Some(name) = &feed.since
        && parameter_kind(function, name) != Some(Kind::Timestamp)
    {
        problems.add(
            format!("{at}.since"),
            format!("names `{name}`, which is not a parameter of the kind timestamp"),
        );
    }
    for cursor in &feed.cursor {
        check_cursor(
            &path(&format!("{at}.cursor"), &cursor.field),
            cursor,
            function,
            problems,
        );
    }
    if let Some(name) = &feed.more
        && field(function, name).map(|field| field.kind) != Some(Kind::Boolean)
    {
        problems.add(
            format!("{at}.more"),
            format!("names `{name}`, which is not a field of the kind boolean"),
        );
    }
    if feed.more.is_some() && feed.cursor.is_empty() {
        problems.add(
            format!("{at}.more"),
            "is given without a cursor: the next call would ask the same again",
        );
    }
    problems.unique(
        &format!("{at}.cursor"),
        feed.cursor.iter().map(|cursor| cursor.parameter.as_str()),
    );
    problems.unique(
        &format!("{at}.changes"),
        feed.changes.iter().map(String::as_str),
    );
    if feed.changes.is_empty() {
        problems.add(
            format!("{at}.changes"),
            "is empty; name the parts of an item whose change is a change",
        );
    }
    let Some(listing) = &function.listing else {
        return;
    };
    let part = |name: &str| {
        let path = format!("{}.{name}", listing.items);
        let mut fields = function.fields().iter();
        fields.find(|field| field.path == path && !name.contains('.'))
    };
    let listed = (listing, part(&listing.subject).map(|field| field.kind));
    let reread = feed.reread.as_ref().and_then(|name| {
        let at = format!("{at}.reread");
        let function = functions.get(name);
        match function {
            None => problems.add(at, format!("names `{name}`, which is not a function")),
            Some(function) => check_reread(&at, name, function, listed, problems),
        }
        function
    });
    for name in &feed.changes {
        let at = path(&format!("{at}.changes"), name);
        let Some(part) = part(name) else {
            let items = &listing.items;
            problems.add(
                at,
                format!("is not a field: the answer has no `{items}.{name}`"),
            );
            continue;
        };
        let again = reread.map(|reread| field(reread, name).map(|field| field.kind));
        if again.is_some_and(|kind| kind != Some(part.kind)) {
            problems.add(
                at,
                format!(
                    "is not a field of the kind {} in the answer of the reread",
                    part.kind
                ),
            );
        }
    }
}

fn check_function(at: &str, function: &Function, problems: &mut Problems) {
    let name = &function.name;
    if function.effect != Effect::Reads {
        problems.add(at, format!("names `{name}`, whose effect is not reads"));
    }
    if function.listing.is_none() {
        problems.add(at, format!("names `{name}`, which has no listing"));
    }
    if let Some(parameter) = function.own_parameters().find(|it| it.required) {
        problems.add(
            at,
            format!("names `{name}`, which requires `{}`", parameter.name),
        );
    }
}

fn check_cursor(at: &str, cursor: &Cursor, function: &Function, problems: &mut Problems) {
    let given = field(function, &cursor.field).map(|field| field.kind);
    let taken = parameter_kind(function, &cursor.parameter);
    match (given, taken) {
        (None, _) => problems.add(at, "is not a field of the answer"),
        (_, None) => problems.add(
            format!("{at}.parameter"),
            format!("names `{}`, which is not a parameter", cursor.parameter),
        ),
        (Some(given), Some(taken)) if given != taken => problems.add(
            format!("{at}.parameter"),
            format!(
                "names `{}`, which is {taken}, not {given}",
                cursor.parameter
            ),
        ),
        (Some(Kind::Timestamp), Some(_)) => {}
        (Some(_), Some(_)) if cursor.overlap != 0 => problems.add(
            format!("{at}.overlap"),
            "is given, but only a cursor of the kind timestamp can overlap",
        ),
        (Some(_), Some(_)) => {}
    }
}

fn check_reread(
    at: &str,
    name: &str,
    reread: &Function,
    listed: (&Listing, Option<Kind>),
    problems: &mut Problems,
) {
    if reread.effect != Effect::Reads {
        problems.add(at, format!("names `{name}`, whose effect is not reads"));
    }
    let Some(subject) = &reread.subject else {
        problems.add(at, format!("names `{name}`, which has no subject"));
        return;
    };
    let (listing, part) = listed;
    if subject.kind != listing.kind {
        problems.add(
            at,
            format!(
                "names `{name}`, which is about another kind of thing: {}, not {}",
                subject.kind.word(),
                listing.kind.word()
            ),
        );
    }
    let parameter = parameter_kind(reread, &subject.parameter);
    if let (Some(parameter), Some(part)) = (parameter, part)
        && !parameter.accepts(part)
    {
        problems.add(
            at,
            format!("names `{name}`, whose subject is {parameter}, not {part}"),
        );
    }
    let mut others = reread.own_parameters();
    if let Some(other) = others.find(|it| it.required && it.name != subject.parameter) {
        problems.add(
            at,
            format!("names `{name}`, which requires `{}`", other.name),
        );
    }
}

/// The kind of a parameter at the top level.
fn parameter_kind(function: &Function, name: &str) -> Option<Kind> {
    let mut parameters = function.own_parameters();
    Some(parameters.find(|it| it.name == name)?.kind)
}

/// A field at the top level of an answer.
fn field<'a>(function: &'a Function, name: &str) -> Option<&'a Field> {
    let mut fields = function.fields().iter();
    fields.find(|field| field.path == name && !name.contains('.'))
}
