//! Password guessing from 1 and from 1,000 addresses, on one and on many accounts, by OPAQUE, plain passwords,
//! SASL PLAIN and `NickServ IDENTIFY`, while the one who is guessed at signs in.

mod alike;
mod guesser;
mod victim;

use std::{
    collections::HashMap,
    net::IpAddr,
    ops::Range,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use tokio::{sync::watch, task::JoinSet};

use super::{
    Figure, Length, Row, Target,
    connections::attacker,
    honest::{self, Honest},
    must, must_in_time, told,
};
use crate::child::Start;
use guesser::{Guesser, Outcome, Way};
use victim::{Came, Victim};

/// Whose password is guessed at.
const NAME: &str = "ann";
/// The victim is in within so long.
const IN_WITHIN: Duration = Duration::from_secs(2);
/// Who was let in no more tries again after so long.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// Wrong passwords that are looked at, in a row, of one address, and of all strangers together (A4).
const OF_ONE: u32 = 3;
const OF_ALL: u32 = 30;
/// Requests of one address before a sign-in, and in how many seconds they are there again (P2).
const REQUESTS: u32 = 30;
const REFILL_S: u32 = 600;

/// How much of it.
struct Plan {
    addresses: u64,
    /// Names that nobody has, among the many accounts.
    nobodies: usize,
    /// How long each part lasts: from one address on one account and on many, from many on one and on many.
    lasts: [Duration; 4],
    pairs: alike::Pairs,
}

/// What the guessers heard.
#[derive(Debug, Default)]
struct Tally {
    tries: u32,
    /// Wrong ones that were looked at, by name and by address.
    at_name: HashMap<String, u32>,
    from: HashMap<IpAddr, u32>,
    shut: u32,
    busy: u32,
    too_much: u32,
    /// Connections that there were none of, or that ended.
    refused: u32,
    came_in: u32,
    /// Those that were told that a name is shut.
    told_shut: HashMap<IpAddr, u32>,
}

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let ms = Duration::from_millis;
    let (plan, cheap) = match length {
        Length::Full => (
            Plan {
                addresses: 1_000,
                nobodies: 2_000,
                lasts: [ms(3_000), ms(3_000), ms(10_000), ms(75_000)],
                pairs: alike::Pairs {
                    opaque: 300,
                    plain: 60,
                },
            },
            "0",
        ),
        // Passwords that cost nothing to check: else the checks alone take longer than all of this.
        Length::Short => (
            Plan {
                addresses: 100,
                nobodies: 50,
                lasts: [ms(300), ms(300), ms(1_200), ms(1_500)],
                pairs: alike::Pairs {
                    opaque: 80,
                    plain: 80,
                },
            },
            "1",
        ),
    };
    let folder = crate::attack::folder()?;
    let data = folder.path().join("data");
    let server = Start::new(&data)?
        .env("SNUG_TRUSTED", "")
        .env("SNUG_REGISTRATION", "open")
        .env("SNUG_GUESTS", "on")
        .env("SNUG_TEST_CHEAP_PASSWORDS", cheap)
        .run()?;
    let target = Target::from(&server);
    let mut honest = Honest::come(&server).await?;
    // Beside the honest people, not among the attackers.
    let coming = honest::runtime()?.spawn(Victim::come(target));
    let victim = Arc::new(coming.await??);
    let began = Instant::now();
    let alike = alike::measure(target, plan.pairs).await?;
    honest.fared();
    let (tally, came) = attack(target, &plan, &victim).await?;
    let warnings = victim.warnings();
    let fared = honest.fared();
    honest.go().await?;
    drop(victim);
    server.stop()?;
    let mut figures = throttled(&tally, began.elapsed());
    figures.extend(alike.figures());
    figures.extend(got_in(&came));
    let at_victim = tally.at_name.get(NAME).copied().unwrap_or_default();
    let shut_to_all = u32::from(at_victim >= OF_ALL);
    figures.push(must(
        "the victim is told of it, times",
        warnings,
        (shut_to_all..=1).contains(&warnings),
    ));
    figures.extend(reported(&data, &tally)?);
    figures.push(must("honest people lost", fared.lost, fared.lost == 0));
    let p99 = format!("{:?} of {} messages", fared.p99, fared.messages);
    figures.push(told("p99 of a message meanwhile", p99));
    Ok(Row {
        attack: "password guessing from 1 and 1,000 addresses, on one and many accounts",
        figures,
    })
}

