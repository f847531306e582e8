//! The socket under HTTP, so that a fault can reset it, slow it down or close it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use crate::locked;

/// What an answer can do with its connection.
pub(crate) struct Wire {
    /// The connection's number, from 1.
    pub(crate) number: u64,
    pub(crate) peer: SocketAddr,
    /// How often everything written so far reached the kernel.
    flushes: AtomicU64,
    flushed: Notify,
    reset: AtomicBool,
    /// The pause after each byte; `None`: at full speed.
    pause: Mutex<Option<Duration>>,
    /// Whether the connection closes after the current answer.
    last: AtomicBool,
    closing: Notify,
}

impl Wire {
    pub(crate) fn new(number: u64, peer: SocketAddr) -> Arc<Self> {
        Arc::new(Self {
            number,
            peer,
            flushes: AtomicU64::new(0),
            flushed: Notify::new(),
            reset: AtomicBool::new(false),
            pause: Mutex::new(None),
            last: AtomicBool::new(false),
            closing: Notify::new(),
        })
    }

    /// Waits until everything handed to the connection so far has reached the kernel,
    /// so that it arrives even if the connection is cut next.
    pub(crate) async fn flushed(&self) {
        let before = self.flushes.load(Ordering::Acquire);
        loop {
            let next = self.flushed.notified();
            if self.flushes.load(Ordering::Acquire) > before {
                return;
            }
            next.await;
        }
    }

    /// From now on the socket ends with RST instead of FIN.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Writes byte by byte with this pause, or at full speed again.
    pub(crate) fn slow(&self, pause: Option<Duration>) {
        *locked(&self.pause) = pause;
    }

    /// Closes the connection after the current answer.
    pub(crate) fn close_after_answer(&self) {
        self.last.store(true, Ordering::Release);
    }

    /// Waits until the connection is to be closed.
    pub(crate) async fn closing(&self) {
        self.closing.notified().await;
    }
}

/// A TCP stream that does what its [`Wire`] was asked to do.
pub(crate) struct Socket {
    stream: TcpStream,
    wire: Arc<Wire>,
    pausing: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, wire: Arc<Wire>) -> Self {
        Self {
            stream,
            wire,
            pausing: None,
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.wire.reset.load(Ordering::Acquire) {
            // Closing with a linger of zero sends RST (RFC 9293, section 3.10.4).
            // It fails only on a socket that is already closed.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let pause = *locked(&self.wire.pause);
        let Some(pause) = pause else {
            return Pin::new(&mut self.stream).poll_write(cx, buf);
        };
        if let Some(pausing) = &mut self.pausing {
            ready!(pausing.as_mut().poll(cx));
            self.pausing = None;
        }
        let one = &buf[..buf.len().min(1)];
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, one))?;
        self.pausing = Some(Box::pin(tokio::time::sleep_until(Instant::now() + pause)));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        // HTTP flushes only when its own buffer is empty.
        self.wire.flushes.fetch_add(1, Ordering::Release);
        self.wire.flushed.notify_waiters();
        if self.wire.last.load(Ordering::Acquire) {
            self.wire.closing.notify_one();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.wire.reset.load(Ordering::Acquire) {
            // A shutdown would send FIN before the RST.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
