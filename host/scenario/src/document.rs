//! The document tree: a scenario as authors write it, as the check examines it and as the engine
//! runs it. There is no other model of a scenario.
//!
//! Each object is declared once, here. The JSON Schema comes from its declaration, with the
//! comments as descriptions; so do the keys that the reader knows, the reading, and the walk
//! over texts, values, exits and variables on which the check works.
//!
//! What the reader could not read is a hole: an empty text, or a [`Placed`] value that says so.
//! A document with a hole or an error never becomes a [`Checked`](crate::Checked) scenario, so
//! nothing that runs has holes.

use std::ops::Deref;

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use krabice_contract::name::{LONGEST, primary_language};
use krabice_contract::{Kind, Value};
use regex::Regex;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::forms;
use crate::limits;
use crate::name::{FUNCTION_PATTERN, LANGUAGE_PATTERN, NAME_PATTERN, SCENARIO_PATTERN};
use crate::read::{Field, Fields, Object, Reader, Word, default_time_zone, rules};
use crate::schema;
use crate::source::Place;
use crate::template::Template;

pub use crate::source::Placed;

/// The time zone of a scenario that names none.
pub(crate) const DEFAULT_TIME_ZONE: &str = "Europe/Prague";

/// Declares an enum of words. The comments of its variants are their descriptions in the schema.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[doc = $doc:literal])* $variant:ident = $word:literal,)*
    }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
        $(#[$meta])*
        pub enum $name {
            $($(#[doc = $doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// All of them, in the order of the documentation.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// The word in documents.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }

        impl Word for $name {
            fn words() -> impl Iterator<Item = (&'static str, Self)> {
                $name::ALL.iter().map(|each| (each.word(), *each))
            }
        }
    };
}
pub(crate) use words;

/// Declares the objects of documents. A field has the key of its name, or the one after `as`;
/// after `=` stand what findings call its value, and a map or a list of such values; after `or`
/// its value if the key is absent. `unverified` after the name gives a box the author's
/// signature. `with` names the rules that no single key can tell.
macro_rules! objects {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident = $what:literal $(, $unverified:ident)? {
            $(
                $(#[$field_meta:meta])*
                $vis:vis $field:ident $(as $key:literal)? : $type:ty
                    $(= $one:literal $(in $all:literal)? $(or $default:expr)?)?,
            )*
        }
        $(with $rules:path;)?
    )*) => {$(
        #[derive(Debug, Clone, JsonSchema)]
        #[schemars(deny_unknown_fields)]
        $(#[$meta])*
        pub struct $name {
            $(
                $(#[$field_meta])*
                $(#[schemars(rename = $key)])?
                $vis $field: $type,
            )*
            $(
                /// Whether the author answers for what the box does about a value that
                /// nobody has proven to be the customer's. Default: false.
                #[schemars(with = "Option<bool>")]
                pub $unverified: bool,
            )?
        }

        impl Object for $name {
            const NAME: &'static str = stringify!($name);
            const WHAT: &'static str = $what;

            fn of(reader: &mut Reader<'_, '_>, fields: &Fields<'_, '_>) -> Self {
                #[allow(unused_mut, reason = "not every object has rules")]
                let mut object = $name {
                    $($field: objects!(@read reader, fields, objects!(@key $field $($key)?),
                        (concat!($($one)?), concat!($($($all)?)?)) $($(, $default)?)?),)*
                    $($unverified: Field::field(reader, fields, "unverified", ("", "")),)?
                };
                $($rules(&mut object, reader, fields);)?
                object
            }

            fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
                $(Field::walk(&self.$field, visit);)*
            }

            fn unverified(&self) -> bool {
                false $(|| self.$unverified)?
            }
        }
    )*};
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    (@read $reader:ident, $fields:ident, $key:expr, $what:expr) => {
        Field::field($reader, $fields, $key, $what)
    };
    (@read $reader:ident, $fields:ident, $key:expr, $what:expr, $default:expr) => {
        match $fields.get($key) {
            Some(_) => Field::field($reader, $fields, $key, $what),
            None => Placed::new($default, $fields.place),
        }
    };
}

/// Declares the types of boxes. The compiler leads from a new one to whatever has to know it.
macro_rules! boxes {
    ($($name:ident = $word:literal,)*) => {
        /// One box.
        #[derive(Debug, Clone, JsonSchema)]
        #[schemars(tag = "type", title = "Box", rename = "Box")]
        pub enum Node {
            $(
                #[doc = concat!("A `", $word, "` box.")]
                #[schemars(rename = $word, description = "")]
                $name($name),
            )*
            /// A box that could not be read. No checked scenario has one.
            #[schemars(skip)]
            Broken(Broken),
        }

        /// The type of a box.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum BoxType {
            $($name,)*
        }

        impl BoxType {
            /// All types, in the order of the schema.
            pub(crate) const ALL: &[BoxType] = &[$(BoxType::$name,)*];

            /// The word in documents.
            pub(crate) fn word(self) -> &'static str {
                match self {
                    $(BoxType::$name => $word,)*
                }
            }

            /// Its name with the article: "a `call` box".
            pub(crate) fn what(self) -> &'static str {
                match self {
                    $(BoxType::$name => $name::WHAT,)*
                }
            }

            /// The box with these fields.
            pub(crate) fn read(self, reader: &mut Reader<'_, '_>, fields: &Fields<'_, '_>) -> Node {
                match self {
                    $(BoxType::$name => Node::$name(Object::of(reader, fields)),)*
                }
            }
        }

        impl Node {
            /// The word of its type, for traces.
            #[must_use]
            pub fn word(&self) -> &'static str {
                match self {
                    $(Node::$name(_) => $word,)*
                    Node::Broken(_) => "",
                }
            }

            /// Whether the author answers for what it does about a value that was not proven.
            pub(crate) fn unverified(&self) -> bool {
                match self {
                    $(Node::$name(of) => of.unverified(),)*
                    Node::Broken(_) => false,
                }
            }

            fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
                match self {
                    $(Node::$name(of) => Object::walk(of, visit),)*
                    Node::Broken(Broken { exits, save }) => {
                        exits.iter().for_each(|exit| visit(Piece::Exit(exit)));
                        visit(Piece::Saves(save));
                    }
                }
            }
        }
    };
}

