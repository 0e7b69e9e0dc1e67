//! Guests: coming in by a name alone, taking another, and being erased at the end (A9, DECISIONS 29).
//!
//! A guest is an account for as long as one connection lasts. Whatever ends the connection, [`Engine::went`]
//! hears of it and has the guest erased; one that outlived a crash is erased at the next start.

use std::sync::{Arc, atomic::Ordering};

use rand::RngCore;
use snug_auth::verify_tag;
use snug_proto::{
    AccountId, AccountName, CLOAK_BYTES, ComeAsGuest, DisplayName, Done, ErrorCode, Pending,
    Refusal, Response, Role, RoomId, Secret,
};
use snug_rules::{Change, GuestCode, RoomKind, may_be_called, may_come_as_guest};
use snug_store::{Account, GuestErased, NewAccount, StoreError};

use crate::{
    bans::shut_out,
    engine::Engine,
    guests::{Kind, Tag, tag_under},
    handle::sign_in::{ACCESS_CODE, Proof},
    lock::read,
    person::{Person, refusal},
    room::{Act, Room, Submission},
    session::{Core, SignedInAs},
};

/// How often rooms are left anew that a guest joined meanwhile.
const TRIES: usize = 5;
/// What stands in the place of a password's record, so that no two guests are alike.
const RECORD_BYTES: usize = 16;

impl Engine {
    pub(crate) async fn come_as_guest(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: ComeAsGuest,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        self.refuse_if_stopping()?;
        let now = self.now();
        self.bans.check_address(core, Role::Guest, now)?;
        let tag = self.guest_tag(core);
        let brought = self.guest_code(request.code.as_ref(), tag)?;
        may_come_as_guest(read(&self.settings).rules.guests, brought)?;
        if let Some(ban) = self.guests.ban_of(tag, now) {
            return Err(shut_out(
                "Guests from your address are banned from this server",
                &ban,
            ));
        }
        let name = AccountName::parse(&request.name).map_err(|_| ErrorCode::BadName)?;
        self.may_guest_be_called(&name)?;
        let display = request.display.as_deref();
        let display = display.and_then(|text| DisplayName::parse(text).ok());
        let id = self.guest_id(tag);
        // Nobody is taken for somebody else: the name alone is shown then.
        let display = match display {
            Some(display) if self.is_anothers_name((&id, None), &display).await? => None,
            Some(display)
                if AccountName::parse(display.as_str())
                    .is_ok_and(|name| may_be_called(&name).is_err()) =>
            {
                None
            }
            display => display,
        };
        self.guests.came(id, tag, now)?;
        let account = match self.make_guest(id, &name, display).await {
            Ok(account) => account,
            Err(refused) => {
                self.guests.went(&id, None);
                return Err(refused);
            }
        };
        // Nobody of no account is here unseen.
        core.quiet.store(false, Ordering::Relaxed);
        let welcomed = self.welcome(core, account, Proof::Guest).await;
        if welcomed.is_err() {
            self.guest_went(id);
        }
        welcomed
    }

    /// May a guest go by this name? That no account looks like it is the store's to say.
    fn may_guest_be_called(&self, name: &AccountName) -> Result<(), Refusal> {
        may_be_called(name)?;
        if self.roster.has_name(name) {
            let text = "That name is kept for a member of this server's list.";
            return Err(Refusal::with_text(ErrorCode::NameTaken, text));
        }
        Ok(())
    }

    /// Is it the access code? A few wrong ones from an address are looked at.
    fn guest_code(&self, code: Option<&Secret>, tag: Option<Tag>) -> Result<GuestCode, Refusal> {
        let Some(code) = code else {
            return Ok(GuestCode::Absent);
        };
        let now = self.now();
        self.guests.may_try_code(tag, now)?;
        let kept = read(&self.settings).access_code_tag;
        let right =
            kept.is_some_and(|kept| verify_tag(self.keys(), ACCESS_CODE, code.expose(), &kept));
        if right {
            Ok(GuestCode::Right)
        } else {
            self.guests.wrong_code(tag, now);
            Ok(GuestCode::Wrong)
        }
    }

    /// Tries a guest's code for an account, of which an address has a few wrong ones too.
    pub(crate) async fn counting_codes<T>(
        &self,
        core: &Core,
        trying: impl Future<Output = Result<T, Refusal>>,
    ) -> Result<T, Refusal> {
        let tag = self.guest_tag(core);
        self.guests.may_try_code(tag, self.now())?;
        let tried = trying.await;
        if matches!(&tried, Err(refusal) if refusal.code == ErrorCode::BadCode) {
            self.guests.wrong_code(tag, self.now());
        }
        tried
    }

    /// What stands for where a guest comes from; nothing for those whom no limit touches.
    fn guest_tag(&self, core: &Core) -> Option<Tag> {
        let address = core.origin.address?;
        if core.is_trusted() {
            return None;
        }
        Some(tag_under(address, |octets| self.under_address_key(octets)))
    }

