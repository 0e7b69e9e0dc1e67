//! Storms and floods by people who are signed in: going in and out of a room of 5,000, being away and back,
//! signing in and out, making rooms, inviting, asking for friendship, searching, reading page upon page.

use std::{
    collections::BTreeSet,
    net::IpAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use snug_rules::{BURST, Errand, MAX_CROSSINGS};
use tokio::{sync::watch, task::JoinSet};

use super::{
    Figure, Length, Row, Target,
    honest::{Fared, Honest},
    must, must_in_time,
};
use crate::{
    child::Start,
    driver::PASSWORD,
    proc::memory_bytes,
    wire::{Wire, WireAnswer},
};

/// The large room.
const HALL: &str = "hall";
/// Where the honest people talk.
const NOOK: &str = "nook";
/// The network of the honest people's addresses.
const HONEST: u8 = 10;
/// Members come from addresses of their own, so many from each, and so many at once.
const FROM_AN_ADDRESS: u64 = 10;
const AT_ONCE: usize = 32;
/// A flooder sends so many requests before it looks at an answer: fewer than the server takes.
const TOGETHER: usize = 64;
/// Messages a second that each account may say: as a server has it that nobody set up.
const PER_SECOND: u64 = 4;
/// Each of those who sign in again and again has so many addresses at most in a round: as many networks are theirs.
const MOST_ADDRESSES: u64 = 40;
/// So many times what it is in quiet the p99 of a message is at most, in the median of the rounds.
const MOST_TIMES_QUIET: f64 = 2.0;
/// More than this the server must not grow while it is flooded, in bytes.
const MAX_GROWTH: u64 = 128 * 1024 * 1024;

/// What the flooders do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flood {
    Crossing,
    Away,
    Coming,
    Rooms,
    Invitations,
    Friends,
    Searches,
    Exports,
}

const FLOODS: [Flood; 8] = [
    Flood::Crossing,
    Flood::Away,
    Flood::Coming,
    Flood::Rooms,
    Flood::Invitations,
    Flood::Friends,
    Flood::Searches,
    Flood::Exports,
];

/// A flood, and which time it is.
#[derive(Debug, Clone, Copy)]
struct Turn {
    flood: Flood,
    round: u8,
}

/// What a flood came to.
#[derive(Debug, Default, Clone)]
struct Came {
    taken: u64,
    /// Refused with `too_fast`, and with a time to try again.
    limited: u64,
    /// Refused with `busy`: more was asked by all together than there is place for.
    busy: u64,
    /// Refused otherwise.
    otherwise: u64,
    /// With these codes.
    codes: BTreeSet<String>,
    /// Flooders whose connection was ended.
    kicked: u64,
}

/// What one round of a flood came to.
struct Round {
    lasted: Duration,
    came: Came,
    /// How the honest fared right before it, and meanwhile.
    quiet: Fared,
    flooded: Fared,
}

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    // The p99 of four seconds is that of the slowest two or three messages: what counts is the median of rounds.
    let (members, flooders, watched, rounds): (u64, u64, _, u8) = match length {
        Length::Full => (5_000, 100, Duration::from_secs(4), 3),
        Length::Short => (210, 5, Duration::from_secs(1), 1),
    };
    let folder = crate::attack::folder()?;
    let server = Start::new(&folder.path().join("data"))?
        .env("SNUG_TRUSTED", "")
        .env("SNUG_REGISTRATION", "open")
        .env("SNUG_MESSAGES_PER_SECOND", &PER_SECOND.to_string())
        .run()?;
    let target = Target::from(&server);
    let host = IpAddr::from([127, HONEST, 200, 1]);
    let mut host = Wire::connect_from(host, target.address, target.fingerprint).await?;
    let who = json!({"name": "host", "password": PASSWORD});
    host.ok("register", who).await?;
    for room in [HALL, NOOK] {
        host.ok("create_room", json!({"room": room})).await?;
    }
    let (leave, left) = watch::channel(());
    let mut hall = fill_hall(target, members, &left).await?;
    let mut honest = Honest::come_into(&server, NOOK, HONEST).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let memory_before = memory_bytes(server.pid())?;

    let mut of_floods = FLOODS.map(|flood| (flood, Vec::new()));
    let mut lost = 0;
    for number in 0..rounds {
        for (flood, of_flood) in &mut of_floods {
            let turn = Turn {
                flood: *flood,
                round: number,
            };
            let ready = make_ready(target, turn, flooders).await?;
            // Until they have made themselves ready they do nothing that others do not do.
            lost += honest.fared().lost;
            tokio::time::sleep(watched).await;
            let quiet = honest.fared();
            let began = Instant::now();
            let came = run_flood(target, turn, ready, watched).await;
            let lasted = began.elapsed();
            let flooded = honest.fared();
            lost += quiet.lost + flooded.lost;
            of_flood.push(Round {
                lasted,
                came,
                quiet,
                flooded,
            });
        }
    }
    let mut figures = Vec::new();
    for (flood, of_flood) in &of_floods {
        figures.extend(figures_of(*flood, flooders, of_flood));
    }
    let growth = memory_bytes(server.pid())?.saturating_sub(memory_before);
    let mut gone = 0;
    while hall.try_join_next().is_some() {
        gone += 1;
    }
    leave.send_replace(());
    while hall.join_next().await.is_some() {}
    honest.go().await?;
    drop(host);
    server.stop()?;
    figures.extend([
        must("honest people lost", lost, lost == 0),
        must("members of the large room lost", gone, gone == 0),
        must(
            "memory grown",
            format!("{} KiB", growth / 1024),
            growth <= MAX_GROWTH,
        ),
    ]);
    Ok(Row {
        attack: "storms in a room of 5,000; floods of rooms, invitations, requests, searches, exports",
        figures,
    })
}

