//! Reading logs: ranges of them within a grant, the target of an edit, the use of a key.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, RoomId, Timestamp};
use snug_rules::{Content, ReadGrant, Target, TargetKind};

use crate::{
    KeyUse, MAX_PAGE_BYTES, Range, StoreError, StoredEvent,
    sqlite::{
        log::{self, NEWEST},
        rows::{self, Sql, count, event_kind, int},
    },
};

/// The columns of an event, up to its words and after them.
const EVENT: &str = "SELECT e.seq, e.at, e.messages, a.id, e.kind, e.of, CASE e.kind WHEN 11 THEN ";
/// See [`EVENT`].
const EVENTS: &str = " ELSE e.body END, s.id, e.mentions, e.manner \
     FROM event e JOIN account a ON a.no = e.actor LEFT JOIN account s ON s.no = e.subject WHERE e.room = ?1 AND e.seq BETWEEN ?2 AND ?3 ";

pub(in crate::sqlite) fn events(
    connection: &Connection,
    grant: &ReadGrant,
    range: Range,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let head: Option<(i64, u64, u64)> = connection
        .prepare_cached(
            "SELECT l.room, l.first, l.seq FROM room r JOIN log l ON l.room = r.no WHERE r.id = ?1",
        )?
        .query_row([Sql(&grant.room())], |row| {
            Ok((row.get(0)?, count(row, 1)?, count(row, 2)?))
        })
        .optional()?;
    let Some((room, first, seq)) = head else {
        return Ok(Vec::new());
    };
    let (lowest, highest) = (grant.from().max(first), grant.to().min(seq));
    let (from, to, order) = match range {
        Range::After(seq) => (lowest.max(seq.saturating_add(1)), highest, "ORDER BY e.seq"),
        Range::Since(at) => {
            let from = first_since(connection, room, (lowest, highest), at)?;
            (from, highest, "ORDER BY e.seq")
        }
        Range::Before(0) => return Ok(Vec::new()),
        Range::Before(seq) => (lowest, highest.min(seq - 1), "ORDER BY e.seq DESC"),
    };
    let mut found = connection
        .prepare_cached(&format!("{EVENT}{NEWEST}{EVENTS}{order} LIMIT ?4"))?
        .query_map(params![room, int(from), int(to), limit], rows::event)?
        .scan(0, within_budget)
        .collect::<Result<Vec<_>, _>>()?;
    if matches!(range, Range::Before(_)) {
        found.reverse();
    }
    for event in &mut found {
        blank_if_pruned(&mut event.content, first);
    }
    Ok(found)
}

/// An edit of a message that is no longer kept says as much as the message: nothing, also before the job
/// that blanks what was pruned has come to it.
fn blank_if_pruned(content: &mut Content, first: u64) {
    if let Content::Edited { of, body, deleted } | Content::Restored { of, body, deleted } = content
        && *of < first
    {
        body.clear();
        *deleted = true;
    }
}

/// Ends a page whose words are more than anybody can be sent at once; its first event always fits.
fn within_budget(
    bytes: &mut usize,
    event: rusqlite::Result<StoredEvent>,
) -> Option<rusqlite::Result<StoredEvent>> {
    if *bytes > MAX_PAGE_BYTES {
        return None;
    }
    if let Ok(StoredEvent {
        content:
            Content::Message { body, .. }
            | Content::Edited { body, .. }
            | Content::Restored { body, .. },
        ..
    }) = &event
    {
        *bytes += body.len();
    }
    Some(event)
}

/// The first event at or after a time. Time in a log never runs back (DECISIONS 3) and numbers have
/// no gaps, so halving finds it without an index by time.
pub(in crate::sqlite) fn first_since(
    connection: &Connection,
    room: i64,
    (mut low, highest): (u64, u64),
    at: Timestamp,
) -> Result<u64, StoreError> {
    let mut select =
        connection.prepare_cached("SELECT at FROM event WHERE room = ?1 AND seq = ?2")?;
    let mut high = highest.saturating_add(1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<Sql<Timestamp>> = select
            .query_row(params![room, int(middle)], |row| row.get(0))
            .optional()?;
        // A room that keeps no events has none to find.
        if found.is_some_and(|found| found.0 < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

pub(in crate::sqlite) fn target(
    connection: &Connection,
    room: &RoomId,
    seq: u64,
) -> Result<Option<Target>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT a.id, e.kind FROM room r JOIN event e ON e.room = r.no AND e.seq = ?2 \
             JOIN account a ON a.no = e.actor WHERE r.id = ?1",
        )?
        .query_row(params![Sql(room), int(seq)], |row| {
            Ok(Target {
                seq,
                author: row.get::<_, Sql<_>>(0)?.0,
                kind: match row.get(1)? {
                    event_kind::MESSAGE => TargetKind::Message,
                    event_kind::BLANK_MESSAGE => TargetKind::DeletedMessage,
                    event_kind::PURGED_MESSAGE => TargetKind::Purged,
                    _ => TargetKind::Other,
                },
            })
        })
        .optional()?;
    Ok(found)
}

pub(in crate::sqlite) fn key_use(
    connection: &Connection,
    account: &AccountId,
    key: &str,
) -> Result<Option<KeyUse>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT k.digest, coalesce(r.id, zeroblob(16)), k.seq, k.at FROM account a \
             JOIN retry_key k ON k.account = a.no AND k.key = ?2 \
             LEFT JOIN room r ON r.no = k.room LEFT JOIN log l ON l.room = k.room \
             WHERE a.id = ?1 AND (k.room = 0 OR l.life = k.life)",
        )?
        .query_row(params![Sql(account), key], log::key_use)
        .optional()?;
    Ok(found)
}
