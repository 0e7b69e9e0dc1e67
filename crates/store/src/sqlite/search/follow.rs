//! The follower: reads what the logs have and the index has not, and takes it in.
//!
//! It finds the logs that moved by the events' row ids, which grow with every append. That is a hint and
//! no more: every few seconds it compares all logs with what the index has of them, because rows that
//! were pruned may have given their ids away, and a log that was pruned or began anew shows no new row.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::LogId;

use super::{document, index::Index, text};
use crate::{
    Follower, StoreError,
    sqlite::{
        handle::Handle,
        log::NEWEST,
        rows::{Sql, count, event_kind, int},
        tidy,
    },
};

/// All logs are compared with the index at most this often, and only if something was written.
const COMPARE_EVERY: Duration = Duration::from_secs(5);
/// Rows looked at for the logs they belong to, in one turn.
const HINTS: u32 = 4096;
/// An index that had words erased is rewritten at most this often; and if that takes long, so seldom
/// that it is at work a tenth of the time.
const REWRITE_EVERY: Duration = Duration::from_secs(20);
const REWRITE_SHARE: u32 = 10;

/// Follows the logs of one database.
pub(in crate::sqlite) struct SqliteFollower {
    main: Handle,
    file: Index,
    index: Handle,
    places: HashMap<i64, Place>,
    /// Logs that the index may not have all of.
    behind: BTreeSet<i64>,
    /// The newest row seen, and the state of the database at the last comparison.
    row: i64,
    compared: Option<(Instant, i64)>,
    rewritten: Option<(Instant, Duration)>,
}

/// How far a log is in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    log: LogId,
    first: u64,
    seq: u64,
}

impl Place {
    /// Is it a place in this log? One past its end was made of a database that is gone.
    fn is_of(&self, log: &LogId, seq: u64) -> bool {
        self.log == *log && self.seq <= seq
    }
}

/// What a log has that the index has not.
struct Ahead {
    log: LogId,
    first: u64,
    seq: u64,
    events: Vec<Row>,
}

struct Row {
    seq: u64,
    actor: i64,
    what: What,
}

enum What {
    Said(String),
    Changed(u64, String),
    TakenBack(u64),
    /// Which, by whom it was said, with these words.
    Restored(u64, i64, String),
    Nothing,
}

impl SqliteFollower {
    pub(in crate::sqlite) fn new(main: Handle, file: Index) -> Result<Self, StoreError> {
        let index = file.writer()?;
        let places = places(&*index.lock()?)?;
        Ok(Self {
            main,
            file,
            index,
            places,
            behind: BTreeSet::new(),
            row: 0,
            compared: None,
            rewritten: None,
        })
    }

    /// Notes the logs that moved since the last look.
    fn look(&mut self) -> Result<(), StoreError> {
        let main = self.main.lock()?;
        let state = main.pragma_query_value(None, "data_version", |row| row.get(0))?;
        // A database in memory has one connection, whose own commits do not show.
        let shared = matches!(self.main, Handle::Shared(_));
        let due = self.compared.is_none_or(|(at, before)| {
            (before != state && at.elapsed() >= COMPARE_EVERY) || shared
        });
        if due {
            self.row = main.query_row("SELECT coalesce(max(rowid), 0) FROM event", [], |row| {
                row.get(0)
            })?;
            let heads = heads(&main)?;
            drop(main);
            for (room, log, first, seq) in &heads {
                let head = Place {
                    log: *log,
                    first: *first,
                    seq: *seq,
                };
                if self.places.get(room) != Some(&head) {
                    self.behind.insert(*room);
                }
            }
            let kept: BTreeSet<i64> = heads.iter().map(|head| head.0).collect();
            let gone = self.places.keys().filter(|room| !kept.contains(*room));
            self.behind.extend(gone.copied());
            self.compared = Some((Instant::now(), state));
        } else {
            let mut rows = main.prepare_cached(
                "SELECT rowid, room FROM event WHERE rowid > ?1 ORDER BY rowid LIMIT ?2",
            )?;
            let mut rows = rows.query(params![self.row, HINTS])?;
            while let Some(row) = rows.next()? {
                self.row = row.get(0)?;
                self.behind.insert(row.get(1)?);
            }
        }
        Ok(())
    }

    /// Takes in up to `most` events of a room; how many, or `None` if there is more.
    fn take_in(&mut self, room: i64, most: u32) -> Result<Taken, StoreError> {
        let place = self.places.get(&room).copied();
        let ahead = ahead(&*self.main.lock()?, room, place, most)?;
        let index = self.index.lock_to_write()?;
        index.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let done = put(&index, room, place, ahead, most);
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        index.prepare_cached(end)?.execute([])?;
        let (place, taken) = done?;
        match place {
            Some(place) => self.places.insert(room, place),
            None => self.places.remove(&room),
        };
        Ok(taken)
    }
}

#[derive(Debug, Clone, Copy)]
struct Taken {
    number: u32,
    all: bool,
}

impl Follower for SqliteFollower {
    fn follow(&mut self, most: u32) -> Result<u32, StoreError> {
        let taken = self.turn(most);
        if matches!(taken, Err(StoreError::Corrupt(_))) {
            // It is made anew from the logs the next time somebody opens it.
            self.file.remove()?;
        }
        taken
    }

