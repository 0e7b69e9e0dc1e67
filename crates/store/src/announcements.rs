//! What the owner told everyone, and how far each has seen it (M1).

use snug_proto::{AccountId, Timestamp};

use crate::StoreError;

/// An announcement as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementRow {
    /// Its number: later ones are higher.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: AccountId,
    /// The words.
    pub body: String,
}

/// Writing announcements.
pub trait Announcing {
    /// Keeps an announcement, and no more than `keep` of them; its number.
    fn announce(
        &mut self,
        by: &AccountId,
        body: &str,
        at: Timestamp,
        keep: u64,
    ) -> Result<u64, StoreError>;
    /// Erases an announcement; false if there was none.
    fn withdraw_announcement(&mut self, number: u64) -> Result<bool, StoreError>;
    /// Notes that an account has seen all up to this one; it never goes back.
    fn seen_announcements(&mut self, account: &AccountId, number: u64) -> Result<(), StoreError>;
}

/// Reading announcements.
pub trait AnnouncementReader {
    /// The announcements before this one, newest first, at most `limit`.
    fn announcements(
        &mut self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AnnouncementRow>, StoreError>;
    /// The newest that an account has not seen, of those made since it was, oldest first, at most `limit`.
    fn unseen_announcements(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<AnnouncementRow>, StoreError>;
}
