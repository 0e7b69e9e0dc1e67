//! (k) The full screen: what a key costs in a room of 100,000 messages among 1,000 rooms, how soon after its
//! start something is shown, and what it takes while nothing happens.
//!
//! A key is one input and one drawing, up to the bytes that a terminal is sent. The start is a real one: `snug` on
//! a terminal of its own, its profile there, its server not; from the start of the process to the first bytes of a
//! whole screen.

mod terminal;

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use anyhow::Result;
use ratatui_core::{
    layout::Rect,
    terminal::{Terminal, TerminalOptions, Viewport},
};
use ratatui_crossterm::CrosstermBackend;
use serde_json::json;
use snug_client::{ClientOptions, KnownServer, Opened, Profile, Signer};
use snug_proto::{AccountId, Event, LogId, Role, RoomEntry, RoomId, Secret, Timestamp};
use snug_screen::{Input, Link, Screen, ServerId, Settings, Size, keys};
use tokio::time::sleep;

use super::{Goal, Report, Round};
use crate::proc::cpu_time_exact;
use terminal::OnTerminal;

const MESSAGES: u64 = 100_000;
const ROOMS: u16 = 1000;
const SIZE: Size = Size {
    width: 120,
    height: 40,
};
const HOME: ServerId = ServerId(1);
const ME: AccountId = AccountId::from_bytes([1; 16]);
/// Keys of a minute's use.
const KEYS: &str = "a sentence that somebody types<Ctrl-U><PageUp><PageUp><PageUp><PageDown><Alt-End><Alt-Down><Ctrl-K>room\
                    <Esc><Ctrl-N><Ctrl-P><Alt-k><Alt-k><Alt-j><Esc><Alt-p><Alt-p>";
const STARTS: usize = 15;
/// How long the screen is watched while nothing happens.
const IDLE: Duration = Duration::from_secs(10);

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    keys_of_a_minute(report)?;
    let round = Round::start(&[]).await?;
    idle(report, &round).await?;
    drop(round);
    tokio::task::spawn_blocking(starts)
        .await??
        .into_iter()
        .for_each(|(what, measured, goal)| report.add("k", what, measured, goal));
    Ok(())
}

/// Where a terminal would be.
#[derive(Debug, Default)]
struct Nowhere(usize);

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.wrapping_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn keys_of_a_minute(report: &mut Report) -> Result<()> {
    let mut now = 1_763_700_000_000;
    let mut screen = Screen::new(Settings::default(), SIZE, Timestamp::from_ms(now));
    furnish(&mut screen, &mut now)?;
    let options = TerminalOptions {
        viewport: Viewport::Fixed(Rect::new(0, 0, SIZE.width, SIZE.height)),
    };
    let backend = CrosstermBackend::new(Nowhere::default());
    let mut terminal = Terminal::with_options(backend, options)?;
    let mut took = Vec::new();
    for _ in 0..20 {
        for key in keys(KEYS) {
            now += 50;
            let began = Instant::now();
            // What it asks for is not answered: that is another moment's work.
            drop(screen.input(Timestamp::from_ms(now), Input::Key(key)));
            terminal.draw(|frame| {
                let area = frame.area();
                if let Some(cursor) = screen.draw(area, frame.buffer_mut()) {
                    frame.set_cursor_position(cursor);
                }
            })?;
            took.push(began.elapsed());
        }
    }
    took.sort_unstable();
    let ms = |at: usize| {
        took.get(at)
            .map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
    };
    let last = took.len().saturating_sub(1);
    report.add(
        "k",
        "a key at 100,000 messages and 1,000 rooms: p50, ms",
        ms(last / 2),
        Goal::None,
    );
    report.add("k", "p99, ms", ms(last * 99 / 100), Goal::None);
    report.add("k", "the slowest, ms", ms(last), Goal::AtMost(16.0));
    Ok(())
}

/// A thousand rooms, and a hundred thousand messages told in one of them.
fn furnish(screen: &mut Screen, now: &mut u64) -> Result<()> {
    let rooms: Result<Vec<RoomEntry>, _> = (0..ROOMS).map(entry).collect();
    let rooms = rooms?;
    let mut tell = |input, now: u64| drop(screen.input(Timestamp::from_ms(now), input));
    tell(Input::Server(HOME, "home".to_owned()), *now);
    let signed_in = Link::SignedIn {
        account: ME,
        name: "ann".to_owned(),
        role: Role::Member,
        rooms,
    };
    tell(Input::Link(HOME, signed_in), *now);
    tell(Input::GoTo(HOME, room(0)), *now);
    for seq in 1..=MESSAGES {
        *now += 7000;
        let event = message(seq, *now)?;
        tell(Input::Event(HOME, Box::new(event)), *now);
    }
    Ok(())
}