    /// A new id; its first half, the cloak, is the same for all who come from one address.
    fn guest_id(&self, tag: Option<Tag>) -> AccountId {
        let mut id = Self::random_id();
        if let Some(tag) = tag {
            // Another one than the tag, which is told nobody.
            let cloak = self.under_address_key(&[b"cloak".as_slice(), &tag].concat());
            for (to, from) in id.iter_mut().zip(cloak).take(CLOAK_BYTES) {
                *to = from;
            }
        }
        AccountId::from_bytes(id)
    }

    async fn make_guest(
        &self,
        id: AccountId,
        name: &AccountName,
        display: Option<DisplayName>,
    ) -> Result<Account, Refusal> {
        let mut record = vec![0; RECORD_BYTES];
        rand::rngs::OsRng.fill_bytes(&mut record);
        let account = Account {
            id,
            name: name.shown().to_owned(),
            display: display.map(|display| display.as_str().to_owned()),
            role: Role::Guest,
            record,
            argon2: self.config.argon2,
            rules: Self::random_counter(),
            strangers: true,
            no_guests: false,
            vip_until: None,
            bot: false,
            second_factor: false,
            worn: None,
            created_at: self.now(),
        };
        let new = NewAccount {
            account,
            skeleton: name.skeleton(),
        };
        let lobby = self.lobby();
        let made = self.storage.write(move |transaction| {
            transaction.create_account(&new)?;
            // What was said before one came is not unread.
            transaction.mark(&lobby, &id, u64::MAX)?;
            Ok(new.account)
        });
        let account = made.await.map_err(|error| match error {
            StoreError::Taken => ErrorCode::NameTaken.into(),
            error => refusal(error),
        })?;
        self.room(lobby).state().mark_in_memory(id, u64::MAX);
        Ok(account)
    }

    /// A guest takes another name. The old one is free at once (DECISIONS 2).
    pub(crate) async fn rename_guest(
        &self,
        who: &SignedInAs,
        name: &AccountName,
    ) -> Result<Response, Refusal> {
        let was = self.now_of(&who.person).name.clone();
        if name.shown() == was {
            return Ok(Done {}.into());
        }
        self.may_guest_be_called(name)?;
        let wanted = name.clone();
        let (id, now, rules) = (who.person.id, self.now(), Self::random_counter());
        self.guests.may_rename(&id, self.steady())?;
        let renamed = self.storage.write(move |transaction| {
            transaction.rename_account(&id, &wanted, rules, now, now)?;
            transaction.account_now(&id)
        });
        let account = renamed.await.map_err(|error| match error {
            StoreError::Taken => ErrorCode::NameTaken.into(),
            error => refusal(error),
        })?;
        let account = account.filter(|account| account.role == Role::Guest);
        let person = self.people.learn(account.ok_or(ErrorCode::BadSession)?);
        self.renamed(&person, &was);
        self.tell_name(&person, &was);
        Ok(Done {}.into())
    }

    /// The connection of a guest is over: nothing is kept of them.
    pub(crate) fn guest_went(self: &Arc<Self>, guest: AccountId) {
        let engine = Arc::clone(self);
        self.spawn(async move {
            if let Err(refusal) = engine.erase_guest(guest, None).await {
                tracing::warn!(account.id = %guest, code = %refusal.code, "a guest was not erased; the next start does it");
            }
        });
    }

    /// Leaves a guest's rooms, so that each log says so, and erases the guest.
    pub(crate) async fn erase_guest(
        self: &Arc<Self>,
        guest: AccountId,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let erased = self.erase_guest_now(guest, reason).await;
        if matches!(erased, Ok(false)) {
            // They took an account as they went: what is held against them is the account's now.
            return Ok(());
        }
        for room in self.guests.rooms_against(&guest) {
            if let Some(room) = self.known_room(&room)
                && let Some(view) = &mut room.state().view
            {
                view.bans.remove(&guest);
                view.mutes.remove(&guest);
            }
        }
        let pace = self.paces.taken_from(&guest);
        self.guests.went(&guest, pace);
        erased.map(|_| ())
    }

    /// Have all sessions of this account quit, or ended?
    pub(crate) fn is_leaving(&self, account: &AccountId) -> bool {
        let sessions = self.online.sessions_of(account);
        let leaves = |core: &Arc<Core>| core.leaving.load(Ordering::Acquire);
        sessions.iter().all(leaves)
    }

    /// Is nothing of the guest left? False if it is one no more.
    async fn erase_guest_now(
        self: &Arc<Self>,
        guest: AccountId,
        reason: Option<&str>,
    ) -> Result<bool, Refusal> {
        let person = self.people.by_id(&self.storage, guest).await;
        let Some(person) = person.map_err(refusal)? else {
            return Ok(true);
        };
        if person.role != Role::Guest {
            return Ok(false);
        }
        let mut tries = 0;
        let conversations = loop {
            self.leave_all(&person, reason).await?;
            let rules = Self::random_counter();
            let erased = self
                .storage
                .write(move |transaction| transaction.erase_guest(&guest, rules));
            match erased.await.map_err(refusal)? {
                GuestErased::Yes(conversations) => break conversations,
                GuestErased::NoGuest => return Ok(false),
                GuestErased::InRooms if tries < TRIES => tries += 1,
                GuestErased::InRooms => return Err(ErrorCode::Busy.into()),
            }
        };
        // Whoever asks for them from here on finds nobody of that name.
        self.people.forget(&guest);
        self.bans.learn(snug_store::Banned::Account(guest), None);
        for room in conversations {
            self.room_is_gone(&room);
        }
        Ok(true)
    }

