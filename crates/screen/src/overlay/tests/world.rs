//! A screen with two servers, some rooms and people, and a server that answers from memory.

use ratatui_core::{buffer::Buffer, layout::Rect};
use serde_json::{Value, json};
use snug_proto::{AccountId, Event, Request, Response, Role, RoomEntry, RoomId, Timestamp};

use crate::{
    Action, CommandInfo, Effect, Input, Link, Screen, ServerId, Settings, Size, Tag, keys, overlay,
};

pub(super) const HOME: ServerId = ServerId(1);
const SCHOOL: ServerId = ServerId(2);

const COMMANDS: &[CommandInfo] = &[
    CommandInfo {
        name: "ban",
        usage: "/ban NAME [--in ROOM] [--for TIME] [--why TEXT]",
        help: "Takes somebody out of this room and keeps them out, for a time like 2d or until /unban. \
               They are told who, how long and why.",
    },
    CommandInfo {
        name: "friends",
        usage: "/friends",
        help: "Lists your friends and who of them is here, who asks you, and whom you asked.",
    },
    CommandInfo {
        name: "invite",
        usage: "/invite [--for TIME]|NAME [ROOM]",
        help: "Makes one line to give to a friend. Whoever pastes it into a shell can register.",
    },
];

pub(super) struct World {
    pub(super) screen: Screen,
    size: Size,
    name: String,
    asked: Vec<(ServerId, Tag, Request)>,
    /// What the screen wanted done, its questions apart.
    pub(super) effects: Vec<Effect>,
}

pub(super) fn now() -> Timestamp {
    "2026-11-20T19:44:00Z".parse().unwrap()
}

pub(super) fn room_id(number: u8) -> RoomId {
    RoomId::from_bytes([number; 16])
}

pub(super) fn account(number: u8) -> AccountId {
    AccountId::from_bytes([number; 16])
}

fn session(number: u8) -> snug_proto::SessionId {
    snug_proto::SessionId::from_bytes([number; 16])
}

fn entry(number: u8, name: &str, more: &Value) -> RoomEntry {
    let mut entry = json!({
        "room": name, "room_id": room_id(number).to_string(), "member": true, "history": "all",
        "log": "l:aaaaaaaaaaaaaaaaaaaaaaaaaa", "seq": 3, "read": 3, "unread": 0,
    });
    entry
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    serde_json::from_value(entry).unwrap()
}

impl World {
    pub(super) fn new(width: u16, height: u16) -> Self {
        Self::named(width, height, "ben")
    }

    /// With somebody and a room of this name.
    pub(super) fn named(width: u16, height: u16, name: &str) -> Self {
        let size = Size { width, height };
        let settings = Settings {
            commands: COMMANDS.into(),
            theme: crate::Theme::no_colour(),
            ..Settings::default()
        };
        let mut world = Self {
            screen: Screen::new(settings, size, now()),
            size,
            name: name.to_owned(),
            asked: Vec::new(),
            effects: Vec::new(),
        };
        let link = "snug://chat.example.org:7667/#K7QD3MZP";
        world.input(Input::Server(HOME, "home".to_owned()));
        world.input(Input::Address(HOME, link.to_owned()));
        world.input(Input::Server(SCHOOL, "school".to_owned()));
        let rooms = vec![
            entry(1, "lobby", &json!({"last_at": "2026-11-19T10:00:00Z"})),
            entry(
                2,
                "den",
                &json!({"topic": "Where we plan the trip", "role": "founder",
                "last_at": "2026-11-20T19:43:00Z"}),
            ),
            entry(
                3,
                "garden",
                &json!({"last_at": "2026-11-18T10:00:00Z", "unread": 14}),
            ),
            entry(
                4,
                &format!("@{name}"),
                &json!({"direct": true, "unread": 1,
                "last_at": "2026-11-20T12:00:00Z"}),
            ),
        ];
        world.signed_in(HOME, rooms);
        world.signed_in(SCHOOL, vec![entry(9, "lobby", &json!({}))]);
        world.input(Input::GoTo(HOME, room_id(2)));
        world.answer_all();
        for (seq, body) in [
            (4, "Did you ask the neighbours?"),
            (5, "See https://example.org/map"),
        ] {
            let message = json!({
                "ev": "message", "room": "den", "room_id": room_id(2).to_string(), "seq": seq,
                "at": "2026-11-20T19:43:00Z", "from": name, "from_id": account(2).to_string(), "body": body,
            });
            let event: Event = serde_json::from_value(message).unwrap();
            world.input(Input::Event(HOME, Box::new(event)));
        }
        world.effects.clear();
        world
    }

