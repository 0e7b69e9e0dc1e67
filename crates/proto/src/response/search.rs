//! What a search found.

use serde::{Deserialize, Serialize};

use crate::{Author, Place};

/// Answers `search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// There may be older ones; `cursor` goes on with them.
    pub more: bool,
    /// For the next page, if there may be more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Where and when it was first said.
    #[serde(flatten)]
    pub place: Place,
    /// Who said it.
    #[serde(flatten)]
    pub author: Author,
    /// Its newest words: all of them, or a part around the first that was sought.
    pub body: String,
    /// There is more of it than `body` shows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Its words were changed since it was first said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// Where in `body` the words stand that were sought: first character and the one after the last,
    /// counted in characters (Unicode scalar values) from 0.
    pub marks: Vec<(u32, u32)>,
}
