//! Turning a draft without errors into the scenario that the engine runs.

use indexmap::IndexMap;
use krabice_contract::{Kind, Value};

use super::calls::as_moment;
use super::manifests::Calls;
use crate::draft::{
    BoxDraft, CallDraft, CompareDraft, Content, Draft, ExitName, ExpectDraft, InputDraft, Lines,
    MaybeOperand, PairRelation, RelationDraft, TestDraft, TextDraft,
};
use crate::scenario::{
    AnswerChoice, Attempts, Button, Comparison, Expect, Input, Jump, LocalText, Operand, Relation,
    Scenario, ScenarioBox, Test,
};

/// The scenario; none if the draft has a gap, which reading has reported.
pub(super) fn scenario(draft: &Draft, calls: &Calls<'_>) -> Option<Scenario> {
    let decoder = Decoder { draft, calls };
    let boxes = draft.boxes.iter().enumerate();
    Some(Scenario {
        name: draft.name.as_ref()?.value.clone(),
        title: gapless(draft.title.as_ref().map(text))?,
        languages: draft
            .languages
            .iter()
            .map(|language| language.value.clone())
            .collect(),
        time_zone: draft.time_zone.clone()?,
        channels: draft.channels.iter().map(|each| each.value).collect(),
        is_macro: draft.is_macro,
        inputs: draft
            .inputs
            .iter()
            .map(|(name, of)| Some((name.clone(), input(of)?)))
            .collect::<Option<_>>()?,
        start: draft.start.as_ref()?.value.clone(),
        boxes: boxes
            .map(|(number, (id, each))| Some((id.clone(), decoder.one_box(number, each)?)))
            .collect::<Option<_>>()?,
    })
}

fn input(of: &InputDraft) -> Option<Input> {
    Some(Input {
        kind: of.kind?,
        from: of.from,
        required: of.required,
        default: of.default.clone(),
        help: gapless(of.help.as_ref().map(text))?,
    })
}

#[derive(Clone, Copy)]
struct Decoder<'c> {
    draft: &'c Draft,
    calls: &'c Calls<'c>,
}

impl Decoder<'_> {
    fn one_box(self, number: usize, of: &BoxDraft) -> Option<ScenarioBox> {
        let exit = |name| exit(of, name);
        let save = || of.save.as_ref().map(|save| save.value.clone());
        Some(match &of.content {
            Content::Message { text: of, files } => ScenarioBox::Message {
                text: text(of.as_ref()?)?,
                files: files.iter().map(operand).collect::<Option<_>>()?,
                next: exit(ExitName::Next)?,
            },
            Content::Buttons {
                text: above,
                buttons,
            } => ScenarioBox::Buttons {
                text: text(above.as_ref()?)?,
                save: save()?,
                buttons: buttons
                    .iter()
                    .enumerate()
                    .map(|(index, button)| {
                        Some(Button {
                            id: button.id.as_ref()?.value.clone(),
                            label: text(button.label.as_ref()?)?,
                            keywords: gapless(button.keywords.as_ref().map(text))?,
                            next: exit(ExitName::Button(index))?,
                        })
                    })
                    .collect::<Option<_>>()?,
            },
            Content::Answer {
                text: question,
                expect: expected,
                reask,
                attempts,
            } => ScenarioBox::Answer {
                text: text(question.as_ref()?)?,
                expect: expect(expected.as_ref()?)?,
                save: save()?,
                reask: gapless(reask.as_ref().map(text))?,
                attempts: match attempts {
                    Some(count) => Some(Attempts {
                        count: *count,
                        exhausted: exit(ExitName::Exhausted)?,
                    }),
                    None => None,
                },
                next: exit(ExitName::Next)?,
            },
            Content::Condition { test: of } => ScenarioBox::Condition {
                test: test(of.as_ref()?)?,
                on_true: exit(ExitName::True)?,
                on_false: exit(ExitName::False)?,
            },
            Content::Set { value } => ScenarioBox::Set {
                save: save()?,
                value: operand(value)?,
                next: exit(ExitName::Next)?,
            },
            Content::JumpToBox => ScenarioBox::Jump(Jump::Box(exit(ExitName::Next)?)),
            Content::JumpToScenario { scenario, inputs } => ScenarioBox::Jump(Jump::Scenario {
                scenario: scenario.as_ref()?.value.clone(),
                inputs: inputs
                    .iter()
                    .map(|(name, (_, value))| Some((name.clone(), operand(value)?)))
                    .collect::<Option<_>>()?,
                next: exit(ExitName::Next),
            }),
            Content::Handover { text: of } => ScenarioBox::Handover {
                text: gapless(of.as_ref().map(text))?,
            },
            Content::End { text: of } => ScenarioBox::End {
                text: gapless(of.as_ref().map(text))?,
            },
            Content::Call(call) => self.call(number, of, call)?,
            Content::Unreadable => return None,
        })
    }

    fn call(self, number: usize, of: &BoxDraft, call: &CallDraft) -> Option<ScenarioBox> {
        let (plugin, function) = call.function.as_ref()?.value.clone();
        let parameters = self
            .calls
            .of_box(number)
            .and_then(|called| called.function)
            .map(|of| &of.parameters);
        let kind_of = |name: &str| {
            parameters?
                .iter()
                .find(|known| known.name == name)
                .map(|known| known.kind)
        };
        let params: Option<IndexMap<_, _>> = call
            .params
            .iter()
            .map(|(name, (_, value))| Some((name.clone(), self.parameter(value, kind_of(name))?)))
            .collect();
        Some(ScenarioBox::Call {
            plugin,
            function,
            connection: call
                .connection
                .as_ref()
                .map(|connection| connection.value.clone()),
            params: params?,
            save: of.save.as_ref()?.value.clone(),
            on_true: exit(of, ExitName::True)?,
            on_false: exit(of, ExitName::False)?,
            on_failure: exit(of, ExitName::Failure),
            on_unknown: exit(of, ExitName::Unknown),
            on_limited: exit(of, ExitName::Limited),
        })
    }

    /// A parameter. A constant is converted to the kind that the manifest asks for: an integer
    /// to a decimal, a date to a moment.
    fn parameter(self, value: &MaybeOperand, asked: Option<Kind>) -> Option<Operand> {
        let written = &value.as_ref()?.value;
        if let (Some(Kind::Timestamp), Some(text)) = (asked, written.literal())
            && let Some(moment) = self
                .draft
                .time_zone
                .as_ref()
                .and_then(|zone| as_moment(text, zone))
        {
            return Some(Operand::Constant(moment));
        }
        if let (Some(Kind::Decimal), Operand::Constant(Value::Integer(number))) = (asked, written) {
            return Some(Operand::Constant(Value::Decimal((*number).into())));
        }
        operand(value)
    }
}

