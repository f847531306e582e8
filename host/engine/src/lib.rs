//! The session state machine: (session, input) → (session, what to show).
//!
//! [`advance`] takes a session one turn further and does no I/O: it reads no
//! clock, draws no random number and calls nothing. Where a box needs a
//! function, the turn ends with [`Then::Call`] and goes on with
//! [`Input::CallEnded`]; [`run_turn`] is the loop that does so over a
//! [`Functions`]. The same session, inputs and results of calls give the same
//! session again.
//!
//! ```
//! use krabice_engine::{Input, Library, Session, Then, advance};
//! # use krabice_scenario::scenario::{LocalText, Scenario, ScenarioBox};
//! # use krabice_scenario::Template;
//! # let scenario = Scenario {
//! #     name: "hello".to_owned(),
//! #     title: None,
//! #     languages: vec!["en".to_owned()],
//! #     time_zone: jiff::tz::TimeZone::UTC,
//! #     inputs: Default::default(),
//! #     start: "bye".to_owned(),
//! #     boxes: [("bye".to_owned(), ScenarioBox::End {
//! #         text: Some(LocalText::Every(Template::parse("Hello!").unwrap())),
//! #     })].into_iter().collect(),
//! # };
//! let library = Library::from_iter([scenario]);
//! let session = Session::start(&library, "hello", "session-1", "a secret", "en", Default::default())?;
//! let turn = advance(&library, session, Input::Begin, jiff::Timestamp::UNIX_EPOCH, &mut ());
//! assert!(matches!(turn.then, Then::Finished(_)));
//! # Ok::<(), krabice_engine::StartError>(())
//! ```
//!
//! What it guarantees:
//! - what is shown is built in one place, [`view`], from templates that withhold
//!   hidden values, and passes a last line that masks any that are left;
//! - a turn, a session and a chain of jumps are bounded ([`limits`]); a breach
//!   ends the session with [`Reason::Fault`] and a polite text;
//! - a [`Session`] cannot be serialised: storage goes through [`StoredSession`],
//!   a browser gets [`Show`] and [`VisibleVariables`].
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
pub use machine::advance;
pub use session::{Reason, Session, StartError, StoreError, StoredSession};
pub use trace::{Event, Watcher};
pub use turn::{CallRequest, Input, Then, Turn};
pub use view::{Offer, OfferedFile, Show, VisibleText, VisibleVariables};
