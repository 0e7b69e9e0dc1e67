//! Coming in: registering, signing in, resuming (A1, A2, DECISIONS 13–19).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::rngs::OsRng;
use snug_auth::{
    CredentialId, Record, ServerKeys, SignInState, new_device_cookie, new_token, password_tag,
    sign_in_start, token_hash, unknown_credential, unknown_parameters, verify_plain,
};
use snug_proto::{
    AccountId, AccountName, Argon2Parameters, ErrorCode, Happening, OpaqueReply, Refusal, Response,
    Resume, Role, RoomEntry, Scope, Secret, SessionId, SignIn, SignInFinish, SignInStart, SignedIn,
    Timestamp, TokenId, folded_name,
    limits::{MAX_LIST_BYTES, MAX_PASSWORD_BYTES, MAX_SESSIONS, SESSION_LIFETIME_MS},
};
use snug_rules::Retention;
use snug_store::{Account, CodeKind, NewSession};

use crate::{
    config::{Addresses, Front},
    engine::Engine,
    guess::{Attempt, Brought},
    handle::mechanisms::{ScramBegun, ScramProved},
    known::lane,
    lock::{lock, read},
    online::Seen,
    person::{Person, refusal},
    session::{Closing, Core, SignedInAs},
    visit::standing,
};

/// An OPAQUE exchange that was begun is good for this long.
const FINISH_WITHIN: Duration = Duration::from_mins(2);
/// Rooms read at once at a sign-in. Each page puts all of an account's rooms in order anew.
const ROOMS_PAGE: u32 = 4096;

/// An OPAQUE exchange between its start and its finish.
pub(crate) struct Begun {
    since: Instant,
    what: Exchange,
}

/// One who is signed in proves their own password.
pub(crate) struct OwnProof {
    pub(crate) state: SignInState,
    pub(crate) account: Account,
    pub(crate) attempt: Attempt,
}

pub(crate) enum Exchange {
    Registration {
        name: AccountName,
        id: AccountId,
        code: Option<Secret>,
    },
    /// The account is none where the name was unknown: its finish never proves right.
    SignIn {
        state: SignInState,
        account: Option<Box<Account>>,
        attempt: Attempt,
    },
    /// Of one who is signed in: the old password is to be proved and the new one to be registered.
    Change(Box<OwnProof>),
    /// Of one who is signed in: the password is to be proved once more.
    Prove(Box<OwnProof>),
    /// SCRAM, of which the server's first message was said.
    Scram(Box<ScramBegun>),
    /// SCRAM, of which both final messages were said, and held.
    ScramProved(Box<ScramProved>),
    /// A new password by a code, which is used up at the end.
    Reset {
        account: Box<Account>,
        code: [u8; 32],
    },
}

/// How somebody proved who they are.
pub(crate) enum Proof {
    /// By the password: a session with a token of its own comes of it.
    Password,
    /// By an app token.
    App { token: TokenId, scope: Scope },
    /// By the token of a session.
    Session { session: SessionId, next: Secret },
    /// Not at all: a guest, whose name it is for as long as the connection lasts.
    Guest,
}

/// What the tag of the shared access code is bound to.
pub(crate) const ACCESS_CODE: &[u8] = b"access code";

/// The tag of the shared access code.
pub(crate) fn access_code_tag(keys: &ServerKeys, code: &Secret) -> [u8; 32] {
    password_tag(keys, ACCESS_CODE, code.expose())
}

