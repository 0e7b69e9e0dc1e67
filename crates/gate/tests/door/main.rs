//! The door over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod budgets;
mod direct;
mod pinned;
mod rig;

use std::{
    pin::Pin,
    sync::atomic::Ordering,
    task::{Context, Poll},
    time::Duration,
};

use rig::{Door, lines, patient};
use rustls::{CipherSuite, NamedGroup, ProtocolVersion};
use snug_gate::{ALPN_IRC, ALPN_NATIVE, Ending, HangUp, Protocol, Times};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpSocket, TcpStream},
};

const LONGEST: usize = snug_proto::limits::MAX_LINE_BYTES;

#[tokio::test]
async fn s1_a_pinning_client_talks_over_tls_13_with_a_hybrid_key_exchange() {
    let door = Door::open(patient());
    let mut client = door.dial().await;
    client.write_all(b"{\"hello\"}\n").await.unwrap();
    assert_eq!(lines(&mut client, 1).await, ["{\"hello\"}"]);
    let tls = client.get_ref().1;
    assert_eq!(tls.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let group = tls.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
    let suite = tls.negotiated_cipher_suite().unwrap().suite();
    assert_eq!(suite, CipherSuite::TLS13_AES_128_GCM_SHA256);
}

/// So many short lines.
fn numbered(count: usize) -> String {
    let lines: Vec<String> = (0..count).map(|at| format!("{{{at}}}\n")).collect();
    lines.concat()
}

/// Hands its socket one byte at a time.
struct Dribble(TcpStream);

impl AsyncRead for Dribble {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Dribble {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes.get(..1).unwrap_or_default())
    }
    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }
    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[tokio::test]
