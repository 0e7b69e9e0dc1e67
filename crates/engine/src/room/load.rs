//! Loading a room from the store: at its first use, and afresh when a decision proved stale.

use std::{collections::HashMap, sync::Arc};

use futures_channel::oneshot;
use snug_proto::{AccountId, ErrorCode, LogId, Refusal, RoomId};
use snug_rules::{Member, Retention, RoomKind, RoomView, Stay};
use snug_store::{
    Account, MaskRow, MemberRow, RoomRow, SanctionKind, SanctionRow, StoreError, StoredEvent,
};

use crate::{
    engine::Engine,
    person::{Before, Person, refusal},
    roll::Rolls,
    room::{Head, Room, State, Submission, apart::Apart},
};

/// What the store says of a room.
struct Found {
    row: RoomRow,
    members: Vec<MemberRow>,
    sanctions: Vec<SanctionRow>,
    invited: Vec<AccountId>,
    /// The groups that it is open to, and who is in them.
    groups: (Vec<String>, Vec<AccountId>),
    masks: Vec<MaskRow>,
    /// The guests among its members.
    guests: Vec<AccountId>,
    stay: Stay,
    /// A block stands between the two of a direct conversation.
    closed: bool,
    /// What lies between those whose decisions proved stale and whom they would reach.
    apart: Vec<Apart>,
    /// The two of a direct conversation, and those whose decisions proved stale.
    people: Vec<Account>,
    /// When these people were asked for.
    before: Before,
}

/// Whose decision proved stale, and whom it would reach.
type Asking = (AccountId, Vec<AccountId>);

impl Room {
    /// Loads the room, unless somebody does already or appends decided on the old view are on their
    /// way: then the last of them starts it. What waits is then decided in its order.
    pub(crate) fn load(self: &Arc<Self>, engine: &Arc<Engine>) {
        let stale: Vec<Asking> = {
            let mut state = self.state();
            if state.loading || state.in_flight > 0 || state.view.is_some() {
                return;
            }
            state.loading = true;
            let asking = |stale: &Submission| {
                let apart = stale.act.apart();
                let others = apart.map(|apart| apart.asked.clone());
                (stale.person.id, others.unwrap_or_default())
            };
            state.stale.iter().map(asking).collect()
        };
        let room = Arc::clone(self);
        let task = Arc::clone(engine);
        engine.spawn(async move {
            let found = find(&task, room.id, stale).await;
            room.install(&task, found);
        });
    }

    fn install(self: &Arc<Self>, engine: &Arc<Engine>, found: Result<Found, Refusal>) {
        let mut state = self.state();
        state.loading = false;
        let mut waiting = std::mem::take(&mut state.stale);
        waiting.append(&mut state.waiting);
        let hearers = std::mem::take(&mut state.load_waiters);
        match found {
            Ok(mut found) => {
                // None became stale since: there was no view to decide anything on.
                for (submission, apart) in waiting.iter_mut().zip(found.apart.drain(..)) {
                    if let Some(stale) = submission.act.apart_mut() {
                        *stale = apart;
                    }
                }
                let _known_before = self.kind.set(found.row.kind);
                state.take_in(engine, self, found);
                if state
                    .view
                    .as_ref()
                    .is_some_and(|view| view.heir().is_some())
                {
                    // Whoever was to pass it on ended before it was done.
                    engine.pass_on(self, None);
                }
                for mut submission in waiting {
                    if let Some(person) = engine.people.known(&submission.person.id) {
                        submission.person = person;
                    }
                    // A stale append settles before the next is decided only if it was never queued:
                    // decisions here go to the end of the writer's queue, in this order.
                    if state.view.is_some() {
                        state.step(self, engine, submission);
                    } else {
                        state.waiting.push(submission);
                    }
                }
                for hearer in hearers {
                    let _nobody_waits = hearer.send(Ok(()));
                }
                let load = state.wants_load();
                drop(state);
                if load {
                    self.load(engine);
                }
            }
            Err(refusal) => {
                if refusal.code == ErrorCode::UnknownRoom && state.readers.is_empty() {
                    engine.forget_room(&self.id);
                }
                for Submission { answering, .. } in waiting {
                    answering.answer(Err(refusal.clone()));
                }
                for hearer in hearers {
                    let _nobody_waits = hearer.send(Err(refusal.clone()));
                }
            }
        }
    }
}

impl State {
    fn take_in(&mut self, engine: &Engine, room: &Arc<Room>, found: Found) {
        for account in found.people {
            engine.people.learn_read(found.before, account);
        }
        let row = found.row;
        let ram = row.retention == Retention::Ram;
        let joined = |member: &MemberRow| Member {
            // A `ram` room's numbers began anew with this start.
            joined: Some(if ram {
                self.ram_members
                    .get(&member.account)
                    .map_or(0, |member| member.joined)
            } else {
                member.joined
            }),
            role: member.role,
        };
        let members: HashMap<AccountId, Member> = found
            .members
            .iter()
            .map(|member| (member.account, joined(member)))
            .collect();
        let of_kind = |kind| {
            let all = found.sanctions.iter().filter(move |row| row.kind == kind);
            all.map(|row| (row.account, row.sanction.clone())).collect()
        };
        // When people last spoke is known here alone, and outlives the view.
        let said = std::mem::take(&mut self.said);
        self.rolls = Rolls::default();
        self.view = Some(RoomView {
            id: row.id,
            kind: row.kind,
            name: row.name.clone(),
            access: row.access,
            listed: row.listed,
            archived: row.archived,
            slow_mode_ms: row.slow_mode_ms,
            history: row.history,
            retention: row.retention,
            founder: row.founder,
            closed: found.closed,
            rules: row.counts.rules,
            members,
            bans: of_kind(SanctionKind::Ban),
            mutes: of_kind(SanctionKind::Mute),
            masks: found
                .masks
                .into_iter()
                .map(|row| ((row.kind, row.mask), row.sanction))
                .collect(),
            moderated: row.moderated,
            outside: row.outside,
            quiet_guests: row.quiet_guests,
            quiet_machines: row.quiet_machines,
            open_topic: row.open_topic,
            limit: row.limit,
            invited: found.invited.iter().copied().collect(),
            groups: found.groups.0,
            admitted: found.groups.1.into_iter().collect(),
            stay: found.stay,
            guests: found.guests.iter().copied().collect(),
            said,
        });
        room.set_hidden(!row.listed);
        if self
            .row
            .as_ref()
            .is_some_and(|before| before.name != row.name)
        {
            engine.forget_names_of(room);
        }
        let counts = row.counts;
        let same_log = self.head.is_some_and(|head| head.log == counts.log);
        if same_log && !ram {
            // Pruned meanwhile, perhaps by another node.
            if let Some(head) = &mut self.head {
                head.first = head.first.max(counts.first);
            }
        } else if !same_log {
            self.head = Some(Head {
                log: counts.log,
                first: counts.first,
                seq: counts.seq,
                messages: counts.messages,
                at: counts.last_at,
            });
        }
        self.row = Some(row);
    }
}

