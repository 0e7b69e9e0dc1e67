//! Letting somebody in who proved who they are: their session, their rooms, their presence.

use std::sync::Arc;

use rand::rngs::OsRng;
use snug_auth::{new_device_cookie, new_token, token_hash};
use snug_proto::{
    AccountId, AuditAction, ErrorCode, Happening, Refusal, Response, Role, RoomEntry, Secret,
    SessionId, SignedIn, Timestamp, TokenId,
    limits::{MAX_LIST_BYTES, MAX_SESSIONS},
};
use snug_rules::Retention;
use snug_store::{Account, CodeKind, NewSession, SecondFactorReads};

use super::{Proof, reset_waits};
use crate::{
    config::{Addresses, Front},
    door::Coming,
    engine::Engine,
    handle::{governing::has_changed, wearing::goes_by},
    lock::{lock, read},
    online::Seen,
    person::{Person, refusal},
    session::{Closing, Core, SignedInAs},
    visit::standing,
};

/// So many of the latest things that were done about a second factor are told at a sign-in.
const MAX_NEWS: u32 = 5;
/// Rooms read at once at a sign-in. Each page puts all of an account's rooms in order anew.
const ROOMS_PAGE: u32 = 4096;

impl Engine {
    /// An account has so many sessions at once, on all fronts together: each is a file, and a reader of all
    /// that is said in its rooms. The one that came first gives way.
    fn make_room_for(&self, core: &Core, account: &AccountId) {
        if self.is_exempt(core) {
            return;
        }
        if let Some(first) = self.online.one_too_many(account, MAX_SESSIONS) {
            first.revoke(
                "Your account signed in elsewhere too often: it has 100 connections at most.",
            );
        }
    }