async fn p5_a_client_that_sends_byte_by_byte_is_understood() {
    let door = Door::open(patient());
    let stream = TcpStream::connect(door.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut client = door.shake(Dribble(stream), &[]).await;
    client.write_all(b"{one}\r\n{two}\n").await.unwrap();
    assert_eq!(lines(&mut client, 2).await, ["{one}", "{two}"]);
    for byte in b"{three}\n" {
        client.write_all(&[*byte]).await.unwrap();
        client.flush().await.unwrap();
    }
    assert_eq!(lines(&mut client, 1).await, ["{three}"]);
}

#[tokio::test]
async fn p5_an_over_long_line_is_reported_and_the_next_one_taken() {
    let door = Door::open(patient());
    let mut client = door.dial().await;
    let mut long = vec![b'{'; 5 * LONGEST];
    long.extend(b"\n{next}\n");
    client.write_all(&long).await.unwrap();
    assert_eq!(lines(&mut client, 2).await, ["too long", "{next}"]);
}

#[tokio::test]
async fn p5_a_handshake_that_does_not_end_is_dropped() {
    let mut door = Door::open(Times {
        handshake: Duration::from_millis(100),
        ..patient()
    });
    let mut silent = TcpStream::connect(door.address).await.unwrap();
    let mut slow = TcpStream::connect(door.address).await.unwrap();
    slow.write_all(&[22, 3, 1, 0, 200, 1]).await.unwrap();
    for stream in [&mut silent, &mut slow] {
        assert_eq!(stream.read(&mut [0; 64]).await.unwrap_or(0), 0);
        let ended = door.endings.recv().await.unwrap();
        assert_eq!(ended, (None, Ending::SlowHandshake));
    }
    assert_eq!(door.gate.statistics().failed_handshakes(), 2);
}

#[tokio::test]
async fn p5_a_connection_that_says_nothing_is_dropped() {
    let mut door = Door::open(Times {
        first_bytes: Duration::from_millis(100),
        ..patient()
    });
    let _client = door.dial().await;
    assert_eq!(door.endings.recv().await.unwrap(), (None, Ending::Silent));
}

#[tokio::test(start_paused = true)]
async fn a5_a_silent_peer_is_asked_after_and_dropped_when_it_says_nothing() {
    let mut door = Door::open(patient());
    let mut client = TcpStream::connect(door.plain).await.unwrap();
    client.write_all(b"PING\n").await.unwrap();
    let seen = lines(&mut client, 3).await;
    assert_eq!(seen, ["this is irc", "PING", "there?"]);
    client.write_all(b"here\n").await.unwrap();
    assert_eq!(lines(&mut client, 2).await, ["here", "there?"]);
    assert_eq!(lines(&mut client, 1).await, ["gone"]);
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    drop(client);
    let ended = door.endings.recv().await.unwrap();
    assert_eq!(ended, (Some(Protocol::Irc), Ending::Closed));
}

const SIGN_IN: Duration = Duration::from_mins(1);

/// When the newcomer that says this is told that it is too late, by a clock that jumps.
async fn too_late_after(words: &[u8]) -> Duration {
    let mut door = Door::open(Times {
        sign_in: SIGN_IN,
        ..patient()
    });
    let begun = tokio::time::Instant::now();
    let mut client = TcpStream::connect(door.plain).await.unwrap();
    client.write_all(words).await.unwrap();
    assert_eq!(lines(&mut client, 1).await, ["this is irc"]);
    while lines(&mut client, 1).await != ["too late"] {}
    let told = begun.elapsed();
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    drop(client);
    let ended = door.endings.recv().await.unwrap();
    assert_eq!(ended, (Some(Protocol::Irc), Ending::NobodySignedIn));
    told
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_that_does_not_sign_in_is_told_so_and_dropped() {
    let told = too_late_after(b"hello\n").await;
    assert!(told >= SIGN_IN && told < SIGN_IN * 2, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_under_way_has_its_time_once_more_and_not_for_ever() {
    let told = too_late_after(b"coming\n").await;
    assert!(told >= SIGN_IN * 2 && told < SIGN_IN * 3, "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_signed_in_may_stay() {
    let door = Door::open(Times {
        sign_in: SIGN_IN,
        ..patient()
    });
    let mut client = TcpStream::connect(door.plain).await.unwrap();
    client.write_all(b"in\n").await.unwrap();
    for _ in 0..5 {
        while lines(&mut client, 1).await != ["there?"] {}
        client.write_all(b"here\n").await.unwrap();
    }
}

#[tokio::test]
async fn a_client_without_tls_is_told_so() {
    let mut door = Door::open(patient());
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(b"NICK ann\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("TLS only"), "{answer}");
    let (_, ending) = door.endings.recv().await.unwrap();
    assert!(matches!(ending, Ending::Tls(_)));
}

#[tokio::test]
async fn p5_garbage_in_place_of_tls_is_dropped() {
    let mut door = Door::open(patient());
    for garbage in [
        &[22, 3, 1, 0, 4, 9, 9, 9, 9][..],
        &[22, 3, 3, 0xff, 0xff, 0, 0],
        &vec![22; 70_000],
        &[22, 22, 3, 0, 4, 1, 0, 0, 0],
    ] {
        let mut stream = TcpStream::connect(door.address).await.unwrap();
        let _may_be_reset = stream.write_all(garbage).await;
        let (_, ending) = door.endings.recv().await.unwrap();
        assert!(matches!(ending, Ending::Tls(_)), "{ending:?}");
    }
    // And after the handshake.
    let client = door.dial().await;
    let (mut stream, _) = client.into_inner();
    stream.write_all(&[23, 3, 3, 0, 20]).await.unwrap();
    stream.write_all(&[7; 20]).await.unwrap();
    let (_, ending) = door.endings.recv().await.unwrap();
    assert!(matches!(ending, Ending::Tls(_)), "{ending:?}");
}

#[tokio::test]
async fn what_was_asked_before_a_half_close_is_answered() {
    let mut door = Door::open(patient());
    let mut client = door.dial().await;
    let asked = numbered(1000);
    client.write_all(asked.as_bytes()).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert_eq!(answer, asked);
    let ended = door.endings.recv().await.unwrap();
    assert_eq!(ended, (Some(Protocol::Native), Ending::Closed));
    assert_eq!(*door.seen.told.lock().unwrap(), [HangUp::PeerClosed]);
}

#[tokio::test]
async fn p6_a_reader_that_never_reads_costs_a_bounded_number_of_bytes_and_is_dropped() {
    let mut door = Door::open(Times {
        write: Duration::from_millis(300),
        ..patient()
    });
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let stream = socket.connect(door.address).await.unwrap();
    let mut client = door.shake(stream, &[]).await;
    client.write_all(b"{}\nflood\n").await.unwrap();
    let ended = door.endings.recv().await.unwrap();
    assert_eq!(ended, (Some(Protocol::Native), Ending::NotReading));
    let produced = door.seen.produced.load(Ordering::SeqCst);
    assert!(produced < 1024 * 1024, "{produced} bytes");
}

#[tokio::test]
async fn lines_wait_while_a_front_is_busy_and_none_is_lost() {
    let door = Door::open(patient());
    let client = door.dial().await;
    let (mut reader, mut writer) = tokio::io::split(client);
    let all = numbered(20_000);
    let sent = all.clone();
    let sending = tokio::spawn(async move {
        writer.write_all(sent.as_bytes()).await.unwrap();
        writer
    });
    let mut answer = vec![0; all.len()];
    reader.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), all);
    drop(sending.await.unwrap());
}

#[tokio::test]
async fn a_client_may_change_its_keys_at_any_time() {
    let door = Door::open(patient());
    let mut client = door.dial().await;
    for at in 0..20 {
        client.get_mut().1.refresh_traffic_keys().unwrap();
        let line = format!("{{{at}}}");
        client
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
        assert_eq!(lines(&mut client, 1).await, [line]);
    }
}

#[tokio::test]
async fn output_that_has_gathered_goes_out_in_one_write_call() {
    let door = Door::open(patient());
    let mut client = door.dial().await;
    let before = door.gate.statistics().writes();
    let asked = numbered(90);
    client.write_all(asked.as_bytes()).await.unwrap();
    lines(&mut client, 90).await;
    assert_eq!(door.gate.statistics().writes() - before, 1);
}

#[tokio::test]
async fn alpn_decides_before_any_byte_and_the_first_bytes_without_it() {
    let door = Door::open(patient());
    let stream = TcpStream::connect(door.address).await.unwrap();
    let mut irc = door.shake(stream, &[ALPN_IRC]).await;
    assert_eq!(lines(&mut irc, 1).await, ["this is irc"]);
    let stream = TcpStream::connect(door.address).await.unwrap();
    let mut native = door.shake(stream, &[b"h2", ALPN_NATIVE]).await;
    native.write_all(b"NICK ann\n").await.unwrap();
    assert_eq!(lines(&mut native, 1).await, ["NICK ann"]);
    let mut sniffed = door.dial().await;
    sniffed.write_all(b"nick ann\n").await.unwrap();
    assert_eq!(lines(&mut sniffed, 2).await, ["this is irc", "nick ann"]);
}

#[tokio::test]
async fn a_listener_for_plain_irc_speaks_irc_only() {
    let door = Door::open(patient());
    let mut plain = TcpStream::connect(door.plain).await.unwrap();
    plain.write_all(b"{}\r\nquit\r\n").await.unwrap();
    let mut rest = String::new();
    plain.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "this is irc\n{}\n");
}

/// Shakes hands by RFC 6455 as a program does, with no Origin, and says one line in a masked message.
fn websocket_client(subprotocol: &str, line: &str) -> Vec<u8> {
    let mut bytes = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         {subprotocol}\r\n"
    )
    .into_bytes();
    let length = u8::try_from(line.len()).unwrap();
    bytes.extend([0x81, 0x80 | length, 1, 2, 3, 4]);
    bytes.extend(
        line.bytes()
            .zip([1, 2, 3, 4].iter().cycle())
            .map(|(of, mask)| of ^ mask),
    );
    bytes
}

/// What a server's message of a short text is.
fn message(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    [&[0x81, length], text.as_bytes()].concat()
}

#[tokio::test]
async fn k5_a_websocket_is_spoken_over_tls_and_plain_however_its_bytes_arrive() {
    let door = Door::open(patient());
    let irc = "Sec-WebSocket-Protocol: text.ircv3.net\r\n";
    let expected = [message("this is irc"), message("NICK ann")].concat();
    for size in [1, 50, 4096] {
        let mut tls = door.dial().await;
        let mut plain = TcpStream::connect(door.plain).await.unwrap();
        for bytes in websocket_client(irc, "NICK ann").chunks(size) {
            tls.write_all(bytes).await.unwrap();
            plain.write_all(bytes).await.unwrap();
            tokio::task::yield_now().await;
        }
        let mut seen = vec![0; 1024];
        for stream in [&mut tls as &mut (dyn Stream + Unpin), &mut plain] {
            let mut read = 0;
            while !seen[..read].ends_with(&expected) {
                read += stream.read(&mut seen[read..]).await.unwrap();
            }
            let head = String::from_utf8_lossy(&seen[..read - expected.len()]).into_owned();
            assert!(
                head.starts_with("HTTP/1.1 101 ") && head.ends_with("\r\n\r\n"),
                "{head}"
            );
        }
    }
}

#[tokio::test]
async fn p6_one_who_pings_and_never_reads_the_answers_is_read_no_further_and_dropped() {
    const MOST: usize = 32 * 1024 * 1024;
    let mut door = Door::open(Times {
        write: Duration::from_millis(300),
        ..patient()
    });
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut client = socket.connect(door.plain).await.unwrap();
    let irc = "Sec-WebSocket-Protocol: text.ircv3.net\r\n";
    let hello = websocket_client(irc, "NICK ann");
    client.write_all(&hello).await.unwrap();
    // The longest ping there is, masked by nothing.
    let ping = [&[0x89, 0x80 + 125, 0, 0, 0, 0][..], &[b'x'; 125]].concat();
    let pings = ping.repeat(1000);
    let mut written = 0;
    while written < MOST && client.write_all(&pings).await.is_ok() {
        written += pings.len();
    }
    assert!(
        written < MOST,
        "all of it was read, and an answer to each kept"
    );
    let ended = door.endings.recv().await.unwrap();
    assert_eq!(ended, (Some(Protocol::Irc), Ending::NotReading));
}

/// Both kinds of connection.
trait Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite> Stream for T {}

#[tokio::test]
async fn a_websocket_without_a_subprotocol_is_told_by_its_first_message() {
    let mut door = Door::open(patient());
    for (line, protocol) in [("{\"do\":1}", Protocol::Native), ("CAP LS", Protocol::Irc)] {
        let mut tls = door.dial().await;
        tls.write_all(&websocket_client("", line)).await.unwrap();
        let echo = message(line);
        let mut seen = Vec::new();
        while !seen.ends_with(&echo) {
            seen.push(tls.read_u8().await.unwrap());
        }
        // A close with nothing in it, masked.
        tls.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
        let mut rest = Vec::new();
        tls.read_to_end(&mut rest).await.unwrap();
        assert!(rest.starts_with(&[0x88]), "{rest:?}");
        drop(tls);
        let (spoken, _) = door.endings.recv().await.unwrap();
        assert_eq!(spoken, Some(protocol));
    }
    let mut bad = door.dial().await;
    let request = websocket_client("", "x");
    let request = String::from_utf8_lossy(&request).replace("Version: 13", "Version: 7");
    bad.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    bad.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn k5_a_page_of_another_host_opens_no_websocket_unless_the_operator_welcomes_it() {
    let mut door = Door::open(patient());
    for (origin, status) in [
        ("https://evil.example", "403"),
        ("null", "403"),
        ("https://x", "101"),
        ("http://welcome.example:3000", "101"),
    ] {
        let mut browser = door.dial().await;
        let header = format!("Origin: {origin}\r\n");
        browser
            .write_all(&websocket_client(&header, "CAP LS"))
            .await
            .unwrap();
        let mut head = vec![0; 13];
        browser.read_exact(&mut head).await.unwrap();
        let head = String::from_utf8(head).unwrap();
        assert_eq!(head, format!("HTTP/1.1 {status} "), "{origin}");
        if status == "403" {
            let mut rest = String::new();
            browser.read_to_string(&mut rest).await.unwrap();
            assert!(rest.contains("--web-origins"), "{rest}");
            drop(browser);
            assert_eq!(door.endings.recv().await.unwrap(), (None, Ending::Http));
        }
    }
}

/// The owner of a name has it mean the visitor's own machine, and the page there asks as at home.
#[tokio::test]
async fn k5_without_tls_no_page_is_believed_by_its_name_alone() {
    let door = Door::open(patient());
    for (headers, status) in [
        ("Origin: http://x\r\n", "403"),
        ("Origin: http://x\r\nX-Forwarded-For: 192.0.2.1\r\n", "101"),
        ("", "101"),
    ] {
        let irc = format!("Sec-WebSocket-Protocol: text.ircv3.net\r\n{headers}");
        let mut browser = TcpStream::connect(door.plain).await.unwrap();
        let asked = websocket_client(&irc, "CAP LS");
        browser.write_all(&asked).await.unwrap();
        let mut head = vec![0; 13];
        browser.read_exact(&mut head).await.unwrap();
        let head = String::from_utf8(head).unwrap();
        assert_eq!(head, format!("HTTP/1.1 {status} "), "{headers}");
    }
}

#[tokio::test]
async fn a_browser_is_told_what_this_is_and_a_stranger_is_dropped() {
    let mut door = Door::open(patient());
    let mut browser = door.dial().await;
    browser
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut page = String::new();
    browser.read_to_string(&mut page).await.unwrap();
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    assert!(
        head.contains(&format!("Content-Length: {}\r\n", body.len())),
        "{page}"
    );
    drop(browser);
    assert_eq!(door.endings.recv().await.unwrap(), (None, Ending::Http));
    let mut stranger = door.dial().await;
    stranger.write_all(b"EHLO mail\r\n").await.unwrap();
    let ended = door.endings.recv().await.unwrap();
    assert_eq!(ended, (None, Ending::UnknownProtocol));
}

#[tokio::test]
async fn a_front_that_closes_is_heard_to_its_last_line() {
    let door = Door::open(patient());
    let mut client = door.dial().await;
    client.write_all(b"{last}\nquit\nignored\n").await.unwrap();
    let mut rest = String::new();
    // A clean end: rustls would report a missing close_notify as an error.
    client.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "{last}\n");
}

#[tokio::test]
async fn o5_stopping_answers_tells_closes_and_drops_who_does_not_go() {
    let mut door = Door::open(patient());
    let mut good = door.dial().await;
    let mut stuck = door.dial().await;
    let mut mute = door.dial().await;
    good.write_all(b"{good}\n").await.unwrap();
    stuck.write_all(b"{}\nstuck\n{stuck}\n").await.unwrap();
    lines(&mut good, 1).await;
    lines(&mut stuck, 2).await;
    let (reading, ()) = tokio::join!(
        async {
            let mut rest = Vec::new();
            let clean = good.read_to_end(&mut rest).await;
            drop(good);
            clean
        },
        door.gate.drain(Duration::from_millis(500)),
    );
    assert_eq!(reading.unwrap(), 0);
    assert_eq!(*door.seen.told.lock().unwrap(), [HangUp::Stopping; 2]);
    assert!(stuck.read_u8().await.is_err());
    assert!(mute.read_u8().await.is_err());
    assert!(TcpStream::connect(door.address).await.is_err());
    let statistics = door.gate.statistics();
    assert_eq!(statistics.opened(), 3);
    assert_eq!(statistics.closed(), 3);
}
