//! A hostile server, and any keys, as the terminal's screens see them.

use std::collections::VecDeque;

use ratatui_core::{buffer::Buffer, layout::Rect};
use snug_proto::{
    AccountId, Answer, ErrorCode, Refusal, RequestKind, Response, Role, Timestamp,
    line::{ServerLine, decode_server_line},
};
use snug_screen::{
    Effect, FirstNews, Hole, Input, Link, Mouse, MouseKind, Screen, ServerId, Settings, Size, Tag,
    draw::text::width, keys,
};

const HOME: ServerId = ServerId(1);
const ME: AccountId = AccountId::from_bytes([1; 16]);
const NOW: u64 = 1_795_200_060_000;
/// More questions than these wait for no answer.
const MAX_ASKED: usize = 200;
/// A cell holds one character and the marks on it.
const MAX_CELL_CHARS: usize = 13;

/// Each line is, by its first byte, an event (`!`), the `ok` of the oldest question (`=`), its refusal (`-`), a
/// list of rooms to sign in with (`l`), keys (`k`), what is pasted (`p`), or another thing that happens.
/// Nothing panics; nothing that is drawn, and nothing that is done outside, steers the terminal.
pub fn check(data: &[u8]) {
    let mut run = Run::new();
    for line in data.split(|byte| *byte == b'\n').take(60) {
        if let Some((first, rest)) = line.split_first()
            && run.happens(*first, rest)
        {
            run.draw();
        }
    }
}

struct Run {
    screen: Screen,
    size: Size,
    now: u64,
    asked: VecDeque<(Tag, RequestKind)>,
}

impl Run {
    fn new() -> Self {
        let size = Size {
            width: 80,
            height: 24,
        };
        let mut run = Self {
            screen: Screen::new(Settings::default(), size, Timestamp::from_ms(NOW)),
            size,
            now: NOW,
            asked: VecDeque::new(),
        };
        run.input(Input::Server(HOME, "home".to_owned()));
        run
    }

    fn happens(&mut self, first: u8, rest: &[u8]) -> bool {
        let text = || String::from_utf8_lossy(rest).into_owned();
        let number = |at: usize| rest.get(at).copied().map_or(0, u16::from);
        let input = match first {
            b'!' => match decode_server_line(rest) {
                Ok(ServerLine::Event(event)) => Input::Event(HOME, Box::new(event)),
                _ => return false,
            },
            b'=' | b'-' => match self.asked.pop_front() {
                Some((tag, kind)) => {
                    let answer = (first == b'=').then(|| answer(kind, &text()));
                    let answer = answer.flatten().unwrap_or_else(|| Err(refusal(rest)));
                    Input::Answer(HOME, tag, Box::new(answer))
                }
                None => return false,
            },
            b'd' => match self.asked.front() {
                Some((tag, _)) => Input::Delayed(HOME, *tag, refusal(rest)),
                None => return false,
            },
            b'l' => match answer(RequestKind::Rooms, &text()) {
                Some(Ok(Response::RoomList(list))) => Input::Link(
                    HOME,
                    Link::SignedIn {
                        account: ME,
                        name: "ann".to_owned(),
                        role: Role::Owner,
                        rooms: list.rooms,
                    },
                ),
                _ => return false,
            },
            b'k' => {
                for key in keys(&text()).into_iter().take(40) {
                    self.input(Input::Key(key));
                }
                return true;
            }
            b'p' => Input::Paste(text()),
            b'm' => Input::Mouse(Mouse {
                kind: [MouseKind::Press, MouseKind::ScrollUp, MouseKind::ScrollDown]
                    [usize::from(number(0) % 3)],
                column: number(1),
                row: number(2),
            }),
            b'z' => {
                self.size = Size {
                    width: number(0).clamp(1, 140),
                    height: number(1).clamp(1, 50),
                };
                Input::Resize(self.size)
            }
            b't' => {
                self.now += u64::from(number(0)) * 1000;
                Input::Tick
            }
            b'o' => Input::Link(HOME, Link::Offline { why: text() }),
            b'r' => Input::Link(
                HOME,
                Link::Retrying {
                    at: Timestamp::from_ms(self.now + 4000),
                    why: text(),
                },
            ),
            b's' => Input::Said(HOME, None, vec![text()]),
            b'a' => Input::Address(HOME, text()),
            b'n' => Input::First(FirstNews::Found(vec![(text(), text())])),
            b'h' => match self.screen.state().here {
                Some(here) => {
                    let hole = Hole {
                        room: here.room,
                        after: u64::from(number(0)),
                        to: u64::from(number(1)),
                        readable: number(2) % 2 == 0,
                    };
                    Input::Hole(HOME, hole)
                }
                None => return false,
            },
            _ => return false,
        };
        self.input(input);
        true
    }

    fn input(&mut self, input: Input) {
        for effect in self.screen.input(Timestamp::from_ms(self.now), input) {
            match effect {
                Effect::Ask { tag, request, .. } | Effect::Submit { tag, request, .. }
                    if self.asked.len() < MAX_ASKED =>
                {
                    self.asked.push_back((tag, request.kind()));
                }
                Effect::Notify { title, body } => {
                    assert!(!title.chars().chain(body.chars()).any(steers));
                }
                Effect::Title(title) => assert!(!title.chars().any(steers), "{title:?}"),
                Effect::Open(address) => {
                    assert!(address.starts_with("https://") || address.starts_with("http://"));
                    assert!(!address.chars().any(|c| steers(c) || c.is_whitespace()));
                }
                _ => {}
            }
        }
    }

    fn draw(&self) {
        let area = Rect {
            x: 0,
            y: 0,
            width: self.size.width,
            height: self.size.height,
        };
        let mut buffer = Buffer::empty(area);
        let cursor = self.screen.draw(area, &mut buffer);
        assert!(cursor.is_none_or(|cursor| area.contains(cursor)));
        for (at, cell) in buffer.content().iter().enumerate() {
            let symbol = cell.symbol();
            for reached in 1..width(symbol) {
                assert_eq!(
                    buffer.content()[at + reached].symbol(),
                    " ",
                    "{symbol:?} at {at}"
                );
            }
            assert!(symbol.chars().count() <= MAX_CELL_CHARS, "{symbol:?}");
            assert!(!symbol.chars().any(steers), "{symbol:?}");
        }
    }
}

/// Does it steer a terminal, or turn or hide what stands beside it?
fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn answer(kind: RequestKind, ok: &str) -> Option<Answer> {
    Response::parse(kind, ok).ok().map(Ok)
}

fn refusal(line: &[u8]) -> Refusal {
    let (first, text) = line.split_first().unwrap_or((&0, &[]));
    let code = ErrorCode::ALL[usize::from(*first) % ErrorCode::ALL.len()];
    Refusal::with_text(code, String::from_utf8_lossy(text).into_owned())
}
