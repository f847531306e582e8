//! Reading values of documents by their types, and walking over them.

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use jsonc_parser::ast;
use krabice_contract::name::split_function;
use krabice_contract::{Kind, Value};
use regex::Regex;

use super::Reader;
use super::fields::{Fields, PlacedJson};
use super::keys::keys_of;
use crate::diagnostic::Code;
use crate::document::{
    Boxes, Declaration, Exit, ExitName, FunctionName, InputFrom, Layout, Lines, Operand, Piece,
    Placed, Save, SchemaAddress, Test, Text, Version,
};
use crate::limits;
use crate::name;
use crate::source::{Part, Place};
use crate::template::Template;

/// What findings call a value, and what they call a map or a list of such values.
pub(crate) type What = (&'static str, &'static str);

/// The value of a key of an object, which may be absent.
pub(crate) trait Field: Sized {
    /// Reads it. An absent key that the object requires has been reported.
    fn field(
        reader: &mut Reader<'_, '_>,
        fields: &Fields<'_, '_>,
        key: &'static str,
        what: What,
    ) -> Self;

    /// Visits the pieces in it.
    fn walk<'d>(&'d self, _visit: &mut dyn FnMut(Piece<'d>)) {}
}

/// A value that JSON can hold.
pub(crate) trait Read: Sized {
    /// Reads it, or reports why that is impossible.
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self>;

    /// What stands in its place if it could not be read. None for values that only optional keys
    /// have.
    fn hole(_reader: &mut Reader<'_, '_>, _place: Place) -> Option<Self> {
        None
    }

    /// Visits the pieces in it.
    fn walk<'d>(&'d self, _visit: &mut dyn FnMut(Piece<'d>)) {}
}

/// A value that is kept with its place.
pub(crate) trait Leaf: Sized {
    /// Reads it, or reports why that is impossible.
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: &str) -> Option<Self>;

    /// The value of a hole.
    fn filler() -> Self;

    /// Visits the pieces in it.
    fn walk<'d>(_placed: &'d Placed<Self>, _visit: &mut dyn FnMut(Piece<'d>)) {}
}

/// One of several words.
pub(crate) trait Word: Copy {
    /// All of them.
    fn words() -> impl Iterator<Item = (&'static str, Self)>;
}

/// An object with declared keys.
pub(crate) trait Object: Sized {
    /// The name of its schema.
    const NAME: &'static str;
    /// What findings call it.
    const WHAT: &'static str;

    /// The object with these fields.
    fn of(reader: &mut Reader<'_, '_>, fields: &Fields<'_, '_>) -> Self;

    /// Visits the pieces in it.
    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>));

