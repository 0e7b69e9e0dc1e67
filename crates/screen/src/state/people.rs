//! People: who is here, who is away, who is in a room.

use std::collections::BTreeMap;

use snug_proto::{AccountId, PersonEntry, Role};

/// Members of one room that are kept; the pane says that there are more.
pub(crate) const MAX_MEMBERS: usize = 2000;

/// What is known of somebody on a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// Shown as this.
    pub display: Option<String>,
    /// Here now?
    pub online: bool,
    /// Away, and why or until when.
    pub away: Option<String>,
}

/// Somebody in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
pub struct Member {
    /// Its founder.
    pub founder: bool,
    /// Keeps order in it.
    pub admin: bool,
    /// May not speak in it.
    pub muted: bool,
    /// A program, no person.
    pub bot: bool,
}

/// The members of a room, as far as they were asked for.
#[derive(Debug, Default)]
pub struct Members {
    /// By account.
    pub list: BTreeMap<AccountId, Member>,
    /// All were listed.
    pub complete: bool,
    /// They were asked for on this connection.
    pub(crate) asked: bool,
    /// How many are online, where the server counts.
    pub online: Option<u64>,
}

impl Person {
    pub(crate) fn note(&mut self, entry: &PersonEntry) {
        self.name.clone_from(&entry.name);
        self.display.clone_from(&entry.display);
        self.online = entry.online;
        self.away.clone_from(&entry.away);
    }
}

impl From<&PersonEntry> for Member {
    fn from(entry: &PersonEntry) -> Self {
        Self {
            founder: entry.founder,
            admin: entry.admin || entry.role == Role::Owner && entry.founder,
            muted: entry.muted,
            bot: entry.bot,
        }
    }
}
