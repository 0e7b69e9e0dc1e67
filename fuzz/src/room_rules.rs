//! A sequence of operations on a room's rules, against a model that knows only who is in, who wrote what,
//! who keeps order and who is kept out. Three bytes choose the room, then three an operation: who, what,
//! and about which event or whom.

use std::collections::{BTreeMap, HashMap, HashSet};

use snug_proto::{
    AccountId, Body, ErrorCode, HistoryPolicy, Reaction, Role, RoomChanges, RoomId, RoomRole,
    Timestamp,
};
use snug_rules::{
    About, Access, Action, Actor, Addressed, Authority, Change, Concerned, Content, Entry, Masked,
    NewPassword, Order, Outcome, PasswordCheck, RoomKind, RoomView, Sanction, Target, TargetKind,
    decide, may_read, replay,
};

const PEOPLE: u8 = 5;
const FOUNDER: AccountId = person(0);
const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

/// Every decision keeps to the model, and the checker's replay agrees with every decision.
pub fn check(data: &[u8]) {
    let Some((first, rest)) = data.split_first_chunk::<3>() else {
        return;
    };
    let mut room = Room::new(*first);
    for step in rest.chunks_exact(3) {
        let &[who, what, about] = step else { continue };
        room.step(person(who % PEOPLE), what, about);
    }
    room.reload();
}

struct Room {
    empty: RoomView,
    view: RoomView,
    log: Vec<(Entry, Option<Target>)>,
    /// How many of the log are committed: the rest waits for its number.
    committed: usize,
    inside: HashSet<AccountId>,
    joined_at: HashMap<AccountId, u64>,
    founder: AccountId,
    admins: HashSet<AccountId>,
    banned: HashSet<AccountId>,
    muted: HashSet<AccountId>,
    invited: HashSet<AccountId>,
    archived: bool,
}

impl Room {
    fn new([kind, access, history]: [u8; 3]) -> Self {
        let kind = match kind % 4 {
            0 => RoomKind::Lobby,
            1 => RoomKind::Direct(person(0), person(1)),
            _ => RoomKind::Ordinary,
        };
        let empty = RoomView {
            access: [Access::Open, Access::Password, Access::Invitation][usize::from(access % 3)],
            listed: access % 2 == 0,
            history: [HistoryPolicy::All, HistoryPolicy::SinceJoining][usize::from(history % 2)],
            founder: (kind == RoomKind::Ordinary).then_some(FOUNDER),
            ..RoomView::new(RoomId::from_bytes([9; 16]), kind)
        };
        let mut room = Self {
            view: empty.clone(),
            empty,
            log: Vec::new(),
            committed: 0,
            inside: HashSet::new(),
            joined_at: HashMap::new(),
            founder: FOUNDER,
            admins: HashSet::new(),
            banned: HashSet::new(),
            muted: HashSet::new(),
            invited: HashSet::new(),
            archived: false,
        };
        match kind {
            RoomKind::Lobby => room.inside.extend((0..PEOPLE).map(person)),
            RoomKind::Direct(one, other) => room.inside.extend([one, other]),
            RoomKind::Ordinary => room.append(
                Entry {
                    actor: FOUNDER,
                    content: Content::Joined,
                },
                None,
            ),
        }
        room
    }

    fn step(&mut self, who: AccountId, what: u8, about: u8) {
        let actor = Actor {
            account: who,
            role: Role::Member,
            rules: 0,
            masked: Masked::default(),
        };
        let target = self.target(about);
        let password = [
            PasswordCheck::Absent,
            PasswordCheck::Right,
            PasswordCheck::Wrong,
        ][usize::from(about % 3)];
        let whom = Concerned {
            account: person(about % PEOPLE),
            role: Role::Member,
        };
        let (action, target) = match (what % 22, target) {
            (10.., _) => (Action::Order(order(what % 22, whom)), None),
            (0, _) => (Action::Join(password), None),
            (1, _) => (Action::Leave(None), None),
            (2 | 3, Some(target)) => (Action::Edit(target, body()), Some(target)),
            (4, Some(target)) => (Action::Delete(target, None), Some(target)),
            (5, Some(target)) if about.is_multiple_of(2) => {
                (Action::Purge(target, None), Some(target))
            }
            (5, Some(target)) => (Action::Restore(target, body()), Some(target)),
            (8, Some(target)) => (Action::React(target, reaction()), Some(target)),
            (9, Some(target)) => (Action::Unreact(target, reaction()), Some(target)),
            (3, None) => (Action::Tag(BTreeMap::new()), None),
            (6, _) => return self.commit(),
            (7, _) if about == 0 => return self.reload(),
            _ => (Action::Send(body(), Addressed::default()), None),
        };
        self.reading_is_for_members(&who);
        let before = self.view.rules;
        match decide(&self.view, &actor, action.clone(), NOW) {
            Ok(Outcome::Append(entry)) => {
                assert_eq!(entry.actor, who, "nobody acts as another");
                self.allowed(&entry, password, target);
                let changes = entry.content.changes_rules();
                self.append(entry, target);
                assert_eq!(self.view.rules, before + u64::from(changes));
            }
            Ok(Outcome::Already) => self.is_so_already(&who, &action),
            Err(refusal) => self.forbidden(&who, &action, refusal.code),
        }
        if !self.inside.is_empty() && !self.inside.contains(&self.founder) {
            let action = Action::Order(Order::PassOn(Vec::new()));
            if let Ok(Outcome::Append(entry)) = decide(&self.view, &actor, action, NOW) {
                self.append(entry, None);
            }
            let ordinary = self.view.kind == RoomKind::Ordinary;
            assert!(!ordinary || self.inside.contains(&self.founder), "orphaned");
        }
    }

