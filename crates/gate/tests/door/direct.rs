//! Writing to a connection from the thread that has something for it. On a runtime of one thread a
//! connection's task cannot run while a test does not wait, so what is written then is not its work.

use std::{
    sync::{Arc, atomic::Ordering},
    task::Poll,
    thread,
    time::Duration,
};

use snug_gate::{Ending, OUTPUT_BYTES, Times};
use snug_proto::Direct;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::client::TlsStream;

use crate::rig::{Door, lines, patient};

/// A client that is in, and whose connection has settled.
async fn settled(door: &Door) -> TlsStream<TcpStream> {
    let mut client = door.dial().await;
    // The brace tells the protocol; `in` itself is not said back.
    client.write_all(b"{here}\nin\n{in}\n").await.unwrap();
    assert_eq!(lines(&mut client, 2).await, ["{here}", "{in}"]);
    client
}

#[tokio::test]
async fn what_comes_for_a_client_is_written_by_who_has_it() {
    let door = Door::open(patient());
    let mut client = settled(&door).await;
    for news in ["one", "two", "three"] {
        door.seen.bring(news);
        assert!(door.seen.write_now());
    }
    // Nobody woke its task.
    assert_eq!(lines(&mut client, 3).await, ["one", "two", "three"]);
    client.write_all(b"{still}\n").await.unwrap();
    assert_eq!(lines(&mut client, 1).await, ["{still}"]);
}

#[tokio::test]
async fn a_group_is_written_to_together_but_for_those_that_are_busy_or_of_another_kind() {
    /// One that can always be written to.
    struct Other;

    impl Direct for Other {
        fn write_now(&self) -> bool {
            unreachable!("it is not asked by a connection")
        }
    }

    let mut group: Vec<Arc<dyn Direct>> = vec![Arc::new(Other)];
    let mut doors = Vec::new();
    for _ in 0..6 {
        let door = Door::open(patient());
        let client = settled(&door).await;
        group.push(door.seen.direct().unwrap());
        doors.push((door, client));
    }
    // Together more than is gathered at once.
    let long = "x".repeat(10_000);
    for (number, (door, _)) in doors.iter().enumerate() {
        for line in 0..3 {
            door.seen.bring(&format!("{number} {line} {long}"));
        }
    }
    let busy = &doors[2].0.seen;
    busy.busy.store(true, Ordering::SeqCst);
    let produced = busy.produced.load(Ordering::SeqCst);
    let mut left = Vec::new();
    group[1].write_each_now(&group, &mut left);
    assert_eq!(left, [0, 3]);
    assert_eq!(busy.produced.load(Ordering::SeqCst), produced);
    busy.busy.store(false, Ordering::SeqCst);
    group[1].write_each_now(&group[3..4], &mut left);
    assert_eq!(left, [0, 3]);
    for (number, (_, client)) in doors.iter_mut().enumerate() {
        for (line, heard) in lines(client, 3).await.into_iter().enumerate() {
            assert_eq!(heard, format!("{number} {line} {long}"));
        }
    }
}

#[tokio::test]
async fn a_socket_that_is_full_is_left_to_the_task_and_nothing_is_lost_or_overtaken() {
    let door = Door::open(patient());
    let mut client = settled(&door).await;
    let long = "x".repeat(10_000);
    let mut brought = 0;
    loop {
        door.seen.bring(&format!("{brought} {long}"));
        brought += 1;
        if !door.seen.write_now() {
            break;
        }
        assert!(brought < 10_000, "the socket never fills");
    }
    assert!(brought > 2, "nothing was written directly");
    // What comes now waits behind what did not fit; nothing is taken from the front meanwhile.
    let produced = door.seen.produced.load(Ordering::SeqCst);
    for _ in 0..10 {
        door.seen.bring(&format!("{brought} {long}"));
        brought += 1;
        assert!(!door.seen.write_now());
    }
    assert_eq!(door.seen.produced.load(Ordering::SeqCst), produced);
    door.seen.wake();
    let heard = lines(&mut client, brought).await;
    let numbers = heard.iter().map(|line| line.split(' ').next().unwrap());
    assert!(numbers.eq((0..brought).map(|number| number.to_string())));
}

