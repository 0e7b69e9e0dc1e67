//! The clients of a fault test: writers that retry what was not answered, and readers that come back
//! where they left off.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::{Value, json};

use super::witness::{Log, Seen};
use crate::{child::Snugd, load::Site, wire::Wire};

pub(super) const PASSWORD: &str = "correct horse battery";
/// The owner, whom the first sign-in makes.
pub(super) const OWNER: &str = "owner";
const ROOMS: [&str; 2] = ["lobby", "den"];
/// Messages that a writer has under way at once.
const IN_FLIGHT: usize = 4;

/// The accounts of a test.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) writers: Vec<Writer>,
    pub(super) readers: Vec<Reader>,
}

/// An account that sends, and what it knows of its messages.
#[derive(Debug)]
pub(super) struct Writer {
    name: String,
    number: u64,
    /// Sent and not answered: sent again, under the same key, once there is a server.
    unanswered: VecDeque<Message>,
    pub(super) acknowledged: Vec<Seen>,
}

/// An account that listens.
#[derive(Debug)]
pub(super) struct Reader {
    name: String,
    /// How far it has each room: log and number, by the room's id.
    cursors: BTreeMap<String, (String, u64)>,
    pub(super) heard: Vec<Seen>,
}

#[derive(Debug, Clone)]
struct Message {
    room: &'static str,
    body: String,
}

pub(super) fn site_of(server: &Snugd) -> Result<Site> {
    Site::new(server.address, server.fingerprint)
}

/// Nanoseconds since 1970, as the preloaded library stamps its calls.
pub(super) fn nanos(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

impl Crowd {
    /// Claims a new server, makes the accounts, and a room beside the lobby that all are in.
    pub(super) async fn settle(server: &Snugd, writers: usize, readers: usize) -> Result<Self> {
        let site = site_of(server)?;
        let code = server.owner_code.as_deref().context("no owner's code")?;
        let mut owner = site.open_to_all(code).await?;
        owner.ok("create_room", json!({"room": "den"})).await?;
        let mut crowd = Self {
            writers: Vec::new(),
            readers: Vec::new(),
        };
        for index in 0..writers {
            let name = format!("writer{index}");
            settle_one(&site, &name).await?;
            crowd.writers.push(Writer {
                name,
                number: 0,
                unanswered: VecDeque::new(),
                acknowledged: Vec::new(),
            });
        }
        for index in 0..readers {
            let name = format!("reader{index}");
            let cursors = settle_one(&site, &name).await?;
            crowd.readers.push(Reader {
                name,
                cursors,
                heard: Vec::new(),
            });
        }
        Ok(crowd)
    }
}

/// Registers, joins, and gives the cursors at the rooms' ends.
async fn settle_one(site: &Site, name: &str) -> Result<BTreeMap<String, (String, u64)>> {
    let mut wire = site.wire().await?;
    let who = json!({"name": name, "password": PASSWORD});
    wire.ok("register", who).await?;
    wire.ok("join", json!({"room": "den"})).await?;
    let mine = wire.ok("rooms", json!({"mine": true})).await?;
    Ok(entries(&mine)
        .map(|(_, id, log, seq)| (id, (log, seq)))
        .collect())
}

/// Name, id, log and newest number of each room in a list.
fn entries(list: &Value) -> impl Iterator<Item = (String, String, String, u64)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list["rooms"]
        .as_array()
        .into_iter()
        .flatten()
        .map(move |room| {
            let seq = room["seq"].as_u64().unwrap_or_default();
            (
                text(&room["room"]),
                text(&room["room_id"]),
                text(&room["log"]),
                seq,
            )
        })
}

