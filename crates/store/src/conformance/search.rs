//! Finding messages by their words. Each demand is asked of a store whose index has nothing yet, and
//! again once the follower has caught up: the answers must not differ.

use snug_proto::{HistoryPolicy, RoomId, Timestamp};
use snug_rules::{Authority, Content, ReadGrant, RoomKind, SearchQuery};

use super::world::{
    DEN, LOBBY, NOW, account, all_of, append, edited, entry, grant, message, new_direct, read,
    room, say, seqs, settle, write, write_by,
};
use crate::{Point, SearchHit, Searched, Store, Wanted};

/// Lets a new follower take in everything.
pub(crate) fn catch_up(store: &dyn Store) {
    let mut follower = store.follower().unwrap();
    while follower.follow(3).unwrap() > 0 {}
}

pub(crate) fn wanted(query: &str) -> Wanted {
    let query = SearchQuery::parse(query).unwrap();
    Wanted {
        terms: query.terms,
        from: None,
        after: query.after,
        before: query.before,
        past: None,
        limit: 50,
    }
}

pub(crate) fn hits(store: &dyn Store, grants: &[ReadGrant], wanted: &Wanted) -> Vec<SearchHit> {
    match read(store).search(grants, wanted).unwrap() {
        Searched::Found(hits) => hits,
        Searched::TooBroad => panic!("given up"),
    }
}

/// What a search of the lobby finds, newest first.
pub(crate) fn found(store: &dyn Store, query: &str) -> Vec<u64> {
    let hits = hits(store, &[all_of(LOBBY)], &wanted(query));
    hits.iter().map(|hit| hit.point.seq).collect()
}

/// Asks before anything is in the index, with half of it, and after.
pub(crate) fn whatever_the_index_has(store: &dyn Store, ask: impl Fn()) {
    ask();
    let mut follower = store.follower().unwrap();
    follower.follow(3).unwrap();
    drop(follower);
    ask();
    catch_up(store);
    ask();
}

/// Words are found whole, whatever their case and accents; prefixes and phrases as they are asked.
pub fn words_prefixes_and_phrases_are_found_newest_first(store: &dyn Store) {
    settle(store);
    let said = [
        "The keys are under the blue mat.",
        "Deployed: the café is open",
        "deploy tomorrow, not today",
        "a mat, and it is blue",
        "東京タワーへ行きました",
        "re: a@b.example/blue-mat?x=\"1\"",
    ];
    let said: Vec<_> = said.into_iter().map(|body| say(1, body)).collect();
    seqs(store, &said);
    whatever_the_index_has(store, || {
        for (query, expected) in [
            ("mat", &[6, 4, 1][..]),
            ("MAT the", &[1]),
            ("\"blue mat\"", &[6, 1]),
            ("deploy", &[3]),
            ("dep*", &[3, 2]),
            ("deplo*", &[3, 2]),
            ("cafe", &[2]),
            ("CAFÉ", &[2]),
            ("東京", &[5]),
            ("京タワ", &[5]),
            ("京東", &[]),
            ("a@b.example", &[6]),
            ("ma", &[]),
            ("mat NOT", &[]),
            ("body:mat", &[]),
        ] {
            assert_eq!(found(store, query), expected, "{query}");
        }
    });
}

/// The answer says where the words stand, in characters.
pub fn what_was_sought_is_marked(store: &dyn Store) {
    settle(store);
    seqs(store, &[say(1, "né: 東京 Mat and mats, mat")]);
    whatever_the_index_has(store, || {
        let marks = |query| {
            hits(store, &[all_of(LOBBY)], &wanted(query))[0]
                .marks
                .clone()
        };
        assert_eq!(marks("mat"), [(7, 10), (21, 24)]);
        assert_eq!(marks("東京 mat*"), [(4, 6), (7, 10), (15, 19), (21, 24)]);
    });
}

/// An edited message is found by its newest words only, a deleted one not at all.
pub fn only_the_newest_words_are_found(store: &dyn Store) {
    settle(store);
    let batch = [
        say(1, "old words"),
        say(1, "doomed words"),
        entry(LOBBY, 1, 0, edited(1, "middle words")),
        entry(LOBBY, 1, 0, edited(1, "new words")),
        entry(LOBBY, 1, 0, edited(2, "doomed too")),
    ];
    seqs(store, &batch);
    whatever_the_index_has(store, || {
        assert_eq!(found(store, "new"), [1]);
        for gone in ["old", "middle"] {
            assert!(found(store, gone).is_empty(), "{gone}");
        }
        assert_eq!(found(store, "words"), [1]);
    });
    // With the index as it was before the deletion, and after.
    seqs(
        store,
        &[entry(
            LOBBY,
            1,
            0,
            Content::Deleted {
                of: 2,
                reason: None,
                by: Authority::Room,
            },
        )],
    );
    seqs(store, &[entry(LOBBY, 1, 0, edited(1, "newest"))]);
    whatever_the_index_has(store, || {
        for gone in ["doomed", "new", "words"] {
            assert!(found(store, gone).is_empty(), "{gone}");
        }
        let hit = &hits(store, &[all_of(LOBBY)], &wanted("newest"))[0];
        assert_eq!(
            (hit.point.seq, hit.body.as_str(), hit.edited),
            (1, "newest", true)
        );
    });
}

