//! The mock back end: a loyalty club in memory, with one card.
//!
//! `cargo run --example mock` runs it until Ctrl-C; `cargo run --example mock -- COMMAND…` for as
//! long as the command runs.

use std::collections::HashMap;
use std::io::Error;
use std::process::{Command, ExitCode};

use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

/// As in `connections.toml`.
const ADDRESS: &str = "127.0.0.1:8099";
const KEY: &str = include_str!("../mock/key");

struct Club {
    /// Points by e-mail.
    points: HashMap<String, i64>,
    /// The voucher made for each idempotency key.
    vouchers: HashMap<String, String>,
}

impl Club {
    /// The answer to a request: a status and a body.
    fn answer(&mut self, request: &mut Request) -> Result<(u16, Value), Error> {
        if header(request, "x-api-key") != Some(KEY.trim()) {
            return Ok((401, json!({ "error": "who are you?" })));
        }
        let path = request.url().replace("%40", "@");
        let parts: Vec<_> = path.split('/').skip(1).collect();
        Ok(match (request.method(), parts.as_slice()) {
            (Method::Get, ["v1", "club"]) => (200, json!({ "name": "Club of the mock" })),
            (Method::Get, ["v1", "members", email]) => match self.points.get(*email) {
                Some(points) => {
                    let value = format!("{}.{:02}", points / 10, points % 10 * 10);
                    (
                        200,
                        json!({ "points": points, "value": value, "currency": "EUR" }),
                    )
                }
                None => (404, json!({ "error": "no such card" })),
            },
            (Method::Post, ["v1", "members", email, "vouchers"]) => self.redeem(email, request)?,
            _ => (404, json!({ "error": "no such path" })),
        })
    }

    fn redeem(&mut self, email: &str, request: &mut Request) -> Result<(u16, Value), Error> {
        let body: Value = serde_json::from_reader(request.as_reader())?;
        let Some(points) = self.points.get_mut(email) else {
            return Ok((404, json!({ "error": "no such card" })));
        };
        let key = header(request, "idempotency-key").unwrap_or_default();
        if let Some(code) = self.vouchers.get(key) {
            return Ok((201, json!({ "code": code })));
        }
        let wanted = body["points"].as_i64().unwrap_or_default();
        if wanted < 1 || wanted > *points {
            return Ok((409, json!({ "error": "too few points" })));
        }
        *points -= wanted;
        let code = format!("GIFT-{}", self.vouchers.len() + 1);
        self.vouchers.insert(key.to_owned(), code.clone());
        Ok((201, json!({ "code": code })))
    }
}

fn header<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    let mut headers = request.headers().iter();
    let header = headers.find(|header| header.field.equiv(name))?;
    Some(header.value.as_str())
}

fn serve(server: &Server) -> Result<(), Error> {
    let mut club = Club {
        points: HashMap::from([("ada@example.com".to_owned(), 240)]),
        vouchers: HashMap::new(),
    };
    let json = Header::from_bytes("content-type", "application/json");
    let json = json.map_err(|()| Error::other("a header is wrong"))?;
    for mut request in server.incoming_requests() {
        // A body that is no JSON is the plugin's mistake.
        let (status, body) = club
            .answer(&mut request)
            .unwrap_or_else(|error| (400, json!({ "error": error.to_string() })));
        let answer = Response::from_string(body.to_string())
            .with_status_code(status)
            .with_header(json.clone());
        request.respond(answer)?;
    }
    Ok(())
}

fn main() -> Result<ExitCode, Error> {
    let server = Server::http(ADDRESS).map_err(Error::other)?;
    let mut arguments = std::env::args_os().skip(1);
    let Some(command) = arguments.next() else {
        println!("the mock back end listens on http://{ADDRESS}/v1");
        serve(&server)?;
        return Ok(ExitCode::SUCCESS);
    };
    std::thread::spawn(move || serve(&server));
    let status = Command::new(command).args(arguments).status()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
