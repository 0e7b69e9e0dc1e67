//! A room of many members, in a database on the disk: its pages by name, whatever happens meanwhile.

use std::{path::Path, sync::Arc};

use snug_auth::CHEAP;
use snug_engine::{EngineSession, Front, Origin};
use snug_proto::{
    AccountId, AccountName, HistoryPolicy, Kick, LogId, People, RenameAccount, Request, Response,
    Role, RoomId, RoomName, Secret, Session, SignIn, Timestamp, Who,
};
use snug_rules::{Access, Content, Entry, Retention, RoomKind};
use snug_store::{Account, Append, Durability, Expect, NewAccount, NewRoom, SqliteStore, Store};

use crate::common::{come_in, engine_on, join, leave};

const MEMBERS: u16 = 300;
const BEGAN: Timestamp = Timestamp::from_ms(1_750_000_000_000);

fn account(number: u16) -> AccountId {
    let mut bytes = [9; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    AccountId::from_bytes(bytes)
}

fn name(number: u16) -> String {
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
    for number in 0..MEMBERS {
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
                vip_until: None,
                bot: false,
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
            entry: Entry {
                actor: account(number),
                content: Content::Joined,
            },
            key: None,
            rules_after: u64::from(number) + 1,
            password_tag: None,
            begin_log: None,
            deletes_of: None,
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
    engine.shut_down().await;
}