    /// Whether it is a box that its author has signed.
    fn unverified(&self) -> bool;
}

impl<T: Read> Field for T {
    fn field(
        reader: &mut Reader<'_, '_>,
        fields: &Fields<'_, '_>,
        key: &'static str,
        what: What,
    ) -> Self {
        let read = match fields.get(key) {
            Some(json) => reader.read_or_hole(json, what),
            None => T::hole(reader, fields.place),
        };
        read.expect("a value without a hole is optional")
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        Read::walk(self, visit);
    }
}

impl<T: Read> Field for Option<T> {
    fn field(
        reader: &mut Reader<'_, '_>,
        fields: &Fields<'_, '_>,
        key: &'static str,
        what: What,
    ) -> Self {
        reader.read_or_hole(fields.get(key)?, what)
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        self.iter().for_each(|value| Read::walk(value, visit));
    }
}

/// Something that is false unless the key is there.
impl Field for bool {
    fn field(
        reader: &mut Reader<'_, '_>,
        fields: &Fields<'_, '_>,
        key: &'static str,
        _what: What,
    ) -> Self {
        fields
            .get(key)
            .is_some_and(|json| reader.truth(json, &format!("`{key}`")))
    }
}

impl Field for Exit {
    fn field(
        reader: &mut Reader<'_, '_>,
        fields: &Fields<'_, '_>,
        key: &'static str,
        what: What,
    ) -> Self {
        let exit = Option::<Exit>::field(reader, fields, key, what);
        exit.unwrap_or_else(|| Exit::hole(key, fields.place))
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        visit(Piece::Exit(self));
    }
}

impl Field for Option<Exit> {
    fn field(
        reader: &mut Reader<'_, '_>,
        fields: &Fields<'_, '_>,
        key: &'static str,
        _what: What,
    ) -> Self {
        let to = reader.read_or_hole(fields.get(key)?, ("the id of the box to go on at", ""))?;
        let name = ExitName::of(key);
        Some(Exit { name, to })
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        self.iter().for_each(|exit| visit(Piece::Exit(exit)));
    }
}

impl ExitName {
    fn of(key: &str) -> ExitName {
        let mut names = ExitName::ALL.iter();
        let name = names.find(|name| name.word() == key);
        *name.expect("every key of an exit is the word of its name")
    }
}

impl Exit {
    /// An exit whose target is missing.
    pub(super) fn hole(key: &str, place: Place) -> Exit {
        Exit {
            name: ExitName::of(key),
            to: Placed::hole(String::new(), place),
        }
    }
}

/// The variable that the box sets: `save`, else the box's id.
impl Field for Save {
    fn field(
        reader: &mut Reader<'_, '_>,
        fields: &Fields<'_, '_>,
        key: &'static str,
        _what: What,
    ) -> Self {
        let save = match fields.get(key) {
            Some(json) => {
                let save: Option<Placed<String>> =
                    reader.read_or_hole(json, ("the name of a variable", ""));
                let save = save.expect("a text has a hole");
                if let Some(name) = save.known() {
                    reader.variable(name, save.place, Part::Value, "a variable");
                }
                save
            }
            None => {
                let id = reader.source.key(fields.place).to_owned();
                if name::is_reserved(&id) {
                    let message = format!(
                        "the box would save to a variable `{id}`, which is a keyword of templates"
                    );
                    let help = Some("add `\"save\"` with another name".to_owned());
                    let code = Code::InvalidName;
                    reader
                        .source
                        .report(code, fields.place, Part::Key, message, help);
                }
                Placed::new(id, fields.place)
            }
        };
        Save(save)
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        visit(Piece::Saves(self));
    }
}

impl<T: Object> Read for T {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, _what: What) -> Option<Self> {
        let fields = reader.fields(json, T::WHAT, keys_of(T::NAME))?;
        Some(T::of(reader, &fields))
    }

    fn hole(reader: &mut Reader<'_, '_>, place: Place) -> Option<Self> {
        Some(T::of(reader, &Fields::none(place)))
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        Object::walk(self, visit);
    }
}

impl<T: Leaf> Read for Placed<T> {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        Some(Placed::new(T::leaf(reader, json, what.0)?, json.0))
    }

    fn hole(_reader: &mut Reader<'_, '_>, place: Place) -> Option<Self> {
        Some(Placed::hole(T::filler(), place))
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        T::walk(self, visit);
    }
}

/// A list. It has a hole for each item that could not be read.
impl<T: Read> Read for Vec<T> {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        let items = reader.items(json, what.1)?.into_iter();
        let items = items.filter_map(|item| reader.read_or_hole(item, (what.0, "")));
        Some(items.collect())
    }

    fn hole(_reader: &mut Reader<'_, '_>, _place: Place) -> Option<Self> {
        Some(Vec::new())
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        self.iter().for_each(|item| Read::walk(item, visit));
    }
}

/// A map by name. It has a hole for each value that could not be read.
impl<T: Read> Read for IndexMap<String, T> {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        let entries = reader.entries(json, what.1)?.into_iter();
        let entries = entries.filter_map(|(name, json)| {
            Some((name.to_owned(), reader.read_or_hole(json, (what.0, ""))?))
        });
        Some(entries.collect())
    }

    fn hole(_reader: &mut Reader<'_, '_>, _place: Place) -> Option<Self> {
        Some(IndexMap::new())
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        self.values().for_each(|value| Read::walk(value, visit));
    }
}

