//! A scenario as the engine runs it: decoded, with every template compiled.
//!
//! The `document` module has the JSON form that authors write; reading and checking turn
//! it into this form.

use indexmap::IndexMap;
use krabice_contract::name::primary_language;
use krabice_contract::{Kind, Value};
use regex::Regex;

pub use crate::document::{Channel, InputFrom};
use crate::template::Template;

/// A scenario: boxes, exits, texts.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The scenario's name, unique on a host.
    pub name: String,
    /// The title for people.
    pub title: Option<LocalText>,
    /// The languages of its texts, at least one; the first is the default.
    pub languages: Vec<String>,
    /// The time zone of dates.
    pub time_zone: jiff::tz::TimeZone,
    /// The channels that start it from outside.
    pub channels: Vec<Channel>,
    /// Whether an agent may start it from the desk.
    pub is_macro: bool,
    /// The inputs that a session may start with, by name.
    pub inputs: IndexMap<String, Input>,
    /// The id of the first box.
    pub start: String,
    /// The boxes by id.
    pub boxes: IndexMap<String, ScenarioBox>,
}

impl Scenario {
    /// Whether a channel starts it.
    #[must_use]
    pub fn starts_in(&self, channel: Channel) -> bool {
        self.channels.contains(&channel)
    }
}

/// An input: a value that a session may start with.
#[derive(Debug, Clone)]
pub struct Input {
    /// The kind of its value.
    pub kind: Kind,
    /// Where its value comes from.
    pub from: InputFrom,
    /// Whether a session cannot start without it.
    pub required: bool,
    /// The value if none is given.
    pub default: Option<Value>,
    /// What it is for, for people.
    pub help: Option<LocalText>,
}

impl Input {
    /// An optional input of the page.
    #[must_use]
    pub fn of_page(kind: Kind) -> Self {
        Self {
            kind,
            from: InputFrom::Page,
            required: false,
            default: None,
            help: None,
        }
    }
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
    /// The text in a language, else in its primary language (`cs` for `cs-CZ`), else the
    /// first. None only if there is no text at all, which a checked scenario never has.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Option<&Template> {
        match self {
            LocalText::Every(template) => Some(template),
            LocalText::ByLanguage(texts) => texts
                .get(language)
                .or_else(|| texts.get(primary_language(language)))
                .or_else(|| texts.values().next()),
        }
    }

    /// Whether the text has tags, in any language.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        match self {
            LocalText::Every(template) => template.as_text().is_none(),
            LocalText::ByLanguage(texts) => {
                texts.values().any(|template| template.as_text().is_none())
            }
        }
    }
}

