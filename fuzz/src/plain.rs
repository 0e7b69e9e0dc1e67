//! A hostile server, as plain mode shows it: events, answers to every command, reasons.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use snug_client::{Passed, Update};
use snug_proto::{
    AccountId, Answer, ErrorCode, Refusal, RequestKind, Response, Role, RoomId,
    line::{ServerLine, decode_server_line},
};
use snug_tui::Rehearsal;

const ME: AccountId = AccountId::from_bytes([1; 16]);
/// A command asks no more often than this, whatever it is answered.
const MAX_ASKED: usize = 300;

/// Each line is, by its first byte, an event (`!`), a list of rooms to come in with (`l`), who is here (`w`),
/// a page of the past (`h`), the reason of a lost connection (`o`), events that are not shown (`g`), or what is
/// typed, which the lines after it answer (`=` an `ok`, `-` a refusal; the last of them again and again).
/// Nothing panics; no line holds what steers a terminal; no command asks without end.
pub fn check(data: &[u8]) {
    let mut rehearsal = Rehearsal::new(ME, "ann");
    let mut lines = data.split(|byte| *byte == b'\n').take(100).peekable();
    while let Some(line) = lines.next() {
        let Some((first, rest)) = line.split_first() else {
            continue;
        };
        let text = String::from_utf8_lossy(rest).into_owned();
        let printed = match first {
            b'!' => match decode_server_line(rest) {
                Ok(ServerLine::Event(event)) => rehearsal.update(&Update::Event(event)),
                _ => continue,
            },
            b'l' => match Response::parse(RequestKind::Rooms, &text) {
                Ok(Response::RoomList(list)) => {
                    list.rooms.iter().for_each(|entry| rehearsal.know(entry));
                    rehearsal.update(&Update::Online {
                        account: ME,
                        name: "ann".to_owned(),
                        role: Role::Owner,
                        rooms: list.rooms,
                    })
                }
                _ => continue,
            },
            b'w' => match Response::parse(RequestKind::Who, &text) {
                Ok(Response::People(people)) => rehearsal.begin_with(&people),
                _ => continue,
            },
            b'h' => match Response::parse(RequestKind::Read, &text) {
                Ok(Response::Page(page)) => rehearsal.past(&page.events),
                _ => continue,
            },
            b'o' => rehearsal.update(&Update::Offline {
                why: text,
                retry_in: Duration::from_secs(4),
            }),
            b'g' => rehearsal.update(&Update::Passed {
                room_id: RoomId::from_bytes([2; 16]),
                room: text,
                after: rest.len() as u64,
                to: u64::MAX,
                why: [Passed::Gone, Passed::Unknown, Passed::Skipped][rest.len() % 3],
            }),
            b'/' => {
                let mut answers = VecDeque::new();
                while let Some(answer) =
                    lines.next_if(|line| line.starts_with(b"=") || line.starts_with(b"-"))
                {
                    answers.push_back(String::from_utf8_lossy(answer).into_owned());
                }
                typed(&mut rehearsal, &String::from_utf8_lossy(line), answers)
            }
            _ => continue,
        };
        for line in printed {
            // The bell for a mention is ours.
            assert!(!line.chars().any(steers), "{line:?}");
        }
    }
}

fn typed(rehearsal: &mut Rehearsal, line: &str, mut answers: VecDeque<String>) -> Vec<String> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let printed = rehearsal.typed(line, move |kind| {
        if count.fetch_add(1, Ordering::Relaxed) > MAX_ASKED {
            return Err(ErrorCode::Internal.into());
        }
        let answer = match answers.len() {
            0 => return Err(ErrorCode::Internal.into()),
            1 => answers.front().cloned(),
            _ => answers.pop_front(),
        };
        read(kind, &answer.unwrap_or_default())
    });
    let asked = asked.load(Ordering::Relaxed);
    assert!(asked <= MAX_ASKED, "{line:?} asked {asked} times");
    printed
}

fn read(kind: RequestKind, answer: &str) -> Answer {
    if let Some(ok) = answer.strip_prefix('=') {
        return Response::parse(kind, ok).map_err(|_| ErrorCode::Internal.into());
    }
    let code = ErrorCode::ALL[answer.len() % ErrorCode::ALL.len()];
    Err(Refusal::with_text(code, answer))
}

/// Does it steer a terminal, or turn or hide what stands beside it?
fn steers(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