#[tokio::test]
async fn who_has_much_to_be_told_is_told_so_much_before_others_have_their_turn() {
    let door = Door::open(patient());
    let mut client = settled(&door).await;
    let line = "x".repeat(1_000);
    let brought = 1_000;
    for _ in 0..brought {
        door.seen.bring(&line);
    }
    let first = door.seen.produced.load(Ordering::SeqCst);
    let all = first + brought * (line.len() + 1);
    // On this one thread every other task has one turn between two of this one.
    let watching = tokio::spawn({
        let seen = Arc::clone(&door.seen);
        let (mut last, mut most) = (first, 0);
        std::future::poll_fn(move |context| {
            let produced = seen.produced.load(Ordering::SeqCst);
            most = most.max(produced - last);
            last = produced;
            if last < all {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(most)
        })
    });
    door.seen.wake();
    lines(&mut client, brought).await;
    let most = watching.await.unwrap();
    let turn = 1..=OUTPUT_BYTES + 2 * line.len();
    assert!(turn.contains(&most), "{most} bytes in one turn");
}

#[tokio::test]
async fn p6_a_reader_that_never_reads_is_dropped_though_it_was_written_to_directly() {
    let mut door = Door::open(Times {
        write: Duration::from_millis(50),
        ..patient()
    });
    let client = settled(&door).await;
    // More than the system takes for anybody.
    let long = "x".repeat(10_000);
    for _ in 0..5000 {
        door.seen.bring(&long);
    }
    while door.seen.write_now() {}
    door.seen.wake();
    assert_eq!(door.endings.recv().await.unwrap().1, Ending::NotReading);
    assert!(!door.seen.write_now(), "nobody is there");
    drop(client);
}

#[tokio::test]
async fn a_connection_that_does_not_wait_for_its_peer_is_left_to_the_task() {
    let door = Door::open(patient());
    let mut client = settled(&door).await;
    door.seen.busy.store(true, Ordering::SeqCst);
    door.seen.bring("news");
    // Output may be what it waits for in order to read on, and only its task reads.
    assert!(!door.seen.write_now());
    door.seen.busy.store(false, Ordering::SeqCst);
    door.seen.wake();
    assert_eq!(lines(&mut client, 1).await, ["news"]);
}

#[tokio::test]
async fn a_direct_write_that_fails_ends_the_connection() {
    let mut door = Door::open(patient());
    let mut client = TcpStream::connect(door.plain).await.unwrap();
    client.write_all(b"in\nhere\n").await.unwrap();
    assert_eq!(lines(&mut client, 2).await, ["this is irc", "here"]);
    door.seen.bring("news");
    assert!(door.seen.write_now());
    client.set_zero_linger().unwrap();
    drop(client);
    // The reset is there when the call that makes it returns; the task has not run since.
    door.seen.bring("into the void");
    assert!(!door.seen.write_now());
    door.seen.wake();
    let (_, ending) = door.endings.recv().await.unwrap();
    assert!(matches!(ending, Ending::Lost(_)), "{ending:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_directly_and_by_the_task_at_once_stays_in_order() {
    const EACH: usize = 3000;
    let door = Door::open(patient());
    let client = settled(&door).await;
    let (reading, mut writing) = tokio::io::split(client);
    let seen = Arc::clone(&door.seen);
    let bringing = thread::spawn(move || {
        for number in 0..EACH {
            seen.bring(&format!("news {number}"));
            if !seen.write_now() {
                seen.wake();
            }
        }
    });
    let saying = tokio::spawn(async move {
        for number in 0..EACH {
            let line = format!("{{said}} {number}\n");
            writing.write_all(line.as_bytes()).await.unwrap();
        }
        writing.flush().await.unwrap();
        writing
    });
    let mut reading = reading;
    let heard = lines(&mut reading, 2 * EACH).await;
    for what in ["news", "{said}"] {
        let numbers = heard.iter().filter_map(|line| line.strip_prefix(what));
        let expected = (0..EACH).map(|number| format!(" {number}"));
        assert!(numbers.eq(expected), "{what}");
    }
    bringing.join().unwrap();
    drop(saying.await.unwrap());
}
