//! `ram` rooms: numbered, kept and read in memory alone, the newest few of their events (R11).

use std::collections::{HashMap, HashSet};

use snug_proto::{
    AccountId, Answer, ErrorCode, Sent,
    limits::{MAX_REACTIONS, RAM_ROOM_EVENTS},
};
use snug_rules::{Content, Entry, Target, TargetKind};
use snug_store::{Range, StoredEvent};

use crate::{
    room::publish::{Ticket, no_such_reaction, too_many_reactions},
    room::{RamEvent, RamMember, State},
};

/// Appends to a `ram` room what changes no rules: it lasts at once, because it never lasts.
pub(crate) fn append_in_memory(state: &mut State, entry: Entry, ticket: Ticket) {
    let used = ticket.key.as_ref().and_then(|(key, digest)| {
        let same = |kept: &&RamEvent| {
            kept.event.actor == entry.actor && kept.key.as_ref().is_some_and(|(k, _)| k == key)
        };
        let kept = state.ram.iter().find(same)?;
        let again = kept.key.as_ref().is_some_and(|(_, of)| of == digest);
        Some((again, kept.event.seq, kept.event.at))
    });
    match used {
        None => state.remember(ticket, entry),
        Some((false, ..)) => ticket.answering.answer(Err(ErrorCode::KeyReused.into())),
        Some((true, seq, at)) => {
            let room = state.label(&ticket.engine, &ticket.person);
            let sent = Sent {
                room,
                room_id: ticket.room.id,
                seq,
                at,
                away: None,
            };
            ticket.answering.answer(Ok(sent.into()));
        }
    }
}

impl State {
    /// What was said in a `ram` room while a change of its members was on its way is heard now: or, if
    /// that change failed, decided again.
    pub(crate) fn settle_in_memory(&mut self) {
        if self.in_flight > 0 || self.ram_waiting.is_empty() {
            return;
        }
        for (entry, ticket) in std::mem::take(&mut self.ram_waiting) {
            if self.view.is_some() && self.is_ram() {
                append_in_memory(self, entry, ticket);
            } else {
                self.stale.push(ticket.again(entry));
            }
        }
    }

    /// A member's place in a `ram` room: the marker, the messages after it, and those that mention them.
    pub(crate) fn standing_in_memory(&self, account: &AccountId) -> (u64, u64, u64) {
        let read = self
            .ram_members
            .get(account)
            .map_or(0, |member| member.read);
        let unread = self.ram.iter().filter(|kept| {
            kept.event.seq > read && matches!(kept.event.content, Content::Message { .. })
        });
        let unread = unread.count() as u64;
        let mentions = self.ram.iter().filter(|kept| {
            kept.event.seq > read
                && matches!(
                    &kept.event.content,
                    Content::Message { about, .. } if about.mentions.contains(account)
                )
        });
        (read, unread, mentions.count() as u64)
    }

    /// Moves a marker in a `ram` room: never back, never past the head. Did it move?
    pub(crate) fn mark_in_memory(&mut self, account: AccountId, seq: u64) -> bool {
        let head = self.head.map_or(0, |head| head.seq);
        let member = self.ram_members.entry(account).or_default();
        let moved = seq.min(head) > member.read;
        member.read = member.read.max(seq.min(head));
        moved
    }

    /// Numbers an entry of a `ram` room, keeps it among the newest, publishes it.
    pub(crate) fn remember(&mut self, ticket: Ticket, entry: Entry) {
        let Some(head) = self.head else {
            ticket.answering.answer(Err(ErrorCode::Internal.into()));
            return;
        };
        let message = matches!(entry.content, Content::Message { .. });
        let stored = (
            head.seq + 1,
            ticket.engine.now().max(head.at),
            head.messages + u64::from(message),
        );
        if let Content::Edited { of, .. } | Content::Reacted { of, .. } = entry.content
            && self.is_deleted_in_memory(of)
        {
            ticket.answering.answer(Err(ErrorCode::Gone.into()));
            return;
        }
        if let Some(answer) = self.react_in_memory(&ticket, &entry) {
            ticket.answering.answer(answer);
            return;
        }
        self.blank_in_memory(&entry.content);
        let (seq, at, messages) = stored;
        let (actor, content) = (entry.actor, entry.content.clone());
        let event = StoredEvent {
            seq,
            at,
            messages,
            actor,
            content,
        };
        match entry.content {
            Content::Joined => {
                let member = RamMember {
                    joined: seq,
                    read: seq,
                };
                self.ram_members.insert(actor, member);
            }
            Content::Message { .. } => {
                self.ram_members.entry(actor).or_default().read = seq;
            }
            _ => {}
        }
        self.ram.push_back(RamEvent {
            event,
            key: ticket.key.clone(),
        });
        if self.ram.len() > RAM_ROOM_EVENTS {
            self.ram.pop_front();
        }
        let first = self.ram.front().map_or(seq, |oldest| oldest.event.seq);
        if let Some(head) = &mut self.head {
            head.first = first;
        }
        self.finish(ticket, entry, stored);
    }