fn figures_of(flood: Flood, flooders: u64, rounds: &[Round]) -> [Figure; 3] {
    let name = flood.name();
    let most = |round: &Round| flood.most(flooders, round.lasted);
    let taken = rounds
        .iter()
        .map(|round| format!("{} of {} at most", round.came.taken, most(round)));
    let refused = rounds.iter().map(|Round { came, .. }| {
        format!(
            "{}, {}, {} {:?}, {}",
            came.limited, came.busy, came.otherwise, came.codes, came.kicked
        )
    });
    let limited =
        |came: &Came| came.otherwise == 0 && (came.limited > 0 || flood.may_be_too_slow());
    let beside = rounds
        .iter()
        .map(|round| format!("{:.2?} beside {:.2?}", round.flooded.p99, round.quiet.p99));
    let times = |round: &Round| round.flooded.p99.div_duration_f64(round.quiet.p99);
    let mut all_times: Vec<f64> = rounds.iter().map(times).collect();
    all_times.sort_unstable_by(f64::total_cmp);
    let median = all_times.get(all_times.len() / 2).copied();
    let median = median.unwrap_or(f64::INFINITY);
    let heard = rounds
        .iter()
        .all(|round| round.flooded.messages > 0 && round.quiet.messages > 0);
    [
        must(
            &format!("{name}: taken of {flooders} flooders"),
            in_a_row(taken),
            rounds.iter().all(|round| round.came.taken <= most(round)),
        ),
        must(
            &format!("{name}: refused until a time, busy, otherwise, kicked or shut out"),
            in_a_row(refused),
            rounds.iter().all(|round| limited(&round.came)),
        ),
        must_in_time(
            &format!("{name}: p99 of a message, against quiet right before it"),
            format!("{median:.2} times: {}", in_a_row(beside)),
            heard && median <= MOST_TIMES_QUIET,
        ),
    ]
}

fn in_a_row(of_rounds: impl Iterator<Item = String>) -> String {
    of_rounds.collect::<Vec<_>>().join("; ")
}