boxes! {
    Message = "message",
    Buttons = "buttons",
    Answer = "answer",
    Condition = "condition",
    Set = "set",
    Jump = "jump",
    Handover = "handover",
    End = "end",
    Call = "call",
}

objects! {
    /// A Krabice scenario: a graph of boxes that talk to a shop's customer.
    #[schemars(title = "Krabice scenario", example = schema::example())]
    pub struct Scenario = "a scenario" {
        /// The address of this schema, for editors. The host does not read it.
        #[schemars(with = "Option<String>")]
        pub(crate) schema as "$schema": Option<SchemaAddress> = "the schema's address",
        /// The version of the scenario language: 1.
        #[schemars(with = "u32", extend("const" = 1))]
        pub(crate) krabice: Placed<Version>,
        /// The scenario's name, unique on a host. Other scenarios jump to it by
        /// this name.
        #[schemars(regex(pattern = SCENARIO_PATTERN), length(max = LONGEST), example = &"order-status")]
        pub name: Placed<String> = "the scenario's name",
        /// The title for people.
        pub title: Option<Text> = "the title",
        /// The languages of its texts, as BCP 47 tags in lower case. A session speaks the
        /// one that was asked for, else a near one, else English, else the first. Every
        /// text by language has all of them.
        #[schemars(length(min = 1), inner(regex(pattern = LANGUAGE_PATTERN), length(max = 35)), example = json!(["cs", "en"]))]
        pub languages: Vec<Placed<String>> = "a language" in "the list of languages",
        /// The time zone in which dates are read and written, an IANA name.
        #[schemars(with = "Option<String>", extend("default" = DEFAULT_TIME_ZONE), example = &"Europe/Prague", example = &"Europe/Warsaw")]
        pub time_zone as "timezone": Placed<TimeZone> = "the time zone" or default_time_zone(),
        /// What may start it from outside: `chat` (any visitor of the page or the
        /// widget), `voice` (anybody who calls), `unattended` (a trigger). Default:
        /// nothing but a `jump` of another scenario, `krabice run` and tests.
        #[schemars(with = "Option<Vec<Channel>>", length(min = 1), example = json!(["chat"]))]
        pub channels: Vec<Placed<Channel>> = "a channel" in "the list of channels",
        /// Whether an agent may start it from the desk, as a macro. Default: false.
        #[schemars(with = "Option<bool>")]
        pub is_macro as "macro": bool,
        /// What a session may start with, by name: variables that the page, a
        /// token of the shop, the channel, a trigger or another scenario's `jump`
        /// gives. One that is neither required nor has a default may be left out,
        /// so a text that uses it tests for it first.
        #[schemars(with = "Option<IndexMap<String, forms::Input>>", extend("propertyNames" = schema::names()), example = json!({ "campaign": "text" }))]
        pub inputs: IndexMap<String, Placed<Declaration>> = "an input" in "the map of inputs",
        /// The id of the first box.
        #[schemars(length(min = 1, max = LONGEST))]
        pub start: Placed<String> = "the id of the first box",
        /// The boxes by id. The id is also the name of the box's variable if the
        /// box has no `save`.
        #[schemars(with = "IndexMap<String, Node>", extend(
            "propertyNames" = schema::names(), "minProperties" = 1, "maxProperties" = limits::BOXES
        ))]
        pub boxes: Boxes = "a box" in "the map of boxes",
        /// An editor's own data by box id, such as positions on its canvas. The
        /// host does not read it.
        #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>", example = json!({ "ask-order": { "x": 40, "y": 80 } }))]
        pub(crate) layout: Option<Layout> = "the layout",
    }
    with rules::scenario;

    /// The declaration of an input.
    #[schemars(extend("not" = json!({
        "properties": { "required": { "const": true } }, "required": ["required", "default"]
    })))]
    pub struct Declaration = "an input" {
        /// The kind of its value.
        pub kind: Placed<Kind> = "a kind",
        /// Where its value comes from. Default: `jump`.
        #[schemars(with = "Option<InputFrom>", extend("default" = "jump"))]
        pub from: Placed<InputFrom> = "where an input comes from" or InputFrom::Jump,
        /// Whether a session cannot start without it. Default: false.
        #[schemars(with = "Option<bool>")]
        pub required: bool,
        /// The value if none is given. A required input has none.
        #[schemars(with = "Option<forms::Constant>")]
        pub default: Option<Value> = "a default",
        /// What it is for, for people.
        pub help: Option<Text> = "the help of an input",
    }
    with rules::declaration;

    /// Says something.
    pub struct Message = "a `message` box", unverified {
        /// The message.
        pub text: Text = "the text of a message",
        /// The files that the customer is offered below the text, each a
        /// reference to a value of the kind `file`.
        #[schemars(with = "Option<Vec<Operand>>", length(min = 1, max = limits::FILES), example = json!(["<<invoice>>"]))]
        pub files: Vec<Placed<Operand>> = "a file" in "the list of files",
        /// The box after it.
        pub next: Exit,
    }
    with rules::message;

    /// Offers buttons and waits until one is pressed.
    pub struct Buttons = "a `buttons` box", unverified {
        /// The text above the buttons.
        pub text: Text = "the text of a `buttons` box",
        /// The variable that receives the pressed button's id. Default: the
        /// box's id.
        #[schemars(with = "Option<Save>")]
        pub save: Save,
        /// The buttons, in the order in which they are shown.
        #[schemars(length(min = 1))]
        pub buttons: Vec<Button> = "a button" in "the list of buttons",
    }
    with rules::buttons;

    /// One button.
    pub struct Button = "a button" {
        /// Its id, unique within the box. The box's variable receives it.
        #[schemars(regex(pattern = NAME_PATTERN), length(max = LONGEST))]
        pub id: Placed<String> = "a button's id",
        /// The text on it.
        pub label: Text = "a button's label",
        /// Words that customers write for it, apart by commas.
        pub keywords: Option<Text> = "a button's keywords",
        /// The box after it.
        pub next: Exit,
    }

    /// Asks for an answer and waits for it.
    #[schemars(extend(
        "dependentRequired" = json!({ "attempts": ["exhausted"], "exhausted": ["attempts"] }),
        "allOf" = schema::expectations()
    ))]
    pub struct Answer = "an `answer` box", unverified {
        /// The question.
        pub text: Text = "the question",
        /// The form that an answer must have. Default: `text`.
        #[schemars(with = "Option<Expect>", extend("default" = "text"))]
        pub expect: Placed<Expect> = "something to expect" or Expect::Text,
        /// The choices; only with `expect: choice`.
        #[schemars(with = "Option<Vec<Choice>>", length(min = 1))]
        pub choices: Vec<Choice> = "a choice" in "the list of choices",
        /// With `expect: pattern` the regular expression that an answer matches
        /// as a whole; with `expect: order-number` that of the shop's numbers,
        /// which are taken out of the answer. Syntax of the Rust crate `regex`.
        #[schemars(with = "Option<String>", length(min = 1), example = &"[A-Z]{2}[0-9]{6}")]
        pub pattern: Option<Regex> = "the pattern",
        /// The variable that receives the answer. Default: the box's id.
        #[schemars(with = "Option<Save>")]
        pub save: Save,
        /// The text after an answer that does not fit. Default: the host's own
        /// text in the session's language.
        pub reask: Option<Text> = "the text of `reask`",
        /// The number of answers that may fail to fit, 1 to 20, before the box
        /// leaves by `exhausted`. Default: any number.
        #[schemars(range(min = 1, max = limits::ATTEMPTS))]
        pub attempts: Option<u32> = "the number of attempts",
        /// The box after a fitting answer.
        pub next: Exit,
        /// The box after the last failed attempt.
        pub exhausted: Option<Exit>,
    }
    with rules::answer;

    /// One choice of an `answer` box.
    pub struct Choice = "a choice" {
        /// The value that is saved, unique within the box.
        #[schemars(length(min = 1, max = limits::TEXT_BYTES))]
        pub value: Placed<String> = "a choice's value",
        /// The text for the customer.
        pub label: Text = "a choice's label",
        /// Words that customers write for it, apart by commas.
        pub keywords: Option<Text> = "a choice's keywords",
    }

    /// Decides.
    pub struct Condition = "a `condition` box" {
        /// The test.
        pub test as "if": Placed<Test>,
        /// The box if the test holds.
        pub on_true as "true": Exit,
        /// The box if it does not hold.
        pub on_false as "false": Exit,
    }

    /// Sets a variable.
    pub struct Set = "a `set` box", unverified {
        /// The variable. Default: the box's id.
        #[schemars(with = "Option<Save>")]
        pub save: Save,
        /// Its value.
        pub value: Placed<Operand> = "the value",
        /// The box after it.
        pub next: Exit,
    }

    /// Continues at another box, or in another scenario.
    #[schemars(extend(
        "oneOf" = json!([{ "required": ["box"] }, { "required": ["scenario"] }]),
        "dependentRequired" = json!({ "inputs": ["scenario"], "next": ["scenario"] })
    ))]
    pub struct Jump = "a `jump` box", unverified {
        /// The box of this scenario to continue at.
        pub to_box as "box": Option<Exit>,
        /// The scenario to run. It has its own variables.
        #[schemars(regex(pattern = SCENARIO_PATTERN), length(max = LONGEST))]
        pub scenario: Option<Placed<String>> = "the name of a scenario",
        /// The inputs that the scenario starts with, by name.
        #[schemars(with = "Option<IndexMap<String, Operand>>", extend("propertyNames" = schema::names()))]
        pub inputs: IndexMap<String, Placed<Operand>> = "an input" in "the map of inputs",
        /// The box after that scenario's `end`. Default: its end ends the
        /// session.
        pub next: Option<Exit>,
    }
    with rules::jump;

    /// Hands the customer over to a person and ends the session.
    pub struct Handover = "a `handover` box", unverified {
        /// The text. Default: nothing is said.
        pub text: Option<Text> = "the text of a `handover` box",
    }

    /// Ends the scenario: the session, or the jump that led to the scenario.
    pub struct End = "an `end` box", unverified {
        /// The text. Default: nothing is said.
        pub text: Option<Text> = "the text of an `end` box",
    }

    /// Runs a function of a plugin.
    pub struct Call = "a `call` box", unverified {
        /// The function, as `plugin/function`.
        #[schemars(with = "String", regex(pattern = FUNCTION_PATTERN), example = &"upgates/load-order")]
        pub function: Placed<FunctionName> = "the function",
        /// The connection to use. Needed if the host has more than one of the
        /// plugin.
        #[schemars(length(min = 1, max = LONGEST), example = &"shop")]
        pub connection: Option<Placed<String>> = "the name of a connection",
        /// The function's parameters by name.
        #[schemars(with = "Option<IndexMap<String, Operand>>", example = json!({ "order": "<<obj>>", "email": "<<$email>>" }))]
        pub params: IndexMap<String, Placed<Operand>> = "a parameter" in "the map of parameters",
        /// The variable that receives what the function answers: `true`, a
        /// value or the fields; `false` if it answers false or fails.
        /// Default: the box's id.
        #[schemars(with = "Option<Save>")]
        pub save: Save,
        /// The box after *true*.
        pub on_true as "true": Exit,
        /// The box after *false*.
        pub on_false as "false": Exit,
        /// The box after a failure. Default: the box after *false*.
        pub on_failure as "failure": Option<Exit>,
        /// The box after a failure that leaves open whether something was done: a request that
        /// writes was sent, and its answer was lost. Default: the host says "We cannot tell
        /// whether this was done; a person will look." and goes on as after another failure.
        pub on_unknown as "unknown": Option<Exit>,
        /// The box after a call that was not made because too many guesses have failed. Default: the
        /// host says until when, offers to try again and, where the scenario has a `handover` box, to
        /// talk to a person, and the session waits.
        pub on_limited as "limited": Option<Exit>,
    }

    /// Holds if every one of these tests holds.
    pub struct All = "an `all` test" {
        /// The tests, at least one.
        #[schemars(length(min = 1))]
        pub all: Vec<Placed<Test>> = "" in "`all`",
    }

    /// Holds if at least one of these tests holds.
    pub struct Any = "an `any` test" {
        /// The tests, at least one.
        #[schemars(length(min = 1))]
        pub any: Vec<Placed<Test>> = "" in "`any`",
    }

    /// Holds if this test does not.
    pub struct Not = "a `not` test" {
        /// The test.
        pub not: Placed<Test>,
    }
}

