//! Requests between people: friends, blocks, and whom one lets reach one.

use serde::{Deserialize, Serialize};

use crate::PersonRef;

/// Asks somebody to be one's friend, or accepts their asking (D2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Befriend {
    /// Who.
    pub person: PersonRef,
}

/// Ends a friendship, takes one's asking back, or declines theirs (D2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfriend {
    /// Who.
    pub person: PersonRef,
}

/// Lists one's friends, those who ask, and those one has asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friends {
    /// Goes on after this name of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Blocks somebody: neither reaches the other directly from now on, and a friendship ends (D3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Who.
    pub person: PersonRef,
}

/// Takes a block back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unblock {
    /// Who.
    pub person: PersonRef,
}

/// Lists those one blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// Goes on after this name of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Shows oneself and one's settings, and changes those that are given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// May strangers (no friends, no room in common but the lobby) write to one directly and invite
    /// one into rooms (D4)?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strangers: Option<bool>,
    /// May guests of the server do so, whom one did not write to?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guests: Option<bool>,
    /// One's display name; empty for none. Where there is a roster, it is the roster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// One's own name in another spelling: `Anna` for `anna`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Does a program speak here, no person?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<bool>,
    /// Is this session left out of the list of all who are here, for those who are in no room with one? It
    /// is found by its name all the same, and who runs the server sees all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<bool>,
}