    fn tidy(&mut self) -> Result<(), StoreError> {
        self.rewrite()
    }
}

impl SqliteFollower {
    fn turn(&mut self, most: u32) -> Result<u32, StoreError> {
        if self.behind.is_empty() {
            self.look()?;
        }
        let mut left = most;
        while left > 0
            && let Some(room) = self.behind.first().copied()
        {
            let taken = self.take_in(room, left)?;
            left = left.saturating_sub(taken.number);
            if taken.all {
                self.behind.remove(&room);
            }
        }
        Ok(most - left)
    }

    fn rewrite(&mut self) -> Result<(), StoreError> {
        let resting = self.rewritten.is_some_and(|(at, took)| {
            at.elapsed() < REWRITE_EVERY.max(took.saturating_mul(REWRITE_SHARE))
        });
        if resting || matches!(self.index, Handle::Shared(_)) {
            return Ok(());
        }
        let index = self.index.lock_to_write()?;
        let erased: bool = index.query_row("SELECT erased FROM state", [], |row| row.get(0))?;
        if !erased {
            return Ok(());
        }
        let began = Instant::now();
        // Rows that shrink leave copies of what stood beside them in their pages, which nothing but
        // laying out all pages anew takes away (see `log::blank`).
        index.execute_batch("VACUUM")?;
        tidy::empty_log(&index)?;
        index.execute("UPDATE state SET erased = 0", [])?;
        self.rewritten = Some((began, began.elapsed()));
        Ok(())
    }
}

impl Drop for SqliteFollower {
    fn drop(&mut self) {
        if let Handle::Own(index) = &self.index {
            let _stays = tidy::empty_log(index);
        }
    }
}