words! {
    /// A channel: what may start a scenario from outside.
    pub enum Channel {
        /// Any visitor of the page or the widget.
        Chat = "chat",
        /// Anybody who calls.
        Voice = "voice",
        /// A trigger: a change, a time, a mail, a hook.
        Unattended = "unattended",
    }
}

words! {
    /// Where the value of an input comes from. A `jump` may give every input, and
    /// so may `krabice run --set` and tests.
    pub enum InputFrom {
        /// The page: any visitor may set it.
        Page = "page",
        /// A token that the shop's own server signed for its customer.
        Signed = "signed",
        /// The host, from what the channel tells: `$caller`.
        Channel = "channel",
        /// The trigger that starts the session.
        Trigger = "trigger",
        /// Another scenario's `jump` alone.
        Jump = "jump",
    }
}

words! {
    /// The form that an answer must have.
    pub enum Expect {
        /// Any text of 1 to 2,000 characters.
        Text = "text",
        /// An order number, also out of a sentence: 1 to 40 letters and digits, with
        /// spaces and `-/._` between them, at least one digit; or what `pattern`
        /// matches.
        OrderNumber = "order-number",
        /// An e-mail address, also out of a sentence.
        Email = "email",
        /// A telephone number, international or of the language's country, also out
        /// of a sentence.
        Phone = "phone",
        /// A number with an optional `,` or `.`, also with a unit or a currency; saved
        /// as a decimal.
        Number = "number",
        /// A date as people write it; saved as the moment when that day starts in
        /// the scenario's time zone.
        Date = "date",
        /// One of `choices`, in the customer's own words.
        Choice = "choice",
        /// A text that `pattern` matches as a whole.
        Pattern = "pattern",
    }
}