    fn signed_in(&mut self, server: ServerId, rooms: Vec<RoomEntry>) {
        let link = Link::SignedIn {
            account: account(1),
            name: "olga".to_owned(),
            role: Role::Owner,
            rooms,
        };
        self.input(Input::Link(server, link));
    }

    pub(super) fn input(&mut self, input: Input) {
        for effect in self.screen.input(now(), input) {
            match effect {
                Effect::Ask {
                    server,
                    tag,
                    request,
                }
                | Effect::Submit {
                    server,
                    tag,
                    request,
                } => {
                    self.asked.push((server, tag, *request));
                }
                other => self.effects.push(other),
            }
        }
    }

    /// Somebody, oneself, reacts to the newest message.
    pub(super) fn react(&mut self, emoji: &str) {
        let reacted = json!({
            "ev": "reacted", "room": "den", "room_id": room_id(2).to_string(), "seq": 6, "of": 5,
            "at": "2026-11-20T19:43:30Z", "from": "olga", "from_id": account(1).to_string(), "emoji": emoji,
        });
        let event: Event = serde_json::from_value(reacted).unwrap();
        self.input(Input::Event(HOME, Box::new(event)));
    }

    pub(super) fn press(&mut self, text: &str) {
        for key in keys(text) {
            self.input(Input::Key(key));
        }
    }

    pub(super) fn type_in(&mut self, text: &str) {
        self.press(text);
    }

    pub(super) fn open(&mut self, action: Action) {
        if let Some(overlay) = overlay::open(action, self.screen.state()) {
            self.screen.lay_over(overlay);
            self.input(Input::Tick);
        }
    }

    /// What was asked and not answered yet, read markers apart.
    pub(super) fn requests(&self) -> Vec<&Request> {
        let asked = self.asked.iter().map(|(_, _, request)| request);
        asked
            .filter(|request| !matches!(request, Request::Mark(_)))
            .collect()
    }

    pub(super) fn answer_all(&mut self) {
        for _ in 0..20 {
            let asked = std::mem::take(&mut self.asked);
            if asked.is_empty() {
                return;
            }
            for (server, tag, request) in asked {
                let answer = self.answer(&request);
                self.input(Input::Answer(server, tag, Box::new(answer)));
            }
        }
    }

