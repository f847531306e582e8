//! Functions that behave.

use super::bindings::boxes::compare;
use super::bindings::boxes::manifest::Choice;
use super::bindings::boxes::values::{
    Failure, File, InvalidParameter, NamedValue, Outcome, RateLimit, Value,
};
use super::bindings::integration::{Call, Context};
use super::network::Request;
use super::{Answer, choice, fields, parameter, text};

/// *False*.
pub(super) fn deny(_: &Call) -> Answer {
    Ok(Outcome::False)
}

/// *True* without a value.
pub(super) fn confirm(_: &Call) -> Answer {
    Ok(Outcome::True)
}

/// *True* with one value, an exact decimal.
pub(super) fn price(_: &Call) -> Answer {
    Ok(Outcome::TrueWithValue(Value::Decimal("1230.50".to_owned())))
}

/// *True* with a file.
pub(super) fn label(_: &Call) -> Answer {
    Ok(Outcome::TrueWithValue(Value::File(File {
        name: "label-1.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        content: b"%PDF-1.4".to_vec(),
    })))
}

/// A usual function without a request: parameters in, fields out. Benchmarks call it.
pub(super) fn order(call: &Call) -> Answer {
    if !text(call, "email").ends_with("@example.com") {
        return Ok(Outcome::False);
    }
    fields([
        (
            "status",
            Value::Text(format!("Order {} is paid", text(call, "order"))),
        ),
        ("paid", Value::Boolean(true)),
        ("topay", Value::Decimal("1230.50".to_owned())),
        (
            "created",
            Value::Timestamp("2026-03-14T09:26:53+01:00".to_owned()),
        ),
        (
            "url",
            Value::Text("https://shop.example.com/order/1".to_owned()),
        ),
    ])
}

/// Answers with its parameters, each of another kind.
pub(super) fn echo(call: &Call) -> Answer {
    Ok(Outcome::TrueWithFields(call.parameters.clone()))
}

/// Everything that the plugin can see of its environment.
pub(super) fn context(call: &Call) -> Answer {
    let context = &call.context;
    let directory = match std::fs::read_dir("/") {
        Ok(entries) => format!("{} entries", entries.count()),
        Err(_) => "closed".to_owned(),
    };
    let socket = match std::net::TcpStream::connect("127.0.0.1:80") {
        Ok(_) => "open",
        Err(_) => "closed",
    };
    fields([
        ("settings", Value::Text(format!("{:?}", context.settings))),
        ("parameters", Value::Text(format!("{:?}", call.parameters))),
        (
            "environment",
            Value::Text(format!("{:?}", std::env::vars().collect::<Vec<_>>())),
        ),
        (
            "arguments",
            Value::Text(format!("{:?}", std::env::args().collect::<Vec<_>>())),
        ),
        ("directory", Value::Text(directory)),
        ("socket", Value::Text(socket.to_owned())),
        ("key", Value::Text(call.key.clone())),
        ("language", Value::Text(context.language.clone())),
        ("time-zone", Value::Text(context.time_zone.clone())),
        ("now", Value::Timestamp(context.now.clone())),
    ])
}

/// Fetches a path of the connection.
pub(super) fn get(call: &Call) -> Answer {
    let received = Request::new(call, "GET", text(call, "path"))
        .header("x-test", "1")
        .send()?;
    let headers = received
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect::<String>();
    fields([
        ("status", Value::Integer(i64::from(received.status))),
        ("headers", Value::Text(headers)),
        (
            "body",
            Value::Text(String::from_utf8_lossy(&received.body).into_owned()),
        ),
    ])
}

/// Fetches a path with everything that is known of a customer.
pub(super) fn visit(call: &Call) -> Answer {
    let Some(Value::Json(customer)) = parameter(call, "customer") else {
        return Ok(Outcome::False);
    };
    let words = customer.split(['{', '}', '"', ':', ',']);
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let values: Vec<_> = words.chunks(2).map(|pair| pair[1]).collect();
    Request::new(call, "GET", &values.join("/")).send()?;
    Ok(Outcome::True)
}

/// Fetches an order and reads a little of it. Benchmarks call it.
pub(super) fn fetch(call: &Call) -> Answer {
    let received = Request::new(call, "GET", "order").send()?;
    let body = String::from_utf8_lossy(&received.body);
    fields([
        ("status", Value::Integer(i64::from(received.status))),
        ("size", Value::Integer(body.len() as i64)),
    ])
}

/// Posts a text to a path of the connection.
pub(super) fn post(call: &Call) -> Answer {
    let received = Request::new(call, "POST", text(call, "path"))
        .header("content-type", "text/plain; charset=utf-8")
        .body(text(call, "text").as_bytes().to_vec())
        .send()?;
    fields([
        ("status", Value::Integer(i64::from(received.status))),
        (
            "body",
            Value::Text(String::from_utf8_lossy(&received.body).into_owned()),
        ),
    ])
}

