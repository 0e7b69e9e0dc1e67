//! Between the vocabulary's types and what columns hold. A value that we never write is a damaged
//! database, told as such.

use std::borrow::Cow;

use rusqlite::{
    Error, Result, Row,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use snug_proto::{
    AccountId, Argon2Parameters, Cause, GuestPolicy, HistoryPolicy, Inviters, LogId, Manner,
    MaskKind, Registration, ReportState, Role, RoomId, RoomRole, Scope, SessionId, Timestamp,
    TokenId,
};
use snug_rules::{
    About, Access, Authority, Content, CreditRules, Retention, RoomKind, ServerRules,
};

use super::details;
use super::talking;
use crate::Worn;
use crate::types::{Account, RoomCounts, RoomRow, SessionRow, Settings, StoredEvent, TokenRow};

/// A column type of ours around a type of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sql<T>(pub(super) T);

/// A count as SQLite holds it; counts past its reach become the largest one.
pub(super) fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The count in a column.
pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| Error::IntegralValueOutOfRange(column, value))
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl FromSql for Sql<$id> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <[u8; 16]>::column_result(value).map(|bytes| Self($id::from_bytes(bytes)))
            }
        }

        impl ToSql for Sql<&$id> {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.bytes())))
            }
        }
    )*};
}

ids! { AccountId RoomId LogId SessionId TokenId }

impl FromSql for Sql<Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let ms = value.as_i64()?;
        u64::try_from(ms)
            .map(|ms| Self(Timestamp::from_ms(ms)))
            .map_err(|_| FromSqlError::OutOfRange(ms))
    }
}

impl ToSql for Sql<Timestamp> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(int(self.0.ms()).into())
    }
}

/// Enumerations and their numbers, which are never changed nor used again.
macro_rules! numbered {
    ($($name:ident { $($variant:ident = $number:literal)* })*) => {$(
        impl FromSql for Sql<$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_i64()? {
                    $($number => Ok(Self($name::$variant)),)*
                    other => Err(FromSqlError::OutOfRange(other)),
                }
            }
        }

        impl ToSql for Sql<$name> {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                let number: i64 = match self.0 { $($name::$variant => $number,)* };
                Ok(number.into())
            }
        }
    )*};
}

numbered! {
    Role { Member = 1 Moderator = 2 Owner = 3 Guest = 4 }
    GuestPolicy { Off = 1 On = 2 Code = 3 }
    Access { Open = 1 Password = 2 Invitation = 3 }
    RoomRole { Member = 1 Admin = 2 Founder = 3 }
    HistoryPolicy { All = 1 SinceJoining = 2 }
    Scope { Irc = 1 Read = 2 Send = 3 Moderate = 4 }
    Registration { Open = 1 Code = 2 Invite = 3 Roster = 4 }
    MaskKind { Ban = 1 Exempt = 2 Invite = 3 Voice = 4 }
    Inviters { Members = 1 Moderators = 2 }
    ReportState { Open = 1 Resolved = 2 Dismissed = 3 Escalated = 4 }
    Cause { Grant = 1 Transfer = 2 Vip = 3 }
}

/// `room.retention` of a room that keeps events for so many days: this and their number.
const DAYS: i64 = 1_000;

impl FromSql for Sql<Retention> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            1 => Ok(Self(Retention::Forever)),
            2 => Ok(Self(Retention::Ram)),
            other => u16::try_from(other.saturating_sub(DAYS))
                .ok()
                .and_then(Retention::days)
                .map(Self)
                .ok_or(FromSqlError::OutOfRange(other)),
        }
    }
}

impl ToSql for Sql<Retention> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let number = match self.0 {
            Retention::Forever => 1,
            Retention::Ram => 2,
            Retention::Days(days) => DAYS + i64::from(days.get()),
        };
        Ok(number.into())
    }
}