    fn answer(&self, request: &Request) -> snug_proto::Answer {
        let name = &self.name;
        let person = |number: u8, name: &str, more: Value| {
            let mut person = json!({"name": name, "account": account(number).to_string(),
                "online": true, "role": "member"});
            person
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            person
        };
        let ok = match request {
            Request::Who(_) => json!({"online": 3, "more": false, "people": [
                person(1, "olga", json!({"founder": true})),
                person(2, name, json!({"admin": true, "display": "Ben of the workshop"})),
                person(3, "cem", json!({"away": "back on Monday"})),
                person(4, "dana", json!({"online": false})),
            ]}),
            Request::Read(_) => {
                json!({"events": [], "log": "l:aaaaaaaaaaaaaaaaaaaaaaaaaa", "first": 1, "seq": 3, "more": false})
            }
            Request::Friends(_) => json!({"more": false, "friends": [
                {"name": name, "account": account(2).to_string(), "state": "friends", "online": true, "since": now()},
                {"name": "cem", "account": account(3).to_string(), "state": "asks", "since": now()},
                {"name": "dana", "account": account(4).to_string(), "state": "asked", "since": now()},
            ]}),
            Request::Blocks(_) => json!({"more": false, "blocks": [
                {"name": "mallory", "account": account(5).to_string(), "since": now()},
            ]}),
            Request::Rooms(_) => json!({"more": false, "rooms": [
                entry(1, "lobby", &json!({})),
                entry(2, "den", &json!({"topic": "Where we plan the trip", "members": 12})),
                entry(7, "attic", &json!({"member": false, "password": true, "members": 3})),
                entry(8, name, &json!({"member": false, "members": 5})),
                entry(10, "vault", &json!({"member": false, "invitation": true})),
            ]}),
            Request::AboutRoom(_) => {
                let about = entry(
                    2,
                    "den",
                    &json!({"topic": "Where we plan the trip", "slow_mode_ms": 10_000}),
                );
                let mut about = serde_json::to_value(about).unwrap();
                about
                    .as_object_mut()
                    .unwrap()
                    .insert("founder".to_owned(), json!("olga"));
                about
            }
            Request::Server(_) => json!({"server": "home (snug 0.1)", "registration": "invite",
                "inviters": "members", "plain_passwords": true, "guests": "off"}),
            Request::Me(_) => {
                json!({"account": account(1).to_string(), "name": "olga", "role": "owner", "strangers": true})
            }
            Request::Invite(_) => {
                json!({"code": "maple-orbit-19-cedar", "expires_at": "2026-11-27T19:44:00Z"})
            }
            Request::Sessions(_) => json!({"more": false, "sessions": [
                {"session_id": session(7), "client": "snug 0.1", "created_at": now(), "seen_at": now(), "online": true, "this": true},
                {"session_id": session(8), "client": "weechat", "created_at": now(), "seen_at": now(), "online": true, "token": "weechat"},
            ]}),
            Request::Tokens(_) => json!({"tokens": [
                {"token_id": snug_proto::TokenId::from_bytes([7; 16]), "label": "weechat", "scope": "irc", "created_at": now()},
            ]}),
            Request::Report(_) => json!({"report": 7}),
            Request::NewToken(_) => {
                json!({"token_id": snug_proto::TokenId::from_bytes([7; 16]), "label": "weechat", "scope": "irc", "token": "TOKEN7"})
            }
            Request::Search(_) => json!({"more": false, "hits": [
                {"room": "den", "room_id": room_id(2).to_string(), "seq": 4, "at": "2026-11-20T19:43:00Z",
                 "from": name, "from_id": account(2).to_string(), "body": "Did you ask the neighbours?", "marks": [[16, 26]]},
                {"room": "garden", "room_id": room_id(3).to_string(), "seq": 40, "at": "2026-09-02T08:10:00Z", "edited": true,
                 "from": "cem", "from_id": account(3).to_string(),
                 "body": "A long story that goes on for quite a while before it says at its end that the neighbours came", "marks": [[79, 89]]},
            ]}),
            Request::CreateRoom(_) | Request::Join(_) => {
                serde_json::to_value(entry(6, "attic", &json!({}))).unwrap()
            }
            Request::Ban(_) => {
                let code = snug_proto::ErrorCode::Forbidden;
                return Err(snug_proto::Refusal::new(code));
            }
            _ => json!({"room": "den", "room_id": room_id(2).to_string(), "seq": 9, "at": now()}),
        };
        // What is not answered here is refused.
        let code = snug_proto::ErrorCode::Forbidden;
        Response::parse(request.kind(), &ok.to_string()).map_err(|_| snug_proto::Refusal::new(code))
    }

    /// What is on the screen.
    pub(super) fn draw(&self) -> String {
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        let mut buffer = Buffer::empty(area);
        self.screen.draw(area, &mut buffer);
        text_of(&buffer)
    }

    /// What lies over the main view, alone.
    pub(super) fn draw_overlay(&self) -> String {
        let area = Rect::new(0, 0, self.size.width, self.size.height);
        let mut buffer = Buffer::empty(area);
        self.screen.draw_overlay(area, &mut buffer);
        text_of(&buffer)
    }
}

fn text_of(buffer: &Buffer) -> String {
    let area = buffer.area;
    let mut drawn = String::new();
    for y in 0..area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < area.width {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            line.push_str(symbol);
            let wide = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            x = x.saturating_add(u16::try_from(wide).unwrap_or(1));
        }
        drawn.push_str(line.trim_end());
        drawn.push('\n');
    }
    drawn
}
