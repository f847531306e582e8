//! The manifest, with one table of the functions.

use super::bindings::boxes::manifest::{
    Answer, AnswerValue, Authorisation, ChoicesSource, Cursor, Effect, Feed, Field, Function,
    Header, Limits, Listing, Manifest, Parameter, Purpose, Setting, Subject, SubjectKind,
};
use super::bindings::boxes::values::{Kind, Value};
use super::bindings::integration::Call;
use super::{choice, english, good, hostile};

/// A function: its code and its part of the manifest.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) run: fn(&Call) -> super::Answer,
    parameters: &'static [P],
    answer: A,
    effect: Effect,
    marks: Marks,
}

/// The marks of a function, in short form.
#[derive(Clone, Copy)]
struct Marks {
    purpose: Option<Purpose>,
    /// The parameter that names the order that it is about.
    order: Option<&'static str>,
    /// The list of orders, and the part of each that tells it from all others.
    orders: Option<(&'static str, &'static str)>,
    exclusive: bool,
}

const UNMARKED: Marks = Marks {
    purpose: None,
    order: None,
    orders: None,
    exclusive: false,
};

/// A parameter in short form.
enum P {
    /// The interface to the network: `http` or `send`.
    Interface,
    /// A required text.
    Text(&'static str),
    /// A required parameter of a kind.
    Required(&'static str, Kind),
    /// An optional parameter of a kind; the second kind is that of a list's single values.
    Optional(&'static str, Kind, Option<Kind>),
    /// A required parameter with personal data.
    Personal(&'static str, Kind),
    /// An optional integer with a default.
    Default(&'static str, i64),
    /// An optional parameter with fixed choices.
    Fixed(&'static str, &'static [&'static str]),
    /// An optional parameter with live choices.
    Live(&'static str),
}

/// An answer in short form.
enum A {
    Nothing,
    Value(Kind),
    /// Path, kind, and whether it is optional.
    Fields(&'static [(&'static str, Kind, bool)]),
}

const STATUS: A = A::Fields(&[("status", Kind::Text, false)]);
const ITEMS: A = A::Fields(&[
    ("items", Kind::List, false),
    ("items.code", Kind::Text, false),
]);

/// A function that reads.
const fn reads(
    name: &'static str,
    run: fn(&Call) -> super::Answer,
    parameters: &'static [P],
    answer: A,
) -> Known {
    Known {
        name,
        run,
        parameters,
        answer,
        effect: Effect::Reads,
        marks: UNMARKED,
    }
}

/// A function that writes.
const fn writes(
    name: &'static str,
    run: fn(&Call) -> super::Answer,
    parameters: &'static [P],
    answer: A,
) -> Known {
    Known {
        name,
        run,
        parameters,
        answer,
        effect: Effect::Writes,
        marks: UNMARKED,
    }
}

impl Known {
    const fn marked(mut self, marks: Marks) -> Known {
        self.marks = marks;
        self
    }
}

/// Every function.
pub(super) const FUNCTIONS: &[Known] = &[
    // --- functions that behave
    reads("deny", good::deny, &[], A::Nothing),
    reads("confirm", good::confirm, &[], A::Nothing),
    reads("price", good::price, &[], A::Value(Kind::Decimal)),
    reads("label", good::label, &[], A::Value(Kind::File)),
    reads(
        "order",
        good::order,
        &[P::Text("order"), P::Personal("email", Kind::Email)],
        A::Fields(&[
            ("status", Kind::Text, false),
            ("paid", Kind::Boolean, false),
            ("topay", Kind::Decimal, false),
            ("created", Kind::Timestamp, false),
            ("url", Kind::Url, true),
            ("tracking", Kind::Text, true),
        ]),
    )
    .marked(Marks {
        purpose: Some(Purpose::VerifiesIdentity),
        order: Some("order"),
        ..UNMARKED
    }),
    reads(
        "echo",
        good::echo,
        &[
            P::Optional("boolean", Kind::Boolean, None),
            P::Optional("integer", Kind::Integer, None),
            P::Optional("decimal", Kind::Decimal, None),
            P::Optional("text", Kind::Text, None),
            P::Optional("email", Kind::Email, None),
            P::Optional("phone", Kind::Phone, None),
            P::Optional("url", Kind::Url, None),
            P::Optional("timestamp", Kind::Timestamp, None),
            P::Fixed("choice", &["red", "green"]),
            P::Optional("numbers", Kind::List, Some(Kind::Decimal)),
            P::Optional("items", Kind::List, None),
            P::Required("items.code", Kind::Text),
            P::Optional("items.price", Kind::Decimal, None),
            P::Optional("address", Kind::Record, None),
            P::Required("address.city", Kind::Text),
            P::Optional("address.since", Kind::Timestamp, None),
            P::Default("default", 7),
        ],
        A::Fields(&[
            ("boolean", Kind::Boolean, true),
            ("integer", Kind::Integer, true),
            ("decimal", Kind::Decimal, true),
            ("text", Kind::Text, true),
            ("email", Kind::Email, true),
            ("phone", Kind::Phone, true),
            ("url", Kind::Url, true),
            ("timestamp", Kind::Timestamp, true),
            ("choice", Kind::Choice, true),
            ("numbers", Kind::List, true),
            ("items", Kind::List, true),
            ("items.code", Kind::Text, false),
            ("items.price", Kind::Decimal, true),
            ("address", Kind::Record, true),
            ("address.city", Kind::Text, false),
            ("address.since", Kind::Timestamp, true),
            ("default", Kind::Integer, false),
        ]),
    ),
    reads(
        "context",
        good::context,
        &[P::Optional("text", Kind::Text, None)],
        A::Fields(&[
            ("settings", Kind::Text, false),
            ("parameters", Kind::Text, false),
            ("environment", Kind::Text, false),
            ("arguments", Kind::Text, false),
            ("directory", Kind::Text, false),
            ("socket", Kind::Text, false),
            ("key", Kind::Text, false),
            ("language", Kind::Text, false),
            ("time-zone", Kind::Text, false),
            ("now", Kind::Timestamp, false),
        ]),
    ),
    reads(
        "get",
        good::get,
        &[P::Interface, P::Text("path")],
        A::Fields(&[
            ("status", Kind::Integer, false),
            ("headers", Kind::Text, false),
            ("body", Kind::Text, false),
        ]),
    ),
    reads(
        "visit",
        good::visit,
        &[
            P::Required("customer", Kind::Record),
            P::Personal("customer.email", Kind::Email),
            P::Personal("customer.number", Kind::Integer),
            P::Personal("customer.vip", Kind::Boolean),
            P::Personal("customer.tags", Kind::Text),
        ],
        A::Nothing,
    ),
    reads(
        "fetch",
        good::fetch,
        &[P::Interface],
        A::Fields(&[
            ("status", Kind::Integer, false),
            ("size", Kind::Integer, false),
        ]),
    ),
    writes(
        "post",
        good::post,
        &[P::Interface, P::Text("path"), P::Text("text")],
        A::Fields(&[
            ("status", Kind::Integer, false),
            ("body", Kind::Text, false),
        ]),
    ),
    writes(
        "search",
        good::search,
        &[P::Text("path"), P::Text("text")],
        A::Fields(&[("status", Kind::Integer, false)]),
    ),
    writes(
        "write-and-look",
        good::write_and_look,
        &[P::Interface, P::Text("path"), P::Text("text")],
        A::Nothing,
    ),
    writes(
        "note",
        good::note,
        &[P::Text("order"), P::Text("text")],
        A::Fields(&[("status", Kind::Integer, false)]),
    )
    .marked(Marks {
        purpose: Some(Purpose::AppendNote),
        order: Some("order"),
        exclusive: true,
        ..UNMARKED
    }),
    reads(
        "changes",
        good::changes,
        &[P::Optional("since", Kind::Timestamp, None)],
        A::Fields(&[
            ("orders", Kind::List, false),
            ("orders.number", Kind::Text, false),
            ("orders.status", Kind::Text, false),
            ("next", Kind::Timestamp, false),
            ("more", Kind::Boolean, false),
        ]),
    )
    .marked(Marks {
        orders: Some(("orders", "number")),
        ..UNMARKED
    }),
    reads(
        "measure",
        good::measure,
        &[P::Required("file", Kind::File)],
        A::Fields(&[
            ("name", Kind::Text, false),
            ("media-type", Kind::Text, false),
            ("size", Kind::Integer, false),
            ("sum", Kind::Integer, false),
        ]),
    ),
    reads(
        "compare",
        good::compare,
        &[
            P::Fixed("as", &["phone", "email", "number"]),
            P::Text("one"),
            P::Text("other"),
        ],
        A::Nothing,
    ),
    reads("fail", good::fail, &[P::Text("class")], A::Nothing),
    reads(
        "gossip",
        good::gossip,
        &[P::Personal("secret", Kind::Text)],
        A::Nothing,
    ),
    reads(
        "choose",
        good::choose,
        &[P::Live("pick"), P::Live("twice"), P::Live("endless")],
        A::Nothing,
    ),
    // --- functions that take too much
    reads("loop-forever", hostile::loop_forever, &[], A::Nothing),
    reads("grow-memory", hostile::grow_memory, &[], A::Nothing),
    reads("recurse", hostile::recurse, &[], A::Nothing),
    reads("panic", hostile::panic, &[], A::Nothing),
    reads("trap", hostile::trap, &[], A::Nothing),
    reads("exit", hostile::exit, &[], A::Nothing),
    reads("sleep", hostile::sleep, &[], A::Nothing),
    reads("flood-log", hostile::flood_log, &[], A::Nothing),
    reads("flood-line", hostile::flood_line, &[], A::Nothing),
    reads("hoard-handles", hostile::hoard_handles, &[], A::Nothing),
    reads("push-bytes", hostile::push_bytes, &[], A::Nothing),
    // --- functions that break their manifest
    reads("undeclared-field", hostile::undeclared_field, &[], STATUS),
    reads(
        "undeclared-nested-field",
        hostile::undeclared_nested_field,
        &[],
        ITEMS,
    ),
    reads("wrong-kind", hostile::wrong_kind, &[], STATUS),
    reads("wrong-nested-kind", hostile::wrong_nested_kind, &[], ITEMS),
    reads("missing-field", hostile::missing_field, &[], STATUS),
    reads(
        "missing-nested-field",
        hostile::missing_nested_field,
        &[],
        ITEMS,
    ),
    reads("repeated-field", hostile::repeated_field, &[], STATUS),
    reads("unasked-value", hostile::unasked_value, &[], A::Nothing),
    reads("bare-true", hostile::bare_true, &[], STATUS),
    reads(
        "bad-decimal",
        hostile::bad_decimal,
        &[],
        A::Fields(&[("topay", Kind::Decimal, false)]),
    ),
    reads(
        "bad-timestamp",
        hostile::bad_timestamp,
        &[],
        A::Fields(&[("created", Kind::Timestamp, false)]),
    ),
    reads(
        "bad-choice",
        hostile::bad_choice,
        &[],
        A::Fields(&[("invoice", Kind::Choice, false)]),
    ),
    reads("bad-json", hostile::bad_json, &[], ITEMS),
    reads("huge-json", hostile::huge_json, &[], ITEMS),
    reads("deep-json", hostile::deep_json, &[], ITEMS),
    reads("huge-text", hostile::huge_text, &[], STATUS),
    reads("nul-text", hostile::nul_text, &[], STATUS),
    reads(
        "climbing-file",
        hostile::climbing_file,
        &[],
        A::Value(Kind::File),
    ),
    reads("huge-file", hostile::huge_file, &[], A::Value(Kind::File)),
    reads(
        "no-such-zone",
        hostile::no_such_zone,
        &[],
        A::Fields(&[("created", Kind::Timestamp, false)]),
    ),
    // --- functions that try to break out
    reads(
        "forbidden-host",
        hostile::forbidden_host,
        &[P::Interface],
        A::Nothing,
    ),
    writes(
        "forbidden-host-with-body",
        hostile::forbidden_host_with_body,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "private-address",
        hostile::private_address,
        &[P::Interface, P::Text("url")],
        A::Nothing,
    ),
    reads(
        "private-name",
        hostile::private_name,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "climb",
        hostile::climb,
        &[P::Interface, P::Optional("note", Kind::Text, None)],
        A::Nothing,
    ),
    reads(
        "follow-redirect",
        hostile::follow_redirect,
        &[P::Interface, P::Text("path")],
        A::Nothing,
    ),
    reads(
        "own-authorization",
        hostile::own_authorization,
        &[P::Interface, P::Text("header")],
        A::Nothing,
    ),
    reads(
        "many-headers",
        hostile::many_headers,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "some-headers",
        hostile::some_headers,
        &[P::Interface],
        A::Nothing,
    ),
    writes(
        "huge-request",
        hostile::huge_request,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "huge-response",
        hostile::huge_response,
        &[P::Interface],
        A::Fields(&[("size", Kind::Integer, false)]),
    ),
    reads(
        "stalled-request",
        hostile::stalled_request,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "swallow-refusal",
        hostile::swallow_refusal,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "refused-then-loop",
        hostile::refused_then_loop,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "many-requests",
        hostile::many_requests,
        &[P::Interface],
        A::Nothing,
    ),
    reads(
        "swarm",
        hostile::swarm,
        &[],
        A::Fields(&[("answered", Kind::Integer, false)]),
    ),
    reads("walk-away", hostile::walk_away, &[], A::Nothing),
    // --- functions that no guard stops, but `krabice plugin check` reports
    reads(
        "paste",
        hostile::paste,
        &[
            P::Interface,
            P::Text("first"),
            P::Text("second"),
            P::Required("email", Kind::Email),
            P::Required("items", Kind::List),
            P::Required("items.code", Kind::Text),
        ],
        A::Nothing,
    ),
    writes(
        "tell-elsewhere",
        hostile::tell_elsewhere,
        &[P::Interface, P::Text("order")],
        A::Nothing,
    ),
    reads(
        "write-quietly",
        hostile::write_quietly,
        &[P::Interface],
        A::Nothing,
    ),
    reads("nearly-full", hostile::nearly_full, &[], A::Nothing),
    reads(
        "fail-bluntly",
        hostile::fail_bluntly,
        &[P::Interface],
        A::Nothing,
    ),
    reads("blame-nobody", hostile::blame_nobody, &[], A::Nothing),
];

/// The manifest.
pub(super) fn manifest() -> Manifest {
    Manifest {
        name: "hostile".to_owned(),
        version: "0.1.0".to_owned(),
        label: english("Hostile"),
        help: english("Misbehaves, so that the guards can be tested."),
        settings: vec![
            setting("address", Kind::Url, false, None),
            setting("token", Kind::Text, true, None),
            setting("colour", Kind::Text, false, Some("blue")),
        ],
        address: Some("address".to_owned()),
        authorisation: Authorisation::Header(Header {
            name: "X-Api-Key".to_owned(),
            prefix: "Key ".to_owned(),
            setting: "token".to_owned(),
        }),
        hosts: vec!["http://*.hosts.example".to_owned()],
        limits: Limits {
            requests_at_once: Some(32),
            requests_per_minute: None,
            bucket: None,
        },
        functions: FUNCTIONS.iter().map(function).collect(),
        feeds: vec![Feed {
            name: "orders".to_owned(),
            label: english("Orders"),
            help: Vec::new(),
            function: "changes".to_owned(),
            since: Some("since".to_owned()),
            cursor: vec![Cursor {
                field: "next".to_owned(),
                parameter: "since".to_owned(),
                overlap: 60,
            }],
            more: Some("more".to_owned()),
            changes: vec!["status".to_owned()],
            reread: None,
            every: 60,
        }],
    }
}

fn setting(name: &str, kind: Kind, secret: bool, default: Option<&str>) -> Setting {
    Setting {
        name: name.to_owned(),
        kind,
        secret,
        required: default.is_none(),
        default: default.map(str::to_owned),
        choices: Vec::new(),
        label: english(name),
        help: Vec::new(),
    }
}

fn function(known: &Known) -> Function {
    Function {
        name: known.name.to_owned(),
        label: english(known.name),
        help: Vec::new(),
        parameters: known.parameters.iter().map(parameter).collect(),
        answer: match &known.answer {
            A::Nothing => Answer::Nothing,
            A::Value(kind) => Answer::Value(AnswerValue {
                kind: *kind,
                label: english("value"),
                help: Vec::new(),
                personal: false,
            }),
            A::Fields(fields) => Answer::Fields(fields.iter().map(field).collect()),
        },
        effect: known.effect,
        purposes: known.marks.purpose.into_iter().collect(),
        subject: known.marks.order.map(|parameter| Subject {
            kind: SubjectKind::Order,
            parameter: parameter.to_owned(),
            field: None,
        }),
        listing: known.marks.orders.map(|(items, key)| Listing {
            items: items.to_owned(),
            kind: SubjectKind::Order,
            key: key.to_owned(),
            subject: key.to_owned(),
        }),
        exclusive: known.marks.exclusive,
    }
}

fn parameter(short: &P) -> Parameter {
    let plain = |name: &str, kind, required| Parameter {
        name: name.to_owned(),
        kind,
        items: None,
        label: english(name),
        help: Vec::new(),
        required,
        default: None,
        choices: ChoicesSource::None,
        personal: false,
    };
    let fixed =
        |choices: &[&str]| ChoicesSource::Fixed(choices.iter().map(|c| choice(c)).collect());
    match short {
        P::Interface => Parameter {
            choices: fixed(&["http", "send"]),
            ..plain("interface", Kind::Choice, true)
        },
        P::Text(name) => plain(name, Kind::Text, true),
        P::Required(name, kind) => plain(name, *kind, true),
        P::Optional(name, kind, items) => Parameter {
            items: *items,
            ..plain(name, *kind, false)
        },
        P::Personal(name, kind) => Parameter {
            personal: true,
            ..plain(name, *kind, true)
        },
        P::Default(name, value) => Parameter {
            default: Some(Value::Integer(*value)),
            ..plain(name, Kind::Integer, false)
        },
        P::Fixed(name, choices) => Parameter {
            choices: fixed(choices),
            ..plain(name, Kind::Choice, false)
        },
        P::Live(name) => Parameter {
            choices: ChoicesSource::Live,
            ..plain(name, Kind::Choice, false)
        },
    }
}

fn field((path, kind, optional): &(&str, Kind, bool)) -> Field {
    Field {
        path: (*path).to_owned(),
        kind: *kind,
        items: (*path == "numbers").then_some(Kind::Decimal),
        optional: *optional,
        personal: false,
        choices: match *path {
            "invoice" => vec![choice("found"), choice("notfound")],
            "choice" => vec![choice("red"), choice("green")],
            _ => Vec::new(),
        },
        label: english(path),
        help: Vec::new(),
    }
}
