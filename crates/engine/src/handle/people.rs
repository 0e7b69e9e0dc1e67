//! Requests about people and what lets them in: who is here, invites, app tokens.

use std::{sync::Arc, time::Instant};

use rand::rngs::OsRng;
use snug_auth::{code_hash, new_invite_code, token_hash};
use snug_proto::{
    AccountId, AuditAction, Done, ErrorCode, Invite, Invited, MaskKind,
    NewToken as NewTokenRequest, People, PersonEntry, Refusal, Response, RevokeToken, Role,
    RoomRole, Scope, Timestamp, TokenEntry, TokenId, TokenList, TokenMade, Who, folded_name,
    limits::{MAX_INVITES, MAX_LABEL_CHARS, MAX_LIST_BYTES, MAX_PRESENCE_MEMBERS},
};
use snug_rules::{Deed, RoomKind, RoomView, Stay, fits, is_vip, may_invite, may_read, permit};
use snug_store::{InviteRow, NewAudit, NewToken, StoreError};

use crate::{
    around::Standing,
    engine::Engine,
    handle::masks::bearer,
    lock::read,
    person::{Person, refusal},
    roll::{List, Roll},
    room::Room,
    session::{Core, SignedInAs},
};

/// What a person's entry weighs at most.
const ENTRY_BYTES: usize = 768;
/// An invite is good for this long if nothing is said: a week.
const INVITE_S: u64 = 7 * 24 * 3600;
/// An invite is good for this long at most: 30 days.
const MAX_INVITE_S: u64 = 30 * 24 * 3600;
/// App tokens that an account may have.
const MAX_TOKENS: usize = 50;

impl Engine {
    pub(crate) async fn who(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Who,
    ) -> Result<Response, Refusal> {
        const PAGE: usize = MAX_LIST_BYTES / ENTRY_BYTES;
        let after = request.after.as_deref();
        let room = match &request.room {
            None => None,
            Some(room) => Some(self.find_room(&who.person, room).await?),
        };
        let (mut page, online) = match &room {
            None if !request.people.is_empty() => self.those_here(&request.people).await?,
            None => self.online.page(after, PAGE + 1),
            Some(room) => {
                self.page_of_room(&who.person, room, after, PAGE + 1)
                    .await?
            }
        };
        let more = page.len() > PAGE;
        page.truncate(PAGE);
        if room.is_none() && request.people.is_empty() && who.person.role <= Role::Member {
            self.leave_out_unlisted(&who.person.id, &mut page);
        }
        let now = self.now();
        let here = self.online.here_of(&page);
        let standings = self.online.standing_of(&page);
        let mut labels = self.labels_of(page.clone()).await?;
        let people = self.people_by_name(page).await?;
        let state = room.as_ref().map(|room| room.state());
        let view = state.as_ref().and_then(|state| state.view.as_ref());
        let entry = |person: Arc<Person>| PersonEntry {
            founder: view.is_some_and(|view| is_founder(view, &person.id)),
            admin: view.is_some_and(|view| is_admin(view, &person.id)),
            voiced: view.is_some_and(|view| has_voice(view, &person, now)),
            muted: view.is_some_and(|view| view.mute_of(&person.id, now).is_some()),
            labels: labels.remove(&person.id).unwrap_or_default(),
            ..self.entry_of_person(
                &person,
                here.contains(&person.id),
                standings.get(&person.id).cloned().unwrap_or_default(),
            )
        };
        Ok(People {
            people: people.into_iter().map(entry).collect(),
            online: online as u64,
            more,
        }
        .into())
    }

    /// Those of these names who are here, and how many that are.
    async fn those_here(&self, names: &[String]) -> Result<(Vec<AccountId>, usize), Refusal> {
        let found = self.people.find_all(&self.storage, names).await?;
        let mut here: Vec<AccountId> = found.iter().map(|person| person.id).collect();
        let online = self.online.here_of(&here);
        here.retain(|id| online.contains(id));
        here.sort_unstable();
        here.dedup();
        let count = here.len();
        Ok((here, count))
    }

