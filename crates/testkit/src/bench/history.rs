//! (h) History that is long: opening a room of a million messages, searching in it and in one room of a
//! thousand; and what it costs those who send that their words are put into the index.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use snug_proto::{AccountName, HistoryPolicy, LogId, RoomId, RoomName, Timestamp};
use snug_rules::{About, Access, Content, Entry, Retention, RoomKind};
use snug_store::{Account, Append, Durability, Expect, NewRoom, SqliteStore, Store, Writer};
use tempfile::TempDir;

use super::{Goal, Report, folder_beside_program, median, sends};
use crate::{
    child::{Snugd, Start},
    load::Site,
    wire::Wire,
};

/// Messages in the room that is long.
const MESSAGES: u64 = 1_000_000;
/// Rooms beside it, and messages in each.
const ROOMS: u64 = 1000;
const MESSAGES_EACH: u64 = 50;
/// Appends in a transaction.
const BATCH: u64 = 5000;
/// How often each request is timed.
const TIMES: usize = 40;
const ROUNDS: usize = 3;

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    reading(report).await?;
    sending(report).await
}

async fn reading(report: &mut Report) -> Result<()> {
    let folder = folder_beside_program()?;
    let data = folder.path().join("data");
    furnish(&data).await?;
    let began = Instant::now();
    let filling = data.clone();
    let indexed = tokio::task::spawn_blocking(move || fill(&filling)).await??;
    println!(
        "    {} messages made in {:.0} s, {:.0} a second put into the index",
        MESSAGES + ROOMS * MESSAGES_EACH,
        began.elapsed().as_secs_f64(),
        indexed
    );
    let files = std::fs::read_dir(&data)?.filter_map(|file| file.ok()?.metadata().ok());
    println!(
        "    {} MiB on the disk",
        files.map(|file| file.len()).sum::<u64>() >> 20
    );
    let (server, site) = start(&data).await?;
    let mut wire = site.wire().await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    wire.ok("sign_in", who).await?;
    // The first question opens the room; its answer is not counted.
    wire.ok("read", json!({"room": "long"})).await?;
    for (what, request, fields, most_ms) in questions() {
        let (ms, found) = timed(&mut wire, request, &fields).await?;
        ensure!(found > 0, "{what}: nothing was found");
        report.add("h", format!("{what}, p50, ms"), ms, Goal::AtMost(most_ms));
    }
    drop(server);
    Ok(())
}

/// What is asked, and how many milliseconds it may take.
fn questions() -> [(&'static str, &'static str, Value, f64); 16] {
    let since = time_of(MESSAGES / 3).to_string();
    [
        (
            "the newest page of a million messages",
            "read",
            json!({"room": "long"}),
            5.0,
        ),
        (
            "a page since a time",
            "read",
            json!({"room": "long", "since": since}),
            5.0,
        ),
        (
            "a common word in a million messages",
            "search",
            json!({"query": "the in:long"}),
            50.0,
        ),
        (
            "a rare word",
            "search",
            json!({"query": "zyzzyva in:long"}),
            50.0,
        ),
        (
            "a prefix of three letters",
            "search",
            json!({"query": "kom* in:long"}),
            50.0,
        ),
        (
            "a prefix of five letters",
            "search",
            json!({"query": "komar* in:long"}),
            50.0,
        ),
        (
            "a phrase",
            "search",
            json!({"query": "\"the komari\" in:long"}),
            50.0,
        ),
        (
            "two words that seldom meet",
            "search",
            json!({"query": "zyzzyva the in:long"}),
            50.0,
        ),
        (
            "a common word in one room of a thousand",
            "search",
            json!({"query": "the in:room500"}),
            50.0,
        ),
        (
            "a common word in all of a thousand rooms",
            "search",
            json!({"query": "the"}),
            50.0,
        ),
        (
            "a rare word in all of a thousand rooms",
            "search",
            json!({"query": "zyzzyva"}),
            50.0,
        ),
        (
            "a prefix of three letters in all of them",
            "search",
            json!({"query": "kom*"}),
            50.0,
        ),
        (
            "a prefix of five letters in all of them",
            "search",
            json!({"query": "komar*"}),
            50.0,
        ),
        (
            "by whom, in all of them",
            "search",
            json!({"query": "from:ann komari"}),
            50.0,
        ),
        (
            "by whom, a common word",
            "search",
            json!({"query": "from:ann the"}),
            50.0,
        ),
        (
            "by whom, a rare word",
            "search",
            json!({"query": "from:ann zyzzyva"}),
            50.0,
        ),
    ]
}