impl Writer {
    /// Sends until the connection is lost, what was not answered before first; counts what is answered.
    /// An answer that is a refusal is an error of the test, unless it says that the server stops.
    pub(super) async fn write(&mut self, site: Site, answered: &AtomicU64) -> Result<()> {
        let Ok(mut wire) = site.wire().await else {
            return Ok(());
        };
        let who = json!({"name": self.name, "password": PASSWORD});
        let Ok(signed_in) = wire.ask("sign_in", who).await else {
            return Ok(());
        };
        signed_in.map_err(|error| anyhow!("{} was refused: {error:?}", self.name))?;
        let mut again = std::mem::take(&mut self.unanswered);
        let mut under_way = VecDeque::new();
        loop {
            while under_way.len() < IN_FLIGHT {
                let message = again.pop_front().unwrap_or_else(|| self.next());
                self.unanswered.push_back(message.clone());
                let fields =
                    json!({"room": message.room, "body": message.body, "key": message.body});
                match wire.submit("send", fields).await {
                    Ok(id) => under_way.push_back((id, message)),
                    Err(_lost) => break,
                }
            }
            let Some((id, message)) = under_way.pop_front() else {
                break;
            };
            let Ok((answer, at)) = wire.timed_answer(id).await else {
                break;
            };
            // Heard as well; the readers look after that.
            drop(wire.take_events());
            match answer {
                Ok(sent) => {
                    self.acknowledged.push(message.seen(&sent, nanos(at)));
                    self.unanswered.pop_front();
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) if error.code == "shutting_down" => break,
                Err(error) => return Err(anyhow!("a send was refused: {error:?}")),
            }
        }
        self.unanswered.extend(again);
        Ok(())
    }

    /// Sends again what is not answered yet, and nothing else.
    pub(super) async fn finish(&mut self, site: &Site) -> Result<()> {
        let mut wire = sign_in(site, &self.name).await?;
        while let Some(message) = self.unanswered.pop_front() {
            let fields = json!({"room": message.room, "body": message.body, "key": message.body});
            let id = wire.submit("send", fields).await?;
            let (sent, at) = wire.timed_answer(id).await?;
            let sent = sent.map_err(|error| anyhow!("a retry was refused: {error:?}"))?;
            self.acknowledged.push(message.seen(&sent, nanos(at)));
        }
        Ok(())
    }

    fn next(&mut self) -> Message {
        self.number += 1;
        let room = if self.number.is_multiple_of(2) {
            "den"
        } else {
            "lobby"
        };
        let body = format!("{} says {}", self.name, self.number);
        Message { room, body }
    }
}

impl Message {
    fn seen(self, sent: &Value, at: u64) -> Seen {
        Seen {
            room: sent["room_id"].as_str().unwrap_or_default().to_owned(),
            seq: sent["seq"].as_u64().unwrap_or_default(),
            body: self.body,
            at,
        }
    }
}

impl Reader {
    /// Listens from where it left off until the connection is lost, or until it has heard all of `until`.
    pub(super) async fn read(&mut self, site: Site, until: Option<Log>) -> Result<()> {
        let Ok(mut wire) = site.wire().await else {
            return Ok(());
        };
        let who = json!({"name": self.name, "password": PASSWORD});
        let Ok(signed_in) = wire.ask("sign_in", who).await else {
            return Ok(());
        };
        signed_in.map_err(|error| anyhow!("{} was refused: {error:?}", self.name))?;
        let cursors: BTreeMap<&String, Value> = self
            .cursors
            .iter()
            .map(|(room, (log, seq))| (room, json!({"log": log, "seq": seq})))
            .collect();
        let Ok(_follow) = wire.submit("follow", json!({"cursors": cursors})).await else {
            return Ok(());
        };
        loop {
            for heard in wire.take_events() {
                // The second answer is that to `follow`: from there on there must be no hole.
                self.take(&heard.event, nanos(heard.at), heard.answers_before >= 2)?;
            }
            if until.as_ref().is_some_and(|log| self.has_all_of(log)) {
                return Ok(());
            }
            if let Err(lost) = wire.read().await {
                return until.map_or(Ok(()), |_| Err(lost));
            }
        }
    }

