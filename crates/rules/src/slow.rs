//! Slow mode: how long a member who is no admin waits between two things that the others read.

use std::collections::HashMap;

use snug_proto::{AccountId, ErrorCode, Refusal, Timestamp};

use crate::{
    account::Actor,
    permission::{Part, part},
    view::{Content, Entry, RoomView},
};

/// While one waits one may mend one's words so often; then that waits too.
pub const MAX_SLOW_EDITS: u8 = 3;

/// What somebody said last in a room in slow mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// When.
    pub at: Timestamp,
    /// How often they changed their words since.
    pub edits: u8,
}

/// When people last spoke, by account.
pub type LastSaid = HashMap<AccountId, Said>;

/// May this account say something now, as far as slow mode goes?
pub(crate) fn slowly(view: &RoomView, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    let Some((wait, _)) = waits(view, actor, now) else {
        return Ok(());
    };
    let text = format!(
        "This room is in slow mode: one message every {} s.",
        view.slow_mode_ms.div_ceil(1000)
    );
    Err(Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(wait))
}

/// May this account change its words now? A slip of the pen is mended at once; after a few the others have
/// read as much as by messages.
pub(crate) fn amends(view: &RoomView, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    match waits(view, actor, now) {
        Some((_, said)) if said.edits >= MAX_SLOW_EDITS => slowly(view, actor, now),
        _ => Ok(()),
    }
}

/// For how many milliseconds, and since what.
fn waits(view: &RoomView, actor: &Actor, now: Timestamp) -> Option<(u64, Said)> {
    let part = part(view, actor, now);
    let plain = matches!(part, Part::Member | Part::Guest) || !view.is_member(&actor.account);
    if view.slow_mode_ms == 0 || !plain {
        return None;
    }
    let said = view.said.get(&actor.account)?;
    let next = said.at.plus_ms(view.slow_mode_ms);
    // What was said later than now was said before the clock was set back.
    (said.at <= now && now < next).then(|| (next.ms().saturating_sub(now.ms()), *said))
}

impl RoomView {
    /// Notes that somebody says something now, for slow mode.
    pub fn says(&mut self, who: AccountId, now: Timestamp) {
        if self.slow_mode_ms > 0 {
            self.said.insert(who, Said { at: now, edits: 0 });
        }
    }

    /// Notes of an entry that was decided now what it is to slow mode.
    pub fn heard(&mut self, entry: &Entry, now: Timestamp) {
        match &entry.content {
            Content::Message { .. }
            | Content::Tagged { .. }
            | Content::Left { reason: Some(_) } => self.says(entry.actor, now),
            Content::Edited { .. } => {
                let slow = self.slow_mode_ms;
                match self.said.get_mut(&entry.actor) {
                    Some(said) if now < said.at.plus_ms(slow) => {
                        said.edits = said.edits.saturating_add(1);
                    }
                    _ => self.says(entry.actor, now),
                }
            }
            _ => {}
        }
    }
}
