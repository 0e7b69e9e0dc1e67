//! One's sessions: listing and ending them, and when each was last seen (A5).

use std::sync::Arc;

use snug_proto::{
    AccountId, Done, ErrorCode, Refusal, Response, RevokeSession, SessionEntry, SessionId,
    SessionList, limits::SESSION_LIFETIME_MS,
};

use crate::{
    config::Front,
    engine::Engine,
    lock::lock,
    person::refusal,
    session::{Core, SignedInAs},
};

/// Entries in one answer: those of the most sessions that there can be, and of connections without one.
const MAX_LISTED: usize = 128;
/// What a session is told that was ended by another of its account.
const REVOKED: &str = "This session was ended from another of yours. Sign in again.";

impl Engine {
    pub(crate) async fn sessions(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
    ) -> Result<Response, Refusal> {
        let account = who.person.id;
        let found = self
            .storage
            .read(move |reader| Ok((reader.sessions_of(&account)?, reader.tokens_of(&account)?)));
        let (rows, tokens) = found.await.map_err(refusal)?;
        let now = self.now();
        let here = self.online.sessions_of(&account);
        let alive = rows
            .into_iter()
            .filter(|row| now <= row.seen_at.plus_ms(SESSION_LIFETIME_MS));
        let mut sessions: Vec<_> = alive
            .map(|row| {
                let of = |core: &&Arc<Core>| session_of(core) == Some(row.id);
                let online = here.iter().find(of);
                SessionEntry {
                    session_id: row.id,
                    client: row.client,
                    address: online.map_or(row.address, |core| self.address_of(core)),
                    created_at: row.created_at,
                    seen_at: if online.is_some() { now } else { row.seen_at },
                    online: online.is_some(),
                    this: who.session == Some(row.id),
                    token: None,
                    scope: None,
                }
            })
            .collect();
        for other in &here {
            let Some(of) = other.signed_in().filter(|of| of.session.is_none()) else {
                continue;
            };
            let label = |id| tokens.iter().find(|token| token.id == id);
            sessions.push(SessionEntry {
                session_id: of.listed,
                client: client_of(other),
                address: self.address_of(other),
                created_at: of.since,
                seen_at: now,
                online: true,
                this: Arc::ptr_eq(other, core),
                token: of.token.and_then(label).map(|token| token.label.clone()),
                scope: of.scope,
            });
        }
        let more = sessions.len() > MAX_LISTED;
        sessions.truncate(MAX_LISTED);
        Ok(SessionList { sessions, more }.into())
    }

    pub(crate) async fn revoke_session(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: &RevokeSession,
    ) -> Result<Response, Refusal> {
        let account = who.person.id;
        if request.session == "others" {
            let kept = who.session;
            let ended = self
                .storage
                .write(move |transaction| transaction.end_sessions_of(&account, kept.as_ref()));
            ended.await.map_err(refusal)?;
            self.end_others(core, &account, REVOKED);
            return Ok(Done {}.into());
        }
        let unknown = |_| ErrorCode::UnknownSession;
        let session: SessionId = request.session.parse().map_err(unknown)?;
        let ended = self
            .storage
            .write(move |transaction| transaction.end_session_of(&account, &session));
        let recorded = ended.await.map_err(refusal)?;
        let closed = self.end_online(&account, &[session], REVOKED);
        if recorded || closed {
            Ok(Done {}.into())
        } else {
            Err(ErrorCode::UnknownSession.into())
        }
    }

    /// The sessions of an account that are connected.
    pub(crate) fn sessions_online(&self, account: &AccountId) -> Vec<SessionId> {
        let here = self.online.sessions_of(account);
        here.iter().filter_map(|core| session_of(core)).collect()
    }

    /// Ends the connections of these sessions, which are void by now; whether there was any.
    pub(crate) fn end_online(&self, account: &AccountId, ended: &[SessionId], why: &str) -> bool {
        if ended.is_empty() {
            return false;
        }
        let mut any = false;
        for core in self.online.sessions_of(account) {
            if core
                .signed_in()
                .is_some_and(|of| ended.contains(&of.listed))
            {
                core.revoke(why);
                any = true;
            }
        }
        any
    }

    /// Ends the connections of an account that came in by its password or a session, but this one. Those
    /// of app tokens stay: a token is ended by itself.
    pub(crate) fn end_others(&self, but: &Arc<Core>, account: &AccountId, why: &str) {
        self.end_operating(account);
        for core in self.online.sessions_of(account) {
            let by_token = core.signed_in().is_some_and(|of| of.token.is_some());
            if !by_token && !Arc::ptr_eq(&core, but) {
                core.revoke(why);
            }
        }
    }

    /// Sessions of others that run the server in this account's name do so no more: what gave them that
    /// is its password, or its being here.
    pub(crate) fn end_operating(&self, account: &AccountId) {
        for core in self.online.everyone() {
            let taken = lock(&core.operates).take_if(|operator| operator == account);
            if taken.is_some() {
                core.notify("You no longer run this server in the name of another account.");
            }
        }
    }

    /// A connection ends: its session was in use until now.
    pub(crate) fn note_last_seen(self: &Arc<Self>, core: &Core, who: &SignedInAs) {
        let Some(session) = who.session else { return };
        // At the end of the server all were noted at once.
        if core.is_revoked() || self.is_stopping() {
            return;
        }
        let (engine, now) = (Arc::clone(self), self.now());
        self.spawn(async move {
            let noted = engine
                .storage
                .write(move |transaction| transaction.touch_sessions(&[session], now));
            if let Err(error) = noted.await {
                tracing::warn!(%error, "when a session was last seen could not be noted");
            }
        });
    }

    /// Notes that all sessions that are connected are in use.
    pub(crate) async fn touch_everyone(&self) {
        let here = self.online.everyone();
        let sessions: Vec<_> = here.iter().filter_map(|core| session_of(core)).collect();
        if sessions.is_empty() {
            return;
        }
        let now = self.now();
        let noted = self
            .storage
            .write(move |transaction| transaction.touch_sessions(&sessions, now));
        if let Err(error) = noted.await {
            tracing::warn!(%error, "when sessions were last seen could not be noted");
        }
    }
}

fn session_of(core: &Core) -> Option<SessionId> {
    core.signed_in().and_then(|who| who.session)
}

/// What a client called itself; one of IRC says nothing of the kind.
fn client_of(core: &Core) -> String {
    let named = core.client.get().cloned();
    named.unwrap_or_else(|| match core.origin.front {
        Front::Native => String::new(),
        Front::Irc => "irc".to_owned(),
    })
}
