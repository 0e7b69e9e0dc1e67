//! Being here: away, who somebody is and was, whom a session watches for, how many there are, running the
//! server in an account's name.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use rand::rngs::OsRng;
use snug_auth::verify_plain;
use snug_proto::{
    AccountChanged, AccountId, AccountName, AuditAction, Away, Card, CardRoom, Counted, Delivery,
    DisplayName, Done, ErrorCode, Event, Formerly, Hail, Hailed, Me, Monitor, MonitorEntry,
    Monitored, Operate, Operating, Refusal, Request, RequestKind, Response, Role, RoomRole, Secret,
    Whois, Whowas,
    limits::{MAX_AWAY_CHARS, MAX_HAIL_CHARS, MAX_MONITORED, MAX_PASSWORD_BYTES},
    same_name,
};
use snug_rules::{RoomKind, ServerDeed};
use snug_store::{NewAudit, StoreError};

use crate::{
    around::folded,
    engine::Engine,
    guess::Brought,
    handle::{
        governing::{NotDone, governing},
        is_line,
        metadata::follow_metadata,
        sign_in::record_in,
    },
    known::lane,
    lock::read,
    person::{Person, refusal},
    session::{Core, SignedInAs},
    unlisted::are_unlisted,
};

/// Rooms that are looked through for a person's card, of each of the two.
const MAX_CARD_ROOMS: u32 = 500;
/// Rooms that a card shows.
const MAX_SHOWN_ROOMS: usize = 100;

impl Engine {
    /// The requests of this file and of keys with values; anything else never comes here.
    pub(crate) async fn answer_presence(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: Request,
    ) -> Result<Response, Refusal> {
        match request {
            Request::Away(request) => self.away(core, request).await,
            Request::Whois(request) => self.whois(core, who, request).await,
            Request::Whowas(request) => Ok(self.whowas(&request)),
            Request::Monitor(request) => self.monitor(core, request).await,
            Request::Counts(_) => Ok(self.counts()),
            Request::Operate(request) => self.operate(core, who, request).await,
            Request::Hail(request) => self.hail(core, who, request).await,
            Request::Metadata(request) => self.metadata(who, request).await,
            Request::SetMetadata(request) => self.set_metadata(core, who, request).await,
            Request::FollowMetadata(request) => follow_metadata(core, &request),
            _ => Err(ErrorCode::Internal.into()),
        }
    }

