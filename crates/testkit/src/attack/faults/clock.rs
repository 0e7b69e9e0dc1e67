//! The machine's clock jumps: on by a day, back by a year, to 1970, to 2100, each for a moment, and the server
//! is stopped and started in it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_proto::Timestamp;

use super::{
    super::{Length, Row, honest::Honest, must, told},
    Watched, all_kept_once, busy, logged, lost_and_twice, lost_or_refused, newcomer,
};
use crate::{
    authenticator::Authenticator,
    child::Snugd,
    driver::PASSWORD,
    shim::{Shim, set_clock},
    wire::Wire,
};

const DAY_S: i64 = 24 * 3600;
/// 2100-01-01.
const FAR_S: i64 = 4_102_444_800;
/// What the server calls now may be so far from the true time, in milliseconds.
const MAX_OFF_MS: u64 = 20_000;
/// Processor time of one core that the server may take more than in quiet.
const MAX_BUSIER: f64 = 0.25;

/// What must stay as it is, whatever the clock says.
struct Kept {
    owner: Wire,
    /// Of one who has a session and is away.
    session: Value,
    app: Authenticator,
    /// How much is in the room that keeps things for a day.
    in_den: usize,
}

/// Runs it.
pub async fn run(length: Length) -> Result<Row> {
    let lasts = match length {
        Length::Full => Duration::from_secs(75),
        Length::Short => Duration::from_secs(1),
    };
    let folder = crate::attack::folder()?;
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let clock = folder.path().join("clock");
    set_clock(&clock, 0)?;
    let mut watched = Watched::new(&data, &log)?;
    let shim = Shim {
        clock: Some(clock.clone()),
        ..Shim::default()
    };
    watched.start = watched.start.shim(shim).env("SNUG_SHUT_SECONDS", "600");
    let server = watched.start.run()?;
    let mut kept = Kept::prepare(&server).await?;
    let mut honest = Honest::come(&server).await?;
    let quiet_cpu = busy(server.pid(), lasts.min(Duration::from_secs(5))).await?;
    let quiet = honest.fared();

    let now = i64::try_from(true_now().ms() / 1000)?;
    let (mut wrong, mut most_cpu, mut worst) = (Vec::new(), 0.0_f64, Duration::ZERO);
    let (mut heard, mut lost) = (usize::MAX, 0);
    for (name, ahead) in [
        ("a day on", DAY_S + 60),
        ("a year back", -365 * DAY_S),
        ("1970", 1 - now),
        ("2100", FAR_S - now),
    ] {
        set_clock(&clock, ahead)?;
        most_cpu = most_cpu.max(busy(server.pid(), lasts).await?);
        let fared = honest.fared();
        (worst, heard, lost) = (
            worst.max(fared.p99),
            heard.min(fared.messages),
            lost + fared.lost,
        );
        let found = kept.look(&server, ahead).await?;
        wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
        if ahead < FAR_S - now {
            set_clock(&clock, 0)?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let answers = honest.answers();
    honest.go().await?;
    let jumps = logged(&log, "clock jumped")?;

    // It tidies at its end. In 2100 it starts, and ends again.
    let mut clean = server.stop()?.success();
    clean &= watched.start.run()?.stop()?.success();
    set_clock(&clock, 0)?;
    let server = watched.start.run()?;
    wrong.extend(after_restart(&server, &kept).await?);
    let (gone, twice) = lost_and_twice(&mut newcomer(&server, 1).await?, &answers).await?;
    clean &= server.stop()?.success();
    let wrong = if wrong.is_empty() {
        vec!["nothing".to_owned()]
    } else {
        wrong
    };
    Ok(Row {
        attack: "the clock: a day on, a year back, 1970, 2100; stopped and started in 2100",
        figures: vec![
            lost_or_refused(lost, &answers),
            told(
                "p99 of a message: quiet, at worst",
                format!("{:?}, {worst:?}", quiet.p99),
            ),
            must("fewest messages heard in one of them", heard, heard > 0),
            must(
                "wrong of times, bans, throttles, sessions, second factor, what is kept",
                wrong.join("; "),
                wrong == ["nothing"],
            ),
            must(
                "of a core: quiet, at most",
                format!("{quiet_cpu:.3}, {most_cpu:.3}"),
                most_cpu <= quiet_cpu + MAX_BUSIER,
            ),
            // Nobody may have asked for the time between two of them.
            must(
                "lines of its log about a jump, at most one each",
                jumps,
                (1..=4).contains(&jumps),
            ),
            all_kept_once(gone, twice, &answers),
            must("ended without an error", clean, clean),
        ],
    })
}

impl Kept {
    /// An owner, one who is banned, one who is shut out, one who is away, one with a second factor, and a room
    /// that keeps things for a day.
    async fn prepare(server: &Snugd) -> Result<Self> {
        let mut owner = from(server, 1).await?;
        let code = server.owner_code.as_ref().context("no owner's code")?;
        let who = json!({"name": "owner", "password": PASSWORD, "code": code});
        owner.ok("register", who).await?;
        register(server, 2, "banned").await?;
        let ban = json!({"who": "banned", "for_s": 3600, "reason": "test"});
        owner.ok("server_ban", ban).await?;
        register(server, 3, "shut").await?;
        let mut guessing = from(server, 3).await?;
        for _ in 0..3 {
            let guess = json!({"name": "shut", "password": "a wrong one"});
            guessing.code("sign_in", guess).await?;
        }
        let (_, session) = register(server, 4, "away").await?;
        let (mut second, _) = register(server, 5, "second").await?;
        let offer = second.ok("offer_second_factor", json!({"password": PASSWORD}));
        let app = Authenticator::of(&offer.await?)?;
        let code = app.code_at(true_now());
        second
            .ok("set_second_factor", json!({"code": code}))
            .await?;
        owner.ok("create_room", json!({"room": "den"})).await?;
        let for_a_day = json!({"room": "den", "retention": "1d"});
        owner.ok("set_room", for_a_day).await?;
        for number in 0..5 {
            let body = format!("kept {number}");
            owner
                .ok("send", json!({"room": "den", "body": body}))
                .await?;
        }
        let in_den = messages(&mut owner).await?;
        Ok(Self {
            owner,
            session,
            app,
            in_den,
        })
    }

    /// What is not as it must be.
    async fn look(&mut self, server: &Snugd, ahead_s: i64) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        // Each change of it has the logs pruned at once.
        for days in ["2d", "1d"] {
            let change = json!({"room": "den", "retention": days});
            self.owner.ok("set_room", change).await?;
        }
        let body = format!("ahead {ahead_s}");
        let said = self
            .owner
            .ok("send", json!({"room": "lobby", "body": body}));
        let at: Timestamp = said.await?["at"].as_str().context("no time")?.parse()?;
        if at.ms().abs_diff(true_now().ms()) > MAX_OFF_MS {
            wrong.push(format!("a message is of {at}"));
        }
        wrong.extend(banned_and_shut(server).await?);
        wrong.extend(self.resumes(server).await?);
        if ahead_s > 2 * DAY_S {
            let mut wire = from(server, 5).await?;
            wire.code("sign_in", sign_in("second")).await?;
            // The step after the one that was used.
            let code = self.app.code_at(true_now().plus_ms(30_000));
            let answer = wire.code("second_factor", json!({"code": code})).await?;
            if answer != "ok" {
                wrong.push(format!("the second factor is answered {answer}"));
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let kept = messages(&mut self.owner).await?;
        if kept < self.in_den {
            wrong.push(format!("{} of {} kept", kept, self.in_den));
        }
        Ok(wrong)
    }

    /// The one who is away comes back.
    async fn resumes(&mut self, server: &Snugd) -> Result<Option<String>> {
        let mut wire = from(server, 4).await?;
        let resume = json!({"session": self.session});
        match wire.ask("resume", resume).await? {
            Ok(answer) => {
                self.session = answer["session"].clone();
                Ok(None)
            }
            Err(error) => Ok(Some(format!("a session is answered {}", error.code))),
        }
    }
}

/// After the clock is right again, on a server that was started anew.
async fn after_restart(server: &Snugd, kept: &Kept) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let mut owner = from(server, 1).await?;
    owner.ok("sign_in", sign_in("owner")).await?;
    if messages(&mut owner).await? < kept.in_den {
        wrong.push("afterwards less is kept".to_owned());
    }
    let mut wire = from(server, 2).await?;
    let banned = wire.code("sign_in", sign_in("banned")).await?;
    if banned != "banned" {
        wrong.push(format!("afterwards the banned one is answered {banned}"));
    }
    let resume = json!({"session": kept.session});
    let resumed = from(server, 4).await?.code("resume", resume).await?;
    if resumed != "ok" {
        wrong.push(format!("afterwards a session is answered {resumed}"));
    }
    Ok(wrong)
}

/// The banned one stays so; the one who is shut out is, though the password is right.
async fn banned_and_shut(server: &Snugd) -> Result<Option<String>> {
    for (number, name, wanted) in [(2, "banned", "banned"), (3, "shut", "bad_credentials")] {
        let mut wire = from(server, number).await?;
        let code = wire.code("sign_in", sign_in(name)).await?;
        if code != wanted {
            return Ok(Some(format!("{name} is answered {code}")));
        }
    }
    Ok(None)
}

/// Messages in the room that keeps things for a day.
async fn messages(owner: &mut Wire) -> Result<usize> {
    let page = owner.ok("read", json!({"room": "den", "after": 0, "limit": 500}));
    let page = page.await?;
    let events = page["events"].as_array().context("no events")?;
    Ok(events
        .iter()
        .filter(|event| event["ev"] == "message")
        .count())
}

fn sign_in(name: &str) -> Value {
    json!({"name": name, "password": PASSWORD})
}

async fn register(server: &Snugd, number: u8, name: &str) -> Result<(Wire, Value)> {
    let mut wire = from(server, number).await?;
    let answer = wire.ok("register", sign_in(name)).await?;
    let session = answer["session"].clone();
    Ok((wire, session))
}

async fn from(server: &Snugd, number: u8) -> Result<Wire> {
    let from = [127, 13, number, 1].into();
    Wire::connect_from(from, server.address, server.fingerprint).await
}

fn true_now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp::from_ms(since.map_or(0, |since| since.as_millis().try_into().unwrap_or(0)))
}