    /// A person as a list of everybody shows them.
    pub(crate) fn entry_of_person(
        &self,
        person: &Person,
        online: bool,
        standing: Standing,
    ) -> PersonEntry {
        let Standing {
            away,
            user,
            operates,
        } = standing;
        PersonEntry {
            name: person.name.clone(),
            account: person.id,
            display: person.display.clone(),
            worn: person.wears().map(str::to_owned),
            online,
            away: away.filter(|_| online),
            bot: person.bot,
            user,
            role: operates.map_or(person.role, |role| role.max(person.role)),
            vip: is_vip(person.vip_until, self.now()),
            founder: false,
            admin: false,
            voiced: false,
            muted: false,
            labels: Vec::new(),
        }
    }

    /// The people of these ids, by name.
    pub(crate) async fn people_by_name(
        &self,
        ids: Vec<AccountId>,
    ) -> Result<Vec<Arc<Person>>, Refusal> {
        let mut people = self.people_of(ids).await?;
        people.sort_by_cached_key(|person| folded_name(&person.name).into_owned());
        Ok(people)
    }

    /// Those who are listed in a room, by name, and how many of them are here.
    async fn page_of_room(
        &self,
        who: &Person,
        room: &Room,
        after: Option<&str>,
        most: usize,
    ) -> Result<(Vec<AccountId>, usize), Refusal> {
        match self.listed_in(who, room)? {
            // Everyone is in the lobby: those who are here are listed.
            Listed::WhoIsHere => Ok(self.online.page(after, most)),
            Listed::These(accounts) => {
                let online = self.online.here_of(&accounts).len();
                let people = self.people_of(accounts).await?;
                Ok((Roll::of(&people).page(after, most), online))
            }
            Listed::Members { online } => {
                let page = self.page_of(room, List::Members, after, most).await?;
                Ok((page, online))
            }
        }
    }

    fn listed_in(&self, who: &Person, room: &Room) -> Result<Listed, Refusal> {
        let mut state = room.state();
        let actor = state.actor_in(self, room.id, who)?;
        let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
        permit(view, &actor, Deed::Read, self.now())?;
        may_read(view, &who.id)?;
        Ok(match view.kind {
            RoomKind::Lobby => Listed::WhoIsHere,
            RoomKind::Direct(one, other) if one == other => Listed::These(vec![one]),
            RoomKind::Direct(one, other) => Listed::These(vec![one, other]),
            RoomKind::Ordinary if view.members.len() <= MAX_PRESENCE_MEMBERS => {
                Listed::These(view.members.keys().copied().collect())
            }
            RoomKind::Ordinary => Listed::Members {
                online: state.about_so_many_here(Instant::now()),
            },
        })
    }

    pub(crate) async fn invite(
        &self,
        who: &SignedInAs,
        request: &Invite,
    ) -> Result<Response, Refusal> {
        may_invite(&read(&self.settings).rules, &who.person.actor())?;
        let seconds = request
            .expires_in_s
            .unwrap_or(INVITE_S)
            .clamp(1, MAX_INVITE_S);
        let invited = self.make_invite(Some(who.person.id), seconds).await?;
        Ok(invited.into())
    }

    /// Makes an invite; `by` is none for the operator's command.
    pub(crate) async fn make_invite(
        &self,
        by: Option<snug_proto::AccountId>,
        seconds: u64,
    ) -> Result<Invited, Refusal> {
        let code = new_invite_code(&mut OsRng);
        let created_at = self.now();
        let expires_at = created_at.plus_ms(seconds.saturating_mul(1000));
        let code_hash = code_hash(self.keys(), code.expose());
        let invite = InviteRow {
            code_hash,
            by,
            created_at,
            expires_at,
        };
        let made = self.storage.write(move |transaction| {
            if let Some(by) = &invite.by {
                let good = transaction.good_invites_of(by, created_at)?;
                if good >= MAX_INVITES {
                    return Ok(false);
                }
                transaction.create_invite(&invite)?;
            } else {
                transaction.create_invite(&invite)?;
                // A member's invite is no privilege; what the operator makes has nobody's name on it.
                let audit = NewAudit::new(created_at, None, AuditAction::InviteMade);
                transaction.audit(&audit.until(Some(expires_at)))?;
            }
            Ok::<_, StoreError>(true)
        });
        if made.await.map_err(refusal)? {
            Ok(Invited { code, expires_at })
        } else {
            let text = "You have too many invites that nobody used yet. They expire by themselves.";
            Err(Refusal::with_text(ErrorCode::TooMany, text))
        }
    }

