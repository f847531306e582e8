//! Numbers that the API gives to orders, parcels and returns.

use krabice_plugin::Failure;
use krabice_plugin::json::Loose;

/// A number as the API writes it: digits without a leading zero. `None` for a text
/// that is none, so that nothing can bear it.
pub(crate) fn number(text: &str) -> Option<i64> {
    let digits = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// What a scenario gave for the parameter `name`; `None` where nothing can bear it.
pub(crate) fn given(name: &'static str, text: &str) -> Result<Option<i64>, Failure> {
    match text.trim() {
        "" => Err(Failure::invalid_parameter(name, "is empty")),
        text => Ok(number(text)),
    }
}

/// A number in an answer, where `0` and `-1` stand for none.
pub(crate) fn or_none(id: &Loose<String>) -> Option<String> {
    let id = id.value()?.trim();
    (!matches!(id, "0" | "-1")).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_in_one_way_alone() {
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
    fn an_empty_parameter_is_the_scenarios_mistake() {
        assert_eq!(given("order", " 12 "), Ok(Some(12)));
        assert_eq!(given("order", "O12"), Ok(None));
        assert_eq!(
            given("order", " "),
            Err(Failure::invalid_parameter("order", "is empty"))
        );
    }
}
