//! Values as they cross to a plugin and back.
//!
//! Both directions are checked against a [`Shape`]: what goes in has to be what
//! the plugin's manifest asks for, what comes out has to be what it promises.
//! A [`Breach`] says where and what, and never the value itself.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_scenario::file::{File, is_file_name, is_media_type};
use krabice_scenario::{Kind, Value};
use rust_decimal::Decimal;

use crate::bindings::values as wit;
use crate::json;
use crate::shape::{Shape, Slot};

/// The most significant digits of a decimal.
const DIGITS: usize = 28;

/// The largest texts, JSON values and files that may cross, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) text: usize,
    pub(crate) json: usize,
    pub(crate) file: usize,
}

/// Where a value is not what it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    /// The path: `items[2].code`.
    pub(crate) at: String,
    /// What is wrong: `expected integer, found text`.
    pub(crate) what: String,
}

impl Breach {
    pub(crate) fn new(at: impl Into<String>, what: impl Into<String>) -> Breach {
        Breach {
            at: at.into(),
            what: what.into(),
        }
    }

    fn kind(at: impl Into<String>, expected: Kind, found: &str) -> Breach {
        Breach::new(at, format!("expected {expected}, found {found}"))
    }
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.at, self.what)
    }
}

/// Reads a value that a plugin gave for a name.
pub(crate) fn read(
    shape: &Shape,
    value: wit::Value,
    name: &str,
    sizes: Sizes,
) -> Result<Value, Breach> {
    let found = word(&value);
    match (shape, value) {
        (Shape::Boolean, wit::Value::Boolean(value)) => Ok(Value::Boolean(value)),
        (Shape::Integer, wit::Value::Integer(value)) => Ok(Value::Integer(value)),
        (Shape::Decimal, wit::Value::Decimal(text)) => decimal(&text)
            .map(Value::Decimal)
            .map_err(|what| Breach::new(name, what)),
        (Shape::Timestamp, wit::Value::Timestamp(text)) => timestamp(&text)
            .map(Value::Timestamp)
            .map_err(|what| Breach::new(name, what)),
        (Shape::Text { kind, choices }, wit::Value::Text(text)) => {
            check_text(*kind, choices, &text, sizes).map_err(|what| Breach::new(name, what))?;
            Ok(Value::Text(text))
        }
        (Shape::List(_) | Shape::Record(_), wit::Value::Json(text)) => {
            json::read(shape, &text, name, sizes)
        }
        (Shape::File, wit::Value::File(said)) => file(said, sizes)
            .map(Value::File)
            .map_err(|what| Breach::new(name, what)),
        (shape, _) => Err(Breach::kind(name, shape.kind(), found)),
    }
}

/// Makes the value that a plugin receives for a name. An integer serves as a
/// decimal, and a number as a text, for nothing is lost by either.
pub(crate) fn write(
    shape: &Shape,
    value: &Value,
    name: &str,
    sizes: Sizes,
    zone: &TimeZone,
) -> Result<wit::Value, Breach> {
    Ok(match (shape, value) {
        (Shape::Boolean, Value::Boolean(value)) => wit::Value::Boolean(*value),
        (Shape::Integer, Value::Integer(value)) => wit::Value::Integer(*value),
        (Shape::Decimal, Value::Decimal(value)) => wit::Value::Decimal(value.to_string()),
        (Shape::Decimal, Value::Integer(value)) => wit::Value::Decimal(value.to_string()),
        (Shape::Timestamp, Value::Timestamp(value)) => wit::Value::Timestamp(moment(*value, zone)),
        (Shape::Text { kind, choices }, value) => {
            let text =
                as_text(value).ok_or_else(|| Breach::kind(name, *kind, value.kind().word()))?;
            check_text(*kind, choices, &text, sizes).map_err(|what| Breach::new(name, what))?;
            wit::Value::Text(text)
        }
        (Shape::List(_) | Shape::Record(_), Value::List(_) | Value::Record(_)) => {
            let text = plain(shape, value, name, sizes, zone)?.to_string();
            if text.len() > sizes.json {
                return Err(Breach::new(name, too_long("JSON", text.len(), sizes.json)));
            }
            wit::Value::Json(text)
        }
        (shape, value) => return Err(Breach::kind(name, shape.kind(), value.kind().word())),
    })
}

