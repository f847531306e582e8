//! The numbers of orders, parcels and returns in Base.

use krabice_plugin::Failure;
use krabice_plugin::json::Loose;

/// Reads a number as the API writes it: digits without a leading zero. `None` for any other text,
/// which cannot be the number of anything.
pub(crate) fn number(text: &str) -> Option<i64> {
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Reads a number as people write it: with a `#` before it, with spaces, with zeros before it. Base's
/// numbers are whole numbers, so that none of these can be a part of one. `None` for any other text.
pub(crate) fn typed(text: &str) -> Option<i64> {
    let text: String = text.split_whitespace().collect();
    number(text.trim_start_matches('#').trim_start_matches('0'))
}

/// Reads the value of the parameter `name`; `None` for a text that cannot be the number of anything.
pub(crate) fn read(name: &'static str, text: &str) -> Result<Option<i64>, Failure> {
    match text.trim() {
        "" => Err(Failure::invalid_parameter(name, "is empty")),
        text => Ok(typed(text)),
    }
}

/// The number in an answer; `None` for `0` and `-1`, which the API writes for no number.
pub(crate) fn optional(id: &Loose<String>) -> Option<String> {
    let id = id.value()?.trim();
    (!matches!(id, "0" | "-1")).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_only_one_form() {
        assert_eq!(number("90155231"), Some(90_155_231));
        for text in [
            "",
            "0",
            "007",
            "-1",
            "+1",
            "1.0",
            "9a",
            "9223372036854775808",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_typed_number_may_have_a_hash_spaces_and_zeros() {
        for text in ["90155231", " #90155231", "90 155 231", "0090155231"] {
            assert_eq!(typed(text), Some(90_155_231), "{text}");
        }
        for text in ["", "#", "0", "O12", "-1"] {
            assert_eq!(typed(text), None, "{text}");
        }
    }

    #[test]
    fn an_empty_parameter_is_a_failure() {
        assert_eq!(read("order", " 12 "), Ok(Some(12)));
        assert_eq!(read("order", "O12"), Ok(None));
        assert_eq!(
            read("order", " "),
            Err(Failure::invalid_parameter("order", "is empty"))
        );
    }
}
