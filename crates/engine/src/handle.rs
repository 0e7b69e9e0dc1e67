//! Requests: which of them are carried out in the call, and which wait for the store.

mod along;
pub(crate) mod announcements;
pub(crate) mod audit;
pub(crate) mod circles;
pub(crate) mod credits;
pub(crate) mod door;
mod erase;
pub(crate) mod friends;
pub(crate) mod governing;
pub(crate) mod guests;
pub(crate) mod history;
mod joining;
pub(crate) mod knock;
mod masks;
pub(crate) mod mechanisms;
pub(crate) mod metadata;
pub(crate) mod order;
pub(crate) mod password;
pub(crate) mod people;
pub(crate) mod presence;
mod purge;
pub(crate) mod register;
pub(crate) mod reports;
pub(crate) mod retry;
pub(crate) mod rooms;
mod roster;
mod saying;
pub(crate) mod search;
mod second_factor;
pub(crate) mod server_bans;
pub(crate) mod sessions;
mod settings;
mod settling;
pub(crate) mod sign_in;
mod signal;
pub(crate) mod spelling;
mod talking;
pub(crate) mod wearing;

use std::sync::{Arc, atomic::Ordering};

use sha2::{Digest, Sha256};
use snug_proto::{
    Answering, Done, ErrorCode, Hello, Limits, Pending, Quit, Refusal, Request, RequestKind,
    Response, Role, Welcome, limits,
};
use snug_rules::{may_ask, may_use};

use crate::{
    config::Front,
    engine::Engine,
    lock::{lock, read},
    person::Person,
    room::{Key, Room},
    session::{Closing, Core, SignedInAs},
};

/// The version of the wire spoken here.
const WIRE: u32 = 1;
/// Of what a client calls its user, so much is shown.
const MAX_USER_CHARS: usize = 10;

impl Engine {
    #[expect(clippy::result_large_err, reason = "the request itself, handed back")]
    /// Carries a request out in the call if nothing must be waited for; gives it back otherwise.
    pub(crate) fn request_now(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Request,
    ) -> Result<Pending, Request> {
        if self.is_stopping() {
            return Ok(Pending::refused(ErrorCode::ShuttingDown));
        }
        match request {
            Request::Ping(_) if core.origin.front != Front::Irc => {
                Ok(Pending::ready(Ok(Done {}.into())))
            }
            Request::Hello(hello) => Ok(Pending::ready(self.hello(core, &hello))),
            Request::Send(send) => match self.room_of_send(core, &send) {
                Some(Ok((who, room))) => {
                    let (answering, pending) = Pending::new();
                    self.send(core, who, &room, send, None, answering);
                    Ok(pending)
                }
                Some(Err(refusal)) => Ok(Pending::refused(refusal)),
                None => Err(Request::Send(send)),
            },
            other => Err(other),
        }
    }

