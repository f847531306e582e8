//! The JSON form of a scenario, as authors and editors write it. The JSON Schema is made
//! from these types, and their comments are its descriptions.
//!
//! A scenario file is read by [`check`](crate::check()), which reports every error with
//! its place. These types are for programs that write scenarios, and for reading a
//! scenario that is known to be valid.

use indexmap::IndexMap;
use krabice_contract::Kind;
use krabice_contract::name::LONGEST;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::limits;
use crate::name::{FUNCTION_PATTERN, LANGUAGE_PATTERN, NAME_PATTERN, SCENARIO_PATTERN};

/// The pattern of a text that is not blank.
const SOME_CONTENT: &str = r"\S";

/// The time zone of a scenario that names none.
pub const DEFAULT_TIME_ZONE: &str = "Europe/Prague";

/// A Krabice scenario: a graph of boxes that talk to a shop's customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Krabice scenario", example = example())]
pub struct Document {
    /// The address of this schema, for editors. The host does not read it.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The version of the scenario language: 1.
    #[schemars(extend("const" = 1))]
    pub krabice: u32,
    /// The scenario's name, unique on a host. Other scenarios jump to it by
    /// this name.
    #[schemars(regex(pattern = SCENARIO_PATTERN), length(max = LONGEST), example = &"order-status")]
    pub name: String,
    /// The title for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    /// The languages of its texts, as BCP 47 tags in lower case. A session speaks the
    /// one that was asked for, else a near one, else English, else the first. Every
    /// text by language has all of them.
    #[schemars(length(min = 1), inner(regex(pattern = LANGUAGE_PATTERN), length(max = 35)), example = json!(["cs", "en"]))]
    pub languages: Vec<String>,
    /// The time zone in which dates are read and written, an IANA name.
    #[serde(rename = "timezone", default = "default_time_zone")]
    #[schemars(example = &"Europe/Prague", example = &"Europe/Warsaw")]
    pub time_zone: String,
    /// What may start it from outside: `chat` (any visitor of the page or the
    /// widget), `voice` (anybody who calls), `unattended` (a trigger). Default:
    /// nothing but a `jump` of another scenario, `krabice run` and tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1), example = json!(["chat"]))]
    pub channels: Vec<Channel>,
    /// Whether an agent may start it from the desk, as a macro. Default: false.
    #[serde(default, skip_serializing_if = "is_false")]
    pub r#macro: bool,
    /// What a session may start with, by name: variables that the page, a
    /// token of the shop, the channel, a trigger or another scenario's `jump`
    /// gives. One that is neither required nor has a default may be left out,
    /// so a text that uses it tests for it first.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    #[schemars(extend("propertyNames" = names()), example = json!({ "campaign": "text" }))]
    pub inputs: IndexMap<String, Input>,
    /// The id of the first box.
    #[schemars(length(min = 1, max = LONGEST))]
    pub start: String,
    /// The boxes by id. The id is also the name of the box's variable if the
    /// box has no `save`.
    #[schemars(extend(
        "propertyNames" = names(), "minProperties" = 1, "maxProperties" = limits::BOXES
    ))]
    pub boxes: IndexMap<String, Node>,
    /// An editor's own data by box id, such as positions on its canvas. The
    /// host does not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(example = json!({ "ask-order": { "x": 40, "y": 80 } }))]
    pub layout: Option<Map<String, serde_json::Value>>,
}

/// A channel: what may start a scenario from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Any visitor of the page or the widget.
    Chat,
    /// Anybody who calls.
    Voice,
    /// A trigger: a change, a time, a mail, a hook.
    Unattended,
}

impl Channel {
    /// All channels.
    pub const ALL: [Channel; 3] = [Channel::Chat, Channel::Voice, Channel::Unattended];

    /// The channel's word in documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Channel::Chat => "chat",
            Channel::Voice => "voice",
            Channel::Unattended => "unattended",
        }
    }

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