impl Engine {
    pub(crate) async fn sign_in(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignIn,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let SignIn {
            name,
            password,
            device,
            code: word,
        } = request;
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(ErrorCode::BadCredentials.into());
        }
        let (account, id, argon2) = self.whom(&name).await?;
        // An app token is found by its hash before any Argon2 (DECISIONS 14).
        let hash = token_hash(password.expose());
        let token = self
            .storage
            .read(move |reader| reader.token_by_hash(&hash))
            .await
            .map_err(refusal)?;
        if let (Some(token), Some(account)) = (token, &account)
            && token.account == account.id
        {
            let proof = Proof::App {
                token: token.id,
                scope: token.scope,
            };
            return self.welcome(core, account.clone(), proof).await;
        }
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        let record = record_in(account.as_ref())?;
        let brought = Brought {
            device: device.as_ref(),
            code: word.as_ref(),
        };
        let standing = self.standing_of(core, account.as_ref(), brought.code);
        let standing = standing.await?;
        let attempt = self.begin_attempt(core, id, &standing, &brought)?;
        let right = self
            .plain
            .run(lane(standing.known), core.origin.address, move |keys| {
                verify_plain(
                    keys,
                    record.as_ref(),
                    id,
                    password.expose(),
                    argon2,
                    &mut OsRng,
                )
            });
        let right = right
            .await
            .inspect_err(|_busy| self.attempt_was_none(&attempt))?;
        match (right, account) {
            (true, Some(account)) => self.welcome_after(core, account, attempt).await,
            _ => Err(attempt.refusal(self.wrong_credentials(core))),
        }
    }

    /// Welcomes one whose password proved right.
    pub(crate) async fn welcome_after(
        self: &Arc<Self>,
        core: &Arc<Core>,
        account: Account,
        attempt: Attempt,
    ) -> Result<Response, Refusal> {
        if self.attempt_was_right(attempt, account.id).await? {
            self.welcome(core, account, Proof::Password).await
        } else {
            Err(self.wrong_credentials(core))
        }
    }

    /// The account of this name, or what stands in for one (DECISIONS 13).
    pub(crate) async fn whom(
        &self,
        name: &str,
    ) -> Result<(Option<Account>, CredentialId, Argon2Parameters), Refusal> {
        let parsed = AccountName::parse(name).ok();
        let skeleton = parsed
            .as_ref()
            .map_or_else(|| name.to_owned(), AccountName::skeleton);
        let found = self.storage.read(move |reader| {
            Ok((
                reader.account_by_skeleton(&skeleton)?,
                reader.parameters_in_use()?,
            ))
        });
        let (account, mut in_use) = found.await.map_err(refusal)?;
        let same = |account: &Account| {
            let named = parsed
                .as_ref()
                .is_some_and(|name| name.as_str() == folded_name(&account.name));
            // Nobody signs in to a guest.
            named && account.role > Role::Guest
        };
        if let Some(account) = account.filter(same) {
            let (id, argon2) = (account.id.into(), account.argon2);
            return Ok((Some(account), id, argon2));
        }
        if in_use.is_empty() {
            in_use.push(self.config.argon2);
        }
        let argon2 = unknown_parameters(self.keys(), name, &in_use);
        Ok((None, unknown_credential(self.keys(), name), argon2))
    }

    pub(crate) async fn sign_in_start(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignInStart,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let (account, id, argon2) = self.whom(&request.name).await?;
        let record = record_in(account.as_ref())?;
        let begun = sign_in_start(
            self.keys(),
            &mut OsRng,
            record.as_ref(),
            id,
            &request.opaque.0,
        );
        let (state, reply) = begun.map_err(|_| ErrorCode::BadRequest)?;
        let brought = Brought {
            device: request.device.as_ref(),
            code: request.code.as_ref(),
        };
        let standing = self.standing_of(core, account.as_ref(), brought.code);
        // The answer already tells a client whether the password is right: it is what counts.
        let attempt = self.begin_attempt(core, id, &standing.await?, &brought)?;
        begin(
            core,
            Exchange::SignIn {
                state,
                account: account.map(Box::new),
                attempt,
            },
        );
        Ok(OpaqueReply {
            opaque: snug_proto::Blob(reply),
            argon2,
        }
        .into())
    }

    pub(crate) async fn sign_in_finish(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: SignInFinish,
    ) -> Result<Response, Refusal> {
        let Some(Exchange::SignIn {
            state,
            account,
            attempt,
        }) = take_begun(core)
        else {
            return Err(ErrorCode::SignInExpired.into());
        };
        match (state.finish(&request.opaque.0), account) {
            (Ok(()), Some(account)) => self.welcome_after(core, *account, attempt).await,
            _ => Err(attempt.refusal(self.wrong_credentials(core))),
        }
    }

    /// One answer for an unknown name and a wrong password.
    pub(crate) fn wrong_credentials(&self, core: &Core) -> Refusal {
        let address = self.address_of(core).unwrap_or_default();
        tracing::info!(peer.address = address, "a sign-in failed");
        self.happened(Happening::SignInFailed, || self.whence(core));
        ErrorCode::BadCredentials.into()
    }

    pub(crate) async fn resume(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Resume,
    ) -> Result<Response, Refusal> {
        if core.signed_in().is_some() {
            return Err(ErrorCode::AlreadySignedIn.into());
        }
        let used = token_hash(request.session.expose());
        let found = self.storage.read(move |reader| {
            let Some(session) = reader.session_by_token(&used)? else {
                return Ok(None);
            };
            let account = reader.account(&session.account)?;
            Ok(account.map(|account| (session, account)))
        });
        let (session, account) = found.await.map_err(refusal)?.ok_or(ErrorCode::BadSession)?;
        let next = new_token(&mut OsRng);
        let (next_hash, now, id) = (token_hash(next.expose()), self.now(), session.id);
        if now > session.seen_at.plus_ms(SESSION_LIFETIME_MS) {
            return Err(ErrorCode::BadSession.into());
        }
        let client = core.client.get().cloned().unwrap_or(session.client);
        let address = self.address_of(core);
        let rotated = self.storage.write(move |transaction| {
            let rotated = transaction.rotate_session(&id, &used, &next_hash, now)?;
            transaction.move_session(&id, &client, address.as_deref())?;
            Ok(rotated)
        });
        if !rotated.await.map_err(refusal)? {
            return Err(ErrorCode::BadSession.into());
        }
        self.welcome(
            core,
            account,
            Proof::Session {
                session: session.id,
                next,
            },
        )
        .await
    }

    /// Makes the connection that account's: its session, its rooms, its presence.
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
        // What proved right must hold still once the session is known to whoever may end it.
        let proved = matches!(proof, Proof::Password).then_some(record);
        let (session, token, scope, app) = match proof {
            // A front that cannot resume needs no session to come back to.
            Proof::Password if core.origin.front == Front::Irc => (None, None, None, None),
            Proof::Password => {
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
            Proof::Session { session, next } => (Some(session), Some(next), None, None),
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
        let away_before = self.online.away_of(&person.id);
        let came = self.online.came(&self.now_of(&person), core);
        let by_password = proved.is_some();
        let held = self.still_holds(&person, session, app, proved).await;
        let person = self.now_of(&person);
        // Who bans looks for sessions after the ban is known: one of the two finds the other.
        let held = held.and_then(|reset| {
            self.bans
                .check(core, &person.id, person.role, self.now())
                .map(|()| reset)
        });
        let entered = match held {
            Ok(reset) => {
                if let Some(until) = reset {
                    core.notify(reset_waits(until));
                }
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
        let closed = core.is_closed();
        if entered.is_err() || closed {
            // It cannot stay half signed in: the client comes back and starts anew.
            core.close(Closing::Lost);
            self.forget_session(core);
        } else if came {
            self.tell_coming(core, &person).await;
        } else {
            self.tell_away_since(&person, away_before).await;
        }
        let (rooms, more) = entered?;
        let device = (by_password && session.is_some())
            .then(|| new_device_cookie(self.keys(), person.id.into(), &mut OsRng));
        if let Err(refusal) = self.tell_invitations(core, &person).await {
            tracing::warn!(code = %refusal.code, "invitations could not be told");
        }
        self.note_sign_in(core, &person);
        Ok(SignedIn {
            account: person.id,
            name: person.name.clone(),
            role: person.role,
            session: token,
            device,
            rooms,
            more,
        }
        .into())
    }

    /// An account is here that was not: those around it are told, and whether it is away.
    async fn tell_coming(self: &Arc<Self>, core: &Core, person: &Arc<Person>) {
        self.around.are_here(self.online.count());
        let heard = lock(&core.rooms).clone();
        self.prepare_presence(&heard).await;
        self.tell_watchers(person, None, Seen::Coming);
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
    /// resets the password, if one does.
    async fn still_holds(
        &self,
        person: &Person,
        session: Option<SessionId>,
        token: Option<TokenId>,
        record: Option<Vec<u8>>,
    ) -> Result<Option<Timestamp>, Refusal> {
        let (account, now) = (person.id, self.now());
        let by_session = token.is_none() && record.is_none();
        let before = self.people.before();
        let held = self.storage.read(move |reader| {
            let Some(account) = reader.account(&account)? else {
                return Ok(None);
            };
            let same = record.is_none_or(|record| record == account.record);
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
            Ok((same && session && token).then_some((account, reset)))
        });
        let gone = if by_session {
            ErrorCode::BadSession
        } else {
            ErrorCode::BadCredentials
        };
        let (account, reset) = held.await.map_err(refusal)?.ok_or(gone)?;
        self.people.learn_read(before, account);
        Ok(reset)
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
            bytes += super::rooms::weight(&entry);
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

/// What the holder of an account is told while a code is out that resets its password (DECISIONS 13).
pub(crate) fn reset_waits(until: Timestamp) -> String {
    format!(
        "The owner made a code by which the password of this account can be set anew, good until {until}. \
         If you did not ask for it, change your password: that voids the code."
    )
}

pub(crate) fn record_in(account: Option<&Account>) -> Result<Option<Record>, Refusal> {
    // Checked when it was stored: checking it again would tell a known name by the time it takes.
    let read = |account: &Account| Record::from_stored(&account.record);
    account.map(read).transpose().map_err(|_| {
        tracing::error!("an account's record cannot be read");
        ErrorCode::Internal.into()
    })
}

pub(crate) fn begin(core: &Core, what: Exchange) {
    *lock(&core.begun) = Some(Box::new(Begun {
        since: Instant::now(),
        what,
    }));
}

/// What was begun on this connection, if it is not too old. Each start has one finish.
pub(crate) fn take_begun(core: &Core) -> Option<Exchange> {
    let begun = lock(&core.begun).take()?;
    (begun.since.elapsed() <= FINISH_WITHIN).then_some(begun.what)
}
