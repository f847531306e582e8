//! Paths that some server reads as another path.
//!
//! Servers, and the proxies before them, differ in what they decode before they route.
//! So a path is read in every way in which one of them is known to read, layer by layer,
//! and it is refused when any reading has a segment that leads upwards. What is sent is
//! the path as the plugin wrote it.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use unicode_normalization::UnicodeNormalization;

use crate::error::{Refusal, Rule};

/// The number of times that a path is decoded in search of a step upwards. A proxy
/// and the server behind it decode twice; more layers hide something.
const DECODINGS: usize = 4;

/// The longest address, in bytes. A [`PathAndQuery`](http::uri::PathAndQuery) can be no
/// longer; servers read 8 to 64 KiB. Longer ones are refused before they are read in every
/// way, which takes a time that grows with the length.
const LONGEST: usize = u16::MAX as usize - 1;

/// The refusal of a path that a server could read as another path.
pub(crate) fn path_problem(path: &str) -> Option<Refusal> {
    if let Some(problem) = length_problem(path) {
        return Some(problem);
    }
    if path
        .bytes()
        .any(|byte| byte.is_ascii_control() || byte == b'#')
    {
        return Some(unreadable());
    }
    if path.contains('\\') {
        return Some(Refusal::new(Rule::Path, "the path has a backslash"));
    }
    if path.is_ascii() && !path.contains('%') {
        return text_problem(path).map(|detail| Refusal::new(Rule::Path, detail));
    }
    hidden_problem(path.as_bytes(), DECODINGS).map(|detail| Refusal::new(Rule::Path, detail))
}

/// The refusal of an address, or of a part of one, that is too long.
pub(crate) fn length_problem(address: &str) -> Option<Refusal> {
    (address.len() > LONGEST).then(|| {
        Refusal::new(
            Rule::Size,
            format!(
                "the address has {} bytes; {LONGEST} are allowed",
                address.len()
            ),
        )
    })
}

/// The refusal of characters that no address has.
pub(crate) fn unreadable() -> Refusal {
    Refusal::new(
        Rule::Url,
        "the address has characters that are not allowed in addresses",
    )
}

/// The problem of a path as it is, or as it is when it is decoded.
fn hidden_problem(path: &[u8], decodings_left: usize) -> Option<&'static str> {
    let texts = [ignoring_errors(path), believing_everything(path)];
    let texts = texts.each_ref().map(|text| plain_characters(text));
    if let Some(problem) = texts.iter().find_map(|text| text_problem(text)) {
        return Some(problem);
    }
    // A server that decodes twice looks at characters after each time or after the last.
    let mut decoded = [path, texts[0].as_bytes(), texts[1].as_bytes()].map(percent_decoded);
    decoded.sort_unstable();
    for (at, next) in decoded.iter().enumerate() {
        if next == path || decoded[..at].contains(next) {
            continue;
        }
        let Some(left) = decodings_left.checked_sub(1) else {
            return Some("the path is percent-encoded more than four times");
        };
        if let Some(problem) = hidden_problem(next, left) {
            return Some(problem);
        }
    }
    None
}

fn text_problem(text: &str) -> Option<&'static str> {
    if text.split(['/', '\\']).any(leads_upwards) {
        return Some("the path has a `.` or `..` segment, plain or encoded");
    }
    text.contains(|c: char| c.is_ascii_control())
        .then_some("the path has an encoded control character")
}

/// Whether some server takes a segment for `.` or `..`.
///
/// Three points and more count, too: Windows 95 takes them for several steps (CWE-32 and
/// CWE-33), and a server that removes `../` once makes `..` of `....//` (CWE-34). What
/// stands between and after the points does not help: Windows drops points and spaces at
/// the end of a name ("Naming Files, Paths, and Namespaces"), Tomcat and Jetty drop
/// parameters from a `;` on, and a server that decodes too early ends the path at a `?`
/// or `#`.
fn leads_upwards(segment: &str) -> bool {
    let name = segment
        .split([';', '?', '#'])
        .next()
        .expect("a split text has a first part");
    name.contains('.') && name.chars().all(|c| c == '.' || is_nothing(c))
}

/// Whether a character can disappear from a name: white space, also as `+` in the
/// encoding of forms; control characters; a `%` that begins no encoding, which classic ASP
/// drops; and characters of no width, which file systems ignore (CVE-2014-9390).
fn is_nothing(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '+' | '%'
                | '\u{ad}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
        )
}

/// Decodes `%XX` and IIS's `%uXXXX` once.
fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest
        .windows(2)
        .position(|pair| pair[0] == b'%' && pair[1].eq_ignore_ascii_case(&b'u'))
    {
        decoded.extend(percent_decode(&rest[..at]));
        let number = rest.get(at + 2..at + 6).and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)
        });
        let length = if let Some(number) = number {
            let character = char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER);
            decoded.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
            6
        } else {
            decoded.extend(&rest[at..at + 2]);
            2
        };
        rest = &rest[at + length..];
    }
    decoded.extend(percent_decode(rest));
    decoded
}

/// The text of bytes for a decoder that leaves out what is not UTF-8.
fn ignoring_errors(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.utf8_chunks().map(|chunk| chunk.valid()).collect(),
    }
}

/// The text of bytes for a decoder that checks nothing: it takes the longer forms that
/// RFC 3629, section 10, warns of (`C0 AE` for a point, as old versions of IIS and Tomcat
/// did), up to six bytes long, and a byte that continues nothing for one that does, where
/// that makes a point or a separator (`C0 2E`).
fn believing_everything(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&lead) = bytes.get(at) {
        let (length, bits) = match lead {
            0x00..=0x7f => (1, lead),
            0xc0..=0xdf => (2, lead & 0x1f),
            0xe0..=0xef => (3, lead & 0x0f),
            0xf0..=0xf7 => (4, lead & 0x07),
            0xf8..=0xfb => (5, lead & 0x03),
            0xfc..=0xfd => (6, lead & 0x01),
            0x80..=0xbf | 0xfe..=0xff => (0, 0),
        };
        let more = bytes.get(at + 1..at + length).unwrap_or_default();
        let number = more.iter().fold(u32::from(bits), |number, byte| {
            number << 6 | u32::from(byte & 0x3f)
        });
        let is_continued = more.iter().all(|byte| matches!(byte, 0x80..=0xbf));
        let character = char::from_u32(number)
            .filter(|_| length > 0 && more.len() == length - 1)
            .filter(|c| is_continued || matches!(c, '.' | '/' | '\\'));
        text.extend(character);
        at += if character.is_some() { length } else { 1 };
    }
    text.into()
}

/// A text with the plain forms of its characters: those of Unicode's compatibility forms
/// (NFKC), and those that Windows writes where its code page lacks a character
/// (bestfit1252.txt, bestfit932.txt and bestfit949.txt at unicode.org; used against
/// servers in "WorstFit", 2024). UTS #46 takes the ideographic full stop for a point.
fn plain_characters(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    text.nfkc()
        .map(|c| match c {
            '\u{2044}' | '\u{2215}' => '/',
            '\u{2216}' | '\u{a5}' | '\u{20a9}' => '\\',
            '\u{66a}' => '%',
            '\u{3002}' => '.',
            other => other,
        })
        .collect()
}
