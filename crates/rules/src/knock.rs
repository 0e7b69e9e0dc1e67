//! Asking to be let into a room that one cannot join.

use snug_proto::{ErrorCode, Refusal, Timestamp};

use crate::{
    account::Actor,
    permission::{Deed, Denial, Door, denied, part, told},
    view::RoomView,
};

/// May this account knock? Only where it stands before a door that others can open: who is banned is told
/// so, and who can join has nobody to ask.
pub fn may_knock(view: &RoomView, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    if view.is_member(&actor.account) {
        let text = "You are in that room already.";
        return Err(Refusal::with_text(ErrorCode::InRoom, text));
    }
    let door = if view.lets_in(&actor.account) || actor.masked.invited {
        Door::Opened
    } else {
        Door::Shut
    };
    match denied(view, part(view, actor, now), Deed::Join, door) {
        Some(Denial::InvitationNeeded | Denial::PasswordNeeded) => Ok(()),
        Some(denial) => Err(told(view, actor, denial, now)),
        None => {
            let text = "That room is open to you: nobody has to be asked.";
            Err(Refusal::with_text(ErrorCode::Forbidden, text))
        }
    }
}
