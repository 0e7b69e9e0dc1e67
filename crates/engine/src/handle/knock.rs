//! Asking to be let into a room: told to those of its founder and admins who are here.

use std::sync::Arc;

use snug_proto::{
    Delivery, Done, ErrorCode, Event, Knock, Knocked, Refusal, Response, RoomRole,
    limits::KNOCK_EVERY_MS,
};
use snug_rules::may_knock;

use crate::{
    engine::Engine, guests::Counted, handle::governing::fit_reason, lock::lock, session::SignedInAs,
};

impl Engine {
    pub(crate) async fn knock(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Knock,
    ) -> Result<Response, Refusal> {
        let text = fit_reason(request.text)?;
        let person = self.now_of(&who.person);
        let room = self.find_room(&person, &request.room).await?;
        let now = self.now();
        let (name, keepers) = {
            let mut state = room.state();
            let actor = state.actor_in(self, room.id, &person)?;
            let view = state.view.as_ref().ok_or(ErrorCode::Busy)?;
            may_knock(view, &actor, now)?;
            let keeps = |role| role > RoomRole::Member;
            let keepers = view.members.keys().copied();
            let keepers: Vec<_> = keepers
                .filter(|id| view.role_of(id).is_some_and(keeps))
                .collect();
            let name = state.row.as_ref().map(|row| row.name.clone());
            (name.unwrap_or_default(), keepers)
        };
        self.may_knock_again(self.guests.counted(&person.id), room.id)?;
        // Between two whom a block parts nothing passes (DECISIONS 21), and neither is told so.
        let apart = self.apart_from(person.id, keepers.clone()).await?;
        let event = Event::Knocked(Knocked {
            room: name,
            room_id: room.id,
            author: person.author(),
            text,
        });
        let delivery = Arc::new(Delivery::new(event));
        let mut heard = false;
        for keeper in keepers.iter().filter(|id| !apart.closed.contains(*id)) {
            for core in self.online.sessions_of(keeper) {
                heard |= !core.is_quiet();
                let _full = core.outbox.push(&delivery);
            }
        }
        if heard {
            return Ok(Done {}.into());
        }
        let text = "Nobody who could let you in is here now. Try again later.";
        Err(Refusal::with_text(ErrorCode::NotInRoom, text))
    }

    /// At one door once in a while: those behind it cannot look away.
    fn may_knock_again(&self, who: Counted, room: snug_proto::RoomId) -> Result<(), Refusal> {
        let now = self.steady();
        let mut knocks = lock(&self.knocks);
        knocks.retain(|_, at| now < at.plus_ms(KNOCK_EVERY_MS));
        if let Some(last) = knocks.get(&(who, room)) {
            let wait = last.plus_ms(KNOCK_EVERY_MS).ms().saturating_sub(now.ms());
            let text = "You knocked there a moment ago. Wait a little.";
            return Err(Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(wait));
        }
        knocks.insert((who, room), now);
        Ok(())
    }
}
