//! A room as the rules see it, and how an event changes it.

use std::collections::{BTreeMap, HashMap, HashSet};

pub use snug_proto::Access;
use snug_proto::{AccountId, HistoryPolicy, Retention, RoomId, RoomRole, Timestamp};

use crate::{
    change::{Authority, Change},
    masks::Masks,
    slow::LastSaid,
};

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

/// Does a room outlive its members?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// It does.
    Lasts,
    /// It was made by a guest, or is a conversation with one: it goes with its last member (A9).
    Passes,
}

/// A membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The seq of the event that made it; `None` until that event is committed.
    pub joined: Option<u64>,
    /// What they are: a member or an admin. The founder is [`RoomView::founder`].
    pub role: RoomRole,
}

/// A ban or a mute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sanction {
    /// Until then; `None` for until it is lifted.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

impl Sanction {
    /// Does it bind at this time?
    pub fn binds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// The rest of a sentence that tells of it: until when, and why.
    pub fn tail(&self) -> String {
        snug_proto::until_and_why(self.until, self.reason.as_deref())
    }
}

/// A room's state, as far as decisions depend on it.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct RoomView {
    /// The room.
    pub id: RoomId,
    /// Its kind.
    pub kind: RoomKind,
    /// Its name; empty for a direct conversation.
    pub name: String,
    /// Who may join.
    pub access: Access,
    /// Is it listed to everyone?
    pub listed: bool,
    /// Is it archived?
    pub archived: bool,
    /// Between two messages of a member; 0 for no limit.
    pub slow_mode_ms: u64,
    /// Do only those with a voice speak?
    pub moderated: bool,
    /// May everybody who may speak set the topic?
    pub open_topic: bool,
    /// May those who are not in it speak in it, if it is listed?
    pub outside: bool,
    /// Do guests only read in it, but for those who have a voice?
    pub quiet_guests: bool,
    /// Do programs ask nothing of each other in it?
    pub quiet_machines: bool,
    /// Members with which nobody joins uninvited; 0 for no limit.
    pub limit: u64,
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
    /// Those who are kept out; some may have ended.
    pub bans: HashMap<AccountId, Sanction>,
    /// Those who may not speak; some may have ended.
    pub mutes: HashMap<AccountId, Sanction>,
    /// Patterns of names; some may have ended.
    pub masks: Masks,
    /// Those who may join whatever the room asks for.
    pub invited: HashSet<AccountId>,
    /// The groups that it is open to, by name.
    pub groups: Vec<String>,
    /// Those who are in one of these groups; they may join whatever the room asks for.
    pub admitted: HashSet<AccountId>,
    /// Does it outlive its members?
    pub stay: Stay,
    /// Members who are guests of the server.
    pub guests: HashSet<AccountId>,
    /// When somebody last said something, while slow mode is on.
    pub said: LastSaid,
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
    Left {
        /// Why, if they said so.
        reason: Option<String>,
    },
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
        /// Why, if that was said.
        reason: Option<String>,
        /// By whose authority.
        by: Authority,
    },
    /// A message that the server's owner had taken back is there again.
    Restored {
        /// Which message.
        of: u64,
        /// Its newest words. Empty once it was deleted anew.
        body: String,
        /// They were taken back.
        deleted: bool,
    },
    /// The actor's client told others something that is no words.
    Tagged {
        /// What.
        tags: BTreeMap<String, String>,
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
    /// Somebody's place in the room, or the room itself, was changed.
    Changed {
        /// How.
        change: Change,
        /// By whose authority.
        by: Authority,
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
        matches!(
            self,
            Self::Joined | Self::Left { .. } | Self::Changed { .. }
        )
    }

    /// The account that it is about, where that is not the actor.
    pub const fn subject(&self) -> Option<AccountId> {
        match self {
            Self::Changed { change, .. } => change.whom(),
            _ => None,
        }
    }
}

impl RoomView {
    /// A room of this kind with nobody in it: open, listed, and kept for ever.
    pub fn new(id: RoomId, kind: RoomKind) -> Self {
        Self {
            id,
            kind,
            name: String::new(),
            access: Access::Open,
            listed: true,
            archived: false,
            slow_mode_ms: 0,
            moderated: false,
            open_topic: false,
            outside: false,
            quiet_guests: false,
            quiet_machines: false,
            limit: 0,
            history: HistoryPolicy::All,
            retention: Retention::Forever,
            founder: None,
            closed: false,
            rules: 0,
            members: HashMap::new(),
            bans: HashMap::new(),
            mutes: HashMap::new(),
            masks: Masks::new(),
            invited: HashSet::new(),
            groups: Vec::new(),
            admitted: HashSet::new(),
            stay: Stay::Lasts,
            guests: HashSet::new(),
            said: LastSaid::new(),
        }
    }

