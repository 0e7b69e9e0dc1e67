//! A message of one's own that the server has not acknowledged yet.

use snug_proto::Timestamp;

use crate::Tag;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// By what its answer is known.
    pub tag: Tag,
    /// The words.
    pub body: String,
    /// The message that it answers.
    pub reply_to: Option<u64>,
    /// When it was written.
    pub at: Timestamp,
    /// How it stands with it.
    pub state: WaitingState,
}

/// How it stands with a message that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitingState {
    /// On its way.
    Sent,
    /// It has come back as an event; the answer is about to come.
    Arrived,
    /// Tried again by itself, for this reason.
    Delayed(String),
    /// Refused: why, in a sentence.
    Failed(String),
}