words! {
    /// The relation of a comparison.
    pub enum Relation {
        /// Equal. Texts are equal regardless of case and of how Unicode writes them,
        /// unless `exact` is true.
        Equals = "equals",
        /// Not equal.
        NotEquals = "not-equals",
        /// Greater; numbers and moments.
        GreaterThan = "greater-than",
        /// Greater or equal; numbers and moments.
        AtLeast = "at-least",
        /// Less; numbers and moments.
        LessThan = "less-than",
        /// Less or equal; numbers and moments.
        AtMost = "at-most",
        /// The text contains the other, or the list contains the item.
        Contains = "contains",
        /// The text starts with the other.
        StartsWith = "starts-with",
        /// The regular expression is found in the text. Syntax of the Rust crate
        /// `regex`.
        Matches = "matches",
        /// Equal to one of several.
        OneOf = "one-of",
        /// Present: the variable is set, or the field exists.
        Exists = "exists",
        /// Absent, an empty text or an empty list.
        Empty = "empty",
        /// The boolean true, or the outcome of a function that answered true.
        True = "true",
        /// The boolean false, or the outcome of a function that answered false.
        False = "false",
    }
}

words! {
    /// The name of an exit: the key that has the box to go on at.
    pub enum ExitName {
        /// The box after this one, or after a button.
        Next = "next",
        /// The target of a `jump`.
        Box = "box",
        /// After *true*.
        True = "true",
        /// After *false*.
        False = "false",
        /// After a failure.
        Failure = "failure",
        /// After a failure that leaves open whether something was done.
        Unknown = "unknown",
        /// After a call that was not made.
        Limited = "limited",
        /// After the last failed attempt.
        Exhausted = "exhausted",
    }
}

