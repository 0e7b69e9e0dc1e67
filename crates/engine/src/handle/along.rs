//! A guest who signs in is in the guest's rooms as the account. It comes in before the guest goes: else the room that
//! goes with its people would go, or go on, as the one or the other was quicker.

use std::sync::Arc;

use snug_proto::{AccountId, Refusal, RequestKind, Role, RoomId, RoomRole};
use snug_rules::{Access, Concerned, Order, Stay, may_use};

use crate::{
    engine::Engine,
    person::{Person, refusal},
    room::{Act, Ordered, Room},
    session::Core,
};

/// What a guest is in a room, and what the room is.
struct Before {
    role: RoomRole,
    stay: Stay,
    access: Access,
    /// The account is in it already.
    in_it: bool,
}

impl Engine {
    /// If the connection was a guest's until now, the account comes into the guest's rooms as far as it may, and
    /// keeps order where the guest did.
    pub(crate) async fn comes_along(self: &Arc<Self>, core: &Arc<Core>, person: &Arc<Person>) {
        let before = core.origin.line.before(core);
        let Some(guest) = before.and_then(|before| self.guest_of(&before)) else {
            return;
        };
        if person.role == Role::Guest {
            return;
        }
        // An app token that may not go into rooms does not come along either.
        let scope = core.signed_in().and_then(|who| who.scope);
        if may_use(scope, RequestKind::Join).is_err() {
            return;
        }
        let id = guest.id;
        let rooms = self.storage.read(move |reader| reader.joined_rooms(&id));
        let entered = async {
            for room in rooms.await.map_err(refusal)? {
                self.comes_into(room, &guest, person).await;
            }
            Ok::<_, Refusal>(())
        };
        if let Err(refusal) = entered.await {
            tracing::warn!(account.id = %person.id, code = %refusal.code, "a guest's rooms were not found");
        }
    }

    /// A room that does not take the account goes on without it, as it would for anybody who comes to its door.
    async fn comes_into(self: &Arc<Self>, room: RoomId, guest: &Arc<Person>, person: &Arc<Person>) {
        let room = self.room(room);
        let Some(before) = self.stood(&room, guest.id, person.id).await else {
            return;
        };
        let keeps_order = before.role > RoomRole::Member && before.stay == Stay::Passes;
        let whom = Concerned {
            account: person.id,
            role: person.role,
        };
        let order = |order| {
            let act = Act::Order(Box::new(Ordered::plain(order)));
            self.submit_for_us(guest, &room, act, None)
        };
        if !before.in_it {
            if keeps_order && before.access != Access::Open {
                let _opened = order(Order::Invite(whom)).await;
            }
            let join = self.submit_for_us(person, &room, Act::Join(None), None);
            if join.await.is_err() {
                return;
            }
        }
        if keeps_order {
            let _given = order(Order::SetRole(whom, RoomRole::Admin)).await;
        }
    }

    async fn stood(
        self: &Arc<Self>,
        room: &Arc<Room>,
        guest: AccountId,
        account: AccountId,
    ) -> Option<Before> {
        self.loaded(room).await.ok()?;
        let state = room.state();
        let view = state.view.as_ref()?;
        Some(Before {
            role: view.role_of(&guest)?,
            stay: view.stay,
            access: view.access,
            in_it: view.is_member(&account),
        })
    }
}