/// Reads a room; a `ram` room that this start did not see yet gets a new log, because what it held is
/// gone (DESIGN "A log has a random id").
async fn find(engine: &Arc<Engine>, id: RoomId, stale: Vec<Asking>) -> Result<Found, Refusal> {
    let renew = engine
        .known_room(&id)
        .is_none_or(|room| room.state().head.is_none());
    let before = engine.people.before();
    let blocks = engine.blocks_now();
    let found = engine.storage.read(move |reader| {
        let Some(row) = reader.room(&id)? else {
            return Ok(None);
        };
        let members = reader.members(&id)?;
        let sanctions = reader.sanctions(&id)?;
        let invited = reader.invited(&id)?;
        let groups = reader.admitted(&id)?;
        let masks = reader.masks(&id)?;
        let guests = reader.guests_in(&id)?;
        let stay = if reader.is_passing(&id)? {
            Stay::Passes
        } else {
            Stay::Lasts
        };
        let (mut wanted, mut apart) = (Vec::new(), Vec::new());
        for (who, asked) in stale {
            wanted.push(who);
            let closed = reader.closed_among(&who, &asked)?;
            apart.push(Apart::found(asked, closed, blocks));
        }
        let mut closed = false;
        if let RoomKind::Direct(one, other) = row.kind {
            wanted.extend([one, other]);
            closed = reader.between(&one, &other)?.is_closed();
        }
        let mut people = Vec::new();
        for id in wanted {
            people.extend(reader.account(&id)?);
        }
        Ok(Some(Found {
            row,
            members,
            sanctions,
            invited,
            groups,
            masks,
            guests,
            stay,
            closed,
            apart,
            people,
            before,
        }))
    });
    let mut found = found
        .await
        .map_err(refusal)?
        .ok_or(ErrorCode::UnknownRoom)?;
    if renew && found.row.retention == Retention::Ram {
        let log = LogId::from_bytes(Engine::random_id());
        let renewed = engine
            .storage
            .write(move |transaction| transaction.renew_log(&id, &log));
        renewed.await.map_err(refusal)?;
        let again = engine
            .storage
            .read(move |reader| reader.room(&id))
            .await
            .map_err(refusal)?;
        found.row = again.ok_or(ErrorCode::UnknownRoom)?;
    }
    Ok(found)
}

impl Engine {
    /// Waits until the room is loaded.
    pub(crate) async fn loaded(self: &Arc<Self>, room: &Arc<Room>) -> Result<(), Refusal> {
        if room.is_published_and_loaded() {
            return Ok(());
        }
        let receiver = {
            let mut state = room.state();
            if state.view.is_some() {
                return Ok(());
            }
            let (sender, receiver) = oneshot::channel();
            state.load_waiters.push(sender);
            receiver
        };
        room.load(self);
        receiver
            .await
            .unwrap_or_else(|_| Err(ErrorCode::Internal.into()))
    }

    /// Each event with who did it.
    pub(crate) async fn with_authors(
        &self,
        events: Vec<StoredEvent>,
    ) -> Result<Vec<(StoredEvent, Arc<Person>)>, Refusal> {
        let subjects = events.iter().filter_map(|event| event.content.subject());
        let people = events.iter().map(|event| event.actor).chain(subjects);
        self.people_of(people.collect()).await?;
        let author = |event: StoredEvent| {
            let person = self.people.known(&event.actor)?;
            Some((event, person))
        };
        Ok(events.into_iter().filter_map(author).collect())
    }

    /// The people of these ids, each once; unknown ones are asked for together.
    pub(crate) async fn people_of(
        &self,
        mut ids: Vec<AccountId>,
    ) -> Result<Vec<Arc<Person>>, Refusal> {
        ids.sort_unstable();
        ids.dedup();
        let unknown: Vec<AccountId> = ids
            .iter()
            .copied()
            .filter(|id| self.people.known(id).is_none())
            .collect();
        if !unknown.is_empty() {
            let before = self.people.before();
            let accounts = self.storage.read(move |reader| {
                let found = unknown
                    .iter()
                    .filter_map(|id| reader.account(id).transpose());
                found.collect::<Result<Vec<_>, StoreError>>()
            });
            for account in accounts.await.map_err(refusal)? {
                self.people.learn_read(before, account);
            }
        }
        Ok(ids.iter().filter_map(|id| self.people.known(id)).collect())
    }
}
