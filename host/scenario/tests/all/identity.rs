//! Identity as data flow: the shapes that are refused and accepted, as data in
//! `tests/identity`, and random scenarios against an oracle that walks their paths.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use krabice_scenario::{Code, check};
use serde_json::{Value, json};

use crate::host::Host;

#[test]
fn what_nobody_has_proven_is_refused() {
    let host = Host::of("tests/identity");
    insta::glob!("..", "identity/refused/*.json", |path| {
        let text = fs::read_to_string(path).unwrap();
        let checked = check(&text, &host.world());
        let mut out = String::new();
        for found in &checked.diagnostics {
            let help = found.help.as_deref().unwrap_or_default();
            writeln!(out, "{} {}", found.code, found.path).unwrap();
            writeln!(out, "    {}\n    help: {help}", found.message).unwrap();
        }
        let unproven = |found: &krabice_scenario::Diagnostic| found.code == Code::Unproven;
        assert!(checked.diagnostics.iter().any(unproven), "{out}");
        insta::assert_snapshot!(out);
    });
}

#[test]
fn what_was_proven_is_accepted() {
    let host = Host::of("tests/identity");
    for entry in fs::read_dir("tests/identity/accepted").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let checked = check(&text, &host.world());
        let errors: Vec<_> = checked
            .diagnostics
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
        let signed = path.ends_with("unverified.json");
        assert_eq!(!checked.unverified.is_empty(), signed, "{}", path.display());
    }
}

#[test]
fn a_scenario_that_no_stranger_can_reach_is_free() {
    let host = Host::of("tests/identity");
    for entry in fs::read_dir("tests/identity/refused").unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("asks-itself.json") {
            continue; // A public scenario leads to it.
        }
        let text = fs::read_to_string(&path).unwrap();
        let text = text.replace(r#""channels": ["chat"]"#, r#""channels": ["unattended"]"#);
        let found = check(&text, &host.world()).diagnostics;
        let unproven = found.iter().find(|found| found.code == Code::Unproven);
        assert!(unproven.is_none(), "{}: {unproven:?}", path.display());
    }
}

/// Numbers that look random and are the same in each run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    fn of<T: Copy>(&mut self, several: &[T]) -> T {
        several[self.below(several.len())]
    }
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const SHOPS: [&str; 2] = ["shop", "outlet"];

/// A scenario of questions, copies, proofs, look-ups and writes, with exits to anywhere.
fn scenario(draw: &mut Draw) -> BTreeMap<String, Value> {
    let count = 4 + draw.below(7);
    let mut boxes = BTreeMap::new();
    // Half of them begin as a scenario should.
    let starts_well = draw.below(2) == 0;
    if starts_well {
        let first = [
            json!({ "type": "answer", "text": "?", "expect": "order-number", "save": "a", "next": "n1" }),
            json!({ "type": "answer", "text": "?", "expect": "email", "save": "$m", "next": "n2" }),
            json!({ "type": "call", "function": "shop/verify", "connection": "shop", "save": "$r",
                "params": { "order": "<<a>>", "email": "<<$m>>" }, "true": "n3", "false": "n0" }),
        ];
        for (number, one) in first.into_iter().enumerate() {
            boxes.insert(format!("n{number}"), one);
        }
    }
    for number in boxes.len()..count {
        let mut next = || format!("n{}", draw.below(count));
        let (first, second) = (next(), next());
        let name = draw.of(&NAMES);
        let reference = match draw.below(4) {
            0 => "<<$r.number>>".to_owned(),
            _ => format!("<<{}>>", draw.of(&NAMES)),
        };
        let shops = 1 + draw.below(2);
        let shop = draw.of(&SHOPS[..shops]);
        let one = match draw.below(9) {
            0 | 1 => {
                json!({ "type": "answer", "text": "?", "expect": "order-number", "save": name, "next": first })
            }
            2 => {
                json!({ "type": "answer", "text": "?", "expect": "email", "save": "$m", "next": first })
            }
            3 => json!({ "type": "set", "save": name, "value": reference, "next": first }),
            4 | 5 => {
                json!({ "type": "call", "function": "shop/verify", "connection": shop, "save": "$r",
                "params": { "order": reference, "email": "<<$m>>" }, "true": first, "false": second })
            }
            6 => {
                json!({ "type": "call", "function": "shop/load", "connection": shop, "save": "$r",
                "params": { "order": reference }, "true": first, "false": second })
            }
            7 => {
                json!({ "type": "condition", "if": { "value": "<<$m>>", "is": "equals", "to": "<<$r.email>>" },
                "true": first, "false": second })
            }
            _ => {
                json!({ "type": "call", "function": "shop/cancel", "connection": shop, "save": "done",
                "params": { "order": reference }, "true": first, "false": second })
            }
        };
        boxes.insert(format!("n{number}"), one);
    }
    boxes
}

