//! Functions that misbehave, each in its own way.

use std::time::Duration;

use super::bindings::boxes::egress::{self, Body};
use super::bindings::boxes::values::{Failure, File, InvalidParameter, Outcome, Value};
use super::bindings::integration::Call;
use super::network::{self, Request};
use super::{Answer, fields, parameter, text};

/// Never returns.
pub(super) fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

pub(super) fn loop_forever(_: &Call) -> Answer {
    spin()
}

pub(super) fn grow_memory(_: &Call) -> Answer {
    let mut kept = Vec::new();
    loop {
        kept.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

pub(super) fn recurse(_: &Call) -> Answer {
    fn deeper(level: u64) -> u64 {
        let level = std::hint::black_box(level);
        if level == u64::MAX {
            0
        } else {
            deeper(level + 1) + std::hint::black_box(level)
        }
    }
    Ok(if deeper(0) == 0 {
        Outcome::False
    } else {
        Outcome::True
    })
}

#[allow(clippy::panic, reason = "the function is for this")]
pub(super) fn panic(_: &Call) -> Answer {
    panic!("the guest gave up")
}

pub(super) fn trap(_: &Call) -> Answer {
    core::arch::wasm32::unreachable()
}

pub(super) fn exit(_: &Call) -> Answer {
    std::process::exit(0)
}

pub(super) fn sleep(_: &Call) -> Answer {
    std::thread::sleep(Duration::from_secs(3600));
    Ok(Outcome::True)
}

pub(super) fn flood_log(_: &Call) -> Answer {
    for line in 0..200_000 {
        println!("line {line} of a flood that nobody wants to read");
    }
    Ok(Outcome::True)
}

/// Writes one endless line.
pub(super) fn flood_line(_: &Call) -> Answer {
    for _ in 0..1000 {
        print!("{}", "x".repeat(1000));
    }
    Ok(Outcome::True)
}

/// Keeps more handles than any plugin needs.
pub(super) fn hoard_handles(_: &Call) -> Answer {
    let mut kept = Vec::new();
    for _ in 0..1_000_000 {
        kept.push(network::header_list(&[])?);
    }
    Ok(if kept.is_empty() {
        Outcome::False
    } else {
        Outcome::True
    })
}

/// Passes more bytes in one call than the host accepts.
pub(super) fn push_bytes(_: &Call) -> Answer {
    egress::send(&egress::Request {
        method: "POST".to_owned(),
        url: "sink".to_owned(),
        headers: Vec::new(),
        body: Some(Body::Bytes(vec![0xff; 24 << 20])),
        reads: false,
    })?;
    Ok(Outcome::True)
}

pub(super) fn undeclared_field(_: &Call) -> Answer {
    fields([
        ("status", Value::Text("paid".to_owned())),
        ("margin", Value::Integer(1)),
    ])
}

pub(super) fn undeclared_nested_field(_: &Call) -> Answer {
    fields([(
        "items",
        Value::Json(r#"[{"code":"A"},{"code":"B","margin":1}]"#.to_owned()),
    )])
}

pub(super) fn wrong_kind(_: &Call) -> Answer {
    fields([("status", Value::Integer(7))])
}

pub(super) fn wrong_nested_kind(_: &Call) -> Answer {
    fields([(
        "items",
        Value::Json(r#"[{"code":"A"},{"code":7}]"#.to_owned()),
    )])
}

pub(super) fn missing_field(_: &Call) -> Answer {
    fields([])
}

pub(super) fn missing_nested_field(_: &Call) -> Answer {
    fields([("items", Value::Json(r#"[{"code":"A"},{}]"#.to_owned()))])
}

pub(super) fn repeated_field(_: &Call) -> Answer {
    fields([
        ("status", Value::Text("a".to_owned())),
        ("status", Value::Text("b".to_owned())),
    ])
}

pub(super) fn unasked_value(_: &Call) -> Answer {
    Ok(Outcome::TrueWithValue(Value::Integer(7)))
}

pub(super) fn bare_true(_: &Call) -> Answer {
    Ok(Outcome::True)
}

pub(super) fn bad_decimal(_: &Call) -> Answer {
    fields([("topay", Value::Decimal("1 230,50".to_owned()))])
}

pub(super) fn bad_timestamp(_: &Call) -> Answer {
    fields([("created", Value::Timestamp("14. 3. 2026".to_owned()))])
}

pub(super) fn no_such_zone(_: &Call) -> Answer {
    let reading = "2026-03-14T09:26:53[Europe/Atlantis]";
    fields([("created", Value::Timestamp(reading.to_owned()))])
}

/// Answers with a file whose name leads out of the folder in which it is saved.
pub(super) fn climbing_file(_: &Call) -> Answer {
    file("../../etc/cron.d/krabice", 1)
}

/// Answers with a file that is larger than the limit.
pub(super) fn huge_file(_: &Call) -> Answer {
    file("huge.pdf", 50_001)
}

fn file(name: &str, bytes: usize) -> Answer {
    Ok(Outcome::TrueWithValue(Value::File(File {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        content: vec![b'x'; bytes],
    })))
}

pub(super) fn bad_choice(_: &Call) -> Answer {
    fields([("invoice", Value::Text("perhaps".to_owned()))])
}

pub(super) fn bad_json(_: &Call) -> Answer {
    fields([("items", Value::Json(r#"[{"code":"A""#.to_owned()))])
}

pub(super) fn huge_json(_: &Call) -> Answer {
    let items = r#"{"code":"A"},"#.repeat(100_000);
    fields([("items", Value::Json(format!("[{items}{{\"code\":\"B\"}}]")))])
}

pub(super) fn deep_json(_: &Call) -> Answer {
    fields([("items", Value::Json("[".repeat(100_000)))])
}

pub(super) fn huge_text(_: &Call) -> Answer {
    fields([("status", Value::Text("x".repeat(200_000)))])
}

pub(super) fn nul_text(_: &Call) -> Answer {
    fields([("status", Value::Text("pa\0id".to_owned()))])
}

/// Sends a request to a host that neither the connection nor the manifest names.
pub(super) fn forbidden_host(call: &Call) -> Answer {
    Request::new(call, "GET", "https://elsewhere.example.net/collect").send()?;
    Ok(Outcome::True)
}

/// Sends a request with a body to such a host, which hides the refusal unless the host takes
/// care.
pub(super) fn forbidden_host_with_body(call: &Call) -> Answer {
    Request::new(call, "POST", "https://elsewhere.example.net/collect")
        .body(vec![b'x'; 100_000])
        .send()?;
    Ok(Outcome::True)
}

/// Sends a request to an IP address in the machine's own network.
pub(super) fn private_address(call: &Call) -> Answer {
    Request::new(call, "GET", text(call, "url")).send()?;
    Ok(Outcome::True)
}

/// Sends a request to a host of its manifest whose address is private.
pub(super) fn private_name(call: &Call) -> Answer {
    Request::new(call, "GET", "http://inside.hosts.example/").send()?;
    Ok(Outcome::True)
}

/// Leaves the connection's path by `..`.
pub(super) fn climb(call: &Call) -> Answer {
    Request::new(call, "GET", "a/../../admin").send()?;
    Ok(Outcome::True)
}

/// Requests a path that redirects to a forbidden address.
pub(super) fn follow_redirect(call: &Call) -> Answer {
    Request::new(call, "GET", text(call, "path")).send()?;
    Ok(Outcome::True)
}

/// Sets the header that carries the credential.
pub(super) fn own_authorization(call: &Call) -> Answer {
    Request::new(call, "GET", "echo")
        .header(text(call, "header"), "Bearer stolen")
        .send()?;
    Ok(Outcome::True)
}

/// Sends 40,000 headers, more than a header map can hold.
pub(super) fn many_headers(call: &Call) -> Answer {
    if text(call, "interface") == "send" {
        let headers = (0..40_000)
            .map(|n| (format!("x-{n}"), "1".to_owned()))
            .collect();
        egress::send(&egress::Request {
            method: "GET".to_owned(),
            url: "echo".to_owned(),
            headers,
            body: None,
            reads: false,
        })?;
    } else {
        let headers = (0..40_000)
            .map(|n| (format!("x-{n}"), b"1".to_vec()))
            .collect::<Vec<_>>();
        let headers = network::header_list(&headers)?;
        network::send_with("echo", headers)?;
    }
    Ok(Outcome::True)
}

/// Sends 500 headers: a header map can hold them, but it is more than the limit.
pub(super) fn some_headers(call: &Call) -> Answer {
    let mut request = Request::new(call, "GET", "echo");
    for number in 0..500 {
        request = request.header(&format!("x-{number}"), "1");
    }
    request.send()?;
    Ok(Outcome::True)
}

pub(super) fn huge_request(call: &Call) -> Answer {
    Request::new(call, "POST", "sink")
        .body(vec![b'x'; 3 << 20])
        .send()?;
    Ok(Outcome::True)
}

pub(super) fn huge_response(call: &Call) -> Answer {
    let received = Request::new(call, "GET", "huge").send()?;
    fields([("size", Value::Integer(received.body.len() as i64))])
}

/// Waits for a back end that never answers.
pub(super) fn stalled_request(call: &Call) -> Answer {
    Request::new(call, "GET", "stall").send()?;
    Ok(Outcome::True)
}

/// Hides a refusal and answers *true*.
pub(super) fn swallow_refusal(call: &Call) -> Answer {
    let _ = Request::new(call, "GET", "https://elsewhere.example.net/collect").send();
    Ok(Outcome::True)
}

/// Loops after a refusal.
pub(super) fn refused_then_loop(call: &Call) -> Answer {
    let _ = Request::new(call, "GET", "https://elsewhere.example.net/collect").send();
    spin()
}

/// Sends many requests one after another.
pub(super) fn many_requests(call: &Call) -> Answer {
    for _ in 0..1000 {
        Request::new(call, "GET", "echo").send()?;
    }
    Ok(Outcome::True)
}

/// Sends many requests at the same time, which only `wasi:http` can.
pub(super) fn swarm(_: &Call) -> Answer {
    let mut pending = Vec::new();
    for _ in 0..200 {
        pending.push(network::start("slow", network::header_list(&[])?)?);
    }
    let mut answered = 0;
    for future in &pending {
        future.subscribe().block();
        match future.get() {
            Some(Ok(Ok(_))) => answered += 1,
            other => return Err(Failure::UnexpectedAnswer(format!("{other:?}"))),
        }
    }
    fields([("answered", Value::Integer(answered))])
}

/// Starts requests and returns without waiting for them.
pub(super) fn walk_away(_: &Call) -> Answer {
    for _ in 0..10 {
        std::mem::forget(network::start("stall", network::header_list(&[])?)?);
    }
    Ok(Outcome::True)
}

/// Writes its parameters into a query without encoding, also a part of a list.
pub(super) fn paste(call: &Call) -> Answer {
    let code = match parameter(call, "items") {
        Some(Value::Json(items)) => first_code(items),
        _ => "",
    };
    let path = format!(
        "find?first={}&second={}&email={}&code={code}",
        text(call, "first"),
        text(call, "second"),
        text(call, "email"),
    );
    Request::new(call, "GET", &path).send()?;
    Ok(Outcome::True)
}

/// The text at `code` in `[{"code":"A"}]`, with its escapes.
fn first_code(items: &str) -> &str {
    let rest = items.split_once("\"code\":\"").map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default()
}

/// Sends its parameter to a host of its manifest.
pub(super) fn tell_elsewhere(call: &Call) -> Answer {
    let order = text(call, "order");
    Request::new(
        call,
        "POST",
        &format!("http://reports.hosts.example/asked?order={order}"),
    )
    .body(format!("asked for {order}").into_bytes())
    .send()?;
    Ok(Outcome::True)
}

/// Writes, although its manifest says that it only reads.
pub(super) fn write_quietly(call: &Call) -> Answer {
    Request::new(call, "PUT", "echo")
        .body(b"1".to_vec())
        .send()?;
    Ok(Outcome::True)
}

/// Allocates 52 of the 64 MiB of a call.
pub(super) fn nearly_full(_: &Call) -> Answer {
    let kept: Vec<u8> = std::hint::black_box(Vec::with_capacity(52 << 20));
    Ok(if kept.capacity() == 0 {
        Outcome::False
    } else {
        Outcome::True
    })
}

/// Reports every unexpected status as the same failure.
pub(super) fn fail_bluntly(call: &Call) -> Answer {
    match Request::new(call, "GET", "missing").send()?.status {
        200 => Ok(Outcome::True),
        404 => Ok(Outcome::False),
        _ => Err(Failure::UnexpectedAnswer("no".to_owned())),
    }
}

/// Reports an invalid parameter that does not exist.
pub(super) fn blame_nobody(_: &Call) -> Answer {
    Err(Failure::InvalidParameter(InvalidParameter {
        name: "nobody".to_owned(),
        detail: "it is not there".to_owned(),
    }))
}
