//! The log of a plugin: its standard output and error.
//!
//! Each line goes to `tracing` with the plugin, the function and the call, under the target
//! [`TARGET`]. A plugin may write too much, attack the terminal of the reader, or print its
//! parameters. So the log has a limit, beyond which it is dropped without stopping the
//! plugin; control characters are escaped; hidden and personal values are masked.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use krabice_contract::Redaction;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::locked::locked;

/// The `tracing` target of the logs of plugins.
pub const TARGET: &str = "krabice::plugin";

/// The longest line, in bytes. A longer one is broken, so that no reader of the log needs
/// more memory.
const LINE: usize = 4096;

/// The most lines of a call: each costs the log far more than its bytes.
const LINES: u64 = 1_000;

/// The number of last lines that are kept for the message of a crash.
const LAST_LINES: usize = 3;

/// One of the two output streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// The log of one call.
#[derive(Clone)]
pub(crate) struct PluginLog(Arc<Inner>);

struct Inner {
    plugin: Arc<str>,
    function: Arc<str>,
    call: String,
    redaction: Arc<Redaction>,
    state: Mutex<LogState>,
}

#[derive(Default)]
struct LogState {
    /// The bytes that may still be written.
    left: usize,
    dropped: u64,
    lines: u64,
    out: Vec<u8>,
    err: Vec<u8>,
    last_lines: Vec<String>,
}

/// The summary of the log of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogSummary {
    pub(crate) lines: u64,
    pub(crate) dropped_bytes: u64,
    /// The last lines of the standard error, which has the message of a panic.
    pub(crate) last_lines: Vec<String>,
}

impl PluginLog {
    pub(crate) fn new(
        plugin: Arc<str>,
        function: Arc<str>,
        call: String,
        redaction: Arc<Redaction>,
        bytes: usize,
    ) -> PluginLog {
        let state = Mutex::new(LogState {
            left: bytes,
            ..LogState::default()
        });
        PluginLog(Arc::new(Inner {
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

    /// Ends the log and writes its unfinished lines.
    pub(crate) fn finish(&self) -> LogSummary {
        let mut state = locked(&self.0.state);
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
                "the log of a call was larger than its limit; the rest is dropped",
            );
        }
        LogSummary {
            lines: state.lines,
            dropped_bytes: std::mem::take(&mut state.dropped),
            last_lines: std::mem::take(&mut state.last_lines),
        }
    }

    fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut state = locked(&self.0.state);
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

    fn line(&self, state: &mut LogState, stream: Stream, line: &[u8]) {
        state.lines += 1;
        let line = String::from_utf8_lossy(line);
        let line = self.0.redaction.mask(&line);
        let line = escape(&line);
        let Inner {
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
                if state.last_lines.len() == LAST_LINES {
                    state.last_lines.remove(0);
                }
                state.last_lines.push(line);
            }
        }
    }
}

impl LogState {
    fn buffer(&mut self, stream: Stream) -> &mut Vec<u8> {
        match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
        }
    }
}

/// Makes a text safe for a terminal: escapes control characters and those that change the
/// direction of writing.
pub(crate) fn escape(text: &str) -> String {
    let is_unsafe = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(is_unsafe) {
        return text.to_owned();
    }
    text.chars()
        .fold(String::with_capacity(text.len() + 16), |mut escaped, c| {
            if is_unsafe(c) {
                let _ = write!(escaped, "{}", c.escape_unicode());
            } else {
                escaped.push(c);
            }
            escaped
        })
}

/// One of the streams of a [`PluginLog`]; never full and never closed.
pub(crate) struct LogStream {
    log: PluginLog,
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
