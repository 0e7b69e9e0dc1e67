//! What the door does with those who are over their budget (P2).

use std::sync::atomic::Ordering;

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
