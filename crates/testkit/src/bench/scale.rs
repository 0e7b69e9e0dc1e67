//! (j) Size: the everyday operations on a server of 100,000 accounts, with 10,000 members and as many bans in
//! a room, 1,000 rooms of an account and 1,000 friends, beside the same on a small one. The two run side by
//! side and are asked in turn; what counts is the one's cost in the other's. A list's cost is counted for
//! each room that it is made of, where the lists differ.

mod furnish;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::{Goal, Report, folder_beside_program, median};
use crate::{
    child::{Snugd, Start},
    load::{Member, Site},
    proc::cpu_time_exact,
    wire::{Wire, WireAnswer},
};
use furnish::{BOSS, FIRST_MEMBER, FRIEND, GUEST, HALL, HOST, NEWCOMER, SHUT_OUT};

/// What a server holds.
#[derive(Debug, Clone, Copy)]
struct Size {
    accounts: u32,
    /// Members of the hall.
    members: u32,
    /// Bans from the hall; bans from the server.
    bans: u32,
    /// Rooms of one account.
    rooms: u32,
    /// Friends of one account.
    friends: u32,
}

const SMALL: Size = Size {
    accounts: 1000,
    members: 190,
    bans: 60,
    rooms: 50,
    friends: FRIENDS_HERE,
};
const LARGE: Size = Size {
    accounts: 100_000,
    members: 10_000,
    bans: 10_000,
    rooms: 1000,
    friends: 1000,
};
/// Friends who are here, of either's.
const FRIENDS_HERE: u32 = 10;
/// Turns that each side takes at an operation, and how often it does it in each.
const TURNS: usize = 9;
const TIMES: usize = 20;
/// A crowd's coming is told together within half a second: whoever is to be told of at once waits longer.
const BETWEEN_COMINGS: Duration = Duration::from_millis(650);
const COMINGS: usize = 2;
const PASSWORD: &str = "correct horse battery";

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Send,
    Join,
    Leave,
    JoinBanned,
    WhoFirst,
    WhoLater,
    WhoIsHere,
    Bans,
    LookUp,
    SearchHall,
    Mute,
    Unmute,
    Kick,
    SignIn,
    Resume,
    ResumeInMany,
    SeenByFriend,
}

const DEEDS: [(Deed, &str); 17] = [
    (Deed::Send, "send"),
    (Deed::Join, "join"),
    (Deed::Leave, "leave"),
    (Deed::JoinBanned, "a banned one's join, refused"),
    (Deed::WhoFirst, "who, the first page"),
    (Deed::WhoLater, "who, a page in the middle"),
    (Deed::WhoIsHere, "who is here"),
    (Deed::Bans, "a page of bans"),
    (Deed::LookUp, "a person by name"),
    (Deed::SearchHall, "search in the room"),
    (Deed::Mute, "mute"),
    (Deed::Unmute, "unmute"),
    (Deed::Kick, "kick"),
    (Deed::SignIn, "sign-in by password"),
    (Deed::Resume, "coming back, in one room"),
    (Deed::ResumeInMany, "coming back, for each of all rooms"),
    (Deed::SeenByFriend, "coming, until a friend sees it"),
];

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let mut small = Side::furnished(SMALL).await?;
    let mut large = Side::furnished(LARGE).await?;
    report.add(
        "j",
        "the first request in the large room after a start, ms",
        ms(large.first),
        Goal::None,
    );
    report.add(
        "j",
        "the same in the small one, ms",
        ms(small.first),
        Goal::None,
    );
    for (deed, what) in DEEDS {
        let (mut of_small, mut of_large) = (Costs::default(), Costs::default());
        for _ in 0..TURNS {
            small.take_turn(deed, &mut of_small).await.context(what)?;
            large.take_turn(deed, &mut of_large).await.context(what)?;
        }
        let time = ratio(&of_large.ms, &of_small.ms);
        let cpu = ratio(&of_large.cpu_us, &of_small.cpu_us);
        println!(
            "    {what}: {:.3} and {:.3} ms; CPU {:.1} and {:.1} µs",
            median(of_small.ms),
            median(of_large.ms),
            median(of_small.cpu_us),
            median(of_large.cpu_us),
        );
        report.add(
            "j",
            format!("{what}: time, of that in a small server"),
            time,
            Goal::AtMost(2.0),
        );
        report.add(
            "j",
            format!("{what}: server CPU, of that in a small server"),
            cpu,
            Goal::AtMost(2.0),
        );
    }
    Ok(())
}

/// What an operation took on one side in each turn, for each thing that it was made of: the middle time, and
/// the server's CPU.
#[derive(Default)]
struct Costs {
    ms: Vec<f64>,
    cpu_us: Vec<f64>,
}

/// The middle one of what the one took in the other's, turn by turn: the machine's hour is in both.
fn ratio(of: &[f64], to: &[f64]) -> f64 {
    median(of.iter().zip(to).map(|(of, to)| of / to).collect())
}