fn exit(of: &BoxDraft, name: ExitName) -> Option<String> {
    of.exits
        .iter()
        .find(|exit| exit.name == name)?
        .target
        .clone()
}

/// Turns a gap of an optional value into a gap of the whole. An absent value stays absent.
#[expect(
    clippy::option_option,
    reason = "none is an absent key, some none is a gap"
)]
fn gapless<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(Some(value)) => Some(Some(value)),
        Some(None) => None,
    }
}

fn text(of: &TextDraft) -> Option<LocalText> {
    Some(match &of.lines {
        Lines::Every(template) => LocalText::Every(template.as_ref()?.value.clone()),
        Lines::ByLanguage(lines) => LocalText::ByLanguage(
            lines
                .iter()
                .map(|(language, (_, line))| Some((language.clone(), line.as_ref()?.value.clone())))
                .collect::<Option<_>>()?,
        ),
    })
}

fn operand(of: &MaybeOperand) -> Option<Operand> {
    Some(of.as_ref()?.value.clone())
}

fn expect(of: &ExpectDraft) -> Option<Expect> {
    Some(match of {
        ExpectDraft::Text => Expect::Text,
        ExpectDraft::OrderNumber(pattern) => Expect::OrderNumber(gapless(pattern.clone())?),
        ExpectDraft::Email => Expect::Email,
        ExpectDraft::Phone => Expect::Phone,
        ExpectDraft::Number => Expect::Number,
        ExpectDraft::Date => Expect::Date,
        ExpectDraft::Choice(choices) => Expect::Choice(
            choices
                .iter()
                .map(|choice| {
                    Some(AnswerChoice {
                        value: choice.value.as_ref()?.value.clone(),
                        label: text(choice.label.as_ref()?)?,
                        keywords: gapless(choice.keywords.as_ref().map(text))?,
                    })
                })
                .collect::<Option<_>>()?,
        ),
        ExpectDraft::Pattern(pattern) => Expect::Pattern(pattern.clone()?),
    })
}

fn test(of: &TestDraft) -> Option<Test> {
    let all = |tests: &[Option<TestDraft>]| {
        tests
            .iter()
            .map(|of| test(of.as_ref()?))
            .collect::<Option<Vec<_>>>()
    };
    Some(match of {
        TestDraft::All(tests) => Test::All(all(tests)?),
        TestDraft::Any(tests) => Test::Any(all(tests)?),
        TestDraft::Not(of) => Test::Not(Box::new(test((**of).as_ref()?)?)),
        TestDraft::Compare(CompareDraft {
            value,
            relation,
            exact,
        }) => Test::Compare(Comparison {
            value: operand(value)?,
            is: self::relation(&relation.as_ref()?.value)?,
            exact: *exact,
        }),
    })
}

fn relation(of: &RelationDraft) -> Option<Relation> {
    Some(match of {
        RelationDraft::Pair(pair, right) => {
            let right = operand(right)?;
            match pair {
                PairRelation::Equals => Relation::Equals(right),
                PairRelation::NotEquals => Relation::NotEquals(right),
                PairRelation::GreaterThan => Relation::GreaterThan(right),
                PairRelation::AtLeast => Relation::AtLeast(right),
                PairRelation::LessThan => Relation::LessThan(right),
                PairRelation::AtMost => Relation::AtMost(right),
                PairRelation::Contains => Relation::Contains(right),
                PairRelation::StartsWith => Relation::StartsWith(right),
            }
        }
        RelationDraft::Matches(pattern) => Relation::Matches(pattern.clone()?),
        RelationDraft::OneOf(several) => {
            Relation::OneOf(several.iter().map(operand).collect::<Option<_>>()?)
        }
        RelationDraft::Exists => Relation::Exists,
        RelationDraft::Empty => Relation::Empty,
        RelationDraft::True => Relation::True,
        RelationDraft::False => Relation::False,
    })
}