const PASSWORD: &str = "correct horse battery";

/// Makes the folder and the account that asks.
async fn furnish(data: &Path) -> Result<()> {
    let (server, site) = start(data).await?;
    let code = server.owner_code.clone();
    let code = code.context("a new server without an owner's code")?;
    site.open_to_all(&code).await?;
    let mut wire = site.wire().await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    wire.ok("register", who).await?;
    tokio::task::spawn_blocking(move || server.stop()).await??;
    Ok(())
}

async fn start(data: &Path) -> Result<(Snugd, Site)> {
    let start = Start::new(data)?;
    let server = tokio::task::spawn_blocking(move || start.run()).await??;
    let site = Site::new(server.address, server.fingerprint)?;
    Ok((server, site))
}

/// Puts the messages in through the store, and lets its follower take them in. How many it takes in a
/// second.
fn fill(data: &Path) -> Result<f64> {
    let store = SqliteStore::open(&data.join("snug.db"), Durability::Process)?;
    let mut reader = store.reader()?;
    let skeleton = AccountName::parse("ann")?.skeleton();
    let ann = reader.account_called(&skeleton)?.context("no ann")?;
    let mut writer = store.writer()?;
    let mut rooms = Vec::new();
    for number in 0..=ROOMS {
        let name = if number == ROOMS {
            "long".to_owned()
        } else {
            format!("room{number}")
        };
        rooms.push(make_room(&mut *writer, &ann, number, &name)?);
    }
    let long = rooms.pop().context("no rooms")?;
    let mut random = 1_u64;
    for first in (0..MESSAGES + ROOMS * MESSAGES_EACH).step_by(usize::try_from(BATCH)?) {
        let mut appends = Vec::new();
        for number in first..first + BATCH {
            let (to, rules) = match number.checked_sub(MESSAGES) {
                None => long,
                Some(beside) => {
                    let room = rooms.get(usize::try_from(beside % ROOMS)?);
                    *room.context("no such room")?
                }
            };
            appends.push(Append {
                room: to,
                expect: Expect {
                    room_rules: rules,
                    account_rules: ann.rules,
                },
                entry: Entry {
                    actor: ann.id,
                    content: Content::Message {
                        body: words(number, &mut random),
                        deleted: false,
                        about: About::default(),
                    },
                },
                key: None,
                rules_after: 0,
                password_tag: None,
                begin_log: None,
                deletes_of: None,
                apart: Vec::new(),
                keep: true,
            });
        }
        let mut transaction = writer.begin()?;
        let outcomes = transaction.append(&appends, time_of(first))?;
        ensure!(outcomes.iter().all(Result::is_ok), "a message was refused");
        transaction.commit()?;
    }
    let began = Instant::now();
    let mut follower = store.follower()?;
    while follower.follow(2000)? > 0 {}
    #[expect(clippy::cast_precision_loss, reason = "a count far below 2^52")]
    let number = (MESSAGES + ROOMS * MESSAGES_EACH) as f64;
    Ok(number / began.elapsed().as_secs_f64())
}

