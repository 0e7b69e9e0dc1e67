//! A small world to test in: accounts and rooms with ids made of one byte.

use std::collections::HashMap;

use snug_proto::{
    AccountId, AccountName, Argon2Parameters, HistoryPolicy, LogId, Role, RoomId, RoomName,
    RoomRole, Timestamp,
};
use snug_rules::{
    About, Access, Content, Entry, Member, ReadGrant, Retention, RoomKind, RoomView, may_read,
};

use crate::{
    Account, Append, AppendRefused, Appended, Expect, NewAccount, NewRoom, Reader, Store,
    StoreError, StoredEvent, Transaction, Writer,
};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

pub(crate) const LOBBY: RoomId = RoomId::from_bytes([100; 16]);
pub(crate) const DEN: RoomId = RoomId::from_bytes([101; 16]);

pub(crate) const fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

pub(crate) const fn room(number: u8) -> RoomId {
    RoomId::from_bytes([number; 16])
}

pub(crate) fn new_account(number: u8, name: &str) -> NewAccount {
    NewAccount {
        account: Account {
            id: account(number),
            name: name.to_owned(),
            display: None,
            role: Role::Member,
            record: vec![number; 192],
            argon2: Argon2Parameters {
                memory_kib: 65_536,
                passes: 3,
                lanes: 4,
            },
            rules: 0,
            strangers: true,
            no_guests: false,
            vip_until: None,
            bot: false,
            second_factor: false,
            worn: None,
            created_at: NOW,
        },
        skeleton: AccountName::parse(name).unwrap().skeleton(),
    }
}

pub(crate) fn new_room(id: RoomId, name: &str) -> NewRoom {
    NewRoom {
        id,
        log: LogId::from_bytes(*id.bytes()),
        kind: RoomKind::Ordinary,
        name: Some(RoomName::parse(name).unwrap()),
        access: Access::Open,
        password_tag: None,
        history: HistoryPolicy::All,
        retention: Retention::Forever,
        founder: None,
        listed: true,
        created_at: NOW,
    }
}

pub(crate) fn new_direct(id: RoomId, one: u8, other: u8) -> NewRoom {
    NewRoom {
        kind: RoomKind::Direct(account(one), account(other)),
        name: None,
        ..new_room(id, "x")
    }
}

/// Does it in a transaction of its own, and commits.
pub(crate) fn write<T>(
    store: &dyn Store,
    work: impl FnOnce(&mut dyn Transaction) -> Result<T, StoreError>,
) -> T {
    let mut writer = store.writer().unwrap();
    write_by(&mut *writer, work)
}

/// The same by a writer that is there already.
pub(crate) fn write_by<T>(
    writer: &mut dyn Writer,
    work: impl FnOnce(&mut dyn Transaction) -> Result<T, StoreError>,
) -> T {
    let mut transaction = writer.begin().unwrap();
    let done = work(&mut *transaction).unwrap();
    transaction.commit().unwrap();
    done
}

pub(crate) fn read(store: &dyn Store) -> Box<dyn Reader> {
    store.reader().unwrap()
}

/// Accounts 1 ann, 2 bob, 3 cid; the lobby; the room den, of which nobody is a member.
pub(crate) fn settle(store: &dyn Store) {
    write(store, |transaction| {
        for (number, name) in [(1, "ann"), (2, "bob"), (3, "cid")] {
            transaction.create_account(&new_account(number, name))?;
        }
        transaction.create_room(&NewRoom {
            kind: RoomKind::Lobby,
            ..new_room(LOBBY, "lobby")
        })?;
        transaction.create_room(&new_room(DEN, "den"))
    });
}

/// An append by this account that expects the rules to be at this count.
pub(crate) fn entry(room: RoomId, by: u8, rules: u64, content: Content) -> Append {
    Append {
        room,
        expect: Expect {
            room_rules: rules,
            account_rules: 0,
        },
        entry: Entry {
            actor: account(by),
            content,
        },
        key: None,
        rules_after: rules + 1,
        password_tag: None,
        begin_log: None,
        deletes_of: None,
        apart: Vec::new(),
        keep: true,
    }
}

pub(crate) fn message(body: &str) -> Content {
    Content::Message {
        body: body.to_owned(),
        deleted: false,
        about: About::default(),
    }
}

pub(crate) fn edited(of: u64, body: &str) -> Content {
    Content::Edited {
        of,
        body: body.to_owned(),
        deleted: false,
    }
}

/// A message to the lobby.
pub(crate) fn say(by: u8, body: &str) -> Append {
    entry(LOBBY, by, 0, message(body))
}

/// The same in another room.
pub(crate) fn say_in(room: RoomId, by: u8, body: &str) -> Append {
    entry(room, by, 0, message(body))
}

pub(crate) fn append(
    store: &dyn Store,
    appends: &[Append],
) -> Vec<Result<Appended, AppendRefused>> {
    write(store, |transaction| transaction.append(appends, NOW))
}

/// Appends them, each of which must be taken, and gives their numbers.
pub(crate) fn seqs(store: &dyn Store, appends: &[Append]) -> Vec<u64> {
    let outcomes = append(store, appends);
    outcomes.into_iter().map(seq).collect()
}

pub(crate) fn seq(outcome: Result<Appended, AppendRefused>) -> u64 {
    match outcome {
        Ok(Appended::New { seq, .. }) => seq,
        other => panic!("not appended: {other:?}"),
    }
}

/// The grant of one who joined a room of this kind of history with this number.
pub(crate) fn grant(room: RoomId, history: HistoryPolicy, joined: u64) -> ReadGrant {
    let member = Member {
        joined: Some(joined),
        role: RoomRole::Member,
    };
    let view = RoomView {
        history,
        members: HashMap::from([(account(1), member)]),
        ..RoomView::new(room, RoomKind::Ordinary)
    };
    may_read(&view, &account(1)).unwrap()
}

/// Leave to read all of a room.
pub(crate) fn all_of(room: RoomId) -> ReadGrant {
    grant(room, HistoryPolicy::All, 1)
}

/// All events of a room.
pub(crate) fn events(store: &dyn Store, room: RoomId) -> Vec<StoredEvent> {
    let grant = all_of(room);
    read(store)
        .events(&grant, crate::Range::After(0), u32::MAX)
        .unwrap()
}
