//! The spans that a server sends to a collector, and what they must not contain.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::binary::Krabice;
use crate::secrets::Canaries;
use crate::serve::{EMAIL, Serving, Started};
use crate::shop::{Shop, ShopSetup};

/// The head and the body of a request.
type Delivery = (String, Vec<u8>);

/// A collector that keeps the requests that it gets.
struct Collector {
    address: String,
    received: Arc<Mutex<Vec<Delivery>>>,
}

impl Collector {
    fn start() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<_>>> = Arc::default();
        let keep = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    assert_ne!(stream.read_line(&mut head).unwrap(), 0, "{head}");
                }
                let head = head.to_lowercase();
                let size = head.split("content-length: ").nth(1).unwrap();
                let size = size.split("\r\n").next().unwrap().parse().unwrap();
                let mut body = vec![0; size];
                stream.read_exact(&mut body).unwrap();
                keep.lock().unwrap().push((head, body));
                stream
                    .into_inner()
                    .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                    .unwrap();
            }
        });
        Collector { address, received }
    }
}

/// The fields of a protobuf message that have a length: strings, bytes and messages.
fn fields(mut message: &[u8]) -> Vec<(u64, &[u8])> {
    fn number(message: &mut &[u8]) -> u64 {
        let mut value = 0;
        for place in 0.. {
            let (first, rest) = message.split_first().unwrap();
            *message = rest;
            value |= u64::from(first & 0x7f) << (7 * place);
            if first & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut all = Vec::new();
    while !message.is_empty() {
        let tag = number(&mut message);
        let length = match tag & 7 {
            0 => {
                number(&mut message);
                continue;
            }
            1 => 8,
            5 => 4,
            2 => usize::try_from(number(&mut message)).unwrap(),
            other => panic!("unknown wire type {other}"),
        };
        let (field, rest) = message.split_at(length);
        message = rest;
        if tag & 7 == 2 {
            all.push((tag >> 3, field));
        }
    }
    all
}

fn of(message: &[u8], wanted: u64) -> Vec<&[u8]> {
    let fields = fields(message);
    let found = fields.into_iter().filter(|(number, _)| *number == wanted);
    found.map(|(_, field)| field).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A span, with the parts that the tests look at.
#[derive(Debug)]
struct Span {
    id: Vec<u8>,
    parent: Vec<u8>,
    name: String,
    attributes: BTreeMap<String, String>,
}

fn spans(body: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for resource in of(body, 1) {
        for scope in of(resource, 2) {
            for span in of(scope, 2) {
                let only = |field| of(span, field).first().map(|bytes| bytes.to_vec());
                let attribute = |pair: &[u8]| {
                    let value = of(of(pair, 2)[0], 1).first().map(|value| text(value));
                    (text(of(pair, 1)[0]), value.unwrap_or_default())
                };
                // Field 11 has the span's events.
                assert!(only(11).is_none(), "a log event is sent with a span");
                spans.push(Span {
                    id: only(2).unwrap(),
                    parent: only(4).unwrap_or_default(),
                    name: text(&only(5).unwrap()),
                    attributes: of(span, 9).into_iter().map(attribute).collect(),
                });
            }
        }
    }
    spans
}

#[test]
fn a_collector_gets_turns_calls_and_requests_and_nothing_hidden() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let collector = Collector::start();
    let more = format!(
        "[telemetry]\nendpoint = {:?}\nservice-name = \"chat-of-a-test\"\n",
        collector.address
    );
    let serving = Serving::start_with(folder.path(), &shop.connections(), &log, &more, &[]);
    let Started { session, token } = serving.look_up();
    // It sends the remaining spans when it stops.
    assert_eq!(serving.stop(), Some(0));

    let received = collector.received.lock().unwrap();
    let mut found = Vec::new();
    let mut all = Vec::new();
    for (head, body) in received.iter() {
        assert!(head.starts_with("post /v1/traces "), "{head}");
        assert!(
            head.contains("content-type: application/x-protobuf"),
            "{head}"
        );
        found.extend(spans(body));
        all.extend_from_slice(head.as_bytes());
        all.extend_from_slice(body);
    }
    let named = |name: &'static str| found.iter().filter(move |span| span.name == name);
    // The first turn asks, the second gets the number, the third calls.
    assert_eq!(named("turn").count(), 3, "{found:#?}");
    let call = named("call").next().unwrap();
    let request = named("request").next().unwrap();
    let turn = named("turn").find(|turn| turn.id == call.parent).unwrap();
    assert!(turn.parent.is_empty());
    assert_eq!(request.parent, call.id, "{found:#?}");
    for (span, name, value) in [
        (turn, "scenario", "order-status"),
        (turn, "result", "waits"),
        (call, "box_id", "load"),
        (call, "plugin", "upgates"),
        (call, "function", "load-order"),
        (call, "result", "true"),
        (request, "connection", "shop"),
        (request, "method", "GET"),
        (request, "result", "answered"),
    ] {
        assert_eq!(span.attributes[name], value, "{span:?}");
    }
    let known = [
        "scenario",
        "box_id",
        "plugin",
        "function",
        "connection",
        "method",
        "status",
        "result",
    ];
    for name in found.iter().flat_map(|span| span.attributes.keys()) {
        assert!(known.contains(&name.as_str()), "{name}");
    }
    let all = String::from_utf8_lossy(&all);
    assert!(all.contains("chat-of-a-test"));
    let mut canaries = Canaries::of_shop(&shop);
    canaries.add([EMAIL, &token, &session, "O260147"]);
    canaries.assert_absent(&all, "the collector");
}

#[test]
fn a_collector_that_does_not_answer_delays_neither_turns_nor_the_end() {
    let shop = Shop::start(&ShopSetup::default());
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    // It accepts connections and sends nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        // Every span is sent at once.
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
    ];
    let serving = Serving::start_with(folder.path(), &shop.connections(), &log, "", &environment);
    for _ in 0..5 {
        serving.look_up();
    }
    let began = Instant::now();
    assert_eq!(serving.stop(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(30));
    let written = std::fs::read_to_string(&log).unwrap();
    assert!(written.contains("the collector"), "{written}");
}

#[test]
fn an_invalid_address_of_a_collector_is_refused() {
    let refused = Krabice::new(["serve", "--listen", "127.0.0.1:0"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://not an address")
        .run();
    assert_eq!(refused.exit, 2, "{}", refused.text());
    assert!(
        refused.stderr.contains("telemetry cannot be set up"),
        "{}",
        refused.stderr
    );
}