    /// Somebody is away, or back; before the sign-in it is kept for then.
    pub(crate) async fn away(&self, core: &Core, request: Away) -> Result<Response, Refusal> {
        let Away { text, unattended } = request;
        let text = text.map(|text| text.trim().to_owned());
        if text
            .as_ref()
            .is_some_and(|text| !is_line(text, MAX_AWAY_CHARS))
        {
            let text = "A word on being away is one line of at most 200 characters.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let text = text.filter(|text| !text.is_empty());
        let Some(who) = core.signed_in() else {
            self.says_away(core, text, unattended);
            return Ok(Done {}.into());
        };
        let person = self.now_of(&who.person);
        let before = self.online.away_of(&person.id);
        self.says_away(core, text, unattended);
        self.tell_away_since(&person, before).await;
        Ok(Done {}.into())
    }

    /// What of oneself is changed by `me` and seen by others.
    pub(crate) async fn change_self(&self, who: &Person, request: &Me) -> Result<(), Refusal> {
        let id = who.id;
        let display = match request.display.as_deref().map(str::trim) {
            None => None,
            Some("") => Some(None),
            Some(text) => {
                let Ok(name) = DisplayName::parse(text) else {
                    let text =
                        "A display name has at most 64 characters, and none that move the line.";
                    return Err(Refusal::with_text(ErrorCode::BadName, text));
                };
                let own = self.now_of_id(id).await?.name.clone();
                if self.is_anothers_name((&id, Some(&own)), &name).await? {
                    let text = "That is somebody's name here, or looks like it. Choose another display name.";
                    return Err(Refusal::with_text(ErrorCode::NameTaken, text));
                }
                Some(Some(name.as_str().to_owned()))
            }
        };
        if let Some(display) = display {
            let before = self.now_of_id(id).await?;
            let wanted = display.clone();
            let set = self
                .storage
                .write(move |transaction| transaction.set_display(&id, wanted.as_deref()));
            if !set.await.map_err(refusal)? {
                let text = "Your display name is the roster's.";
                return Err(Refusal::with_text(ErrorCode::Forbidden, text));
            }
            let person = self.now_of_id(id).await?;
            if person.display != before.display {
                let event = Event::AccountChanged(AccountChanged {
                    subject: person.subject(),
                    role: person.role,
                    was: None,
                    wore: None,
                    display_changed: true,
                });
                self.tell_account(&id, &event);
                self.tell_around(&person, event).await;
            }
        }
        if let Some(bot) = request.bot {
            let set = self
                .storage
                .write(move |transaction| transaction.set_bot(&id, bot));
            set.await.map_err(refusal)?;
        }
        Ok(())
    }

    /// Would somebody with this display name be taken for another account?
    pub(crate) async fn is_anothers_name(
        &self,
        (who, own_name): (&AccountId, Option<&str>),
        display: &DisplayName,
    ) -> Result<bool, Refusal> {
        if self.roster.is_anothers(own_name, display) {
            return Ok(true);
        }
        let Ok(name) = AccountName::parse(display.as_str()) else {
            return Ok(false);
        };
        let skeleton = name.skeleton();
        let found = self
            .storage
            .read(move |reader| reader.account_called(&skeleton));
        let found = found.await.map_err(refusal)?;
        Ok(found.is_some_and(|account| account.id != *who))
    }

    /// An account as the store has it now.
    async fn now_of_id(&self, id: AccountId) -> Result<Arc<Person>, Refusal> {
        let person = self.people.refresh(&self.storage, id).await;
        person
            .map_err(refusal)?
            .ok_or_else(|| ErrorCode::UnknownPerson.into())
    }

    pub(crate) async fn whois(
        self: &Arc<Self>,
        core: &Core,
        who: &SignedInAs,
        request: Whois,
    ) -> Result<Response, Refusal> {
        let person = self.people.find(&self.storage, &request.person).await?;
        let (id, me) = (person.id, who.person.id);
        let found = self.storage.read(move |reader| {
            let theirs = reader.rooms_of(&id, None, MAX_CARD_ROOMS)?;
            let mine = reader.rooms_of(&me, None, MAX_CARD_ROOMS)?;
            let blocked = reader.between(&me, &id)?.is_closed();
            let labels = reader.labels_of(&[id])?;
            // A guest's room has no founder, but who made it keeps order there.
            let mut passing = HashSet::new();
            for of in theirs.iter().filter(|of| of.room.founder == Some(id)) {
                if reader.is_passing(&of.room.id)? {
                    passing.insert(of.room.id);
                }
            }
            Ok::<_, StoreError>((theirs, mine, blocked, labels, passing))
        });
        let (theirs, mine, blocked, labels, passing) = found.await.map_err(refusal)?;
        let shared = |room| mine.iter().any(|of| of.room.id == room);
        let sessions = self.online.sessions_of(&id);
        let unlisted = are_unlisted(&sessions);
        let shown = theirs.into_iter().filter(|of| {
            let told = of.room.listed && !unlisted;
            of.room.kind == RoomKind::Ordinary && (told || shared(of.room.id))
        });
        let rooms = shown.take(MAX_SHOWN_ROOMS).map(|of| CardRoom {
            role: if of.room.founder == Some(id) && passing.contains(&of.room.id) {
                Some(RoomRole::Admin)
            } else if of.room.founder == Some(id) {
                Some(RoomRole::Founder)
            } else {
                Some(of.role).filter(|role| *role != RoomRole::Member)
            },
            room: of.room.name,
        });
        let rooms = rooms.collect();
        let here = !self.online.here_of(&[id]).is_empty();
        let standing = self
            .online
            .standing_of(&[id])
            .remove(&id)
            .unwrap_or_default();
        let last = sessions
            .iter()
            .map(|of| of.active_at.load(Ordering::Relaxed));
        let idle_ms = last.max().map(|at| self.now().ms().saturating_sub(at));
        let since = sessions.iter().filter_map(|of| of.signed_in());
        let privileged = id == me || self.role_on(core, &who.person) > Role::Member;
        let address = sessions.iter().find_map(|of| self.address_of(of));
        let mut entry = self.entry_of_person(&person, here, standing);
        entry.labels = labels.into_iter().map(|(_, label)| label).collect();
        Ok(Card {
            since: since.map(|of| of.since).min().filter(|_| here),
            idle_ms: idle_ms.filter(|_| here && !blocked),
            address: address.filter(|_| privileged),
            secure: here && sessions.iter().all(|of| of.origin.secure),
            rooms,
            entry,
        }
        .into())
    }

    pub(crate) fn whowas(&self, request: &Whowas) -> Response {
        let name = folded(&request.name);
        Formerly {
            people: self.around.were(&name, self.now()),
        }
        .into()
    }

    pub(crate) async fn monitor(
        &self,
        core: &Arc<Core>,
        request: Monitor,
    ) -> Result<Response, Refusal> {
        let Monitor { add, remove, clear } = request;
        if add.len() > MAX_MONITORED || remove.len() > MAX_MONITORED {
            let text = "A session watches for 100 people at most.";
            return Err(Refusal::with_text(ErrorCode::TooMany, text));
        }
        let asks = add.is_empty() && remove.is_empty() && !clear;
        if clear {
            self.around.unwatch_all(core);
        }
        self.around.unwatch(core, &remove);
        let left_out = self.around.watch(core, &add);
        let wanted = if asks {
            crate::lock::lock(&core.monitors).iter().cloned().collect()
        } else {
            let known = |name: &String| !left_out.contains(name);
            add.into_iter().filter(known).collect::<Vec<_>>()
        };
        let mut people = Vec::with_capacity(wanted.len());
        for name in wanted {
            let found = self.people.find(&self.storage, &name.as_str().into()).await;
            let person = match found {
                Ok(person) => Some(person),
                Err(refusal) if refusal.code == ErrorCode::UnknownPerson => None,
                Err(refusal) => return Err(refusal),
            };
            let here = person.filter(|person| !self.online.here_of(&[person.id]).is_empty());
            people.push(MonitorEntry {
                online: here.is_some(),
                account: here.as_ref().map(|person| person.id),
                name: match here {
                    None => name,
                    Some(person) if same_name(&person.name, &name) => person.name.clone(),
                    // Watched for by what they wear.
                    Some(person) => person.called().to_owned(),
                },
            });
        }
        Ok(Monitored { people, left_out }.into())
    }

    pub(crate) fn counts(&self) -> Response {
        let accounts = self.online.accounts();
        let runs = |role: Role| role > Role::Member;
        let standings = self.online.standing_of(&accounts);
        let operators = accounts.iter().filter(|id| {
            let operates = standings.get(*id).and_then(|of| of.operates);
            let person = self.people.known(id);
            operates.is_some_and(runs) || person.is_some_and(|person| runs(person.role))
        });
        Counted {
            operators: operators.count() as u64,
            online: accounts.len() as u64,
            most: self.around.most.load(Ordering::Relaxed).max(accounts.len()) as u64,
            unknown: self.around.unknown.load(Ordering::Relaxed) as u64,
            rooms: self.count_rooms() as u64,
            started_at: self.started_at,
            now: self.now(),
        }
        .into()
    }

    /// A session runs the server in the name of an account whose password it knows, or no longer.
    pub(crate) async fn operate(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: Operate,
    ) -> Result<Response, Refusal> {
        let (Some(name), Some(password)) = (request.name, request.password) else {
            *crate::lock::lock(&core.operates) = None;
            let role = who.person.role;
            return Ok(Operating { role }.into());
        };
        let person = self.proved_operator(core, &name, password).await?;
        if person.role == Role::Member {
            let text = "That account does not run this server.";
            return Err(Refusal::with_text(ErrorCode::Forbidden, text));
        }
        self.bans.check(core, &person.id, person.role, self.now())?;
        tracing::info!(account.id = %who.person.id, operator.id = %person.id, "a session operates");
        *crate::lock::lock(&core.operates) = Some(person.id);
        Ok(Operating { role: person.role }.into())
    }

    /// The account of this name, if this is its password: counted and refused as at a sign-in (A4).
    async fn proved_operator(
        self: &Arc<Self>,
        core: &Arc<Core>,
        name: &str,
        password: Secret,
    ) -> Result<Arc<Person>, Refusal> {
        if !read(&self.settings).rules.plain_passwords {
            return Err(ErrorCode::PlainPasswordsOff.into());
        }
        if password.expose().len() > MAX_PASSWORD_BYTES {
            return Err(ErrorCode::BadCredentials.into());
        }
        let tried = self.whom(name).await?;
        let record = record_in(tried.account())?;
        let brought = Brought {
            device: None,
            code: None,
        };
        let standing = self.standing_of(core, &tried, None).await?;
        let mut attempt = self.begin_attempt(core, &tried, &standing, &brought)?;
        let (id, argon2) = (tried.id, tried.argon2);
        let checked = self
            .plain
            .run(lane(standing.known), core.origin.address, move |keys| {
                let password = password.expose();
                verify_plain(keys, record.as_ref(), id, password, argon2, &mut OsRng)
            });
        let right = checked
            .await
            .inspect_err(|_busy| self.attempt_was_none(&mut attempt))?;
        match (right, tried.into_account()) {
            (true, Some(account)) => {
                let id = account.id;
                if !self.attempt_was_right(attempt, id).await? {
                    return Err(self.wrong_credentials(core));
                }
                if account.second_factor {
                    // Nothing here could ask for its code (A7).
                    let text = "That account has a second factor: sign in as it, with its code.";
                    return Err(Refusal::with_text(ErrorCode::SecondFactorNeeded, text));
                }
                self.now_of_id(id).await
            }
            _ => Err(attempt.refusal(self.wrong_credentials(core))),
        }
    }

    /// Who carries out a request of this kind: whoever the session runs the server for, where it is about
    /// running it.
    pub(crate) async fn acting(
        &self,
        core: &Core,
        kind: RequestKind,
        who: SignedInAs,
    ) -> Result<SignedInAs, Refusal> {
        let operates = *crate::lock::lock(&core.operates);
        match operates.filter(|_| runs_server(kind)) {
            None => Ok(who),
            Some(id) => {
                self.refuse_banned(&id)?;
                let person = self.people.by_id(&self.storage, id).await;
                let person = person.map_err(refusal)?.ok_or(ErrorCode::Forbidden)?;
                // A password was given for it: whatever the session itself came in by.
                let scope = None;
                Ok(SignedInAs {
                    person,
                    scope,
                    ..who
                })
            }
        }
    }

    /// What somebody may do on this session to run the server.
    fn role_on(&self, core: &Core, person: &Person) -> Role {
        let operates = core.operates().unwrap_or(Role::Guest);
        operates.max(
            self.people
                .known(&person.id)
                .map_or(person.role, |now| now.role),
        )
    }

    pub(crate) async fn hail(
        &self,
        core: &Core,
        who: &SignedInAs,
        request: Hail,
    ) -> Result<Response, Refusal> {
        let text = request.text.trim().to_owned();
        if text.is_empty() || !is_line(&text, MAX_HAIL_CHARS) {
            let text = "A word to everyone is one line of at most 400 characters.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let (actor, now) = (who.person.id, self.now());
        let allowed = self.storage.write(move |transaction| {
            governing(transaction, &actor, ServerDeed::Hail)?;
            transaction.audit(&NewAudit::new(now, Some(actor), AuditAction::Hailed))?;
            Ok::<_, NotDone>(())
        });
        allowed.await?;
        // Whoever sits there says it, in whose name ever they may.
        let said_by = core.signed_in().unwrap_or(who);
        let author = self.now_of(&said_by.person).author();
        let delivery = Arc::new(Delivery::new(Event::Hailed(Hailed { author, text })));
        for core in self.online.everyone() {
            let _full = core.outbox.push(&delivery);
        }
        Ok(Done {}.into())
    }
}

/// Is a request of this kind about running the server? Another name is not: guests take one themselves.
pub(crate) const fn runs_server(kind: RequestKind) -> bool {
    use RequestKind as K;
    matches!(
        kind,
        K::Hail
            | K::Announce
            | K::Withdraw
            | K::ServerKick
            | K::ServerBan
            | K::ServerUnban
            | K::ServerBans
            | K::Allow
            | K::Disallow
            | K::Allowed
            | K::Lockdown
            | K::Shield
            | K::Purge
            | K::SetServerRole
            | K::AddAccount
            | K::Server
            | K::Audit
            | K::Reports
            | K::DecideReport
            | K::Label
            | K::SetGroup
            | K::Watch
    )
}
