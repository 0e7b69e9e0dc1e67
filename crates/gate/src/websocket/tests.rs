//! WebSocket handshakes and messages, byte by byte.

use tungstenite::protocol::frame::{Frame, coding::Data};

use super::*;

/// RFC 6455 §1.3's key, with these lines more.
fn request(more: &str) -> Vec<u8> {
    format!(
        "GET /irc HTTP/1.1\r\nHost: snug.test\r\nUpgrade: websocket\r\nConnection: keep-alive, \
         Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
         {more}\r\n"
    )
    .into_bytes()
}

fn accepted(bytes: &[u8]) -> (Accepted, String) {
    let Handshake::Accepted(accepted) = shake_hands(bytes) else {
        panic!("it is not granted");
    };
    let answer = String::from_utf8(accepted.answer.clone()).unwrap();
    (accepted, answer.to_ascii_lowercase())
}

/// A client and a server that have shaken hands.
fn pair(form: &str) -> (WebSocket, WebSocketContext, Pipe) {
    let line = format!("Sec-WebSocket-Protocol: {form}\r\n");
    let (accepted, _) = accepted(&request(&line));
    let client = WebSocketContext::new(Role::Client, None);
    (*accepted.socket, client, Pipe::default())
}

#[test]
fn a_handshake_is_granted_with_the_key_of_the_specification_and_says_from_which_page_it_comes() {
    for origin in ["", "Origin: https://elsewhere.example\r\n"] {
        let bytes = request(origin);
        let (accepted, answer) = accepted(&[&bytes[..], b"rest"].concat());
        assert_eq!(accepted.used, bytes.len());
        assert_eq!(accepted.foreign.is_some(), !origin.is_empty());
        assert!(answer.starts_with("http/1.1 101 "), "{answer}");
        assert!(
            accepted
                .answer
                .windows(28)
                .any(|at| at == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "RFC 6455 §1.3"
        );
        assert!(!answer.contains(SUBPROTOCOLS) && !accepted.irc);
    }
}

#[test]
fn the_clients_order_of_subprotocols_decides() {
    for (offered, agreed, form) in [
        ("text.ircv3.net", "text.ircv3.net", Form::Text),
        (
            "x, binary.ircv3.net , text.ircv3.net",
            "binary.ircv3.net",
            Form::Binary,
        ),
    ] {
        let line = format!("Sec-WebSocket-Protocol: {offered}\r\n");
        let (accepted, answer) = accepted(&request(&line));
        assert!(
            answer.contains(&format!("{SUBPROTOCOLS}: {agreed}\r\n")),
            "{answer}"
        );
        assert_eq!((accepted.irc, accepted.socket.form), (true, form));
    }
    let (accepted, answer) = accepted(&request("Sec-WebSocket-Protocol: chat\r\n"));
    assert!(!accepted.irc && !answer.contains(SUBPROTOCOLS));
}

#[test]
fn what_is_no_handshake_is_told_from_what_is_a_bad_one() {
    let whole = request("");
    for end in 0..whole.len() {
        assert!(
            matches!(shake_hands(&whole[..end]), Handshake::NeedMore),
            "{end}"
        );
    }
    let text = String::from_utf8(whole).unwrap();
    for (from, to) in [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Kee"),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("Host: ", "Ho st: "),
    ] {
        let bad = text.replace(from, to);
        assert!(
            matches!(shake_hands(bad.as_bytes()), Handshake::Refused(_)),
            "{to}"
        );
    }
    for other in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
    ] {
        assert!(
            matches!(shake_hands(other.as_bytes()), Handshake::Other),
            "{other}"
        );
    }
    let endless = request(&format!("X: {}", "x".repeat(MAX_HEAD_BYTES)));
    let unfinished = &endless[..endless.len() - 3];
    assert!(matches!(shake_hands(unfinished), Handshake::Refused(_)));
}

#[test]
fn messages_become_lines_and_lines_messages_however_their_bytes_arrive() {
    for (form, binary) in [("text.ircv3.net", false), ("binary.ircv3.net", true)] {
        for size in [1, 2, 7, 1000] {
            let (mut server, mut client, mut pipe) = pair(form);
            for line in ["CAP LS 302", "NICK \u{e9}\r\n", "", "a\nb"] {
                let message = if binary {
                    Message::binary(line.as_bytes().to_vec())
                } else {
                    Message::text(line)
                };
                client.write(&mut pipe, message).unwrap();
            }
            client.flush(&mut pipe).unwrap();
            let sent = std::mem::take(&mut pipe.outgoing);
            let mut lines = Vec::new();
            for part in sent.chunks(size) {
                assert!(server.open(part, &mut lines));
            }
            assert_eq!(lines, "CAP LS 302\nNICK \u{e9}\n\na\0b\n".as_bytes());
            assert!(server.take_outgoing().is_empty());
            pipe.incoming = server.seal("PING :x\r\n:s 001 \u{e9} :hi\r\n".as_bytes());
            for line in ["PING :x", ":s 001 \u{e9} :hi"] {
                let message = client.read(&mut pipe).unwrap();
                assert_eq!(message.is_binary(), binary);
                assert_eq!(message.into_data(), line.as_bytes());
            }
        }
    }
}