/// Where the value of an input comes from. A `jump` may give every input, and
/// so may `krabice run --set` and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InputFrom {
    /// The page: any visitor may set it.
    Page,
    /// A token that the shop's own server signed for its customer.
    Signed,
    /// The host, from what the channel tells: `$caller`.
    Channel,
    /// The trigger that starts the session.
    Trigger,
    /// Another scenario's `jump` alone.
    #[default]
    Jump,
}

impl InputFrom {
    /// All places.
    pub const ALL: [InputFrom; 5] = [
        InputFrom::Page,
        InputFrom::Signed,
        InputFrom::Channel,
        InputFrom::Trigger,
        InputFrom::Jump,
    ];

    /// The word in documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            InputFrom::Page => "page",
            InputFrom::Signed => "signed",
            InputFrom::Channel => "channel",
            InputFrom::Trigger => "trigger",
            InputFrom::Jump => "jump",
        }
    }
}

/// An input: its kind alone, for an optional one that the page gives; or its
/// declaration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(example = &"text", example = json!({ "kind": "text", "from": "jump", "required": true }))]
pub enum Input {
    /// The kind of an optional input from the page.
    Kind(Kind),
    /// The declaration.
    Declared(Declaration),
}

/// The declaration of an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("not" = json!({
    "properties": { "required": { "const": true } }, "required": ["required", "default"]
})))]
pub struct Declaration {
    /// The kind of its value.
    pub kind: Kind,
    /// Where its value comes from. Default: `jump`.
    #[serde(default)]
    pub from: InputFrom,
    /// Whether a session cannot start without it. Default: false.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The value if none is given. A required input has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Constant>,
    /// What it is for, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Text>,
}

/// A value without templates: a boolean, a number or a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Constant(
    #[schemars(extend("type" = ["boolean", "number", "string"]))] pub serde_json::Value,
);

/// A text: one for every language, or a map by language tag. It may hold
/// templates: `<<order.status>>`, `{{#if order.paid}}…{{/if}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(example = &"<<order.status>>", example = json!({ "cs": "Dobrý den!", "en": "Hello!" }))]
pub enum Text {
    /// One text for every language.
    Every(
        #[schemars(length(min = 1, max = limits::TEXT_BYTES), regex(pattern = SOME_CONTENT))]
        String,
    ),
    /// A text for each of the scenario's languages.
    ByLanguage(#[schemars(extend("minProperties" = 1))] IndexMap<String, Line>),
}

/// A text in one language. It may hold templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Line(
    #[schemars(length(min = 1, max = limits::TEXT_BYTES), regex(pattern = SOME_CONTENT))] pub String,
);

/// A value: a boolean, a number, a text, or a list or an object of them. A text
/// may hold templates; one that is exactly one reference, such as
/// `<<order.topay>>`, keeps the kind of what it refers to. Texts within a list
/// or an object are taken as they are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(example = &"<<order.topay>>", example = 1000, example = true)]
pub struct Operand(
    #[schemars(extend(
        "type" = ["boolean", "number", "string", "array", "object"],
        "items" = json!({ "$ref": "#/$defs/Operand" }),
        "additionalProperties" = json!({ "$ref": "#/$defs/Operand" })
    ))]
    pub serde_json::Value,
);

