//! Sends the body of an answer step by step, so that a fault can stop it in the middle.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use crate::wire::Wire;

/// One step of sending a body.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send these bytes.
    Send(Bytes),
    /// Wait until everything sent so far has reached the kernel.
    Flush,
    /// Wait.
    Wait(Duration),
    /// Close the connection (FIN), even if the body is not complete.
    Close,
    /// Reset the connection (RST).
    Reset,
    /// Send nothing more, and keep the connection open.
    Stall,
}

/// The steps, made when they are due, so that a huge body is never in memory.
pub(crate) type Script = Box<dyn Iterator<Item = Step> + Send>;

/// A script that sends the body in one piece.
pub(crate) fn whole(body: Bytes) -> Script {
    Box::new(
        Some(body)
            .filter(|body| !body.is_empty())
            .map(Step::Send)
            .into_iter(),
    )
}

/// The body ends before it is complete.
#[derive(Debug, thiserror::Error)]
#[error("the fault cuts the answer here")]
pub(crate) struct Cut;

/// Plays a script on a connection. `held` is dropped at the end of the body, before its
/// last bytes reach the client: a client that has read the whole answer finds its place
/// among the requests at once free again.
pub(crate) fn play(script: Script, wire: Arc<Wire>, held: Vec<Box<dyn Any + Send>>) -> Body {
    let pieces = stream::unfold(
        (script, wire, held),
        |(mut script, wire, held)| async move {
            loop {
                match script.next()? {
                    Step::Send(bytes) => return Some((Ok(bytes), (script, wire, held))),
                    Step::Flush => wire.flushed().await,
                    Step::Wait(time) => tokio::time::sleep(time).await,
                    Step::Close => return Some((Err(Cut), (script, wire, held))),
                    Step::Reset => {
                        wire.reset();
                        return Some((Err(Cut), (script, wire, held)));
                    }
                    Step::Stall => std::future::pending().await,
                }
            }
        },
    );
    Body::from_stream(pieces)
}
