//! Opens a session and a front for each newcomer, and logs who came and how it ended.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Weak},
};

use hmac::{Hmac, Mac};
use rand::{RngCore, rngs::OsRng};
use sha2::Sha256;
use snug_engine::{Addresses, Engine, Offending, Origin, TooMuch};
use snug_gate::{Doorman, Ending, Front, Newcomer, Protocol, Told};
use snug_proto::{Direct, Session};
use snug_rules::Over;

use crate::{irc::IrcFront, native::NativeFront, porter::Clerk};

/// Stands at the door for an engine.
pub(crate) struct Usher {
    engine: Arc<Engine>,
    irc: Arc<snug_irc::Settings>,
    addresses: Addresses,
    clerk: Arc<Clerk>,
    /// New at every start, so that a log tells addresses apart within one start only (DECISIONS 9).
    address_key: [u8; 32],
}

impl Usher {
    pub(crate) fn new(
        engine: Arc<Engine>,
        irc: snug_irc::Settings,
        addresses: Addresses,
        clerk: Arc<Clerk>,
    ) -> Self {
        let mut address_key = [0; 32];
        OsRng.fill_bytes(&mut address_key);
        Self {
            engine,
            irc: Arc::new(irc),
            addresses,
            clerk,
            address_key,
        }
    }

    /// What the log may say of an address.
    fn logged(&self, address: IpAddr) -> String {
        match self.addresses {
            Addresses::Kept => address.to_string(),
            Addresses::Hashed => self.hashed(address),
            Addresses::None => "-".to_owned(),
        }
    }

    fn hashed(&self, address: IpAddr) -> String {
        let octets = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.address_key) else {
            return String::new();
        };
        mac.update(&octets);
        let tag = mac.finalize().into_bytes();
        let start = tag.iter().take(8);
        let start = start.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        format!("{start:016x}")
    }
}

/// What the engine tells the door of a connection.
struct Visitor {
    told: Told,
    address: IpAddr,
    clerk: Arc<Clerk>,
}

impl fmt::Debug for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").finish_non_exhaustive()
    }
}

impl snug_engine::Visitor for Visitor {
    fn asks(&self) -> Result<(), TooMuch> {
        self.told.asks().map_err(too_much)
    }

    fn may_try(&self) -> Result<(), TooMuch> {
        self.told.may_try().map_err(too_much)
    }

    fn wrong(&self) -> bool {
        self.told.wrong()
    }

    fn slipped(&self, slips: u32) {
        self.told.slipped(slips);
    }

    fn signed_in(&self, protects: bool) {
        self.told.signed_in(protects);
    }

    fn came_in(&self) {
        self.told.came_in();
    }

    fn offends(&self, what: Offending, count: u32) {
        // A line of the report is for firewalls to shut the address out by: not where friends are behind it.
        if self.told.is_counted() && !self.told.is_protected() {
            let event = match what {
                Offending::Passwords => "passwords",
                Offending::Spam => "spam",
            };
            self.clerk.report(self.address, event, count, String::new());
        }
    }
}

fn too_much(over: Over) -> TooMuch {
    TooMuch {
        retry_after_ms: over.retry_after_ms(),
        ends: !matches!(over, Over::Slowed(_)),
    }
}

impl Doorman for Usher {
    fn open(
        &self,
        protocol: Protocol,
        newcomer: &Newcomer,
        direct: Weak<dyn Direct>,
    ) -> Option<Box<dyn Front>> {
        let (front, name) = match protocol {
            Protocol::Native => (snug_engine::Front::Native, "native"),
            Protocol::Irc => (snug_engine::Front::Irc, "irc"),
        };
        tracing::info!(
            peer.address = %self.logged(newcomer.address.ip()),
            connection.protocol = name,
            "connected"
        );
        let origin = Origin {
            address: Some(newcomer.address.ip()),
            secure: newcomer.secure,
            certificate: newcomer.certificate.map(|of| *of.bytes()),
            front,
            line: snug_engine::Line::default(),
            visitor: newcomer.told.clone().map(|told| {
                let visitor: Arc<dyn snug_engine::Visitor> = Arc::new(Visitor {
                    told,
                    address: newcomer.address.ip(),
                    clerk: Arc::clone(&self.clerk),
                });
                visitor
            }),
        };
        let engine = Arc::clone(&self.engine);
        let connect = move || {
            let session = engine.connect(origin.clone());
            session.reach_through(Weak::clone(&direct));
            session
        };
        Some(match protocol {
            Protocol::Native => Box::new(NativeFront::new(connect()).told(newcomer.told.clone())),
            Protocol::Irc => {
                let settings = Arc::clone(&self.irc);
                let link = snug_irc::Link {
                    secure: newcomer.secure,
                    certificate: newcomer.certificate.is_some(),
                };
                let front = snug_irc::Front::new(Arc::new(connect()), settings, link);
                let again = Box::new(move || Arc::new(connect()) as Arc<dyn Session>);
                let front = front.with_sessions(again);
                let front = IrcFront::new(front, newcomer.told.clone());
                if self.engine.counts_what_is_asked() {
                    Box::new(front.paced())
                } else {
                    Box::new(front)
                }
            }
        })
    }

    fn ended(&self, peer: SocketAddr, protocol: Option<Protocol>, how: &Ending) {
        let address = self.logged(peer.ip());
        if protocol.is_some() {
            tracing::info!(peer.address = %address, connection.ending = %how, "disconnected");
        } else {
            tracing::debug!(peer.address = %address, connection.ending = %how, "turned away");
        }
    }
}
