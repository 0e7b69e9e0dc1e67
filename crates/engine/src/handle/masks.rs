//! Requests about a room's masks.

use std::sync::Arc;

use snug_proto::{
    ErrorCode, MaskEntry, MaskKind, MaskList, Masks, Refusal, RequestKind, Response, Role, SetMask,
    folded_name, same_name,
};
use snug_rules::{
    Bearer, Belonging, Deed, Masked, Order, RoomView, Sanction, mask_of_one, parse_mask, permit,
    renamed_mask,
};
use snug_store::{MaskRow, RoomRow};

use crate::{
    engine::Engine,
    guests::Kind,
    handle::{allowed_kind, key_of},
    person::{Person, refusal},
    room::{Key, Ordered, Room},
    session::{Core, SignedInAs},
};

impl Engine {
    /// The order that a change of masks is.
    pub(crate) async fn mask_order<'a>(
        self: &Arc<Self>,
        core: &'a Core,
        request: SetMask,
    ) -> Result<(&'a SignedInAs, Arc<Room>, Ordered, Option<Key>), Refusal> {
        let SetMask {
            room,
            kind,
            mask,
            remove,
            for_s,
            reason,
            key,
        } = request;
        let asked = RequestKind::SetMask;
        let who = allowed_kind(core, asked)?;
        let room = self.find_room(&who.person, &room).await?;
        let Some(mask) = parse_mask(&mask) else {
            let text = "A mask is a name in which * and ? may stand for letters, with account: before it \
                        or @ and a cloak after it, or neither: at most 64 characters.";
            return Err(Refusal::with_text(ErrorCode::BadName, text));
        };
        let mask = self.mask_by_name(mask).await?;
        let (sanction, said) = self.sanction(for_s, reason)?;
        let mut parts: Vec<&[u8]> = vec![mask.as_bytes(), &[][..]];
        let what = [kind as u8, u8::from(remove)];
        parts.push(&what);
        parts.extend(said.iter().map(Vec::as_slice));
        let key = key_of(key, asked.wire(), &room, &parts)?;
        let order = if remove {
            Order::TakeMask(kind, mask)
        } else {
            Order::PutMask(kind, mask, sanction)
        };
        Ok((who, room, Ordered::plain(order), key))
    }

    /// A mask of somebody by the name that they wear is one of their own name: it holds whatever they go by.
    async fn mask_by_name(&self, mask: String) -> Result<String, Refusal> {
        let Some(name) = mask_of_one(&mask) else {
            return Ok(mask);
        };
        match self.people.find(&self.storage, &name.into()).await {
            Ok(person) if person.wears().is_some_and(|worn| same_name(worn, name)) => {
                Ok(renamed_mask(&mask, &folded_name(&person.name)))
            }
            Err(refusal) if refusal.code != ErrorCode::UnknownPerson => Err(refusal),
            Ok(_) | Err(_) => Ok(mask),
        }
    }

    /// Lists masks. Who has a voice, any member may see; the others are seen by those who may lift them.
    pub(crate) async fn masks(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Masks,
    ) -> Result<Response, Refusal> {
        let room = self.find_room(&who.person, &request.room).await?;
        let now = self.now();
        {
            let mut state = room.state();
            let actor = state.actor_in(self, room.id, &who.person)?;
            let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
            let deed = match request.kind {
                MaskKind::Ban | MaskKind::Voice => Deed::Read,
                MaskKind::Exempt | MaskKind::Invite => Deed::Bans,
            };
            permit(view, &actor, deed, now)?;
        }
        let id = room.id;
        let rows = self.storage.read(move |reader| reader.masks(&id)).await;
        let mut rows = rows.map_err(refusal)?;
        rows.retain(|row| row.kind == request.kind && row.sanction.binds(now));
        self.people_of(rows.iter().map(|row| row.by).collect())
            .await?;
        let masks = rows.into_iter().map(|row| {
            let by = self.people.known(&row.by);
            MaskEntry {
                mask: row.mask,
                by: by.map_or_else(|| row.by.to_string(), |by| by.name.clone()),
                at: row.at,
                until: row.sanction.until,
                reason: row.sanction.reason,
            }
        });
        Ok(MaskList {
            masks: masks.collect(),
        }
        .into())
    }

    /// What a room's masks say of somebody, by the name that they have now.
    pub(crate) fn masked(&self, view: &RoomView, person: &Person) -> Masked {
        if view.masks.is_empty() {
            return Masked::default();
        }
        let known = self.people.known(&person.id);
        let user = self.online.user_of(&person.id);
        let bearer = Bearer {
            user: user.as_deref(),
            ..bearer(known.as_deref().unwrap_or(person))
        };
        view.masked(bearer, self.now())
    }
}

impl Engine {
    /// Do these masks of a room, or what is held there against guests from the same address, ban this person?
    pub(crate) fn keeps_out(&self, row: &RoomRow, masks: Vec<MaskRow>, person: &Person) -> bool {
        let held = self.guests.holding(row.id, &person.id);
        let bans =
            |(kind, sanction): &(Kind, Sanction)| *kind == Kind::Ban && sanction.binds(self.now());
        let masks = masks
            .into_iter()
            .map(|row| ((row.kind, row.mask), row.sanction));
        let view = RoomView {
            masks: masks.collect(),
            ..RoomView::new(row.id, row.kind)
        };
        held.iter().any(bans) || self.masked(&view, person).banned
    }
}

/// As masks look at somebody.
pub(crate) fn bearer(person: &Person) -> Bearer<'_> {
    Bearer {
        name: &person.name,
        worn: person.wears(),
        user: None,
        id: &person.id,
        standing: belonging(person.role),
    }
}

/// Does a mask of accounts fit whoever has this role?
pub(crate) fn belonging(role: Role) -> Belonging {
    if role == Role::Guest {
        Belonging::Guest
    } else {
        Belonging::Account
    }
}