    pub(crate) async fn new_token(
        &self,
        core: &Core,
        who: &SignedInAs,
        request: NewTokenRequest,
    ) -> Result<Response, Refusal> {
        self.needs_code(core, who).await?;
        let NewTokenRequest { label, scope } = request;
        let token = snug_auth::new_token(&mut OsRng);
        let hash = token_hash(token.expose());
        let made = self.keep_token(who, &label, scope.unwrap_or(Scope::Irc), hash);
        let NewToken {
            id: token_id,
            label,
            scope,
            ..
        } = made.await?;
        Ok(TokenMade {
            token_id,
            label,
            scope,
            token,
        }
        .into())
    }

    /// Keeps an app token, or what is found as one.
    pub(crate) async fn keep_token(
        &self,
        who: &SignedInAs,
        label: &str,
        scope: Scope,
        hash: [u8; 32],
    ) -> Result<NewToken, Refusal> {
        let label = label.trim().to_owned();
        if label.is_empty()
            || label.chars().count() > MAX_LABEL_CHARS
            || label.chars().any(char::is_control)
        {
            let text = "A token's label has 1 to 64 characters and no control characters.";
            return Err(Refusal::with_text(ErrorCode::BadRequest, text));
        }
        let account = who.person.id;
        let had = self
            .storage
            .read(move |reader| reader.tokens_of(&account))
            .await;
        if had.map_err(refusal)?.len() >= MAX_TOKENS {
            return Err(ErrorCode::TooMany.into());
        }
        let new = NewToken {
            id: TokenId::from_bytes(Self::random_id()),
            account,
            hash,
            label,
            scope,
            created_at: self.now(),
        };
        let made = new.clone();
        match self
            .storage
            .write(move |transaction| transaction.create_token(&made))
            .await
        {
            Ok(()) => Ok(new),
            Err(StoreError::Taken) => {
                let text =
                    "You have a token of that label already. Choose another label, or revoke it.";
                Err(Refusal::with_text(ErrorCode::NameTaken, text))
            }
            Err(error) => Err(refusal(error)),
        }
    }

    pub(crate) async fn tokens(&self, who: &SignedInAs) -> Result<Response, Refusal> {
        let account = who.person.id;
        let rows = self
            .storage
            .read(move |reader| reader.tokens_of(&account))
            .await;
        let tokens = rows.map_err(refusal)?.into_iter().map(|row| TokenEntry {
            token_id: row.id,
            label: row.label,
            scope: row.scope,
            created_at: row.created_at,
            used_at: row.used_at,
        });
        Ok(TokenList {
            tokens: tokens.collect(),
        }
        .into())
    }

    pub(crate) async fn revoke_token(
        &self,
        who: &SignedInAs,
        request: &RevokeToken,
    ) -> Result<Response, Refusal> {
        let account = who.person.id;
        let rows = self
            .storage
            .read(move |reader| reader.tokens_of(&account))
            .await;
        let named = |row: &snug_store::TokenRow| {
            row.label == request.token || row.id.to_string() == request.token
        };
        let row = rows
            .map_err(refusal)?
            .into_iter()
            .find(named)
            .ok_or(ErrorCode::UnknownToken)?;
        let id = row.id;
        let revoked = self
            .storage
            .write(move |transaction| transaction.revoke_token(&account, &id))
            .await;
        if !revoked.map_err(refusal)? {
            return Err(ErrorCode::UnknownToken.into());
        }
        for core in self.online.sessions_of(&account) {
            if core.signed_in().is_some_and(|of| of.token == Some(id)) {
                core.revoke("The app token of this session was revoked. Sign in another way.");
            }
        }
        Ok(Done {}.into())
    }
}

/// Who is listed in a room.
enum Listed {
    /// Everyone who is here.
    WhoIsHere,
    /// These, so few that each is looked at.
    These(Vec<AccountId>),
    /// The members of a large room, so many of whom are here.
    Members { online: usize },
}

/// Is this member the founder, of a room that has more of one than its people (A9)?
fn is_founder(view: &RoomView, who: &AccountId) -> bool {
    view.founder == Some(*who) && view.stay == Stay::Lasts
}

