//! Keys with values of people and rooms.

use std::{collections::BTreeSet, sync::Arc};

use snug_proto::{
    Delivery, ErrorCode, Event, FollowMetadata, Metadata, MetadataChanged, MetadataEntry,
    MetadataKeys, MetadataList, Refusal, Response, SetMetadata, folded_name,
    limits::{
        MAX_METADATA_FOLLOWED, MAX_METADATA_KEY_BYTES, MAX_METADATA_KEYS, MAX_METADATA_VALUE_BYTES,
    },
};
use snug_rules::{Deed, RoomKind};
use snug_store::{KeySet, MetadataOf};

use crate::{
    engine::Engine,
    lock::lock,
    person::{Person, refusal},
    room::{Position, Room},
    session::{Core, SignedInAs},
};

/// Members whose keys one answer holds: with all keys and the longest values it stays far within a line.
const MEMBERS_PAGE: usize = 100;
/// What the entries of one answer weigh at most.
const MAX_ENTRIES_BYTES: usize = 24 * 1024;

/// A change, as the keys that were set or taken away.
type Changed = Vec<MetadataEntry>;

impl Engine {
    pub(crate) async fn metadata(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Metadata,
    ) -> Result<Response, Refusal> {
        let keys = fit_keys(&request.keys)?;
        let (of, room) = match (&request.room, &request.person) {
            (Some(room), None) => {
                let room = self.find_room(&who.person, room).await?;
                self.grant(&room, &who.person)?;
                (MetadataOf::Room(room.id), Some(room))
            }
            (None, Some(person)) => {
                let person = self.people.find(&self.storage, person).await?;
                (MetadataOf::Account(person.id), None)
            }
            (None, None) => (MetadataOf::Account(who.person.id), None),
            (Some(_), Some(_)) => return Err(ErrorCode::BadRequest.into()),
        };
        let mut list = MetadataList::default();
        if request.after.is_none() {
            let all = self.storage.read(move |reader| reader.metadata(&of)).await;
            let wanted = |key: &String| keys.is_empty() || keys.contains(key);
            let all = all.map_err(refusal)?;
            list.entries = all
                .into_iter()
                .filter(|(key, _)| wanted(key))
                .map(|(key, value)| MetadataEntry {
                    name: None,
                    worn: None,
                    key,
                    value: Some(value),
                })
                .collect();
        }
        if let Some(room) = room
            && request.members
            && !keys.is_empty()
        {
            self.of_members(&room, request.after.as_deref(), &keys, &mut list)
                .await?;
        }
        Ok(list.into())
    }

    /// Adds the keys of a page of a room's members, by name.
    async fn of_members(
        self: &Arc<Self>,
        room: &Room,
        after: Option<&str>,
        keys: &[String],
        list: &mut MetadataList,
    ) -> Result<(), Refusal> {
        let accounts = {
            let state = room.state();
            let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
            match view.kind {
                RoomKind::Lobby => self.online.accounts(),
                RoomKind::Direct(one, other) => vec![one, other],
                RoomKind::Ordinary => view.members.keys().copied().collect(),
            }
        };
        let mut people = self.people_of(accounts).await?;
        people.sort_by_cached_key(|person| folded_name(&person.name).into_owned());
        let after = after.map(folded_name);
        let follows = |person: &Person| {
            after
                .as_ref()
                .is_none_or(|after| folded_name(&person.name) > *after)
        };
        people.retain(|person| follows(person));
        let mut weight = 0;
        for page in people.chunks(MEMBERS_PAGE) {
            let ids: Vec<_> = page.iter().map(|person| person.id).collect();
            let (ids, keys) = (ids, keys.to_vec());
            let found = self
                .storage
                .read(move |reader| reader.metadata_among(&ids, &keys));
            let mut found = found.await.map_err(refusal)?;
            for person in page {
                for (_, key, value) in found.extract_if(.., |(id, ..)| *id == person.id) {
                    weight += key.len() + value.len() + person.name.len() + 64;
                    list.entries.push(MetadataEntry {
                        name: Some(person.name.clone()),
                        worn: person.wears().map(str::to_owned),
                        key,
                        value: Some(value),
                    });
                }
                if weight > MAX_ENTRIES_BYTES {
                    list.more_after = Some(person.name.clone());
                    return Ok(());
                }
            }
            // One answer looks at one page, whatever is found there.
            if page.len() == MEMBERS_PAGE {
                list.more_after = page.last().map(|person| person.name.clone());
                return Ok(());
            }
        }
        Ok(())
    }

    pub(crate) async fn set_metadata(
        self: &Arc<Self>,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: SetMetadata,
    ) -> Result<Response, Refusal> {
        let SetMetadata {
            room,
            person,
            key,
            value,
        } = request;
        if let Some(person) = &person {
            let found = self.people.find(&self.storage, person).await?;
            if room.is_some() || found.id != who.person.id {
                let text = "What others say of themselves is theirs to change.";
                return Err(Refusal::with_text(ErrorCode::Forbidden, text));
            }
        }
        let room = match &room {
            Some(room) => {
                let room = self.find_room(&who.person, room).await?;
                self.permitted(&room, &who.person, Deed::Set)?;
                Some(room)
            }
            None => None,
        };
        let of = room
            .as_ref()
            .map_or(MetadataOf::Account(who.person.id), |room| {
                MetadataOf::Room(room.id)
            });
        let changed = match key {
            Some(key) => self.set_one(of, fit_key(&key)?, value).await?,
            None if value.is_none() => self.clear(of).await?,
            None => return Err(ErrorCode::BadRequest.into()),
        };
        match &room {
            Some(room) => tell_of_room(core, room, &changed),
            None => self.tell_of_person(core, &who.person, &changed).await,
        }
        Ok(MetadataList {
            entries: changed,
            more_after: None,
        }
        .into())
    }