    /// What the model says of an entry that was let through.
    fn allowed(&self, entry: &Entry, password: PasswordCheck, target: Option<Target>) {
        let member = self.inside.contains(&entry.actor);
        match &entry.content {
            Content::Joined => {
                assert!(!member);
                assert_eq!(self.view.kind, RoomKind::Ordinary);
                assert!(!self.banned.contains(&entry.actor) && !self.archived);
                let right =
                    self.view.access == Access::Password && password == PasswordCheck::Right;
                let open = self.view.access == Access::Open && self.view.listed;
                let invited = self.invited.contains(&entry.actor);
                assert!(open || right || invited || entry.actor == self.founder);
            }
            Content::Left { .. } => assert!(member && self.view.kind == RoomKind::Ordinary),
            Content::Message { deleted, .. } => {
                assert!(member && !deleted && !self.archived);
                assert!(!self.muted.contains(&entry.actor));
            }
            Content::Tagged { .. } => {
                assert!(member && !self.archived);
                assert!(!self.muted.contains(&entry.actor));
            }
            Content::Edited { of, deleted, .. } => {
                let target = target.expect("an edit has its target");
                assert!(member && !deleted && target.kind == TargetKind::Message);
                assert_eq!((target.author, target.seq), (entry.actor, *of));
                assert!(*of >= self.may_read_from(&entry.actor));
            }
            Content::Reacted { of, .. } | Content::Unreacted { of, .. } => {
                let target = target.expect("a reaction has its target");
                assert!(member && target.kind == TargetKind::Message && target.seq == *of);
                assert!(*of >= self.may_read_from(&entry.actor));
            }
            Content::Restored { .. } => panic!("nobody here runs the server"),
            Content::Deleted { of, by, .. } => {
                assert_eq!(*by, Authority::Room);
                let target = target.expect("a deletion has its target");
                let founder = self.keeps_order(&entry.actor);
                assert!(member && target.kind == TargetKind::Message && target.seq == *of);
                assert!(target.author == entry.actor || founder);
                assert!(*of >= self.may_read_from(&entry.actor));
            }
            Content::Changed { change, by } => {
                assert_eq!(*by, Authority::Room);
                self.change_allowed(&entry.actor, change);
            }
        }
    }

    fn keeps_order(&self, who: &AccountId) -> bool {
        let ordinary = self.view.kind == RoomKind::Ordinary && self.inside.contains(who);
        ordinary && (self.founder == *who || self.admins.contains(who))
    }

    fn change_allowed(&self, actor: &AccountId, change: &Change) {
        if let Change::Invited { who } = change {
            assert!(self.inside.contains(actor) && !self.inside.contains(who));
            assert!(!self.banned.contains(who) && !self.archived);
            return;
        }
        assert!(self.keeps_order(actor), "{change:?}");
        match change {
            Change::Settings(settings) => {
                assert!(!self.archived || settings.changes.archived == Some(false));
                return;
            }
            _ => assert!(!self.archived),
        }
        let who = change.whom().expect("it is about somebody");
        let admin = self.admins.contains(&who) && self.inside.contains(&who);
        match change {
            Change::Kicked { .. } | Change::Banned { .. } => {
                assert!(who != *actor && (who != self.founder || !self.inside.contains(&who)));
                assert!(!admin || *actor == self.founder);
            }
            Change::Muted { .. } => assert!(!admin && !self.keeps_order(&who)),
            Change::Role { role, .. } => {
                assert!(self.inside.contains(&who) && who != self.founder);
                assert!(*role < RoomRole::Founder || *actor == self.founder);
            }
            _ => {}
        }
    }