/// A server and those who are on it.
struct Side {
    size: Size,
    server: Snugd,
    site: Site,
    boss: Wire,
    newcomer: Wire,
    shut_out: Wire,
    /// A friend who looks.
    friend: Wire,
    /// Others who are here, and only read.
    _here: Vec<Member>,
    /// The tokens of those who come and go.
    host: String,
    friendly: String,
    alone: String,
    /// Members kicked so far.
    kicked: u32,
    /// What the first request in the hall took.
    first: Duration,
    _folder: tempfile::TempDir,
}

impl Side {
    async fn furnished(of: Size) -> Result<Self> {
        let folder = folder_beside_program()?;
        let data = folder.path().join("data");
        let (server, site) = start(&data).await?;
        let code = server.owner_code.clone();
        let code = code.context("a new server without an owner's code")?;
        site.open_to_all(&code).await?;
        let mut real = site.wire().await?;
        let who = json!({"name": "real", "password": PASSWORD});
        real.ok("register", who).await?;
        drop(real);
        tokio::task::spawn_blocking(move || server.stop()).await??;
        let (filling, now) = (data.clone(), furnish::now()?);
        tokio::task::spawn_blocking(move || furnish::fill(&filling, of, now)).await??;
        let (server, site) = start(&data).await?;
        let mut boss = back(&site, &token_of(BOSS)).await?.0;
        let began = Instant::now();
        boss.ok("send", json!({"room": HALL, "body": "good evening"}))
            .await?;
        let first = began.elapsed();
        let mut here = vec![Member::reading(back(&site, &token_of(GUEST)).await?.0)];
        for number in 1..FRIENDS_HERE {
            let (wire, _) = back(&site, &token_of(FIRST_MEMBER + number)).await?;
            here.push(Member::reading(wire));
        }
        Ok(Self {
            size: of,
            newcomer: back(&site, &token_of(NEWCOMER)).await?.0,
            shut_out: back(&site, &token_of(SHUT_OUT)).await?.0,
            friend: back(&site, &token_of(FIRST_MEMBER)).await?.0,
            boss,
            _here: here,
            host: token_of(HOST),
            friendly: token_of(FRIEND),
            alone: token_of(FIRST_MEMBER - 1),
            kicked: 0,
            first,
            server,
            site,
            _folder: folder,
        })
    }

    async fn take_turn(&mut self, deed: Deed, costs: &mut Costs) -> Result<()> {
        let times = match deed {
            Deed::SeenByFriend => COMINGS,
            Deed::ResumeInMany => TIMES / 4,
            Deed::Kick => TIMES / 2,
            _ => TIMES,
        };
        // What a deed needs is done in between, and is no part of its cost.
        let mut cpu = Duration::ZERO;
        let mut took = Vec::new();
        for _ in 0..times {
            self.prepare(deed).await?;
            let before = cpu_time_exact(self.server.pid())?;
            took.push(ms(self.act(deed).await?));
            cpu += cpu_time_exact(self.server.pid())?.saturating_sub(before);
        }
        costs.ms.push(median(took) / self.parts(deed));
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let each = cpu.as_secs_f64() * 1e6 / times as f64;
        costs.cpu_us.push(each / self.parts(deed));
        Ok(())
    }

    /// What the cost is counted for each of.
    fn parts(&self, deed: Deed) -> f64 {
        match deed {
            Deed::ResumeInMany => f64::from(self.size.rooms),
            _ => 1.0,
        }
    }

    async fn prepare(&mut self, deed: Deed) -> Result<()> {
        let hall = || json!({"room": HALL});
        match deed {
            Deed::Join => drop(self.newcomer.ask("leave", hall()).await?),
            Deed::Leave => drop(self.newcomer.ask("join", hall()).await?),
            Deed::Mute => drop(self.boss.ask("unmute", about(1)).await?),
            Deed::Unmute => drop(self.boss.ask("mute", about(1)).await?),
            Deed::SeenByFriend => tokio::time::sleep(BETWEEN_COMINGS).await,
            _ => {}
        }
        self.boss.take_events();
        self.newcomer.take_events();
        Ok(())
    }

