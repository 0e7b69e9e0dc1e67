//! What clients saw, and whether a log afterwards agrees with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Result, bail, ensure};
use serde_json::Value;

/// A message of a room's log, as a client knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The room's id.
    pub room: String,
    /// Its number.
    pub seq: u64,
    /// Its words, different for every message of a test.
    pub body: String,
    /// When the client saw it, in nanoseconds since 1970.
    pub at: u64,
}

/// What all clients of a test saw.
#[derive(Debug, Default)]
pub struct Witness {
    /// Sends that were answered.
    pub acknowledged: Vec<Seen>,
    /// What each reader heard, in its order, over all its connections.
    pub heard: Vec<Vec<Seen>>,
}

/// A room's log as it is read afterwards: each event's number, and its words if it is a message.
pub type Log = BTreeMap<String, Vec<(u64, Option<String>)>>;

impl Seen {
    /// A delivered message; `None` for any other event.
    pub fn message(event: &Value, at: u64) -> Option<Self> {
        (event["ev"] == "message").then(|| Self {
            room: event["room_id"].as_str().unwrap_or_default().to_owned(),
            seq: event["seq"].as_u64().unwrap_or_default(),
            body: event["body"].as_str().unwrap_or_default().to_owned(),
            at,
        })
    }
}

impl Witness {
    /// Fails if the log lacks, repeats or reorders anything that a client had seen by then.
    pub fn judge(&self, log: &Log, by: u64) -> Result<()> {
        let places = Places::of(log)?;
        for seen in self.acknowledged.iter().filter(|seen| seen.at < by) {
            places.hold(seen, "acknowledged")?;
        }
        for seen in self.heard.iter().flatten().filter(|seen| seen.at < by) {
            places.hold(seen, "heard")?;
        }
        self.judge_readers()
    }

    /// Fails if the log is anything but the beginning of what clients saw: it may end early.
    pub fn judge_prefix(&self, log: &Log) -> Result<()> {
        let places = Places::of(log)?;
        let there = |seen: &&Seen| {
            let events = log.get(&seen.room).map_or(0, Vec::len);
            seen.seq <= events as u64
        };
        for seen in self.acknowledged.iter().filter(there) {
            places.hold(seen, "acknowledged")?;
        }
        for seen in self.heard.iter().flatten().filter(there) {
            places.hold(seen, "heard")?;
        }
        self.judge_readers()
    }

    /// Each reader hears a room in rising order and nothing twice, whenever it was away.
    fn judge_readers(&self) -> Result<()> {
        for heard in &self.heard {
            let mut last: HashMap<&str, u64> = HashMap::new();
            let mut bodies = HashSet::new();
            for seen in heard {
                let before = last.insert(&seen.room, seen.seq).unwrap_or(0);
                ensure!(before < seen.seq, "{} was heard after {before}", seen.seq);
                ensure!(bodies.insert(&seen.body), "{:?} was heard twice", seen.body);
            }
        }
        Ok(())
    }
}

/// Where each message of a log stands.
struct Places<'a>(HashMap<&'a str, (&'a str, u64)>);

impl<'a> Places<'a> {
    /// Fails if the log has a hole, or holds something twice.
    fn of(log: &'a Log) -> Result<Self> {
        let mut places = HashMap::new();
        for (room, events) in log {
            for ((seq, body), expected) in events.iter().zip(1_u64..) {
                ensure!(
                    *seq == expected,
                    "{room}: {seq} stands where {expected} should"
                );
                if let Some(body) = body
                    && let Some((_, twice)) = places.insert(body.as_str(), (room.as_str(), *seq))
                {
                    bail!("{room}: {body:?} stands at {twice} and at {seq}");
                }
            }
        }
        Ok(Self(places))
    }

    fn hold(&self, seen: &Seen, how: &str) -> Result<()> {
        match self.0.get(seen.body.as_str()) {
            Some((room, seq)) if *room == seen.room && *seq == seen.seq => Ok(()),
            Some((_, seq)) => {
                bail!("{:?} was {how} at {}, stands at {seq}", seen.body, seen.seq)
            }
            None => bail!("{:?} was {how} at {} and is gone", seen.body, seen.seq),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(seq: u64, body: &str) -> Seen {
        let (room, body) = ("r:1".to_owned(), body.to_owned());
        Seen {
            room,
            seq,
            body,
            at: 10,
        }
    }

    fn log(bodies: &[&str]) -> Log {
        let events = (1..).zip(bodies.iter().map(|body| Some((*body).to_owned())));
        Log::from([("r:1".to_owned(), events.collect())])
    }

    #[test]
    fn the_judge_finds_what_is_missing_moved_repeated_or_out_of_order() {
        let witness = |heard: Vec<Seen>| Witness {
            acknowledged: vec![seen(2, "two")],
            heard: vec![heard],
        };
        let good = witness(vec![seen(1, "one"), seen(2, "two")]);
        assert!(good.judge(&log(&["one", "two"]), 11).is_ok());
        assert!(good.judge(&log(&["one"]), 11).is_err(), "missing");
    }

    #[test]
    fn what_was_seen_later_than_the_cut_may_be_missing() {
        let witness = Witness {
            acknowledged: vec![seen(1, "one")],
            heard: Vec::new(),
        };
        assert!(witness.judge(&log(&[]), 10).is_ok());
        assert!(witness.judge(&log(&[]), 11).is_err());
        assert!(witness.judge(&log(&["one", "one"]), 11).is_err(), "twice");
        assert!(witness.judge(&log(&["other", "one"]), 11).is_err(), "moved");
    }

    #[test]
    fn a_log_that_ends_early_is_a_prefix_and_one_that_says_something_else_is_not() {
        let witness = Witness {
            acknowledged: vec![seen(2, "two")],
            heard: vec![vec![seen(1, "one"), seen(2, "two")]],
        };
        for prefix in [&[][..], &["one"], &["one", "two"], &["one", "two", "new"]] {
            assert!(witness.judge_prefix(&log(prefix)).is_ok(), "{prefix:?}");
        }
        assert!(witness.judge_prefix(&log(&["two"])).is_err(), "a hole");
        assert!(witness.judge_prefix(&log(&["one", "other"])).is_err());
    }

    #[test]
    fn a_reader_that_hears_something_again_is_found() {
        for heard in [
            vec![seen(2, "two"), seen(1, "one")],
            vec![seen(1, "one"), seen(1, "one")],
        ] {
            let witness = Witness {
                acknowledged: Vec::new(),
                heard: vec![heard],
            };
            assert!(witness.judge(&log(&["one", "two"]), 11).is_err());
        }
    }
}
