//! Whatever the fields hold, what is written is one line that reads as it was.

use proptest::{collection::btree_map, option, prelude::*};
use snug_proto::{
    Access, AccountId, Author, Blob, CreateRoom, Cursor, Edited, Event, Follow, HistoryPolicy,
    LogId, Message, Page, PersonRef, Place, Read, Register, Request, RequestKind, Response, RoomId,
    RoomRef, Secret, Send, SignInStart, Timestamp,
    line::{
        ServerLine, decode_request, decode_server_line, encode_answer, encode_event, encode_request,
    },
};

/// Any text, with what JSON escapes and what it may not hold raw among it.
fn text() -> impl Strategy<Value = String> {
    "(\\PC|[\\x00-\\x1f\\x7f-\\x9f\"\\\\/\u{2028}\u{feff}\u{10ffff}]){0,40}"
}

fn secret() -> impl Strategy<Value = Secret> {
    text().prop_map(Secret::from)
}

fn at() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_ms)
}

fn log() -> impl Strategy<Value = LogId> {
    any::<[u8; 16]>().prop_map(LogId::from_bytes)
}

fn room_id() -> impl Strategy<Value = RoomId> {
    any::<[u8; 16]>().prop_map(RoomId::from_bytes)
}

fn room() -> impl Strategy<Value = RoomRef> {
    prop_oneof![
        text().prop_map(|name| RoomRef::from(&*name)),
        room_id().prop_map(RoomRef::Id),
        text().prop_map(|name| RoomRef::Direct(PersonRef::from(&*name))),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let key = || option::of(text());
    let send = (
        option::of(room()),
        option::of(text()),
        text(),
        option::of(any::<u64>()),
        key(),
    )
        .prop_map(|(room, to, body, reply_to, key)| {
            let to = to.map(|to| PersonRef::from(&*to));
            Request::from(Send {
                manner: None,
                room,
                to,
                body,
                reply_to,
                key,
            })
        });
    let register = (text(), secret(), option::of(secret())).prop_map(|(name, password, code)| {
        Request::from(Register {
            name,
            password,
            code,
        })
    });
    let start = (text(), any::<Vec<u8>>()).prop_map(|(name, opaque)| {
        let opaque = Blob(opaque);
        Request::from(SignInStart {
            name,
            opaque,
            device: None,
            code: None,
        })
    });
    let cursor = (log(), any::<u64>()).prop_map(|(log, seq)| Cursor { log, seq });
    let follow =
        btree_map(room_id(), cursor, 0..20).prop_map(|cursors| Request::from(Follow { cursors }));
    let number = || option::of(any::<u64>());
    let limit = option::of(any::<u32>());
    let read = (
        room(),
        number(),
        number(),
        option::of(at()),
        limit,
        option::of(log()),
    )
        .prop_map(|(room, after, before, since, limit, log)| {
            Request::from(Read {
                room,
                after,
                before,
                since,
                limit,
                log,
            })
        });
    let history = prop_oneof![Just(HistoryPolicy::All), Just(HistoryPolicy::SinceJoining)];
    let access = prop_oneof![
        Just(Access::Open),
        Just(Access::Password),
        Just(Access::Invitation)
    ];
    let create = (
        text(),
        option::of(secret()),
        option::of(access),
        any::<bool>(),
        option::of(history),
        key(),
    )
        .prop_map(|(room, password, access, hidden, history, key)| {
            Request::from(CreateRoom {
                room,
                password,
                access,
                hidden,
                retention: None,
                history,
                key,
            })
        });
    prop_oneof![send, register, start, follow, read, create]
}

fn event() -> impl Strategy<Value = Event> {
    let place = (text(), room_id(), any::<u64>(), at(), any::<bool>());
    let author = (text(), any::<[u8; 16]>(), option::of(text()));
    let what = (option::of(any::<u64>()), text(), any::<bool>());
    (place, author, what).prop_map(|(place, author, (of, body, deleted))| {
        let (room, room_id, seq, at, direct) = place;
        let place = Place {
            room,
            room_id,
            seq,
            at,
            direct,
        };
        let (from, from_id, from_display) = author;
        let author = Author {
            from,
            from_id: AccountId::from_bytes(from_id),
            from_display,
            from_worn: None,
            bot: false,
            from_guest: false,
        };
        match of {
            None => Event::Message(Message {
                manner: None,
                place,
                author,
                body,
                deleted,
                reply_to: None,
                quote: None,
                mentions: Vec::new(),
            }),
            Some(of) => Event::Edited(Edited {
                place,
                author,
                of,
                body,
                deleted,
            }),
        }
    })
}

fn is_one_line(line: &[u8]) -> bool {
    line.iter().position(|byte| *byte == b'\n') == Some(line.len() - 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_request_reads_as_it_was_written(id in any::<u64>(), request in request()) {
        let line = encode_request(id, &request);
        prop_assert!(is_one_line(&line));
        prop_assert_eq!(decode_request(line.trim_ascii_end()), Ok((id, request)));
    }

    #[test]
    fn an_event_reads_as_it_was_written(event in event()) {
        let line = encode_event(&event);
        prop_assert!(is_one_line(&line));
        let read = decode_server_line(&line).unwrap();
        prop_assert!(matches!(read, ServerLine::Event(again) if again == event));
    }

    #[test]
    fn a_page_of_events_reads_as_it_was_written(
        re in any::<u64>(),
        events in proptest::collection::vec(event(), 0..5),
        log in log(),
        (first, seq, more) in any::<(u64, u64, bool)>(),
    ) {
        let page = Response::from(Page { events, first, seq, log, more });
        let line = encode_answer(Some(re), &Ok(page.clone()));
        prop_assert!(is_one_line(&line));
        let ServerLine::Answer { re: Some(read_re), answer: Ok(ok) } = decode_server_line(&line).unwrap() else {
            panic!("an answer")
        };
        prop_assert_eq!(read_re, re);
        prop_assert_eq!(Response::parse(RequestKind::Read, &ok).unwrap(), page);
    }

    #[test]
    fn bytes_at_random_are_refused_and_nothing_worse(bytes in any::<Vec<u8>>(), text in ".{0,60}") {
        prop_assert!(decode_request(&bytes).is_err());
        prop_assert!(decode_server_line(&bytes).is_err());
        let line = format!("{{\"id\":1,\"do\":\"ping\",{text}");
        let _either_way = (decode_request(line.as_bytes()), decode_server_line(line.as_bytes()));
    }
}
