//! A search of many rooms at once: it must answer as each room by itself would, put in order.

use std::cmp::Reverse;

use snug_proto::RoomId;
use snug_rules::{Authority, Content, ReadGrant, Retention};

use super::{
    search::{hits, wanted, whatever_the_index_has},
    world::{
        NOW, account, all_of, append, edited, entry, message, new_room, room, seq, settle, write,
        write_by,
    },
};
use crate::{Point, Store, Wanted};

const ROOMS: u8 = 12;
const MESSAGES: u64 = 240;

fn rooms() -> Vec<RoomId> {
    (0..ROOMS).map(|number| room(150 + number)).collect()
}

/// Rooms in which every message has one word, some a rare one, by three people; some were edited or taken
/// back since, some rooms keep nothing or are not to be read.
fn furnish(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        for (number, id) in (0..).zip(rooms()) {
            let mut new = new_room(id, &format!("many{number}"));
            if number == 5 {
                new.retention = Retention::Ram;
            }
            transaction.create_room(&new)?;
        }
        Ok(())
    });
    let mut writer = store.writer().unwrap();
    for number in 0..MESSAGES {
        // Some rooms are spoken in all the time, some were left long ago.
        let which = if number < 60 {
            number % 12
        } else {
            number * 7 % 5
        };
        let to = rooms()[usize::try_from(which).unwrap()];
        let by = if number % 4 == 0 { 2 } else { 1 };
        let rare = if number % 29 == 0 { "rare" } else { "" };
        let said = entry(to, by, 0, message(&format!("tick {number} {rare}")));
        let at = NOW.plus_ms(number * 1000);
        let outcome = write_by(&mut *writer, |transaction| transaction.append(&[said], at));
        seq(outcome.into_iter().next().unwrap());
    }
    let first = rooms()[0];
    append(
        store,
        &[
            entry(first, 2, 0, edited(1, "not any more")),
            entry(
                first,
                1,
                0,
                Content::Deleted {
                    of: 2,
                    reason: None,
                    by: Authority::Room,
                },
            ),
            entry(first, 1, 0, edited(3, "tick rare too")),
        ],
    );
}

/// What each room by itself says, newest first.
fn each_by_itself(store: &dyn Store, grants: &[ReadGrant], wanted: &Wanted) -> Vec<Point> {
    let alone = Wanted {
        limit: 500,
        past: None,
        ..wanted.clone()
    };
    let mut points: Vec<Point> = grants
        .iter()
        .flat_map(|grant| hits(store, std::slice::from_ref(grant), &alone))
        .map(|hit| hit.point)
        .collect();
    points.sort_by_key(|point| Reverse(point.at));
    points
}

/// However common a word is and whoever said it, page by page.
pub fn many_rooms_at_once_answer_as_each_by_itself(store: &dyn Store) {
    furnish(store);
    let mut grants: Vec<ReadGrant> = rooms().into_iter().map(all_of).collect();
    // Not to be read; and those in which something was said last come first, as the engine asks.
    grants.remove(7);
    whatever_the_index_has(store, || {
        for query in ["tick", "rare", "tic*", "tick*", "rar* tick", "nothing"] {
            for from in [None, Some(1), Some(2), Some(3)] {
                let all = Wanted {
                    from: from.map(account),
                    ..wanted(query)
                };
                let expected = each_by_itself(store, &grants, &all);
                assert_eq!(
                    expected.is_empty(),
                    query == "nothing" || from == Some(3),
                    "{query}"
                );
                for limit in [3, 20] {
                    let mut page = Wanted {
                        limit,
                        ..all.clone()
                    };
                    let mut found = Vec::new();
                    loop {
                        let hits = hits(store, &grants, &page);
                        page.past = hits.last().map(|hit| hit.point);
                        found.extend(hits.iter().map(|hit| hit.point));
                        if page.past.is_none() {
                            break;
                        }
                    }
                    assert_eq!(found, expected, "{query} by {from:?}, {limit} at a time");
                }
            }
        }
    });
}
