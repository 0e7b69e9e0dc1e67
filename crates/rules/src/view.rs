//! A room as the rules see it, and how an event changes it.

use std::collections::HashMap;

use snug_proto::{AccountId, HistoryPolicy, Retention, RoomId};

use crate::talking::About;

/// What kind of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomKind {
    /// The one room that everyone is in, by having an account (DECISIONS 7).
    Lobby,
    /// One that somebody made.
    Ordinary,
    /// The conversation of two accounts; the same one twice for notes to oneself.
    Direct(AccountId, AccountId),
}

/// Who may join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone with an account.
    Open,
    /// Whoever knows the password. The password itself is checked by the caller.
    Password,
}

/// A membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The seq of the event that made it; `None` until that event is committed.
    pub joined: Option<u64>,
}

/// A room's state, as far as decisions depend on it.
#[derive(Debug, Clone)]
pub struct RoomView {
    /// The room.
    pub id: RoomId,
    /// Its kind.
    pub kind: RoomKind,
    /// Who may join.
    pub access: Access,
    /// What a newcomer may read.
    pub history: HistoryPolicy,
    /// How long events are kept.
    pub retention: Retention,
    /// Who stands above its admins (DECISIONS 20).
    pub founder: Option<AccountId>,
    /// A block stands between the two of a direct conversation (D3).
    pub closed: bool,
    /// Another number whenever membership, roles or settings change; appends expect it.
    pub rules: u64,
    /// The members, of an ordinary room.
    pub members: HashMap<AccountId, Member>,
}

/// What an event of a log says happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Words. Empty once deleted.
    Message {
        /// The words.
        body: String,
        /// They were taken back.
        deleted: bool,
        /// What they are about.
        about: About,
    },
    /// The actor became a member.
    Joined,
    /// The actor ceased to be a member.
    Left,
    /// The words of a message were changed.
    Edited {
        /// Which message.
        of: u64,
        /// Its new words; empty once it was deleted.
        body: String,
        /// They were taken back.
        deleted: bool,
    },
    /// A message was taken back.
    Deleted {
        /// Which message.
        of: u64,
    },
    /// The actor put a reaction on a message.
    Reacted {
        /// Which message.
        of: u64,
        /// The reaction.
        emoji: String,
    },
    /// The actor took a reaction away.
    Unreacted {
        /// From which message.
        of: u64,
        /// The reaction.
        emoji: String,
    },
}

/// An event before it has its number: who, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who did it.
    pub actor: AccountId,
    /// What.
    pub content: Content,
}

impl Content {
    /// Does it change who may do what, so that the room's counter advances?
    pub const fn changes_rules(&self) -> bool {
        matches!(self, Self::Joined | Self::Left)
    }
}

impl RoomView {
    /// Applies an entry that was decided on this very view; if it changes who may do what, the counter
    /// becomes `rules_after`.
    pub fn apply(&mut self, entry: &Entry, rules_after: u64) {
        match entry.content {
            Content::Joined => {
                self.members.insert(entry.actor, Member { joined: None });
            }
            Content::Left => {
                self.members.remove(&entry.actor);
            }
            Content::Message { .. }
            | Content::Edited { .. }
            | Content::Deleted { .. }
            | Content::Reacted { .. }
            | Content::Unreacted { .. } => {}
        }
        if entry.content.changes_rules() {
            self.rules = rules_after;
        }
    }

    /// Notes the number that a joining got once it is committed.
    pub fn committed(&mut self, entry: &Entry, seq: u64) {
        if entry.content == Content::Joined
            && let Some(member) = self.members.get_mut(&entry.actor)
        {
            member.joined = Some(seq);
        }
    }

    /// Is this account a member?
    pub fn is_member(&self, account: &AccountId) -> bool {
        match self.kind {
            RoomKind::Lobby => true,
            RoomKind::Direct(one, other) => *account == one || *account == other,
            RoomKind::Ordinary => self.members.contains_key(account),
        }
    }
}
