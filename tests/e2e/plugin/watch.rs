//! `krabice call --watch`

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::component;
use crate::binary::Krabice;
use crate::shop::{Shop, ShopSetup};

/// The most time for a line: longer than any run takes on a busy machine.
const BOUND: Duration = Duration::from_secs(240);

/// The lines of a stream, as they arrive.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}

fn until(lines: &Receiver<String>, wanted: &str) {
    loop {
        match lines.recv_timeout(BOUND) {
            Ok(line) if line.contains(wanted) => return,
            Ok(_) => {}
            Err(error) => panic!("`{wanted}` never came: {error}"),
        }
    }
}

#[test]
fn a_call_runs_again_when_the_component_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("upgates.wasm");
    std::fs::copy(component("upgates"), &file).unwrap();
    let shop = Shop::start(&ShopSetup::default());
    let mut child = Krabice::new(["call", "upgates/verify-order", "order=O260147", "--watch"])
        .env("KRABICE_PLUGINS", folder.path())
        .env("KRABICE_CONNECTIONS", shop.connections())
        .spawn();
    let told = lines(child.stdout.take().unwrap());
    let remarks = lines(child.stderr.take().unwrap());
    until(&told, "true");
    until(&told, "Odeslaná");
    until(&remarks, "waiting for a component to change");

    // A broken component is reported, and the command waits for the next change.
    std::fs::write(&file, "no component").unwrap();
    until(&remarks, "there is no plugin `upgates`");
    until(&remarks, "waiting for a component to change");

    let mut bytes = std::fs::read(component("upgates")).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    std::fs::write(&file, bytes).unwrap();
    until(&told, "true");
    until(&told, "Odeslaná");
    child.kill().unwrap();
    child.wait().unwrap();
}