impl<T: Word> Leaf for T {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: &str) -> Option<Self> {
        reader.word(json, what, T::words())
    }

    fn filler() -> Self {
        let last = T::words().last();
        last.expect("there are words").1
    }
}

impl Word for Kind {
    fn words() -> impl Iterator<Item = (&'static str, Self)> {
        Kind::ALL.iter().map(|kind| (kind.word(), *kind))
    }
}

/// An id, a name, a value: a text with content that is not a template.
impl Leaf for String {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: &str) -> Option<Self> {
        reader.filled(json, what)
    }

    fn filler() -> Self {
        String::new()
    }
}

impl Leaf for FunctionName {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: &str) -> Option<Self> {
        let text = reader.filled(json, what)?;
        let names = split_function(&text).map(|(plugin, function)| FunctionName {
            plugin: plugin.to_owned(),
            function: function.to_owned(),
        });
        if names.is_none() {
            let message = format!("`{text}` cannot be a function");
            let help = "write the plugin, a `/` and the function: `upgates/load-order`".to_owned();
            let code = Code::InvalidName;
            reader
                .source
                .report(code, json.0, Part::Value, message, Some(help));
        }
        names
    }

    fn filler() -> Self {
        FunctionName::default()
    }
}

impl Leaf for TimeZone {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: &str) -> Option<Self> {
        reader.time_zone(json, what)
    }

    fn filler() -> Self {
        TimeZone::unknown()
    }
}

impl Leaf for Version {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, _what: &str) -> Option<Self> {
        reader.version(json)
    }

    fn filler() -> Self {
        Version
    }
}

/// A text, or a map of texts by language.
impl Read for Text {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        let lines = match json.1 {
            ast::Value::StringLit(_) => {
                Lines::Every(reader.read_or_hole(json, what).expect("a line has a hole"))
            }
            ast::Value::Object(_) => {
                let lines = IndexMap::read(reader, json, (what.0, what.0))?;
                if lines.is_empty() {
                    reader.empty(json.0, what.0);
                }
                Lines::ByLanguage(lines)
            }
            ast::Value::NumberLit(_)
            | ast::Value::BooleanLit(_)
            | ast::Value::Array(_)
            | ast::Value::NullKeyword(_) => {
                let what = what.0;
                let should = format!("{what} must be a text or an object of texts by language");
                reader.wrong_type(json, &should);
                return None;
            }
        };
        Some(Text {
            place: json.0,
            lines,
        })
    }

    fn hole(_reader: &mut Reader<'_, '_>, place: Place) -> Option<Self> {
        Some(Text {
            place,
            lines: Lines::ByLanguage(IndexMap::new()),
        })
    }

    fn walk<'d>(&'d self, visit: &mut dyn FnMut(Piece<'d>)) {
        visit(Piece::Text(self));
    }
}

/// A text in one language.
impl Leaf for Template {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: &str) -> Option<Self> {
        let text = reader.string(json, what)?;
        if text.trim().is_empty() {
            reader.empty(json.0, what);
            return None;
        }
        reader.template(&text, json.0)
    }

    fn filler() -> Self {
        Template::parse("").expect("an empty text is a template")
    }
}

/// A value: a constant, or a template.
impl Leaf for Operand {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: &str) -> Option<Self> {
        Some(if let ast::Value::StringLit(_) = json.1 {
            let text = reader.string(json, what)?;
            Operand::Template(reader.template(&text, json.0)?)
        } else {
            Operand::Constant(reader.constant(json, what)?)
        })
    }

    fn filler() -> Self {
        Operand::Constant(Value::Boolean(false))
    }

    fn walk<'d>(placed: &'d Placed<Self>, visit: &mut dyn FnMut(Piece<'d>)) {
        if placed.known().is_some() {
            visit(Piece::Value(placed));
        }
    }
}