    /// Comes back to a server that lost power, with all that was heard: is told that every log began
    /// anew, whatever of it is left, reads it again, and hears what is said from then on.
    pub(super) async fn comes_back_after_a_loss(&self, site: &Site) -> Result<()> {
        let mut wire = sign_in(site, &self.name).await?;
        let cursors: BTreeMap<&String, Value> = self
            .cursors
            .iter()
            .map(|(room, (log, seq))| (room, json!({"log": log, "seq": seq})))
            .collect();
        wire.ok("follow", json!({"cursors": cursors})).await?;
        let mut told = BTreeMap::new();
        while told.len() < self.cursors.len() {
            let rewound = wire.event_named("rewound").await;
            let rewound = rewound.with_context(|| format!("{} hears no `rewound`", self.name))?;
            let room = rewound["room_id"].as_str().unwrap_or_default();
            told.insert(room.to_owned(), rewound);
        }
        for (room, (log, _)) in &self.cursors {
            let rewound = told.get(room).context("another room was rewound")?;
            ensure!(rewound["log"] != *log, "the same log: {rewound}");
            let stale = json!({"room": room, "log": log, "after": 0});
            let code = wire.code("read", stale).await?;
            ensure!(code == "rewound", "the old log was read: {code}");
            let new = &rewound["log"];
            let copy = read_log(&mut wire, room, Some(new)).await?;
            let head = copy.last().map_or(0, |(seq, _)| *seq);
            ensure!(rewound["seq"] == head, "{rewound} is not at {head}");
            let said = json!({"room": room, "body": format!("{} is back", self.name)});
            wire.ok("send", said).await?;
            let live = wire.event(|event| event["seq"] == head + 1).await?;
            ensure!(live["room_id"] == *room, "{live} came live");
        }
        Ok(())
    }

    fn take(&mut self, event: &Value, at: u64, follows: bool) -> Result<()> {
        let room = event["room_id"].as_str().unwrap_or_default();
        let Some((_, cursor)) = self.cursors.get_mut(room) else {
            return Ok(());
        };
        ensure!(event["ev"] != "rewound", "a log was rewound: {event}");
        if event["ev"] == "gap" {
            *cursor = event["to"].as_u64().unwrap_or_default();
            return Ok(());
        }
        // Presence carries no number; a number at or below the cursor is passed over (P-135).
        let Some(seq) = event["seq"].as_u64().filter(|seq| *seq > *cursor) else {
            return Ok(());
        };
        if seq > *cursor + 1 {
            ensure!(!follows, "{}: {seq} came after {cursor}", self.name);
            return Ok(());
        }
        *cursor = seq;
        self.heard.extend(Seen::message(event, at));
        Ok(())
    }

    fn has_all_of(&self, log: &Log) -> bool {
        log.iter().all(|(room, events)| {
            let last = events.last().map_or(0, |(seq, _)| *seq);
            self.cursors.get(room).is_some_and(|(_, seq)| *seq >= last)
        })
    }
}

/// A signed-in client; the server must be there.
pub(super) async fn sign_in(site: &Site, name: &str) -> Result<Wire> {
    let mut wire = site.wire().await?;
    let who = json!({"name": name, "password": PASSWORD});
    wire.ok("sign_in", who).await?;
    Ok(wire)
}

/// Reads the whole log of every room of the owner's.
pub(super) async fn read_logs(site: &Site) -> Result<Log> {
    let mut wire = sign_in(site, OWNER).await?;
    let mine = wire.ok("rooms", json!({"mine": true})).await?;
    let mut logs = Log::new();
    for (name, id, _, _) in entries(&mine).filter(|(name, ..)| ROOMS.contains(&name.as_str())) {
        let events = read_log(&mut wire, &id, None).await.context(name)?;
        logs.insert(id, events);
    }
    Ok(logs)
}

/// Reads the whole log of a room; of this log, if one is named.
async fn read_log(
    wire: &mut Wire,
    room: &str,
    log: Option<&Value>,
) -> Result<Vec<(u64, Option<String>)>> {
    let mut events = Vec::new();
    loop {
        let after = events.last().map_or(0, |(seq, _)| *seq);
        let mut page = json!({"room": room, "after": after, "limit": 500});
        if let Some(log) = log {
            page["log"] = log.clone();
        }
        let page = wire.ok("read", page).await?;
        for event in page["events"].as_array().into_iter().flatten() {
            let body = event["body"].as_str().filter(|_| event["ev"] == "message");
            let seq = event["seq"].as_u64().context("an event without a number")?;
            events.push((seq, body.map(str::to_owned)));
        }
        if page["more"] != true {
            return Ok(events);
        }
    }
}

/// Waits until so many sends were answered, or for so long.
pub(super) async fn wait_for(answered: &AtomicU64, number: u64, at_most: Duration) {
    let deadline = std::time::Instant::now() + at_most;
    while answered.load(Ordering::Relaxed) < number && std::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
