//! `CHATHISTORY` and what is replayed (K5).

use anyhow::{Context, Result};
use snug_testkit::{clock::HandClock, server::TestServer};

use super::{CAPS, Raw, batch, den, history};

/// `IRCv3` chathistory: every subcommand, by msgid and by time, in a channel and between two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_history_is_asked_for_by_message_and_by_time() -> Result<()> {
    for ephemeral in [false, true] {
        let clock = HandClock::default();
        let at = clock.for_server();
        let server = TestServer::with(|options| {
            options.registration = snug_proto::Registration::Open;
            if ephemeral {
                // What this profile changes here is that rooms keep what was said in memory alone.
                options.profile = snug_server::Profile::Ephemeral;
            }
            options.clock = at;
        });
        history_is_asked_for(server.await?, &clock).await?;
    }
    Ok(())
}

async fn history_is_asked_for(server: TestServer, clock: &HandClock) -> Result<()> {
    let caps = format!("{CAPS} draft/chathistory");
    let ann = &mut Raw::newcomer(&server, "ann", &caps).await?;
    let bob = &mut Raw::newcomer(&server, "bob", &caps).await?;
    ann.tell("JOIN #den").await?;
    bob.tell("JOIN #den").await?;
    ann.heard().await?;
    for target in ["#den", "bob"] {
        let mut said = Vec::new();
        let mut times = Vec::new();
        for number in 0..10 {
            let echo = ann
                .one(&format!("PRIVMSG {target} :this is {number}"))
                .await?;
            clock.advance_ms(2);
            let id = echo.tag("msgid").context("no id")?.to_owned();
            times.push(echo.tag("time").context("no time")?.to_owned());
            said.push((format!("this is {number}"), id));
        }
        let count = said.len();
        assert_eq!(
            history(ann, &format!("LATEST {target} * 5"), target).await?,
            said[count - 5..]
        );
        for by_time in [false, true] {
            let at = |index: usize| {
                if by_time {
                    format!("timestamp={}", times[index])
                } else {
                    format!("msgid={}", said[index].1)
                }
            };
            for (asked, expected) in [
                (format!("LATEST {target} {} 100", at(3)), &said[4..]),
                (format!("BEFORE {target} {} 2", at(6)), &said[4..6]),
                (format!("AFTER {target} {} 3", at(3)), &said[4..7]),
                (
                    format!("BETWEEN {target} {} {} 3", at(0), at(7)),
                    &said[1..4],
                ),
                (
                    format!("BETWEEN {target} {} {} 3", at(7), at(0)),
                    &said[4..7],
                ),
                (
                    format!("BETWEEN {target} {} {} 100", at(7), at(0)),
                    &said[1..7],
                ),
                (format!("AROUND {target} {} 1", at(5)), &said[5..6]),
                (format!("AROUND {target} {} 3", at(5)), &said[4..7]),
            ] {
                assert_eq!(history(ann, &asked, target).await?, expected, "{asked}");
            }
        }
    }
    bob.heard().await?;
    let seen = history(bob, "LATEST ANN * 2", "ANN").await?;
    assert_eq!(
        seen.last().map(|(words, _)| words.as_str()),
        Some("this is 9")
    );
    let times = "timestamp=2020-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z";
    let lines = bob
        .tell(&format!("@label=t CHATHISTORY TARGETS {times} 10"))
        .await?;
    let (first, inner) = batch(&lines, "draft/chathistory-targets")?;
    assert_eq!(first.tag("label"), Some("t"));
    let targets: Vec<_> = inner.iter().map(|line| line.params[1].as_str()).collect();
    assert!(targets.ends_with(&["#den", "ann"]), "{inner:#?}");

    let mut cat = Raw::newcomer(&server, "cat", &caps).await?;
    for (asked, code) in [
        ("LATEST #nowhere * 10", "INVALID_TARGET"),
        ("LATEST #den * 10", "INVALID_TARGET"),
        ("LATEST nobody * 10", "INVALID_TARGET"),
        ("LATEST #lobby", "NEED_MORE_PARAMS"),
        ("LATEST #lobby * 0", "INVALID_PARAMS"),
        ("LATEST #lobby x=y 10", "INVALID_MSGREFTYPE"),
        ("BEFORE #lobby * 10", "INVALID_PARAMS"),
        ("BEFORE #lobby timestamp=x 10", "INVALID_PARAMS"),
        ("NONSENSE #lobby * 10", "INVALID_PARAMS"),
    ] {
        let no = cat.one(&format!("CHATHISTORY {asked}")).await?;
        assert_eq!(
            (no.command.as_str(), no.params[1].as_str()),
            ("FAIL", code),
            "{asked}"
        );
    }
    // Nobody has said anything there yet.
    assert!(
        history(&mut cat, "LATEST ann * 10", "ann")
            .await?
            .is_empty()
    );
    server.stop().await
}

