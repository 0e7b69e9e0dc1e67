//! What a server of a size holds, put in through the store: the accounts, the room, the bans, the friends.

use std::{collections::HashMap, net::Ipv4Addr, path::Path};

use anyhow::{Context, Result, ensure};
use snug_auth::{CHEAP, token_hash};
use snug_proto::{
    AccountId, AccountName, Friendship, HistoryPolicy, LogId, Role, RoomId, RoomName, SessionId,
    Timestamp,
};
use snug_rules::{
    About, Access, Authority, Change, Content, Entry, Network, Retention, RoomKind, Sanction,
};
use snug_store::{
    Account, Append, Banned, Durability, Expect, NewAccount, NewRoom, NewServerBan, NewSession,
    SqliteStore, Store, Transaction,
};

use super::{FRIENDS_HERE, Size, host_room, name_of, token_of};

/// The room that is large or small.
pub(super) const HALL: &str = "hall";
/// Messages in it, and in each of the host's rooms.
const MESSAGES: u32 = 200;
const MESSAGES_EACH: u32 = 3;
/// Accounts and appends in a transaction.
const BATCH: u32 = 5000;

/// Who does what. All others are members of the hall, then people of no room.
pub(super) const BOSS: u32 = 0;
/// In as many rooms as one can be.
pub(super) const HOST: u32 = 1;
/// In all rooms of the host, and here.
pub(super) const GUEST: u32 = 2;
/// In no room.
pub(super) const NEWCOMER: u32 = 3;
/// Has as many friends as one can have.
pub(super) const FRIEND: u32 = 4;
/// May not enter the hall.
pub(super) const SHUT_OUT: u32 = 5;
/// The first member of the hall that is nobody of these.
pub(super) const FIRST_MEMBER: u32 = 10;

/// Fills the database of a server that was started once.
pub(super) fn fill(data: &Path, size: Size, now: Timestamp) -> Result<()> {
    let store = SqliteStore::open(&data.join("snug.db"), Durability::Process)?;
    let mut writer = store.writer()?;
    for first in (0..size.accounts).step_by(BATCH as usize) {
        let mut transaction = writer.begin()?;
        for number in first..(first + BATCH).min(size.accounts) {
            transaction.create_account(&account(number, now)?)?;
        }
        transaction.commit()?;
    }
    let mut transaction = writer.begin()?;
    for number in 0..FIRST_MEMBER + FRIENDS_HERE {
        transaction.create_session(&session(number, now))?;
    }
    for number in 0..size.friends {
        let friend = id_of(FIRST_MEMBER + number);
        transaction.set_friendship(&id_of(FRIEND), &friend, Friendship::Friends, now)?;
    }
    for number in 0..size.bans {
        transaction.ban_from_server(&server_ban(number, size, now)?, 0)?;
    }
    transaction.commit()?;
    let mut filling = Filling {
        rules: HashMap::new(),
        appends: Vec::new(),
        now,
    };
    let mut transaction = writer.begin()?;
    let hall = filling.make_room(&mut *transaction, u64::MAX, HALL)?;
    filling.append(hall, BOSS, Content::Joined);
    for number in 0..size.members {
        filling.append(hall, FIRST_MEMBER + number, Content::Joined);
    }
    for number in 0..size.bans {
        let who = match number {
            0 => SHUT_OUT,
            _ => size.accounts - number,
        };
        filling.append(hall, BOSS, banned(who));
    }
    for _ in 0..MESSAGES {
        filling.append(hall, BOSS, message());
    }
    for number in 0..size.rooms {
        let name = host_room(number);
        let room = filling.make_room(&mut *transaction, number.into(), &name)?;
        filling.append(room, BOSS, Content::Joined);
        filling.append(room, HOST, Content::Joined);
        filling.append(room, GUEST, Content::Joined);
        for _ in 0..MESSAGES_EACH {
            filling.append(room, HOST, message());
        }
    }
    transaction.commit()?;
    filling.write(&store)?;
    let mut follower = store.follower()?;
    while follower.follow(2000)? > 0 {}
    Ok(())
}

