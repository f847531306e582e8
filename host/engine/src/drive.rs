//! The loop around [`advance`], which calls functions until the session waits for the
//! customer.

use jiff::Timestamp;
use krabice_contract::{Failure, Outcome};

use crate::library::Library;
use crate::machine::advance;
use crate::session::Session;
use crate::trace::Watcher;
use crate::turn::{CallRequest, Input, Then, Turn};

/// A host that can run the functions of plugins.
pub trait Functions {
    /// Runs one function. Everything that prevents an answer is a failure.
    fn call(&self, request: CallRequest) -> impl Future<Output = Result<Outcome, Failure>> + Send;
}

/// Advances a session until it waits for the customer or is finished.
///
/// The turn's `show` includes everything that was shown between the calls.
/// [`Watcher::shown`] gets each part at once, so that a slow call does not delay the message
/// before it. The future may be dropped at an await: the
/// session is then as before the turn, and running the turn again makes the same calls with
/// the same keys.
pub async fn run_turn(
    library: &Library,
    session: Session,
    input: Input,
    now: Timestamp,
    functions: &impl Functions,
    watcher: &mut (dyn Watcher + Send),
) -> Turn {
    let mut turn = advance(library, session, input, now, watcher);
    let mut show = std::mem::take(&mut turn.show);
    let said = turn.said.take();
    let mut guesses = std::mem::take(&mut turn.guesses);
    while let Then::Call(request) = turn.then {
        let key = request.key.clone();
        let result = functions.call(*request).await;
        turn = advance(
            library,
            turn.session,
            Input::CallEnded { key, result },
            now,
            watcher,
        );
        show.append(&mut turn.show);
        guesses.append(&mut turn.guesses);
    }
    Turn {
        show,
        said,
        guesses,
        ..turn
    }
}