/// Nothing outside of the grants is found, nor of a room that there is no grant for.
pub fn a_search_keeps_to_the_grants(store: &dyn Store) {
    settle(store);
    let den = |rules, by, content| entry(DEN, by, rules, content);
    let batch = [
        den(0, 1, Content::Joined),
        den(1, 1, message("secret one")),
        den(1, 2, Content::Joined),
        den(2, 1, message("secret two")),
        say(1, "secret lobby"),
    ];
    seqs(store, &batch);
    let late = grant(DEN, HistoryPolicy::SinceJoining, 3);
    whatever_the_index_has(store, || {
        let points = |grants: &[ReadGrant]| -> Vec<(RoomId, u64)> {
            let hits = hits(store, grants, &wanted("secret"));
            hits.iter()
                .map(|hit| (hit.point.room, hit.point.seq))
                .collect()
        };
        assert_eq!(points(&[]), []);
        assert_eq!(points(&[late]), [(DEN, 4)]);
        assert_eq!(points(&[all_of(LOBBY)]), [(LOBBY, 1)]);
        let mut both = points(&[all_of(LOBBY), all_of(DEN)]);
        both.sort_unstable();
        assert_eq!(both, [(LOBBY, 1), (DEN, 2), (DEN, 4)]);
    });
}

/// By author, from and until a time, and page by page over several rooms, nothing twice or left out.
pub fn authors_times_and_pages_narrow_a_search(store: &dyn Store) {
    settle(store);
    let rooms = [LOBBY, DEN, room(60)];
    write(store, |transaction| {
        transaction.create_room(&new_direct(room(60), 1, 2))
    });
    seqs(store, &[entry(DEN, 1, 0, Content::Joined)]);
    let mut writer = store.writer().unwrap();
    let mut expected = Vec::new();
    for number in 0..24_u64 {
        let to = rooms[usize::try_from(number % 3).unwrap()];
        let by = if number % 4 == 0 { 2 } else { 1 };
        let rules = u64::from(to == DEN);
        // Three at a time bear the same time.
        let at = NOW.plus_ms(number / 3 * 1000);
        let said = entry(to, by, rules, message(&format!("tick {number}")));
        let outcome = write_by(&mut *writer, |transaction| transaction.append(&[said], at));
        assert!(outcome[0].is_ok());
        expected.push((at, to));
    }
    let grants = rooms.map(all_of);
    let second = |seconds: u64| Some(NOW.plus_ms(seconds * 1000));
    whatever_the_index_has(store, || {
        let count = |wanted: &Wanted| hits(store, &grants, wanted).len();
        let all = wanted("tick");
        assert_eq!(count(&all), 24);
        let by = |by| Wanted {
            from: Some(account(by)),
            ..all.clone()
        };
        assert_eq!(
            (count(&by(2)), count(&by(1)), count(&by(3)), count(&by(99))),
            (6, 18, 0, 0)
        );
        let nothing_said = Wanted {
            terms: Vec::new(),
            ..by(2)
        };
        assert_eq!(count(&nothing_said), 6);
        assert_eq!(
            count(&Wanted {
                after: second(2),
                before: second(4),
                ..all.clone()
            }),
            6
        );
        for limit in [1, 4, 5, 23] {
            let mut page = Wanted {
                limit,
                ..all.clone()
            };
            let mut pages = Vec::new();
            loop {
                let hits = hits(store, &grants, &page);
                page.past = hits.last().map(|hit| hit.point);
                pages.extend(hits.iter().map(|hit| (hit.point.at, hit.point.room)));
                if page.past.is_none() {
                    break;
                }
            }
            let mut sorted = pages.clone();
            sorted.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            assert_eq!(pages, sorted, "not the newest first");
            sorted.sort_unstable();
            let mut whole = expected.clone();
            whole.sort_unstable();
            assert_eq!(sorted, whole, "something is twice or left out");
        }
    });
}

/// A log that began anew has nothing of its life before.
pub fn a_log_that_began_anew_is_searched_anew(store: &dyn Store) {
    settle(store);
    seqs(store, &[say(1, "before"), say(1, "before too")]);
    catch_up(store);
    let log = snug_proto::LogId::from_bytes([77; 16]);
    write(store, |transaction| transaction.renew_log(&LOBBY, &log));
    assert_eq!(
        append(store, &[entry(LOBBY, 1, 1, message("after"))]).len(),
        1
    );
    whatever_the_index_has(store, || {
        assert!(found(store, "before").is_empty());
        assert_eq!(found(store, "after"), [3]);
    });
}

/// An account stands in the lobby, in the rooms it is a member of and in its conversations.
pub fn standings_are_what_reading_is_decided_on(store: &dyn Store) {
    settle(store);
    write(store, |transaction| {
        transaction.create_room(&new_direct(room(60), 1, 2))
    });
    seqs(store, &[entry(DEN, 1, 0, Content::Joined)]);
    let mut reader = read(store);
    let mut standings = |by: u8, most| reader.standings(&account(by), most).unwrap();
    let ann = standings(1, 10);
    assert_eq!(ann[0].room, DEN, "something happened there last");
    assert_eq!(ann[0].member.and_then(|member| member.joined), Some(1));
    let mut kinds: Vec<_> = ann.iter().map(|standing| standing.kind).collect();
    kinds.retain(|kind| *kind != RoomKind::Ordinary);
    assert_eq!(kinds.len(), 2);
    assert!(kinds.contains(&RoomKind::Direct(account(1), account(2))));
    assert_eq!(standings(1, 2).len(), 2);
    let cid: Vec<_> = standings(3, 10)
        .iter()
        .map(|standing| standing.room)
        .collect();
    assert_eq!(cid, [LOBBY]);
    let point = Point {
        at: Timestamp::from_ms(0),
        room: LOBBY,
        seq: 1,
    };
    assert_eq!(
        hits(
            store,
            &[all_of(LOBBY)],
            &Wanted {
                past: Some(point),
                ..wanted("x")
            }
        ),
        []
    );
}