fn places(index: &Connection) -> Result<HashMap<i64, Place>, StoreError> {
    let found = index
        .prepare("SELECT room, log, first, seq FROM place")?
        .query_map([], |row| {
            let place = Place {
                log: row.get::<_, Sql<_>>(1)?.0,
                first: count(row, 2)?,
                seq: count(row, 3)?,
            };
            Ok((row.get(0)?, place))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// Room, log, first and newest number of every log that keeps events.
fn heads(main: &Connection) -> Result<Vec<(i64, LogId, u64, u64)>, StoreError> {
    let found = main
        .prepare_cached(
            "SELECT l.room, l.id, l.first, l.seq FROM log l JOIN room r ON r.no = l.room \
             WHERE r.retention <> 2",
        )?
        .query_map([], |row| {
            let log = row.get::<_, Sql<_>>(1)?.0;
            Ok((row.get(0)?, log, count(row, 2)?, count(row, 3)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// What a log has after its place in the index, up to `most` events; `None` if there is no such log any
/// more, or it keeps no events.
fn ahead(
    main: &Connection,
    room: i64,
    place: Option<Place>,
    most: u32,
) -> Result<Option<Ahead>, StoreError> {
    // One statement sees one state of the database; two would not.
    main.prepare_cached("SAVEPOINT look")?.execute([])?;
    let found = ahead_now(main, room, place, most);
    main.prepare_cached("RELEASE look")?.execute([])?;
    found
}

fn ahead_now(
    main: &Connection,
    room: i64,
    place: Option<Place>,
    most: u32,
) -> Result<Option<Ahead>, StoreError> {
    let head = main
        .prepare_cached(
            "SELECT l.id, l.first, l.seq FROM log l JOIN room r ON r.no = l.room \
             WHERE l.room = ?1 AND r.retention <> 2",
        )?
        .query_row([room], |row| {
            Ok((
                row.get::<_, Sql<LogId>>(0)?.0,
                count(row, 1)?,
                count(row, 2)?,
            ))
        })
        .optional()?;
    let Some((log, first, seq)) = head else {
        return Ok(None);
    };
    let after = place
        .filter(|place| place.is_of(&log, seq))
        .map_or(0, |place| place.seq)
        // Rows before the beginning are out of sight, and wait to be blanked.
        .max(first.saturating_sub(1));
    let events = main
        .prepare_cached(
            &format!("SELECT e.seq, e.actor, e.kind, e.of, CASE e.kind WHEN 11 THEN {NEWEST} ELSE e.body END, \
             CASE e.kind WHEN 11 THEN (SELECT actor FROM event m WHERE m.room = e.room AND m.seq = e.of) END \
             FROM event e WHERE e.room = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT ?3"),
        )?
        .query_map(params![room, int(after), most], |row| {
            let what = match row.get(2)? {
                event_kind::MESSAGE => What::Said(row.get(4)?),
                event_kind::EDITED => What::Changed(count(row, 3)?, row.get(4)?),
                event_kind::DELETED => What::TakenBack(count(row, 3)?),
                event_kind::RESTORED => {
                    let words: Option<String> = row.get(4)?;
                    match words {
                        Some(words) => What::Restored(count(row, 3)?, row.get(5)?, words),
                        None => What::Nothing,
                    }
                }
                _ => What::Nothing,
            };
            Ok(Row {
                seq: count(row, 0)?,
                actor: row.get(1)?,
                what,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Some(Ahead {
        log,
        first,
        seq,
        events,
    }))
}

/// Brings one log's part of the index up, by up to `most` messages in and out.
fn put(
    index: &Connection,
    room: i64,
    place: Option<Place>,
    ahead: Option<Ahead>,
    most: u32,
) -> Result<(Option<Place>, Taken), StoreError> {
    let Some(ahead) = ahead else {
        // The room is gone, or keeps nothing any more.
        let erased = erase(index, room, (0, u64::MAX), most)?;
        if erased == most {
            return Ok((
                place,
                Taken {
                    number: erased,
                    all: false,
                },
            ));
        }
        index
            .prepare_cached("DELETE FROM place WHERE room = ?1")?
            .execute([room])?;
        return Ok((
            None,
            Taken {
                number: erased,
                all: true,
            },
        ));
    };
    let known = place.filter(|place| place.is_of(&ahead.log, ahead.seq));
    // What was pruned, or all that a log of another life left here.
    let stale = match (known, place) {
        (Some(known), _) if known.first < ahead.first => Some((known.first, ahead.first)),
        (None, Some(_)) => Some((0, u64::MAX)),
        _ => None,
    };
    if let Some(stale) = stale {
        let erased = erase(index, room, stale, most)?;
        if erased == most {
            return Ok((
                place,
                Taken {
                    number: erased,
                    all: false,
                },
            ));
        }
    }
    let mut taken = 0;
    let mut seq = known.map_or(0, |place| place.seq);
    for event in &ahead.events {
        put_one(index, room, ahead.first, event)?;
        seq = event.seq;
        taken += 1;
    }
    let all = taken < most;
    if all {
        // Numbers without an event were pruned.
        seq = ahead.seq;
    }
    let place = Place {
        log: ahead.log,
        first: ahead.first,
        seq,
    };
    index
        .prepare_cached("REPLACE INTO place (room, log, first, seq) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            room,
            Sql(&place.log),
            int(place.first),
            int(place.seq)
        ])?;
    Ok((Some(place), Taken { number: taken, all }))
}

fn put_one(index: &Connection, room: i64, first: u64, event: &Row) -> Result<(), StoreError> {
    match &event.what {
        What::Said(body) => put_words(index, document(room, event.seq), body, event.actor)?,
        What::Restored(of, author, body) if *of >= first => {
            put_words(index, document(room, *of), body, *author)?;
        }
        What::Changed(of, body) if *of >= first => {
            if let Some(document) = document(room, *of) {
                let changed = index
                    .prepare_cached("UPDATE words SET body = ?2 WHERE rowid = ?1")?
                    .execute(params![document, text::spaced(body)])?;
                // The words before stand in the log still, but here they need not.
                if changed > 0 {
                    note_erased(index)?;
                }
            }
        }
        What::TakenBack(of) => erase_one(index, room, *of)?,
        What::Changed(..) | What::Restored(..) | What::Nothing => {}
    }
    Ok(())
}

fn put_words(
    index: &Connection,
    document: Option<i64>,
    body: &str,
    author: i64,
) -> Result<(), StoreError> {
    let Some(document) = document else {
        return Ok(());
    };
    // It may be there, if the index outlived a copy of the database that is older than itself.
    index
        .prepare_cached("REPLACE INTO words (rowid, body, by) VALUES (?1, ?2, ?3)")?
        .execute(params![document, text::spaced(body), text::author(author)])?;
    Ok(())
}

fn erase_one(index: &Connection, room: i64, seq: u64) -> Result<(), StoreError> {
    if let Some(document) = document(room, seq) {
        let erased = index
            .prepare_cached("DELETE FROM words WHERE rowid = ?1")?
            .execute([document])?;
        if erased > 0 {
            note_erased(index)?;
        }
    }
    Ok(())
}

/// Takes the messages of a range out of the index, its end not included, at most so many. How many.
fn erase(
    index: &Connection,
    room: i64,
    (from, end): (u64, u64),
    most: u32,
) -> Result<u32, StoreError> {
    let Some(lowest) = document(room, from) else {
        return Ok(0);
    };
    let highest = end
        .checked_sub(1)
        .and_then(|last| document(room, last))
        .or_else(|| document(room + 1, 0).map(|next| next - 1))
        .unwrap_or(i64::MAX);
    let documents: Vec<i64> = index
        .prepare_cached("SELECT rowid FROM words WHERE rowid BETWEEN ?1 AND ?2 LIMIT ?3")?
        .query_map(params![lowest, highest, most], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut delete = index.prepare_cached("DELETE FROM words WHERE rowid = ?1")?;
    for document in &documents {
        delete.execute([document])?;
    }
    if !documents.is_empty() {
        note_erased(index)?;
    }
    Ok(u32::try_from(documents.len()).unwrap_or(most))
}

fn note_erased(index: &Connection) -> Result<(), StoreError> {
    index
        .prepare_cached("UPDATE state SET erased = 1 WHERE erased = 0")?
        .execute([])?;
    Ok(())
}
