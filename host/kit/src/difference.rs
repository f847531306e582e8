//! The differences of two JSON documents, as lines for people.

use serde_json::Value;

/// The most characters of a value that a line shows.
const SHOWN: usize = 120;

/// All differences; each line begins with the place, as a JSON Pointer.
pub(crate) fn json(expected: &Value, found: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    compare(expected, found, "", &mut lines);
    lines
}

fn compare(expected: &Value, found: &Value, at: &str, lines: &mut Vec<String>) {
    let place = if at.is_empty() { "the whole" } else { at };
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                let at = format!("{at}/{name}");
                match found.get(name) {
                    Some(found) => compare(value, found, &at, lines),
                    None => lines.push(format!("{at}: expected {}, found nothing", shown(value))),
                }
            }
            for (name, value) in found {
                if !expected.contains_key(name) {
                    lines.push(format!(
                        "{at}/{name}: expected nothing, found {}",
                        shown(value)
                    ));
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            for index in 0..expected.len().max(found.len()) {
                let at = format!("{at}/{index}");
                match (expected.get(index), found.get(index)) {
                    (Some(expected), Some(found)) => compare(expected, found, &at, lines),
                    (Some(value), None) => {
                        lines.push(format!("{at}: expected {}, found nothing", shown(value)));
                    }
                    (None, Some(value)) => {
                        lines.push(format!("{at}: expected nothing, found {}", shown(value)));
                    }
                    (None, None) => {}
                }
            }
        }
        (expected, found) if expected == found => {}
        (expected, found) => lines.push(format!(
            "{place}: expected {}, found {}",
            shown(expected),
            shown(found)
        )),
    }
}

/// A value on one line, cut when it is long.
pub(crate) fn shown(value: &impl ToString) -> String {
    let text = value.to_string().replace(['\n', '\r'], " ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn every_difference_has_its_place() {
        let expected = json!({"a": 1, "b": [1, 2], "c": {"d": "x"}, "gone": true});
        let found = json!({"a": "1", "b": [1], "c": {"d": "y"}, "new": null});
        insta::assert_snapshot!(super::json(&expected, &found).join("\n"), @r#"
        /a: expected `1`, found `"1"`
        /b/1: expected `2`, found nothing
        /c/d: expected `"x"`, found `"y"`
        /gone: expected `true`, found nothing
        /new: expected nothing, found `null`
        "#);
        assert!(super::json(&expected, &expected).is_empty());
    }
}