/// One box of a scenario.
#[derive(Debug, Clone)]
pub enum ScenarioBox {
    /// Says something.
    Message {
        /// The message.
        text: LocalText,
        /// The files that the customer is offered below the text.
        files: Vec<Operand>,
        /// The box after it.
        next: String,
    },
    /// Offers buttons and waits until one is pressed.
    Buttons {
        /// The text above the buttons.
        text: LocalText,
        /// The variable that receives the pressed button's id.
        save: String,
        /// The buttons, at least one.
        buttons: Vec<Button>,
    },
    /// Asks for an answer and waits for it.
    Answer {
        /// The question.
        text: LocalText,
        /// The form that an answer must have.
        expect: Expect,
        /// The variable that receives the answer.
        save: String,
        /// The text after an answer that does not fit; none: the host's own text in the
        /// session's language.
        reask: Option<LocalText>,
        /// The limit of answers that do not fit; none: any number of them.
        attempts: Option<Attempts>,
        /// The box after a fitting answer.
        next: String,
    },
    /// Decides.
    Condition {
        /// The test.
        test: Test,
        /// The box if the test holds.
        on_true: String,
        /// The box if it does not.
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
    /// Continues at another box or in another scenario.
    Jump(Jump),
    /// Hands the customer over to a person and ends the session.
    Handover {
        /// The text, if the box says something.
        text: Option<LocalText>,
    },
    /// Ends the session, or the jump that led to this scenario.
    End {
        /// The text, if the box says something.
        text: Option<LocalText>,
    },
    /// Runs a function of a plugin.
    Call {
        /// The plugin's name.
        plugin: String,
        /// The function's name.
        function: String,
        /// The connection's name; none if the plugin needs no connection, or if the host
        /// has exactly one of that plugin.
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
        /// The box after a failure that leaves open whether something was done; none: the host
        /// says so, and the session goes on as after another failure.
        on_unknown: Option<String>,
        /// The box after a call that was not made because too many guesses have failed; none:
        /// the host says so, and the session waits at the call.
        on_limited: Option<String>,
    },
}

/// The target of a `jump` box.
#[derive(Debug, Clone)]
pub enum Jump {
    /// A box of the same scenario.
    Box(String),
    /// Another scenario, which has its own variables.
    Scenario {
        /// Its name.
        scenario: String,
        /// The inputs it starts with.
        inputs: IndexMap<String, Operand>,
        /// The box after its `end`; none: its end is the session's end.
        next: Option<String>,
    },
}

/// One button.
#[derive(Debug, Clone)]
pub struct Button {
    /// Its id, unique within the box.
    pub id: String,
    /// The text on it.
    pub label: LocalText,
    /// Words that customers write for it, apart by commas.
    pub keywords: Option<LocalText>,
    /// The box after it.
    pub next: String,
}

/// The limit of answers that do not fit.
#[derive(Debug, Clone)]
pub struct Attempts {
    /// The number of attempts, 1 to 20.
    pub count: u32,
    /// The box after the last attempt.
    pub exhausted: String,
}

/// The form that an answer must have.
#[derive(Debug, Clone)]
pub enum Expect {
    /// Any text of 1 to 2,000 characters.
    Text,
    /// An order number: letters, digits and `-/._ `, 1 to 40 characters, at
    /// least one digit; or what the shop's pattern matches.
    OrderNumber(Option<Regex>),
    /// An e-mail address.
    Email,
    /// A telephone number, international or of the language's country.
    Phone,
    /// A number: a decimal with `,` or `.`, saved as `decimal`.
    Number,
    /// A date as people write it, saved as `timestamp` of the day's start in
    /// the scenario's time zone.
    Date,
    /// One of the choices, in the customer's own words.
    Choice(Vec<AnswerChoice>),
    /// A text that the pattern matches as a whole.
    Pattern(Regex),
}

/// A choice of an `answer` box.
#[derive(Debug, Clone)]
pub struct AnswerChoice {
    /// The value that is saved.
    pub value: String,
    /// The text for the customer.
    pub label: LocalText,
    /// Words that customers write for it, apart by commas.
    pub keywords: Option<LocalText>,
}

/// The test of a `condition` box.
#[derive(Debug, Clone)]
pub enum Test {
    /// Holds if every test holds.
    All(Vec<Test>),
    /// Holds if at least one test holds.
    Any(Vec<Test>),
    /// Holds if the test does not.
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
    /// Whether texts compare letter by letter instead of by normalised, case-insensitive
    /// equality.
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
    /// The text contains the other, or the list contains the item.
    Contains(Operand),
    /// The text starts with the other.
    StartsWith(Operand),
    /// The pattern is found in the text.
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

impl Relation {
    /// The values of its right side.
    #[must_use]
    pub fn operands(&self) -> &[Operand] {
        match self {
            Relation::Equals(right)
            | Relation::NotEquals(right)
            | Relation::GreaterThan(right)
            | Relation::AtLeast(right)
            | Relation::LessThan(right)
            | Relation::AtMost(right)
            | Relation::Contains(right)
            | Relation::StartsWith(right) => std::slice::from_ref(right),
            Relation::OneOf(several) => several,
            Relation::Matches(_)
            | Relation::Exists
            | Relation::Empty
            | Relation::True
            | Relation::False => &[],
        }
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
