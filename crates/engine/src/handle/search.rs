//! Searching: what is asked for in which rooms, within what one may read now; the hits as they are told.

use std::sync::Arc;

use snug_proto::{
    Author, ErrorCode, Found, Hit, Place, Refusal, Response, RoomId, Search, Timestamp,
    limits::{DEFAULT_SEARCH_HITS, MAX_LIST_BYTES, MAX_SEARCH_HITS, MAX_SEARCH_ROOMS},
};
use snug_rules::{ReadGrant, SearchQuery, may_read_as};
use snug_store::{Point, SearchHit, Searched, Wanted};

use crate::{
    engine::Engine,
    person::{Person, refusal},
    session::SignedInAs,
};

/// A hit shows at most so many characters of its words.
const MAX_EXCERPT_CHARS: usize = 400;
/// Of those, so many before the first word that was sought.
const CHARS_BEFORE: usize = 80;
/// What a hit's line weighs besides its words and marks, at most.
const HIT_BYTES: usize = 512;

impl Engine {
    pub(crate) async fn search(
        self: &Arc<Self>,
        who: &SignedInAs,
        request: Search,
    ) -> Result<Response, Refusal> {
        let mut query = SearchQuery::parse(&request.query)?;
        query.narrow(request.room, request.from, request.after, request.before)?;
        let past = request.cursor.as_deref().map(point).transpose()?;
        let from = match &query.from {
            Some(person) => Some(self.people.find(&self.storage, person).await?.id),
            None => None,
        };
        let grant = match &query.room {
            Some(room) => {
                let room = self.find_room(&who.person, room).await?;
                let grant = self.grant(&room, &who.person)?;
                if room.state().is_ram() {
                    let text = "That room keeps nothing, so there is nothing to search.";
                    return Err(Refusal::with_text(ErrorCode::BadRequest, text));
                }
                Some(grant)
            }
            None => None,
        };
        let limit = request
            .limit
            .unwrap_or(DEFAULT_SEARCH_HITS)
            .clamp(1, MAX_SEARCH_HITS);
        let wanted = Wanted {
            terms: query.terms,
            from,
            after: query.after,
            before: query.before,
            past,
            // One more tells whether there are more.
            limit: limit + 1,
        };
        let account = who.person.id;
        let searched = self.storage.search(move |reader| {
            let grants = match grant {
                Some(grant) => vec![grant],
                None => reader
                    .standings(&account, MAX_SEARCH_ROOMS)?
                    .iter()
                    .filter_map(|standing| may_read_as(&account, standing).ok())
                    .collect::<Vec<ReadGrant>>(),
            };
            reader.search(&grants, &wanted)
        });
        match searched.await.ok_or(ErrorCode::Busy)?.map_err(refusal)? {
            Searched::Found(hits) => self.found(&who.person, hits, limit).await,
            Searched::TooBroad => {
                let text = "That takes too long to look for. Name a room, or use rarer words.";
                Err(Refusal::with_text(ErrorCode::Busy, text))
            }
        }
    }

    /// The page of hits as its reader is told.
    async fn found(
        self: &Arc<Self>,
        who: &Arc<Person>,
        found: Vec<SearchHit>,
        limit: u32,
    ) -> Result<Response, Refusal> {
        self.people_of(found.iter().map(|hit| hit.actor).collect())
            .await?;
        let mut hits = Vec::new();
        let mut bytes = 0;
        let mut last = None;
        let total = found.len();
        for found in found {
            let (point, actor) = (found.point, found.actor);
            let hit = self.hit(who, found).await?;
            bytes += HIT_BYTES + hit.body.len() * 2 + hit.marks.len() * 16;
            if hits.len() >= limit as usize || bytes > MAX_LIST_BYTES {
                break;
            }
            last = Some(point);
            if let Some(author) = self.people.known(&actor) {
                let author = author.author();
                hits.push(Hit { author, ..hit });
            }
        }
        let more = hits.len() < total;
        let cursor = last.filter(|_| more).map(cursor);
        Ok(Found { hits, more, cursor }.into())
    }

