//! The channels by which sessions come.

/// Turns the outside world into inputs of sessions, and what they show into something to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A customer writes on the chat page or in the widget.
    Chat,
}

impl Channel {
    /// The word in the store.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Channel::Chat => "chat",
        }
    }
}