/// What stands on the right side of a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RightSide {
    /// A value.
    One,
    /// At least one value.
    Several,
    /// A regular expression.
    Pattern,
    Nothing,
}

impl Relation {
    /// What stands on its right side.
    pub(crate) fn right_side(self) -> RightSide {
        match self {
            Relation::Equals
            | Relation::NotEquals
            | Relation::GreaterThan
            | Relation::AtLeast
            | Relation::LessThan
            | Relation::AtMost
            | Relation::Contains
            | Relation::StartsWith => RightSide::One,
            Relation::OneOf => RightSide::Several,
            Relation::Matches => RightSide::Pattern,
            Relation::Exists | Relation::Empty | Relation::True | Relation::False => {
                RightSide::Nothing
            }
        }
    }

    /// Whether it compares texts, so that `exact` has a meaning.
    pub(crate) fn may_be_exact(self) -> bool {
        matches!(
            self,
            Relation::Equals
                | Relation::NotEquals
                | Relation::Contains
                | Relation::StartsWith
                | Relation::OneOf
        )
    }
}

impl Channel {
    /// Whether strangers start sessions in it.
    #[must_use]
    pub fn is_public(self) -> bool {
        match self {
            Channel::Chat | Channel::Voice => true,
            Channel::Unattended => false,
        }
    }

