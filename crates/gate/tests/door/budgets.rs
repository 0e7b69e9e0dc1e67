//! What the door does with those who are over their budget (P2).

use std::sync::atomic::Ordering;

use snug_gate::Ending;
use snug_rules::DoorLimits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::rig::{Door, lines, patient};

/// The connection is closed without a word.
async fn refused(door: &Door) -> bool {
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.read_u8().await.is_err()
}

#[tokio::test]
async fn p2_half_open_handshakes_shut_their_address_out_before_tls_until_the_time_is_over() {
    let limits = DoorLimits {
        unfinished: 3,
        shut_ms: 1_000,
        ..DoorLimits::NONE
    };
    let door = Door::with_limits(patient(), limits);
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(TcpStream::connect(door.address).await.unwrap());
    }
    assert!(refused(&door).await && refused(&door).await);
    let statistics = door.gate.statistics();
    assert_eq!((statistics.refused(), statistics.shut_out()), (2, 1));
    drop(silent);
    door.clock.0.fetch_add(1_000, Ordering::SeqCst);
    while statistics.failed_handshakes() < 3 {
        tokio::task::yield_now().await;
    }
    let mut client = door.dial().await;
    client.write_all(b"{}\n").await.unwrap();
    assert_eq!(lines(&mut client, 1).await, ["{}"]);
}

#[tokio::test]
async fn p2_a_connection_that_has_ended_is_open_no_more() {
    let limits = DoorLimits {
        open: 2,
        ..DoorLimits::NONE
    };
    let mut door = Door::with_limits(patient(), limits);
    for _ in 0..10 {
        let first = door.dial().await;
        let second = door.dial().await;
        drop((first, second));
        for _ in 0..2 {
            door.endings.recv().await.unwrap();
        }
    }
    assert_eq!(door.gate.statistics().refused(), 0);
}

