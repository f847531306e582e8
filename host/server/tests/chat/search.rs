//! Finds values in the output of the server, in any usual encoding.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// The usual encodings of a value. The search ignores case.
fn spellings(value: &str) -> Vec<String> {
    let each = |write: &dyn Fn(char) -> String| value.chars().map(write).collect::<String>();
    let mut all = vec![
        value.to_owned(),
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(value, NON_ALPHANUMERIC)
            .to_string()
            .replace("%20", "+"),
        value.replace('@', "%40"),
        value.replace('@', "&#64;"),
        json!(value).to_string().trim_matches('"').to_owned(),
        // Characters that are not ASCII, as JSON, HTML and Rust's debug form escape them.
        each(&|c| match c.is_ascii() {
            true => c.to_string(),
            false => format!("\\u{:04x}", u32::from(c)),
        }),
        each(&|c| match c.is_ascii_alphanumeric() {
            true => c.to_string(),
            false => format!("&#{};", u32::from(c)),
        }),
        each(&|c| match c.is_ascii_alphanumeric() {
            true => c.to_string(),
            false => format!("&#x{:x};", u32::from(c)),
        }),
        value.escape_default().to_string(),
        value.chars().rev().collect(),
        krabice_contract::hex(value),
        // The debug form of a list of bytes.
        value
            .bytes()
            .map(|byte| byte.to_string())
            .collect::<Vec<_>>()
            .join(", "),
    ];
    for before in 0..3 {
        let padded = [vec![0; before], value.as_bytes().to_vec()].concat();
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        if last - first >= 6 {
            all.push(STANDARD_NO_PAD.encode(&padded)[first..last].to_owned());
            all.push(URL_SAFE_NO_PAD.encode(&padded)[first..last].to_owned());
        }
    }
    all.sort();
    all.dedup();
    all
}

/// The text without the sizes between the chunks of a chunked body, which could cut a value in two.
fn joined(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut lines = text.split("\r\n").peekable();
    while let Some(line) = lines.next() {
        whole.push_str(line);
        let size = lines.peek().is_some_and(|next| {
            (1..=8).contains(&next.len()) && next.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if size {
            lines.next();
        } else {
            whole.push_str("\r\n");
        }
    }
    whole
}

/// The first value found, and its encoding.
pub(crate) fn find(bytes: &[u8], canaries: &[String]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let joined = joined(&text);
    for canary in canaries {
        for spelling in spellings(canary) {
            let wanted = spelling.to_lowercase();
            if text.contains(&wanted) || joined.contains(&wanted) {
                return Some((canary.clone(), spelling));
            }
        }
    }
    None
}

#[track_caller]
pub(crate) fn assert_absent(bytes: &[u8], canaries: &[String], place: &str) {
    if let Some((canary, spelling)) = find(bytes, canaries) {
        panic!(
            "{place} received `{canary}`, spelled `{spelling}`:\n{}",
            String::from_utf8_lossy(bytes)
        );
    }
}

#[test]
fn a_planted_value_is_found_in_every_spelling() {
    let canary = "Tajný klíč+7@x";
    let wanted = [canary.to_owned()];
    let base64 = STANDARD_NO_PAD.encode(format!("12345678:{canary} and more"));
    let hex: String = canary.bytes().map(|byte| format!("{byte:02X}")).collect();
    for planted in [
        canary.to_owned(),
        canary.to_uppercase(),
        base64,
        hex,
        json!({ "text": canary }).to_string(),
        r"Tajn\u00fd kl\u00ed\u010d+7@x".to_owned(),
        r"Tajn\u{fd} kl\u{ed}\u{10d}+7@x".to_owned(),
        "Tajn%C3%BD%20kl%C3%AD%C4%8D%2B7%40x".to_owned(),
        "Tajn%C3%BD+kl%C3%AD%C4%8D%2B7%40x".to_owned(),
        "Tajn&#253;&#32;kl&#237;&#269;&#43;7&#64;x".to_owned(),
        "x@7+číl".to_owned() + "k ýnjaT",
        "6\r\nTajný\r\n9\r\n klíč+7@x\r\n0\r\n\r\n".to_owned(),
        format!("{:?}", canary.as_bytes()),
    ] {
        let around = format!("what stands before {planted} and behind");
        assert!(find(around.as_bytes(), &wanted).is_some(), "{planted}");
    }
    assert_eq!(find("Tajný klíč+8@x".as_bytes(), &wanted), None);
}