/// Declares the box, and its types as an enum of their own: the compiler leads from a new one to whatever
/// has to know it.
macro_rules! boxes {
    ($(#[$meta:meta])* pub enum Node {
        $($(#[$variant:meta])* $name:ident { $($fields:tt)* },)*
    }) => {
        $(#[$meta])*
        pub enum Node {
            $($(#[$variant])* $name { $($fields)* },)*
        }

        /// The type of a box.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum BoxType {
            $($name,)*
        }

        impl BoxType {
            /// All types, in the order of the schema.
            pub(crate) const ALL: &[BoxType] = &[$(BoxType::$name,)*];
        }
    };
}

boxes! {
/// One box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "Box", rename = "Box")]
pub enum Node {
    /// Says something.
    Message {
        /// The message.
        text: Text,
        /// The files that the customer is offered below the text, each a
        /// reference to a value of the kind `file`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[schemars(length(min = 1, max = limits::FILES), example = json!(["<<invoice>>"]))]
        files: Vec<Operand>,
        /// The box after it.
        next: BoxId,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
    /// Offers buttons and waits until one is pressed.
    Buttons {
        /// The text above the buttons.
        text: Text,
        /// The variable that receives the pressed button's id. Default: the
        /// box's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        save: Option<VariableName>,
        /// The buttons, in the order in which they are shown.
        #[schemars(length(min = 1))]
        buttons: Vec<Button>,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
    /// Asks for an answer and waits for it.
    #[schemars(extend(
        "dependentRequired" = json!({ "attempts": ["exhausted"], "exhausted": ["attempts"] }),
        "allOf" = expectations()
    ))]
    Answer {
        /// The question.
        text: Text,
        /// The form that an answer must have. Default: `text`.
        #[serde(default)]
        expect: Expect,
        /// The choices; only with `expect: choice`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1))]
        choices: Option<Vec<Choice>>,
        /// With `expect: pattern` the regular expression that an answer matches
        /// as a whole; with `expect: order-number` that of the shop's numbers,
        /// which are taken out of the answer. Syntax of the Rust crate `regex`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1), example = &"[A-Z]{2}[0-9]{6}")]
        pattern: Option<String>,
        /// The variable that receives the answer. Default: the box's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        save: Option<VariableName>,
        /// The text after an answer that does not fit. Default: the host's own
        /// text in the session's language.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reask: Option<Text>,
        /// The number of answers that may fail to fit, 1 to 20, before the box
        /// leaves by `exhausted`. Default: any number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 1, max = limits::ATTEMPTS))]
        attempts: Option<u32>,
        /// The box after a fitting answer.
        next: BoxId,
        /// The box after the last failed attempt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exhausted: Option<BoxId>,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
    /// Decides.
    Condition {
        /// The test.
        r#if: Test,
        /// The box if the test holds.
        r#true: BoxId,
        /// The box if it does not hold.
        r#false: BoxId,
    },
    /// Sets a variable.
    Set {
        /// The variable. Default: the box's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        save: Option<VariableName>,
        /// Its value.
        value: Operand,
        /// The box after it.
        next: BoxId,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
    /// Continues at another box, or in another scenario.
    #[schemars(extend(
        "oneOf" = json!([{ "required": ["box"] }, { "required": ["scenario"] }]),
        "dependentRequired" = json!({ "inputs": ["scenario"], "next": ["scenario"] })
    ))]
    Jump {
        /// The box of this scenario to continue at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        r#box: Option<BoxId>,
        /// The scenario to run. It has its own variables.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(regex(pattern = SCENARIO_PATTERN), length(max = LONGEST))]
        scenario: Option<String>,
        /// The inputs that the scenario starts with, by name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(extend("propertyNames" = names()))]
        inputs: Option<IndexMap<String, Operand>>,
        /// The box after that scenario's `end`. Default: its end ends the
        /// session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<BoxId>,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
    /// Hands the customer over to a person and ends the session.
    Handover {
        /// The text. Default: nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
    /// Ends the scenario: the session, or the jump that led to the scenario.
    End {
        /// The text. Default: nothing is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Text>,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
    /// Runs a function of a plugin.
    Call {
        /// The function, as `plugin/function`.
        #[schemars(regex(pattern = FUNCTION_PATTERN), example = &"upgates/load-order")]
        function: String,
        /// The connection to use. Needed if the host has more than one of the
        /// plugin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1, max = LONGEST), example = &"shop")]
        connection: Option<String>,
        /// The function's parameters by name.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        #[schemars(example = json!({ "order": "<<obj>>", "email": "<<$email>>" }))]
        params: IndexMap<String, Operand>,
        /// The variable that receives what the function answers: `true`, a
        /// value or the fields; `false` if it answers false or fails.
        /// Default: the box's id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        save: Option<VariableName>,
        /// The box after *true*.
        r#true: BoxId,
        /// The box after *false*.
        r#false: BoxId,
        /// The box after a failure. Default: the box after *false*.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<BoxId>,
        /// The box after a failure that leaves open whether something was done: a request that
        /// writes was sent, and its answer was lost. Default: the host says "We cannot tell
        /// whether this was done; a person will look." and goes on as after another failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unknown: Option<BoxId>,
        /// The box after a call that was not made because too many guesses have failed. Default: the
        /// host says until when, offers to try again and, where the scenario has a `handover` box, to
        /// talk to a person, and the session waits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limited: Option<BoxId>,
        /// Whether the author answers for what the box does about a value that
        /// nobody has proven to be the customer's. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        unverified: bool,
    },
}
}

/// The id of a box of the same scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct BoxId(#[schemars(length(min = 1, max = LONGEST))] pub String);

/// The name of a variable. A variable whose name starts with `$` is hidden: its
/// value never reaches the browser, unless through `mask` or `reveal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(example = &"order", example = &"$email")]
pub struct VariableName(
    #[schemars(regex(pattern = NAME_PATTERN), length(max = LONGEST))] pub String,
);

/// One button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Button {
    /// Its id, unique within the box. The box's variable receives it.
    #[schemars(regex(pattern = NAME_PATTERN), length(max = LONGEST))]
    pub id: String,
    /// The text on it.
    pub label: Text,
    /// Words that customers write for it, apart by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keywords: Option<Text>,
    /// The box after it.
    pub next: BoxId,
}

/// One choice of an `answer` box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Choice {
    /// The value that is saved, unique within the box.
    #[schemars(length(min = 1, max = limits::TEXT_BYTES))]
    pub value: String,
    /// The text for the customer.
    pub label: Text,
    /// Words that customers write for it, apart by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keywords: Option<Text>,
}

/// The form that an answer must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// Any text of 1 to 2,000 characters.
    #[default]
    Text,
    /// An order number, also out of a sentence: 1 to 40 letters and digits, with
    /// spaces and `-/._` between them, at least one digit; or what `pattern`
    /// matches.
    OrderNumber,
    /// An e-mail address, also out of a sentence.
    Email,
    /// A telephone number, international or of the language's country, also out
    /// of a sentence.
    Phone,
    /// A number with an optional `,` or `.`, also with a unit or a currency; saved
    /// as a decimal.
    Number,
    /// A date as people write it; saved as the moment when that day starts in
    /// the scenario's time zone.
    Date,
    /// One of `choices`, in the customer's own words.
    Choice,
    /// A text that `pattern` matches as a whole.
    Pattern,
}

/// The test of a `condition` box. Tests within it are evaluated from top to
/// bottom, so that a comparison may rely on those above it: `all` of "it exists"
/// and "it is greater than 100".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(example = json!({ "all": [
    { "value": "<<order.topay>>", "is": "greater-than", "to": 1000 },
    { "not": { "value": "<<order.paid>>", "is": "true" } }
] }))]
pub enum Test {
    /// Holds if every test holds.
    All(All),
    /// Holds if at least one test holds.
    Any(Any),
    /// Holds if the test does not.
    Not(Not),
    /// A comparison.
    Compare(Comparison),
}

