//! `krabice plugin docs`

use insta::assert_snapshot;

use super::{SHIPPED, component, plugin, text};

#[test]
fn a_page_is_in_the_language_that_was_asked_for() {
    let ended = plugin(["docs", text(&component("upgates")), "--language", "cs"]);
    assert_eq!(
        (ended.exit, ended.stderr.as_str()),
        (0, ""),
        "{}",
        ended.text()
    );
    assert_snapshot!(ended.stdout);
    // No text of the English page is left in the languages that have texts.
    let english = [
        "## Connection",
        "| setting |",
        "### Parameters",
        "### Outcomes",
        "### Fields",
        "### Effect",
        "### Example",
        "changes nothing",
        "Personal data",
        "what it is",
        "The host ",
    ];
    for language in ["cs", "sk", "pl", "pt"] {
        for name in SHIPPED {
            let ended = plugin(["docs", text(&component(name)), "--language", language]);
            for words in english {
                assert!(!ended.stdout.contains(words), "{language} {name}: {words}");
            }
        }
    }
}

#[test]
fn a_language_that_the_plugin_lacks_is_warned_of() {
    for command in [&["plugin", "docs"][..], &["plugins", "show"]] {
        let file = component("upgates");
        let arguments = [command, &[text(&file), "--language", "xx"]].concat();
        let ended = crate::binary::Krabice::new(arguments).run();
        assert_eq!(ended.exit, 0, "{}", ended.text());
        assert!(
            ended.stderr.contains("has no texts in `xx`; it has `en`"),
            "{}",
            ended.stderr
        );
    }
}