    async fn leave_all(
        self: &Arc<Self>,
        person: &Arc<Person>,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let id = person.id;
        let rooms = self
            .storage
            .read(move |reader| reader.joined_rooms(&id))
            .await;
        let mut leaving = Vec::new();
        for room in rooms.map_err(refusal)? {
            let (answering, answer) = Pending::new();
            let submission = Submission {
                flight: None,
                person: self.now_of(person),
                act: Act::Leave(reason.map(str::to_owned)),
                key: None,
                answering,
                tries: 0,
            };
            self.room(room).submit(self, submission);
            leaving.push(answer);
        }
        for answer in leaving {
            match answer.await {
                Ok(_) => {}
                // Somebody was quicker.
                Err(refused)
                    if matches!(
                        refused.code,
                        ErrorCode::NotAMember | ErrorCode::UnknownRoom | ErrorCode::Banned
                    ) => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }

    /// The last member of a room that goes with them is gone: so is the room.
    pub(crate) fn vanish(self: &Arc<Self>, room: RoomId) {
        let engine = Arc::clone(self);
        self.spawn(async move {
            let removed = engine
                .storage
                .write(move |transaction| transaction.remove_passing(&room));
            match removed.await {
                Ok(true) => engine.room_is_gone(&room),
                // Somebody came in at the last moment, or it was removed for another of its name.
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(room.id = %room, %error, "a room was not removed; the next start does it");
                }
            }
        });
    }

    /// Forgets a room that the store has no more.
    pub(crate) fn room_is_gone(&self, id: &RoomId) {
        self.guests.room_gone(id);
        let Some(room) = self.known_room(id) else {
            return;
        };
        self.forget_names_of(&room);
        if let Some(RoomKind::Direct(one, other)) = room.kind() {
            self.forget_direct(one, other);
        }
        let mut state = room.state();
        state.empty(&room);
        drop(state);
        self.forget_room(id);
    }

    /// Erases the guests that a server left that did not end in order, and the rooms that went with them.
    /// There is one server on a store.
    pub(crate) async fn sweep_guests(self: &Arc<Self>) -> Result<(), Refusal> {
        let left = self.storage.read(|reader| reader.guests()).await;
        for guest in left.map_err(refusal)? {
            self.erase_guest(guest, None).await?;
        }
        let rooms = self.storage.read(|reader| reader.passed_rooms()).await;
        for room in rooms.map_err(refusal)? {
            let removed = self
                .storage
                .write(move |transaction| transaction.remove_passing(&room));
            if removed.await.map_err(refusal)? {
                self.room_is_gone(&room);
            }
        }
        Ok(())
    }

    /// There are no guests any more: those who are here go.
    pub(crate) fn dismiss_guests(&self, why: &str) {
        for guest in self.guests.all() {
            self.end_live_sessions(&guest, why);
        }
    }
}

impl crate::room::State {
    /// Nobody hears it any more, and whoever asks for it finds that it is gone.
    fn empty(&mut self, room: &Arc<Room>) {
        for reader in self.readers.values() {
            reader.core.detached(room);
        }
        self.readers.clear();
        self.view = None;
        self.row = None;
    }

    /// What was held against guests from the same address holds for this one too, as far as the next
    /// decision sees.
    pub(crate) fn hold_against(&mut self, engine: &Engine, room: RoomId, guest: &Person) {
        let Some(view) = &mut self.view else { return };
        for (kind, sanction) in engine.guests.holding(room, &guest.id) {
            let held = match kind {
                Kind::Ban => &mut view.bans,
                Kind::Mute => &mut view.mutes,
            };
            held.entry(guest.id).or_insert(sanction);
        }
    }

    /// A guest was banned here, or muted, or that was lifted: it holds for where they come from.
    pub(crate) fn note_guest(engine: &Engine, room: RoomId, change: &Change, by: AccountId) {
        let known = change.whom().and_then(|who| engine.people.known(&who));
        let Some(guest) = known.filter(|known| known.role == Role::Guest) else {
            return;
        };
        let (guests, who) = (&engine.guests, (guest.id, guest.name.as_str()));
        match change {
            Change::Banned { sanction, .. } => {
                guests.was_held((room, Kind::Ban), who, sanction, by);
            }
            Change::Muted { sanction, .. } => {
                guests.was_held((room, Kind::Mute), who, sanction, by);
            }
            _ => {}
        }
    }
}