    /// Carries a request out after all that its session asked before.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Request,
        answering: Answering,
    ) {
        match request {
            Request::Send(send) => self.send_slowly(core, send, answering).await,
            Request::Join(join) => self.join(core, join, answering).await,
            Request::Leave(leave) => self.leave(core, leave, answering).await,
            Request::Edit(edit) => self.edit(core, edit, answering).await,
            Request::Delete(delete) => self.delete(core, delete, answering).await,
            Request::React(react) => self.react(core, react, answering).await,
            Request::Tag(tag) => self.tag(core, tag, answering).await,
            Request::Kick(_)
            | Request::Ban(_)
            | Request::Unban(_)
            | Request::Mute(_)
            | Request::Unmute(_)
            | Request::SetRole(_)
            | Request::InviteTo(_)
            | Request::SetMask(_)
            | Request::SetRoom(_) => self.order(core, request, answering).await,
            Request::DeleteAccount(delete) => self.delete_account(core, delete, answering).await,
            Request::Quit(quit) => self.quit(core, &quit, answering).await,
            Request::Ping(_) => {
                self.under_way.settled().await;
                answering.answer(Ok(Done {}.into()));
            }
            Request::ProveWork(request) => answering.answer(self.prove_work(core, request)),
            other => {
                let tries = tries_code(&other);
                let may = self.refuse_in_lockdown(core, other.kind());
                let may = may.and_then(|()| if tries { core.may_try() } else { Ok(()) });
                let answer = match may {
                    Ok(()) => self.answer(core, other).await,
                    Err(refusal) => Err(refusal),
                };
                if let Err(refusal) = &answer {
                    core.was_wrong(refusal);
                }
                answering.answer(answer);
            }
        }
    }

    /// The requests that are answered by asking the store once.
    #[expect(clippy::too_many_lines, reason = "a line or three a request")]
    async fn answer(
        self: &Arc<Self>,
        core: &Arc<Core>,
        request: Request,
    ) -> Result<Response, Refusal> {
        match request {
            Request::Hello(hello) => self.hello(core, &hello),
            Request::Register(request) => self.register(core, request).await,
            Request::RegisterStart(request) => self.register_start(core, request).await,
            Request::RegisterFinish(request) => self.register_finish(core, request).await,
            Request::SignIn(request) => self.sign_in(core, request).await,
            Request::SignInStart(request) => self.sign_in_start(core, request).await,
            Request::SignInFinish(request) => self.sign_in_finish(core, request).await,
            Request::SignInCertificate(request) => self.sign_in_certificate(core, request).await,
            Request::SignInScram(request) => self.sign_in_scram(core, request).await,
            Request::SignInScramFinish(_) => self.sign_in_scram_finish(core).await,
            Request::SecondFactor(request) => self.second_factor(core, request).await,
            Request::Resume(request) => self.resume(core, request).await,
            Request::ComeAsGuest(request) => self.come_as_guest(core, request).await,
            Request::Reset(request) => self.reset(core, request).await,
            Request::ResetStart(request) => self.reset_start(core, request).await,
            Request::ResetFinish(request) => self.reset_finish(core, request).await,
            Request::Ping(_) => Ok(Done {}.into()),
            Request::Away(request) if core.signed_in().is_none() => self.away(core, request).await,
            request => {
                let who = allowed(core, &request)?;
                let now = self.as_of_now(who);
                let now = self.acting(core, request.kind(), now).await?;
                let who = &now;
                match request {
                    Request::Follow(request) => self.follow(core, request).await,
                    Request::Read(request) => self.read(who, request).await,
                    Request::Mark(request) => self.mark(core, who, request).await,
                    Request::ReadUntil(request) => self.read_until(core, who, request).await,
                    Request::Search(request) => self.search(who, request).await,
                    Request::Typing(request) => self.typing(who, request).await,
                    Request::Signal(request) => self.signal(core, who, request).await,
                    Request::CreateRoom(request) => self.create_room(who, request).await,
                    Request::Rooms(request) => self.rooms(who, request).await,
                    Request::Who(request) => self.who(who, request).await,
                    Request::Bans(request) => self.bans(who, request).await,
                    Request::Masks(request) => self.masks(who, request).await,
                    Request::AboutRoom(request) => self.about_room(who, request).await,
                    Request::Befriend(request) => self.befriend(who, request).await,
                    Request::Unfriend(request) => self.unfriend(who, request).await,
                    Request::Friends(request) => self.friends(who, request).await,
                    Request::Block(request) => self.block(who, request).await,
                    Request::Unblock(request) => self.unblock(who, request).await,
                    Request::Blocks(request) => self.blocks(who, request).await,
                    Request::Me(request) => self.me(core, who, request).await,
                    Request::Wear(request) => self.wear(core, who, request).await,
                    Request::Credits(_) => self.credits(who).await,
                    Request::Grant(request) => self.grant_credits(who, request).await,
                    Request::Transfer(request) => self.transfer(who, request).await,
                    Request::BuyVip(request) => self.buy_vip(who, request).await,
                    Request::Ledger(request) => self.ledger(who, request).await,
                    Request::Invite(request) => self.invite(who, &request).await,
                    Request::NewToken(request) => self.new_token(core, who, request).await,
                    Request::AddCertificate(request) => {
                        self.add_certificate(core, who, request).await
                    }
                    Request::SetScram(request) => self.set_scram(core, who, request).await,
                    Request::OfferSecondFactor(request) => {
                        self.offer_second_factor(core, who, request).await
                    }
                    Request::SetSecondFactor(request) => {
                        self.set_second_factor(core, who, request).await
                    }
                    Request::ProveCode(request) => self.prove_code(core, who, request).await,
                    Request::DropSecondFactor(request) => {
                        self.drop_second_factor(core, who, request).await
                    }
                    Request::Tokens(_) => self.tokens(who).await,
                    Request::RevokeToken(request) => self.revoke_token(who, &request).await,
                    Request::Sessions(_) => self.sessions(core, who).await,
                    Request::RevokeSession(request) => {
                        self.revoke_session(core, who, &request).await
                    }
                    Request::ChangePassword(request) => {
                        self.change_password(core, who, request).await
                    }
                    Request::ChangePasswordStart(request) => {
                        self.change_password_start(core, who, request).await
                    }
                    Request::ChangePasswordFinish(request) => {
                        self.change_password_finish(core, who, request).await
                    }
                    Request::DeviceCode(request) => self.device_code(who, &request).await,
                    Request::ProveStart(request) => self.prove_start(core, who, request).await,
                    Request::AddAccount(request) => self.account_added(who, request).await,
                    Request::ResetCode(request) => self.reset_code(who, &request).await,
                    Request::Server(request) => self.server(who, request).await,
                    Request::Audit(request) => self.audit(who, request).await,
                    Request::SetServerRole(request) => self.set_server_role(who, request).await,
                    Request::HandOver(request) => self.hand_over(who, request).await,
                    Request::AcceptServer(_) => self.accept_server(who).await,
                    Request::ServerKick(request) => self.server_kick(who, request).await,
                    Request::ServerBan(request) => self.server_ban(core, who, request).await,
                    Request::ServerUnban(request) => self.server_unban(who, request).await,
                    Request::ServerBans(request) => self.server_bans(who, request).await,
                    Request::Knock(request) => self.knock(who, request).await,
                    Request::RenameAccount(request) => self.rename_account(who, request).await,
                    Request::Announce(request) => self.announce(who, request).await,
                    Request::Withdraw(request) => self.withdraw(who, request).await,
                    Request::Announcements(request) => self.announcements(who, request).await,
                    Request::Report(request) => self.report(who, request).await,
                    Request::Reports(request) => self.reports(who, request).await,
                    Request::DecideReport(request) => self.decide_report(who, request).await,
                    Request::Watch(request) => self.watch(core, who, &request).await,
                    Request::Label(request) => self.label(who, request).await,
                    Request::SetGroup(request) => self.set_group(who, request).await,
                    Request::Groups(request) => self.groups(request).await,
                    // The rest is named there, in `handle` or above.
                    other => self.answer_at_door(core, who, other).await,
                }
            }
        }
    }

    /// The same with what the account is now: its role may have changed since it signed in.
    fn as_of_now(&self, who: &SignedInAs) -> SignedInAs {
        let mut now = who.clone();
        now.person = self.now_of(&who.person);
        now
    }

    /// Somebody as the directory knows them now.
    pub(crate) fn now_of(&self, person: &Arc<Person>) -> Arc<Person> {
        let known = self.people.known(&person.id);
        known.unwrap_or_else(|| Arc::clone(person))
    }

    fn hello(&self, core: &Core, hello: &Hello) -> Result<Response, Refusal> {
        if hello.wire != WIRE {
            return Err(ErrorCode::UnsupportedWire.into());
        }
        // What others were told at the sign-in holds to its end.
        if core.signed_in().is_none() {
            core.quiet.store(hello.quiet, Ordering::Relaxed);
        }
        let printable = hello.client.chars().filter(|c| !c.is_control());
        if let Some(user) = &hello.user {
            let fit = user
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || "-_.~".contains(*c));
            let _first = core.user.set(fit.take(MAX_USER_CHARS).collect());
        }
        let _first = core
            .client
            .set(printable.take(limits::MAX_LABEL_CHARS).collect());
        Ok(Welcome {
            wire: WIRE,
            server: self.config.server.clone(),
            features: vec!["opaque".into(), "resume".into()],
            limits: Limits {
                line_bytes: limits::MAX_LINE_BYTES,
                body_bytes: limits::MAX_BODY_BYTES,
                pending: limits::MAX_PENDING_REQUESTS,
                read_events: limits::MAX_READ_EVENTS,
            },
            registration: read(&self.settings).rules.registration,
            guests: read(&self.settings).rules.guests,
            closed: self.is_closed_to(core),
            work: self.work_for(core),
        }
        .into())
    }

    /// Leaves at once; with `forget`, for good.
    async fn quit(self: &Arc<Self>, core: &Arc<Core>, quit: &Quit, answering: Answering) {
        let session = core.signed_in().and_then(|who| who.session);
        if let (true, Some(session)) = (quit.forget, session) {
            let ended = self
                .storage
                .write(move |transaction| transaction.end_session(&session));
            if let Err(error) = ended.await {
                answering.answer(Err(crate::person::refusal(error)));
                return;
            }
        }
        let reason = quit.reason.as_deref();
        let reason = reason.filter(|reason| is_line(reason, limits::MAX_REASON_CHARS));
        if let Err(refusal) = self.erase_quitter(core, reason).await {
            answering.answer(Err(refusal));
            return;
        }
        if let Some(reason) = reason {
            let _first_stays = core.farewell.set(Arc::from(reason));
        }
        // Whoever is answered is gone: nobody finds them here, or counts them, after their connection closed.
        core.close(Closing::Quit);
        answering.answer(Ok(Done {}.into()));
    }
}