    fn is_so_already(&self, who: &AccountId, action: &Action) {
        match action {
            Action::Join(_) => assert!(self.inside.contains(who)),
            Action::Delete(target, _) => assert_eq!(target.kind, TargetKind::DeletedMessage),
            Action::Order(_) => assert!(self.keeps_order(who) || self.inside.contains(who)),
            other => panic!("{other:?} cannot be so already"),
        }
    }

    /// A refusal has its reason in the model, and the checker finds the event in a log that has it anyhow.
    fn forbidden(&self, who: &AccountId, action: &Action, code: ErrorCode) {
        let member = self.inside.contains(who);
        let replayed = |content, target| {
            let actor = *who;
            replay(
                &mut self.view.clone(),
                &Entry { actor, content },
                target,
                NOW,
            )
        };
        match action {
            Action::Join(_) => assert!(!member),
            Action::Leave(_) => {
                assert!(!member || self.view.kind != RoomKind::Ordinary);
                assert!(replayed(Content::Left { reason: None }, None).is_err());
            }
            Action::Send(body, _) => {
                assert!(!member || self.archived || self.muted.contains(who));
                let body = body.as_str().to_owned();
                let deleted = false;
                assert!(
                    replayed(
                        Content::Message {
                            body,
                            deleted,
                            about: About::default()
                        },
                        None
                    )
                    .is_err()
                );
            }
            Action::Tag(tags) => {
                assert!(!member || self.archived || self.muted.contains(who));
                let tags = tags.clone();
                assert!(replayed(Content::Tagged { tags }, None).is_err());
            }
            Action::Edit(target, body) => {
                let (of, body) = (target.seq, body.as_str().to_owned());
                let deleted = false;
                let content = Content::Edited { of, body, deleted };
                if !member || code == ErrorCode::NotYours {
                    assert!(replayed(content, Some(*target)).is_err());
                }
            }
            Action::React(target, _) | Action::Unreact(target, _) => {
                if !member {
                    let (of, emoji) = (target.seq, reaction().into_string());
                    let content = Content::Reacted { of, emoji };
                    assert!(replayed(content, Some(*target)).is_err());
                }
            }
            Action::Delete(target, _) => {
                if !member {
                    let content = Content::Deleted {
                        of: target.seq,
                        reason: None,
                        by: Authority::Room,
                    };
                    assert!(replayed(content, Some(*target)).is_err());
                }
            }
            Action::Purge(..) | Action::Restore(..) => assert_eq!(code, ErrorCode::Forbidden),
            Action::Order(_) => {}
        }
        let of_server = matches!(action, Action::Purge(..) | Action::Restore(..));
        if !member && !of_server && matches!(self.view.kind, RoomKind::Direct(..)) {
            assert_eq!(code, ErrorCode::UnknownRoom, "nobody else learns of it");
        }
    }

    fn reading_is_for_members(&self, who: &AccountId) {
        match may_read(&self.view, who) {
            Ok(grant) => {
                assert!(self.inside.contains(who));
                assert_eq!(grant.room(), self.view.id);
                assert!(grant.from() >= self.may_read_from(who));
            }
            Err(_) => assert!(!self.inside.contains(who)),
        }
    }

    /// The oldest event that this member may know of, by the model.
    fn may_read_from(&self, who: &AccountId) -> u64 {
        match (self.view.kind, self.view.history) {
            (RoomKind::Ordinary, HistoryPolicy::SinceJoining) => {
                self.joined_at.get(who).copied().unwrap_or(u64::MAX)
            }
            _ => 1,
        }
    }

    fn append(&mut self, entry: Entry, target: Option<Target>) {
        let mut replayed = self.view.clone();
        replay(&mut replayed, &entry, target, NOW).expect("the checker agrees with the decision");
        self.view.apply(&entry, self.view.rules + 1);
        assert_eq!(replayed.members, self.view.members);
        match &entry.content {
            Content::Joined => {
                self.inside.insert(entry.actor);
                self.invited.remove(&entry.actor);
                self.joined_at
                    .insert(entry.actor, self.log.len() as u64 + 1);
            }
            Content::Left { .. } => {
                self.inside.remove(&entry.actor);
                self.admins.remove(&entry.actor);
                self.joined_at.remove(&entry.actor);
            }
            Content::Changed { change, .. } => {
                self.changed(change);
            }
            _ => {}
        }
        self.log.push((entry, target));
    }