    /// Whether a session that it starts can have an input from there.
    #[must_use]
    pub fn gives(self, from: InputFrom) -> bool {
        match (self, from) {
            (Channel::Chat, InputFrom::Page | InputFrom::Signed)
            | (Channel::Voice, InputFrom::Channel)
            | (Channel::Unattended, InputFrom::Page | InputFrom::Trigger) => true,
            (Channel::Chat, InputFrom::Channel | InputFrom::Trigger | InputFrom::Jump)
            | (
                Channel::Voice,
                InputFrom::Page | InputFrom::Signed | InputFrom::Trigger | InputFrom::Jump,
            )
            | (Channel::Unattended, InputFrom::Signed | InputFrom::Channel | InputFrom::Jump) => {
                false
            }
        }
    }
}

impl Scenario {
    /// Whether a channel starts it.
    #[must_use]
    pub fn starts_in(&self, channel: Channel) -> bool {
        self.channels.iter().any(|each| **each == channel)
    }
}

impl Declaration {
    /// Whether every session that starts has a value of it.
    pub(crate) fn is_assigned(&self) -> bool {
        self.required || self.default.is_some()
    }
}

/// A piece of a box, whatever its type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'d> {
    /// A text that the customer sees.
    Text(&'d Text),
    /// A value that the box uses.
    Value(&'d Placed<Operand>),
    Exit(&'d Exit),
    /// The variable that the box sets.
    Saves(&'d Save),
}

impl Node {
    /// Its pieces, in the order of the schema.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut pieces = Vec::new();
        self.walk(&mut |piece| pieces.push(piece));
        pieces.into_iter()
    }

    /// Every text that the customer sees.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Value(_) | Piece::Exit(_) | Piece::Saves(_) => None,
        })
    }

    /// Every value that it uses.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Placed<Operand>> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Value(value) => Some(value),
            Piece::Text(_) | Piece::Exit(_) | Piece::Saves(_) => None,
        })
    }

    /// Its exits.
    pub(crate) fn exits(&self) -> impl Iterator<Item = &Exit> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Exit(exit) => Some(exit),
            Piece::Text(_) | Piece::Value(_) | Piece::Saves(_) => None,
        })
    }

    /// The variable that it sets, if boxes of its type set one.
    pub(crate) fn save(&self) -> Option<&Placed<String>> {
        self.pieces().find_map(|piece| match piece {
            Piece::Saves(Save(save)) => save.known().map(|_| save),
            Piece::Text(_) | Piece::Value(_) | Piece::Exit(_) => None,
        })
    }

    /// Whether it is a jump to another scenario.
    pub(crate) fn is_jump_to_scenario(&self) -> bool {
        matches!(self, Node::Jump(jump) if jump.scenario.is_some())
    }

    /// The name of the scenario that it jumps to, if it could be read.
    pub(crate) fn jumps_to(&self) -> Option<&Placed<String>> {
        let Node::Jump(jump) = self else { return None };
        let scenario = jump.scenario.as_ref()?;
        scenario.known().map(|_| scenario)
    }

    /// Every template in it, with its place.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (&Template, Place)> {
        self.pieces().flat_map(|piece| {
            let (text, value) = match piece {
                Piece::Text(text) => (Some(text), None),
                Piece::Value(value) => (None, Some(value)),
                Piece::Exit(_) | Piece::Saves(_) => (None, None),
            };
            let value = value.and_then(|value| Some((value.template()?, value.place)));
            let lines = text.into_iter().flat_map(Text::templates);
            lines.map(|line| (&line.value, line.place)).chain(value)
        })
    }
}