impl Flood {
    const fn name(self) -> &'static str {
        match self {
            Self::Crossing => "joins and parts",
            Self::Away => "away and back",
            Self::Coming => "sign-ins",
            Self::Rooms => "rooms",
            Self::Invitations => "invitations",
            Self::Friends => "friend requests",
            Self::Searches => "searches",
            Self::Exports => "exports",
        }
    }

    /// How many are taken at most: what each may do at once, what time brings, and what waits.
    fn most(self, flooders: u64, lasted: Duration) -> u64 {
        let ms = u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX) + 3_000;
        let of = |errand: Errand| {
            let allowance = errand.allowance();
            allowance.burst + ms / allowance.every_ms
        };
        // Four to a message.
        let quarters = 4 * (u64::from(BURST) + PER_SECOND * ms / 1_000);
        match self {
            // In and out again.
            Self::Crossing => flooders * 2 * u64::from(MAX_CROSSINGS),
            Self::Away | Self::Invitations | Self::Friends => flooders * quarters,
            // One account's.
            Self::Coming => of(Errand::Come),
            Self::Rooms => flooders * of(Errand::Found),
            Self::Searches => flooders * of(Errand::Search),
            // Of five hundred events each.
            Self::Exports => flooders * (of(Errand::Read) / 5 + 1),
        }
    }

    /// On a machine that is slow enough these never come to their bound in a second.
    const fn may_be_too_slow(self) -> bool {
        matches!(self, Self::Coming | Self::Exports)
    }

    /// The request of this number.
    fn request(self, name: &str, number: usize) -> (&'static str, Value) {
        let even = number.is_multiple_of(2);
        match self {
            Self::Crossing if even => ("leave", json!({"room": HALL})),
            Self::Crossing => ("join", json!({"room": HALL})),
            Self::Away if even => ("away", json!({"text": "at the bar"})),
            Self::Away => ("away", json!({})),
            Self::Coming | Self::Rooms => {
                ("create_room", json!({"room": format!("{name}x{number}")}))
            }
            Self::Invitations => ("invite_to", json!({"room": name, "who": "host"})),
            Self::Friends if even => ("befriend", json!({"person": "host"})),
            Self::Friends => ("unfriend", json!({"person": "host"})),
            Self::Searches => ("search", json!({"query": "snug"})),
            Self::Exports => ("read", json!({"room": HALL, "limit": 500})),
        }
    }
}

/// Members of the large room who read all the time, until they are told to leave.
async fn fill_hall(
    target: Target,
    members: u64,
    left: &watch::Receiver<()>,
) -> Result<JoinSet<Result<()>>> {
    let mut hall = JoinSet::new();
    let mut under_way = JoinSet::new();
    for number in 0..members {
        if under_way.len() >= AT_ONCE
            && let Some(member) = under_way.join_next().await
        {
            hall.spawn(read_on(member??, left.clone()));
        }
        under_way.spawn(async move {
            let [.., high, low] = (number / FROM_AN_ADDRESS).to_be_bytes();
            let from = IpAddr::from([127, 40 + high, low, 1]);
            let name = format!("member{number}");
            let mut wire = come(target, from, &name).await?;
            wire.ok("join", json!({"room": HALL})).await?;
            anyhow::Ok(wire)
        });
    }
    while let Some(member) = under_way.join_next().await {
        hall.spawn(read_on(member??, left.clone()));
    }
    Ok(hall)
}

/// An account of this name, signed in.
async fn come(target: Target, from: IpAddr, name: &str) -> Result<Wire> {
    let mut wire = Wire::connect_from(from, target.address, target.fingerprint).await?;
    let who = json!({"name": name, "password": PASSWORD});
    wire.ok("register", who).await?;
    Ok(wire)
}

async fn read_on(wire: Wire, mut left: watch::Receiver<()>) -> Result<()> {
    use tokio::io::AsyncReadExt;
    let (mut reader, _writer) = wire.into_halves();
    let mut thrown_away = vec![0; 4096];
    loop {
        tokio::select! {
            _ = left.changed() => return Ok(()),
            read = reader.read(&mut thrown_away) => if read? == 0 {
                return Err(anyhow!("a member lost the connection"));
            },
        }
    }
}

/// All flooders in their places.
async fn make_ready(target: Target, turn: Turn, flooders: u64) -> Result<Vec<(u64, Option<Wire>)>> {
    if turn.flood == Flood::Coming {
        come(target, turn.address(u64::from(u8::MAX)), &turn.flapper()).await?;
    }
    let mut coming = JoinSet::new();
    for of in 0..flooders {
        coming.spawn(async move { prepare(target, turn, of).await });
    }
    let mut ready = Vec::new();
    while let Some(flooder) = coming.join_next().await {
        ready.push(flooder??);
    }
    // What was told of their coming has arrived.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(ready)
}

/// All flooders at it for so long.
async fn run_flood(
    target: Target,
    turn: Turn,
    ready: Vec<(u64, Option<Wire>)>,
    lasts: Duration,
) -> Came {
    let mut at_it = JoinSet::new();
    for (of, wire) in ready {
        at_it.spawn(async move {
            match wire {
                Some(wire) => flooding(wire, turn.flood, &turn.name_of(of), lasts).await,
                None => come_and_go(target, turn, of, lasts).await,
            }
        });
    }
    let mut all = Came::default();
    while let Some(came) = at_it.join_next().await {
        let Ok(came) = came else { continue };
        all.taken += came.taken;
        all.limited += came.limited;
        all.busy += came.busy;
        all.otherwise += came.otherwise;
        all.codes.extend(came.codes);
        all.kicked += came.kicked;
    }
    all
}

