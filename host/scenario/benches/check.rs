//! The time for checking a large scenario: `cargo bench -p krabice-scenario`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[path = "../tests/all/host.rs"]
mod host;

use std::fmt::Write;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use host::Host;
use krabice_scenario::check;

/// Questions, calls, texts that use their answers, and conditions. Each box leads to a few
/// others, the last ones back to the first.
fn scenario(boxes: usize) -> String {
    let mut text =
        String::from(r#"{"krabice":1,"name":"large","languages":["en"],"start":"ask-0","boxes":{"#);
    for at in (0..boxes).step_by(5) {
        let next = (at + 5) % boxes;
        let far = (at * 7 + 35) % boxes / 5 * 5;
        write!(
            text,
            r#""ask-{at}":{{"type":"answer","text":"Order?","expect":"order-number","save":"obj","next":"load-{at}"}},
            "load-{at}":{{"type":"call","function":"upgates/verify-order","params":{{"order":"<<obj>>"}},"save":"order-{at}","true":"show-{at}","false":"ask-{next}"}},
            "show-{at}":{{"type":"message","text":"<<order-{at}.status>> <<#if order-{at}.tracking>><<order-{at}.tracking>><</if>> <<#if order-{far}>><<order-{far}.status>><</if>>","next":"test-{at}"}},
            "test-{at}":{{"type":"condition","if":{{"value":"<<order-{at}.topay>>","is":"greater-than","to":5}},"true":"press-{at}","false":"ask-{far}"}},
            "press-{at}":{{"type":"buttons","text":"Which?","buttons":[{{"id":"a","label":"A","next":"ask-{next}"}},{{"id":"b","label":"B","next":"ask-{far}"}}]}},"#
        )
        .unwrap();
    }
    text.pop();
    text.push_str("}}");
    text
}

/// A scenario in one line, in which every exit and reference is a typo of many names.
fn typos(boxes: usize) -> String {
    let mut text =
        String::from(r#"{"krabice":1,"name":"slow","languages":["en"],"start":"a","boxes":{"#);
    for at in 0..boxes {
        write!(text, r#""some-box-{at}":{{"type":"call","function":"p/f","params":{{"x":"<<unknown-{at}.y>>"}},"true":"some-bax-{at}","false":"sime-box-{at}"}},"#)
            .unwrap();
    }
    text.pop();
    text.push_str("}}");
    text
}

fn checks(criterion: &mut Criterion) {
    let host = Host::load();
    let world = host.world();
    let mut group = criterion.benchmark_group("check");
    group.sample_size(20);
    let text = scenario(500);
    assert!(check(&text, &world).scenario.is_some());
    group.bench_function("500 boxes", |b| b.iter(|| check(black_box(&text), &world)));
    let text = typos(2_000);
    assert!(check(&text, &world).diagnostics.len() > 6_000);
    group.bench_function("6,000 findings in 2,000 boxes", |b| {
        b.iter(|| check(black_box(&text), &world));
    });
    group.finish();
}

criterion_group!(benches, checks);
criterion_main!(benches);
