//! The mock back end: a loyalty club in memory, with one card.
//!
//! `cargo run --example mock` runs it until Ctrl-C, at the address in `connections.toml`. `cargo run
//! --example mock -- COMMAND…` runs it on a free port while the command runs. The command uses this
//! folder's plugins, and connections with that port, whatever the environment says.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::io::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response, Server};

/// The address in `connections.toml`.
const ADDRESS: &str = "127.0.0.1:8099";
/// The number of the card.
const NUMBER: &str = "KC-0147";
const KEY: &str = include_str!("../mock/key");
const HERE: &str = env!("CARGO_MANIFEST_DIR");

struct Club {
    /// Points by e-mail.
    points: HashMap<String, i64>,
    /// The staff's note on the one card.
    note: String,
    /// The voucher that was made for each idempotency key.
    vouchers: HashMap<String, String>,
}

impl Club {
    /// The answer to a request: a status and a body. An error means that the request is invalid.
    fn answer(&mut self, request: &mut Request) -> Result<(u16, Value), Error> {
        if header(request, "x-api-key") != Some(KEY.trim()) {
            return Ok((401, json!({ "error": "who are you?" })));
        }
        let path = request.url().to_owned();
        let parts: Vec<_> = path.split('/').skip(1).collect();
        Ok(match (request.method(), parts.as_slice()) {
            (Method::Get, ["v1", "club"]) => (200, json!({ "name": "Club of the mock" })),
            (Method::Get, ["v1", "members", email]) => match self.points.get(&decoded(email)?) {
                Some(points) => {
                    let value = format!("{}.{:02}", points / 10, points % 10 * 10);
                    let card = json!({
                        "points": points, "value": value, "currency": "EUR",
                        "number": NUMBER, "note": self.note,
                    });
                    (200, card)
                }
                None => (404, json!({ "error": "no such card" })),
            },
            (Method::Post, ["v1", "members", email, "vouchers"]) => {
                self.redeem(&decoded(email)?, request)?
            }
            (Method::Put, ["v1", "members", email, "note"]) => {
                self.write(&decoded(email)?, request)?
            }
            _ => (404, json!({ "error": "no such path" })),
        })
    }

    fn write(&mut self, email: &str, request: &mut Request) -> Result<(u16, Value), Error> {
        let body: Value = serde_json::from_reader(request.as_reader())?;
        if !self.points.contains_key(email) {
            return Ok((404, json!({ "error": "no such card" })));
        }
        let note = body["note"].as_str();
        note.ok_or_else(|| Error::other("the note is missing"))?
            .clone_into(&mut self.note);
        Ok((200, json!({ "note": self.note })))
    }

    fn redeem(&mut self, email: &str, request: &mut Request) -> Result<(u16, Value), Error> {
        let body: Value = serde_json::from_reader(request.as_reader())?;
        let Some(points) = self.points.get_mut(email) else {
            return Ok((404, json!({ "error": "no such card" })));
        };
        let key = header(request, "idempotency-key");
        let (Some(key), Some(wanted)) = (key, body["points"].as_i64()) else {
            return Err(Error::other("the key or the points are missing"));
        };
        if let Some(code) = self.vouchers.get(key) {
            return Ok((201, json!({ "code": code })));
        }
        if wanted < 1 || wanted > *points {
            return Ok((409, json!({ "error": "too few points" })));
        }
        *points -= wanted;
        let code = format!("GIFT-{}", self.vouchers.len() + 1);
        self.vouchers.insert(key.to_owned(), code.clone());
        Ok((201, json!({ "code": code })))
    }
}

fn decoded(part: &str) -> Result<String, Error> {
    let part = percent_decode_str(part).decode_utf8();
    Ok(part.map_err(Error::other)?.into_owned())
}

fn header<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    let mut headers = request.headers().iter();
    let header = headers.find(|header| header.field.equiv(name))?;
    Some(header.value.as_str())
}

fn serve(server: &Server) -> Result<(), Error> {
    let mut club = Club {
        points: HashMap::from([("ada@example.com".to_owned(), 240)]),
        note: "Calls in the morning.".to_owned(),
        vouchers: HashMap::new(),
    };
    let json = Header::from_bytes("content-type", "application/json");
    let json = json.map_err(|()| Error::other("a header is invalid"))?;
    for mut request in server.incoming_requests() {
        let (status, body) = club
            .answer(&mut request)
            .unwrap_or_else(|error| (400, json!({ "error": error.to_string() })));
        let answer = Response::from_string(body.to_string())
            .with_status_code(status)
            .with_header(json.clone());
        // If the client has closed the connection, the answer is not needed.
        let _ = request.respond(answer);
    }
    Ok(())
}

/// Writes the connections file for a command, and returns its path.
fn write_connections(address: &str) -> Result<PathBuf, Error> {
    let here = Path::new(HERE);
    let file = here.join(format!(
        "target/connections-{}.toml",
        address.replace(':', "-")
    ));
    let connections = fs::read_to_string(here.join("connections.toml"))?
        .replace(&format!("http://{ADDRESS}/"), &format!("http://{address}/"))
        .replace("\"mock/key\"", "\"../mock/key\"");
    fs::create_dir_all(here.join("target"))?;
    fs::write(&file, connections)?;
    Ok(file)
}

/// Runs a command while the mock runs, and returns the command's exit code.
fn run(command: &OsString, arguments: impl Iterator<Item = OsString>) -> Result<u8, Error> {
    let server = Server::http("127.0.0.1:0").map_err(Error::other)?;
    let file = write_connections(&server.server_addr().to_string())?;
    std::thread::spawn(move || serve(&server));
    let status = Command::new(command)
        .args(arguments)
        .env("KRABICE_CONNECTIONS", &file)
        .env("KRABICE_PLUGINS", Path::new(HERE).join("target/plugins"))
        .status();
    fs::remove_file(file)?;
    let code = status?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(1))
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let failed = match arguments.next() {
        Some(command) => match run(&command, arguments) {
            Ok(code) => return ExitCode::from(code),
            Err(error) => format!("`{}` could not be run: {error}", command.display()),
        },
        None => match Server::http(ADDRESS) {
            Ok(server) => {
                println!("the mock back end listens on http://{ADDRESS}/v1");
                match serve(&server) {
                    Ok(()) => return ExitCode::SUCCESS,
                    Err(error) => error.to_string(),
                }
            }
            Err(error) => format!(
                "cannot listen on {ADDRESS}: {error}; stop the program that uses the port, or change it \
                 in examples/mock.rs and connections.toml"
            ),
        },
    };
    eprintln!("mock: {failed}");
    ExitCode::FAILURE
}