/// Holds if every one of these tests holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct All {
    /// The tests, at least one.
    #[schemars(length(min = 1))]
    pub all: Vec<Test>,
}

/// Holds if at least one of these tests holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Any {
    /// The tests, at least one.
    #[schemars(length(min = 1))]
    pub any: Vec<Test>,
}

/// Holds if this test does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Not {
    /// The test.
    pub not: Box<Test>,
}

/// A comparison: the value, the relation, and what the value is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Comparison {
    /// Equal. Texts are equal regardless of case and of how Unicode writes them,
    /// unless `exact` is true.
    Equals {
        /// The left side.
        value: Operand,
        /// The right side.
        to: Operand,
        /// Whether texts must be the same letter by letter. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        exact: bool,
    },
    /// Not equal.
    NotEquals {
        /// The left side.
        value: Operand,
        /// The right side.
        to: Operand,
        /// Whether texts must be the same letter by letter. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        exact: bool,
    },
    /// Greater; numbers and moments.
    GreaterThan {
        /// The left side.
        value: Operand,
        /// The right side.
        to: Operand,
    },
    /// Greater or equal; numbers and moments.
    AtLeast {
        /// The left side.
        value: Operand,
        /// The right side.
        to: Operand,
    },
    /// Less; numbers and moments.
    LessThan {
        /// The left side.
        value: Operand,
        /// The right side.
        to: Operand,
    },
    /// Less or equal; numbers and moments.
    AtMost {
        /// The left side.
        value: Operand,
        /// The right side.
        to: Operand,
    },
    /// The text contains the other, or the list contains the item.
    Contains {
        /// The text or the list.
        value: Operand,
        /// What it contains.
        to: Operand,
        /// Whether texts must be the same letter by letter. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        exact: bool,
    },
    /// The text starts with the other.
    StartsWith {
        /// The text.
        value: Operand,
        /// The beginning.
        to: Operand,
        /// Whether texts must be the same letter by letter. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        exact: bool,
    },
    /// The regular expression is found in the text. Syntax of the Rust crate
    /// `regex`.
    Matches {
        /// The text.
        value: Operand,
        /// The regular expression.
        #[schemars(length(min = 1, max = limits::TEXT_BYTES), example = &"^[A-Z]{2}")]
        to: String,
    },
    /// Equal to one of several.
    OneOf {
        /// The left side.
        value: Operand,
        /// The values, at least one.
        #[schemars(length(min = 1))]
        to: Vec<Operand>,
        /// Whether texts must be the same letter by letter. Default: false.
        #[serde(default, skip_serializing_if = "is_false")]
        exact: bool,
    },
    /// Present: the variable is set, or the field exists.
    Exists {
        /// The value to test.
        value: Operand,
    },
    /// Absent, an empty text or an empty list.
    Empty {
        /// The value to test.
        value: Operand,
    },
    /// The boolean true, or the outcome of a function that answered true.
    True {
        /// The value to test.
        value: Operand,
    },
    /// The boolean false, or the outcome of a function that answered false.
    False {
        /// The value to test.
        value: Operand,
    },
}

