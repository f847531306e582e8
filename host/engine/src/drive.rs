//! The loop around [`advance`]: calls functions until the customer is awaited.

use jiff::Timestamp;
use krabice_scenario::{Failure, Outcome};

use crate::trace::Watcher;
use crate::{CallRequest, Input, Library, Session, Then, Turn, advance};

/// What can run the functions of plugins.
pub trait Functions {
    /// Runs one function. Whatever keeps it from answering is a failure.
    fn call(&self, request: CallRequest) -> impl Future<Output = Result<Outcome, Failure>> + Send;
}

/// Takes a session on until the customer is awaited or the session is finished.
///
/// `show` of the turn is all that the calls in between showed as well; a
/// [`Watcher::shown`] hears of each as it comes, so that a slow call does not
/// hold back the message before it. `now` is the time of the whole turn. The
/// future may be dropped at an await: the session as it was before is then the
/// last one known, and running the turn again makes the same calls with the
/// same keys.
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
    }
    Turn { show, said, ..turn }
}