    async fn hit(self: &Arc<Self>, who: &Arc<Person>, found: SearchHit) -> Result<Hit, Refusal> {
        let room = self.room(found.point.room);
        self.loaded(&room).await?;
        let (name, direct) = {
            let state = room.state();
            (state.label(self, who), state.other_of(&who.id).is_some())
        };
        let place = Place {
            room: name,
            room_id: found.point.room,
            seq: found.point.seq,
            at: found.point.at,
            direct,
        };
        let (body, marks, cut) = excerpt(found.body, found.marks);
        Ok(Hit {
            place,
            author: Author {
                from: String::new(),
                from_id: found.actor,
                from_display: None,
                from_worn: None,
                bot: false,
                from_guest: false,
            },
            body,
            cut,
            edited: found.edited,
            marks,
        })
    }
}

/// The words around the first mark, and the marks in them.
fn excerpt(body: String, marks: Vec<(u32, u32)>) -> (String, Vec<(u32, u32)>, bool) {
    if body.chars().count() <= MAX_EXCERPT_CHARS {
        return (body, marks, false);
    }
    let first = marks.first().map_or(0, |mark| mark.0 as usize);
    let from = first.saturating_sub(CHARS_BEFORE);
    let shown: String = body.chars().skip(from).take(MAX_EXCERPT_CHARS).collect();
    let end = from + shown.chars().count();
    let dots = if from > 0 { "…" } else { "" };
    let offset = u32::try_from(from).unwrap_or(u32::MAX);
    let shift = u32::from(from > 0);
    let marks = marks
        .into_iter()
        .filter(|(_, to)| *to as usize <= end)
        .map(|(at, to)| (at - offset + shift, to - offset + shift))
        .collect();
    let tail = if end < body.chars().count() {
        "…"
    } else {
        ""
    };
    (format!("{dots}{shown}{tail}"), marks, true)
}

/// A place among hits as a client hands it back.
fn cursor(point: Point) -> String {
    format!("{}.{}.{}", point.at.ms(), point.seq, point.room)
}

fn point(cursor: &str) -> Result<Point, Refusal> {
    let bad = || Refusal::with_text(ErrorCode::BadRequest, "That is no cursor of a search.");
    let mut parts = cursor.splitn(3, '.');
    let mut part = || parts.next().ok_or_else(bad);
    let at: u64 = part()?.parse().map_err(|_| bad())?;
    let seq: u64 = part()?.parse().map_err(|_| bad())?;
    let room: RoomId = part()?.parse().map_err(|_| bad())?;
    Ok(Point {
        at: Timestamp::from_ms(at),
        room,
        seq,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_shown_around_what_was_sought() {
        let body = format!("{}needle{}", "é".repeat(1000), "x".repeat(1000));
        let (shown, marks, cut) = excerpt(body, vec![(1000, 1006), (1999, 2006)]);
        assert!(cut);
        let marked: String = shown
            .chars()
            .skip(marks[0].0 as usize)
            .take((marks[0].1 - marks[0].0) as usize)
            .collect();
        assert_eq!((marked.as_str(), marks.len()), ("needle", 1));
        assert_eq!(shown.chars().count(), MAX_EXCERPT_CHARS + 2);
        let short = excerpt("needle".into(), vec![(0, 6)]);
        assert_eq!(short, ("needle".into(), vec![(0, 6)], false));
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_nothing_else_is_one() {
        let here = Point {
            at: Timestamp::from_ms(1_795_117_267_118),
            room: RoomId::from_bytes([7; 16]),
            seq: 42,
        };
        assert_eq!(point(&cursor(here)).unwrap(), here);
        for text in [
            "",
            "1.2",
            "1.2.den",
            "x.2.r:aibaeaqcaibaeaqcaibaeaqcai",
            "-1.2.r:aibaeaqcaibaeaqcaibaeaqcai",
        ] {
            assert!(point(text).is_err(), "{text}");
        }
    }
}