/// `room.kind`.
pub(super) mod room_kind {
    pub(in crate::sqlite) const LOBBY: i64 = 1;
    pub(in crate::sqlite) const ORDINARY: i64 = 2;
    pub(in crate::sqlite) const DIRECT: i64 = 3;
}

/// `event.kind`.
pub(super) mod event_kind {
    pub(in crate::sqlite) const MESSAGE: i64 = 2;
    pub(in crate::sqlite) const JOINED: i64 = 3;
    pub(in crate::sqlite) const LEFT: i64 = 4;
    pub(in crate::sqlite) const EDITED: i64 = 5;
    pub(in crate::sqlite) const DELETED: i64 = 6;
    pub(in crate::sqlite) const BLANK_MESSAGE: i64 = 7;
    pub(in crate::sqlite) const BLANK_EDIT: i64 = 8;
    /// A message that was purged: its words stand there until that cannot be undone any more, for nobody to read.
    pub(in crate::sqlite) const PURGED_MESSAGE: i64 = 9;
    /// An edit of one.
    pub(in crate::sqlite) const PURGED_EDIT: i64 = 10;
    /// A purged message is there again. Without words of its own.
    pub(in crate::sqlite) const RESTORED: i64 = 11;
    pub(in crate::sqlite) const REACTED: i64 = 20;
    pub(in crate::sqlite) const UNREACTED: i64 = 21;
    pub(in crate::sqlite) const TAGGED: i64 = 22;
    pub(in crate::sqlite) const KICKED: i64 = 30;
    pub(in crate::sqlite) const BANNED: i64 = 31;
    pub(in crate::sqlite) const UNBANNED: i64 = 32;
    pub(in crate::sqlite) const MUTED: i64 = 33;
    pub(in crate::sqlite) const UNMUTED: i64 = 34;
    pub(in crate::sqlite) const INVITED: i64 = 35;
    pub(in crate::sqlite) const ROLE: i64 = 36;
    pub(in crate::sqlite) const SETTINGS: i64 = 37;
    pub(in crate::sqlite) const MASK: i64 = 38;
}

fn strange<T>(column: usize, value: i64) -> Result<T> {
    Err(Error::IntegralValueOutOfRange(column, value))
}

/// How a taking back was done: by the server's authority.
const BY_SERVER: &str = r#"{"by_server":true}"#;

/// What an event says, as columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns<'a> {
    /// See [`event_kind`].
    pub(super) kind: i64,
    /// The event it is about.
    pub(super) of: Option<i64>,
    /// Words, or details as compact JSON.
    pub(super) body: Option<Cow<'a, str>>,
    /// The account it is about, where that is not the actor.
    pub(super) subject: Option<AccountId>,
    /// Those whom a message mentions.
    pub(super) mentions: Option<Vec<u8>>,
    /// How a message was said, as compact JSON.
    pub(super) manner: Option<String>,
}

impl<'a> Columns<'a> {
    const fn new(kind: i64) -> Self {
        Self {
            kind,
            of: None,
            body: None,
            subject: None,
            mentions: None,
            manner: None,
        }
    }

    fn of(self, of: u64) -> Self {
        Self {
            of: Some(int(of)),
            ..self
        }
    }

    fn body(self, body: &'a str) -> Self {
        Self {
            body: Some(Cow::Borrowed(body)),
            ..self
        }
    }
}

