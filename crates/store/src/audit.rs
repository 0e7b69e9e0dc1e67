//! The audit log (M6): one row for every privileged action, written in the action's own transaction.

use snug_proto::{AccountId, AuditAction, RoomId, Timestamp};

use crate::StoreError;

/// A privileged action to be recorded. It has no place for the words of a message or for a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAudit {
    /// When.
    pub at: Timestamp,
    /// Who; none for the operator's command on the machine itself.
    pub by: Option<AccountId>,
    /// What.
    pub action: AuditAction,
    /// The account concerned.
    pub account: Option<AccountId>,
    /// The room concerned.
    pub room: Option<RoomId>,
    /// The range of addresses concerned.
    pub address: Option<String>,
    /// It ends by itself then.
    pub until: Option<Timestamp>,
    /// The reason that was given.
    pub why: Option<String>,
    /// What exactly: `role moderator`.
    pub details: Option<String>,
}

impl NewAudit {
    /// This action by this account; by none where the operator's command did it.
    pub const fn new(at: Timestamp, by: Option<AccountId>, action: AuditAction) -> Self {
        Self {
            at,
            by,
            action,
            account: None,
            room: None,
            address: None,
            until: None,
            why: None,
            details: None,
        }
    }

    /// It concerned this account.
    #[must_use]
    pub fn about(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// It concerned this room.
    #[must_use]
    pub fn in_room(mut self, room: RoomId) -> Self {
        self.room = Some(room);
        self
    }

    /// It concerned these addresses.
    #[must_use]
    pub fn at_address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// It ends by itself then, if ever.
    #[must_use]
    pub fn until(mut self, until: Option<Timestamp>) -> Self {
        self.until = until;
        self
    }

    /// For this reason, if one was given.
    #[must_use]
    pub fn why(mut self, why: Option<String>) -> Self {
        self.why = why;
        self
    }

    /// What exactly.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
}

/// A privileged action as it is kept, with the names of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number: later ones are higher.
    pub number: u64,
    /// What it was recorded as.
    pub what: NewAudit,
    /// The name of who did it, then.
    pub by_name: Option<String>,
    /// The name of the account concerned, then.
    pub account_name: Option<String>,
    /// The name of the room concerned, then.
    pub room_name: Option<String>,
}

/// Which entries of the audit log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only this action.
    pub action: Option<AuditAction>,
    /// Only what this account did.
    pub by: Option<AccountId>,
    /// Only what concerned this account.
    pub about: Option<AccountId>,
    /// Only those before this one.
    pub before: Option<u64>,
}

/// Writing to the audit log.
pub trait AuditLog {
    /// Records a privileged action, with the names that those concerned have now. The log is only ever
    /// added to.
    fn audit(&mut self, entry: &NewAudit) -> Result<(), StoreError>;
}

/// Reading the audit log.
pub trait AuditReader {
    /// The newest entries that pass the filter, newest first, at most `limit`.
    fn audit_page(&mut self, filter: &AuditFilter, limit: u32)
    -> Result<Vec<AuditRow>, StoreError>;
}
