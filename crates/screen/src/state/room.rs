//! A room of one's own.

use std::collections::VecDeque;

use snug_proto::{AccountId, LOBBY, LogId, RoomEntry, RoomId, RoomRole, Timestamp};

use super::{Anchor, Members, Waiting, Window};
use crate::Editor;

/// People who write at a time that are shown; further ones are not.
const MAX_WRITERS: usize = 16;

/// Somebody who is writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// Who.
    pub account: AccountId,
    /// By this name.
    pub name: String,
    /// Taken to write until then.
    pub until: Timestamp,
}

/// What the input is for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Drafting {
    /// A message.
    #[default]
    Message,
    /// An answer to this one.
    Reply {
        /// Which message.
        to: u64,
    },
    /// Other words for this message of one's own.
    Edit {
        /// Which message.
        of: u64,
        /// What was being written before, which comes back.
        kept: Box<Editor>,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// `den`, or `@ann` for a direct conversation. As it came: clean it before it is shown.
    pub name: String,
    /// A direct conversation?
    pub direct: bool,
    /// What it is about. As it came.
    pub topic: Option<String>,
    /// One's role in it.
    pub role: RoomRole,
    /// To be read, and nothing more.
    pub archived: bool,
    /// Members, where they are counted.
    pub members_count: Option<u64>,
    /// Its log.
    pub log: Option<LogId>,
    /// Messages after one's read marker.
    pub unread: u64,
    /// Those of them that mention one.
    pub mentions: u64,
    /// The read marker.
    pub read: u64,
    /// The newest event known of.
    pub head: u64,
    /// Messages up to this one are counted in `unread`.
    pub(crate) counted: u64,
    /// When something was said last.
    pub last_at: Option<Timestamp>,
    /// The line "new" stands after this event.
    pub new_after: Option<u64>,
    /// How many were new then.
    pub new_count: u64,
    /// What is in memory of its log.
    pub window: Window,
    /// What waits to be acknowledged.
    pub waiting: VecDeque<Waiting>,
    /// Who is writing.
    pub writers: Vec<Writer>,
    /// Who is in it.
    pub members: Members,
    /// What is being written.
    pub editor: Editor,
    /// What for.
    pub drafting: Drafting,
    /// Where one looked when one left it.
    pub(crate) anchor: Anchor,
    /// The words that are kept for a restart.
    pub(crate) kept: String,
    /// Among them are some that wait.
    pub(crate) kept_waiting: bool,
    /// When `typing` was told last.
    pub(crate) told_typing: Option<Timestamp>,
    /// The newest event that the server was told is read.
    pub(crate) marked: u64,
}

impl Room {
    /// Is it where everybody is?
    pub(crate) fn is_lobby(&self) -> bool {
        self.name == LOBBY
    }

    pub(crate) fn new(id: RoomId, name: String) -> Self {
        Self {
            id,
            name,
            direct: false,
            topic: None,
            role: RoomRole::Member,
            archived: false,
            members_count: None,
            log: None,
            unread: 0,
            mentions: 0,
            read: 0,
            head: 0,
            counted: 0,
            last_at: None,
            new_after: None,
            new_count: 0,
            window: Window::default(),
            waiting: VecDeque::new(),
            writers: Vec::new(),
            members: Members::default(),
            editor: Editor::default(),
            drafting: Drafting::Message,
            anchor: Anchor::End,
            kept: String::new(),
            kept_waiting: false,
            told_typing: None,
            marked: 0,
        }
    }

    /// Takes in how a list shows it.
    pub(crate) fn know(&mut self, entry: &RoomEntry) {
        self.name.clone_from(&entry.room);
        self.direct = entry.direct;
        self.topic.clone_from(&entry.topic);
        self.role = entry.role.unwrap_or(RoomRole::Member);
        self.archived = entry.archived;
        self.members_count = entry.members;
        if entry.log.is_some() && self.log != entry.log {
            if self.log.is_some() {
                self.window.clear();
                self.new_after = None;
                (self.head, self.counted, self.read, self.marked) = (0, 0, 0, 0);
            }
            self.log = entry.log;
        }
        self.last_at = entry.last_at.or(self.last_at);
        self.head = self.head.max(entry.seq.unwrap_or(0));
        self.counted = self.counted.max(entry.seq.unwrap_or(0));
        self.read = self.read.max(entry.read.unwrap_or(0));
        self.marked = self.marked.max(self.read);
        if let Some(unread) = entry.unread {
            self.unread = unread;
            self.mentions = entry.mentions;
        }
    }

    /// Words that were kept, or that a command gave back: never over what is being written.
    pub(crate) fn restore(&mut self, words: &str) {
        if self.editor.is_empty() {
            self.editor.set(words);
            words.clone_into(&mut self.kept);
        } else if self.editor.words() != words {
            self.editor.remember(words);
        }
    }

    /// The other one of a direct conversation, by name.
    pub fn other(&self) -> Option<&str> {
        self.direct
            .then(|| self.name.strip_prefix('@').unwrap_or(&self.name))
    }

    /// How many messages in it need one: mentions, or all of a direct conversation.
    pub const fn needs_me(&self) -> u64 {
        if self.direct {
            self.unread
        } else {
            self.mentions
        }
    }

    /// Does one keep order in it?
    pub const fn is_admin(&self) -> bool {
        matches!(self.role, RoomRole::Admin | RoomRole::Founder)
    }

    pub(crate) fn writes(&mut self, account: AccountId, name: String, until: Timestamp) {
        self.writers.retain(|writer| writer.account != account);
        if self.writers.len() < MAX_WRITERS {
            self.writers.push(Writer {
                account,
                name,
                until,
            });
        }
    }
}