/// A box whose type or keys could not be read. Its exits and its variable are kept, so that the
/// other boxes are checked as if this one were valid.
#[derive(Debug, Clone)]
pub struct Broken {
    pub(crate) exits: Vec<Exit>,
    pub(crate) save: Save,
}

/// The boxes of a scenario by id.
#[derive(Debug, Clone)]
pub struct Boxes(pub(crate) IndexMap<String, Placed<Node>>);

impl Deref for Boxes {
    type Target = IndexMap<String, Placed<Node>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// An exit of a box, with the id of the box to go on at.
#[derive(Debug, Clone)]
pub struct Exit {
    /// Its name.
    pub name: ExitName,
    pub(crate) to: Placed<String>,
}

impl Deref for Exit {
    type Target = str;

    fn deref(&self) -> &str {
        &self.to
    }
}

/// The name of a variable. A variable whose name starts with `$` is hidden: its
/// value never reaches the browser, unless through `mask` or `reveal`.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(transparent, rename = "VariableName", example = &"order", example = &"$email")]
pub struct Save(
    #[schemars(with = "String", regex(pattern = NAME_PATTERN), length(max = LONGEST))]
    pub(crate)  Placed<String>,
);

impl Deref for Save {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The names of a plugin and of its function.
#[derive(Debug, Clone, Default)]
pub struct FunctionName {
    /// The plugin's name.
    pub plugin: String,
    /// The function's name.
    pub function: String,
}

/// The version of the scenario language, which is always the same.
#[derive(Debug, Clone)]
pub(crate) struct Version;

/// The address of the schema, which nothing here reads.
#[derive(Debug, Clone)]
pub(crate) struct SchemaAddress;

/// An editor's data, which nothing here reads.
#[derive(Debug, Clone)]
pub(crate) struct Layout;

/// A text in each of the scenario's languages, or one text for all.
#[derive(Debug, Clone)]
pub struct Text {
    pub(crate) place: Place,
    pub(crate) lines: Lines,
}

#[derive(Debug, Clone)]
pub(crate) enum Lines {
    /// One text for every language.
    Every(Placed<Template>),
    /// A text by language; a hole has none.
    ByLanguage(IndexMap<String, Placed<Template>>),
}

impl Text {
    /// The text in a language, else in its primary language (`cs` for `cs-CZ`), else the
    /// first. None only if there is no text at all, which a checked scenario never has.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<&Template> {
        match &self.lines {
            Lines::Every(template) => Some(template),
            Lines::ByLanguage(texts) => texts
                .get(language)
                .or_else(|| texts.get(primary_language(language)))
                .or_else(|| texts.values().next())
                .map(|line| &line.value),
        }
    }

