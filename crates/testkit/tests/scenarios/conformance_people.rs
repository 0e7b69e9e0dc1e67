//! What the public conformance suites of the IRC world ask and our other tests do not: each test cites the text
//! that it is about.

use anyhow::Result;
use serde_json::json;
use snug_testkit::{driver::IrcPerson, server::TestServer};

use super::irc_people::{Raw, has, of};

/// A server that takes guests: most programs come as one.
pub(super) async fn server() -> Result<TestServer> {
    let server = TestServer::with(|options| options.irc_lobby = false).await?;
    let mut owner = server.owner().await?;
    let open = json!({"registration": "open", "guests": "on"});
    owner.ok("server", open).await?;
    Ok(server)
}

/// A guest of this name, with these capabilities, all of the welcome read.
pub(super) async fn guest(server: &TestServer, name: &str, caps: &str) -> Result<Raw> {
    let mut raw = Raw {
        person: IrcPerson::connect(server).await?,
        pings: 0,
    };
    for line in [
        format!("CAP REQ :{caps}"),
        format!("NICK {name}"),
        format!("USER {name} 0 * :Real Name"),
        "CAP END".to_owned(),
    ] {
        raw.person.send(&line).await?;
    }
    raw.ask("PING welcome").await?;
    Ok(raw)
}

/// RFC 2812 §3.3.1 and §3.7.2: whoever says PING after another said something finds it there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_on_one_connection_is_with_others_before_their_later_ping_is_answered()
-> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "setname").await?;
    let mut bob = guest(&server, "bob", "setname").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    ann.came().await?;
    for turn in 0..20 {
        ann.person.send(&format!("PRIVMSG #den :{turn}")).await?;
        // The server has it in hand; what it asks of the store is still under way.
        tokio::task::yield_now().await;
        let mut heard = bob.came().await?;
        if heard.is_empty() {
            // The PING overtook the words on the way to the server.
            heard = bob.came().await?;
        }
        has(&heard, &format!(" PRIVMSG #den :{turn}"))?;
    }
    server.stop().await
}

/// RFC 2812 §3.1.7 and §3.6.3: whoever hears that a QUIT is done finds that others know of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quit_is_told_before_its_connection_is_closed() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    ann.ask("MONITOR + bob").await?;
    for ident in ["one", "two", "three"] {
        let mut bob = Raw {
            person: IrcPerson::connect(&server).await?,
            pings: 0,
        };
        bob.person.send("NICK bob").await?;
        bob.person
            .send(&format!("USER {ident} 0 * :Real Name"))
            .await?;
        let welcome = bob.ask("PING welcome").await?;
        assert_eq!(of(&welcome, "001").len(), 1, "{welcome:?}");
        has(&ann.came().await?, " 730 ann :bob!")?;
        bob.person.send("QUIT :bye").await?;
        bob.person.closed().await?;
        has(&ann.came().await?, " 731 ann :bob")?;
        let was = ann.ask("WHOWAS bob 1").await?;
        has(&was, &format!(" 314 ann bob {ident} "))?;
    }
    server.stop().await
}

/// RFC 2812 §3.6.3 and modern.ircdocs.horse, TARGMAX: WHOWAS of several, the most recent first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whowas_knows_several_at_once_the_newest_first() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    for name in ["bob", "cat"] {
        let mut gone = guest(&server, name, "batch").await?;
        gone.person.send("QUIT").await?;
        gone.person.closed().await?;
    }
    for asked in ["bob,cat", "cat,bob"] {
        let was = ann.ask(&format!("WHOWAS {asked}")).await?;
        let found = of(&was, "314");
        assert_eq!(found.len(), 2, "{was:?}");
        assert!(found[0].contains(" 314 ann cat "), "{was:?}");
        assert!(found[1].contains(" 314 ann bob "), "{was:?}");
        let ends = of(&was, "369");
        assert_eq!(ends.len(), 1);
        assert!(ends[0].contains(&format!(" 369 ann {asked} :")), "{was:?}");
    }
    server.stop().await
}

/// modern.ircdocs.horse, user mode `i`, and RFC 2812 §3.6.1: out of the lists for those one shares no channel with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invisible_one_is_found_by_name_and_by_those_in_the_same_channel() -> Result<()> {
    let server = server().await?;
    let mut evan = guest(&server, "evan", "batch").await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    assert_eq!(of(&ann.ask("WHO eva*").await?, "352").len(), 1);
    has(&evan.ask("MODE evan +i").await?, " MODE evan :+i")?;
    assert!(of(&ann.ask("WHO eva*").await?, "352").is_empty());
    assert_eq!(of(&ann.ask("WHO evan").await?, "352").len(), 1);
    assert_eq!(of(&evan.ask("WHO eva*").await?, "352").len(), 1);
    evan.ask("JOIN #den").await?;
    ann.ask("JOIN #den").await?;
    assert_eq!(of(&ann.ask("WHO eva*").await?, "352").len(), 1);
    has(&ann.ask("WHOIS evan").await?, " 319 ann evan :@#den")?;
    ann.ask("PART #den").await?;
    assert!(of(&ann.ask("WHO eva*").await?, "352").is_empty());
    assert!(of(&ann.ask("WHOIS evan").await?, "319").is_empty());
    evan.ask("MODE evan -i").await?;
    assert_eq!(of(&ann.ask("WHO eva*").await?, "352").len(), 1);
    server.stop().await
}

