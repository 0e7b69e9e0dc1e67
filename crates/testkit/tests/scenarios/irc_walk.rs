//! What a walk with real clients through every line of the IRC front found, on the raw wire.

use anyhow::{Result, ensure};
use serde_json::json;
use snug_testkit::{
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
};

use super::irc_people::{Raw, has, of};

async fn server() -> Result<TestServer> {
    TestServer::open_to_all().await
}

/// modern.ircdocs.horse, key mode: clients change a key by `-k+k old new`, on one line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_a_key_is_changed_on_one_line_and_the_last_word_about_the_door_holds() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    ann.ask("JOIN #den old").await?;
    has(&ann.ask("MODE #den -k+k old new").await?, "MODE #den +k *")?;
    has(&bob.ask("JOIN #den old").await?, " 475 bob #den ")?;
    has(&bob.ask("JOIN #den new").await?, " JOIN #den")?;
    for (line, modes) in [
        ("MODE #den +k-k+k a a b", "+ntk *"),
        ("MODE #den +i-k b", "+int"),
        ("MODE #den +ik c", "+ntk *"),
        ("MODE #den +ki d", "+int"),
        ("MODE #den -i+k e", "+ntk *"),
        ("MODE #den +k-i f", "+ntk *"),
        ("MODE #den -k+i f", "+int"),
        ("MODE #den +i-i", "+nt"),
        ("MODE #den +k-k g g", "+nt"),
    ] {
        let said = ann.ask(line).await?;
        ensure!(
            !said.iter().any(|line| line.contains(" NOTICE ")),
            "{said:?}"
        );
        let now = ann.ask("MODE #den").await?;
        let ends = format!(" 324 ann #den {modes}");
        ensure!(
            now.iter().any(|line| line.ends_with(&ends)),
            "{line}: {now:?}"
        );
    }
    server.stop().await
}

/// A name that may not be known of and one that looks like another's are refused alike (DECISIONS 19), and in
/// words that help in both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_who_joins_an_unlisted_channel_without_its_key_is_told_what_it_takes() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    ann.ask("JOIN #den key").await?;
    ann.ask("MODE #den +s").await?;
    for line in ["JOIN #den", "JOIN #den wrong"] {
        let said = bob.ask(line).await?;
        has(&said, " 437 bob #den :")?;
        has(&said, "it takes its key or an invitation")?;
    }
    has(&bob.ask("JOIN #den key").await?, " JOIN #den")?;
    server.stop().await
}

/// `IRCv3` extended-join: the last parameter is the real name, in one's own JOIN as in others'.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ones_own_extended_join_says_ones_real_name() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "extended-join").await?;
    ann.ask("SETNAME :Ann Lee").await?;
    has(&ann.ask("JOIN #den").await?, " JOIN #den ann :Ann Lee")?;
    ann.ask("TOPIC #den :lamps").await?;
    ann.ask("PART #den").await?;
    ann.ask("SETNAME :Ann Archer").await?;
    has(&ann.ask("JOIN #den").await?, " JOIN #den ann :Ann Archer")?;
    let mut again = Raw::sign_in(&server, "ann", "extended-join").await?;
    let welcome = again.ask("PING more").await?;
    let _ = welcome;
    has(
        &again.ask("JOIN #attic").await?,
        " JOIN #attic ann :Ann Archer",
    )?;
    server.stop().await
}

/// The name of a login, which clients send as user and as real name unasked, is nobody's choice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_name_that_is_but_the_login_once_more_becomes_no_display_name() -> Result<()> {
    let server = server().await?;
    server.add_account("ann", PASSWORD).await?;
    for (user, realname, shown) in [("jdoe", "jdoe", ":0 ann"), ("jdoe", "J. Doe", ":0 J. Doe")] {
        let mut person = IrcPerson::connect(&server).await?;
        person
            .send(&format!(
                "PASS :ann:{PASSWORD}\r\nNICK ann\r\nUSER {user} 0 * :{realname}"
            ))
            .await?;
        let mut raw = Raw { person, pings: 0 };
        raw.ask("PING welcome").await?;
        raw.ask("PING settled").await?;
        has(&raw.ask("WHO ann").await?, shown)?;
    }
    server.stop().await
}

/// `IRCv3` draft/extended-isupport: a client that follows what changes is told what does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_signs_in_is_told_that_an_account_has_no_limit_of_channels() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    server.add_account("ann", PASSWORD).await?;
    server.add_account("bob", PASSWORD).await?;
    let mut guest = Raw {
        person: IrcPerson::connect(&server).await?,
        pings: 0,
    };
    guest
        .person
        .send("CAP REQ draft/extended-isupport\r\nNICK zoe\r\nUSER u 0 * :u\r\nCAP END")
        .await?;
    has(&guest.ask("PING welcome").await?, " CHANLIMIT=#:10,&:10 ")?;
    let said = guest
        .ask(&format!("NS IDENTIFY ann \"{PASSWORD}\""))
        .await?;
    has(&said, "You are signed in as ann now.")?;
    has(&said, " CHANLIMIT=#:,&: :are supported by this server")?;
    // Once more as oneself is nothing; as somebody else it is another sign-in, as by AUTHENTICATE.
    let said = guest
        .ask(&format!("NS IDENTIFY ann \"{PASSWORD}\""))
        .await?;
    has(&said, "You are signed in as ann already.")?;
    let said = guest
        .ask(&format!("NS IDENTIFY bob \"{PASSWORD}\""))
        .await?;
    has(&said, "You are signed in as bob now.")?;
    let whois = guest.ask("WHOIS bob").await?;
    ensure!(of(&whois, "330").len() == 1, "{whois:?}");
    server.stop().await
}