    /// Makes the connection that account's: its session, its rooms, its presence.
    #[expect(clippy::too_many_lines, reason = "one step after the other, each once")]
    pub(crate) async fn welcome(
        self: &Arc<Self>,
        core: &Arc<Core>,
        account: Account,
        proof: Proof,
    ) -> Result<Response, Refusal> {
        self.refuse_if_stopping()?;
        // The account was read as the proof began, minutes ago it may be: what is known since then stays.
        let record = account.record.clone();
        let standing = standing(&account);
        let person = self.people.known_or(account);
        // Told only here, where who it is has been proved (DECISIONS 13).
        self.bans.check(core, &person.id, person.role, self.now())?;
        if !matches!(proof, Proof::Guest) {
            // A guest's comings are counted by their address.
            self.comes_in_time(core, &person)?;
        }
        // What proved right must hold still once the session is known to whoever may end it.
        let proved = proof.by_password().map(|coded| (record, coded));
        let as_guest = matches!(proof, Proof::Guest);
        let heard_until = proof.heard_until(self.now());
        let (session, token, scope, app) = match proof {
            // A front that cannot resume needs no session to come back to.
            Proof::Password { .. } if core.origin.front == Front::Irc => (None, None, None, None),
            Proof::Password { .. } => {
                let token = new_token(&mut OsRng);
                let session = self.record_session(core, person.id, &token).await?;
                (Some(session), Some(token), None, None)
            }
            Proof::App { token, scope } => {
                let now = self.now();
                let touched = self
                    .storage
                    .write(move |transaction| transaction.touch_token(&token, now));
                touched.await.map_err(refusal)?;
                (None, None, Some(scope), Some(token))
            }
            Proof::Session { session, next, .. } => (Some(session), Some(next), None, None),
            Proof::Guest => (None, None, None, None),
        };
        if person.role > Role::Guest {
            self.remember_address(core, person.id).await;
        }
        let who = SignedInAs {
            person: Arc::clone(&person),
            scope,
            session,
            token: app,
            listed: session.unwrap_or_else(|| SessionId::from_bytes(Self::random_id())),
            since: self.now(),
        };
        if !core.become_signed_in(who) {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        core.is_inside(standing, self.now());
        self.comes_along(core, &person).await;
        if proved.as_ref().is_some_and(|(_, coded)| *coded) {
            core.gave_code();
        }
        let away_before = self.online.away_of(&person.id);
        let came = self.online.came(&self.now_of(&person), core);
        self.make_room_for(core, &person.id);
        let by_password = proved.is_some();
        let by_record = proved.as_ref().map(|(record, _)| record.clone());
        let held = self.still_holds(&person, session, app, proved, heard_until);
        let held = held.await;
        let person = self.now_of(&person);
        let held = held.and_then(|told| self.may_stay(core, &person, as_guest).map(|()| told));
        let entered = match held {
            Ok(meanwhile) => {
                meanwhile.tell(core);
                let entered = self.enter_rooms(core, &person).await;
                match (entered, core.signed_in()) {
                    (Ok(rooms), Some(who)) => {
                        let told = self.tell_announcements(core, who).await;
                        told.map(|()| rooms)
                    }
                    (entered, _) => entered,
                }
            }
            Err(refusal) => {
                if let (true, Some(session)) = (by_password, session) {
                    // Nobody will ever hold its token.
                    let end = self.storage.write(move |of| of.end_session(&session));
                    end.await.map_err(crate::person::refusal)?;
                }
                Err(refusal)
            }
        };
        let took_over = entered.is_ok() && self.goes_on(core, &person, came).await;
        let person = self.now_of(&person);
        let closed = core.is_closed();
        if entered.is_err() || closed {
            // It cannot stay half signed in: the client comes back and starts anew.
            core.close(Closing::Lost);
            self.forget_session(core);
        } else if came {
            self.tell_coming(core, &person, took_over).await;
        } else {
            self.tell_away_since(&person, away_before).await;
        }
        let (rooms, more) = entered?;
        let device = by_record
            .filter(|_| session.is_some())
            .map(|record| new_device_cookie(self.keys(), person.id.into(), &record, &mut OsRng));
        if let Err(refusal) = self.tell_invitations(core, &person).await {
            tracing::warn!(code = %refusal.code, "invitations could not be told");
        }
        self.note_sign_in(core, &person);
        Ok(SignedIn {
            account: person.id,
            name: person.name.clone(),
            worn: person.wears().map(str::to_owned),
            role: person.role,
            session: token,
            device,
            rooms,
            more,
        }
        .into())
    }

    /// Who bans, or locks the server down, looks for sessions after that is known: one of the two finds the
    /// other.
    fn may_stay(&self, core: &Core, person: &Person, as_guest: bool) -> Result<(), Refusal> {
        self.bans.check(core, &person.id, person.role, self.now())?;
        let coming = if as_guest { Coming::New } else { Coming::Back };
        self.may_come_in_lockdown(core, coming)
    }

    /// An account is here that was not: those around it are told, and whether it is away.
    async fn tell_coming(self: &Arc<Self>, core: &Core, person: &Arc<Person>, took_over: bool) {
        self.around.are_here(self.online.count());
        let heard = lock(&core.rooms).clone();
        self.prepare_presence(&heard).await;
        for (name, subject) in goes_by(person) {
            if took_over && subject.worn.is_some() {
                // Whoever has the name was there before, as another.
                self.tell_watchers_of(&name, has_changed(person, None));
            } else {
                self.tell_seen(&name, subject, Seen::Coming);
            }
        }
        self.tell_presence(person, &heard, Seen::Coming);
        self.tell_friends(person, Seen::Coming);
        self.tell_away_since(person, None).await;
    }

    /// Somebody is in: an owner who watches sees it, and they are told if words are watched (O7).
    fn note_sign_in(&self, core: &Core, person: &Person) {
        self.happened(Happening::SignedIn, || {
            format!("{}, {}", person.name, self.whence(core))
        });
        if read(&self.settings).watch_open_rooms {
            core.notify(crate::watch::WATCHED);
        }
    }

    /// Does what let a session in hold still? It may have been revoked since it was looked at; from here
    /// on, whoever revokes it finds the session among those who are here. Until when a code waits that
    /// resets the password, if one does, and what was done about the second factor since its holder was
    /// last here.
    async fn still_holds(
        &self,
        person: &Person,
        session: Option<SessionId>,
        token: Option<TokenId>,
        proved: Option<(Vec<u8>, bool)>,
        heard_until: Option<Timestamp>,
    ) -> Result<Meanwhile, Refusal> {
        let (account, now) = (person.id, self.now());
        let by_session = token.is_none() && proved.is_none();
        let before = self.people.before();
        let held = self.storage.read(move |reader| {
            let Some(account) = reader.account(&account)? else {
                return Ok(None);
            };
            let same = proved.is_none_or(|(record, coded)| {
                record == account.record && (coded || !account.second_factor)
            });
            let session = match session {
                Some(session) => reader.has_session(&session)?,
                None => true,
            };
            let token = match token {
                Some(token) => reader
                    .tokens_of(&account.id)?
                    .iter()
                    .any(|row| row.id == token),
                None => true,
            };
            let reset = reader.code_waiting(&account.id, CodeKind::Reset, now)?;
            let news = match heard_until {
                Some(until) => {
                    SecondFactorReads::second_factor_news(reader, &account.id, until, MAX_NEWS)?
                }
                None => Vec::new(),
            };
            Ok((same && session && token).then_some((account, Meanwhile { reset, news })))
        });
        let gone = if by_session {
            ErrorCode::BadSession
        } else {
            ErrorCode::BadCredentials
        };
        let (account, told) = held.await.map_err(refusal)?.ok_or(gone)?;
        self.people.learn_read(before, account);
        Ok(told)
    }

    /// Lets a session that was just signed in hear its rooms, and lists them; whether there are more.
    pub(crate) async fn enter_rooms(
        self: &Arc<Self>,
        core: &Arc<Core>,
        person: &Arc<Person>,
    ) -> Result<(Vec<RoomEntry>, bool), Refusal> {
        let account = person.id;
        let mut rooms = Vec::new();
        let mut more = false;
        let mut bytes = 0;
        let standings = self.standings(account).await?;
        self.know_others(account, &standings).await?;
        for standing in standings {
            let room = self.room(standing.room.id);
            let reloading = {
                let known = room.state();
                known.row.is_some() && known.view.is_none()
            };
            if reloading || standing.room.retention == Retention::Ram {
                self.loaded(&room).await?;
            }
            let entry = self.entry_of(person, &standing).await?;
            {
                let mut state = room.state();
                let member = |view: &snug_rules::RoomView| view.is_member(&account);
                if state.view.as_ref().is_some_and(|view| !member(view)) {
                    continue;
                }
                if !state.readers.contains_key(&core.number) {
                    state.attach(&room, core, account, entry.seq.unwrap_or(0));
                }
            }
            bytes += crate::handle::rooms::weight(&entry);
            if more || bytes > MAX_LIST_BYTES {
                more = true;
            } else {
                rooms.push(entry);
            }
        }
        Ok((rooms, more))
    }

    /// Nobody finds this session any more: neither its rooms nor the list of who is here.
    fn forget_session(self: &Arc<Self>, core: &Arc<Core>) {
        let attached = std::mem::take(&mut *lock(&core.rooms));
        for room in &attached {
            room.state().readers.remove(&core.number);
        }
        self.went(core, attached, Closing::Lost);
    }

    async fn record_session(
        &self,
        core: &Core,
        account: AccountId,
        token: &Secret,
    ) -> Result<SessionId, Refusal> {
        let id = SessionId::from_bytes(Self::random_id());
        let session = NewSession {
            id,
            account,
            token_hash: token_hash(token.expose()),
            client: core.client.get().cloned().unwrap_or_default(),
            address: self.address_of(core),
            created_at: self.now(),
        };
        let address = self.address_to_remember(core, account);
        let now = session.created_at;
        let mut kept = self.sessions_online(&account);
        kept.push(id);
        let recorded = self.storage.write(move |transaction| {
            transaction.create_session(&session)?;
            if let Some(tag) = &address {
                transaction.remember_address(&account, tag, now)?;
            }
            transaction.trim_sessions(&account, &kept, MAX_SESSIONS)
        });
        let ended = recorded.await.map_err(refusal)?;
        if let Some(tag) = address {
            self.known.written(account, tag, now);
        }
        let why = "You have too many sessions: this one made room.";
        self.end_online(&account, &ended, why);
        Ok(id)
    }

    /// The address as it may be kept (DECISIONS 9).
    pub(crate) fn address_of(&self, core: &Core) -> Option<String> {
        let address = core.origin.address?.to_canonical();
        match self.config.addresses {
            Addresses::Kept => Some(address.to_string()),
            Addresses::Hashed => Some(self.hidden_address(address)),
            Addresses::None => None,
        }
    }

    /// All rooms of an account as it stands in them.
    async fn standings(
        &self,
        account: AccountId,
    ) -> Result<Vec<snug_store::RoomStanding>, Refusal> {
        let all = self.storage.read(move |reader| {
            let mut all = Vec::new();
            loop {
                let after = all
                    .last()
                    .map(|last: &snug_store::RoomStanding| last.room.id);
                let page = reader.rooms_of(&account, after.as_ref(), ROOMS_PAGE)?;
                let full = page.len() == ROOMS_PAGE as usize;
                all.extend(page);
                if !full {
                    return Ok(all);
                }
            }
        });
        all.await.map_err(refusal)
    }
}

/// What one is told at a sign-in.
struct Meanwhile {
    /// Until when a code waits that resets the password.
    reset: Option<Timestamp>,
    /// What was done about the second factor.
    news: Vec<(AuditAction, Timestamp)>,
}

impl Meanwhile {
    fn tell(self, core: &Core) {
        if let Some(until) = self.reset {
            core.notify(reset_waits(until));
        }
        for (action, at) in self.news {
            core.notify(factor_news(action, at));
        }
    }
}

/// What one is told at a sign-in of what was done about one's second factor meanwhile.
fn factor_news(action: AuditAction, at: Timestamp) -> String {
    let at = at.said();
    match action {
        AuditAction::RecoveryCodeUsed => format!(
            "A recovery code of your second factor was used at {at}. If that was not you, change your password."
        ),
        _ => format!(
            "Your second factor was turned off at {at}. If you did not ask for that, change your password."
        ),
    }
}
