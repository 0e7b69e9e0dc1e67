//! Nanoseconds per line of the native wire, for the lines that make up nearly all traffic:
//! `cargo bench -p snug-proto`. The median of many short rounds, so that a busy machine matters little.

use std::{hint::black_box, time::Instant};

use snug_proto::{
    AccountId, Author, Event, LogId, Message, Place, RoomId, Sent, Timestamp,
    line::{decode_request, decode_server_line, encode_answer, encode_event, encode_request},
};

const ROUNDS: usize = 301;
const CALLS_PER_ROUND: u32 = 2_000;

fn main() {
    let send = br#"{"id":4711,"do":"send","room":"r:aqcambibaqcambibaqcambibae","body":"Nobody has these together, as far as I know.","key":"5f1c09d2a7"}"#;
    measure("decode_request(send)", || {
        decode_request(black_box(send)).is_ok()
    });
    let (id, request) = match decode_request(send) {
        Ok(read) => read,
        Err(bad) => return println!("{}", bad.refusal),
    };
    measure("encode_request(send)", || {
        encode_request(id, black_box(&request))
    });

    let room_id = RoomId::from_bytes([2; 16]);
    let at = Timestamp::from_ms(1_795_203_667_118);
    let message = Event::Message(Message {
        manner: None,
        place: Place {
            room: "lobby".to_owned(),
            room_id,
            seq: 123_456,
            at,
            direct: false,
        },
        author: Author {
            from: "ann".to_owned(),
            from_id: AccountId::from_bytes([1; 16]),
            from_display: None,
            from_worn: None,
            bot: false,
            from_guest: false,
        },
        body: "Nobody has these together, as far as I know.".to_owned(),
        deleted: false,
        reply_to: None,
        quote: None,
        mentions: Vec::new(),
    });
    measure("encode_event(message)", || {
        encode_event(black_box(&message))
    });
    let line = encode_event(&message);
    measure("decode_server_line(message)", || {
        decode_server_line(black_box(&line)).is_ok()
    });

    let answer = Ok(Sent {
        room: "lobby".to_owned(),
        room_id,
        seq: 123_456,
        at,
        away: None,
    }
    .into());
    measure("encode_answer(sent)", || {
        encode_answer(Some(id), black_box(&answer))
    });
    let line = encode_answer(Some(id), &answer);
    measure("decode_server_line(sent)", || {
        decode_server_line(black_box(&line)).is_ok()
    });
    measure("LogId::to_string", || {
        LogId::from_bytes(black_box([3; 16])).to_string()
    });
    measure("Timestamp::to_string", || black_box(at).to_string());
}

fn measure<T>(what: &str, call: impl Fn() -> T) {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..CALLS_PER_ROUND {
                black_box(call());
            }
            start.elapsed().as_nanos() / u128::from(CALLS_PER_ROUND)
        })
        .collect();
    rounds.sort_unstable();
    let median = rounds.get(ROUNDS / 2).copied().unwrap_or_default();
    let least = rounds.first().copied().unwrap_or_default();
    println!("{what:30} {median:6} ns, at best {least:6} ns");
}