#[test]
fn a_message_in_parts_is_one_line_and_a_ping_between_them_is_answered() {
    let (mut server, mut client, mut pipe) = pair("text.ircv3.net");
    let part = |text: &str, kind, last| {
        Message::Frame(Frame::message(
            text.to_owned(),
            tungstenite::protocol::frame::coding::OpCode::Data(kind),
            last,
        ))
    };
    client
        .write(&mut pipe, part("PRIV", Data::Text, false))
        .unwrap();
    client
        .write(&mut pipe, Message::Ping("there?".into()))
        .unwrap();
    client
        .write(&mut pipe, part("MSG a :b", Data::Continue, true))
        .unwrap();
    client.flush(&mut pipe).unwrap();
    let mut lines = Vec::new();
    assert!(server.open(&std::mem::take(&mut pipe.outgoing), &mut lines));
    assert_eq!(lines, b"PRIVMSG a :b\n");
    pipe.incoming = server.take_outgoing();
    let answer = client.read(&mut pipe).unwrap();
    assert_eq!(answer, Message::Pong("there?".into()));
}

#[test]
fn who_breaks_the_rules_is_told_by_number_and_closed() {
    let unmasked = [0x81, 1, b'x'];
    let reserved = [0xf1, 0x81, 0, 0, 0, 0, b'x'];
    let not_utf8 = [0x81, 0x81, 0, 0, 0, 0, 0xff];
    // 8 bytes of length, the highest bit clear: more than there is memory for.
    let endless = [0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (bytes, code) in [
        (&unmasked[..], 1002),
        (&reserved[..], 1002),
        (&not_utf8[..], 1007),
        (&endless[..], 1009),
    ] {
        let (mut server, mut client, mut pipe) = pair("text.ircv3.net");
        let mut lines = Vec::new();
        assert!(!server.open(bytes, &mut lines), "{bytes:?}");
        assert!(lines.is_empty());
        pipe.incoming = server.take_outgoing();
        let Message::Close(Some(frame)) = client.read(&mut pipe).unwrap() else {
            panic!("it is closed");
        };
        assert_eq!(u16::from(frame.code), code, "{bytes:?}");
        assert!(
            server.seal(b"PING :x\r\n").is_empty(),
            "nothing comes after it"
        );
        assert!(!server.open(b"more", &mut lines));
    }
}

#[test]
fn a_client_that_closes_is_answered_and_one_that_is_closed_is_told() {
    let (mut server, mut client, mut pipe) = pair("text.ircv3.net");
    client.close(&mut pipe, None).unwrap();
    let mut lines = Vec::new();
    assert!(!server.open(&std::mem::take(&mut pipe.outgoing), &mut lines));
    pipe.incoming = server.take_outgoing();
    assert!(matches!(client.read(&mut pipe), Ok(Message::Close(_))));

    let (mut server, mut client, mut pipe) = pair("text.ircv3.net");
    let mut bytes = server.seal(b"ERROR :bye\r\n");
    bytes.extend(server.close());
    pipe.incoming = bytes;
    assert_eq!(client.read(&mut pipe).unwrap(), Message::text("ERROR :bye"));
    assert!(matches!(
        client.read(&mut pipe),
        Ok(Message::Close(Some(_)))
    ));
}

#[test]
fn no_bytes_of_any_kind_panic_or_grow_memory_past_their_own_size() {
    let mut state = 1_u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    for round in 0..3_000_u32 {
        let (mut server, _, _) = pair("text.ircv3.net");
        let mut lines = Vec::new();
        let mut sent = 0;
        for _ in 0..20 {
            let mut bytes: Vec<u8> = (0..4).flat_map(|_| random()).collect();
            if round % 2 == 0 {
                // A likely head: data, last, masked, short.
                bytes[0] = 0x80 | (bytes[0] & 0x0f);
                bytes[1] = 0x80 | (bytes[1] & 0x1f);
            }
            sent += bytes.len();
            if !server.open(&bytes, &mut lines) {
                break;
            }
        }
        assert!(lines.len() <= sent && server.pipe.outgoing.len() <= 2 * sent + 64);
    }
}
