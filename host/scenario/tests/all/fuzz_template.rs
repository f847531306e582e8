//! A fuzz target that also runs as a test: `cargo bolero test -p krabice-scenario
//! fuzz_template::template`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use krabice_scenario::template::Scope;
use krabice_scenario::{Template, Variable, Variables};

#[test]
fn template() {
    let variables = Variables::from_iter([
        ("x", Variable::visible("{{y}}")),
        ("$email", Variable::visible("jana.novakova@example.com")),
    ]);
    bolero::check!()
        .with_type::<Vec<u8>>()
        .for_each(|bytes: &Vec<u8>| {
            let source = String::from_utf8_lossy(bytes);
            if let Ok(template) = Template::parse(&source) {
                let scope = Scope {
                    variables: &variables,
                    language: "cs",
                    time_zone: &TimeZone::UTC,
                    now: &Timestamp::UNIX_EPOCH.into(),
                };
                let _ = template.show(&scope);
                let _ = template.evaluate(&scope);
            }
        });
}