    fn changed(&mut self, change: &Change) {
        if let Some(who) = change.removes() {
            self.inside.remove(&who);
            self.admins.remove(&who);
            self.joined_at.remove(&who);
        }
        match change {
            Change::Kicked { .. } | Change::Mask { .. } => {}
            Change::Banned { who, .. } => {
                self.banned.insert(*who);
                self.invited.remove(who);
            }
            Change::Unbanned { who } => {
                self.banned.remove(who);
            }
            Change::Muted { who, .. } => {
                self.muted.insert(*who);
            }
            Change::Unmuted { who } => {
                self.muted.remove(who);
            }
            Change::Invited { who } => {
                self.invited.insert(*who);
            }
            Change::Role { who, role } => {
                match role {
                    RoomRole::Member => {
                        self.admins.remove(who);
                    }
                    RoomRole::Admin => {
                        self.admins.insert(*who);
                    }
                    RoomRole::Founder => {
                        if self.inside.contains(&self.founder) {
                            self.admins.insert(self.founder);
                        }
                        self.founder = *who;
                    }
                }
                if *role > RoomRole::Member {
                    self.muted.remove(who);
                }
            }
            Change::Settings(settings) => {
                self.archived = settings.changes.archived.unwrap_or(self.archived);
            }
        }
    }

    /// All that waits gets its number.
    fn commit(&mut self) {
        for (at, (entry, _)) in self.log.iter().enumerate().skip(self.committed) {
            self.view.committed(entry, at as u64 + 1);
        }
        self.committed = self.log.len();
    }

    /// The view that a fresh reading of the log makes is the one at hand, once all is committed.
    fn reload(&mut self) {
        self.commit();
        let mut fresh = self.empty.clone();
        for (at, (entry, target)) in self.log.iter().enumerate() {
            replay(&mut fresh, entry, *target, NOW).expect("a log of decisions is a lawful log");
            fresh.committed(entry, at as u64 + 1);
        }
        assert_eq!(fresh.rules, self.view.rules);
        assert_eq!(fresh.members, self.view.members);
        let sanctions = (&fresh.bans, &fresh.mutes, &fresh.invited);
        let view = &self.view;
        assert_eq!(sanctions, (&view.bans, &view.mutes, &view.invited));
        assert_eq!(fresh.founder, view.founder);
        let inside: HashSet<_> = (0..PEOPLE)
            .map(person)
            .filter(|who| fresh.is_member(who))
            .collect();
        assert_eq!(inside, self.inside);
    }

    /// The event so many back, as the engine reads it from the log before it asks.
    fn target(&self, back: u8) -> Option<Target> {
        let at = self.log.len().checked_sub(usize::from(back % 16) + 1)?;
        let (entry, _) = self.log.get(at)?;
        let seq = at as u64 + 1;
        let deleted = self.log.iter().any(|(entry, _)| {
            entry.content
                == Content::Deleted {
                    of: seq,
                    reason: None,
                    by: Authority::Room,
                }
        });
        let kind = match &entry.content {
            Content::Message { .. } if deleted => TargetKind::DeletedMessage,
            Content::Message { .. } => TargetKind::Message,
            _ => TargetKind::Other,
        };
        let author = entry.actor;
        Some(Target { seq, author, kind })
    }
}

const fn person(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

fn reaction() -> Reaction {
    Reaction::parse(":+1:").expect("it is a short name")
}

fn order(what: u8, whom: Concerned) -> Order {
    let sanction = Sanction::default();
    let archived = |archived| RoomChanges {
        archived: Some(archived),
        ..RoomChanges::default()
    };
    match what - 2 {
        8 => Order::Kick(whom, None),
        9 => Order::Ban(whom, sanction),
        10 => Order::Unban(whom),
        11 => Order::Mute(whom, sanction),
        12 => Order::Unmute(whom),
        13 => Order::Invite(whom),
        14 => Order::SetRole(whom, RoomRole::Member),
        15 | 16 => Order::SetRole(whom, RoomRole::Admin),
        17 => Order::SetRole(whom, RoomRole::Founder),
        18 => Order::Set(archived(true), NewPassword::Absent, None),
        _ => Order::Set(archived(false), NewPassword::Absent, None),
    }
}

fn body() -> Body {
    Body::parse("words".to_owned()).expect("fit to be said")
}
