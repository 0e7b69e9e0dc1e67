//! Between the engine and the door: bans and wishes one way, offences and alarms the other (P3, P4).

use std::{
    net::IpAddr,
    sync::{Arc, Weak},
    time::Duration,
};

use snug_engine::{AtDoor, Clock, Doorkeeper, Engine};
use snug_gate::{Door, Heard, OnShut, Steady};
use snug_proto::{Offender, Origin, ShutFor, Timestamp};
use snug_rules::{Alarm, Network, ShieldWish, Shutting};

use crate::report::{Offence, Report};

/// How often the door is asked whether there is a surge.
const TICK: Duration = Duration::from_secs(1);
/// Offenders that are shown.
const MAX_SHOWN: usize = 20;

/// Networks that newcomers come from that are shown.
const MAX_ORIGINS_SHOWN: usize = 5;

/// The engine's clock, as the door takes it.
pub(crate) struct DoorClock(pub(crate) Arc<dyn Clock>);

impl Steady for DoorClock {
    fn steady(&self) -> Timestamp {
        self.0.steady()
    }
}

/// Stands at the door for the engine.
pub(crate) struct Porter {
    pub(crate) door: Arc<Door>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Porter {
    /// A moment of the engine's clock by the door's, which does not jump.
    fn by_the_door(&self, until: Option<Timestamp>) -> Option<Timestamp> {
        let left_ms = until?.ms().saturating_sub(self.clock.now().ms());
        Some(self.clock.steady().plus_ms(left_ms))
    }

    /// Why addresses were shut out, most often first.
    fn shut_for(&self) -> Vec<ShutFor> {
        let shut_out = self.door.shut_out_by();
        let mut shut: Vec<ShutFor> = shut_out
            .filter(|(_, times)| *times > 0)
            .map(|(offence, times)| ShutFor {
                why: offence.name().to_owned(),
                times,
            })
            .collect();
        shut.sort_by_key(|of| std::cmp::Reverse(of.times));
        shut
    }
}

impl Doorkeeper for Porter {
    fn ban(&self, network: Network, until: Option<Timestamp>) {
        let until = self.by_the_door(until);
        self.door.lists(|lists, _| lists.ban(network, until));
    }

    fn unban(&self, network: &Network) {
        self.door.lists(|lists, _| lists.unban(network));
    }

    fn allow(&self, network: Network, until: Option<Timestamp>) {
        let until = self.by_the_door(until);
        self.door.lists(|lists, _| lists.allow(network, until));
    }

    fn disallow(&self, network: &Network) {
        self.door.lists(|lists, _| lists.disallow(network));
    }

    fn close_until(&self, until: Option<Timestamp>) {
        let until = self.by_the_door(until);
        self.door.lists(|lists, _| lists.close_until(until));
    }

    fn is_exempt(&self, address: IpAddr) -> bool {
        self.door.is_exempt(address)
    }

    fn shield_is_up(&self) -> bool {
        self.door.shield_is_up()
    }

    fn want_shield(&self, wish: ShieldWish) {
        // Whoever asks for it sees how it stands; the next tick tells the others.
        self.door.want_shield(wish);
    }

    fn state(&self) -> AtDoor {
        let standing = self.door.standing();
        let statistics = self.door.statistics();
        let worst = self.door.worst(MAX_SHOWN).into_iter();
        AtDoor {
            up: standing.shield_is_up,
            wish: standing.wish,
            newcomers: standing.newcomers,
            from: self
                .door
                .origins(MAX_ORIGINS_SHOWN)
                .into_iter()
                .map(|(network, percent)| Origin {
                    network: network.to_string(),
                    percent,
                })
                .collect(),
            handshakes: self.door.handshaking(),
            open: statistics.opened().saturating_sub(statistics.closed()),
            refused: statistics.refused(),
            shut_out: statistics.shut_out(),
            shut_for: self.shut_for(),
            offenders: worst
                .map(|(block, open, shut_ms, times)| Offender {
                    address: block.to_string(),
                    open,
                    shut_ms: (shut_ms > 0).then_some(shut_ms),
                    times,
                })
                .collect(),
        }
    }
}

/// Writes down who was shut out.
pub(crate) struct Clerk {
    pub(crate) report: Option<Arc<Report>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Clerk {
    /// Reports an offence, if there is a report.
    pub(crate) fn report(&self, address: IpAddr, event: &'static str, count: u32, more: String) {
        if let Some(report) = &self.report {
            report.offence(Offence {
                at: self.clock.now(),
                address,
                event,
                count,
                more,
            });
        }
    }
}

impl OnShut for Clerk {
    fn shut_out(&self, shutting: &Shutting) {
        let Shutting {
            address,
            block,
            offence,
            times,
            shut_ms,
            refused,
        } = shutting;
        let seconds = shut_ms.div_ceil(1000);
        let more = format!("block={block} shut_s={seconds} refused={refused}");
        self.report(*address, offence.name(), *times, more);
    }
}

/// Watches the door for surges, as long as the engine lives.
pub(crate) async fn watch(engine: Weak<Engine>, door: Arc<Door>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.lift_lockdown_in_time().await;
        if let Some(heard) = door.tick() {
            let text = in_words(&heard, door.patience_ms());
            tracing::warn!("{text}");
            engine.tell_runners(&text);
            if !matches!(heard.alarm, Alarm::Surge(_)) {
                engine.note_shield(text).await;
            }
        }
    }
}

fn in_words(heard: &Heard, patience_ms: u64) -> String {
    let (shut, for_ms) = heard.shut;
    match heard.alarm {
        Alarm::Surge(newcomers) => format!(
            "Many strangers connect: {newcomers} in 10 seconds. If nobody answers within {} seconds \
             and it goes on, the shield goes up by itself. /shield up raises it now, /shield down \
             keeps it down; /server status shows where they come from.",
            patience_ms.div_ceil(1000)
        ),
        Alarm::Raised => format!(
            "The shield is up: {shut} addresses and networks are shut out for {} min, newcomers pay or wait. Who \
             is signed in, comes back or is allowed passes. It comes down by itself when it is \
             quiet; /shield down takes it down now.",
            for_ms / 60_000
        ),
        Alarm::Lowered { lasted_ms, refused } => format!(
            "The shield is down again after {} s. {refused} connections were refused meanwhile.",
            lasted_ms / 1000
        ),
    }
}