fn entry(number: u16) -> serde_json::Result<RoomEntry> {
    let log = LogId::from_bytes([8; 16]);
    let unread = number % 7;
    serde_json::from_value(json!({
        "room": format!("room{number}"), "room_id": room(number), "member": true, "history": "all",
        "members": 12, "log": log, "seq": unread, "read": 0, "unread": unread,
    }))
}

fn message(seq: u64, now: u64) -> serde_json::Result<Event> {
    let who = u8::try_from(2 + seq % 5).unwrap_or(2);
    let body =
        format!("message {seq} with some words that are long enough to be wrapped now and then");
    serde_json::from_value(json!({
        "ev": "message", "room": "room0", "room_id": room(0), "seq": seq,
        "at": Timestamp::from_ms(now), "from": format!("person{who}"),
        "from_id": AccountId::from_bytes([who; 16]), "body": body,
    }))
}

fn room(number: u16) -> RoomId {
    RoomId::from_bytes((u128::from(number) + 1).to_be_bytes())
}

/// A profile that knows this server.
fn remember(
    profile: &Profile,
    link: snug_client::Link,
    account: AccountId,
    session: Option<&Secret>,
) -> Result<()> {
    let known = KnownServer {
        alias: "home".to_owned(),
        link,
        name: "ann".to_owned(),
        account,
    };
    Ok(profile.remember(&known, session)?)
}

/// What the screen takes while somebody is connected and nothing happens.
async fn idle(report: &mut Report, round: &Round) -> Result<()> {
    let server = &round.server;
    let fingerprint = snug_client::Fingerprint::from_bytes(server.fingerprint);
    let address = server.address;
    let link = snug_client::Link::new(address.ip().to_string(), address.port(), fingerprint)?;
    let home = round.folder.path().join("home");
    let profile = Profile::open(&home)?;
    let (connection, _) = Opened::hello(&link, &ClientOptions::default()).await?;
    let password = Secret::from("correct horse");
    let signed_in = Signer::for_tests()
        .register(&connection, "ann", &password, None)
        .await?;
    remember(
        &profile,
        link,
        signed_in.account,
        signed_in.session.as_ref(),
    )?;
    connection.close().await;
    let screen = tokio::task::spawn_blocking(move || -> Result<OnTerminal> {
        let mut screen = OnTerminal::start(&home)?;
        screen.shows("\u{25cf}")?;
        Ok(screen)
    });
    let screen = screen.await??;
    sleep(Duration::from_secs(3)).await;
    let before = cpu_time_exact(screen.pid())?;
    sleep(IDLE).await;
    let spent = cpu_time_exact(screen.pid())?.saturating_sub(before);
    let ms_each = spent.as_secs_f64() * 1e3 / IDLE.as_secs_f64();
    report.add(
        "k",
        "CPU of a second in which nothing happens, ms",
        ms_each,
        Goal::AtMost(1.0),
    );
    drop(screen);
    Ok(())
}

/// From the start of the process to its first whole screen, its server not being there.
fn starts() -> Result<[(&'static str, f64, Goal); 2]> {
    let folder = super::folder_beside_program()?;
    let profile = Profile::open(folder.path())?;
    // Nobody listens there.
    let fingerprint = snug_client::Fingerprint::of_certificate(b"nobody");
    let link = snug_client::Link::new("127.0.0.1", 9, fingerprint)?;
    remember(&profile, link, ME, Some(&Secret::from("none")))?;
    drop(profile);
    let mut took = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let mut screen = OnTerminal::start(folder.path())?;
        screen.shows("Ctrl-K")?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let ms = |at: usize| {
        took.get(at)
            .map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
    };
    Ok([
        (
            "from the start to the first screen, without the network: p50, ms",
            ms(STARTS / 2),
            Goal::AtMost(50.0),
        ),
        ("the slowest, ms", ms(STARTS - 1), Goal::None),
    ])
}