/// A value of a walk: which one it is, and what it was loaded for, and where.
#[derive(Clone, Debug, Default)]
struct Thing {
    id: usize,
    /// Whether the customer typed it.
    typed: bool,
    /// The value that it is a part of an answer for, with the shop; and likewise that one's.
    of: Option<(Box<Thing>, &'static str)>,
}

/// What a walk knows.
#[derive(Default)]
struct Walk {
    variables: BTreeMap<String, Thing>,
    proven: Vec<(usize, &'static str)>,
    next: usize,
}

impl Walk {
    fn fresh(&mut self, typed: bool, of: Option<(Box<Thing>, &'static str)>) -> Thing {
        self.next += 1;
        Thing {
            id: self.next,
            typed,
            of,
        }
    }

    fn is_proven(&self, thing: &Thing, shop: &'static str) -> bool {
        let part =
            |(whole, at): &(Box<Thing>, &'static str)| *at == shop && self.is_proven(whole, at);
        self.proven.contains(&(thing.id, shop)) || thing.of.as_ref().is_some_and(part)
    }

    /// The value of a reference; a field of an answer is a thing of its own, the same one as
    /// long as the answer is.
    fn value(&self, reference: &str) -> Option<Thing> {
        let reference = reference.trim_matches(['<', '>']);
        match reference.split_once('.') {
            None => self.variables.get(reference).cloned(),
            Some((root, field)) => {
                let mut whole = self.variables.get(root)?.clone();
                whole.of.as_ref()?;
                whole.id = whole.id * 1_000 + field.len();
                Some(whole)
            }
        }
    }

    /// Goes from box to box. Gives the boxes that wrote, and whether that was about what was
    /// proven.
    fn go(&mut self, boxes: &BTreeMap<String, Value>, draw: &mut Draw) -> Vec<(String, bool)> {
        let mut at = "n0".to_owned();
        let mut writes = Vec::new();
        for _ in 0..60 {
            let here = &boxes[&at];
            let text = |key: &str| here[key].as_str().unwrap_or_default().to_owned();
            let holds = draw.below(4) > 0;
            let exit = if holds { text("true") } else { text("false") };
            let shop = SHOPS.into_iter().find(|shop| *shop == text("connection"));
            match text("type").as_str() {
                "answer" => {
                    let typed = self.fresh(true, None);
                    self.variables.insert(text("save"), typed);
                    at = text("next");
                }
                "set" => {
                    let Some(value) = self.value(&text("value")) else {
                        return writes;
                    };
                    self.variables.insert(text("save"), value);
                    at = text("next");
                }
                "condition" => {
                    let sides = (self.variables.get("$m"), self.variables.get("$r"));
                    let (Some(said), Some(loaded)) = sides else {
                        return writes;
                    };
                    if let (true, true, Some((of, shop))) = (holds, said.typed, &loaded.of) {
                        self.proven.push((of.id, shop));
                    }
                    at = exit;
                }
                _ => {
                    let Some(order) = self.value(here["params"]["order"].as_str().unwrap()) else {
                        return writes;
                    };
                    let shop = shop.unwrap();
                    match text("function").as_str() {
                        "shop/cancel" => {
                            writes.push((at.clone(), self.is_proven(&order, shop)));
                        }
                        "shop/verify" => {
                            let Some(said) = self.variables.get("$m") else {
                                return writes;
                            };
                            if holds && said.typed {
                                self.proven.push((order.id, shop));
                            }
                        }
                        _ => {}
                    }
                    let of = (holds && text("save") == "$r").then(|| (Box::new(order), shop));
                    let answer = self.fresh(false, of);
                    self.variables.insert(text("save"), answer);
                    at = exit;
                }
            }
        }
        writes
    }
}

#[test]
fn no_path_of_an_accepted_scenario_writes_about_what_was_not_proven() {
    let host = Host::of("tests/identity");
    let rounds = std::env::var("CASES").ok().and_then(|all| all.parse().ok());
    let mut draw = Draw(0x9e37_79b9_7f4a_7c15);
    let (mut accepted_writes, mut refused) = (0, 0);
    for _ in 0..rounds.unwrap_or(3_000) {
        let boxes = scenario(&mut draw);
        let text = json!({ "krabice": 1, "name": "drawn", "languages": ["en"], "channels": ["chat"], "start": "n0", "boxes": boxes });
        let found = check(&text.to_string(), &host.world()).diagnostics;
        let unproven: Vec<String> = found
            .iter()
            .filter(|found| found.code == Code::Unproven)
            .map(|found| found.path.clone())
            .collect();
        for _ in 0..40 {
            for (at, proven) in Walk::default().go(&boxes, &mut draw) {
                let place = format!("boxes.{at}.");
                let is_found = unproven.iter().any(|path| path.starts_with(&place));
                assert!(
                    proven || is_found,
                    "{at} writes about what was not proven: {text:#}"
                );
                accepted_writes += usize::from(!is_found);
                refused += usize::from(!proven);
            }
        }
    }
    // The test tells nothing if all is refused, or if nothing has to be.
    assert!(
        accepted_writes > 1_000,
        "{accepted_writes} writes were accepted"
    );
    assert!(refused > 1_000, "{refused} writes were refused");
}
