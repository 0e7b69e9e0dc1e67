//! Details of events that are not words: compact JSON in their body.

use rusqlite::types::FromSqlError;
use serde::{Deserialize, Serialize};
use snug_proto::{Access, AccountId, MaskKind, RoomChanges, RoomRole, Timestamp};
use snug_rules::{Authority, Change, Content, Sanction, SettingsChange};

use super::rows::event_kind;

/// Everything that such an event can say; what it does not is left out.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<RoomRole>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changes: Option<RoomChanges>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask: Option<(MaskKind, String)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    was: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    was_access: Option<Access>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    new_password: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    by_server: bool,
}

/// A change as columns: its kind, and its details where it has any.
pub(super) fn of_change(change: &Change, by: Authority) -> (i64, Option<String>) {
    use event_kind::{BANNED, INVITED, KICKED, MASK, MUTED, ROLE, SETTINGS, UNBANNED, UNMUTED};
    let mut details = Details {
        by_server: by == Authority::Server,
        ..Details::default()
    };
    let mut sanctioned = |sanction: &Sanction| {
        details.until = sanction.until;
        details.reason.clone_from(&sanction.reason);
    };
    let kind = match change {
        Change::Kicked { reason, .. } => {
            details.reason.clone_from(reason);
            KICKED
        }
        Change::Banned { sanction, .. } => {
            sanctioned(sanction);
            BANNED
        }
        Change::Unbanned { .. } => UNBANNED,
        Change::Muted { sanction, .. } => {
            sanctioned(sanction);
            MUTED
        }
        Change::Unmuted { .. } => UNMUTED,
        Change::Invited { .. } => INVITED,
        Change::Role { role, .. } => {
            details.role = Some(*role);
            ROLE
        }
        Change::Mask {
            kind,
            mask,
            sanction,
        } => {
            match sanction {
                Some(sanction) => sanctioned(sanction),
                None => details.removed = true,
            }
            details.mask = Some((*kind, mask.clone()));
            MASK
        }
        Change::Settings(settings) => {
            details.changes = Some(settings.changes.clone());
            details.was.clone_from(&settings.was);
            details.was_access = settings.was_access;
            details.new_password = settings.new_password;
            details.reason.clone_from(&settings.reason);
            SETTINGS
        }
    };
    let written = (details != Details::default()).then(|| serde_json::to_string(&details));
    // Writing to a string fails for maps with keys that are no strings, of which there are none.
    (kind, written.and_then(Result::ok))
}

/// The change of these columns; an error for what we never write.
pub(super) fn to_content(
    kind: i64,
    subject: Option<AccountId>,
    body: Option<&str>,
) -> Result<Content, FromSqlError> {
    use event_kind::{BANNED, INVITED, KICKED, MASK, MUTED, ROLE, SETTINGS, UNBANNED, UNMUTED};
    let details: Details = match body {
        None => Details::default(),
        Some(body) => {
            serde_json::from_str(body).map_err(|error| FromSqlError::Other(Box::new(error)))?
        }
    };
    let by = if details.by_server {
        Authority::Server
    } else {
        Authority::Room
    };
    let who = || subject.ok_or(FromSqlError::InvalidType);
    let sanction = Sanction {
        until: details.until,
        reason: details.reason,
    };
    let change = match kind {
        KICKED => Change::Kicked {
            who: who()?,
            reason: sanction.reason,
        },
        BANNED => Change::Banned {
            who: who()?,
            sanction,
        },
        UNBANNED => Change::Unbanned { who: who()? },
        MUTED => Change::Muted {
            who: who()?,
            sanction,
        },
        UNMUTED => Change::Unmuted { who: who()? },
        INVITED => Change::Invited { who: who()? },
        ROLE => Change::Role {
            who: who()?,
            role: details.role.ok_or(FromSqlError::InvalidType)?,
        },
        MASK => {
            let (kind, mask) = details.mask.ok_or(FromSqlError::InvalidType)?;
            Change::Mask {
                kind,
                mask,
                sanction: (!details.removed).then_some(sanction),
            }
        }
        SETTINGS => Change::Settings(SettingsChange {
            changes: details.changes.ok_or(FromSqlError::InvalidType)?,
            was: details.was,
            was_access: details.was_access,
            new_password: details.new_password,
            reason: sanction.reason,
        }),
        other => return Err(FromSqlError::OutOfRange(other)),
    };
    Ok(Content::Changed { change, by })
}
