//! What crosses over to other clients: edits, deletions, replies, reactions, read markers (K5, R9, R10).

use anyhow::{Context, Result};
use snug_testkit::driver::{NativePerson, PASSWORD, Person};

use super::{CAPS, Raw, den};

/// `IRCv3` message-redaction, and the edit draft (ircv3-specifications #425): both ways, with what others
/// are told instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_messages_are_taken_back_and_changed_by_irc_clients() -> Result<()> {
    let caps = format!("{CAPS} draft/message-redaction draft/message-edit");
    let (server, mut people) =
        den(&[("ann", &caps), ("bob", &caps), ("cat", "message-tags")]).await?;
    let [ann, bob, cat] = people.as_mut_slice() else {
        unreachable!()
    };
    let said = bob.one("PRIVMSG #den :anex ample").await?;
    let id = said.tag("msgid").context("no id")?.to_owned();
    let edit = format!("@draft/target-msgid={id};draft/edit-text=an\\sexample EDIT #den");
    let echo = bob.one(&edit).await?;
    ann.heard().await?;
    assert!(echo.is("EDIT", &["#den"]), "{echo:?}");
    assert_eq!(echo.tag("draft/target-msgid"), Some(id.as_str()));
    assert_eq!(echo.tag("draft/edit-text"), Some("an example"));
    assert_eq!(cat.heard().await?[1].params[1], "* bob edited: an example");
    let no = ann.one(&edit).await?;
    assert_eq!(no.params[..2], ["EDIT", "EDIT_FORBIDDEN"]);
    let no = cat.one(&format!("REDACT #den {id}")).await?;
    assert_eq!(no.params[..4], ["REDACT", "REDACT_FORBIDDEN", "#den", &id]);
    let echo = ann
        .one(&format!("@label=r REDACT #den {id} :off topic"))
        .await?;
    assert!(echo.is("REDACT", &["#den", &id, "off topic"]) && echo.tag("label") == Some("r"));
    assert!(echo.from.starts_with("ann!"));
    assert!(
        bob.heard_one()
            .await?
            .is("REDACT", &["#den", &id, "off topic"])
    );
    assert_eq!(
        cat.heard_one().await?.params[1],
        "* ann deleted a message: off topic"
    );
    for (line, code) in [
        ("REDACT #den nonsense".to_owned(), "UNKNOWN_MSGID"),
        (format!("REDACT #den {id}"), "UNKNOWN_MSGID"),
        (format!("REDACT #nowhere {id}"), "INVALID_TARGET"),
        (format!("REDACT #lobby {id}"), "UNKNOWN_MSGID"),
    ] {
        let no = ann.one(&line).await?;
        assert_eq!(
            (no.command.as_str(), no.params[1].as_str()),
            ("FAIL", code),
            "{line}"
        );
    }
    // Between two.
    let said = ann.one("PRIVMSG bob :oops").await?;
    let id = said.tag("msgid").context("no id")?.to_owned();
    bob.heard().await?;
    assert!(
        ann.one(&format!("REDACT bob {id}"))
            .await?
            .is("REDACT", &["bob", &id])
    );
    assert!(bob.heard_one().await?.is("REDACT", &["bob", &id]));
    server.stop().await
}

