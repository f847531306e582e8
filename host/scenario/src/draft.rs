//! A scenario as it was read: decoded, with the place of every part, and with gaps where
//! something could not be read and was reported. The check works on it. A draft without
//! gaps and without errors becomes a [`Scenario`](crate::scenario::Scenario).

use indexmap::IndexMap;
use krabice_contract::{Kind, Value};
use regex::Regex;

use crate::document::{Channel, InputFrom};
use crate::scenario::Operand;
use crate::source::{Part, Place, Placed};
use crate::template::Template;

/// A scenario with places and gaps.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) name: Option<Placed<String>>,
    pub(crate) title: Option<TextDraft>,
    /// The valid language tags, each once.
    pub(crate) languages: Vec<Placed<String>>,
    pub(crate) time_zone: Option<jiff::tz::TimeZone>,
    /// The channels that start it, each once.
    pub(crate) channels: Vec<Placed<Channel>>,
    pub(crate) is_macro: bool,
    pub(crate) inputs: IndexMap<String, InputDraft>,
    pub(crate) start: Option<Placed<String>>,
    pub(crate) boxes: IndexMap<String, BoxDraft>,
}

/// An input.
#[derive(Debug)]
pub(crate) struct InputDraft {
    pub(crate) place: Place,
    pub(crate) kind: Option<Kind>,
    pub(crate) from: InputFrom,
    pub(crate) required: bool,
    pub(crate) default: Option<Value>,
    pub(crate) help: Option<TextDraft>,
}

impl InputDraft {
    /// Whether every session that starts has a value of it.
    pub(crate) fn is_assigned(&self) -> bool {
        self.required || self.default.is_some()
    }
}

/// A text, in one language or several.
#[derive(Debug)]
pub(crate) struct TextDraft {
    pub(crate) place: Place,
    pub(crate) lines: Lines,
}

#[derive(Debug)]
pub(crate) enum Lines {
    /// One text for every language.
    Every(Option<Placed<Template>>),
    /// A text by language tag, with the place of the whole entry.
    ByLanguage(IndexMap<String, (Place, Option<Placed<Template>>)>),
}

