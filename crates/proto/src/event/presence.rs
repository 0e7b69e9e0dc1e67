//! Being here: away or back, and those that a session watches for. None of it is logged.

use serde::{Deserialize, Serialize};

use super::{Author, Subject};

/// Somebody is away, or back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsAway {
    /// Who.
    #[serde(flatten)]
    pub subject: Subject,
    /// Why, or until when; with none, they are back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Somebody came or went whom this session watches for (`monitor`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Who, by the name that is watched for.
    #[serde(flatten)]
    pub subject: Subject,
    /// Here now?
    pub online: bool,
}

/// Somebody who runs the server says something to everyone who is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hailed {
    /// Who.
    #[serde(flatten)]
    pub author: Author,
    /// The words.
    pub text: String,
}
