//! A scenario of 500 boxes is checked within 50 ms in release; in a build for
//! tests the bound is generous, and what is proven is that nothing grows with
//! the square of the boxes or worse.

mod host;

use std::fmt::Write;
use std::time::{Duration, Instant};

use host::Host;
use krabice_scenario::check;

/// Questions, calls, texts that use what was called, and conditions, each box
/// leading to a few others, all the way back to the first one.
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

fn fastest(text: &str, host: &Host) -> Duration {
    let world = host.world();
    let once = || {
        let start = Instant::now();
        let checked = check(text, &world);
        assert!(checked.scenario.is_some(), "{:?}", checked.diagnostics);
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap()
}

#[test]
fn five_hundred_boxes_are_checked_in_no_time() {
    let host = Host::load();
    let took = fastest(&scenario(500), &host);
    let bound = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 50 });
    assert!(took < bound, "it took {took:?}");
}

#[test]
fn a_document_made_to_be_slow_is_not() {
    // Every exit is a typo of many names, and everything stands in one line.
    let mut text =
        String::from(r#"{"krabice":1,"name":"slow","languages":["en"],"start":"a","boxes":{"#);
    for at in 0..2_000 {
        write!(text, r#""some-box-{at}":{{"type":"call","function":"p/f","params":{{"x":"<<unknown-{at}.y>>"}},"true":"some-bax-{at}","false":"sime-box-{at}"}},"#)
            .unwrap();
    }
    text.pop();
    text.push_str("}}");
    let start = Instant::now();
    let checked = check(&text, &Host::load().world());
    let took = start.elapsed();
    assert!(checked.diagnostics.len() > 6_000);
    let bound = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 });
    assert!(took < bound, "it took {took:?}");
}
