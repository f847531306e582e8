//! Single values as the contract writes them: texts, decimals, timestamps and files.
//! An error tells the fault, and never repeats the value.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::file::{File, is_file_name, is_media_type};
use crate::kind::Kind;
use crate::raw;
use crate::value::Sizes;

/// The most significant digits of a decimal.
const DIGITS: usize = 28;

/// Checks that a text is of a textual kind.
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
        return Err("the text has a NUL character".to_owned());
    }
    if kind == Kind::Email && !is_email(text) {
        return Err("is not an e-mail address".to_owned());
    }
    if kind == Kind::Url && !is_url(text) {
        return Err("is not an `http` or `https` address".to_owned());
    }
    if matches!(kind, Kind::Phone | Kind::Choice) && text.is_empty() {
        return Err("is empty".to_owned());
    }
    if kind == Kind::Choice && !choices.is_empty() && !choices.iter().any(|choice| choice == text) {
        return Err(format!("is not one of the choices {}", choices.join(", ")));
    }
    Ok(())
}

/// Whether a text has a part before and after its last `@`, and no white space. Whether
/// mail arrives there, only the back end can know.
fn is_email(text: &str) -> bool {
    !text.contains(char::is_whitespace)
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

pub(crate) fn too_long(what: &str, bytes: usize, limit: usize) -> String {
    format!("the {what} has {bytes} bytes, more than {limit}")
}

/// Reads an exact decimal in the contract's form: an optional `-`, digits, and an optional
/// point with digits; at most 28 significant digits. Nothing is rounded.
///
/// # Errors
/// What the text should be: it has another form, or more digits.
pub fn decimal(text: &str) -> Result<Decimal, String> {
    const FORM: &str =
        "is not a decimal: expected digits such as `1230.50`, without exponent and grouping";
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(FORM.to_owned());
    }
    let written = digits.bytes().filter(|b| *b != b'.');
    let significant = written.skip_while(|b| *b == b'0').count();
    let exact = Decimal::from_str_exact(text)
        .ok()
        .filter(|_| significant <= DIGITS);
    exact.ok_or_else(|| format!("has more than {DIGITS} significant digits"))
}

/// Reads the contract's file.
pub(crate) fn file(file: raw::File, sizes: Sizes) -> Result<File, String> {
    if !is_file_name(&file.name) {
        return Err(
            "the file's name is not valid: expected 1 to 128 characters, without `/`, `\\`, `:` and \
             control characters, not beginning with a point"
                .to_owned(),
        );
    }
    if !is_media_type(&file.media_type) {
        return Err(
            "the file's media type is not valid: expected one such as `application/pdf`".to_owned(),
        );
    }
    match file.content.len() {
        0 => Err("the file is empty".to_owned()),
        bytes if bytes > sizes.file => Err(too_long("file", bytes, sizes.file)),
        _ => Ok(File {
            name: file.name,
            media_type: file.media_type,
            content: file.content.into(),
        }),
    }
}

/// Reads the contract's timestamp: RFC 3339 with an offset, or a local time with its
/// time zone in brackets.
pub(crate) fn timestamp(text: &str) -> Result<Timestamp, String> {
    const FORM: &str = "is not a timestamp: expected RFC 3339 with an offset, such as \
                        `2026-03-14T09:26:53+01:00`, or a local time with its time zone, such \
                        as `2026-03-14T09:26:53[Europe/Prague]`";
    if let Some((local, zone)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        return local_time(local, zone).ok_or_else(|| FORM.to_owned());
    }
    let bytes = text.as_bytes();
    let at = |index: usize, expected: u8| bytes.get(index) == Some(&expected);
    // Jiff also reads looser forms, which other implementations of the contract would refuse.
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

/// The moment of a local time in a time zone. RFC 5545 decides in the hour that a change
/// of clocks skips or repeats.
fn local_time(local: &str, zone: &str) -> Option<Timestamp> {
    const LENGTH: usize = "2026-03-14T09:26:53".len();
    let strict = local.len() == LENGTH && local.as_bytes()[10] == b'T';
    let zone = TimeZone::get(zone).ok()?;
    let local: jiff::civil::DateTime = local.parse().ok().filter(|_| strict)?;
    Some(local.to_zoned(zone).ok()?.timestamp())
}

/// A moment as RFC 3339 in a time zone.
pub(crate) fn moment(moment: Timestamp, zone: &TimeZone) -> String {
    moment
        .display_with_offset(zone.to_offset(moment))
        .to_string()
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
    fn a_local_time_is_a_moment_of_its_time_zone() {
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
            let said = raw::File {
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