/// A moment as RFC 3339 in a time zone.
pub(crate) fn moment(moment: Timestamp, zone: &TimeZone) -> String {
    moment
        .display_with_offset(zone.to_offset(moment))
        .to_string()
}

/// A setting's value, whose kind the connection has checked.
pub(crate) fn setting(value: &Value) -> wit::Value {
    match value {
        Value::Boolean(value) => wit::Value::Boolean(*value),
        Value::Integer(value) => wit::Value::Integer(*value),
        Value::Decimal(value) => wit::Value::Decimal(value.to_string()),
        Value::Text(value) => wit::Value::Text(value.clone()),
        Value::Timestamp(value) => wit::Value::Timestamp(value.to_string()),
        // No connection gives a setting a file; its name is all that could be said of one.
        Value::List(_) | Value::Record(_) | Value::File(_) => {
            wit::Value::Json(value.to_plain_json().to_string())
        }
    }
}

/// The JSON of a list or record, part by part.
fn plain(
    shape: &Shape,
    value: &Value,
    at: &str,
    sizes: Sizes,
    zone: &TimeZone,
) -> Result<serde_json::Value, Breach> {
    match (shape, value) {
        (Shape::List(item), Value::List(items)) => items
            .iter()
            .enumerate()
            .map(|(index, value)| plain(item, value, &format!("{at}[{index}]"), sizes, zone))
            .collect(),
        (Shape::Record(slots), Value::Record(fields)) => {
            if let Some(unknown) = fields.keys().find(|name| !has(slots, name)) {
                return Err(Breach::new(
                    format!("{at}.{unknown}"),
                    "there is no such part",
                ));
            }
            let mut object = serde_json::Map::with_capacity(fields.len());
            for slot in slots {
                let at = format!("{at}.{}", slot.name);
                match fields.get(&slot.name).or(slot.default.as_ref()) {
                    Some(value) => {
                        object.insert(
                            slot.name.clone(),
                            plain(&slot.shape, value, &at, sizes, zone)?,
                        );
                    }
                    None if slot.optional => {}
                    None => return Err(Breach::new(at, "is missing")),
                }
            }
            Ok(object.into())
        }
        // Nothing but single values may go on to `write`, which comes back here
        // for the others.
        (Shape::List(_) | Shape::Record(_), value) => {
            Err(Breach::kind(at, shape.kind(), value.kind().word()))
        }
        (shape, value) => Ok(match write(shape, value, at, sizes, zone)? {
            wit::Value::Boolean(value) => value.into(),
            wit::Value::Integer(value) => value.into(),
            wit::Value::Decimal(text)
            | wit::Value::Text(text)
            | wit::Value::Timestamp(text)
            | wit::Value::Json(text) => text.into(),
            // `write` makes none: no parameter is a file.
            wit::Value::File(file) => file.name.into(),
        }),
    }
}

fn has(slots: &[Slot], name: &str) -> bool {
    slots.iter().any(|slot| slot.name == name)
}

/// A number or a text, as text.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Decimal(value) => Some(value.to_string()),
        Value::Boolean(_)
        | Value::Timestamp(_)
        | Value::List(_)
        | Value::Record(_)
        | Value::File(_) => None,
    }
}

/// Checks a text against what its kind allows.
pub(crate) fn check_text(
    kind: Kind,
    choices: &[String],
    text: &str,
    sizes: Sizes,
) -> Result<(), String> {
    if text.len() > sizes.text {
        return Err(too_long("text", text.len(), sizes.text));
    }
    if text.contains('\0') {
        return Err("the text holds a NUL character".to_owned());
    }
    match kind {
        Kind::Email if !is_email(text) => Err("is no e-mail address".to_owned()),
        Kind::Url if !is_url(text) => Err("is no `http` or `https` address".to_owned()),
        Kind::Phone | Kind::Choice if text.is_empty() => Err("is empty".to_owned()),
        Kind::Choice if !choices.is_empty() && !choices.iter().any(|choice| choice == text) => {
            Err(format!("is none of the choices {}", choices.join(", ")))
        }
        _ => Ok(()),
    }
}

