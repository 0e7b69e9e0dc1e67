//! Two who keep order at the same moment, one who loses the power to while using it, a room renamed under
//! its readers: each has one outcome, whatever node they are on.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod hooked;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use common::{come_in, connect, create, engine_on, entered, is_body, join, say, sent, until};
use hooked::{Ends, Hook, HookedStore};
use snug_engine::{Engine, EngineSession};
use snug_proto::{
    AccountId, Ban, ErrorCode, Event, Kick, Refusal, Request, Response, Resume, RoomChanges,
    RoomRole, Session, SetRole, SetRoom, Timestamp,
};
use snug_rules::{Authority, Change, Content, Entry, Retention};
use snug_store::{Append, Durability, Expect, Reader, SqliteStore, Store, StoreError, Transaction};

fn ban(who: &str) -> Request {
    Ban {
        room: "den".into(),
        who: who.into(),
        for_s: None,
        reason: None,
        key: None,
    }
    .into()
}

fn kick(who: &str) -> Request {
    Kick {
        room: "den".into(),
        who: who.into(),
        reason: None,
        key: None,
    }
    .into()
}

fn role(who: &str, role: RoomRole) -> Request {
    SetRole {
        room: "den".into(),
        who: who.into(),
        role,
        key: None,
    }
    .into()
}

fn rename(room: &str, name: &str) -> Request {
    SetRoom {
        room: room.into(),
        changes: Box::new(RoomChanges {
            name: Some(name.into()),
            ..RoomChanges::default()
        }),
        password: None,
        reason: None,
        key: None,
    }
    .into()
}

/// Two engines on one database. Each of those named is signed in on both; the first founds the room den,
/// which all are in.
struct Pair {
    engines: [Arc<Engine>; 2],
    people: Vec<[EngineSession; 2]>,
    _folder: tempfile::TempDir,
}

impl Pair {
    async fn start(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snug.db");
        let open = || -> Arc<dyn Store> {
            Arc::new(SqliteStore::open(&path, Durability::Process).unwrap())
        };
        let engines = [
            engine_on(open(), Retention::Forever).await,
            engine_on(open(), Retention::Forever).await,
        ];
        let mut people = Vec::new();
        for (number, name) in names.iter().enumerate() {
            let (here, signed_in) = come_in(&engines[0], name).await;
            let request = if number == 0 {
                create("den")
            } else {
                join("den")
            };
            here.request(request).await.unwrap();
            let there = connect(&engines[1]);
            let session = signed_in.session.unwrap();
            there.request(Resume { session }.into()).await.unwrap();
            people.push([here, there]);
        }
        Self {
            engines,
            people,
            _folder: folder,
        }
    }

    fn here(&self, who: usize) -> &EngineSession {
        &self.people.get(who).unwrap()[0]
    }

    fn there(&self, who: usize) -> &EngineSession {
        &self.people.get(who).unwrap()[1]
    }

    /// Lets both nodes hear of what the other did: without a bus between them, a node that does nothing
    /// in a room hears nothing of it.
    async fn heard(&self) {
        for session in [self.here(0), self.there(0)] {
            sent(session.request(say("den", "now"))).await;
        }
    }

    async fn stop(self) {
        for engine in &self.engines {
            engine.shut_down().await;
        }
    }
}

