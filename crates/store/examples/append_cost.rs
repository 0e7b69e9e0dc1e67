//! What an append costs, against the floor: the same rows inserted by rusqlite directly, by a prepared
//! statement, in transactions of the same size, in a file of the same settings.
//!
//! `cargo run --release -p snug-store --example append_cost [FOLDER]`: the folder says which disk.
//! Rounds of either alternate; the medians are printed, and what one is to the other.

#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measuring program"
)]

use std::{fs, path::Path, time::Instant};

use rusqlite::{Connection, params};
use snug_proto::{
    AccountId, Argon2Parameters, HistoryPolicy, LogId, Role, RoomId, RoomName, Timestamp,
};
use snug_rules::{About, Access, Content, Entry, Retention, RoomKind};
use snug_store::{
    Account, Append, Durability, Expect, NewAccount, NewRoom, SqliteStore, Store, Writer,
};

const ROOMS: u8 = 64;
const EACH: usize = 4;
const TRANSACTIONS: usize = 100;
const ROUNDS: usize = 9;
const NOW: u64 = 1_800_000_000_000;

fn main() {
    let base = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(base).unwrap();
    let body = "x".repeat(200);
    for keys in [false, true] {
        let mut floor = Floor::new(&folder.path().join(format!("floor-{keys}.db")));
        let mut store = Appender::new(&folder.path().join(format!("store-{keys}.db")));
        let mut rounds = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            rounds.0.push(measure(|| floor.transaction(&body, keys)));
            rounds.1.push(measure(|| store.transaction(&body, keys)));
        }
        println!(
            "{}",
            if keys {
                "with retry keys"
            } else {
                "without keys"
            }
        );
        let floor = report("  rusqlite insert", rounds.0);
        let store = report("  store append   ", rounds.1);
        println!(
            "  rate {:.2} of the floor's, CPU {:.2} times the floor's",
            store.0 / floor.0,
            store.1 / floor.1
        );
    }
}

/// Rows a second, and microseconds of CPU a row.
fn measure(mut transaction: impl FnMut()) -> (f64, f64) {
    let rows = (TRANSACTIONS * EACH * usize::from(ROOMS)) as f64;
    let (start, cpu) = (Instant::now(), cpu_ns());
    for _ in 0..TRANSACTIONS {
        transaction();
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu = (cpu_ns() - cpu) as f64 / 1000.0;
    (rows / seconds, cpu / rows)
}

fn report(what: &str, rounds: Vec<(f64, f64)>) -> (f64, f64) {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        *values.get(values.len() / 2).unwrap()
    };
    let (rates, costs) = rounds.into_iter().unzip();
    let (rate, cost) = (median(rates), median(costs));
    println!("{what}: {rate:>9.0} rows/s, {cost:.2} us of CPU a row");
    (rate, cost)
}

/// What this thread has used, as the kernel counts it.
fn cpu_ns() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// The rows, by rusqlite and nothing else.
struct Floor {
    connection: Connection,
    seq: i64,
}

impl Floor {
    fn new(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE event (room INTEGER, seq INTEGER, at INTEGER, messages INTEGER,
                 actor INTEGER, kind INTEGER, of INTEGER, body TEXT);
                 CREATE UNIQUE INDEX event_seq ON event (room, seq);
                 CREATE TABLE retry_key (account INTEGER, key TEXT, digest BLOB, room INTEGER,
                 seq INTEGER, at INTEGER, made_at INTEGER, PRIMARY KEY (account, key))
                 WITHOUT ROWID;",
            )
            .unwrap();
        Self { connection, seq: 0 }
    }

    fn transaction(&mut self, body: &str, keys: bool) {
        let transaction = self.connection.transaction().unwrap();
        let mut event = transaction
            .prepare_cached("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
            .unwrap();
        let mut key = transaction
            .prepare_cached("INSERT INTO retry_key VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .unwrap();
        let at = i64::try_from(NOW).unwrap();
        for _ in 0..EACH {
            self.seq += 1;
            let seq = self.seq;
            for room in 1..=i64::from(ROOMS) {
                event
                    .execute(params![room, seq, at, seq, room, 2, None::<i64>, body])
                    .unwrap();
                if keys {
                    let text = seq.to_string();
                    key.execute(params![room, text, [7_u8; 32], room, seq, at, at])
                        .unwrap();
                }
            }
        }
        drop((event, key));
        transaction.commit().unwrap();
    }
}

/// The rows, by the store.
struct Appender {
    writer: Box<dyn Writer>,
    seq: u64,
}

impl Appender {
    fn new(path: &Path) -> Self {
        let store = SqliteStore::open(path, Durability::Power).unwrap();
        let mut writer = store.writer().unwrap();
        let mut transaction = writer.begin().unwrap();
        for number in 1..=ROOMS {
            transaction.create_account(&account(number)).unwrap();
            transaction.create_room(&room(number)).unwrap();
        }
        transaction.commit().unwrap();
        Self { writer, seq: 0 }
    }

    fn transaction(&mut self, body: &str, keys: bool) {
        let mut appends = Vec::with_capacity(EACH * usize::from(ROOMS));
        for _ in 0..EACH {
            self.seq += 1;
            let key = keys.then(|| (self.seq.to_string(), [7; 32]));
            appends.extend((1..=ROOMS).map(|number| Append {
                room: RoomId::from_bytes([number; 16]),
                expect: Expect {
                    room_rules: 0,
                    account_rules: 0,
                },
                entry: Entry {
                    actor: AccountId::from_bytes([number; 16]),
                    content: Content::Message {
                        body: body.to_owned(),
                        deleted: false,
                        about: About::default(),
                    },
                },
                key: key.clone(),
                rules_after: 1,
                password_tag: None,
                begin_log: None,
                deletes_of: None,
                apart: Vec::new(),
                keep: true,
            }));
        }
        let mut transaction = self.writer.begin().unwrap();
        let now = Timestamp::from_ms(NOW);
        let outcomes = transaction.append(&appends, now).unwrap();
        assert!(outcomes.iter().all(Result::is_ok));
        transaction.commit().unwrap();
    }
}

fn account(number: u8) -> NewAccount {
    NewAccount {
        account: Account {
            id: AccountId::from_bytes([number; 16]),
            name: format!("a{number}"),
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
            created_at: Timestamp::from_ms(NOW),
        },
        skeleton: format!("a{number}"),
    }
}

fn room(number: u8) -> NewRoom {
    NewRoom {
        id: RoomId::from_bytes([number; 16]),
        log: LogId::from_bytes([number; 16]),
        kind: RoomKind::Ordinary,
        name: Some(RoomName::parse(&format!("r{number}")).unwrap()),
        access: Access::Open,
        password_tag: None,
        history: HistoryPolicy::All,
        retention: Retention::Forever,
        founder: None,
        listed: true,
        created_at: Timestamp::from_ms(NOW),
    }
}