/// `IRCv3` event-playback: what is no words comes only to those who ask for it; TAGMSG that is to be kept is
/// kept. What was taken back comes no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_history_holds_events_for_those_who_ask_for_them() -> Result<()> {
    let caps = format!("{CAPS} draft/chathistory draft/message-redaction");
    let (server, mut people) = den(&[
        ("ann", &format!("{caps} draft/event-playback")),
        ("bob", &caps),
    ])
    .await?;
    let [ann, bob] = people.as_mut_slice() else {
        unreachable!()
    };
    let echo = ann.one("@+own=success;+draft/persist TAGMSG #den").await?;
    let kept = echo.tag("msgid").context("no id")?.to_owned();
    assert_eq!(bob.heard_one().await?.tag("msgid"), Some(kept.as_str()));
    let said = ann.one("NOTICE #den :to be taken back").await?;
    let id = said.tag("msgid").context("no id")?.to_owned();
    bob.heard().await?;
    let lines = bob.tell("CHATHISTORY LATEST #den * 10").await?;
    let (_, inner) = batch(&lines, "chathistory")?;
    assert_eq!(inner.len(), 1);
    assert!(
        inner[0].command == "NOTICE",
        "a notice stays one: {inner:#?}"
    );
    ann.tell(&format!("REDACT #den {id}")).await?;
    bob.heard().await?;
    assert!(history(bob, "LATEST #den * 10", "#den").await?.is_empty());
    let lines = ann.tell("CHATHISTORY LATEST #den * 10").await?;
    let (_, inner) = batch(&lines, "chathistory")?;
    let tagmsg: Vec<_> = inner
        .iter()
        .filter(|line| line.command == "TAGMSG")
        .collect();
    assert!(
        tagmsg.len() == 1 && tagmsg[0].tag("msgid") == Some(&kept),
        "{inner:#?}"
    );
    assert_eq!(tagmsg[0].tag("+own"), Some("success"));
    assert!(inner.iter().any(|line| line.command == "JOIN"));
    // To a person to whom nothing was said yet.
    let echo = ann.one("@+own=success;+draft/persist TAGMSG bob").await?;
    assert_eq!(bob.heard_one().await?.tag("msgid"), echo.tag("msgid"));
    let lines = ann.tell("CHATHISTORY LATEST bob * 10").await?;
    assert_eq!(batch(&lines, "chathistory")?.1.len(), 1);
    server.stop().await
}

/// A client that cannot ask for what was said is told unasked; one that can is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_what_was_said_is_replayed_to_clients_that_cannot_ask() -> Result<()> {
    let (server, mut people) = den(&[("ann", "")]).await?;
    people[0].tell("PRIVMSG #den :before bob came").await?;
    for (name, caps, told) in [
        ("bob", "server-time", true),
        ("cat", "batch server-time draft/chathistory", false),
    ] {
        let mut raw = Raw::newcomer(&server, name, caps).await?;
        let lines = raw.tell("JOIN #den").await?;
        let seen = lines
            .iter()
            .any(|line| line.is("PRIVMSG", &["#den", "before bob came"]));
        assert_eq!(seen, told, "{name}: {lines:#?}");
    }
    server.stop().await
}
