//! A room of many members, in a database on the disk: its pages by name, whatever happens meanwhile.

use std::{path::Path, sync::Arc, time::Duration};

use snug_auth::CHEAP;
use snug_engine::{Closing, EngineSession, Front, Origin};
use snug_proto::{
    AccountId, AccountName, Bans, Event, HistoryPolicy, Kick, LogId, People, RenameAccount,
    Request, Response, Role, RoomId, RoomName, Secret, Session, SignIn, Timestamp, Unban, Who,
};
use snug_rules::{Access, Authority, Change, Content, Entry, Retention, RoomKind, Sanction};
use snug_store::{Account, Append, Durability, Expect, NewAccount, NewRoom, SqliteStore, Store};

use crate::common::{come_in, engine_on, join, leave, taken_now};

const MEMBERS: u16 = 300;
/// Banned from it, one in three for a time that is over.
const BANNED: u16 = 150;
const BEGAN: Timestamp = Timestamp::from_ms(1_750_000_000_000);

fn account(number: u16) -> AccountId {
    let mut bytes = [9; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    AccountId::from_bytes(bytes)
}

fn name(number: u16) -> String {
    if number >= MEMBERS {
        return format!("b{number:03}");
    }
    // Their names are in another order than their joining.
    format!("m{:03}", number * 7 % MEMBERS)
}

/// A database with a room of many members, none of whom has ever been here.
fn hall(path: &Path) -> Arc<SqliteStore> {
    let store = SqliteStore::open(path, Durability::Process).unwrap();
    let room = RoomId::from_bytes([7; 16]);
    let mut writer = store.writer().unwrap();
    let mut transaction = writer.begin().unwrap();
    let mut appends = Vec::new();
    for number in 0..MEMBERS + BANNED {
        let parsed = AccountName::parse(&name(number)).unwrap();
        let new = NewAccount {
            account: Account {
                id: account(number),
                name: name(number),
                display: None,
                role: Role::Member,
                record: vec![1; 192],
                argon2: CHEAP,
                rules: 0,
                strangers: true,
                no_guests: false,
                vip_until: None,
                bot: false,
                second_factor: false,
                worn: None,
                created_at: BEGAN,
            },
            skeleton: parsed.skeleton(),
        };
        transaction.create_account(&new).unwrap();
        appends.push(Append {
            room,
            expect: Expect {
                room_rules: u64::from(number),
                account_rules: 0,
            },
            entry: if number < MEMBERS {
                Entry {
                    actor: account(number),
                    content: Content::Joined,
                }
            } else {
                banned(number)
            },
            key: None,
            rules_after: u64::from(number) + 1,
            password_tag: None,
            begin_log: None,
            deletes_of: None,
            apart: Vec::new(),
            keep: true,
        });
    }
    let made = transaction.create_room(&NewRoom {
        id: room,
        log: LogId::from_bytes([7; 16]),
        kind: RoomKind::Ordinary,
        name: Some(RoomName::parse("hall").unwrap()),
        access: Access::Open,
        password_tag: None,
        history: HistoryPolicy::All,
        retention: Retention::Forever,
        founder: Some(account(0)),
        listed: true,
        created_at: BEGAN,
    });
    made.unwrap();
    let joined = transaction.append(&appends, BEGAN).unwrap();
    assert!(joined.iter().all(Result::is_ok));
    transaction.commit().unwrap();
    drop(writer);
    Arc::new(store)
}

fn banned(number: u16) -> Entry {
    let sanction = Sanction {
        until: number.is_multiple_of(3).then_some(BEGAN),
        reason: Some(format!("for {number}")),
    };
    let who = account(number);
    Entry {
        actor: account(0),
        content: Content::Changed {
            change: Change::Banned { who, sanction },
            by: Authority::Room,
        },
    }
}

async fn page(session: &EngineSession, after: Option<&str>) -> People {
    let who = Who {
        room: Some("hall".into()),
        after: after.map(str::to_owned),
        people: Vec::new(),
    };
    match session.request(who.into()).await {
        Ok(Response::People(people)) => people,
        other => panic!("{other:?}"),
    }
}

/// Everybody, page by page.
async fn everybody(session: &EngineSession) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let people = page(session, names.last().map(String::as_str)).await;
        names.extend(people.people.into_iter().map(|person| person.name));
        if !people.more {
            return names;
        }
    }
}

/// Everybody who is banned, and why.
async fn everybody_banned(session: &EngineSession) -> Vec<(String, Option<String>)> {
    let mut names: Vec<(String, Option<String>)> = Vec::new();
    loop {
        let bans = Bans {
            room: "hall".into(),
            mutes: false,
            after: names.last().map(|(name, _)| name.clone()),
        };
        let Ok(Response::BanList(page)) = session.request(bans.into()).await else {
            panic!("no list")
        };
        names.extend(page.bans.into_iter().map(|ban| (ban.name, ban.reason)));
        if !page.more {
            return names;
        }
    }
}