/// What an event says, as columns.
pub(super) fn columns(content: &Content) -> Columns<'_> {
    use event_kind::{
        BLANK_EDIT, BLANK_MESSAGE, DELETED, EDITED, JOINED, LEFT, MESSAGE, REACTED, RESTORED,
        TAGGED, UNREACTED,
    };
    match content {
        Content::Message { deleted: true, .. } => Columns::new(BLANK_MESSAGE),
        Content::Message { body, about, .. } => Columns {
            of: about.reply_to.map(int),
            mentions: talking::to_column(&about.mentions),
            manner: about.manner.as_deref().and_then(talking::to_json),
            ..Columns::new(MESSAGE).body(body)
        },
        Content::Joined => Columns::new(JOINED),
        Content::Left { reason } => Columns {
            body: reason.as_deref().map(Cow::Borrowed),
            ..Columns::new(LEFT)
        },
        Content::Edited {
            of, deleted: true, ..
        } => Columns::new(BLANK_EDIT).of(*of),
        Content::Edited { of, body, .. } => Columns::new(EDITED).of(*of).body(body),
        Content::Deleted { of, reason, by } => Columns {
            body: reason.as_deref().map(Cow::Borrowed),
            manner: (*by == Authority::Server).then(|| BY_SERVER.to_owned()),
            ..Columns::new(DELETED).of(*of)
        },
        Content::Restored { of, .. } => Columns::new(RESTORED).of(*of),
        Content::Tagged { tags } => Columns {
            body: talking::to_json(tags).map(Cow::Owned),
            ..Columns::new(TAGGED)
        },
        Content::Reacted { of, emoji } => Columns::new(REACTED).of(*of).body(emoji),
        Content::Unreacted { of, emoji } => Columns::new(UNREACTED).of(*of).body(emoji),
        Content::Changed { change, by } => {
            let (kind, body) = details::of_change(change, *by);
            Columns {
                body: body.map(Cow::Owned),
                subject: change.whom(),
                ..Columns::new(kind)
            }
        }
    }
}

/// Of the columns seq, at, messages, actor's id, kind, of, body, subject's id, mentions, manner.
pub(super) fn event(row: &Row<'_>) -> Result<StoredEvent> {
    use event_kind::{
        BLANK_EDIT, BLANK_MESSAGE, DELETED, EDITED, JOINED, KICKED, LEFT, MASK, MESSAGE,
        PURGED_EDIT, PURGED_MESSAGE, REACTED, RESTORED, TAGGED, UNREACTED,
    };
    let kind = row.get(4)?;
    let content = match kind {
        MESSAGE | BLANK_MESSAGE | PURGED_MESSAGE => Content::Message {
            body: body(row, kind != MESSAGE)?,
            deleted: kind != MESSAGE,
            about: About {
                reply_to: row
                    .get::<_, Option<i64>>(5)?
                    .map(|_| count(row, 5))
                    .transpose()?,
                mentions: mentions(row, kind != MESSAGE)?,
                manner: manner(row, kind != MESSAGE)?,
            },
        },
        JOINED => Content::Joined,
        LEFT => Content::Left {
            reason: reason(row)?,
        },
        EDITED | BLANK_EDIT | PURGED_EDIT => Content::Edited {
            of: count(row, 5)?,
            body: body(row, kind != EDITED)?,
            deleted: kind != EDITED,
        },
        DELETED => Content::Deleted {
            of: count(row, 5)?,
            reason: reason(row)?,
            by: match row.get_ref(9)? {
                ValueRef::Null => Authority::Room,
                _ => Authority::Server,
            },
        },
        RESTORED => {
            let words: Option<String> = row.get(6)?;
            Content::Restored {
                of: count(row, 5)?,
                deleted: words.is_none(),
                body: words.unwrap_or_default(),
            }
        }
        TAGGED => Content::Tagged {
            tags: json(row, 6)?.unwrap_or_default(),
        },
        REACTED => Content::Reacted {
            of: count(row, 5)?,
            emoji: row.get(6)?,
        },
        UNREACTED => Content::Unreacted {
            of: count(row, 5)?,
            emoji: row.get(6)?,
        },
        KICKED..=MASK => {
            let subject = row.get::<_, Option<Sql<_>>>(7)?.map(|id| id.0);
            let body: Option<String> = row.get(6)?;
            details::to_content(kind, subject, body.as_deref())?
        }
        other => return strange(4, other),
    };
    Ok(StoredEvent {
        seq: count(row, 0)?,
        at: row.get::<_, Sql<_>>(1)?.0,
        messages: count(row, 2)?,
        actor: row.get::<_, Sql<_>>(3)?.0,
        content,
    })
}

