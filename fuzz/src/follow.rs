//! A hostile server, as the client's follower of rooms sees it.

use std::collections::BTreeMap;

use snug_client::follow::{Fill, Follower, Step};
use snug_proto::{
    AccountId, ErrorCode, Event, Page, RequestKind, Response, RoomId,
    line::{ServerLine, decode_server_line},
};

const ME: AccountId = AccountId::from_bytes([1; 16]);
/// So many pages are asked for at most: a server that answers nothing is asked no more.
const MAX_FILLS: usize = 400;

/// Each line is, by its first byte, an event (`!`), the answer to the oldest page asked for (`=`) or its
/// refusal (`-`), a list of rooms (`l`), a connection lost and come again (`s`), or the end of catching up
/// (`f`). Nothing panics; each event of a room is shown once and in order, what is passed over begins where
/// that stopped, and the cursors say what was shown.
pub fn check(data: &[u8]) {
    let mut follower = Follower::new(20);
    let mut model = Model::default();
    follower.signed_in(ME);
    for line in data.split(|byte| *byte == b'\n').take(200) {
        let Some((first, rest)) = line.split_first() else {
            continue;
        };
        let steps = match first {
            b'!' => match decode_server_line(rest) {
                Ok(ServerLine::Event(event)) => follower.event(event),
                _ => continue,
            },
            b'=' | b'-' => match model.fills.pop() {
                Some(fill) => {
                    let page = page(rest).filter(|_| *first == b'=');
                    follower.page(&fill, page.ok_or_else(|| refusal(rest).into()))
                }
                None => continue,
            },
            b'l' => match answer(RequestKind::Rooms, rest) {
                Some(Response::RoomList(list)) => {
                    for entry in &list.rooms {
                        // Where one had left, the list says anew how far one is.
                        model.left(entry.room_id);
                    }
                    follower.list(&list.rooms)
                }
                _ => continue,
            },
            b's' => {
                follower.signed_in(ME);
                model.fills.clear();
                continue;
            }
            b'f' => {
                let asked: usize = follower.follow().iter().map(|it| it.cursors.len()).sum();
                assert_eq!(asked, follower.cursors().len());
                // What was not listed again is forgotten.
                let known = |room: &RoomId| follower.cursor_at(*room, 0).is_some();
                model.shown.retain(|room, _| known(room));
                follower.followed()
            }
            _ => continue,
        };
        model.take(steps);
        for (room, cursor) in follower.cursors() {
            if let Some(shown) = model.shown.get(&room) {
                assert_eq!(cursor.seq, *shown, "a cursor is what was shown");
            }
            let kept = follower.cursor_at(room, 7).expect("its log is known");
            assert_eq!((kept.log, kept.seq), (cursor.log, 7));
        }
    }
}

#[derive(Default)]
struct Model {
    /// How far each room was shown, where that is known.
    shown: BTreeMap<RoomId, u64>,
    /// The pages that are asked for; the newest is answered first.
    fills: Vec<Fill>,
}

impl Model {
    fn left(&mut self, room: RoomId) {
        self.shown.remove(&room);
    }

    fn take(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Show(event) => self.show(&event),
                Step::Passed {
                    room_id, after, to, ..
                } => {
                    assert!(after < to, "{after} to {to}");
                    let before = self.shown.insert(room_id, to);
                    assert!(before.is_none_or(|before| before == after));
                }
                Step::Restarted { room_id, .. } => self.left(room_id),
                Step::Fill(fill) => {
                    let shown = self.shown.get(&fill.room_id);
                    // More, where one asks anew for a page after something behind it was passed over.
                    assert!(shown.is_none_or(|shown| *shown >= fill.after));
                    assert_eq!(fill.request().after, Some(fill.after));
                    self.fills.push(fill);
                    assert!(self.fills.len() < MAX_FILLS, "it asks and asks");
                }
            }
        }
    }

    fn show(&mut self, event: &Event) {
        let Some(place) = event.place() else { return };
        if matches!(event, Event::RoomAdded(_)) {
            return;
        }
        let before = self.shown.insert(place.room_id, place.seq);
        assert!(
            before.is_none_or(|before| before + 1 == place.seq),
            "{event:?}"
        );
        if event.ends_membership() == Some(ME) {
            self.left(place.room_id);
        }
    }
}

fn page(ok: &[u8]) -> Option<Page> {
    match answer(RequestKind::Read, ok)? {
        Response::Page(page) => Some(page),
        _ => None,
    }
}

fn answer(kind: RequestKind, ok: &[u8]) -> Option<Response> {
    Response::parse(kind, std::str::from_utf8(ok).ok()?).ok()
}

fn refusal(line: &[u8]) -> ErrorCode {
    let index = line.first().map_or(0, |byte| usize::from(*byte));
    ErrorCode::ALL[index % ErrorCode::ALL.len()]
}
