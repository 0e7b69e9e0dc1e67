//! Mentions, reactions and quotes.

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, limits::MAX_REACTIONS};
use snug_rules::{ReadGrant, excerpt};

use super::{
    people::account_no,
    reader::SqliteReader,
    rows::{Sql, count, event_kind, int},
};
use crate::{QuoteRow, StoreError, TalkReading};

/// As much of a message as an excerpt can begin with, in characters; runs of white space count less.
const READ_CHARS: u32 = 1000;

/// What became of a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reacting {
    /// It is to be appended.
    New,
    /// It stands there since this event.
    Already(u64),
    /// The message has as many different ones as it may have.
    TooMany,
}

/// Whom a message mentions, as its column holds it.
pub(super) fn to_column(mentions: &[AccountId]) -> Option<Vec<u8>> {
    if mentions.is_empty() {
        return None;
    }
    let bytes = mentions.iter().flat_map(AccountId::bytes).copied();
    Some(bytes.collect())
}

/// Whom a message mentions, from its column.
pub(super) fn from_column(column: Option<&[u8]>) -> Vec<AccountId> {
    let ids = column.unwrap_or_default().as_chunks::<16>().0;
    ids.iter().copied().map(AccountId::from_bytes).collect()
}

/// Details as compact JSON. Writing fails for maps with keys that are no strings, of which there are none.
pub(super) fn to_json<T: serde::Serialize>(details: &T) -> Option<String> {
    serde_json::to_string(details).ok()
}

/// Notes whom a message mentions, so that it is counted.
pub(super) fn mention(
    connection: &Connection,
    room: i64,
    seq: u64,
    mentions: &[AccountId],
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO mention (account, room, seq) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?;
    for account in mentions {
        insert.execute(params![account_no(connection, account)?, room, int(seq)])?;
    }
    Ok(())
}

/// A message was taken back: it mentions nobody, and nothing stands on it.
pub(super) fn forget(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    unmention(connection, room, seq)?;
    connection
        .prepare_cached("DELETE FROM reaction WHERE room = ?1 AND of = ?2")?
        .execute(params![room, int(seq)])?;
    Ok(())
}

/// Nobody is mentioned by this message any more.
pub(super) fn unmention(connection: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM mention WHERE room = ?1 AND seq = ?2")?
        .execute(params![room, int(seq)])?;
    Ok(())
}

/// Undoes that, by what the message itself keeps of it.
pub(super) fn mention_again(
    connection: &Connection,
    room: i64,
    seq: u64,
) -> Result<(), StoreError> {
    let kept: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT mentions FROM event WHERE room = ?1 AND seq = ?2")?
        .query_row(params![room, int(seq)], |row| row.get(0))
        .optional()?;
    let mentions = from_column(kept.flatten().as_deref());
    if mentions.is_empty() {
        return Ok(());
    }
    mention(connection, room, seq, &mentions)
}

/// Puts a reaction where there is none of the kind by this account.
pub(super) fn react(
    connection: &Connection,
    (room, of): (i64, u64),
    account: i64,
    emoji: &str,
    seq: u64,
) -> Result<Reacting, StoreError> {
    let had: Option<u64> = connection
        .prepare_cached(
            "SELECT seq FROM reaction WHERE room = ?1 AND of = ?2 AND emoji = ?3 AND account = ?4",
        )?
        .query_row(params![room, int(of), emoji, account], |row| count(row, 0))
        .optional()?;
    if let Some(had) = had {
        return Ok(Reacting::Already(had));
    }
    if !is_there(connection, room, of, emoji)? && kinds(connection, room, of)? >= MAX_REACTIONS {
        return Ok(Reacting::TooMany);
    }
    connection
        .prepare_cached(
            "INSERT INTO reaction (room, of, emoji, account, seq) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![room, int(of), emoji, account, int(seq)])?;
    Ok(Reacting::New)
}

/// Takes a reaction away; false if there was none.
pub(super) fn unreact(
    connection: &Connection,
    (room, of): (i64, u64),
    account: i64,
    emoji: &str,
) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM reaction WHERE room = ?1 AND of = ?2 AND emoji = ?3 AND account = ?4",
        )?
        .execute(params![room, int(of), emoji, account])?;
    Ok(removed == 1)
}

fn is_there(connection: &Connection, room: i64, of: u64, emoji: &str) -> Result<bool, StoreError> {
    let found = connection
        .prepare_cached("SELECT 1 FROM reaction WHERE room = ?1 AND of = ?2 AND emoji = ?3")?
        .exists(params![room, int(of), emoji])?;
    Ok(found)
}

/// How many different reactions a message has: a step for each, however many people put it there.
fn kinds(connection: &Connection, room: i64, of: u64) -> Result<usize, StoreError> {
    let mut next = connection.prepare_cached(
        "SELECT emoji FROM reaction WHERE room = ?1 AND of = ?2 AND emoji > ?3 \
         ORDER BY emoji LIMIT 1",
    )?;
    let (mut kinds, mut last) = (0, String::new());
    while kinds < MAX_REACTIONS {
        let found: Option<String> = next
            .query_row(params![room, int(of), last], |row| row.get(0))
            .optional()?;
        let Some(found) = found else { break };
        last = found;
        kinds += 1;
    }
    Ok(kinds)
}

impl TalkReading for SqliteReader {
    fn quotes(&mut self, grant: &ReadGrant, seqs: &[u64]) -> Result<Vec<QuoteRow>, StoreError> {
        self.run(|connection| quotes(connection, grant, seqs))
    }
}

fn quotes(
    connection: &Connection,
    grant: &ReadGrant,
    seqs: &[u64],
) -> Result<Vec<QuoteRow>, StoreError> {
    let log: Option<(i64, u64)> = connection
        .prepare_cached(
            "SELECT l.room, l.first FROM room r JOIN log l ON l.room = r.no WHERE r.id = ?1",
        )?
        .query_row([Sql(&grant.room())], |row| {
            Ok((row.get(0)?, count(row, 1)?))
        })
        .optional()?;
    let Some((room, first)) = log else {
        return Ok(Vec::new());
    };
    let mut message = connection.prepare_cached(&format!(
        "SELECT a.id, substr(e.body, 1, {READ_CHARS}) FROM event e \
         JOIN account a ON a.no = e.actor WHERE e.room = ?1 AND e.seq = ?2 AND e.kind = {}",
        event_kind::MESSAGE
    ))?;
    // Spelled so that the index of edits serves.
    let mut edit = connection.prepare_cached(&format!(
        "SELECT substr(body, 1, {READ_CHARS}) FROM event \
         WHERE room = ?1 AND of = ?2 AND kind = {} ORDER BY seq DESC LIMIT 1",
        event_kind::EDITED
    ))?;
    let mut quotes = Vec::new();
    for seq in seqs {
        if !(grant.from().max(first)..=grant.to()).contains(seq) {
            continue;
        }
        let found: Option<(Sql<AccountId>, String)> = message
            .query_row(params![room, int(*seq)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((author, words)) = found else {
            continue;
        };
        let newer: Option<String> = edit
            .query_row(params![room, int(*seq)], |row| row.get(0))
            .optional()?;
        quotes.push(QuoteRow {
            seq: *seq,
            author: author.0,
            excerpt: excerpt(&newer.unwrap_or(words)),
        });
    }
    Ok(quotes)
}
