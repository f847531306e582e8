//! Values that no output may contain in any spelling: credentials and the values of hidden
//! variables.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::shop::Shop;

/// The forbidden values.
pub(crate) struct Canaries(Vec<String>);

impl Canaries {
    /// The credentials of all connections.
    pub(crate) fn of_shop(shop: &Shop) -> Canaries {
        Canaries(shop.credentials())
    }

    pub(crate) fn add<S: Into<String>>(&mut self, values: impl IntoIterator<Item = S>) {
        self.0.extend(values.into_iter().map(Into::into));
    }

    #[track_caller]
    pub(crate) fn assert_absent(&self, text: &str, place: &str) {
        let folded = text.to_lowercase();
        for canary in &self.0 {
            for spelling in spellings(canary) {
                assert!(
                    !folded.contains(&spelling.to_lowercase()),
                    "{place} contains `{canary}`, spelled `{spelling}`:\n{text}"
                );
            }
        }
    }
}

/// The usual spellings of a value; the search ignores case.
fn spellings(value: &str) -> Vec<String> {
    let mut all = vec![
        value.to_owned(),
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        value.replace('@', "%40"),
        serde_json::to_string(value)
            .unwrap()
            .trim_matches('"')
            .to_owned(),
        value.chars().rev().collect(),
        krabice_contract::hex(value),
    ];
    // Inside a longer text base64 has three spellings, whose ends depend on the bytes around.
    for before in 0..3 {
        let padded = [vec![0; before], value.as_bytes().to_vec()].concat();
        let first = (before * 8).div_ceil(6);
        let last = padded.len() * 8 / 6;
        if last - first < 6 {
            continue;
        }
        all.push(STANDARD_NO_PAD.encode(&padded)[first..last].to_owned());
        all.push(URL_SAFE_NO_PAD.encode(&padded)[first..last].to_owned());
    }
    all
}

#[test]
#[should_panic(expected = "spelled")]
fn a_value_inside_base64_is_found() {
    let mut canaries = Canaries(Vec::new());
    canaries.add(["the-secret-value"]);
    let text = STANDARD_NO_PAD.encode("12345678:the-secret-value and more");
    canaries.assert_absent(&format!("authorization: Basic {text}"), "a log");
}
