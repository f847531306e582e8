//! What a plugin writes to its standard output and error.
//!
//! It goes to `tracing`, line by line, with the plugin, the function and the
//! call, under the target [`TARGET`]. A flood is cut and never stops the
//! plugin; what could play tricks on a terminal is escaped; values that the
//! call holds in confidence are masked, for a plugin may print what it was
//! given.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::redaction::Redaction;

/// The `tracing` target of what plugins write.
pub const TARGET: &str = "krabice::plugin";

/// A longer line is broken here, so that no reader of the log has to hold it.
const LINE: usize = 4096;

/// The most lines of a call: each costs the log far more than its bytes.
const LINES: u64 = 1_000;

/// How many of the last lines are kept for the account of a crash.
const LAST: usize = 3;

/// Which of the two streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// The log of one call.
#[derive(Clone)]
pub(crate) struct Log(Arc<Shared>);

struct Shared {
    plugin: Arc<str>,
    function: Arc<str>,
    call: String,
    redaction: Arc<Redaction>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Bytes that may still be written.
    left: usize,
    dropped: u64,
    lines: u64,
    out: Vec<u8>,
    err: Vec<u8>,
    last: Vec<String>,
}

/// What a call wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct Summary {
    pub(crate) lines: u64,
    pub(crate) dropped_bytes: u64,
    /// The last lines of the standard error, where a panic says why.
    pub(crate) last: Vec<String>,
}

impl Log {
    pub(crate) fn new(
        plugin: Arc<str>,
        function: Arc<str>,
        call: String,
        redaction: Arc<Redaction>,
        bytes: usize,
    ) -> Log {
        let state = Mutex::new(State {
            left: bytes,
            ..State::default()
        });
        Log(Arc::new(Shared {
            plugin,
            function,
            call,
            redaction,
            state,
        }))
    }

    /// One of the streams, for the WASI context.
    pub(crate) fn stream(&self, stream: Stream) -> LogStream {
        LogStream {
            log: self.clone(),
            stream,
        }
    }

    /// Ends the log: writes what has no line end yet.
    pub(crate) fn finish(&self) -> Summary {
        let mut state = self.state();
        for stream in [Stream::Out, Stream::Err] {
            let rest = std::mem::take(state.buffer(stream));
            if !rest.is_empty() {
                self.line(&mut state, stream, &rest);
            }
        }
        if state.dropped > 0 {
            tracing::warn!(
                target: TARGET,
                plugin = %self.0.plugin,
                function = %self.0.function,
                call = %self.0.call,
                dropped_bytes = state.dropped,
                "the log of a call was cut",
            );
        }
        Summary {
            lines: state.lines,
            dropped_bytes: std::mem::take(&mut state.dropped),
            last: std::mem::take(&mut state.last),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.state();
        let kept = bytes.len().min(state.left);
        state.left -= kept;
        state.dropped += (bytes.len() - kept) as u64;
        let mut rest = &bytes[..kept];
        while !rest.is_empty() {
            if state.lines >= LINES {
                state.dropped += rest.len() as u64;
                return;
            }
            let buffer = state.buffer(stream);
            let room = LINE - buffer.len();
            let end = rest.iter().position(|byte| *byte == b'\n');
            match end {
                Some(end) if end <= room => {
                    buffer.extend_from_slice(&rest[..end]);
                    rest = &rest[end + 1..];
                }
                _ if rest.len() >= room => {
                    buffer.extend_from_slice(&rest[..room]);
                    rest = &rest[room..];
                }
                _ => {
                    buffer.extend_from_slice(rest);
                    return;
                }
            }
            let line = std::mem::take(buffer);
            self.line(&mut state, stream, &line);
        }
    }

    fn line(&self, state: &mut State, stream: Stream, line: &[u8]) {
        state.lines += 1;
        let line = self.0.redaction.mask(&String::from_utf8_lossy(line));
        let line = escape(&line);
        let Shared {
            plugin,
            function,
            call,
            ..
        } = &*self.0;
        match stream {
            Stream::Out => {
                tracing::info!(target: TARGET, %plugin, %function, %call, stream = "out", line, "plugin wrote");
            }
            Stream::Err => {
                tracing::warn!(target: TARGET, %plugin, %function, %call, stream = "err", line, "plugin wrote");
                if state.last.len() == LAST {
                    state.last.remove(0);
                }
                state.last.push(line);
            }
        }
    }
}

impl State {
    fn buffer(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }
}

/// Makes a text safe for a terminal: control characters, and those that turn
/// the direction of writing, become visible.
pub(crate) fn escape(text: &str) -> String {
    let tricky = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(tricky) {
        return text.to_owned();
    }
    text.chars()
        .fold(String::with_capacity(text.len() + 16), |mut escaped, c| {
            if tricky(c) {
                let _ = write!(escaped, "{}", c.escape_unicode());
            } else {
                escaped.push(c);
            }
            escaped
        })
}

/// One of the streams of a [`Log`]; never full and never closed.
pub(crate) struct LogStream {
    log: Log,
    stream: Stream,
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.log.stream(self.stream))
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.log.stream(self.stream))
    }
}

#[async_trait::async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.log.write(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 * 1024)
    }
}

impl AsyncWrite for LogStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.log.write(self.stream, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
