//! Making rooms (R2).

use std::sync::Arc;

use snug_proto::{
    AccountId, CreateRoom, Entered, ErrorCode, HistoryPolicy, LogId, Refusal, Response, Role,
    RoomId, RoomName, Secret, limits::MAX_PASSWORD_BYTES,
};
use snug_rules::{
    Access, Content, Entry, Retention, RoomKind, is_vip, may_create, may_enter, may_found,
};
use snug_store::{Append, AppendRefused, Appended, Expect, NewRoom, StoreError};

use crate::{
    engine::Engine,
    handle::{digest, fit_key},
    person::{Person, refusal},
    session::SignedInAs,
};

/// The room counter of a new room, before its founder's joining.
const FIRST_RULES: u64 = 0;

/// Why a room was not made.
enum NotMade {
    /// The same request made this one before.
    Before(RoomId),
    /// The key came with another request before.
    KeyReused,
    /// The founder has as many rooms as they may have.
    TooMany,
    /// The founder's account changed meanwhile.
    AccountChanged,
    /// The store says no.
    Failed(StoreError),
}

impl From<StoreError> for NotMade {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl Engine {
    pub(crate) async fn create_room(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: CreateRoom,
    ) -> Result<Response, Refusal> {
        may_create(&who.person.actor())?;
        let CreateRoom {
            room,
            password,
            access,
            hidden,
            history,
            retention,
            key,
        } = request;
        let name = RoomName::parse(&room).map_err(|_| ErrorCode::BadName)?;
        let name_passes = name.is_passing();
        let passing = who.person.role == Role::Guest || name_passes;
        if passing && retention.is_some_and(|wanted| wanted != Retention::Ram) {
            let text = "A guest's room, and one whose name begins with &, keeps nothing and goes with its \
                        last member.";
            return Err(Refusal::with_text(ErrorCode::Forbidden, text));
        }
        if let Some(password) = &password {
            fit_password(password)?;
        }
        let access = match (access, &password) {
            (None, None) => Access::Open,
            (None | Some(Access::Password), Some(_)) => Access::Password,
            (Some(access @ (Access::Open | Access::Invitation)), None) => access,
            (Some(_), _) => {
                let text = "A password goes with the access \"password\".";
                return Err(Refusal::with_text(ErrorCode::BadRequest, text));
            }
        };
        let id = RoomId::from_bytes(Self::random_id());
        let tag = |password: &snug_proto::Secret| {
            snug_auth::password_tag(self.keys(), id.bytes(), password.expose())
        };
        let new = NewRoom {
            id,
            log: LogId::from_bytes(Self::random_id()),
            kind: RoomKind::Ordinary,
            name: Some(name.clone()),
            access,
            password_tag: password.as_ref().map(tag),
            history: history.unwrap_or(HistoryPolicy::All),
            retention: if passing {
                Retention::Ram
            } else {
                retention.unwrap_or(self.retention())
            },
            founder: Some(who.person.id),
            listed: !hidden,
            created_at: self.now(),
        };
        let key = match key {
            None => None,
            Some(key) => {
                // Under the server's key: what is kept with the retry key tells nothing of the password.
                let name = name.as_str().as_bytes();
                let word = password
                    .as_ref()
                    .map(|password| snug_auth::password_tag(self.keys(), name, password.expose()));
                let how = format!("{access:?} {hidden} {history:?} {retention:?}");
                let word = word.as_ref().map_or([].as_slice(), <[u8; 32]>::as_slice);
                Some((
                    fit_key(key)?,
                    digest("create_room", name, &[word, how.as_bytes()]),
                ))
            }
        };
        self.rooms_left(&who.person, name_passes).await?;
        let made = self.make_room(who, new, key).await?;
        let room = self.room(made);
        self.loaded(&room).await?;
        let mut state = room.state();
        let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
        // A retry may come after one left again: then there is nothing to hear.
        let member = view.members.get(&who.person.id).copied();
        let joined = member.map(|member| member.joined.unwrap_or(0));
        if let Some(joined) = joined {
            state.let_in(self, &room, &who.person, joined);
        }
        let read = joined.unwrap_or(0);
        let mut entry = state.entry_for(self, room.id, &who.person, read, 0)?;
        entry.member = joined.is_some();
        Ok(Entered { entry }.into())
    }

