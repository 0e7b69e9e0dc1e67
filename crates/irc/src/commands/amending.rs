//! REDACT (`IRCv3` message-redaction), and EDIT and DELETE of the older draft (ircv3-specifications #425).

use snug_proto::{Answer, Delete, Edit, ErrorCode, Refusal, RoomRef};

use crate::{Connection, MessageId, connection::Then, line::Line, names};

/// A change of a message, on its way.
#[derive(Debug, Clone)]
pub(crate) struct Amending {
    command: &'static str,
    target: String,
    id: String,
}

impl Connection {
    /// `REDACT <target> <msgid> [<reason>]`
    pub(crate) fn redact(&mut self, line: &Line<'_>) {
        let (Some(target), Some(id)) = (line.param(0), line.param(1)) else {
            return self.need_more_params("REDACT");
        };
        let reason = line.param(2).map(str::to_owned);
        self.take_back("REDACT", target, id, reason);
    }

    /// `@draft/target-msgid=<msgid> DELETE <target>`
    pub(crate) fn delete(&mut self, line: &Line<'_>) {
        let (Some(target), Some(id)) = (line.param(0), tag(line, "draft/target-msgid")) else {
            return self.need_more_params("DELETE");
        };
        self.take_back("DELETE", target, &id, None);
    }

    /// `@draft/target-msgid=<msgid>;draft/edit-text=<text> EDIT <target>`
    pub(crate) fn edit(&mut self, line: &Line<'_>) {
        let (Some(target), Some(id)) = (line.param(0), tag(line, "draft/target-msgid")) else {
            return self.need_more_params("EDIT");
        };
        let text = tag(line, "draft/edit-text").unwrap_or_default();
        self.change_words("EDIT", target, &id, text);
    }

    /// `EDITMSG <target> <msgid> :<text>`, the form that the draft was last asked to have.
    pub(crate) fn editmsg(&mut self, line: &Line<'_>) {
        let (Some(target), Some(id), Some(text)) = (line.param(0), line.param(1), line.param(2))
        else {
            return self.need_more_params("EDITMSG");
        };
        self.change_words("EDITMSG", target, id, text.to_owned());
    }

    fn change_words(&mut self, command: &'static str, target: &str, id: &str, body: String) {
        let Some((room, seq)) = self.message_named(command, target, id) else {
            return;
        };
        let edit = Edit {
            room,
            seq,
            body,
            key: None,
        };
        self.ask(edit, amending(command, target, id));
    }

    fn take_back(&mut self, command: &'static str, target: &str, id: &str, reason: Option<String>) {
        let Some((room, seq)) = self.message_named(command, target, id) else {
            return;
        };
        let delete = Delete {
            room,
            seq,
            reason,
            key: None,
        };
        self.ask(delete, amending(command, target, id));
    }

    /// The message of this name in this channel or conversation; says so if there is none.
    fn message_named(
        &mut self,
        command: &'static str,
        target: &str,
        id: &str,
    ) -> Option<(RoomRef, u64)> {
        let Some(room_id) = self.room_called(target) else {
            if names::room(target).is_none() && names::may_be_nick(target) {
                // No word was said between the two.
                self.unknown_id(command, target, id);
                return None;
            }
            let text = "You are in no such channel or conversation";
            self.fail_with(command, "INVALID_TARGET", &[target], text);
            return None;
        };
        let found = id.parse::<MessageId>().ok();
        let Some(id) = found.filter(|id| id.room_id == room_id) else {
            self.unknown_id(command, target, id);
            return None;
        };
        Some((RoomRef::Id(room_id), id.seq))
    }

    fn unknown_id(&mut self, command: &str, target: &str, id: &str) {
        let text = "There is no such message there";
        self.fail_with(command, "UNKNOWN_MSGID", &[target, id], text);
    }

    pub(crate) fn amend_answered(&mut self, amending: &Amending, answer: Answer) {
        let Err(Refusal { code, text, .. }) = answer else {
            return;
        };
        let Amending {
            command,
            target,
            id,
        } = amending;
        let forbidden = match *command {
            "REDACT" => "REDACT_FORBIDDEN",
            "DELETE" => "DELETE_FORBIDDEN",
            _ => "EDIT_FORBIDDEN",
        };
        match code {
            ErrorCode::UnknownEvent | ErrorCode::Gone => self.unknown_id(command, target, id),
            ErrorCode::UnknownRoom | ErrorCode::NotAMember => {
                self.fail_with(command, "INVALID_TARGET", &[target], &text);
            }
            ErrorCode::EmptyBody | ErrorCode::BadBody | ErrorCode::BodyTooLong => {
                self.fail_with(command, "INVALID_EDIT", &[target, id], &text);
            }
            ErrorCode::NotYours
            | ErrorCode::Forbidden
            | ErrorCode::Muted
            | ErrorCode::Banned
            | ErrorCode::NotAccepting => {
                self.fail_with(command, forbidden, &[target, id], &text);
            }
            other => {
                let code = other.wire().to_ascii_uppercase();
                self.fail_with(command, &code, &[target, id], &text);
            }
        }
    }
}

fn amending(command: &'static str, target: &str, id: &str) -> Then {
    Then::Amend(Box::new(Amending {
        command,
        target: target.to_owned(),
        id: id.to_owned(),
    }))
}

fn tag(line: &Line<'_>, key: &str) -> Option<String> {
    let mut found = line.tags.iter().filter(|(name, _)| *name == key);
    found.next().map(|(_, value)| value.clone().into_owned())
}
