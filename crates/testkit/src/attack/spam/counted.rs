//! What stands in the lobby's log after all: whose lines, and when.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv4Addr},
};

use anyhow::{Context, Result};
use serde_json::json;
use snug_proto::Timestamp;

use super::spammer::PREFIX;
use crate::{attack::Target, driver::PASSWORD, wire::Wire};

/// Where the one who reads it comes from.
pub(super) const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 12, 1, 1));

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Counted {
    bodies: HashSet<String>,
    of_member: HashMap<String, u32>,
    /// When a spammer said something, and when somebody else did.
    spam: Vec<Timestamp>,
    honest: Vec<Timestamp>,
}

/// Reads the whole log of the lobby, as anybody may.
pub(super) async fn read(target: Target) -> Result<Counted> {
    let mut wire = Wire::connect_from(FROM, target.address, target.fingerprint).await?;
    let who = json!({"name": "reader", "password": PASSWORD});
    wire.ok("register", who).await?;
    let mut counted = Counted::default();
    let mut after = 0;
    loop {
        let page = json!({"room": "lobby", "after": after, "limit": 500});
        let page = wire.ok("read", page).await?;
        // What is said meanwhile is in the log too.
        drop(wire.take_events());
        for event in page["events"].as_array().context("no events")? {
            after = event["seq"].as_u64().context("no seq")?;
            counted.add(event)?;
        }
        if page["more"] != true {
            return Ok(counted);
        }
    }
}

impl Counted {
    fn add(&mut self, event: &serde_json::Value) -> Result<()> {
        let (Some(from), Some(body)) = (event["from"].as_str(), event["body"].as_str()) else {
            return Ok(());
        };
        let at = serde_json::from_value(event["at"].clone())?;
        if from.starts_with(PREFIX) {
            *self.of_member.entry(from.to_owned()).or_default() += 1;
            self.spam.push(at);
        } else {
            self.bodies.insert(body.to_owned());
            self.honest.push(at);
        }
        Ok(())
    }

    /// Is this there, said by one of the honest?
    pub(super) fn has(&self, body: &str) -> bool {
        self.bodies.contains(body)
    }

    /// The most lines of one member.
    pub(super) fn most_of_one(&self) -> u32 {
        self.of_member.values().max().copied().unwrap_or_default()
    }

    /// Lines of spammers, and of others.
    pub(super) const fn lines(&self) -> (usize, usize) {
        (self.spam.len(), self.honest.len())
    }

    /// The same, of those from then on.
    pub(super) fn lines_from(&self, from: Timestamp) -> (usize, usize) {
        let later = |of: &[Timestamp]| of.iter().filter(|at| **at >= from).count();
        (later(&self.spam), later(&self.honest))
    }
}