/// Is this member an admin? The founder may be shown as one too.
fn is_admin(view: &RoomView, who: &AccountId) -> bool {
    let member = view.members.get(who);
    let founds = view.founder == Some(*who) && view.stay == Stay::Passes;
    member.is_some_and(|member| founds || member.role == RoomRole::Admin)
}

/// What the operator's commands may do, beside a running server or without one.
impl Engine {
    /// Is there an owner?
    pub async fn has_owner(&self) -> Result<bool, StoreError> {
        self.storage.read(|reader| reader.has_owner()).await
    }

    /// A fresh one-time code by which the first to use it becomes the owner, and until when it is good;
    /// `None` once there is an owner. The one before is void.
    pub async fn new_owner_code(
        &self,
        good_for_s: u64,
    ) -> Result<Option<(snug_proto::Secret, Timestamp)>, Refusal> {
        if self.has_owner().await.map_err(refusal)? {
            return Ok(None);
        }
        let code = snug_auth::new_word_code(&mut OsRng);
        let until = self.now().plus_ms(good_for_s.saturating_mul(1000));
        let hash = code_hash(self.keys(), code.expose());
        let audit = NewAudit::new(self.now(), None, AuditAction::OwnerCodeMade).until(Some(until));
        self.change_settings(
            |settings| settings.owner_code = Some((hash, until)),
            Some(audit),
        )
        .await?;
        self.wrong_owner_codes
            .store(0, std::sync::atomic::Ordering::Relaxed);
        Ok(Some((code, until)))
    }

    /// An invite by the operator, good for a week.
    pub async fn operator_invite(&self) -> Result<Invited, Refusal> {
        self.make_invite(None, INVITE_S).await
    }

    /// Makes an account for the owner, who may whatever the policy is.
    pub(crate) async fn account_added(
        &self,
        who: &SignedInAs,
        request: snug_proto::AddAccount,
    ) -> Result<Response, Refusal> {
        snug_rules::may_add_account(&who.person.actor())?;
        let snug_proto::AddAccount { name, password } = request;
        let by = Some(who.person.id);
        self.add_account_by(by, &name, password, snug_proto::Role::Member)
            .await?;
        Ok(snug_proto::Done {}.into())
    }

    /// Makes an account by the operator's command.
    pub async fn add_account(
        &self,
        name: &str,
        password: snug_proto::Secret,
        role: snug_proto::Role,
    ) -> Result<(), Refusal> {
        self.add_account_by(None, name, password, role).await
    }

    async fn add_account_by(
        &self,
        by: Option<AccountId>,
        name: &str,
        password: snug_proto::Secret,
        role: snug_proto::Role,
    ) -> Result<(), Refusal> {
        let name = snug_proto::AccountName::parse(name).map_err(|_| ErrorCode::BadName)?;
        if role == snug_proto::Role::Owner && self.has_owner().await.map_err(refusal)? {
            return Err(Refusal::with_text(
                ErrorCode::Forbidden,
                "This server has an owner already.",
            ));
        }
        let id = snug_proto::AccountId::from_bytes(Self::random_id());
        let record = self
            .record_for(None, (id, name.shown()), password.clone())
            .await?;
        let proved = record.as_bytes().to_vec();
        let audit = NewAudit::new(self.now(), by, AuditAction::AccountAdded)
            .about(id)
            .details(format!("role {}", role.wire()));
        self.make_account(id, &name, record, role, None, Some(audit))
            .await?;
        if role == snug_proto::Role::Owner {
            self.change_settings(|settings| settings.owner_code = None, None)
                .await?;
        }
        if self.config.scram_for_new_accounts {
            self.give_scram(None, id, proved, password).await?;
        }
        Ok(())
    }
}

/// Does a mask give somebody a voice?
pub(super) fn has_voice(view: &RoomView, person: &Person, now: Timestamp) -> bool {
    view.masks.iter().any(|((kind, mask), sanction)| {
        *kind == MaskKind::Voice
            && sanction.binds(now)
            && fits(
                mask,
                snug_rules::Bearer {
                    worn: None,
                    ..bearer(person)
                },
            )
    })
}