/// All four parts, one after another, while the victim signs in.
async fn attack(server: Target, plan: &Plan, victim: &Arc<Victim>) -> Result<(Tally, Came)> {
    let many: Vec<String> = (1..=honest::PEOPLE)
        .map(|number| honest::name(honest::NETWORK, number))
        .chain((0..plan.nobodies).map(|number| format!("nobody{number}")))
        .collect();
    let one = vec![NAME.to_owned()];
    let of_many = 2..2 + plan.addresses;
    let and_more = of_many.end..of_many.end + plan.addresses;
    let [first, second, third, fourth] = plan.lasts;
    let parts = [
        (0..1, one.clone(), first),
        (1..2, many.clone(), second),
        (of_many, one, third),
        (and_more, many, fourth),
    ];
    let (stop, stopped) = watch::channel(false);
    let guessing = async {
        let mut tally = Tally::default();
        for (addresses, names, lasts) in parts {
            guess(server, addresses, names.into(), lasts, &mut tally).await?;
        }
        stop.send_replace(true);
        anyhow::Ok(tally)
    };
    let victim = Arc::clone(victim);
    let signing_in = async move { victim.sign_in(server, IN_WITHIN, &stopped).await };
    let signing_in = honest::runtime()?.spawn(signing_in);
    let (tally, came) = tokio::join!(guessing, signing_in);
    Ok((tally?, came?))
}

/// Guesses from these addresses at these names for so long: one address by all ways, many by one each.
async fn guess(
    server: Target,
    addresses: Range<u64>,
    names: Arc<[String]>,
    lasts: Duration,
    tally: &mut Tally,
) -> Result<()> {
    let until = Instant::now() + lasts;
    let alone = addresses.end - addresses.start == 1;
    let mut guessers = JoinSet::new();
    for (number, way) in addresses.zip(Way::ALL.into_iter().cycle()) {
        let ways = if alone { Way::ALL.to_vec() } else { vec![way] };
        for way in ways {
            let guesser = Guesser::new(attacker(number), way)?;
            let names = Arc::clone(&names);
            guessers.spawn(go_on(server, guesser, names, number, until));
        }
    }
    while let Some(heard) = guessers.join_next().await {
        tally.add(heard?);
    }
    Ok(())
}

/// Guesses at one name after another until the time is over.
async fn go_on(
    server: Target,
    mut guesser: Guesser,
    names: Arc<[String]>,
    number: u64,
    until: Instant,
) -> Tally {
    let mut tally = Tally::default();
    let begin = usize::try_from(number).unwrap_or_default() * 7 % names.len().max(1);
    for name in names.iter().cycle().skip(begin) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let Ok(tried) = tokio::time::timeout(left, guesser.guess(server, name)).await else {
            break;
        };
        tally.tries += 1;
        let Ok(heard) = tried else {
            tally.refused += 1;
            tokio::time::sleep(AGAIN_AFTER.min(left)).await;
            continue;
        };
        match heard.outcome {
            Outcome::Wrong => {
                *tally.at_name.entry(name.clone()).or_default() += 1;
                *tally.from.entry(guesser.from).or_default() += 1;
            }
            Outcome::Shut => {
                tally.shut += 1;
                *tally.told_shut.entry(guesser.from).or_default() += 1;
            }
            Outcome::Busy => tally.busy += 1,
            Outcome::TooMuch => tally.too_much += 1,
            Outcome::CameIn => tally.came_in += 1,
        }
    }
    tally
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.tries += other.tries;
        self.shut += other.shut;
        self.busy += other.busy;
        self.too_much += other.too_much;
        self.refused += other.refused;
        self.came_in += other.came_in;
        for (name, count) in other.at_name {
            *self.at_name.entry(name).or_default() += count;
        }
        for (to, from) in [
            (&mut self.from, other.from),
            (&mut self.told_shut, other.told_shut),
        ] {
            for (address, count) in from {
                *to.entry(address).or_default() += count;
            }
        }
    }
}

