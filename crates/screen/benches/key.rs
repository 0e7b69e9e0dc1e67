//! Microseconds from a key to the drawn screen, at 120x40, in a room of 100,000 messages among a thousand
//! rooms: `cargo bench -p snug-screen`. The goal is 16 ms. The median of many keys, and what 99 of 100 stay
//! within: the machine is not ours alone.

use std::time::{Duration, Instant};

use ratatui_core::{buffer::Buffer, layout::Rect};
use snug_proto::{
    AccountId, Author, Event, HistoryPolicy, LogId, Message, Page, Place, Request, Response,
    Retention, Role, RoomEntry, RoomId, Timestamp,
};
use snug_screen::{Effect, Input, Link, Screen, ServerId, Settings, Size, keys};

const MESSAGES: u64 = 100_000;
const ROOMS: u32 = 1000;
const KEYS: usize = 500;
const HOME: ServerId = ServerId(1);
const AREA: Rect = Rect {
    x: 0,
    y: 0,
    width: 120,
    height: 40,
};
const LOG: LogId = LogId::from_bytes([9; 16]);
const NOW: u64 = 1_795_200_060_000;

fn main() {
    let begun = Instant::now();
    let mut screen = sign_in();
    let mut buffer = Buffer::empty(AREA);
    screen.draw(AREA, &mut buffer);
    println!(
        "start of {ROOMS} rooms to the first screen: {:?}",
        begun.elapsed()
    );
    for (what, key) in [
        ("a letter", "x"),
        ("a page back", "<PageUp>"),
        ("the message before", "<Alt-k>"),
        ("a page forth", "<PageDown>"),
        ("the next room", "<Ctrl-N>"),
    ] {
        let mut each: Vec<Duration> = (0..KEYS)
            .map(|_| timed(&mut screen, &mut buffer, key))
            .collect();
        each.sort();
        let nth = |at: usize| each.get(at).copied().unwrap_or_default();
        let (median, most) = (nth(KEYS / 2), nth(KEYS * 99 / 100));
        println!("{what}: median {median:?}, 99 of 100 within {most:?}");
    }
}

/// From a key, and the pages it asks for, to what is drawn.
fn timed(screen: &mut Screen, buffer: &mut Buffer, key: &str) -> Duration {
    let begun = Instant::now();
    for key in keys(key) {
        take(screen, Input::Key(key));
    }
    buffer.reset();
    screen.draw(AREA, buffer);
    begun.elapsed()
}

fn take(screen: &mut Screen, input: Input) {
    for effect in screen.input(Timestamp::from_ms(NOW), input) {
        if let Effect::Ask { tag, request, .. } = effect
            && let Request::Read(read) = *request
        {
            let to = read.before.unwrap_or(MESSAGES + 1).saturating_sub(1);
            let from = read.after.unwrap_or_else(|| to.saturating_sub(100));
            let last = read.after.map_or(to, |after| MESSAGES.min(after + 100));
            let page = Page {
                events: (from + 1..=last).map(message).collect(),
                first: 1,
                seq: MESSAGES,
                log: LOG,
                more: from > 0,
            };
            take(
                screen,
                Input::Answer(HOME, tag, Box::new(Ok(Response::Page(page)))),
            );
        }
    }
}

fn room_id(n: u32) -> RoomId {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(n.to_be_bytes()) {
        *to = from;
    }
    RoomId::from_bytes(bytes)
}

fn message(seq: u64) -> Event {
    let who = (seq % 7) as u8;
    Event::Message(Message {
        place: Place {
            room: "lobby".to_owned(),
            room_id: room_id(0),
            seq,
            at: Timestamp::from_ms(NOW - (MESSAGES - seq) * 7000),
            direct: false,
        },
        author: Author {
            from: format!("person{who}"),
            from_id: AccountId::from_bytes([who; 16]),
            from_display: None,
            from_worn: None,
            bot: false,
            from_guest: false,
        },
        body: format!(
            "message {seq}, which has some words, an emoji 👍🏽, 日本語 and https://example.org/{seq} in it"
        ),
        deleted: false,
        reply_to: None,
        quote: None,
        mentions: Vec::new(),
        manner: None,
    })
}

fn sign_in() -> Screen {
    let size = Size {
        width: AREA.width,
        height: AREA.height,
    };
    let mut screen = Screen::new(Settings::default(), size, Timestamp::from_ms(NOW));
    take(&mut screen, Input::Server(HOME, "home".to_owned()));
    let link = Link::SignedIn {
        account: AccountId::from_bytes([1; 16]),
        name: "person1".to_owned(),
        role: Role::Member,
        rooms: (0..ROOMS).map(entry).collect(),
    };
    take(&mut screen, Input::Link(HOME, link));
    screen
}

fn entry(n: u32) -> RoomEntry {
    let room = if n == 0 {
        "lobby".to_owned()
    } else {
        format!("room{n}")
    };
    RoomEntry {
        room,
        room_id: room_id(n),
        member: true,
        direct: false,
        worn: None,
        password: false,
        invitation: false,
        hidden: false,
        retention: Retention::Forever,
        archived: false,
        invited: false,
        admitted: false,
        role: None,
        topic: Some("What this is about".to_owned()),
        slow_mode_ms: None,
        moderated: false,
        open_topic: false,
        outside: false,
        quiet_guests: false,
        quiet_machines: false,
        limit: None,
        created_at: None,
        topic_at: None,
        history: HistoryPolicy::All,
        members: Some(100),
        log: Some(LOG),
        seq: Some(MESSAGES),
        last_at: None,
        read: Some(MESSAGES),
        unread: Some(u64::from(n % 3)),
        mentions: 0,
    }
}
