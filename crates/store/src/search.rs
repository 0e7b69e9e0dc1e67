//! Searching messages by their words: what is asked, what is found, and the follower that keeps the
//! index of words up with the logs.
//!
//! The index is made of the logs and of nothing else. It may lag; what it does not have yet is looked
//! through as it stands in the log. It may be lost; then it is made anew.

use snug_proto::{AccountId, RoomId, Timestamp};
use snug_rules::{ReadGrant, Standing, Term};

use crate::StoreError;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// All of these; none if only the author matters.
    pub terms: Vec<Term>,
    /// By this account.
    pub from: Option<AccountId>,
    /// At or after this time.
    pub after: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
    /// Older than this hit of the page before.
    pub past: Option<Point>,
    /// At most so many, the newest.
    pub limit: u32,
}

/// Where a hit stands among all: by time, then by room, then by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Its time.
    pub at: Timestamp,
    /// Its room.
    pub room: RoomId,
    /// Its number.
    pub seq: u64,
}

/// A message that has what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// Where it stands.
    pub point: Point,
    /// Who said it.
    pub actor: AccountId,
    /// Its newest words.
    pub body: String,
    /// Were they changed?
    pub edited: bool,
    /// Where the words that were sought stand in `body`: the first character, and the one after the last.
    pub marks: Vec<(u32, u32)>,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Searched {
    /// The newest hits, newest first.
    Found(Vec<SearchHit>),
    /// It took too long and was given up.
    TooBroad,
}

/// The part of a reader that searches.
pub trait Searching {
    /// How an account stands in the rooms that it is in and that keep events: at most `most`, those where
    /// something happened last first.
    fn standings(&mut self, account: &AccountId, most: u32) -> Result<Vec<Standing>, StoreError>;

    /// The newest messages within the grants that have what is wanted, by their newest words. Never one
    /// that was deleted or pruned.
    fn search(&mut self, grants: &[ReadGrant], wanted: &Wanted) -> Result<Searched, StoreError>;
}

/// Keeps the index of words up with the logs.
pub trait Follower: Send {
    /// Takes in up to so many events that the index does not have. How many it took: fewer than `most`
    /// means that it has caught up.
    fn follow(&mut self, most: u32) -> Result<u32, StoreError>;
    /// If words left the index since the last time, makes sure that they left the disk too
    /// (DECISIONS 8). It may rewrite the whole index.
    fn tidy(&mut self) -> Result<(), StoreError>;
}