/// `IRCv3` reply, react and typing: what the session knows the meaning of is that to native clients, and
/// comes from them as tags.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r10_replies_reactions_and_typing_cross_over_to_irc() -> Result<()> {
    let (server, mut people) = den(&[("ann", CAPS), ("bob", "")]).await?;
    let mut native = NativePerson::newcomer(&server, "nat").await?.wire;
    native
        .ok("join", serde_json::json!({"room": "den"}))
        .await?;
    let [ann, bob] = people.as_mut_slice() else {
        unreachable!()
    };
    let said = ann.tell("PRIVMSG #den :tea?").await?;
    let id = said
        .last()
        .and_then(|line| line.tag("msgid"))
        .context("no id")?
        .to_owned();
    let seq = native.event_named("message").await?["seq"].clone();
    bob.heard().await?;
    ann.tell(&format!("@+draft/reply={id} PRIVMSG #den :with milk"))
        .await?;
    let heard = native.event(|event| event["body"] == "with milk").await?;
    assert_eq!(heard["reply_to"], seq);
    let heard = bob.heard().await?;
    assert_eq!(heard[0].params[1], "* in reply to <ann> tea?");
    let echo = ann
        .one(&format!(
            "@label=r;+draft/reply={id};+draft/react=👍 TAGMSG #den"
        ))
        .await?;
    assert!(
        echo.is("TAGMSG", &["#den"]) && echo.tag("label") == Some("r"),
        "{echo:?}"
    );
    assert_eq!(echo.tag("+draft/react"), Some("👍"));
    let heard = native.event_named("reacted").await?;
    assert_eq!(
        (&heard["of"], &heard["emoji"]),
        (&seq, &serde_json::json!("👍"))
    );
    assert!(bob.heard_one().await?.params[1].contains("reacted with 👍"));
    ann.tell("@+typing=active TAGMSG #den").await?;
    assert_eq!(native.event_named("typing").await?["name"], "ann");

    // And from there to here.
    let reply = serde_json::json!({"room": "den", "body": "and sugar", "reply_to": seq});
    native.ok("send", reply).await?;
    let react = serde_json::json!({"room": "den", "seq": seq, "emoji": "🫖"});
    native.ok("react", react).await?;
    native
        .ok("typing", serde_json::json!({"room": "den"}))
        .await?;
    let heard = ann.heard().await?;
    assert_eq!(
        heard[0].tag("+draft/reply"),
        Some(id.as_str()),
        "{heard:#?}"
    );
    assert_eq!(heard[1].tag("+draft/react"), Some("🫖"));
    assert_eq!(heard[1].tag("+draft/reply"), Some(id.as_str()));
    assert!(heard[2].is("TAGMSG", &["#den"]) && heard[2].tag("+typing") == Some("active"));
    // What is no reaction of ours is passed on as it is.
    bob.heard().await?;
    let echo = ann
        .one("@+draft/reply=123;+draft/react=l😃l TAGMSG #den")
        .await?;
    assert_eq!(echo.tag("+draft/react"), Some("l😃l"));
    assert!(bob.heard().await?.is_empty());
    server.stop().await
}

/// `IRCv3` read-marker: in step with the markers of native clients.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r9_the_read_marker_of_irc_is_the_one_of_all_clients() -> Result<()> {
    let caps = "draft/read-marker server-time message-tags";
    let (server, mut people) = den(&[("ann", caps)]).await?;
    let ann = &mut people[0];
    let past = "timestamp=2019-01-04T14:33:26.123Z";
    assert!(
        ann.one("MARKREAD #nowhere")
            .await?
            .is("MARKREAD", &["#nowhere", "*"])
    );
    assert!(
        ann.one(&format!("MARKREAD #den {past}"))
            .await?
            .is("MARKREAD", &["#den", past])
    );
    let older = ann
        .one("MARKREAD #den timestamp=2018-01-01T00:00:00.000Z")
        .await?;
    assert!(older.is("MARKREAD", &["#den", past]), "{older:?}");
    ann.tell("PART #den").await?;
    let joined = ann.tell("JOIN #den").await?;
    let at = |command: &str| joined.iter().position(|line| line.command == command);
    assert!(
        at("JOIN") < at("MARKREAD") && at("MARKREAD") < at("366"),
        "{joined:#?}"
    );
    assert!(joined[at("MARKREAD").context("none")?].is("MARKREAD", &["#den", past]));
    for (line, code) in [
        ("MARKREAD", "NEED_MORE_PARAMS"),
        ("MARKREAD #den *", "INVALID_PARAMS"),
        ("MARKREAD #den timestamp=not-a-time", "INVALID_PARAMS"),
    ] {
        assert_eq!(ann.one(line).await?.params[1], code);
    }
    let mut other = Raw::sign_in(&server, "ann", caps).await?;
    let mut native = NativePerson::sign_in(&server, "ann").await?.wire;
    server.add_account("bob", PASSWORD).await?;
    assert!(
        ann.one(&format!("MARKREAD bob {past}"))
            .await?
            .is("MARKREAD", &["bob", past])
    );
    assert!(
        other
            .one("MARKREAD bob")
            .await?
            .is("MARKREAD", &["bob", past])
    );
    let mut bob = NativePerson::sign_in(&server, "bob").await?.wire;
    let sent = bob
        .ok("send", serde_json::json!({"room": "lobby", "body": "hi"}))
        .await?;
    let now = format!("timestamp={}", sent["at"].as_str().context("no time")?);
    assert!(
        ann.tell(&format!("MARKREAD #lobby {now}"))
            .await?
            .iter()
            .any(|line| line.is("MARKREAD", &["#lobby", &now]))
    );
    assert!(
        other
            .heard()
            .await?
            .iter()
            .any(|line| line.is("MARKREAD", &["#lobby", &now]))
    );
    let marked = native
        .event(|event| event["ev"] == "marked" && event["seq"] == sent["seq"])
        .await?;
    assert_eq!(marked["unread"], 0);
    server.stop().await
}
