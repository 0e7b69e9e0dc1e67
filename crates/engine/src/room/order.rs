//! Keeping order in a room: what its readers are shown of it, what those outside are told, and to whom a
//! room passes whose founder went.

use std::sync::Arc;

use snug_proto::{
    AccountId, Answer, Answering, Delivery, ErrorCode, Event, Invitation, MaskChanged, MaskKind,
    Pending, Place, Refusal, Response, RoleChanged, RoomId, Sanctioned, Sent, SettingsChanged,
    Subject,
};
use snug_rules::{
    Authority, Change, Content, NewPassword, Order, RoomKind, RoomView, Sanction, Stay, is_vip,
    may_found,
};
use snug_store::StoredEvent;

use crate::{
    engine::Engine,
    person::Person,
    roll::Rolls,
    room::{Act, Ordered, Room, State, Submission},
    session::Flight,
};

/// So many are asked whether they may be the founder of an orphaned room; past it nobody is until it is
/// orphaned or entered again.
const MAX_HEIRS: usize = 32;

impl Ordered {
    /// An order that brings no password.
    pub(crate) fn plain(order: Order) -> Self {
        Self {
            order,
            password_tag: None,
            apart: None,
        }
    }

    /// A change of settings, with the tag of the password that it brings.
    pub(crate) fn settings(
        changes: snug_proto::RoomChanges,
        password_tag: Option<[u8; 32]>,
        reason: Option<String>,
    ) -> Self {
        let password = if password_tag.is_some() {
            NewPassword::Given
        } else {
            NewPassword::Absent
        };
        Self {
            order: Order::Set(changes, password, reason),
            password_tag,
            apart: None,
        }
    }

    /// The order that gives an orphaned room a founder, who is none of these.
    pub(crate) fn pass_on(full: Vec<AccountId>) -> Self {
        Self::plain(Order::PassOn(full))
    }
}

/// Whom to tell outside of a room, what, and by whose authority it was done.
pub(crate) type Told = (AccountId, Event, Authority);

/// A change as a room's readers see it.
pub(crate) fn shown(
    engine: &Engine,
    place: Place,
    author: &Person,
    change: Change,
    by: Authority,
) -> Event {
    let by_server = by == Authority::Server;
    let sanctioned = |place, who, sanction: Sanction| Sanctioned {
        place,
        author: author.author(),
        subject: Box::new(subject(engine, who)),
        until: sanction.until,
        reason: sanction.reason,
        by_server,
    };
    let plain = Sanction::default;
    match change {
        Change::Kicked { who, reason } => Event::Kicked(sanctioned(
            place,
            who,
            Sanction {
                until: None,
                reason,
            },
        )),
        Change::Banned { who, sanction } => Event::Banned(sanctioned(place, who, sanction)),
        Change::Unbanned { who } => Event::Unbanned(sanctioned(place, who, plain())),
        Change::Muted { who, sanction } => Event::Muted(sanctioned(place, who, sanction)),
        Change::Unmuted { who } => Event::Unmuted(sanctioned(place, who, plain())),
        Change::Invited { who } => Event::Invited(sanctioned(place, who, plain())),
        Change::Role { who, role } => Event::RoleChanged(RoleChanged {
            place,
            author: author.author(),
            subject: Box::new(subject(engine, who)),
            role,
            by_server,
        }),
        Change::Mask {
            kind,
            mask,
            sanction,
        } => {
            let removed = sanction.is_none();
            let sanction = sanction.unwrap_or_default();
            Event::MaskChanged(MaskChanged {
                place,
                author: author.author(),
                kind,
                worn: (kind == MaskKind::Voice)
                    .then(|| engine.online.account_named(&mask))
                    .flatten()
                    .and_then(|account| engine.worn_by(&account))
                    .map(String::into_boxed_str),
                mask,
                removed,
                until: sanction.until,
                reason: sanction.reason,
                by_server,
            })
        }
        Change::Settings(settings) => Event::SettingsChanged(SettingsChanged {
            place,
            author: author.author(),
            changes: Box::new(settings.changes),
            was: settings.was,
            was_access: settings.was_access,
            new_password: settings.new_password,
            reason: settings.reason,
            by_server,
        }),
    }
}

/// Whom an event is about; by id alone if the account is not known here.
fn subject(engine: &Engine, who: AccountId) -> Subject {
    engine.people.known(&who).map_or_else(
        || Subject {
            name: who.to_string(),
            account: who,
            display: None,
            worn: None,
            guest: false,
        },
        |person| person.subject(),
    )
}

impl State {
    /// What one who does not hear the room is told of what concerns them.
    pub(crate) fn told_outside(
        &self,
        room: &Room,
        author: &Person,
        event: &StoredEvent,
    ) -> Option<Told> {
        let Content::Changed {
            change,
            by: authority,
        } = &event.content
        else {
            return None;
        };
        let who = change.whom()?;
        if self.readers.values().any(|reader| reader.account == who) {
            return None;
        }
        let name = &self.row.as_ref()?.name;
        let by = &author.name;
        let text = match change {
            Change::Invited { .. } => {
                let invitation = Invitation {
                    room: name.clone(),
                    room_id: room.id,
                    author: author.author(),
                };
                return Some((who, Event::Invitation(invitation), *authority));
            }
            Change::Banned { sanction, .. } => {
                format!("{by} banned you from {name}{}", sanction.tail())
            }
            Change::Unbanned { .. } => format!("{by} lifted your ban from {name}."),
            Change::Muted { sanction, .. } => {
                format!("{by} muted you in {name}{}", sanction.tail())
            }
            Change::Unmuted { .. } => format!("{by} lifted your mute in {name}."),
            Change::Kicked { .. }
            | Change::Role { .. }
            | Change::Mask { .. }
            | Change::Settings(_) => return None,
        };
        Some((who, Event::Notice(snug_proto::Notice { text }), *authority))
    }