/// RFC 1459 §4.2.6: a secret channel is listed to its members alone, and joined by whoever knows its name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guests_secret_channel_is_joined_by_whoever_knows_its_name() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    let mut bob = guest(&server, "bob", "batch").await?;
    ann.ask("JOIN #gen").await?;
    ann.ask("MODE #gen +s").await?;
    has(&ann.ask("LIST").await?, " 322 ann #gen 1 :")?;
    let listed = bob.ask("LIST").await?;
    assert!(
        !listed.iter().any(|line| line.contains("#gen")),
        "{listed:?}"
    );
    has(&bob.ask("JOIN #gen").await?, " JOIN #gen")?;
    has(&bob.ask("LIST").await?, " 322 bob #gen 2 :")?;
    // With a key, or by invitation, its name alone is not enough.
    ann.ask("MODE #gen +i").await?;
    let mut cat = guest(&server, "cat", "batch").await?;
    let refused = cat.ask("JOIN #gen").await?;
    assert!(of(&refused, "JOIN").is_empty(), "{refused:?}");
    server.stop().await
}

/// modern.ircdocs.horse, `RPL_WHOISCHANNELS` and PREFIX: the same sign as in NAMES.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whois_shows_a_guest_with_the_sign_that_names_shows() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    let mut bob = guest(&server, "bob", "batch").await?;
    has(&ann.ask("JOIN #den").await?, " 353 ann = #den :@ann")?;
    has(&bob.ask("WHOIS ann").await?, " 319 bob ann :@#den")?;
    server.stop().await
}

/// modern.ircdocs.horse, STATUSMSG: advertised, and open to every member.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_to_the_operators_of_a_channel_reach_them_alone() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    let mut bob = guest(&server, "bob", "batch").await?;
    let mut cat = guest(&server, "cat", "batch").await?;
    let supported = ann.ask("VERSION").await?.join("\n");
    assert!(supported.contains(" STATUSMSG=~&@%+ "), "{supported}");
    for one in [&mut ann, &mut bob, &mut cat] {
        one.ask("JOIN #den").await?;
    }
    bob.came().await?;
    ann.came().await?;
    assert_eq!(
        cat.ask("PRIVMSG @#den :for operators").await?,
        Vec::<String>::new()
    );
    has(&ann.came().await?, " PRIVMSG @#den :for operators")?;
    assert!(bob.came().await?.is_empty());
    server.stop().await
}

/// `IRCv3` read-marker: "The last read timestamp of a target MUST only ever increase", also past a channel's end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_marker_outlives_the_channel_for_the_client_that_set_it() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "draft/read-marker").await?;
    has(&ann.ask("JOIN #den").await?, " MARKREAD #den *")?;
    let until = "timestamp=2020-03-15T10:00:00.000Z";
    ann.ask(&format!("MARKREAD #den {until}")).await?;
    ann.ask("PART #den").await?;
    let joined = ann.ask("JOIN #den").await?;
    has(&joined, &format!(" MARKREAD #den {until}"))?;
    has(&ann.ask("MARKREAD #nowhere").await?, " MARKREAD #nowhere *")?;
    server.stop().await
}

/// `IRCv3` draft/message-redaction, errors: nothing was said between the two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redacting_where_nothing_was_said_names_the_message() -> Result<()> {
    let server = server().await?;
    let caps = "draft/message-redaction message-tags standard-replies";
    let mut ann = guest(&server, "ann", caps).await?;
    let _bob = guest(&server, "bob", "batch").await?;
    has(
        &ann.ask("REDACT bob nonsense :oops").await?,
        " FAIL REDACT UNKNOWN_MSGID bob nonsense :",
    )?;
    has(
        &ann.ask("REDACT #nowhere nonsense").await?,
        " FAIL REDACT INVALID_TARGET #nowhere :",
    )?;
    server.stop().await
}