/// How many guesses were looked at.
fn throttled(tally: &Tally, lasted: Duration) -> Vec<Figure> {
    let seconds = u32::try_from(lasted.as_secs()).unwrap_or(u32::MAX);
    // One more after 10 s, after 20 s more, after 40 s more: each wait is twice the one before.
    let later = (seconds / 10 + 1).ilog2();
    let looked_at: u32 = tally.at_name.values().sum();
    let at_victim = tally.at_name.get(NAME).copied().unwrap_or_default();
    let alone = tally.from.get(&attacker(0)).copied().unwrap_or_default();
    let at_one = tally.at_name.values().max().copied().unwrap_or_default();
    let from_one = tally.from.values().max().copied().unwrap_or_default();
    let of_address = REQUESTS + (seconds * REQUESTS).div_ceil(REFILL_S) + 1;
    vec![
        must(
            "guesses, of which were looked at",
            format!("{}, {looked_at}", tally.tries),
            looked_at > 0 && tally.shut > 0,
        ),
        told(
            "not looked at: name shut, no place, too much from there, no connection",
            format!(
                "{}, {}, {}, {}",
                tally.shut, tally.busy, tally.too_much, tally.refused
            ),
        ),
        must("guessers that came in", tally.came_in, tally.came_in == 0),
        must(
            "looked at from one address on one account",
            format!("{alone}, at most {}", OF_ONE + later),
            alone <= OF_ONE + later,
        ),
        must(
            "looked at from all addresses on one account",
            format!("{at_victim}, at most {}", OF_ALL + later),
            at_victim <= OF_ALL + later,
        ),
        must(
            "looked at on any account",
            format!("{at_one}, at most {}", OF_ALL + later),
            at_one <= OF_ALL + later,
        ),
        must(
            "looked at from any address on many accounts",
            format!("{from_one}, at most {of_address}"),
            from_one <= of_address,
        ),
    ]
}

/// How the victim fared.
fn got_in(came: &Came) -> Vec<Figure> {
    let why = came.failed.first().map_or("", String::as_str);
    vec![
        must(
            "the victim's sign-ins by all four ways, not let in",
            format!("{} of {} {why}", came.failed.len(), came.tried),
            came.failed.is_empty() && came.tried > 0,
        ),
        must_in_time(
            "the victim's slowest sign-ins",
            format!("{}; {} later than {IN_WITHIN:?}", came.slowest(), came.late),
            came.late == 0,
        ),
    ]
}

/// Who stands in `report.txt`.
fn reported(data: &Path, tally: &Tally) -> Result<Vec<Figure>> {
    let report = std::fs::read_to_string(data.join("report.txt"))?;
    let has_line = |address: &IpAddr| {
        let line = format!("address={address} event=");
        report.contains(&line)
    };
    let named = tally.told_shut.keys().filter(|from| has_line(from)).count();
    let innocent = [" address=127.10.", " address=127.11."];
    let wronged: usize = innocent.iter().map(|of| report.matches(of).count()).sum();
    // Who only heard that a name is shut, which others shut, tried nothing: it may be an old password.
    let shut = report.matches(" event=passwords ").count();
    Ok(vec![
        must("lines in report.txt of who shut a name", shut, shut > 0),
        told(
            "guessers with a line, of those that were told that a name is shut",
            format!("{named} of {}", tally.told_shut.len()),
        ),
        must("lines about the honest", wronged, wronged == 0),
    ])
}