    async fn set_one(
        &self,
        of: MetadataOf,
        key: String,
        value: Option<String>,
    ) -> Result<Changed, Refusal> {
        let value = value.filter(|value| !value.is_empty());
        let fit = |value: &String| {
            value.len() <= MAX_METADATA_VALUE_BYTES && !value.chars().any(char::is_control)
        };
        if !value.as_ref().is_none_or(fit) {
            let text = "A value has at most 300 bytes, on one line.";
            return Err(Refusal::with_text(ErrorCode::BadBody, text));
        }
        let (wanted, set) = (key.clone(), value.clone());
        let set = self.storage.write(move |transaction| {
            transaction.set_metadata(&of, &wanted, set.as_deref(), MAX_METADATA_KEYS)
        });
        match set.await.map_err(refusal)? {
            KeySet::Done => Ok(vec![MetadataEntry {
                name: None,
                worn: None,
                key,
                value,
            }]),
            KeySet::NotThere => {
                let text = "That key has no value.";
                Err(Refusal::with_text(ErrorCode::Gone, text))
            }
            KeySet::Full => {
                let text = "There are 20 keys already. Take one away first.";
                Err(Refusal::with_text(ErrorCode::TooMany, text))
            }
        }
    }

    async fn clear(&self, of: MetadataOf) -> Result<Changed, Refusal> {
        let cleared = self
            .storage
            .write(move |transaction| transaction.clear_metadata(&of));
        let gone = |key| MetadataEntry {
            name: None,
            worn: None,
            key,
            value: None,
        };
        Ok(cleared
            .await
            .map_err(refusal)?
            .into_iter()
            .map(gone)
            .collect())
    }

    async fn tell_of_person(&self, by: &Core, person: &Person, changed: &Changed) {
        let id = person.id;
        let friends = self
            .storage
            .read(move |reader| reader.friend_ids(&id))
            .await;
        let mut heard: Vec<_> = self
            .those_around(person, &friends.unwrap_or_default())
            .collect();
        let own = self.online.sessions_of(&id);
        heard.extend(own.into_iter().filter(|core| core.number != by.number));
        for entry in changed {
            let event = MetadataChanged {
                room: None,
                room_id: None,
                name: Some(person.name.clone()),
                worn: person.wears().map(str::to_owned),
                account: Some(person.id),
                key: entry.key.clone(),
                value: entry.value.clone(),
            };
            let delivery = Arc::new(Delivery::new(Event::Metadata(event)));
            for core in heard.iter().filter(|core| follows(core, &entry.key)) {
                let _full = core.outbox.push(&delivery);
            }
        }
    }
}

pub(crate) fn follow_metadata(core: &Core, request: &FollowMetadata) -> Result<Response, Refusal> {
    let (add, remove) = (fit_keys(&request.add)?, fit_keys(&request.remove)?);
    let mut follows = lock(&core.follows);
    for key in &remove {
        follows.remove(key);
    }
    let mut left_out = Vec::new();
    for key in add {
        if follows.len() < MAX_METADATA_FOLLOWED || follows.contains(&key) {
            follows.insert(key);
        } else {
            left_out.push(key);
        }
    }
    Ok(MetadataKeys {
        keys: follows.iter().cloned().collect(),
        left_out,
    }
    .into())
}

fn tell_of_room(by: &Core, room: &Room, changed: &Changed) {
    let state = room.state();
    let name = state.row.as_ref().map(|row| row.name.clone());
    for entry in changed {
        let event = MetadataChanged {
            room: name.clone(),
            room_id: Some(room.id),
            name: None,
            worn: None,
            account: None,
            key: entry.key.clone(),
            value: entry.value.clone(),
        };
        let delivery = Arc::new(Delivery::new(Event::Metadata(event)));
        for reader in state.readers.values() {
            let live = reader.position == Position::Live;
            if live && reader.core.number != by.number && follows(&reader.core, &entry.key) {
                let _full = reader.core.outbox.push(&delivery);
            }
        }
    }
}

fn follows(core: &Core, key: &str) -> bool {
    lock(&core.follows).contains(key)
}

/// Each once, so that no answer has one of them twice.
fn fit_keys(keys: &[String]) -> Result<Vec<String>, Refusal> {
    let keys: Result<BTreeSet<_>, _> = keys.iter().map(|key| fit_key(key)).collect();
    Ok(keys?.into_iter().collect())
}

/// A key as it is kept.
fn fit_key(key: &str) -> Result<String, Refusal> {
    let lower = key.to_ascii_lowercase();
    let letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_./:-".contains(&byte);
    let fit = !lower.is_empty()
        && lower.len() <= MAX_METADATA_KEY_BYTES
        && !lower.starts_with(':')
        && lower.bytes().all(letter);
    if fit {
        Ok(lower)
    } else {
        let text =
            "A key has 1 to 64 letters a-z, digits and _ . / : -, and does not begin with a colon.";
        Err(Refusal::with_text(ErrorCode::BadName, text))
    }
}