    /// Did this event leave the room without its founder, or bring somebody into one that is without?
    pub(crate) fn may_be_orphaned(&self, event: &StoredEvent, left: Option<AccountId>) -> bool {
        let Some(row) = self
            .row
            .as_ref()
            .filter(|row| row.kind == RoomKind::Ordinary)
        else {
            return false;
        };
        let orphaned = self.view.as_ref().is_some_and(RoomView::is_orphaned);
        let first = event.content == Content::Joined && (orphaned || row.counts.members <= 1);
        (left.is_some() && left == row.founder) || (first && row.founder != Some(event.actor))
    }

    /// The answer to what is so already: the head of the log.
    pub(crate) fn head_for(
        &self,
        engine: &Engine,
        room_id: RoomId,
        who: &Person,
    ) -> Result<Response, Refusal> {
        let head = self.head.ok_or(ErrorCode::Busy)?;
        Ok(Sent {
            room: self.label(engine, who),
            room_id,
            seq: head.seq,
            at: head.at,
            away: None,
        }
        .into())
    }

    /// Lets the view go: the next decision asks the store. When people last spoke is known here alone.
    pub(crate) fn drop_view(&mut self) {
        self.rolls = Rolls::default();
        if let Some(view) = self.view.take() {
            self.said = view.said;
        }
    }
}

impl Engine {
    /// Tells all sessions of an account.
    pub(crate) fn tell(&self, who: &AccountId, event: Event) {
        let delivery = std::sync::Arc::new(Delivery::new(event));
        for core in self.online.sessions_of(who) {
            // Whoever takes nothing any more is told at the next try, or the next sign-in.
            let _full = core.outbox.push(&delivery);
        }
    }

    /// Tells somebody outside a room of what was done to them there. By the room's authority it passes no
    /// block, and nobody who takes nothing from strangers hears it from one: whoever makes a room of their
    /// own could else write to them in its bans (D3, D4). They are told when they come to the door.
    ///
    /// Whoever did it is answered after that: one who has the answer may count on it.
    pub(crate) fn tell_outside(
        self: &Arc<Self>,
        author: &Arc<Person>,
        (who, event, by): Told,
        answered: Option<(Answering, Answer, Option<Flight>)>,
    ) {
        let (engine, author) = (Arc::clone(self), Arc::clone(author));
        self.spawn(async move {
            if by == Authority::Server || engine.reaches(&author, who).await {
                engine.tell(&who, event);
            }
            if let Some((answering, answer, _under_way_until_now)) = answered {
                answering.answer(answer);
            }
        });
    }

    async fn reaches(&self, author: &Arc<Person>, who: AccountId) -> bool {
        match self.people.by_id(&self.storage, who).await {
            Ok(Some(other)) => self.reach(author, &other).await.is_ok(),
            Ok(None) | Err(_) => false,
        }
    }

    /// Gives a room whose founder went to the next (DECISIONS 20).
    /// It is whoever went that does it; where that is not known, the next does.
    pub(crate) fn pass_on(self: &Arc<Self>, room: &Arc<Room>, by: Option<Arc<Person>>) {
        let (engine, room) = (Arc::clone(self), Arc::clone(room));
        self.spawn(async move {
            if let Err(refusal) = engine.pass_on_now(&room, by).await {
                tracing::warn!(room.id = %room.id, code = %refusal.code, "a room has no founder now");
            }
        });
    }

    async fn pass_on_now(
        self: &Arc<Self>,
        room: &Arc<Room>,
        by: Option<Arc<Person>>,
    ) -> Result<(), Refusal> {
        self.loaded(room).await?;
        let Some((heir, full)) = self.heir_of(room).await? else {
            return Ok(());
        };
        // Asked for once, so that the event can name them.
        let known = self.people.by_id(&self.storage, heir).await;
        let known = known.map_err(crate::person::refusal)?;
        let Some(person) = by.or(known) else {
            return Ok(());
        };
        let (answering, answer) = Pending::new();
        let submission = Submission {
            flight: None,
            person,
            act: Act::Order(Box::new(Ordered::pass_on(full))),
            key: None,
            answering,
            tries: 0,
        };
        room.submit(self, submission);
        answer.await.map(drop)
    }

    /// Who is to have an orphaned room, and those before them who are the founder of too many already. Where
    /// all are, it stays with whoever had it, and counts as theirs.
    async fn heir_of(
        &self,
        room: &Arc<Room>,
    ) -> Result<Option<(AccountId, Vec<AccountId>)>, Refusal> {
        let mut full = Vec::new();
        while full.len() < MAX_HEIRS {
            let (heir, passes) = {
                let state = room.state();
                let Some(view) = &state.view else {
                    return Ok(None);
                };
                (view.heir_but(&full), view.stay == Stay::Passes)
            };
            let Some(heir) = heir else { return Ok(None) };
            // What passes with its people has no founder (A9).
            if passes || self.may_have_another(heir).await? {
                return Ok(Some((heir, full)));
            }
            full.push(heir);
        }
        Ok(None)
    }

    /// May this account be the founder of another room?
    pub(crate) async fn may_have_another(&self, account: AccountId) -> Result<bool, Refusal> {
        let known = self.people.by_id(&self.storage, account).await;
        let Some(person) = known.map_err(crate::person::refusal)? else {
            return Ok(false);
        };
        let founded = self.storage.read(move |reader| reader.founded(&account));
        let founded = founded.await.map_err(crate::person::refusal)?;
        let vip = is_vip(person.vip_until, self.now());
        Ok(may_found(person.role, vip, founded).is_ok())
    }
}
