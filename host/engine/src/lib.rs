//! The session state machine: (session, input) → (session, what to show).
//!
//! [`advance`] takes a session one turn further and does no I/O: it reads no clock, draws no
//! random number and calls no function. If a box needs a function, the turn ends with
//! [`Then::Call`], and [`Input::CallEnded`] continues it; [`run_turn`] is the loop that does
//! this with [`Functions`]. The same session, inputs and results of calls always give the
//! same session.
//!
//! ```
//! use krabice_engine::{Input, Library, Session, Then, advance};
//! use krabice_scenario::{World, check};
//!
//! let scenario = r#"{ "krabice": 1, "name": "hello", "languages": ["en"], "start": "bye",
//!                     "boxes": { "bye": { "type": "end", "text": "Hello!" } } }"#;
//! let library = Library::from_iter(check(scenario, &World::default()).scenario);
//! let session = Session::start(&library, "hello", "session-1", "a secret", "en", Default::default())?;
//! let turn = advance(&library, session, Input::Begin, jiff::Timestamp::UNIX_EPOCH, &mut ());
//! assert!(matches!(turn.then, Then::Finished(_)));
//! # Ok::<(), krabice_engine::StartError>(())
//! ```
//!
//! It guarantees:
//! - Everything that a customer sees is built in one place, [`view`], from templates that
//!   withhold hidden values; then any hidden value that is left in it is masked.
//! - A turn, a session and a chain of jumps are bounded ([`limits`]). Beyond a bound the
//!   session ends with [`Reason::Fault`] and a polite text.
//! - A [`Session`] cannot be serialised: storage uses [`StoredSession`], and a browser gets
//!   [`Show`] and [`VisibleVariables`].
//!
//! It knows no plugin, no network and no storage.

mod drive;
mod fault;
mod library;
pub mod limits;
mod machine;
mod session;
mod texts;
pub mod trace;
mod turn;
pub mod view;

pub use drive::{Functions, run_turn};
pub use fault::Fault;
pub use library::Library;
pub use machine::{advance, advance_unless};
pub use session::{Reason, Session, StartError, StoreError, StoredSession};
pub use trace::{Event, Watcher};
pub use turn::{CallRequest, Compared, Input, Refusal, Then, Turn};
pub use view::{Offer, OfferedFile, Show, VisibleText, VisibleVariables};