/// Makes a room with this account in it. Its id, and the counter of its rules.
fn make_room(
    writer: &mut dyn Writer,
    founder: &Account,
    number: u64,
    name: &str,
) -> Result<(RoomId, u64)> {
    let mut bytes = [0xA5; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    let id = RoomId::from_bytes(bytes);
    let mut transaction = writer.begin()?;
    transaction.create_room(&NewRoom {
        id,
        log: LogId::from_bytes(bytes),
        kind: RoomKind::Ordinary,
        name: Some(RoomName::parse(name)?),
        access: Access::Open,
        password_tag: None,
        history: HistoryPolicy::All,
        retention: Retention::Forever,
        founder: Some(founder.id),
        listed: true,
        created_at: time_of(0),
    })?;
    let joined = Append {
        room: id,
        expect: Expect {
            room_rules: 0,
            account_rules: founder.rules,
        },
        entry: Entry {
            actor: founder.id,
            content: Content::Joined,
        },
        key: None,
        rules_after: 1,
        begin_log: None,
        deletes_of: None,
        apart: Vec::new(),
        keep: true,
        password_tag: None,
    };
    let outcomes = transaction.append(&[joined], time_of(0))?;
    ensure!(outcomes.iter().all(Result::is_ok), "no room was made");
    transaction.commit()?;
    Ok((id, 1))
}

/// When a message was said: one a second, up to a while ago.
fn time_of(number: u64) -> Timestamp {
    Timestamp::from_ms(1_750_000_000_000 + number * 1000)
}

/// Ten words, most of them of eight thousand made of syllables, the first of which are the more frequent;
/// every second message has a `the`, one in ninety thousand a `zyzzyva`.
fn words(number: u64, random: &mut u64) -> String {
    const SYLLABLES: [&str; 20] = [
        "ko", "ma", "ri", "ta", "ne", "so", "lu", "pi", "da", "ve", "ga", "to", "mi", "sha", "ron",
        "bel", "cu", "fa", "jo", "wi",
    ];
    let mut text = String::with_capacity(100);
    for _ in 0..9 {
        if number.is_multiple_of(2) && text.len() < 8 && !text.is_empty() {
            text.push_str("the ");
        }
        for _ in 0..3 {
            *random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let (one, other) = (*random >> 33, *random >> 48);
            let which = (one % 20).min(other % 20);
            text.push_str(SYLLABLES[usize::try_from(which).unwrap_or(0)]);
        }
        text.push(' ');
    }
    if number % 90_001 == 7 || number == MESSAGES + 77 {
        text.push_str("zyzzyva");
    }
    text
}

/// The middle time of a request, and how much its last answer held.
async fn timed(wire: &mut Wire, request: &str, fields: &Value) -> Result<(f64, usize)> {
    let (mut times, mut found) = (Vec::new(), 0);
    for _ in 0..TIMES {
        let began = Instant::now();
        let answer = wire.ask(request, fields.clone()).await?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                // Given up by the server after its own bound: so long it took, and nothing came of it.
                println!("    refused: {} ({})", error.code, error.text);
                return Ok((median(times), 1));
            }
        };
        let list = answer.get("hits").or_else(|| answer.get("events"));
        found = list.and_then(Value::as_array).map_or(0, Vec::len);
    }
    Ok((median(times), found))
}

async fn sending(report: &mut Report) -> Result<()> {
    let (mut with, mut without, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let indexed = sends::a_second(fresh()?).await?;
        let folder = fresh()?;
        // A folder where its file should be: there is no follower.
        let in_the_way = folder.path().join("data");
        std::fs::create_dir_all(in_the_way.join("snug-search.db").join("x"))?;
        let bare = sends::a_second(folder).await?;
        println!("    round: {indexed:.0}/s with the follower, {bare:.0}/s without");
        with.push(indexed);
        without.push(bare);
        shares.push(indexed / bare);
    }
    report.add(
        "h",
        "sends a second, words put into the index",
        median(with),
        Goal::None,
    );
    report.add("h", "sends a second, no index", median(without), Goal::None);
    report.add("h", "of those without", median(shares), Goal::AtLeast(0.8));
    Ok(())
}

fn fresh() -> Result<TempDir> {
    folder_beside_program()
}

/// Long enough that the follower is always at work.
const _: () = assert!(sends::LASTING.as_millis() >= Duration::from_secs(3).as_millis());