    /// Was this message of a `ram` room taken back, or is it kept no longer?
    fn is_deleted_in_memory(&self, of: u64) -> bool {
        let kept = self.ram.iter().find(|kept| kept.event.seq == of);
        !kept.is_some_and(|kept| {
            matches!(kept.event.content, Content::Message { deleted: false, .. })
        })
    }

    /// Reactions in a `ram` room are as many as their events that are kept: gives the answer to one
    /// that stands there already, is one too many, or is to be taken away and does not stand.
    fn react_in_memory(&self, ticket: &Ticket, entry: &Entry) -> Option<Answer> {
        let (of, emoji) = match &entry.content {
            Content::Reacted { of, emoji } | Content::Unreacted { of, emoji } => (*of, emoji),
            _ => return None,
        };
        // By person and emoji: the event that put it there, if it was not taken away since.
        let mut standing: HashMap<(AccountId, &str), &StoredEvent> = HashMap::new();
        for kept in &self.ram {
            let actor = kept.event.actor;
            match &kept.event.content {
                Content::Reacted { of: on, emoji } if *on == of => {
                    standing.insert((actor, emoji), &kept.event);
                }
                Content::Unreacted { of: on, emoji } if *on == of => {
                    standing.remove(&(actor, emoji.as_str()));
                }
                _ => {}
            }
        }
        let own = standing.get(&(entry.actor, emoji.as_str()));
        let kinds: HashSet<&str> = standing.keys().map(|(_, emoji)| *emoji).collect();
        match (&entry.content, own) {
            (Content::Unreacted { .. }, None) => Some(Err(no_such_reaction())),
            (Content::Reacted { .. }, Some(event)) => Some(Ok(Sent {
                room: self.label(&ticket.engine, &ticket.person),
                room_id: ticket.room.id,
                seq: event.seq,
                at: event.at,
                away: None,
            }
            .into())),
            (Content::Reacted { .. }, None)
                if kinds.len() >= MAX_REACTIONS && !kinds.contains(emoji.as_str()) =>
            {
                Some(Err(too_many_reactions()))
            }
            _ => None,
        }
    }

    /// A deletion in a `ram` room takes the words from memory, and from all edits of them.
    fn blank_in_memory(&mut self, content: &Content) {
        let Content::Deleted { of, .. } = content else {
            return;
        };
        for kept in &mut self.ram {
            match &mut kept.event.content {
                Content::Message {
                    body,
                    deleted,
                    about,
                } if kept.event.seq == *of => {
                    *deleted = true;
                    body.clear();
                    about.mentions.clear();
                }
                Content::Edited {
                    of: edited,
                    body,
                    deleted,
                } if edited == of => {
                    *deleted = true;
                    body.clear();
                }
                _ => {}
            }
        }
    }

    /// Did this account say something here of late?
    pub(crate) fn said_in_memory(&self, account: &AccountId) -> bool {
        let said = |kept: &RamEvent| matches!(kept.event.content, Content::Message { .. });
        self.ram
            .iter()
            .any(|kept| kept.event.actor == *account && said(kept))
    }

    pub(crate) fn target_in_memory(&self, seq: u64) -> Option<Target> {
        let kept = self.ram.iter().find(|kept| kept.event.seq == seq)?;
        let kind = match kept.event.content {
            Content::Message { deleted: false, .. } => TargetKind::Message,
            Content::Message { deleted: true, .. } => TargetKind::DeletedMessage,
            _ => TargetKind::Other,
        };
        Some(Target {
            seq,
            author: kept.event.actor,
            kind,
        })
    }

    pub(crate) fn page_from_memory(
        &self,
        grant: &snug_rules::ReadGrant,
        range: Range,
        limit: u32,
    ) -> Vec<StoredEvent> {
        let limit = limit as usize;
        let granted = self.ram.iter().map(|kept| &kept.event);
        let granted = granted.filter(|event| (grant.from()..=grant.to()).contains(&event.seq));
        match range {
            Range::After(after) => granted
                .filter(|event| event.seq > after)
                .take(limit)
                .cloned()
                .collect(),
            Range::Since(since) => granted
                .filter(|event| event.at >= since)
                .take(limit)
                .cloned()
                .collect(),
            Range::Before(before) => {
                let mut page: Vec<_> = granted
                    .rev()
                    .filter(|event| event.seq < before)
                    .take(limit)
                    .cloned()
                    .collect();
                page.reverse();
                page
            }
        }
    }
}
