//! The socket under HTTP, so that a fault can reset it, slow it or end it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

/// What an answer may ask of the connection it leaves on.
pub(crate) struct Wire {
    /// The connection's number, from 1.
    pub(crate) number: u64,
    pub(crate) peer: SocketAddr,
    /// How often everything written so far had reached the kernel.
    flushes: AtomicU64,
    flushed: Notify,
    reset: AtomicBool,
    /// The pause after each byte; `None`: at full speed.
    pause: Mutex<Option<Duration>>,
    /// Close as soon as the answer has left.
    last: AtomicBool,
    ended: Notify,
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
            ended: Notify::new(),
        })
    }

    /// Waits until all that was handed to the connection before has reached
    /// the kernel, so that it arrives even if the connection is cut next.
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

    /// From now on the socket dies with RST instead of FIN.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Writes byte by byte with this pause, or at full speed again.
    pub(crate) fn slow(&self, pause: Option<Duration>) {
        *self.pause.lock().unwrap_or_else(PoisonError::into_inner) = pause;
    }

    /// Ends the connection once the present answer has left.
    pub(crate) fn end_after_answer(&self) {
        self.last.store(true, Ordering::Release);
    }

    /// Waits until the connection is to end.
    pub(crate) async fn ended(&self) {
        self.ended.notified().await;
    }
}

/// A TCP stream that does what its [`Wire`] is asked.
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
            // It fails only on a socket that is dead already.
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
        let pause = *self
            .wire
            .pause
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
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
            self.wire.ended.notify_one();
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