fn mentions(row: &Row<'_>, blank: bool) -> Result<Vec<AccountId>> {
    if blank {
        return Ok(Vec::new());
    }
    let column = row.get_ref(8)?.as_blob_or_null()?;
    Ok(talking::from_column(column))
}

/// Blanks are what was taken out.
fn reason(row: &Row<'_>) -> Result<Option<String>> {
    let reason: Option<String> = row.get(6)?;
    Ok(reason.filter(|reason| !reason.trim().is_empty()))
}

fn manner(row: &Row<'_>, blank: bool) -> Result<Option<Box<Manner>>> {
    if blank { Ok(None) } else { json(row, 9) }
}

/// What a column holds as compact JSON.
fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>> {
    let written = row.get_ref(column)?.as_str_or_null()?;
    let read = |written| {
        serde_json::from_str(written).map_err(|error| {
            Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
        })
    };
    written.map(read).transpose()
}

fn body(row: &Row<'_>, blank: bool) -> Result<String> {
    if blank { Ok(String::new()) } else { row.get(6) }
}

/// The columns of [`account`].
pub(super) const ACCOUNT: &str = "SELECT a.id, coalesce(a.written, a.name), a.display, a.role, a.record, \
     p.memory_kib, p.passes, p.lanes, a.rules, a.created_at, a.strangers, \
     a.vip_until, a.bot, EXISTS (SELECT 1 FROM second_factor s WHERE s.account = a.no), \
     w.name, w.mark, a.no_guests \
     FROM account a JOIN argon2 p ON p.no = a.argon2 LEFT JOIN worn_name w ON w.account = a.no ";

pub(super) fn account(row: &Row<'_>) -> Result<Account> {
    Ok(Account {
        id: row.get::<_, Sql<_>>(0)?.0,
        name: row.get(1)?,
        display: row.get(2)?,
        role: row.get::<_, Sql<_>>(3)?.0,
        record: row.get(4)?,
        argon2: Argon2Parameters {
            memory_kib: row.get(5)?,
            passes: row.get(6)?,
            lanes: row.get(7)?,
        },
        rules: count(row, 8)?,
        created_at: row.get::<_, Sql<_>>(9)?.0,
        strangers: row.get(10)?,
        no_guests: row.get(16)?,
        vip_until: row.get::<_, Option<Sql<_>>>(11)?.map(|at| at.0),
        bot: row.get(12)?,
        second_factor: row.get(13)?,
        worn: match row.get(14)? {
            Some(name) => Some(Worn {
                name,
                mark: count(row, 15)?,
            }),
            None => None,
        },
    })
}

/// The columns of [`room`], and what they are read from.
pub(super) const ROOM: &str = "r.id, r.kind, coalesce(r.written, r.name), r.access, r.password_tag, r.history, \
     r.retention, r.created_at, f.id, one.id, other.id, l.id, l.first, l.seq, l.messages, l.last_at, \
     l.rules, l.members, r.listed, r.archived, r.topic, r.slow_mode_ms, r.moderated, r.open_topic, \
     r.member_limit, r.topic_by, r.topic_at, r.outside, r.quiet_guests, r.quiet_machines";
/// See [`ROOM`].
pub(super) const ROOM_FROM: &str = " FROM room r JOIN log l ON l.room = r.no \
     LEFT JOIN account f ON f.no = r.founder \
     LEFT JOIN account one ON one.no = r.one LEFT JOIN account other ON other.no = r.other ";
/// How many columns [`ROOM`] has.
pub(super) const ROOM_COLUMNS: usize = 30;