async fn done(session: &EngineSession, request: impl Into<Request>) {
    session.request(request.into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_large_room_are_listed_by_name_as_they_are_now() {
    let folder = tempfile::tempdir().unwrap();
    let store = hall(&folder.path().join("snug.db"));
    let engine = engine_on(store, Retention::Forever).await;
    let password = || Secret::from("correct horse");
    engine
        .add_account("owner", password(), Role::Owner)
        .await
        .unwrap();
    let owner = engine.connect(Origin {
        line: snug_engine::Line::default(),
        visitor: None,
        secure: true,
        certificate: None,
        address: None,
        front: Front::Native,
    });
    let sign_in = SignIn {
        name: "owner".into(),
        password: password(),
        device: None,
        code: None,
    };
    done(&owner, sign_in).await;
    let (ann, _) = come_in(&engine, "ann").await;
    done(&ann, join("hall")).await;

    let mut expected: Vec<String> = (0..MEMBERS).map(name).collect();
    expected.insert(0, "ann".into());
    expected.sort_unstable();
    assert_eq!(everybody(&ann).await, expected);
    let first = page(&ann, None).await;
    assert_eq!(first.online, 1);
    let here: Vec<_> = first.people.iter().filter(|one| one.online).collect();
    assert_eq!(here.len(), 1);
    assert_eq!(here[0].name, "ann");
    let founder: Vec<_> = first.people.iter().filter(|one| one.founder).collect();
    assert_eq!(founder[0].name, name(0));

    // Who comes, goes, is put out or renamed is listed so at once.
    let (zed, _) = come_in(&engine, "zed").await;
    done(&zed, join("hall")).await;
    expected.push("zed".into());
    assert_eq!(everybody(&ann).await, expected);
    done(&zed, leave("hall")).await;
    expected.pop();
    let kick = Kick {
        room: "hall".into(),
        who: "m005".into(),
        reason: None,
        key: None,
    };
    done(&owner, kick).await;
    let rename = RenameAccount {
        who: "m010".into(),
        name: "aaron".into(),
        reason: None,
    };
    done(&owner, rename).await;
    expected.retain(|name| name != "m005" && name != "m010");
    expected.insert(0, "aaron".into());
    assert_eq!(everybody(&ann).await, expected);

    // Bans that have ended are passed over, and one that is lifted is gone at once.
    let mut bound: Vec<(String, Option<String>)> = (MEMBERS..MEMBERS + BANNED)
        .filter(|number| !number.is_multiple_of(3))
        .map(|number| (name(number), Some(format!("for {number}"))))
        .collect();
    assert_eq!(everybody_banned(&owner).await, bound);
    let unban = Unban {
        room: "hall".into(),
        who: bound.remove(70).0.as_str().into(),
        key: None,
    };
    done(&owner, unban).await;
    assert_eq!(everybody_banned(&owner).await, bound);
    engine.shut_down().await;
}

/// The counts of the hall that are there for them, of each.
fn counts(sessions: &[EngineSession], told: &mut [Vec<u64>]) {
    for (session, told) in sessions.iter().zip(told) {
        for event in taken_now(session).0 {
            if let Event::Online(online) = event {
                told.push(online.count);
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_told_a_newer_count_of_a_large_room_before_all_were_told_the_older_one() {
    const HERE: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let store = hall(&folder.path().join("snug.db"));
    let engine = engine_on(store, Retention::Forever).await;
    let mut sessions = Vec::new();
    for number in 0..HERE {
        let (session, _) = come_in(&engine, &format!("guest{number}")).await;
        done(&session, join("hall")).await;
        sessions.push(session);
    }
    let mut told = vec![Vec::new(); HERE];
    counts(&sessions, &mut told);
    told.fill(Vec::new());
    tokio::time::pause();
    // Whenever some were told and others not, somebody goes, and it is time to tell anew.
    let mut gone = 0;
    // On one thread, where time stands still: so an engine cannot end in order.
    for _ in 0..100 {
        counts(&sessions, &mut told);
        let times = || told.iter().map(Vec::len);
        let (most, least) = (times().max().unwrap(), times().min().unwrap());
        assert!(most <= least + 1, "told {most} times before others {least}");
        if most > least && gone < 3 {
            told.pop();
            sessions.pop().unwrap().close(Closing::Quit);
            gone += 1;
        }
        tokio::time::advance(Duration::from_secs(10)).await;
    }
    let all = u64::try_from(HERE).unwrap();
    for told in &told {
        assert!(told.is_sorted_by(|older, newer| older > newer), "{told:?}");
        assert_eq!((told.first(), told.last()), (Some(&all), Some(&(all - 3))));
    }
}