impl TextDraft {
    /// The templates that could be read.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Placed<Template>> {
        let (one, many) = match &self.lines {
            Lines::Every(template) => (template.as_ref(), None),
            Lines::ByLanguage(lines) => (
                None,
                Some(lines.values().filter_map(|(_, line)| line.as_ref())),
            ),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// A value that an author wrote, or a gap if it could not be read.
pub(crate) type MaybeOperand = Option<Placed<Operand>>;

/// One box.
#[derive(Debug)]
pub(crate) struct BoxDraft {
    pub(crate) place: Place,
    pub(crate) content: Content,
    /// The variable that it sets, if boxes of its type set one.
    pub(crate) save: Option<Placed<String>>,
    pub(crate) exits: Vec<ExitDraft>,
    /// Whether the author answers for what it does about a value that was not proven.
    pub(crate) unverified: bool,
}

/// One exit.
#[derive(Debug)]
pub(crate) struct ExitDraft {
    pub(crate) name: ExitName,
    /// The place of its target, or of the box if the target is missing.
    pub(crate) place: Place,
    /// The box that it leads to; none if it is missing or could not be read.
    pub(crate) target: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitName {
    Next,
    True,
    False,
    Failure,
    Unknown,
    Limited,
    Exhausted,
    Button(usize),
}

/// The part of a box that depends on its type.
#[derive(Debug)]
pub(crate) enum Content {
    Message {
        text: Option<TextDraft>,
        files: Vec<MaybeOperand>,
    },
    Buttons {
        text: Option<TextDraft>,
        buttons: Vec<ButtonDraft>,
    },
    Answer {
        text: Option<TextDraft>,
        expect: Option<ExpectDraft>,
        reask: Option<TextDraft>,
        attempts: Option<u32>,
    },
    Condition {
        test: Option<TestDraft>,
    },
    Set {
        value: MaybeOperand,
    },
    JumpToBox,
    JumpToScenario {
        scenario: Option<Placed<String>>,
        inputs: IndexMap<String, (Place, MaybeOperand)>,
    },
    Handover {
        text: Option<TextDraft>,
    },
    End {
        text: Option<TextDraft>,
    },
    Call(CallDraft),
    /// A box whose type could not be read.
    Unreadable,
}

#[derive(Debug)]
pub(crate) struct CallDraft {
    /// Plugin and function.
    pub(crate) function: Option<Placed<(String, String)>>,
    pub(crate) connection: Option<Placed<String>>,
    pub(crate) params: IndexMap<String, (Place, MaybeOperand)>,
}

#[derive(Debug)]
pub(crate) struct ButtonDraft {
    pub(crate) id: Option<Placed<String>>,
    pub(crate) label: Option<TextDraft>,
    pub(crate) keywords: Option<TextDraft>,
}

#[derive(Debug)]
pub(crate) enum ExpectDraft {
    Text,
    /// With the pattern of the shop's numbers, if it has one; that may be unreadable.
    OrderNumber(Option<Option<Regex>>),
    Email,
    Phone,
    Number,
    Date,
    Choice(Vec<ChoiceDraft>),
    Pattern(Option<Regex>),
}

#[derive(Debug)]
pub(crate) struct ChoiceDraft {
    pub(crate) value: Option<Placed<String>>,
    pub(crate) label: Option<TextDraft>,
    pub(crate) keywords: Option<TextDraft>,
}

/// A test. A gap within it is a test that could not be read.
#[derive(Debug)]
pub(crate) enum TestDraft {
    All(Vec<Option<TestDraft>>),
    Any(Vec<Option<TestDraft>>),
    Not(Box<Option<TestDraft>>),
    Compare(CompareDraft),
}

#[derive(Debug)]
pub(crate) struct CompareDraft {
    pub(crate) value: MaybeOperand,
    pub(crate) relation: Option<Placed<RelationDraft>>,
    pub(crate) exact: bool,
}

impl CompareDraft {
    /// The right sides: one, several, or none.
    pub(crate) fn right(&self) -> &[MaybeOperand] {
        match self.relation.as_ref().map(|relation| &relation.value) {
            Some(RelationDraft::Pair(_, right)) => std::slice::from_ref(right),
            Some(RelationDraft::OneOf(several)) => several,
            _ => &[],
        }
    }
}

#[derive(Debug)]
pub(crate) enum RelationDraft {
    /// With one right side.
    Pair(PairRelation, MaybeOperand),
    Matches(Option<Regex>),
    OneOf(Vec<MaybeOperand>),
    Exists,
    Empty,
    True,
    False,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PairRelation {
    Equals,
    NotEquals,
    GreaterThan,
    AtLeast,
    LessThan,
    AtMost,
    Contains,
    StartsWith,
}

impl BoxDraft {
    /// Where the name of the box's variable is written: in `save`, else as the box's id.
    pub(crate) fn variable_place(&self) -> (Place, Part) {
        match &self.save {
            Some(save) if save.place != self.place => (save.place, Part::Value),
            _ => (self.place, Part::Key),
        }
    }

    /// Every text that the customer sees.
    pub(crate) fn each_text<'d>(&'d self, visit: &mut dyn FnMut(&'d TextDraft)) {
        match &self.content {
            Content::Message { text, .. } | Content::Handover { text } | Content::End { text } => {
                text.iter().for_each(visit);
            }
            Content::Buttons { text, buttons } => {
                text.iter()
                    .chain(
                        buttons
                            .iter()
                            .flat_map(|button| button.label.iter().chain(&button.keywords)),
                    )
                    .for_each(visit);
            }
            Content::Answer {
                text,
                expect,
                reask,
                ..
            } => {
                text.iter().chain(reask).for_each(&mut *visit);
                if let Some(ExpectDraft::Choice(choices)) = expect {
                    choices
                        .iter()
                        .flat_map(|choice| choice.label.iter().chain(&choice.keywords))
                        .for_each(visit);
                }
            }
            Content::Condition { .. }
            | Content::Set { .. }
            | Content::JumpToBox
            | Content::JumpToScenario { .. }
            | Content::Call(_)
            | Content::Unreadable => {}
        }
    }

    /// Every value that the box uses.
    pub(crate) fn each_operand<'d>(&'d self, visit: &mut dyn FnMut(&'d Placed<Operand>)) {
        match &self.content {
            Content::Condition { test } => test.iter().for_each(|test| test.each_operand(visit)),
            Content::Set { value } => value.iter().for_each(visit),
            Content::Message { files, .. } => files.iter().flatten().for_each(visit),
            Content::JumpToScenario { inputs, .. } => {
                inputs
                    .values()
                    .filter_map(|(_, operand)| operand.as_ref())
                    .for_each(visit);
            }
            Content::Call(call) => {
                call.params
                    .values()
                    .filter_map(|(_, operand)| operand.as_ref())
                    .for_each(visit);
            }
            Content::Buttons { .. }
            | Content::Answer { .. }
            | Content::JumpToBox
            | Content::Handover { .. }
            | Content::End { .. }
            | Content::Unreadable => {}
        }
    }
}

impl TestDraft {
    fn each_operand<'d>(&'d self, visit: &mut dyn FnMut(&'d Placed<Operand>)) {
        match self {
            TestDraft::All(tests) | TestDraft::Any(tests) => {
                tests
                    .iter()
                    .flatten()
                    .for_each(|test| test.each_operand(visit));
            }
            TestDraft::Not(test) => test.iter().for_each(|test| test.each_operand(visit)),
            TestDraft::Compare(compare) => {
                compare.value.iter().for_each(&mut *visit);
                compare.right().iter().flatten().for_each(visit);
            }
        }
    }
}