    /// Does it once: what the request took.
    async fn act(&mut self, deed: Deed) -> Result<Duration> {
        let hall = || json!({"room": HALL});
        let began = Instant::now();
        match deed {
            Deed::Send => {
                let message = json!({"room": HALL, "body": "the bar serves you there"});
                self.boss.ok("send", message).await?;
            }
            Deed::Join => drop(self.newcomer.ok("join", hall()).await?),
            Deed::Leave => drop(self.newcomer.ok("leave", hall()).await?),
            Deed::JoinBanned => refused(&self.shut_out.ask("join", hall()).await?, "banned")?,
            Deed::WhoFirst => full_page(&self.boss.ok("who", hall()).await?)?,
            Deed::WhoLater => {
                let after = name_of(FIRST_MEMBER + self.size.members / 4);
                let who = json!({"room": HALL, "after": after});
                full_page(&self.boss.ok("who", who).await?)?;
            }
            Deed::WhoIsHere => drop(self.boss.ok("who", json!({})).await?),
            Deed::Bans => {
                let bans = self.boss.ok("bans", hall()).await?;
                ensure!(bans["more"] == true, "no full page");
            }
            Deed::LookUp => {
                let nobody_yet = format!("@{}", name_of(self.size.accounts / 2));
                let read = json!({"room": nobody_yet});
                refused(&self.boss.ask("read", read).await?, "unknown_room")?;
            }
            Deed::SearchHall => {
                let query = json!({"query": format!("serves in:{HALL}")});
                self.boss.ok("search", query).await?;
            }
            Deed::Mute => drop(self.boss.ok("mute", about(1)).await?),
            Deed::Unmute => drop(self.boss.ok("unmute", about(1)).await?),
            Deed::Kick => {
                self.kicked += 1;
                let whom = about(FRIENDS_HERE + self.kicked);
                self.boss.ok("kick", whom).await?;
            }
            Deed::SignIn => return self.sign_in().await,
            Deed::Resume => {
                let (mut wire, took, next) = resumed(&self.site, &self.alone).await?;
                self.alone = next;
                wire.ok("quit", json!({})).await?;
                return Ok(took);
            }
            Deed::ResumeInMany => {
                let (mut wire, took, next) = resumed(&self.site, &self.host).await?;
                self.host = next;
                wire.ok("quit", json!({})).await?;
                return Ok(took);
            }
            Deed::SeenByFriend => return self.seen_by_friend().await,
        }
        Ok(began.elapsed())
    }

    async fn sign_in(&self) -> Result<Duration> {
        let mut wire = self.site.wire().await?;
        let began = Instant::now();
        let who = json!({"name": "real", "password": PASSWORD});
        wire.ok("sign_in", who).await?;
        let took = began.elapsed();
        wire.ok("quit", json!({"forget": true})).await?;
        Ok(took)
    }

    async fn seen_by_friend(&mut self) -> Result<Duration> {
        let name = name_of(FRIEND);
        let of = |online: bool| {
            let name = name.clone();
            move |event: &Value| {
                event["ev"] == "friend_presence"
                    && event["name"] == name.as_str()
                    && event["online"] == online
            }
        };
        let began = Instant::now();
        let (mut wire, _, next) = resumed(&self.site, &self.friendly).await?;
        self.friendly = next;
        self.friend.event(of(true)).await?;
        let took = began.elapsed();
        tokio::time::sleep(BETWEEN_COMINGS).await;
        wire.ok("quit", json!({})).await?;
        self.friend.event(of(false)).await?;
        Ok(took)
    }
}

/// Commits do not wait for the disk: either side would sync as often, and what a sync takes hangs on whether
/// the write-ahead log grows or goes round at that moment, by ten times and more.
async fn start(data: &std::path::Path) -> Result<(Snugd, Site)> {
    let start = Start::new(data)?;
    let start = start.argument("--durability").argument("process");
    let server = tokio::task::spawn_blocking(move || start.run()).await??;
    let site = Site::new(server.address, server.fingerprint)?;
    Ok((server, site))
}

/// A connection of one who comes back, and the next token.
async fn back(site: &Site, token: &str) -> Result<(Wire, String)> {
    let (wire, _, next) = resumed(site, token).await?;
    Ok((wire, next))
}

/// The same, with what the request took.
async fn resumed(site: &Site, token: &str) -> Result<(Wire, Duration, String)> {
    let mut wire = site.wire().await?;
    let began = Instant::now();
    let answer = wire.ok("resume", json!({"session": token})).await?;
    let took = began.elapsed();
    let next = answer["session"].as_str().context("no next token")?;
    Ok((wire, took, next.to_owned()))
}

/// A member of the hall who is nobody else.
fn about(number: u32) -> Value {
    json!({"room": HALL, "who": name_of(FIRST_MEMBER + number)})
}

/// Is it the refusal that is to be measured?
fn refused(answer: &WireAnswer, code: &str) -> Result<()> {
    match answer {
        Err(error) if error.code == code => Ok(()),
        other => bail!("{code} was expected: {other:?}"),
    }
}

/// Pages are compared where they are full.
fn full_page(answer: &Value) -> Result<()> {
    let people = answer["people"].as_array().map_or(0, Vec::len);
    ensure!(people >= 64, "only {people} on a page");
    Ok(())
}

fn name_of(number: u32) -> String {
    format!("p{number:06}")
}

fn token_of(number: u32) -> String {
    format!("token-of-{number}")
}

fn host_room(number: u32) -> String {
    format!("room{number:04}")
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
