//! Is a name that nobody has answered like one that somebody has, and as fast? Asked from many addresses, each
//! name a few times only, in pairs whose order is drawn by lot, so that what else the machine does meets both.

use std::{net::IpAddr, time::Duration};

use anyhow::{Result, ensure};
use rand::Rng;

use super::{
    super::{
        Figure, Target,
        honest::{self, PEOPLE},
        must, must_in_time,
    },
    guesser::{Guesser, Outcome, Way},
};

/// Guesses at one name of this module: fewer than shut it to strangers.
const MOST_AT_NAME: usize = 24;
/// Guesses from one address: fewer than its budget, by any way.
const MOST_FROM: usize = 8;
/// So often must a known name be the slower one of its pair, and no more often: half the time, and as much as
/// four standard deviations of a fair coin, in percent for each root of a pair.
const DEVIATIONS: f64 = 4.0 * 50.0;

/// How many pairs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pairs {
    pub(super) opaque: usize,
    pub(super) plain: usize,
}

/// What came of it.
pub(super) struct Alike {
    /// Ways by which the answers differ, with both.
    unlike: Vec<String>,
    times: Vec<Times>,
}

struct Times {
    way: Way,
    known: Vec<Duration>,
    unknown: Vec<Duration>,
}

/// Asks.
pub(super) async fn measure(server: Target, pairs: Pairs) -> Result<Alike> {
    let mut unlike = Vec::new();
    for (number, way) in (0_u8..).zip(Way::ALL) {
        // Names of their own: what is heard in a row depends on what was tried before.
        let known = honest::name(honest::NETWORK, number + 1);
        let known = in_a_row(server, number, way, &known).await?;
        let unknown = in_a_row(server, 10 + number, way, &format!("somebody{number}")).await?;
        if known != unknown {
            unlike.push(format!("{way:?}: {known:?} and {unknown:?}"));
        }
    }
    let mut times = Vec::new();
    let mut addresses = 100..;
    for (way, wanted) in [(Way::Opaque, pairs.opaque), (Way::Plain, pairs.plain)] {
        times.push(timed(server, way, wanted, &mut addresses).await?);
    }
    Ok(Alike { unlike, times })
}

/// What one hears who guesses five times in a row.
async fn in_a_row(server: Target, number: u8, way: Way, name: &str) -> Result<Vec<String>> {
    let mut guesser = Guesser::new(asker(number.into()), way)?;
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(guesser.guess(server, name).await?.words);
    }
    Ok(heard)
}

async fn timed(
    server: Target,
    way: Way,
    wanted: usize,
    addresses: &mut impl Iterator<Item = u16>,
) -> Result<Times> {
    let mut times = Times {
        way,
        known: Vec::new(),
        unknown: Vec::new(),
    };
    let mut guesser = None;
    for pair in 0..wanted {
        if pair % (MOST_FROM / 2) == 0 {
            let number = addresses.next().unwrap_or_default();
            let mut fresh = Guesser::new(asker(number), way)?;
            // Connecting is no part of it.
            fresh.guess(server, &format!("first{way:?}{pair}")).await?;
            guesser = Some(fresh);
        }
        let Some(guesser) = &mut guesser else { break };
        // The first four were asked in a row.
        let others = usize::from(PEOPLE) - Way::ALL.len();
        let offset = if way == Way::Opaque { 0 } else { others / 2 };
        let number = Way::ALL.len() + 1 + (pair + offset) % others;
        ensure!(
            pair / others < MOST_AT_NAME,
            "not enough names for so many pairs"
        );
        let number = u8::try_from(number)?;
        let known = honest::name(honest::NETWORK, number);
        // As long as the other.
        let unknown = known.replace("honest", "absent");
        let known_first = rand::thread_rng().r#gen::<bool>();
        let order = if known_first {
            [&known, &unknown]
        } else {
            [&unknown, &known]
        };
        for name in order {
            let heard = guesser.guess(server, name).await?;
            ensure!(
                heard.outcome == Outcome::Wrong,
                "{way:?} at {name}: {heard:?}"
            );
            if *name == known {
                times.known.push(heard.took);
            } else {
                times.unknown.push(heard.took);
            }
        }
    }
    Ok(times)
}

fn asker(number: u16) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    IpAddr::from([127, 40 + high, low, 1])
}

impl Alike {
    pub(super) fn figures(&self) -> Vec<Figure> {
        let unlike = self.unlike.first().map_or("", String::as_str);
        let mut figures = vec![must(
            "ways by which unknown names are answered otherwise",
            format!("{} of 4 {unlike}", self.unlike.len()),
            self.unlike.is_empty(),
        )];
        for times in &self.times {
            let (name, value, met) = times.figure();
            figures.push(must_in_time(&name, value, met));
        }
        figures
    }
}

impl Times {
    /// Of pairs, the known name is the slower one about as often as not.
    fn figure(&self) -> (String, String, bool) {
        let pairs = self.known.len();
        let both = self.known.iter().zip(&self.unknown);
        let slower = both.filter(|(known, unknown)| known > unknown).count();
        let [slower, pairs] = [slower, pairs].map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let percent = 100.0 * f64::from(slower) / f64::from(pairs.max(1));
        let allowed = DEVIATIONS / f64::from(pairs.max(1)).sqrt();
        let [known, unknown] = [&self.known, &self.unknown].map(|times| median(times));
        (
            format!("pairs in which the known name took longer, {:?}", self.way),
            format!(
                "{percent:.0} % of {pairs}, 50 ± {allowed:.0} % by chance; median {known:?}, {unknown:?}"
            ),
            (percent - 50.0).abs() <= allowed,
        )
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