/// Something before and after the one `@`, and no white space. Whether mail
/// arrives there is for the back end to say.
fn is_email(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn too_long(what: &str, bytes: usize, limit: usize) -> String {
    format!("the {what} has {bytes} bytes, more than {limit}")
}

/// Reads the contract's decimal: an optional `-`, digits, and an optional point
/// with digits.
pub(crate) fn decimal(text: &str) -> Result<Decimal, String> {
    const FORM: &str =
        "is no decimal: expected digits such as `1230.50`, without exponent and grouping";
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(FORM.to_owned());
    }
    Decimal::from_str_exact(text).map_err(|_| format!("has more than {DIGITS} significant digits"))
}

/// Reads the contract's file.
fn file(said: wit::File, sizes: Sizes) -> Result<File, String> {
    if !is_file_name(&said.name) {
        return Err(
            "the name of the file is none: 1 to 128 characters, no `/`, `\\`, `:`, no control \
             character, no point at the start"
                .to_owned(),
        );
    }
    if !is_media_type(&said.media_type) {
        return Err("the media type of the file is none, such as `application/pdf`".to_owned());
    }
    match said.content.len() {
        0 => Err("the file is empty".to_owned()),
        bytes if bytes > sizes.file => Err(too_long("file", bytes, sizes.file)),
        _ => Ok(File {
            name: said.name,
            media_type: said.media_type,
            content: said.content.into(),
        }),
    }
}

/// Reads the contract's timestamp: RFC 3339 with an offset, or a clock's reading with
/// its time zone in brackets.
pub(crate) fn timestamp(text: &str) -> Result<Timestamp, String> {
    const FORM: &str = "is no timestamp: expected RFC 3339 with an offset, such as \
                        `2026-03-14T09:26:53+01:00`, or a clock's reading with its time zone, such \
                        as `2026-03-14T09:26:53[Europe/Prague]`";
    if let Some((clock, zone)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        return clock_reading(clock, zone).ok_or_else(|| FORM.to_owned());
    }
    let bytes = text.as_bytes();
    let at = |index: usize, expected: u8| bytes.get(index) == Some(&expected);
    // Jiff also reads looser forms, which other readers of the contract would not.
    let strict = text.is_ascii()
        && at(4, b'-')
        && at(7, b'-')
        && at(10, b'T')
        && at(13, b':')
        && at(16, b':')
        && !text.contains(',')
        && (text.ends_with('Z') || (bytes.len() >= 25 && at(bytes.len() - 3, b':')));
    if !strict {
        return Err(FORM.to_owned());
    }
    text.parse().map_err(|_| FORM.to_owned())
}

/// What a clock in a time zone shows, as a moment. In the hour that a change of clocks
/// skips or repeats, as RFC 5545 has it.
fn clock_reading(clock: &str, zone: &str) -> Option<Timestamp> {
    const LENGTH: usize = "2026-03-14T09:26:53".len();
    let strict = clock.len() == LENGTH && clock.as_bytes()[10] == b'T';
    let zone = TimeZone::get(zone).ok()?;
    let clock: jiff::civil::DateTime = clock.parse().ok().filter(|_| strict)?;
    Some(clock.to_zoned(zone).ok()?.timestamp())
}

