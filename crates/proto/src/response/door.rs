//! Answers about who is let in at all.

use serde::{Deserialize, Serialize};

use crate::{LockdownLevel, ShieldWanted, Timestamp};

/// An allowed address or network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedEntry {
    /// Its number: later ones are higher.
    pub number: u64,
    /// The address or network.
    pub address: String,
    /// Who allowed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Answers `allowed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedList {
    /// Newest first.
    pub allowed: Vec<AllowedEntry>,
    /// There are more.
    pub more: bool,
}

/// Answers `lockdown`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockdownState {
    /// How it is now.
    pub lockdown: LockdownLevel,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// So many connections are dropped, or would be.
    pub drops: u64,
    /// Of so many.
    pub of: u64,
}

/// An address that stands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offender {
    /// The address, or the /64 of IPv6; or the network around such, if that is shut out.
    pub address: String,
    /// Connections that nobody has signed in on.
    pub open: u32,
    /// It is shut out for so much longer, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shut_ms: Option<u64>,
    /// How often it was shut out lately.
    pub times: u32,
}

impl Offender {
    /// `203.0.113.7: 4 open, shut out 2 times, shut out for 30 s more`.
    pub fn in_words(&self) -> String {
        let shut = self.shut_ms.map_or_else(String::new, |ms| {
            format!(", shut out for {} s more", ms.div_ceil(1000))
        });
        let (address, open, times) = (&self.address, self.open, self.times);
        format!("{address}: {open} open, shut out {times} times{shut}")
    }
}

/// A network that many newcomers come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// A /16, or of IPv6 a /32; or the /24 or /48 in it, if nearly all come from that.
    pub network: String,
    /// So many of a hundred newcomers come from there.
    pub percent: u8,
}

/// How often addresses were shut out for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutFor {
    /// For what, by the name that reports and metrics have for it.
    pub why: String,
    /// So often since the start.
    pub times: u64,
}

/// Answers `shield`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorState {
    /// Is the shield up?
    pub up: bool,
    /// What is wanted of it.
    pub wanted: ShieldWanted,
    /// Newcomers in the last ten seconds who have not signed in.
    pub newcomers: u64,
    /// Where most newcomers come from, most first; nothing where they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Origin>,
    /// Connections whose TLS handshake is not finished.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub handshakes: u64,
    /// Connections that are open, their handshake being finished.
    pub open: u64,
    /// Connections that nobody has signed in on.
    pub outside: u64,
    /// Connections that were refused at the door since the start.
    pub refused: u64,
    /// How often an address was shut out since the start.
    pub shut_out: u64,
    /// Why they were, most often first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shut_for: Vec<ShutFor>,
    /// Those that stand out, worst first.
    pub offenders: Vec<Offender>,
    /// The lockdown.
    pub lockdown: LockdownLevel,
    /// It ends then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl DoorState {
    /// How things stand, a clause a line, as every front says it: `the shield is down (auto)`. Those that
    /// stand out are apart, each in its own words.
    pub fn in_words(&self) -> Vec<String> {
        let shield = if self.up { "up" } else { "down" };
        let mut said = vec![
            format!("the shield is {shield} ({})", self.wanted.wire()),
            format!(
                "connections: {} open, {} of them not signed in{}; {} newcomers in 10 s",
                self.open,
                self.outside,
                self.handshakes_in_words(),
                self.newcomers
            ),
            format!(
                "refused at the door: {}; addresses shut out: {}",
                self.refused,
                self.shut_out_in_words()
            ),
        ];
        if !self.from.is_empty() {
            let from = self.from.iter();
            let from: Vec<String> = from
                .map(|of| format!("{} ({} of 100)", of.network, of.percent))
                .collect();
            said.push(format!("newcomers come from {}", from.join(", ")));
        }
        if let Some(until) = self.until {
            let level = self.lockdown.wire();
            said.push(format!("locked down ({level}) until {}", until.said()));
        }
        said
    }

    fn handshakes_in_words(&self) -> String {
        match self.handshakes {
            0 => String::new(),
            more => format!(", and {more} in their handshake"),
        }
    }

    /// `7 times (codes 5, garbage 2)`: how often addresses were shut out, and why.
    fn shut_out_in_words(&self) -> String {
        let why = self.shut_for.iter();
        let why: Vec<String> = why.map(|of| format!("{} {}", of.why, of.times)).collect();
        if why.is_empty() {
            format!("{} times", self.shut_out)
        } else {
            format!("{} times ({})", self.shut_out, why.join(", "))
        }
    }
}

/// Answers `purge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purged {
    /// So many messages were taken back; or are there again.
    pub messages: u64,
    /// There were more than are done at one time, or some were just changed: ask again.
    pub left: u64,
    /// Until then it can be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// In `hello`'s answer while the shield is up: what a newcomer computes before signing in. Who does not,
/// waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Of this connection: 32 hexadecimal digits.
    pub challenge: String,
    /// So many leading bits of SHA-256(challenge as text, nonce as 8 bytes, highest first) are zero.
    pub bits: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_things_stand_says_where_newcomers_come_from_and_what_is_in_its_handshake() {
        let mut state = DoorState {
            newcomers: 400,
            open: 3,
            ..DoorState::default()
        };
        let quiet = state.in_words();
        assert_eq!(
            quiet[1],
            "connections: 3 open, 0 of them not signed in; 400 newcomers in 10 s"
        );
        assert_eq!(quiet.len(), 3);
        state.handshakes = 100;
        state.from = [("192.0.2.0/24", 90), ("2001:db8::/32", 9)]
            .map(|(network, percent)| Origin {
                network: network.to_owned(),
                percent,
            })
            .to_vec();
        let said = state.in_words();
        assert_eq!(
            said[1],
            "connections: 3 open, 0 of them not signed in, and 100 in their handshake; 400 newcomers in 10 s"
        );
        assert_eq!(
            said[3],
            "newcomers come from 192.0.2.0/24 (90 of 100), 2001:db8::/32 (9 of 100)"
        );
    }

    #[test]
    fn how_often_addresses_were_shut_out_is_said_with_why() {
        let mut state = DoorState::default();
        assert_eq!(state.shut_out_in_words(), "0 times");
        state.shut_out = 7;
        state.shut_for = [("codes", 5), ("garbage", 2)]
            .map(|(why, times)| ShutFor {
                why: why.to_owned(),
                times,
            })
            .to_vec();
        assert_eq!(state.shut_out_in_words(), "7 times (codes 5, garbage 2)");
    }
}