/// Posts a text to a path of the connection, and says that it changes nothing there.
pub(super) fn search(call: &Call) -> Answer {
    let received = Request::new(call, "POST", text(call, "path"))
        .body(text(call, "text").as_bytes().to_vec())
        .reads()
        .send()?;
    fields([("status", Value::Integer(i64::from(received.status)))])
}

/// Writes a text, and looks whether it is there if the answer was lost.
pub(super) fn write_and_look(call: &Call) -> Answer {
    let (path, text) = (text(call, "path"), text(call, "text").as_bytes());
    if Request::new(call, "PUT", path)
        .body(text.to_vec())
        .send()
        .is_ok()
    {
        return Ok(Outcome::True);
    }
    let found = Request::new(call, "GET", path).reads().send()?;
    Ok(if found.body == text {
        Outcome::True
    } else {
        Outcome::False
    })
}

/// Adds a text to the note of an order: reads the note, and writes it back longer.
pub(super) fn note(call: &Call) -> Answer {
    let path = format!("notes/{}", text(call, "order"));
    let read = Request::new(call, "GET", &path).reads().send()?;
    let mut note = read.body;
    note.extend_from_slice(text(call, "text").as_bytes());
    let written = Request::new(call, "PUT", &path).body(note).send()?;
    fields([("status", Value::Integer(i64::from(written.status)))])
}

/// Orders that changed; the same two each time.
pub(super) fn changes(call: &Call) -> Answer {
    let since = match parameter(call, "since") {
        Some(Value::Timestamp(since)) => since,
        _ => &call.context.now,
    };
    let orders = r#"[{"number":"O1","status":"new"},{"number":"O2","status":"sent"}]"#;
    fields([
        ("orders", Value::Json(orders.to_owned())),
        ("next", Value::Timestamp(since.clone())),
        ("more", Value::Boolean(false)),
    ])
}

/// What it got of a file.
pub(super) fn measure(call: &Call) -> Answer {
    let Some(Value::File(file)) = parameter(call, "file") else {
        return Ok(Outcome::False);
    };
    let sum: u64 = file.content.iter().map(|byte| u64::from(*byte)).sum();
    fields([
        ("name", Value::Text(file.name.clone())),
        ("media-type", Value::Text(file.media_type.clone())),
        ("size", Value::Integer(file.content.len() as i64)),
        ("sum", Value::Integer(sum as i64)),
    ])
}

/// Whether the host takes two texts for the same.
pub(super) fn compare(call: &Call) -> Answer {
    let compare = match text(call, "as") {
        "phone" => compare::same_phone,
        "email" => compare::same_email,
        _ => compare::same_number,
    };
    if compare(text(call, "one"), text(call, "other")) {
        Ok(Outcome::True)
    } else {
        Ok(Outcome::False)
    }
}

/// Fails with the class of the parameter `class`.
pub(super) fn fail(call: &Call) -> Answer {
    let detail = "as it was told".to_owned();
    Err(match text(call, "class") {
        "unauthorised" => Failure::Unauthorised(detail),
        "unavailable" => Failure::Unavailable(detail),
        "rate-limited" => Failure::RateLimited(RateLimit {
            retry_after: Some(7),
            detail,
        }),
        "invalid-parameter" => Failure::InvalidParameter(InvalidParameter {
            name: "class".to_owned(),
            detail,
        }),
        _ => Failure::UnexpectedAnswer(detail),
    })
}

/// Writes its parameter to its log and into its failure.
pub(super) fn gossip(call: &Call) -> Answer {
    let secret = text(call, "secret");
    println!("the customer said {secret}");
    eprintln!("\u{1b}[31mred\u{7} {secret}");
    Err(Failure::UnexpectedAnswer(format!(
        "the back end did not like {secret}"
    )))
}

/// Takes a parameter whose choices are live.
pub(super) fn choose(call: &Call) -> Answer {
    match parameter(call, "pick") {
        Some(Value::Text(picked)) if picked == "first" => Ok(Outcome::True),
        _ => Ok(Outcome::False),
    }
}

/// The choices of `choose`.
pub(super) fn choices() -> Result<Vec<Choice>, Failure> {
    Ok(vec![choice("first"), choice("second")])
}

/// Answers with the settings' names.
pub(super) fn probe(context: &Context) -> Result<String, Failure> {
    let names = context
        .settings
        .iter()
        .map(|NamedValue { name, .. }| name.as_str());
    Ok(format!(
        "settings: {}",
        names.collect::<Vec<_>>().join(", ")
    ))
}