impl Turn {
    /// Tells it from all other turns.
    fn number(self) -> u8 {
        let place = (0..).zip(FLOODS).find(|(_, flood)| *flood == self.flood);
        8 * self.round + place.map_or(0, |(place, _)| place)
    }

    fn name_of(self, of: u64) -> String {
        format!("flooder{}x{of}", self.number())
    }

    /// The account that all sign in to.
    fn flapper(self) -> String {
        format!("flapper{}", self.round)
    }

    fn address(self, of: u64) -> IpAddr {
        let [.., low] = of.to_be_bytes();
        IpAddr::from([127, 60 + self.number(), low, 1])
    }

    /// Where one comes from that many of its addresses were shut out: each time from another network.
    fn next_address(self, of: u64, shut_out: u64) -> IpAddr {
        let [.., low] = of.to_be_bytes();
        let [.., wave] = (MOST_ADDRESSES * u64::from(self.round) + shut_out).to_be_bytes();
        IpAddr::from([127, 100 + wave, low, 1])
    }
}

/// A flooder in its place; none who come and go.
async fn prepare(target: Target, turn: Turn, of: u64) -> Result<(u64, Option<Wire>)> {
    if turn.flood == Flood::Coming {
        return Ok((of, None));
    }
    let name = turn.name_of(of);
    let mut wire = come(target, turn.address(of), &name)
        .await
        .context("a flooder")?;
    match turn.flood {
        Flood::Crossing | Flood::Exports => drop(wire.ok("join", json!({"room": HALL})).await?),
        Flood::Invitations => drop(wire.ok("create_room", json!({"room": name})).await?),
        _ => {}
    }
    Ok((of, Some(wire)))
}

async fn flooding(mut wire: Wire, flood: Flood, name: &str, lasts: Duration) -> Came {
    let mut came = Came::default();
    let (began, mut number) = (Instant::now(), 0);
    while began.elapsed() < lasts {
        let (from, to) = (number, number + TOGETHER);
        let some = async {
            let mut asked = Vec::with_capacity(TOGETHER);
            for number in from..to {
                let (what, fields) = flood.request(name, number);
                asked.push(wire.submit(what, fields).await?);
            }
            for id in asked {
                let answer = wire.answer(id).await?;
                came.count(answer);
                wire.take_events();
            }
            anyhow::Ok(())
        };
        if some.await.is_err() {
            came.kicked += 1;
            break;
        }
        number = to;
    }
    came
}

/// Signs in and goes away, again and again, all to one account: whose address is shut out has another.
async fn come_and_go(target: Target, turn: Turn, of: u64, lasts: Duration) -> Came {
    let mut came = Came::default();
    let began = Instant::now();
    while began.elapsed() < lasts && came.kicked < MOST_ADDRESSES {
        let from = turn.next_address(of, came.kicked);
        let connecting = Wire::connect_from(from, target.address, target.fingerprint);
        let Ok(mut wire) = connecting.await else {
            // Shut out before TLS.
            came.kicked += 1;
            continue;
        };
        let who = json!({"name": turn.flapper(), "password": PASSWORD});
        match wire.ask("sign_in", who).await {
            Ok(answer) => came.count(answer),
            Err(_) => came.kicked += 1,
        }
    }
    came
}

impl Came {
    fn count(&mut self, answer: WireAnswer) {
        match answer {
            Ok(_) => self.taken += 1,
            // A name at which too many try at once is shut like one that is guessed at, and says for how long.
            Err(error)
                if ["too_fast", "bad_credentials"].contains(&error.code.as_str())
                    && error.retry_after_ms > Some(0) =>
            {
                self.limited += 1;
            }
            Err(error) if error.code == "busy" => self.busy += 1,
            // What was refused before it makes it wrong: to leave where one is not, or come where one is.
            Err(error) if ["not_a_member", "in_room"].contains(&error.code.as_str()) => {}
            Err(error) => {
                self.otherwise += 1;
                self.codes.insert(error.code);
            }
        }
    }
}