impl Leaf for Test {
    fn leaf(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, _what: &str) -> Option<Self> {
        reader.test(json)
    }

    fn filler() -> Self {
        Test::All(crate::document::All { all: Vec::new() })
    }

    fn walk<'d>(placed: &'d Placed<Self>, visit: &mut dyn FnMut(Piece<'d>)) {
        match &placed.value {
            Test::All(tests) => Object::walk(tests, visit),
            Test::Any(tests) => Object::walk(tests, visit),
            Test::Not(test) => Object::walk(&**test, visit),
            Test::Compare(comparison) => {
                let values = std::iter::once(&comparison.value).chain(&comparison.to);
                values.for_each(|value| Leaf::walk(value, visit));
            }
        }
    }
}

impl Read for Regex {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, _what: What) -> Option<Self> {
        reader.pattern(json, false)
    }
}

/// The value of an input that is not given.
impl Read for Value {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        if matches!(json.1, ast::Value::Object(_) | ast::Value::Array(_)) {
            let should = format!("{} must be a boolean, a number or a text", what.0);
            reader.wrong_type(json, &should);
            return None;
        }
        reader.constant(json, what.0)
    }
}

/// A number of attempts.
impl Read for u32 {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        let ast::Value::NumberLit(number) = json.1 else {
            reader.wrong_type(json, &format!("{} must be a number", what.0));
            return None;
        };
        let attempts = number.value.parse().ok();
        let attempts = attempts.filter(|count| (1..=limits::ATTEMPTS).contains(count));
        if attempts.is_none() {
            let message = format!("`{}` cannot be {}", number.value, what.0);
            let help = format!("use a whole number from 1 to {}", limits::ATTEMPTS);
            let code = Code::OutOfRange;
            reader
                .source
                .report(code, json.0, Part::Value, message, Some(help));
        }
        // A limit that another version allowed stays a limit.
        Some(attempts.unwrap_or(limits::ATTEMPTS))
    }
}

impl Read for SchemaAddress {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        reader.string(json, what.0).map(|_| SchemaAddress)
    }
}

impl Read for Layout {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        reader.entries(json, what.0).map(|_| Layout)
    }
}

/// A kind alone, for an optional input of the page; or a declaration.
impl Read for Placed<Declaration> {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        let (place, _) = json;
        let input = if let ast::Value::Object(_) = json.1 {
            Declaration::read(reader, json, what)?
        } else {
            let kind = reader.read_or_hole(json, ("a kind", ""));
            Declaration {
                kind: kind.expect("a word has a hole"),
                from: Placed::new(InputFrom::Page, place),
                required: false,
                default: None,
                help: None,
            }
        };
        Some(Placed::new(input, place))
    }
}

impl Read for Boxes {
    fn read(reader: &mut Reader<'_, '_>, json: PlacedJson<'_, '_>, what: What) -> Option<Self> {
        let entries = reader.entries(json, what.1)?;
        if entries.is_empty() {
            reader.empty(json.0, what.1);
        }
        if entries.len() > limits::BOXES {
            let most = limits::BOXES;
            let message = format!("the scenario has {} boxes", entries.len());
            let help = format!("a scenario has at most {most} boxes; divide it and use `jump`");
            let code = Code::TooLarge;
            reader
                .source
                .report(code, json.0, Part::Key, message, Some(help));
        }
        let entries = entries.into_iter().take(limits::BOXES);
        let boxes = entries.map(|(id, json)| {
            reader.name(id, json.0, Part::Key, what.0);
            (id.to_owned(), Placed::new(reader.node(id, json), json.0))
        });
        Some(Boxes(boxes.collect()))
    }

    fn hole(_reader: &mut Reader<'_, '_>, _place: Place) -> Option<Self> {
        Some(Boxes(IndexMap::new()))
    }
}