    /// Applies an entry that was decided on this very view; if it changes who may do what, the counter
    /// becomes `rules_after`.
    pub fn apply(&mut self, entry: &Entry, rules_after: u64) {
        match &entry.content {
            Content::Joined => {
                let member = Member {
                    joined: None,
                    role: RoomRole::Member,
                };
                self.members.insert(entry.actor, member);
                self.invited.remove(&entry.actor);
            }
            Content::Left { .. } => {
                self.members.remove(&entry.actor);
                self.guests.remove(&entry.actor);
            }
            Content::Message { .. }
            | Content::Edited { .. }
            | Content::Deleted { .. }
            | Content::Restored { .. }
            | Content::Reacted { .. }
            | Content::Unreacted { .. }
            | Content::Tagged { .. } => {}
            Content::Changed { change, .. } => self.change(change),
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

    fn change(&mut self, change: &Change) {
        match change {
            Change::Kicked { who, .. } => {
                self.members.remove(who);
            }
            Change::Banned { who, sanction } => {
                self.members.remove(who);
                self.invited.remove(who);
                self.bans.insert(*who, sanction.clone());
            }
            Change::Unbanned { who } => {
                self.bans.remove(who);
            }
            Change::Muted { who, sanction } => {
                self.mutes.insert(*who, sanction.clone());
            }
            Change::Unmuted { who } => {
                self.mutes.remove(who);
            }
            Change::Invited { who } => {
                self.invited.insert(*who);
            }
            Change::Role { who, role } => self.change_role(*who, *role),
            Change::Mask {
                kind,
                mask,
                sanction,
            } => {
                let key = (*kind, mask.clone());
                match sanction {
                    Some(sanction) => self.masks.insert(key, sanction.clone()),
                    None => self.masks.remove(&key),
                };
            }
            Change::Settings(settings) => {
                let changes = &settings.changes;
                if let Some(name) = &changes.name {
                    self.name.clone_from(name);
                }
                self.access = changes.access.unwrap_or(self.access);
                self.listed = changes.listed.unwrap_or(self.listed);
                self.archived = changes.archived.unwrap_or(self.archived);
                self.moderated = changes.moderated.unwrap_or(self.moderated);
                self.outside = changes.outside.unwrap_or(self.outside);
                self.quiet_guests = changes.quiet_guests.unwrap_or(self.quiet_guests);
                self.quiet_machines = changes.quiet_machines.unwrap_or(self.quiet_machines);
                self.open_topic = changes.open_topic.unwrap_or(self.open_topic);
                self.limit = changes.limit.unwrap_or(self.limit);
                self.history = changes.history.unwrap_or(self.history);
                self.retention = changes.retention.unwrap_or(self.retention);
                if let Some(groups) = &changes.groups {
                    self.groups.clone_from(groups);
                    // Who is in them the view is not told here: until it is read anew they let nobody in.
                    self.admitted.clear();
                }
                self.slow_mode_ms = changes.slow_mode_ms.unwrap_or(self.slow_mode_ms);
                if self.slow_mode_ms == 0 {
                    self.said.clear();
                }
            }
        }
    }

    fn change_role(&mut self, who: AccountId, role: RoomRole) {
        let mut set = |who: &AccountId, role| {
            if let Some(member) = self.members.get_mut(who) {
                member.role = role;
            }
        };
        if role == RoomRole::Founder {
            if let Some(founder) = self.founder {
                set(&founder, RoomRole::Admin);
            }
            set(&who, RoomRole::Admin);
            self.founder = Some(who);
        } else {
            set(&who, role);
            if self.founder == Some(who) {
                // Only where a room passes with its people.
                self.founder = None;
            }
        }
        if role > RoomRole::Member {
            // Admins are not muted.
            self.mutes.remove(&who);
        }
    }

    /// What this account is in the room; `None` for one who is not in it.
    pub fn role_of(&self, account: &AccountId) -> Option<RoomRole> {
        if self.kind != RoomKind::Ordinary {
            return self.is_member(account).then_some(RoomRole::Member);
        }
        let member = self.members.get(account)?;
        if self.founder == Some(*account) {
            Some(RoomRole::Founder)
        } else {
            Some(member.role)
        }
    }

    /// May this account join whatever the room asks for: because it is invited, in a group that the room
    /// is open to, or the one who founded it and left it empty?
    pub fn lets_in(&self, account: &AccountId) -> bool {
        self.invited.contains(account)
            || self.admitted.contains(account)
            || self.founder == Some(*account)
    }

    /// The ban that keeps this account out now.
    pub fn ban_of(&self, account: &AccountId, now: Timestamp) -> Option<&Sanction> {
        self.bans.get(account).filter(|ban| ban.binds(now))
    }

    /// The mute that silences this account now.
    pub fn mute_of(&self, account: &AccountId, now: Timestamp) -> Option<&Sanction> {
        self.mutes.get(account).filter(|mute| mute.binds(now))
    }

    /// To whom the room passes, if its founder is not in it (DECISIONS 20): its longest-standing admin,
    /// else member. A room that is not a guest's passes to no guest: they do not stay.
    pub fn heir(&self) -> Option<AccountId> {
        self.heir_but(&[])
    }

    /// The same, if it cannot pass to these.
    pub fn heir_but(&self, full: &[AccountId]) -> Option<AccountId> {
        if !self.is_orphaned() {
            return None;
        }
        let standing = |(who, member): &(&AccountId, &Member)| {
            let joined = member.joined.unwrap_or(u64::MAX);
            (std::cmp::Reverse(member.role), joined, **who)
        };
        let may = |who: &AccountId| self.stay == Stay::Passes || !self.guests.contains(who);
        self.members
            .iter()
            .filter(|(who, _)| may(who) && !full.contains(who))
            .min_by_key(standing)
            .map(|(who, _)| *who)
    }

    /// Is its founder not in it? Where nobody lasts, an admin will do.
    pub fn is_orphaned(&self) -> bool {
        let founder = self.founder.as_ref();
        let mut roles = self.members.values().map(|member| member.role);
        let kept = self.stay == Stay::Passes && roles.any(|role| role > RoomRole::Member);
        self.kind == RoomKind::Ordinary
            && !kept
            && !founder.is_some_and(|founder| self.members.contains_key(founder))
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
