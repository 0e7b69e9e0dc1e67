//! The one whose password is guessed at: signs in over and over, by every way, from an address of before.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};
use snug_auth::{ParameterBounds, SignIn};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use super::{NAME, guesser::Way};
use crate::{
    attack::{Target, irc::Irc},
    wire::Wire,
};

/// The right one. `NickServ` takes no spaces.
const PASSWORD: &str = "seven-red-lamps";
/// Between two sign-ins.
const EVERY: Duration = Duration::from_millis(500);
/// Of a /16 in which no guesser is.
const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 11, 1, 1));

/// At home, where the account was made.
pub(super) struct Victim {
    /// Signed in all the time.
    at_home: JoinHandle<()>,
    /// How often it was told there of somebody guessing.
    warned: Arc<AtomicU32>,
    device: Value,
}

/// How the sign-ins went.
#[derive(Debug, Default)]
pub(super) struct Came {
    pub(super) tried: u32,
    /// By which way it was not let in, and why.
    pub(super) failed: Vec<String>,
    /// In, and later than it has to be.
    pub(super) late: u32,
    slowest: [Duration; Way::ALL.len()],
}

impl Came {
    /// By each way.
    pub(super) fn slowest(&self) -> String {
        let ways = Way::ALL.iter().zip(self.slowest);
        let ways = ways.map(|(way, took)| format!("{way:?} {} ms", took.as_millis()));
        ways.collect::<Vec<_>>().join(", ")
    }
}

impl Victim {
    /// Makes the account, and comes in once more as from an address that is known.
    pub(super) async fn come(server: Target) -> Result<Self> {
        let mut at_home = connect(server).await?;
        let who = json!({"name": NAME, "password": PASSWORD});
        let answer = at_home.ok("register", who).await?;
        let device = answer["device"].clone();
        anyhow::ensure!(device.is_string(), "no cookie: {answer}");
        let warned: Arc<AtomicU32> = Arc::default();
        let at_home = tokio::spawn(listen(at_home, Arc::clone(&warned)));
        Ok(Self {
            at_home,
            warned,
            device,
        })
    }

    /// Signs in by one way after another until it is told to stop, and is in within `bound` each time.
    pub(super) async fn sign_in(
        &self,
        server: Target,
        bound: Duration,
        stop: &watch::Receiver<bool>,
    ) -> Came {
        let mut came = Came::default();
        for (number, way) in Way::ALL.into_iter().enumerate().cycle() {
            if *stop.borrow() {
                break;
            }
            came.tried += 1;
            let tried = self.by(server, way).await;
            let took = tried.as_ref().map_or(Duration::ZERO, Instant::elapsed);
            if let Some(slowest) = came.slowest.get_mut(number) {
                *slowest = took.max(*slowest);
            }
            match tried {
                Ok(_) => came.late += u32::from(took > bound),
                Err(error) => came.failed.push(format!("{way:?}: {error:#}")),
            }
            tokio::time::sleep(EVERY).await;
        }
        came
    }

    /// How often it was told of somebody guessing.
    pub(super) fn warnings(&self) -> u32 {
        self.warned.load(Ordering::Relaxed)
    }

    /// Comes in; when that began. By IDENTIFY it begins when one says so: the guest that one is before is a
    /// newcomer, and waits as such while the shield is up.
    async fn by(&self, server: Target, way: Way) -> Result<Instant> {
        let mut began = Instant::now();
        match way {
            Way::Opaque => self.by_opaque(server).await?,
            Way::Plain => {
                let mut wire = connect(server).await?;
                let who = json!({"name": NAME, "password": PASSWORD});
                wire.ok("sign_in", who).await?;
            }
            Way::Sasl => {
                let mut irc = Irc::connect(HOME, server).await?;
                let response = BASE64.encode(format!("\0{NAME}\0{PASSWORD}").as_bytes());
                irc.say("CAP REQ :sasl\r\nNICK v\r\nUSER v 0 * :v").await?;
                irc.say("AUTHENTICATE PLAIN").await?;
                irc.line_with(&["AUTHENTICATE +"]).await?;
                irc.say(&format!("AUTHENTICATE {response}\r\nCAP END"))
                    .await?;
                entered(&irc.line_with(&[" 001 ", " 904 "]).await?, " 001 ")?;
            }
            Way::Identify => {
                let mut irc = Irc::connect(HOME, server).await?;
                irc.say("NICK v-guest\r\nUSER v 0 * :v").await?;
                irc.line_with(&[" 376 ", " 422 "]).await?;
                began = Instant::now();
                irc.say(&format!("NS IDENTIFY {NAME} {PASSWORD}")).await?;
                entered(&irc.line_with(&["NickServ!"]).await?, "signed in as")?;
            }
        }
        Ok(began)
    }

    /// As `snug` does it, with the cookie of the device.
    async fn by_opaque(&self, server: Target) -> Result<()> {
        let mut wire = connect(server).await?;
        let (state, opening) = SignIn::start(PASSWORD, &mut rand::thread_rng())?;
        let start = json!({
            "name": NAME, "opaque": BASE64URL_NOPAD.encode(&opening), "device": self.device,
        });
        let reply = wire.ok("sign_in_start", start).await?;
        let text = reply["opaque"].as_str().context("no reply")?;
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes())?;
        let parameters = serde_json::from_value(reply["argon2"].clone())?;
        let finishing = tokio::task::spawn_blocking(move || {
            let bounds = ParameterBounds::for_tests();
            state.finish(&bytes, parameters, &bounds, &mut rand::thread_rng())
        });
        let proof = BASE64URL_NOPAD.encode(&finishing.await??);
        let finish = json!({"opaque": proof});
        wire.ok("sign_in_finish", finish).await.map(drop)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.at_home.abort();
    }
}

/// Reads at home until the connection ends.
async fn listen(mut wire: Wire, warned: Arc<AtomicU32>) {
    while wire.read().await.is_ok() {
        for heard in wire.take_events() {
            let text = heard.event["text"].as_str().unwrap_or_default();
            if heard.event["ev"] == "notice" && text.contains("guessing at your password") {
                warned.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

async fn connect(server: Target) -> Result<Wire> {
    Wire::connect_from(HOME, server.address, server.fingerprint).await
}

fn entered(line: &str, wanted: &str) -> Result<()> {
    if !line.contains(wanted) {
        bail!("not let in: {line}");
    }
    Ok(())
}