fn default_time_zone() -> String {
    DEFAULT_TIME_ZONE.to_owned()
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde requires this signature"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// The schema of an object's keys that are names.
fn names() -> serde_json::Value {
    json!({ "pattern": NAME_PATTERN, "maxLength": LONGEST })
}

/// The schema of `choices`, which is required with `expect: choice` and forbidden
/// otherwise, and of `pattern`, which is required with `expect: pattern`, allowed with
/// `expect: order-number` and forbidden otherwise.
fn expectations() -> serde_json::Value {
    let expects = |words: &[&str]| json!({ "properties": { "expect": { "enum": words } }, "required": ["expect"] });
    let rule = |required: &str, allowed: &[&str], key: &str| {
        json!([
            { "if": expects(&[required]), "then": { "required": [key] } },
            { "if": { "not": expects(allowed) }, "then": { "not": { "required": [key] } } }
        ])
    };
    let choices = rule("choice", &["choice"], "choices");
    let pattern = rule("pattern", &["pattern", "order-number"], "pattern");
    choices
        .as_array()
        .into_iter()
        .chain(pattern.as_array())
        .flatten()
        .cloned()
        .collect()
}

/// A complete scenario that is small enough for the schema.
fn example() -> serde_json::Value {
    json!({
        "krabice": 1,
        "name": "greeting",
        "languages": ["en"],
        "start": "ask",
        "boxes": {
            "ask": { "type": "answer", "text": "What is your name?", "save": "who", "next": "greet" },
            "greet": { "type": "message", "text": "Good day, <<who>>!", "next": "bye" },
            "bye": { "type": "end" }
        }
    })
}