pub(super) fn room(row: &Row<'_>) -> Result<RoomRow> {
    let kind = match row.get(1)? {
        room_kind::LOBBY => RoomKind::Lobby,
        room_kind::ORDINARY => RoomKind::Ordinary,
        room_kind::DIRECT => {
            RoomKind::Direct(row.get::<_, Sql<_>>(9)?.0, row.get::<_, Sql<_>>(10)?.0)
        }
        other => return strange(1, other),
    };
    Ok(RoomRow {
        id: row.get::<_, Sql<_>>(0)?.0,
        kind,
        name: row.get(2)?,
        access: row.get::<_, Sql<_>>(3)?.0,
        password_tag: row.get(4)?,
        history: row.get::<_, Sql<_>>(5)?.0,
        retention: row.get::<_, Sql<_>>(6)?.0,
        founder: row.get::<_, Option<Sql<_>>>(8)?.map(|id| id.0),
        listed: row.get(18)?,
        archived: row.get(19)?,
        topic: row.get(20)?,
        slow_mode_ms: count(row, 21)?,
        moderated: row.get(22)?,
        open_topic: row.get(23)?,
        limit: count(row, 24)?,
        topic_by: row.get::<_, Option<Sql<_>>>(25)?.map(|id| id.0),
        topic_at: row.get::<_, Option<Sql<_>>>(26)?.map(|at| at.0),
        outside: row.get(27)?,
        quiet_guests: row.get(28)?,
        quiet_machines: row.get(29)?,
        counts: counts(row, 11)?,
        created_at: row.get::<_, Sql<_>>(7)?.0,
    })
}

/// Of the columns id, first, seq, messages, `last_at`, rules, members of a log, the first of them at
/// `from`.
pub(super) fn counts(row: &Row<'_>, from: usize) -> Result<RoomCounts> {
    Ok(RoomCounts {
        log: row.get::<_, Sql<_>>(from)?.0,
        first: count(row, from + 1)?,
        seq: count(row, from + 2)?,
        messages: count(row, from + 3)?,
        last_at: row.get::<_, Sql<_>>(from + 4)?.0,
        rules: count(row, from + 5)?,
        members: count(row, from + 6)?,
    })
}

/// Of the columns id, account's id, client, address, `created_at`, `seen_at`.
pub(super) fn session(row: &Row<'_>) -> Result<SessionRow> {
    Ok(SessionRow {
        id: row.get::<_, Sql<_>>(0)?.0,
        account: row.get::<_, Sql<_>>(1)?.0,
        client: row.get(2)?,
        address: row.get(3)?,
        created_at: row.get::<_, Sql<_>>(4)?.0,
        seen_at: row.get::<_, Sql<_>>(5)?.0,
    })
}

/// Of the columns id, account's id, label, scope, `created_at`, `used_at`.
pub(super) fn token(row: &Row<'_>) -> Result<TokenRow> {
    Ok(TokenRow {
        id: row.get::<_, Sql<_>>(0)?.0,
        account: row.get::<_, Sql<_>>(1)?.0,
        label: row.get(2)?,
        scope: row.get::<_, Sql<_>>(3)?.0,
        created_at: row.get::<_, Sql<_>>(4)?.0,
        used_at: row.get::<_, Option<Sql<_>>>(5)?.map(|at| at.0),
    })
}

/// Of the columns registration, inviters, `plain_passwords`, `access_code_tag`, `owner_code`,
/// `owner_code_until`, credits, `vip_price`, `watch_open_rooms`, guests.
pub(super) fn settings(row: &Row<'_>) -> Result<Settings> {
    let code: Option<[u8; 32]> = row.get(4)?;
    let until: Option<Sql<Timestamp>> = row.get(5)?;
    Ok(Settings {
        rules: ServerRules {
            registration: row.get::<_, Sql<_>>(0)?.0,
            inviters: row.get::<_, Sql<_>>(1)?.0,
            plain_passwords: row.get(2)?,
            credits: CreditRules {
                on: row.get(6)?,
                vip_price: count(row, 7)?,
            },
            guests: row.get::<_, Sql<_>>(9)?.0,
        },
        access_code_tag: row.get(3)?,
        owner_code: code.zip(until.map(|at| at.0)),
        watch_open_rooms: row.get(8)?,
    })
}