/// Appends that are yet to be written, and the rules that the next ones expect.
struct Filling {
    rules: HashMap<RoomId, u64>,
    appends: Vec<Append>,
    now: Timestamp,
}

impl Filling {
    fn make_room(
        &mut self,
        transaction: &mut dyn Transaction,
        number: u64,
        name: &str,
    ) -> Result<RoomId> {
        let mut bytes = [0xA5; 16];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        let id = RoomId::from_bytes(bytes);
        transaction.create_room(&NewRoom {
            id,
            log: LogId::from_bytes(bytes),
            kind: RoomKind::Ordinary,
            name: Some(RoomName::parse(name)?),
            access: Access::Open,
            password_tag: None,
            history: HistoryPolicy::All,
            retention: Retention::Forever,
            founder: Some(id_of(BOSS)),
            listed: true,
            created_at: self.now,
        })?;
        Ok(id)
    }

    fn append(&mut self, room: RoomId, actor: u32, content: Content) {
        let rules = self.rules.entry(room).or_insert(0);
        let expected = *rules;
        *rules += u64::from(content.changes_rules());
        self.appends.push(Append {
            room,
            expect: Expect {
                room_rules: expected,
                account_rules: 0,
            },
            entry: Entry {
                actor: id_of(actor),
                content,
            },
            key: None,
            rules_after: *rules,
            password_tag: None,
            begin_log: None,
            deletes_of: None,
            apart: Vec::new(),
            keep: true,
        });
    }

    fn write(self, store: &SqliteStore) -> Result<()> {
        let mut writer = store.writer()?;
        for batch in self.appends.chunks(BATCH as usize) {
            let mut transaction = writer.begin()?;
            let outcomes = transaction.append(batch, self.now)?;
            ensure!(outcomes.iter().all(Result::is_ok), "something was refused");
            transaction.commit()?;
        }
        Ok(())
    }
}

pub(super) fn id_of(number: u32) -> AccountId {
    let mut bytes = [0x5A; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    AccountId::from_bytes(bytes)
}

fn account(number: u32, now: Timestamp) -> Result<NewAccount> {
    let name = name_of(number);
    Ok(NewAccount {
        skeleton: AccountName::parse(&name)?.skeleton(),
        account: Account {
            id: id_of(number),
            name,
            display: None,
            role: Role::Member,
            // Nobody signs in with a password here, but for one who registers.
            record: vec![1; 192],
            argon2: CHEAP,
            rules: 0,
            strangers: true,
            no_guests: false,
            vip_until: None,
            bot: false,
            second_factor: false,
            worn: None,
            created_at: now,
        },
    })
}

fn session(number: u32, now: Timestamp) -> NewSession {
    let mut bytes = [0x33; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    NewSession {
        id: SessionId::from_bytes(bytes),
        account: id_of(number),
        token_hash: token_hash(&token_of(number)),
        client: "bench".into(),
        address: None,
        created_at: now,
    }
}

fn message() -> Content {
    Content::Message {
        body: "the bar serves you there and cannot see you".into(),
        deleted: false,
        about: About::default(),
    }
}

fn banned(who: u32) -> Content {
    Content::Changed {
        change: Change::Banned {
            who: id_of(who),
            sanction: Sanction {
                until: None,
                reason: Some("spam".into()),
            },
        },
        by: Authority::Room,
    }
}

/// Every second ban is of an account, the others are of networks of all lengths.
fn server_ban(number: u32, size: Size, at: Timestamp) -> Result<NewServerBan> {
    let whom = if number.is_multiple_of(2) {
        Banned::Account(id_of(size.accounts - 1 - number / 2))
    } else {
        let prefix = 12 + u8::try_from(number / 2 % 21)?;
        let address = Ipv4Addr::from_bits(0x0A00_0000 | (number << 9));
        Banned::Addresses(Network::of(address.into(), prefix))
    };
    Ok(NewServerBan {
        whom,
        by: None,
        rank: Role::Owner,
        at,
        until: None,
        reason: Some("spam".into()),
    })
}

/// Now, as the server's clock says it.
pub(super) fn now() -> Result<Timestamp> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let ms = u64::try_from(since.as_millis()).context("a clock far off")?;
    Ok(Timestamp::from_ms(ms))
}