/// What kind of value a plugin gave.
pub(crate) fn word(value: &wit::Value) -> &'static str {
    match value {
        wit::Value::Boolean(_) => "boolean",
        wit::Value::Integer(_) => "integer",
        wit::Value::Decimal(_) => "decimal",
        wit::Value::Text(_) => "text",
        wit::Value::Timestamp(_) => "timestamp",
        wit::Value::Json(_) => "json",
        wit::Value::File(_) => "file",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_digits_and_is_nothing_else() {
        for text in [
            "0",
            "-0.10",
            "1230.50",
            "0.0000000000000000000000000001",
            "9999999999999999999999999999",
        ] {
            assert_eq!(decimal(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "+1",
            "1e3",
            "1 230,50",
            "1,5",
            "1.2.3",
            "NaN",
            "٣",
            " 1",
            "--1",
            "99999999999999999999999999999.9999999999",
        ] {
            assert!(decimal(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_timestamp_is_rfc_3339_with_an_offset() {
        for text in [
            "2026-03-14T09:26:53+01:00",
            "2026-03-14T08:26:53Z",
            "2026-03-14T08:26:53.123Z",
            "2026-03-14T09:26:53[Europe/Prague]",
        ] {
            assert!(timestamp(text).is_ok(), "{text:?}");
        }
        for text in [
            "",
            "2026-03-14",
            "2026-03-14T09:26:53",
            "2026-03-14 09:26:53+01:00",
            "2026-03-14T09:26:53+01:00[Europe/Prague]",
            "20260314T092653Z",
            "2026-13-14T09:26:53Z",
            "14. 3. 2026",
            "2026-03-14T09:26Z",
            "2026-03-14T09:26:53[Europe/Atlantis]",
            "2026-03-14T09:26:53[]",
            "2026-03-14 09:26:53[Europe/Prague]",
            "2026-03-14[Europe/Prague]",
            "2026-02-30T09:26:53[Europe/Prague]",
        ] {
            assert!(timestamp(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_clock_s_reading_is_a_moment_of_its_time_zone() {
        for (text, moment) in [
            ("2026-03-14T09:26:53[Europe/Prague]", "2026-03-14T08:26:53Z"),
            ("2026-07-14T09:26:53[Europe/Warsaw]", "2026-07-14T07:26:53Z"),
            // Shown twice: the first one.
            ("2026-10-25T02:30:00[Europe/Prague]", "2026-10-25T00:30:00Z"),
            // Shown never: as much later as the clocks were put on.
            ("2026-03-29T02:30:00[Europe/Prague]", "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(timestamp(text).unwrap().to_string(), moment, "{text}");
        }
    }

    #[test]
    fn a_file_has_a_safe_name_a_media_type_and_bytes_within_the_limit() {
        let sizes = Sizes {
            text: 100,
            json: 100,
            file: 4,
        };
        let check = |name: &str, media_type: &str, content: &[u8]| {
            let said = wit::File {
                name: name.to_owned(),
                media_type: media_type.to_owned(),
                content: content.to_owned(),
            };
            file(said, sizes)
        };
        assert_eq!(
            &*check("a.pdf", "application/pdf", b"%PDF").unwrap().content,
            b"%PDF"
        );
        for (name, media_type, content) in [
            ("../a.pdf", "application/pdf", b"%PDF".as_slice()),
            ("a.pdf", "pdf", b"%PDF"),
            ("a.pdf", "application/pdf", b""),
            ("a.pdf", "application/pdf", b"%PDF-"),
        ] {
            assert!(
                check(name, media_type, content).is_err(),
                "{name} {media_type}"
            );
        }
    }

    #[test]
    fn textual_kinds_hold_what_their_name_says() {
        let sizes = Sizes {
            text: 100,
            json: 100,
            file: 100,
        };
        let check = |kind, text| check_text(kind, &[], text, sizes).is_ok();
        assert!(check(Kind::Email, "jana@example.cz") && check(Kind::Email, "\"a@b\"@example.cz"));
        assert!(!check(Kind::Email, "jana") && !check(Kind::Email, "@example.cz"));
        assert!(!check(Kind::Email, "jana @example.cz") && !check(Kind::Email, ""));
        assert!(check(Kind::Url, "https://example.cz/a?b=c"));
        assert!(!check(Kind::Url, "javascript:alert(1)") && !check(Kind::Url, "example.cz"));
        assert!(check(Kind::Phone, "+420 777 123 456") && !check(Kind::Phone, ""));
        assert!(check(Kind::Text, "") && !check(Kind::Text, "a\0b"));
        assert!(!check(Kind::Text, &"x".repeat(101)));
    }
}
