//! A room's door: its password, and how it is set up as far as the room is shown and found.

use std::sync::Arc;

use snug_proto::{AccountId, ErrorCode, Refusal, RoomRole, Secret, Timestamp};
use snug_rules::{Change, Content, PasswordCheck, Retention};

use crate::{
    engine::Engine,
    room::{Room, State},
};

/// Wrong room passwords that one account, or all guests of an address, may try in a minute (DECISIONS 19).
pub(crate) const MAX_WRONG_PASSWORDS: u32 = 5;
/// The minute of [`MAX_WRONG_PASSWORDS`].
pub(crate) const WRONG_PASSWORD_WINDOW_MS: u64 = 60_000;

impl State {
    /// Notes what a change that was committed, here or elsewhere, means for how the room is shown.
    pub(crate) fn changed(
        &mut self,
        engine: &Engine,
        room: &Arc<Room>,
        change: &Change,
        (by, at): (AccountId, Timestamp),
    ) {
        let Some(row) = &mut self.row else { return };
        match change {
            Change::Role {
                who,
                role: RoomRole::Founder,
            } => row.founder = Some(*who),
            Change::Role { who, .. } if row.founder == Some(*who) => row.founder = None,
            Change::Settings(settings) => {
                let changes = &settings.changes;
                row.access = changes.access.unwrap_or(row.access);
                row.listed = changes.listed.unwrap_or(row.listed);
                row.archived = changes.archived.unwrap_or(row.archived);
                row.history = changes.history.unwrap_or(row.history);
                if let Some(retention) = changes.retention {
                    row.retention = retention;
                    if let (Retention::Ram, Some(head)) = (retention, &mut self.head) {
                        // All that there was, this event among it, is out of sight.
                        head.first = head.seq + 1;
                    }
                    engine.prune_soon();
                }
                row.moderated = changes.moderated.unwrap_or(row.moderated);
                row.outside = changes.outside.unwrap_or(row.outside);
                row.quiet_guests = changes.quiet_guests.unwrap_or(row.quiet_guests);
                row.quiet_machines = changes.quiet_machines.unwrap_or(row.quiet_machines);
                row.open_topic = changes.open_topic.unwrap_or(row.open_topic);
                row.limit = changes.limit.unwrap_or(row.limit);
                row.slow_mode_ms = changes.slow_mode_ms.unwrap_or(row.slow_mode_ms);
                if let Some(topic) = &changes.topic {
                    row.topic.clone_from(topic);
                    (row.topic_by, row.topic_at) = (Some(by), Some(at));
                }
                if let Some(name) = &changes.name {
                    row.name.clone_from(name);
                    engine.forget_names_of(room);
                }
                room.set_hidden(!row.listed);
            }
            _ => {}
        }
    }

    /// A new password is asked for from the decision on, like all else that the view foresees; a commit
    /// that fails loads the old one again.
    pub(crate) fn foresee_password(&mut self, content: &Content, tag: Option<[u8; 32]>) {
        let Content::Changed {
            change: Change::Settings(settings),
            ..
        } = content
        else {
            return;
        };
        let without = settings.changes.access.is_some() && !settings.new_password;
        if let Some(row) = &mut self.row
            && (settings.new_password || without)
        {
            row.password_tag = tag;
        }
    }

    /// Compares the password that came with a joining, a few wrong ones a minute (DECISIONS 19).
    pub(crate) fn check_password(
        &mut self,
        engine: &Engine,
        who: &AccountId,
        password: Option<&Secret>,
    ) -> Result<PasswordCheck, Refusal> {
        let tag = self.row.as_ref().and_then(|row| row.password_tag);
        let (Some(tag), Some(password)) = (tag, password) else {
            return Ok(PasswordCheck::Absent);
        };
        let view = self.view.as_ref().ok_or(ErrorCode::Internal)?;
        if view.is_member(who) {
            return Ok(PasswordCheck::Right);
        }
        let room = view.id;
        let now = engine.steady();
        let window = WRONG_PASSWORD_WINDOW_MS;
        self.wrong_passwords
            .retain(|_, (_, since)| now < since.plus_ms(window));
        let counted = engine.guests.counted(who);
        let (wrong, since) = self
            .wrong_passwords
            .get(&counted)
            .copied()
            .unwrap_or((0, now));
        if wrong >= MAX_WRONG_PASSWORDS {
            let wait = since.plus_ms(window).ms().saturating_sub(now.ms());
            return Err(Refusal::new(ErrorCode::TooFast).retry_after_ms(wait));
        }
        if engine.room_password_is(&room, password, &tag) {
            return Ok(PasswordCheck::Right);
        }
        self.wrong_passwords.insert(counted, (wrong + 1, since));
        Ok(PasswordCheck::Wrong)
    }
}