/// What people type to such services elsewhere is answered by what it is here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nickserv_helps_with_one_command_and_says_who_one_is() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let help = ann.ask("NS HELP cert").await?;
    ensure!(help.len() == 1, "{help:?}");
    has(&help, ":CERT ADD ")?;
    ensure!(ann.ask("NS HELP").await?.len() > 10);
    for (line, said) in [
        ("NS INFO", "You are signed in as ann."),
        ("NS STATUS bob", "/whois bob"),
        ("NS CERT LIST", "certificates: none"),
        ("NS LOGOUT", "/quit"),
        ("NS GROUP", "by your account"),
        ("NS SCRAM maybe pw", "not understood"),
        ("NS FROB", "not understood"),
    ] {
        has(&ann.ask(line).await?, said)?;
    }
    server.stop().await
}

/// `IRCv3` draft/metadata-2: what is past the number that max-subs says is refused by name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_key_past_those_that_may_be_followed_is_refused_by_name() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "draft/metadata-2 standard-replies").await?;
    let keys: Vec<_> = (0..51).map(|index| format!("k{index}")).collect();
    let said = ann
        .ask(&format!("METADATA * SUB {}", keys.join(" ")))
        .await?;
    has(&said, " k49")?;
    has(&said, "FAIL METADATA TOO_MANY_SUBS k50 :")?;
    server.stop().await
}

/// A reason is the rest of the line, with a colon before it or without: operators type it by hand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m2_the_reason_of_a_ban_and_a_wallops_is_the_rest_of_the_line() -> Result<()> {
    let server = server().await?;
    let mut owner = Raw::sign_in(&server, "owner", "").await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    ann.ask("MODE ann +w").await?;
    owner.ask("KLINE 5 192.0.2.7 a bad net").await?;
    has(&owner.ask("STATS k").await?, ":a bad net (until ")?;
    owner.ask("WALLOPS all hands on deck").await?;
    has(&ann.ask("PING heard").await?, "WALLOPS :all hands on deck")?;
    server.stop().await
}

/// RFC 2812 §3.2.1: `JOIN 0` leaves all channels that one can leave. §3.2.2: who is in none is told so, banned or
/// not (`ERR_NOTONCHANNEL`).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_channels_are_left_but_the_lobby_and_who_is_banned_leaves_none() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    ann.ask("JOIN #den,#attic").await?;
    ann.ask("MODE #den +b bob!*@*").await?;
    has(&bob.ask("PART #den").await?, " 442 bob #den :")?;
    let left = ann.ask("JOIN 0").await?;
    has(&left, " PART #den")?;
    has(&left, " PART #attic")?;
    ensure!(of(&left, "482").is_empty(), "{left:?}");
    server.stop().await
}

/// `IRCv3` account-tag: who has no account any more, or never had one, is not tagged as one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_guest_said_who_is_gone_is_tagged_as_no_accounts() -> Result<()> {
    let server = server().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    ann.ask("JOIN #den").await?;
    let mut guest = Raw {
        person: IrcPerson::connect(&server).await?,
        pings: 0,
    };
    guest.person.send("NICK zoe\r\nUSER u 0 * :u").await?;
    guest.ask("JOIN #den").await?;
    guest.ask("PRIVMSG #den :hello by a guest").await?;
    guest.person.send("QUIT").await?;
    while guest.person.raw_line().await?.is_some() {}
    let caps = "batch message-tags account-tag draft/chathistory";
    let mut again = Raw::sign_in(&server, "ann", caps).await?;
    let said = again.ask("CHATHISTORY LATEST #den * 10").await?;
    let line = said.iter().find(|line| line.contains("hello by a guest"));
    ensure!(
        line.is_some_and(|line| !line.contains("account=")),
        "{said:?}"
    );
    server.stop().await
}

/// Comes back with these capabilities; all that is said to it unasked.
async fn returns(server: &TestServer, name: &str, caps: &str) -> Result<Vec<String>> {
    let person = IrcPerson::connect(server).await?;
    let mut raw = Raw { person, pings: 0 };
    raw.person
        .send(&format!(
            "CAP REQ :{caps}\r\nPASS :{name}:{PASSWORD}\r\nNICK {name}\r\nUSER u 0 * :u\r\nCAP END"
        ))
        .await?;
    let mut came = raw.ask("PING one").await?;
    came.extend(raw.ask("PING two").await?);
    Ok(came)
}

/// What is shown on return looks like new words to who knows no `server-time`: a bot would do again what it was told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_a_client_without_server_time_is_shown_when_old_words_were_said() -> Result<()> {
    let server = server().await?;
    let mut ann = Raw::newcomer(&server, "ann", "").await?;
    let mut bob = Raw::newcomer(&server, "bob", "").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    ann.ask("PRIVMSG #den :!deploy").await?;
    ann.ask("PRIVMSG #den :\u{1}ACTION waves\u{1}").await?;
    ann.ask("PRIVMSG bob :directly").await?;
    let now = bob.ask("PING live").await?;
    has(&now, "PRIVMSG #den :!deploy")?;
    let shown = |lines: &[String], words: &str| {
        let ends = |line: &&String| line.ends_with(words);
        let line = lines.iter().find(ends).cloned().unwrap_or_default();
        line.split_once(" PRIVMSG ").map(|of| of.1.to_owned())
    };
    let came = returns(&server, "bob", "").await?;
    for (words, before) in [
        ("] !deploy", "#den :[20"),
        ("] waves\u{1}", "#den :\u{1}ACTION [20"),
        ("] directly", "bob :[20"),
    ] {
        let line = shown(&came, words);
        ensure!(
            line.is_some_and(|line| line.starts_with(before)),
            "{words}: {came:#?}"
        );
    }
    let came = returns(&server, "bob", "server-time").await?;
    has(&came, "PRIVMSG #den :!deploy")?;
    server.stop().await
}
