//! Rooms that keep what is said for some days (R11).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use common::{come_in, config, create, say};
use snug_engine::{Clock, Config, Engine, EngineSession};
use snug_proto::{
    Cursor, Delete, Edit, ErrorCode, Event, Follow, Mark, Page, Read, Request, Response, RoomRef,
    Rooms, Search, Session, Timestamp,
};
use snug_rules::Retention;
use snug_store::SqliteStore;

const DAY: u64 = 24 * 3_600_000;

struct ByHand(AtomicU64);

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }
}

impl ByHand {
    fn pass(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

async fn engine_that_keeps(days: u16) -> (Arc<Engine>, Arc<ByHand>) {
    let clock = Arc::new(ByHand(AtomicU64::new(1_800_000_000_000)));
    let config = Config {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..config(Retention::days(days).unwrap())
    };
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    (Engine::start(config, store).await.unwrap(), clock)
}

async fn page(session: &EngineSession, change: impl FnOnce(&mut Read)) -> Page {
    let mut read = Read {
        room: RoomRef::from("den"),
        after: None,
        before: None,
        since: None,
        limit: None,
        log: None,
    };
    change(&mut read);
    match session.request(Request::from(read)).await {
        Ok(Response::Page(page)) => page,
        other => panic!("{other:?}"),
    }
}

fn seqs(page: &Page) -> Vec<u64> {
    let places = page.events.iter().filter_map(Event::place);
    places.map(|place| place.seq).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_what_is_past_its_time_is_gone_on_every_way_in() {
    let (engine, clock) = engine_that_keeps(3).await;
    let (ann, _) = come_in(&engine, "ann").await;
    ann.request(create("den")).await.unwrap();
    for number in 0..6 {
        ann.request(say("den", &format!("day {number}")))
            .await
            .unwrap();
        clock.pass(DAY);
    }
    assert_eq!(engine.prune().await.unwrap(), 1);
    assert_eq!(engine.prune().await.unwrap(), 0);
    // The joining was event 1; now is day 6, so that days 3 to 5 are kept.
    let all = page(&ann, |_| ()).await;
    assert_eq!((seqs(&all), all.first, all.seq), (vec![5, 6, 7], 5, 7));
    assert_eq!(
        seqs(&page(&ann, |read| read.after = Some(0)).await),
        [5, 6, 7]
    );
    assert!(seqs(&page(&ann, |read| read.before = Some(4)).await).is_empty());
    let since = Timestamp::from_ms(1_800_000_000_000);
    assert_eq!(
        seqs(&page(&ann, |read| read.since = Some(since)).await),
        [5, 6, 7]
    );
    for seq in [1, 2, 4] {
        let edit = Edit {
            room: "den".into(),
            seq,
            body: "changed".into(),
            key: None,
        };
        let refused = ann.request(edit.into()).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Gone);
        let delete = Delete {
            reason: None,
            room: "den".into(),
            seq,
            key: None,
        };
        let refused = ann.request(delete.into()).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::Gone);
    }
    let search = Search {
        query: "day".into(),
        ..Search::default()
    };
    let Ok(Response::Found(found)) = ann.request(search.into()).await else {
        panic!("no search")
    };
    assert_eq!(found.hits.len(), 3);
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r11_a_cursor_before_what_is_kept_is_told_of_the_gap_and_unread_counts_what_is_left() {
    let (engine, clock) = engine_that_keeps(3).await;
    let (ann, _) = come_in(&engine, "ann").await;
    let (bob, _) = come_in(&engine, "bob").await;
    ann.request(create("den")).await.unwrap();
    bob.request(common::join("den")).await.unwrap();
    for number in 0..6 {
        ann.request(say("den", &format!("day {number}")))
            .await
            .unwrap();
        clock.pass(DAY);
    }
    engine.prune().await.unwrap();
    let mine = Rooms {
        mine: true,
        after: None,
    };
    let Ok(Response::RoomList(list)) = bob.request(mine.into()).await else {
        panic!("no rooms")
    };
    let den = list.rooms.iter().find(|room| room.room == "den").unwrap();
    assert_eq!(den.unread, Some(3));
    let mark = Mark {
        room: "den".into(),
        seq: 3,
    };
    bob.request(mark.into()).await.unwrap();
    let cursor = Cursor {
        log: den.log.unwrap(),
        seq: 2,
    };
    let follow = Follow {
        cursors: [(den.room_id, cursor)].into(),
    };
    let mut heard = Vec::new();
    bob.request(follow.into()).await.unwrap();
    while !heard.iter().any(|event| matches!(event, Event::Gap(_))) {
        let mut batch = Vec::new();
        std::future::poll_fn(|context| bob.poll_deliveries(context, &mut batch)).await;
        heard.extend(batch.iter().map(|delivery| delivery.event().clone()));
    }
    let gap = heard.iter().find_map(|event| match event {
        Event::Gap(gap) => Some(gap),
        _ => None,
    });
    let gap = gap.unwrap();
    assert_eq!((gap.after, gap.to, gap.lost), (2, 5, true));
    engine.shut_down().await;
}