/// A header of the PROXY protocol, version 2, for this address.
fn header(source: [u8; 4]) -> Vec<u8> {
    let addresses = [&source[..], &[127, 0, 0, 1, 0x12, 0x67, 0x1d, 0xf3]].concat();
    [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", &addresses[..]].concat()
}

fn behind_a_proxy() -> Door {
    let limits = DoorLimits {
        open: 1,
        ..DoorLimits::NONE
    };
    Door::behind(patient(), limits, vec!["127.0.0.1".parse().unwrap()])
}

#[tokio::test]
async fn p2_a_proxy_says_for_whom_it_connects_and_each_has_a_budget_of_its_own() {
    let mut door = behind_a_proxy();
    let mut inside = Vec::new();
    for third in 1..=5 {
        let mut stream = TcpStream::connect(door.address).await.unwrap();
        stream.write_all(&header([203, 0, third, 1])).await.unwrap();
        let mut client = door.shake(stream, &[]).await;
        client.write_all(b"{}\n").await.unwrap();
        assert_eq!(lines(&mut client, 1).await, ["{}"]);
        inside.push(client);
    }
    let mut again = TcpStream::connect(door.address).await.unwrap();
    again.write_all(&header([203, 0, 1, 1])).await.unwrap();
    assert!(again.read_u8().await.is_err(), "it has one already");
    assert_eq!(
        door.endings.recv().await.unwrap(),
        (None, Ending::TurnedAway)
    );
    let mut plain = TcpStream::connect(door.plain).await.unwrap();
    plain.write_all(&header([203, 0, 113, 9])).await.unwrap();
    plain.write_all(b"PING\n").await.unwrap();
    assert_eq!(lines(&mut plain, 2).await, ["this is irc", "PING"]);
}

#[tokio::test]
async fn p2_nobody_but_a_proxy_says_for_whom_it_connects_and_a_bad_header_is_the_end() {
    let mut door = Door::open(patient());
    let mut stream = TcpStream::connect(door.address).await.unwrap();
    stream.write_all(&header([203, 0, 113, 1])).await.unwrap();
    let mut said = Vec::new();
    let _closed = stream.read_to_end(&mut said).await;
    assert!(said.starts_with(b"ERROR"), "{said:?}");
    assert!(matches!(
        door.endings.recv().await.unwrap(),
        (None, Ending::Tls(_))
    ));
    let mut door = behind_a_proxy();
    for bad in [&b"\rPROXY TCP4 1.2.3.4\r\n"[..], &[b'\r'; 600]] {
        let mut stream = TcpStream::connect(door.address).await.unwrap();
        stream.write_all(bad).await.unwrap();
        assert!(stream.read_u8().await.is_err());
        assert!(matches!(
            door.endings.recv().await.unwrap(),
            (None, Ending::Tls(_))
        ));
    }
    // One that speaks for itself comes in: a check of health.
    let mut client = door.dial().await;
    client.write_all(b"{}\n").await.unwrap();
    assert_eq!(lines(&mut client, 1).await, ["{}"]);
}

#[tokio::test]
async fn p2_a_web_proxy_says_in_the_request_for_whom_it_asks() {
    let door = behind_a_proxy();
    let (first, _held) = ask(&door, b"203.0.113.1").await;
    let (second, _held_too) = ask(&door, b"198.51.100.1, 203.0.114.2").await;
    assert!(first && second);
    let (again, _) = ask(&door, b"198.51.100.9, 203.0.113.1").await;
    assert!(!again, "it has one already");
}

/// Asks for a WebSocket as a proxy does that says this of its peer. Was it granted?
async fn ask(door: &Door, forwarded: &[u8]) -> (bool, impl Sized + use<>) {
    request(door, &[b"X-Forwarded-For: ", forwarded, b"\r\n"].concat()).await
}

async fn request(door: &Door, header: &[u8]) -> (bool, impl Sized + use<>) {
    let mut client = door.dial().await;
    let request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let request = [&request[..], header, b"\r\n"].concat();
    client.write_all(&request).await.unwrap();
    let mut answer = [0; 12];
    let read = client.read_exact(&mut answer).await;
    (read.is_ok() && answer.ends_with(b"101"), client)
}

#[tokio::test]
async fn p2_whatever_a_client_writes_before_its_address_it_is_counted_by_it() {
    let door = behind_a_proxy();
    let long = [&[b'x'; 1020][..], b", 203.0.113.1"].concat();
    let (first, _held) = ask(&door, &long).await;
    assert!(first);
    assert!(!ask(&door, &long).await.0, "it has one already");
    assert!(!ask(&door, b"\x80, 203.0.113.1").await.0);
    let (other, _held_too) = ask(&door, b"\x80, 203.0.114.2").await;
    assert!(other);
    assert!(!ask(&door, b"203.0.114.2").await.0, "it has one already");
}

#[tokio::test]
async fn p2_who_a_proxy_names_unreadably_is_turned_away_and_who_it_does_not_name_is_counted_as_it()
{
    let door = behind_a_proxy();
    for unreadable in [&b"\x80"[..], b"", b"unknown", &[b'1'; 2000]] {
        assert!(!ask(&door, unreadable).await.0, "{unreadable:?}");
    }
    let several = b"X-Forwarded-For: 203.0.113.1\r\nX-Forwarded-For: \x80\r\n";
    assert!(!request(&door, several).await.0, "the last one counts");
    let (silent, _held) = request(&door, b"").await;
    assert!(silent);
    assert!(!request(&door, b"").await.0, "it has one already");
    // That shuts nobody out whom the proxy names.
    let (named, _held_too) = ask(&door, b"203.0.113.1").await;
    assert!(named);
}

/// What names nobody is the proxy's own: its budget is not that of those whom it names.
#[tokio::test]
async fn p2_what_a_proxy_does_not_say_for_whom_it_is_counts_as_its_own_on_every_protocol() {
    let mut door = behind_a_proxy();
    let mut first = door.dial().await;
    first.write_all(b"{}\n").await.unwrap();
    assert_eq!(lines(&mut first, 1).await, ["{}"]);
    let mut native = door.dial().await;
    native.write_all(b"{}\n").await.unwrap();
    let mut irc = TcpStream::connect(door.plain).await.unwrap();
    irc.write_all(b"PING\n").await.unwrap();
    let mut of_itself = TcpStream::connect(door.plain).await.unwrap();
    of_itself.write_all(&header([127, 0, 0, 1])).await.unwrap();
    assert!(native.read_u8().await.is_err(), "it has one already");
    assert!(irc.read_u8().await.is_err(), "it has one already");
    assert!(of_itself.read_u8().await.is_err(), "it has one already");
    for _ in 0..3 {
        let (_, ending) = door.endings.recv().await.unwrap();
        assert_eq!(ending, Ending::TurnedAway);
    }
    let mut named = TcpStream::connect(door.plain).await.unwrap();
    named.write_all(&header([203, 0, 113, 9])).await.unwrap();
    named.write_all(b"PING\n").await.unwrap();
    assert_eq!(lines(&mut named, 2).await, ["this is irc", "PING"]);
}