fn code(answer: &Result<Response, Refusal>) -> Option<ErrorCode> {
    answer.as_ref().err().map(|refusal| refusal.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_of_two_admins_who_demote_each_other_at_once_one_does() {
    let pair = Pair::start(&["olga", "ann", "ben"]).await;
    for _ in 0..20 {
        for name in ["ann", "ben"] {
            pair.here(0)
                .request(role(name, RoomRole::Admin))
                .await
                .unwrap();
        }
        pair.heard().await;
        let by_ann = pair.here(1).request(role("ben", RoomRole::Member));
        let by_ben = pair.there(2).request(role("ann", RoomRole::Member));
        let (by_ann, by_ben) = (by_ann.await, by_ben.await);
        let codes = [code(&by_ann), code(&by_ben)];
        let one = [
            [None, Some(ErrorCode::Forbidden)],
            [Some(ErrorCode::Forbidden), None],
        ];
        assert!(one.contains(&codes), "{codes:?}");
    }
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_kick_and_a_ban_of_the_same_one_at_once_end_in_a_ban() {
    let pair = Pair::start(&["olga", "ann", "ben"]).await;
    pair.here(0)
        .request(role("ann", RoomRole::Admin))
        .await
        .unwrap();
    pair.heard().await;
    let kicked = pair.here(0).request(kick("ben"));
    let banned = pair.there(1).request(ban("ben"));
    let (kicked, banned) = (kicked.await, banned.await);
    assert_eq!(code(&banned), None);
    assert!(
        matches!(code(&kicked), None | Some(ErrorCode::NotInRoom)),
        "{kicked:?}"
    );
    pair.heard().await;
    for session in [pair.here(2), pair.there(2)] {
        let said = session.request(say("den", "still here")).await;
        assert_eq!(code(&said), Some(ErrorCode::Banned));
        let back = session.request(join("den")).await;
        assert_eq!(code(&back), Some(ErrorCode::Banned));
    }
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_ban_on_one_node_binds_the_others_at_once() {
    let pair = Pair::start(&["olga", "ann"]).await;
    // The other node knows the member well.
    sent(pair.there(1).request(say("den", "hello"))).await;
    pair.here(0).request(ban("ann")).await.unwrap();
    let said = pair.there(1).request(say("den", "me again")).await;
    assert_eq!(code(&said), Some(ErrorCode::Banned));
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_room_renamed_under_its_readers_goes_on_by_its_id() {
    let pair = Pair::start(&["olga", "ann"]).await;
    let before = sent(pair.there(1).request(say("den", "old walls"))).await;
    let renamed = sent(pair.here(0).request(rename("den", "attic"))).await;
    // The other node has not heard of it: what is said there under the old name is in the room all the
    // same, and from then on the old name is nobody's.
    let under_old = sent(pair.there(1).request(say("den", "old name"))).await;
    assert_eq!((renamed, under_old), (before + 1, before + 2));
    let again = pair.there(1).request(say("den", "once more")).await;
    assert_eq!(code(&again), Some(ErrorCode::UnknownRoom));
    let gone = pair.here(0).request(say("den", "here too")).await;
    assert_eq!(code(&gone), Some(ErrorCode::UnknownRoom));
    let after = sent(pair.there(1).request(say("attic", "new name"))).await;
    assert_eq!(after, before + 3);
    // Its readers on both nodes heard every event of it, in order.
    for session in [pair.here(0), pair.there(0)] {
        if std::ptr::eq(session, pair.here(0)) {
            session.request(say("attic", "from here")).await.unwrap();
        }
        let seen = until(session, |event| is_body(event, "new name")).await;
        let seqs: Vec<u64> = seen
            .iter()
            .filter_map(Event::place)
            .filter(|place| place.seq >= before)
            .map(|place| place.seq)
            .collect();
        assert_eq!(seqs, (before..=after).collect::<Vec<_>>());
        let changed = seen.iter().find_map(|event| match event {
            Event::SettingsChanged(changed) => Some(changed),
            _ => None,
        });
        assert_eq!(changed.unwrap().was.as_deref(), Some("den"));
    }
    pair.stop().await;
}

/// Demotes an admin by another node just before their ban comes to the store.
#[derive(Default)]
struct Demotion {
    founder: OnceLock<AccountId>,
    admin: OnceLock<AccountId>,
    done: AtomicBool,
}

impl Hook for Demotion {
    fn append(
        &self,
        inner: &mut dyn Transaction,
        eyes: &mut dyn Reader,
        appends: &[Append],
        now: Timestamp,
    ) -> Result<Ends, StoreError> {
        let ban = appends.iter().find(|append| {
            matches!(
                append.entry.content,
                Content::Changed {
                    change: Change::Banned { .. },
                    ..
                }
            )
        });
        if let (Some(ban), Some(founder), Some(admin)) = (ban, self.founder.get(), self.admin.get())
            && !self.done.swap(true, Ordering::AcqRel)
        {
            let room_rules = eyes.counts(&ban.room)?.unwrap().rules;
            let demotion = Append {
                expect: Expect {
                    room_rules,
                    account_rules: eyes.account(founder)?.unwrap().rules,
                },
                entry: Entry {
                    actor: *founder,
                    content: Content::Changed {
                        change: Change::Role {
                            who: *admin,
                            role: RoomRole::Member,
                        },
                        by: Authority::Room,
                    },
                },
                key: None,
                rules_after: (1 << 60) + room_rules % (1 << 59) + 1,
                ..ban.clone()
            };
            let ends = inner.append(&[demotion], now)?;
            assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        }
        inner.append(appends, now)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_an_admin_demoted_while_a_ban_of_theirs_is_on_its_way_bans_nobody() {
    let hook = Arc::new(Demotion::default());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let store = Arc::new(SqliteStore::open(&path, Durability::Process).unwrap());
    let store = HookedStore::over(store, Arc::clone(&hook) as Arc<dyn Hook>);
    let engine = engine_on(store, Retention::Forever).await;
    let (founder, founder_in) = come_in(&engine, "olga").await;
    let (admin, admin_in) = come_in(&engine, "ann").await;
    let (ben, _) = come_in(&engine, "ben").await;
    entered(founder.request(create("den"))).await;
    for session in [&admin, &ben] {
        entered(session.request(join("den"))).await;
    }
    founder.request(role("ann", RoomRole::Admin)).await.unwrap();
    hook.founder.set(founder_in.account).unwrap();
    hook.admin.set(admin_in.account).unwrap();
    let banned = admin.request(ban("ben")).await;
    assert_eq!(code(&banned), Some(ErrorCode::Forbidden), "{banned:?}");
    assert!(hook.done.load(Ordering::Acquire));
    sent(ben.request(say("den", "still here"))).await;
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_a_room_that_was_orphaned_as_the_server_ended_has_a_founder_when_it_is_next_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snug.db");
    let open = || Arc::new(SqliteStore::open(&path, Durability::Process).unwrap());
    let engine = engine_on(open(), Retention::Forever).await;
    let (founder, founder_in) = come_in(&engine, "olga").await;
    let (ann, ann_in) = come_in(&engine, "ann").await;
    let den = entered(founder.request(create("den"))).await;
    entered(ann.request(join("den"))).await;
    engine.shut_down().await;
    drop((engine, founder, ann));
    // The founder's leaving came into the log, and nothing after it.
    let store = open();
    let mut writer = store.writer().unwrap();
    let mut reader = store.reader().unwrap();
    let left = Append {
        room: den.room_id,
        expect: Expect {
            room_rules: reader.counts(&den.room_id).unwrap().unwrap().rules,
            account_rules: reader.account(&founder_in.account).unwrap().unwrap().rules,
        },
        entry: Entry {
            actor: founder_in.account,
            content: Content::Left { reason: None },
        },
        key: None,
        rules_after: 77,
        password_tag: None,
        begin_log: None,
        deletes_of: None,
        apart: Vec::new(),
        keep: true,
    };
    let mut transaction = writer.begin().unwrap();
    let ends = transaction.append(&[left], Timestamp::from_ms(0)).unwrap();
    assert!(ends.iter().all(Result::is_ok), "{ends:?}");
    transaction.commit().unwrap();
    drop((writer, reader));
    let engine = engine_on(store, Retention::Forever).await;
    let ann = connect(&engine);
    let session = ann_in.session.unwrap();
    ann.request(Resume { session }.into()).await.unwrap();
    sent(ann.request(say("den", "anybody here?"))).await;
    let mine = |event: &Event| match event {
        Event::RoleChanged(changed) => {
            changed.role == RoomRole::Founder && changed.subject.name == "ann"
        }
        _ => false,
    };
    until(&ann, mine).await;
    engine.shut_down().await;
}