/// `IRCv3` draft/metadata-2 and draft/metadata-3, "before-connect": what was set before the welcome is shown
/// after it, and every batch names its target.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metadata_may_come_before_the_welcome() -> Result<()> {
    let server = server().await?;
    for (caps, shown) in [
        ("draft/metadata-2", " METADATA ann display-name * :Ann"),
        ("draft/metadata-3", " 761 ann ann display-name * :Ann"),
    ] {
        let mut ann = Raw {
            person: IrcPerson::connect(&server).await?,
            pings: 0,
        };
        ann.person.send("CAP LS 302").await?;
        ann.wait_for(&format!("{caps}=before-connect,")).await?;
        has(
            &ann.ask(&format!("CAP REQ :batch {caps}")).await?,
            " ACK :batch",
        )?;
        has(
            &ann.ask("METADATA * SET display-name :Ann").await?,
            " 761 * * display-name * :Ann",
        )?;
        has(
            &ann.ask("METADATA * SET b@d :x").await?,
            " FAIL METADATA KEY_INVALID b@d :",
        )?;
        has(&ann.ask("METADATA * SUB avatar").await?, " 770 * avatar")?;
        has(&ann.ask("METADATA ann LIST").await?, " 451 * :")?;
        for line in ["NICK ann", "USER ann 0 * :Real Name", "CAP END"] {
            ann.person.send(line).await?;
        }
        let welcome = ann.ask("PING welcome").await?;
        has(&welcome, " metadata ann")?;
        has(&welcome, shown)?;
        has(&ann.ask("METADATA * SUBS").await?, " 772 ann avatar")?;
        ann.person.send("QUIT").await?;
        ann.person.closed().await?;
    }
    server.stop().await
}

/// `IRCv3` draft/metadata-2: its own words for a value that cannot be, one answer to SUB, and nothing of those one
/// shares no channel with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_metadata_draft_is_spoken_as_it_is_written() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "draft/metadata-2 batch").await?;
    let mut bob = guest(&server, "bob", "draft/metadata-2 batch").await?;
    bob.ask("JOIN #den").await?;
    let subscribed = bob.ask("METADATA * SUB display-name").await?;
    assert_eq!(subscribed.len(), 1, "{subscribed:?}");
    let long = "abcd".repeat(120);
    let refused = ann
        .ask(&format!("METADATA * SET display-name :{long}"))
        .await?;
    assert_eq!(refused.len(), 1, "{refused:?}");
    has(&refused, " FAIL METADATA VALUE_INVALID :")?;
    ann.ask("METADATA * SET display-name :Ann").await?;
    let listed = ann.ask("METADATA * LIST").await?;
    has(&listed, " metadata ann")?;
    assert_eq!(bob.came().await?, Vec::<String>::new());
    let heard = {
        ann.ask("JOIN #hut").await?;
        bob.ask("JOIN #hut").await?
    };
    has(&heard, " METADATA ann display-name * :Ann")?;
    server.stop().await
}

/// modern.ircdocs.horse, WHO: the channel as it is called, and the mask as it was written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_of_a_channel_in_another_case_shows_it_as_it_is_called() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "Ann", "batch").await?;
    ann.ask("JOIN #Chan").await?;
    let who = ann.ask("WHO #CHAN").await?;
    has(&who, " 352 Ann #Chan Ann ")?;
    has(&who, " 315 Ann #CHAN :")?;
    server.stop().await
}

/// RFC 2812 §3.2.5: `@` before the names of a secret channel, for who made it so and for who joins it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_a_secret_channel_say_that_it_is_one() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    let mut bob = guest(&server, "bob", "batch").await?;
    ann.ask("JOIN #den").await?;
    ann.ask("MODE #den +s").await?;
    has(&ann.ask("NAMES #den").await?, " 353 ann @ #den :@ann")?;
    has(&bob.ask("JOIN #den").await?, " 353 bob @ #den :")?;
    server.stop().await
}

/// defs.ircdocs.horse, EXTBAN: who fits a mask behind `~m:` may join and says nothing, unless voiced or exempt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mute_mask_lets_in_and_silences() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "batch").await?;
    let mut bob = guest(&server, "bob", "batch").await?;
    ann.ask("JOIN #den").await?;
    let set = ann.ask("MODE #den +b ~m:bob!*@*").await?;
    has(&set, " MODE #den +b ~m:bob!*@*")?;
    has(&bob.ask("JOIN #den").await?, " JOIN #den")?;
    has(
        &bob.ask("MODE #den +b").await?,
        " 367 bob #den ~m:bob!*@* ann",
    )?;
    ann.came().await?;
    for (change, heard) in [
        ("MODE #den +i", false),
        ("MODE #den +v bob", true),
        ("MODE #den -v bob", false),
        ("MODE #den +e ~m:*!~BOB@*", true),
        ("MODE #den -e ~m:*!bob@*", false),
        ("MODE #den -b ~m:BOB!*@*", true),
    ] {
        let changed = ann.ask(change).await?;
        assert_eq!(of(&changed, "MODE").len(), 1, "{change}: {changed:?}");
        bob.came().await?;
        let refused = bob.ask("PRIVMSG #den :hello").await?;
        assert_eq!(of(&refused, "404").is_empty(), heard, "{change}");
        let came = ann.came().await?;
        assert_eq!(!of(&came, "PRIVMSG").is_empty(), heard, "{change}");
    }
    // Nor from outside of a channel that others may write to.
    ann.ask("MODE #den -n").await?;
    ann.ask("MODE #den +b ~m:cat!*@*").await?;
    let mut cat = guest(&server, "cat", "batch").await?;
    has(&cat.ask("PRIVMSG #den :hello").await?, " 404 cat #den ")?;
    assert!(of(&ann.came().await?, "PRIVMSG").is_empty());
    server.stop().await
}