/// Does it bring a code that lets somebody in, or that proves who they are? Passwords are counted where they
/// are tried ([`crate::guess`]).
const fn tries_code(request: &Request) -> bool {
    match request {
        Request::Register(request) => request.code.is_some(),
        Request::RegisterStart(request) => request.code.is_some(),
        Request::ComeAsGuest(request) => request.code.is_some(),
        Request::DropSecondFactor(request) => request.code.is_some(),
        Request::SecondFactor(_)
        | Request::ProveCode(_)
        | Request::Reset(_)
        | Request::ResetStart(_) => true,
        _ => false,
    }
}

/// Who asks, if they are signed in and came in a way that lets them ask this.
fn allowed<'a>(core: &'a Core, request: &Request) -> Result<&'a SignedInAs, Refusal> {
    allowed_kind(core, request.kind())
}

fn allowed_kind(core: &Core, kind: RequestKind) -> Result<&SignedInAs, Refusal> {
    let who = core.signed_in().ok_or(ErrorCode::NotSignedIn)?;
    if core.is_revoked() {
        // What it still had in its lane is not carried out.
        return Err(ErrorCode::BadSession.into());
    }
    // A guest may have an account by now; nobody else's being one changes.
    let role = match who.person.role {
        Role::Guest => core.engine.now_of(&who.person).role,
        role => role,
    };
    if role == Role::Guest && core.is_closed() {
        // Nothing is left of a guest who went, and nothing new is to be.
        return Err(ErrorCode::BadSession.into());
    }
    core.engine.refuse_banned(&who.person.id)?;
    // A password was given for what is done in the operator's name: the token's scope is not asked.
    let operates = lock(&core.operates).is_some() && presence::runs_server(kind);
    if !operates {
        may_ask(role, kind)?;
    }
    may_use(who.scope.filter(|_| !operates), kind)?;
    Ok(who)
}

/// A retry key with the digest of what it came with (DECISIONS 35).
pub(crate) fn key_of(
    key: Option<String>,
    what: &str,
    room: &Room,
    parts: &[&[u8]],
) -> Result<Option<Key>, Refusal> {
    let Some(key) = key else { return Ok(None) };
    Ok(Some((fit_key(key)?, digest(what, room.id.bytes(), parts))))
}

/// Is it at most so many characters, on one line?
pub(crate) fn is_line(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// The key, if it is fit to be kept.
pub(crate) fn fit_key(key: String) -> Result<String, Refusal> {
    if key.is_empty() || key.len() > limits::MAX_KEY_BYTES || key.chars().any(char::is_control) {
        let text = "A key has 1 to 64 bytes and no control characters.";
        return Err(Refusal::with_text(ErrorCode::BadRequest, text));
    }
    Ok(key)
}

/// What tells one request from another under the same key.
pub(crate) fn digest(what: &str, room: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in [what.as_bytes(), room]
        .into_iter()
        .chain(parts.iter().copied())
    {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
