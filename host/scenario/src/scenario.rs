//! A scenario as the engine runs it: decoded, with every template compiled.
//!
//! The JSON shape, as authors write it, is in the `document` module; reading
//! and checking turn one into the other.

use indexmap::IndexMap;
use regex::Regex;

use crate::template::Template;
use crate::{Kind, Value};

/// A scenario: boxes, exits, texts.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The scenario's name, unique on a host.
    pub name: String,
    /// What people call it.
    pub title: Option<LocalText>,
    /// The languages it speaks, at least one; the first is the default.
    pub languages: Vec<String>,
    /// The time zone for dates, an IANA name.
    pub time_zone: jiff::tz::TimeZone,
    /// The inputs that a session may start with, by name.
    pub inputs: IndexMap<String, Kind>,
    /// The id of the first box.
    pub start: String,
    /// The boxes by id.
    pub boxes: IndexMap<String, ScenarioBox>,
}

/// A text in each of the scenario's languages, or one text for all.
#[derive(Debug, Clone)]
pub enum LocalText {
    /// One text for every language.
    Every(Template),
    /// A text by language.
    ByLanguage(IndexMap<String, Template>),
}

impl LocalText {
    /// The text in a language, or the nearest: its base (`cs` for `cs-CZ`),
    /// then the first. None only where there is no text at all, which a
    /// checked scenario never has.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<&Template> {
        match self {
            LocalText::Every(template) => Some(template),
            LocalText::ByLanguage(texts) => {
                let base = language.split('-').next().unwrap_or(language);
                texts
                    .get(language)
                    .or_else(|| texts.get(base))
                    .or_else(|| texts.values().next())
            }
        }
    }
}

/// One node of a scenario.
#[derive(Debug, Clone)]
pub enum ScenarioBox {
    /// Says something.
    Message {
        /// What it says.
        text: LocalText,
        /// The files that it offers below the text.
        files: Vec<Operand>,
        /// The box after it.
        next: String,
    },
    /// Offers buttons and waits.
    Buttons {
        /// What it says above the buttons.
        text: LocalText,
        /// The variable that receives the pressed button's id.
        save: String,
        /// The buttons, at least one.
        buttons: Vec<Button>,
    },
    /// Asks for a typed answer and waits.
    Answer {
        /// The question.
        text: LocalText,
        /// What an answer must look like.
        expect: Expect,
        /// The variable that receives the answer.
        save: String,
        /// What it says after an answer that does not fit; a built-in text by
        /// language where the author gave none.
        reask: Option<LocalText>,
        /// How many answers may fail to fit before the box leaves by
        /// `exhausted`: both or neither.
        attempts: Option<Attempts>,
        /// The box after a fitting answer.
        next: String,
    },
    /// Decides.
    Condition {
        /// The test.
        test: Test,
        /// The box where the test holds.
        on_true: String,
        /// The box where it does not.
        on_false: String,
    },
    /// Sets a variable.
    Set {
        /// The variable.
        save: String,
        /// Its value.
        value: Operand,
        /// The box after it.
        next: String,
    },
    /// Goes on elsewhere.
    Jump(Jump),
    /// Hands the customer to a person; the session ends.
    Handover {
        /// What it says.
        text: Option<LocalText>,
    },
    /// Ends the scenario: the session, or the jump that led here.
    End {
        /// What it says.
        text: Option<LocalText>,
    },
    /// Runs a function of a plugin.
    Call {
        /// The plugin's name.
        plugin: String,
        /// The function's name.
        function: String,
        /// The connection's name; none where the plugin needs none, or where
        /// the host has exactly one of that plugin.
        connection: Option<String>,
        /// The parameters by name.
        params: IndexMap<String, Operand>,
        /// The variable that receives the outcome.
        save: String,
        /// The box after *true*.
        on_true: String,
        /// The box after *false*.
        on_false: String,
        /// The box after a failure; none: `on_false`, with the variable false.
        on_failure: Option<String>,
    },
}

/// Where a `jump` box leads.
#[derive(Debug, Clone)]
pub enum Jump {
    /// To a box of the same scenario.
    Box(String),
    /// To another scenario, which has variables of its own.
    Scenario {
        /// Its name.
        scenario: String,
        /// The inputs it starts with.
        inputs: IndexMap<String, Operand>,
        /// The box after its `end`; none: its end is the session's.
        next: Option<String>,
    },
}

/// One button.
#[derive(Debug, Clone)]
pub struct Button {
    /// Its id, unique within the box.
    pub id: String,
    /// What it says.
    pub label: LocalText,
    /// The box after it.
    pub next: String,
}

/// How often an answer may fail to fit, and what happens then.
#[derive(Debug, Clone)]
pub struct Attempts {
    /// How many tries a customer has, 1 to 20.
    pub count: u32,
    /// The box after the last failed try.
    pub exhausted: String,
}

/// What an answer must look like.
#[derive(Debug, Clone)]
pub enum Expect {
    /// Any text of 1 to 2,000 characters.
    Text,
    /// An order number: letters, digits and `-/._ `, 1 to 40 characters, at
    /// least one digit; trimmed.
    OrderNumber,
    /// An e-mail address; trimmed.
    Email,
    /// A telephone number, international or of the language's country.
    Phone,
    /// A number: a decimal with `,` or `.`, saved as `decimal`.
    Number,
    /// A date as people write it, saved as `timestamp` of the day's start in
    /// the scenario's time zone.
    Date,
    /// One of the choices, by its value, label or position.
    Choice(Vec<AnswerChoice>),
    /// Text that a pattern matches as a whole.
    Pattern(Regex),
}

/// A choice of an `answer` box.
#[derive(Debug, Clone)]
pub struct AnswerChoice {
    /// The value that is saved.
    pub value: String,
    /// What the customer sees.
    pub label: LocalText,
}

/// The test of a `condition` box.
#[derive(Debug, Clone)]
pub enum Test {
    /// Every one holds.
    All(Vec<Test>),
    /// At least one holds.
    Any(Vec<Test>),
    /// It does not hold.
    Not(Box<Test>),
    /// A comparison.
    Compare(Comparison),
}

/// A comparison of a value.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The left side.
    pub value: Operand,
    /// The relation and its right side.
    pub is: Relation,
    /// Whether texts compare letter by letter, instead of by
    /// Unicode-normalised, case-insensitive equality.
    pub exact: bool,
}

/// A relation with its right side.
#[derive(Debug, Clone)]
pub enum Relation {
    /// Equal.
    Equals(Operand),
    /// Not equal.
    NotEquals(Operand),
    /// Greater; numbers and timestamps.
    GreaterThan(Operand),
    /// Greater or equal.
    AtLeast(Operand),
    /// Less.
    LessThan(Operand),
    /// Less or equal.
    AtMost(Operand),
    /// A text within a text, or an item in a list.
    Contains(Operand),
    /// A text at the start of a text.
    StartsWith(Operand),
    /// A pattern found in a text.
    Matches(Regex),
    /// Equal to one of several.
    OneOf(Vec<Operand>),
    /// Present.
    Exists,
    /// Absent, an empty text or an empty list.
    Empty,
    /// The boolean true, or an outcome that was true.
    True,
    /// The boolean false, or an outcome that was false.
    False,
}

/// A value that an author wrote: a constant, or a template.
#[derive(Debug, Clone)]
pub enum Operand {
    /// A JSON boolean, number, or array or object of them.
    Constant(Value),
    /// A text: exactly one reference keeps the value's type, anything else
    /// renders to text.
    Template(Template),
}