    /// Refuses whoever is in too many rooms to go into another: those whose names say that they pass are
    /// counted by themselves, as CHANLIMIT says it on IRC.
    pub(crate) async fn rooms_left(&self, who: &Person, passing: bool) -> Result<(), Refusal> {
        if who.role != Role::Guest {
            return Ok(());
        }
        let account = who.id;
        let read = self
            .storage
            .read(move |reader| reader.count_rooms_of(&account, passing));
        may_enter(who.role, read.await.map_err(refusal)?)
    }

    /// Makes the room with its founder's joining as its first event, or finds the one that the same
    /// request made before.
    async fn make_room(
        &self,
        who: &SignedInAs,
        new: NewRoom,
        key: Option<crate::room::Key>,
    ) -> Result<RoomId, Refusal> {
        let actor = who.person.actor();
        let (id, now) = (new.id, self.now());
        if let Some(room) = self.room_of_key(actor.account, key.as_ref()).await? {
            return Ok(room);
        }
        let again = key.clone();
        let keep = new.retention != Retention::Ram;
        let (founder, role) = (actor.account, actor.role);
        let passing = role == Role::Guest || new.name.as_ref().is_some_and(RoomName::is_passing);
        let vip = is_vip(self.now_of(&who.person).vip_until, now);
        let append = Append {
            room: id,
            expect: Expect {
                room_rules: FIRST_RULES,
                account_rules: actor.rules,
            },
            entry: Entry {
                actor: actor.account,
                content: Content::Joined,
            },
            key,
            rules_after: Self::random_counter(),
            password_tag: None,
            begin_log: None,
            deletes_of: None,
            apart: Vec::new(),
            keep,
        };
        let made = self.storage.write(move |transaction| {
            if may_found(role, vip, transaction.count_founded(&founder)?).is_err() {
                return Err(NotMade::TooMany);
            }
            // One that went with its last member a moment ago keeps no name.
            let skeleton = new.name.as_ref().map(RoomName::skeleton);
            if let Some(skeleton) = skeleton {
                transaction.remove_passing_named(&skeleton)?;
            }
            transaction.create_room(&new)?;
            if passing {
                transaction.mark_passing(&new.id)?;
            }
            let appended = transaction.append(&[append], now)?;
            match appended.into_iter().next() {
                Some(Ok(Appended::New { .. })) => Ok(()),
                Some(Ok(Appended::Again(used))) => Err(NotMade::Before(used.room)),
                Some(Err(AppendRefused::KeyReused)) => Err(NotMade::KeyReused),
                Some(Err(_)) | None => Err(NotMade::AccountChanged),
            }
        });
        match made.await {
            Ok(()) => Ok(id),
            Err(NotMade::Before(room)) => Ok(room),
            Err(NotMade::TooMany) => {
                let text = "You are the founder of too many rooms already.";
                Err(Refusal::with_text(ErrorCode::TooMany, text))
            }
            Err(NotMade::KeyReused) => Err(ErrorCode::KeyReused.into()),
            Err(NotMade::AccountChanged) => Err(ErrorCode::Busy.into()),
            // The name may be taken by this very request, sent before.
            Err(NotMade::Failed(StoreError::Taken)) => {
                let made = self.room_of_key(actor.account, again.as_ref()).await?;
                made.ok_or_else(|| ErrorCode::NameTaken.into())
            }
            Err(NotMade::Failed(error)) => Err(refusal(error)),
        }
    }

    /// The room that a request of this key made before.
    async fn room_of_key(
        &self,
        account: AccountId,
        key: Option<&crate::room::Key>,
    ) -> Result<Option<RoomId>, Refusal> {
        let Some((key, digest)) = key.cloned() else {
            return Ok(None);
        };
        let used = self
            .storage
            .read(move |reader| reader.key_use(&account, &key))
            .await;
        match used.map_err(refusal)? {
            Some(used) if used.digest == digest => Ok(Some(used.room)),
            Some(_) => Err(ErrorCode::KeyReused.into()),
            None => Ok(None),
        }
    }
}

/// Is it fit to be a room's password?
pub(crate) fn fit_password(password: &Secret) -> Result<(), Refusal> {
    if password.expose().is_empty() || password.expose().len() > MAX_PASSWORD_BYTES {
        let text = "A room's password has 1 to 1024 bytes.";
        return Err(Refusal::with_text(ErrorCode::BadPassword, text));
    }
    Ok(())
}