    /// Whether the text has tags, in any language.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        self.templates().any(|line| line.as_text().is_none())
    }

    /// The text in every language.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Placed<Template>> {
        let (one, many) = match &self.lines {
            Lines::Every(template) => (Some(template), None),
            Lines::ByLanguage(lines) => (None, Some(lines.values())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// A value that an author wrote: a constant, or a template.
#[derive(Debug, Clone)]
pub enum Operand {
    /// A JSON boolean, number, array or object.
    Constant(Value),
    /// A text. One that is exactly one reference keeps the value's type; any other is
    /// rendered to text.
    Template(Template),
}

impl Operand {
    /// The template, if the value is one.
    pub(crate) fn template(&self) -> Option<&Template> {
        match self {
            Operand::Template(template) => Some(template),
            Operand::Constant(_) => None,
        }
    }

    /// The text, if the value is a text without tags.
    pub(crate) fn literal(&self) -> Option<&str> {
        self.template()
            .map(Template::source)
            .filter(|source| !source.contains("{{") && !source.contains("<<"))
    }

    /// The variable whose whole value it is, if it is one reference.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        self.template()?
            .as_reference()
            .filter(|reference| reference.path.is_empty())
            .map(|reference| reference.root.as_str())
    }
}

/// The test of a `condition` box.
#[derive(Debug, Clone)]
pub enum Test {
    /// Holds if every test holds.
    All(All),
    /// Holds if at least one test holds.
    Any(Any),
    /// Holds if the test does not.
    Not(Box<Not>),
    /// A comparison.
    Compare(Comparison),
}

impl Comparison {
    /// The value on the right side of a relation that has one.
    pub(crate) fn right(&self) -> Option<&Placed<Operand>> {
        match self.is.known()?.right_side() {
            RightSide::One => self.to.first(),
            RightSide::Several | RightSide::Pattern | RightSide::Nothing => None,
        }
    }
}

/// A comparison: the value, the relation, and what the value is compared with.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The left side.
    pub value: Placed<Operand>,
    /// The relation.
    pub is: Placed<Relation>,
    /// The values of the right side: one, several, or none.
    pub to: Vec<Placed<Operand>>,
    /// The regular expression of the right side.
    pub pattern: Option<Regex>,
    /// Whether texts compare letter by letter instead of by normalised, case-insensitive
    /// equality.
    pub exact: bool,
}
