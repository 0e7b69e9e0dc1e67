//! Finding: in the index, room by room or many rooms in one walk, newest first; then in what the index
//! does not have yet.

use std::{
    cell::Cell,
    cmp::Reverse,
    collections::HashSet,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension, params};
use snug_proto::{AccountId, LogId, RoomId, RoomRole, Timestamp};
use snug_rules::{Member, ReadGrant, RoomKind, Standing};

use super::{
    document, index, seq_of, text,
    walk::{MANY_ROOMS, Walked},
};
use crate::{
    Point, SearchHit, Searched, StoreError, Wanted,
    sqlite::{
        reads::events::first_since,
        rows::{Sql, count, event_kind, int, room_kind},
    },
};

/// A search that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(2);
/// Messages of one log that are looked through without the index: the newest of those it does not
/// have. It lags by a second; this is what a busy room says in one.
const MOST_FRESH: u32 = 2000;
/// Messages whose author the log is asked for in one search: some 40 ms.
const MOST_LOOKED_AT: u32 = if cfg!(test) { 60 } else { 20_000 };

/// See [`crate::Searching::standings`].
pub(in crate::sqlite) fn standings(
    connection: &Connection,
    account: &AccountId,
    most: u32,
) -> Result<Vec<Standing>, StoreError> {
    let found = connection
        .prepare_cached(
            "WITH me AS (SELECT no FROM account WHERE id = ?1), \
             mine (room, joined) AS ( \
             SELECT r.no, NULL FROM room r, me WHERE r.kind = 1 \
             UNION ALL SELECT m.room, m.joined FROM member m JOIN me ON m.account = me.no \
             UNION SELECT r.no, NULL FROM room r JOIN me ON r.one = me.no \
             UNION SELECT r.no, NULL FROM room r JOIN me ON r.other = me.no) \
             SELECT r.id, r.kind, one.id, other.id, r.history, mine.joined FROM mine \
             JOIN room r ON r.no = mine.room JOIN log l ON l.room = r.no \
             LEFT JOIN account one ON one.no = r.one LEFT JOIN account other ON other.no = r.other \
             WHERE r.retention <> 2 ORDER BY l.last_at DESC, r.no DESC LIMIT ?2",
        )?
        .query_map(params![Sql(account), most], |row| {
            let joined: Option<i64> = row.get(5)?;
            let kind = match row.get(1)? {
                room_kind::LOBBY => RoomKind::Lobby,
                room_kind::DIRECT => {
                    RoomKind::Direct(row.get::<_, Sql<_>>(2)?.0, row.get::<_, Sql<_>>(3)?.0)
                }
                _ => RoomKind::Ordinary,
            };
            Ok(Standing {
                room: row.get::<_, Sql<_>>(0)?.0,
                kind,
                history: row.get::<_, Sql<_>>(4)?.0,
                member: joined.map(|joined| Member {
                    joined: u64::try_from(joined).ok(),
                    role: RoomRole::Member,
                }),
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// See [`crate::Searching::search`]. `index` is none while there is no index.
pub(in crate::sqlite) fn search(
    main: &Connection,
    index: Option<&Connection>,
    grants: &[ReadGrant],
    wanted: &Wanted,
) -> Result<Searched, StoreError> {
    let by = match &wanted.from {
        None => None,
        Some(account) => match number_of(main, account)? {
            Some(number) => Some(number),
            None => return Ok(Searched::Found(Vec::new())),
        },
    };
    let scratch = Connection::open_in_memory()?;
    scratch.execute_batch(index::FRESH)?;
    let mut search = Search {
        main,
        index,
        scratch,
        question: text::question(&wanted.terms, by),
        by,
        common: None,
        looked_at: Cell::new(0),
        past: past(main, wanted)?,
        wanted,
        until: Instant::now() + PATIENCE,
        hits: Vec::new(),
    };
    if grants.len() >= MANY_ROOMS {
        return search.many(grants);
    }
    for grant in grants {
        if search.is_out_of_patience() {
            return Ok(Searched::TooBroad);
        }
        if let Some(room) = search.place(grant)? {
            search.room(room, None)?;
        }
    }
    search.mark_words().map(Searched::Found)
}

fn number_of(main: &Connection, account: &AccountId) -> Result<Option<i64>, StoreError> {
    let found = main
        .prepare_cached("SELECT no FROM account WHERE id = ?1")?
        .query_row([Sql(account)], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// The room's number of the point to go on from.
fn past(main: &Connection, wanted: &Wanted) -> Result<Option<(Timestamp, i64, u64)>, StoreError> {
    let Some(point) = wanted.past else {
        return Ok(None);
    };
    let room: Option<i64> = main
        .prepare_cached("SELECT no FROM room WHERE id = ?1")?
        .query_row([Sql(&point.room)], |row| row.get(0))
        .optional()?;
    Ok(Some((point.at, room.unwrap_or_default(), point.seq)))
}

pub(super) struct Search<'a> {
    main: &'a Connection,
    pub(super) index: Option<&'a Connection>,
    /// What is not in the index is put here for as long as a room is searched.
    scratch: Connection,
    pub(super) question: String,
    /// The number of the author who is wanted.
    by: Option<i64>,
    /// The question without the author, while the log is asked who said what is found (see
    /// [`Search::ask_for_words`]).
    common: Option<String>,
    /// Messages that the log was asked about for that.
    looked_at: Cell<u32>,
    past: Option<(Timestamp, i64, u64)>,
    pub(super) wanted: &'a Wanted,
    until: Instant,
    /// The newest so far, newest first, with their rooms' numbers.
    hits: Vec<(i64, SearchHit)>,
}

/// A room as it is searched.
pub(super) struct Place {
    id: RoomId,
    pub(super) no: i64,
    log: LogId,
    head: u64,
    /// When its newest event happened.
    last_at: Timestamp,
    /// The numbers that may be hits.
    pub(super) lowest: u64,
    pub(super) highest: u64,
    /// How far the index has it.
    pub(super) indexed: u64,
}

impl Search<'_> {
    /// Looks through many rooms, in which something happened last first: in one walk through the index if
    /// that is short, else room by room, as far as they may have newer hits than those that were found.
    fn many(mut self, grants: &[ReadGrant]) -> Result<Searched, StoreError> {
        let mut rooms = Vec::with_capacity(grants.len());
        for grant in grants {
            rooms.extend(self.place(grant)?);
        }
        let walked = self.walk(&mut rooms)?;
        if walked.is_none() && self.by.is_some() && !self.wanted.terms.is_empty() {
            self.common = Some(text::question(&self.wanted.terms, None));
        }
        for room in rooms {
            if self.is_out_of_patience() {
                return Ok(Searched::TooBroad);
            }
            self.room(room, walked.as_ref())?;
        }
        self.mark_words().map(Searched::Found)
    }

    pub(super) fn is_out_of_patience(&self) -> bool {
        self.until <= Instant::now()
    }

    /// Looks through a room, of which the index was asked already or not.
    fn room(&mut self, mut room: Place, walked: Option<&Walked>) -> Result<(), StoreError> {
        // Its newest event is older than all that are kept.
        if self.is_older_than_kept((room.last_at, room.no, room.head)) {
            return Ok(());
        }
        let documents = match walked {
            Some(walked) => walked.of(room.no).to_vec(),
            None => self.ask_index(&mut room)?,
        };
        let fresh = self.fresh(&room)?;
        let mut found = Vec::new();
        for seq in documents {
            if fresh.touched.contains(&seq) {
                continue;
            }
            if found.len() >= self.limit() {
                break;
            }
            match self.hit(&room, seq)? {
                // Older than all that are wanted, and so is what follows.
                Some(hit) if self.is_older_than_kept((hit.point.at, room.no, seq)) => break,
                Some(hit) => found.push(hit),
                None => {}
            }
        }
        for seq in fresh.matching {
            found.extend(self.hit(&room, seq)?);
        }
        self.hits
            .extend(found.into_iter().map(|hit| (room.no, hit)));
        self.hits
            .sort_by_key(|(no, hit)| Reverse((hit.point.at, *no, hit.point.seq)));
        self.hits.truncate(self.limit());
        Ok(())
    }

    fn limit(&self) -> usize {
        usize::try_from(self.wanted.limit).unwrap_or(usize::MAX)
    }

    /// The oldest of the hits that are kept, once there are as many as are wanted: its time, its room's
    /// number, its own.
    fn oldest_kept(&self) -> Option<(Timestamp, i64, u64)> {
        let full = self.hits.len() >= self.limit();
        self.hits
            .last()
            .filter(|_| full)
            .map(|(no, hit)| (hit.point.at, *no, hit.point.seq))
    }

    fn is_older_than_kept(&self, of: (Timestamp, i64, u64)) -> bool {
        self.oldest_kept().is_some_and(|oldest| of < oldest)
    }

    /// A room with its numbers that may be hits; `None` if there are none.
    fn place(&self, grant: &ReadGrant) -> Result<Option<Place>, StoreError> {
        let found = self
            .main
            .prepare_cached(
                "SELECT l.room, l.id, l.first, l.seq, l.last_at FROM room r \
                 JOIN log l ON l.room = r.no WHERE r.id = ?1 AND r.retention <> 2",
            )?
            .query_row([Sql(&grant.room())], |row| {
                let at: Timestamp = row.get::<_, Sql<_>>(4)?.0;
                let log: LogId = row.get::<_, Sql<_>>(1)?.0;
                Ok((row.get(0)?, log, count(row, 2)?, count(row, 3)?, at))
            })
            .optional()?;
        let Some((no, log, first, head, last_at)) = found else {
            return Ok(None);
        };
        let mut lowest = grant.from().max(first);
        let mut highest = grant.to().min(head);
        let since = |at| first_since(self.main, no, (first, head), at);
        if let Some(after) = self.wanted.after {
            lowest = lowest.max(since(after)?);
        }
        if let Some(before) = self.wanted.before {
            highest = highest.min(since(before)?.saturating_sub(1));
        }
        if let Some((at, room, seq)) = self.past {
            let end = match no.cmp(&room) {
                std::cmp::Ordering::Equal => seq,
                // Of those of the same moment, the rooms of higher numbers came before.
                std::cmp::Ordering::Greater => since(at)?,
                std::cmp::Ordering::Less => since(at.plus_ms(1))?,
            };
            highest = highest.min(end.saturating_sub(1));
        }
        Ok((lowest <= highest).then_some(Place {
            id: grant.room(),
            no,
            log,
            head,
            last_at,
            lowest,
            highest,
            indexed: 0,
        }))
    }

    /// The newest messages of the range that the index knows to match, newest first. Notes how far the
    /// index has the log, as of the same moment.
    fn ask_index(&self, room: &mut Place) -> Result<Vec<u64>, StoreError> {
        let Some(index) = self.index else {
            return Ok(Vec::new());
        };
        index.prepare_cached("SAVEPOINT look")?.execute([])?;
        let found = self.ask(index, room);
        index.prepare_cached("RELEASE look")?.execute([])?;
        found
    }

    fn ask(&self, index: &Connection, room: &mut Place) -> Result<Vec<u64>, StoreError> {
        Self::note_indexed(index, room)?;
        let (Some(from), Some(to)) = (
            document(room.no, room.lowest),
            document(room.no, room.highest.min(room.indexed)),
        ) else {
            return Ok(Vec::new());
        };
        // Some of them may have been edited or deleted since; the page is full without those.
        let most = self
            .limit()
            .saturating_add(usize::try_from(MOST_FRESH).unwrap_or(0));
        let most = if room.indexed < room.head {
            most
        } else {
            self.limit()
        };
        if let Some(common) = &self.common
            && let Some(found) = self.ask_for_words(index, (common, from, to), room, most)?
        {
            return Ok(found);
        }
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = index
            .prepare_cached(
                "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
                 ORDER BY rowid DESC LIMIT ?4",
            )?
            .query_map(params![self.question, from, to, most], |row| row.get(0))?
            .map(|document| document.map(seq_of))
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Notes how far the index has a room's log; 0 if it has another one in its place.
    pub(super) fn note_indexed(index: &Connection, room: &mut Place) -> Result<(), StoreError> {
        let place: Option<(Sql<LogId>, i64)> = index
            .prepare_cached("SELECT log, seq FROM place WHERE room = ?1")?
            .query_row([room.no], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        room.indexed = place
            .filter(|(log, _)| log.0 == room.log)
            .and_then(|(_, seq)| u64::try_from(seq).ok())
            .unwrap_or(0);
        Ok(())
    }

    /// What [`Search::ask`] finds, where words and author are both common: whoever said much is named by a
    /// list of many pages, which each room's question would walk through from its end. Here the log says
    /// who said what, message by message; `None` once it was asked about too many.
    fn ask_for_words(
        &self,
        index: &Connection,
        (question, from, to): (&str, i64, i64),
        room: &Place,
        most: usize,
    ) -> Result<Option<Vec<u64>>, StoreError> {
        let mut said = self
            .main
            .prepare_cached("SELECT actor, at FROM event WHERE room = ?1 AND seq = ?2")?;
        let mut words = index.prepare_cached(
            "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 \
             ORDER BY rowid DESC",
        )?;
        let mut rows = words.query(params![question, from, to])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            if self.looked_at.get() >= MOST_LOOKED_AT {
                return Ok(None);
            }
            self.looked_at.set(self.looked_at.get() + 1);
            let seq = seq_of(row.get(0)?);
            let of: Option<(i64, Sql<Timestamp>)> = said
                .query_row(params![room.no, int(seq)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            let Some((actor, at)) = of else { continue };
            if self.is_older_than_kept((at.0, room.no, seq)) {
                break;
            }
            if Some(actor) == self.by {
                found.push(seq);
            }
            if found.len() >= most {
                break;
            }
        }
        Ok(Some(found))
    }

    /// What the index does not have of this log: which messages changed, and which of them match now.
    fn fresh(&self, room: &Place) -> Result<Fresh, StoreError> {
        let mut fresh = Fresh::default();
        if room.indexed >= room.head {
            return Ok(fresh);
        }
        let rows: Vec<(u64, Option<u64>)> = self
            .main
            .prepare_cached(
                "SELECT seq, iif(kind = ?3, NULL, of) FROM event \
                 WHERE room = ?1 AND seq > ?2 AND kind IN (?3, ?4, ?6) \
                 ORDER BY seq DESC LIMIT ?5",
            )?
            .query_map(
                params![
                    room.no,
                    int(room.indexed),
                    event_kind::MESSAGE,
                    event_kind::EDITED,
                    MOST_FRESH,
                    event_kind::RESTORED
                ],
                |row| {
                    let of: Option<i64> = row.get(1)?;
                    Ok((count(row, 0)?, of.and_then(|of| u64::try_from(of).ok())))
                },
            )?
            .collect::<Result<_, _>>()?;
        fresh.touched = rows
            .into_iter()
            .map(|(seq, of)| of.unwrap_or(seq))
            .filter(|seq| (room.lowest..=room.highest).contains(seq))
            .collect();
        self.scratch.execute_batch("BEGIN")?;
        let matching = self.match_fresh(room, &fresh.touched);
        self.scratch.execute_batch("ROLLBACK")?;
        fresh.matching = matching?;
        Ok(fresh)
    }

    fn match_fresh(&self, room: &Place, touched: &HashSet<u64>) -> Result<Vec<u64>, StoreError> {
        for seq in touched {
            if let Some((hit, actor)) = self.message(room, *seq)? {
                self.put(*seq, &hit.body, actor)?;
            }
        }
        let found = self
            .scratch
            .prepare_cached(
                "SELECT rowid FROM fresh WHERE fresh MATCH ?1 ORDER BY rowid DESC LIMIT ?2",
            )?
            .query_map(params![self.question, self.wanted.limit], |row| {
                count(row, 0)
            })?
            .collect::<Result<_, _>>()?;
        Ok(found)
    }

    fn put(&self, seq: u64, body: &str, actor: i64) -> Result<(), StoreError> {
        self.scratch
            .prepare_cached("INSERT INTO fresh (rowid, body, by) VALUES (?1, ?2, ?3)")?
            .execute(params![int(seq), text::spaced(body), text::author(actor)])?;
        Ok(())
    }

    fn hit(&self, room: &Place, seq: u64) -> Result<Option<SearchHit>, StoreError> {
        Ok(self.message(room, seq)?.map(|(hit, _)| hit))
    }

    /// A message as the log has it now, with its newest words; `None` if it has none any more.
    fn message(&self, room: &Place, seq: u64) -> Result<Option<(SearchHit, i64)>, StoreError> {
        let found = self
            .main
            .prepare_cached(
                "SELECT e.at, a.id, e.actor, e.body FROM event e JOIN account a ON a.no = e.actor \
                 WHERE e.room = ?1 AND e.seq = ?2 AND e.kind = ?3",
            )?
            .query_row(params![room.no, int(seq), event_kind::MESSAGE], |row| {
                let point = Point {
                    at: row.get::<_, Sql<_>>(0)?.0,
                    room: room.id,
                    seq,
                };
                let hit = SearchHit {
                    point,
                    actor: row.get::<_, Sql<_>>(1)?.0,
                    body: row.get(3)?,
                    edited: false,
                    marks: Vec::new(),
                };
                Ok((hit, row.get(2)?))
            })
            .optional()?;
        let Some((mut hit, actor)) = found else {
            return Ok(None);
        };
        let newest: Option<String> = self
            .main
            .prepare_cached(
                // The kind is spelled out, so that the index of edits is taken: any other way walks the
                // whole room.
                "SELECT body FROM event WHERE room = ?1 AND of = ?2 AND kind = 5 \
                 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(params![room.no, int(seq)], |row| row.get(0))
            .optional()?;
        if let Some(newest) = newest {
            hit.body = newest;
            hit.edited = true;
        }
        Ok(Some((hit, actor)))
    }

    /// The hits with the words marked that were sought.
    fn mark_words(self) -> Result<Vec<SearchHit>, StoreError> {
        let mut hits: Vec<SearchHit> = self.hits.iter().map(|(_, hit)| hit.clone()).collect();
        for (number, hit) in (0_u64..).zip(&hits) {
            // The author's column is not marked, so nobody need stand in it.
            let by = self.author_of(&hit.actor)?;
            self.put(number, &hit.body, by)?;
        }
        let mut marked = self
            .scratch
            .prepare("SELECT rowid, highlight(fresh, 0, ?2, ?3) FROM fresh WHERE fresh MATCH ?1")?;
        let mut rows = marked.query(params![self.question, text::OPEN, text::CLOSE])?;
        while let Some(row) = rows.next()? {
            let number = usize::try_from(count(row, 0)?).unwrap_or(usize::MAX);
            let highlighted: String = row.get(1)?;
            if let Some(hit) = hits.get_mut(number) {
                hit.marks = text::marks(&highlighted);
            }
        }
        Ok(hits)
    }

    fn author_of(&self, account: &AccountId) -> Result<i64, StoreError> {
        Ok(number_of(self.main, account)?.unwrap_or_default())
    }
}

/// What the index does not have of a log.
#[derive(Default)]
struct Fresh {
    /// Messages said or changed since.
    touched: HashSet<u64>,
    /// Those of them that match.
    matching: Vec<u64>,
}
