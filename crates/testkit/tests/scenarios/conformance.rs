//! What test programs of the IRC world look at and nothing else here does, one test a specification, which
//! it cites: over the real server, as guests, who are what such programs come as.

use anyhow::{Context, Result, ensure};
use snug_proto::{GuestPolicy, Registration};
use snug_testkit::{
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
};

/// A server that takes guests, and has no lobby on IRC.
async fn rig() -> Result<TestServer> {
    TestServer::with(|options| {
        options.guests = GuestPolicy::On;
        options.registration = Registration::Open;
        options.irc_lobby = false;
    })
    .await
}

/// Expects exactly these answers, each by how it begins.
async fn asks(person: &mut IrcPerson, line: &str, expected: &[&str]) -> Result<()> {
    let came = person.asks(line).await?;
    let fits = came.len() == expected.len()
        && came
            .iter()
            .zip(expected)
            .all(|(came, expected)| came.starts_with(expected));
    ensure!(fits, "{line}: {came:#?} is not {expected:#?}");
    Ok(())
}

/// The lines up to one that holds this, it among them.
async fn until(person: &mut IrcPerson, wanted: &str) -> Result<Vec<String>> {
    let mut came = Vec::new();
    loop {
        let line = person.raw_line().await?;
        let line = line.with_context(|| format!("closed after {came:#?}"))?;
        let found = line.contains(wanted);
        came.push(line);
        if found {
            return Ok(came);
        }
    }
}

/// modern.ircdocs.horse, INVITE: any member invites into a channel that is not invite-only, and who is in
/// it already is told of (`ERR_USERONCHANNEL`) whether one may invite or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_is_no_operator_invites_into_an_open_channel_only() -> Result<()> {
    let server = rig().await?;
    let mut ann = IrcPerson::guest(&server, "ann").await?;
    let mut bob = IrcPerson::guest(&server, "bob").await?;
    let _cat = IrcPerson::guest(&server, "cat").await?;
    asks(&mut ann, "JOIN #den", &["353 ann = #den @ann", "366"]).await?;
    asks(&mut bob, "JOIN #den", &["353 bob = #den @ann bob", "366"]).await?;
    asks(&mut bob, "INVITE cat #den", &["341 bob cat #den"]).await?;
    asks(&mut bob, "INVITE ann #den", &["443 bob ann #den"]).await?;
    asks(&mut ann, "MODE #den +i", &["MODE #den +i"]).await?;
    bob.asks("PING changed").await?;
    // ERR_CHANOPRIVSNEEDED
    asks(&mut bob, "INVITE cat #den", &["482 bob #den"]).await?;
    server.stop().await
}

/// RFC 2812 §3.2.1: a channel is made by whoever comes first, and who comes at the same time is in it too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_join_an_unknown_channel_at_once_are_in_it() -> Result<()> {
    let server = rig().await?;
    let mut all = Vec::new();
    for number in 0..6 {
        all.push(IrcPerson::guest(&server, &format!("gus{number}")).await?);
    }
    for round in 0..10 {
        for person in &mut all {
            person.send(&format!("JOIN #round{round}")).await?;
        }
        for person in &mut all {
            until(person, &format!(" #round{round} :End of /NAMES list")).await?;
        }
    }
    server.stop().await
}

/// modern.ircdocs.horse, CHANLIMIT: as many channels as it says, and `ERR_TOOMANYCHANNELS` for one more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_is_in_as_many_channels_as_chanlimit_says() -> Result<()> {
    let server = rig().await?;
    let mut ann = IrcPerson::guest(&server, "ann").await?;
    let mut bob = IrcPerson::guest(&server, "bob").await?;
    bob.asks("JOIN #bobs").await?;
    let version = ann.asks("VERSION").await?.join(" ");
    let most = version
        .split("CHANLIMIT=#:")
        .nth(1)
        .context("no CHANLIMIT")?;
    let most: usize = most.split([' ', ',']).next().unwrap_or_default().parse()?;
    for number in 0..most {
        let channel = format!("#chan{number}");
        let first = format!("353 ann = {channel} ");
        asks(&mut ann, &format!("JOIN {channel}"), &[&first, "366"]).await?;
    }
    asks(&mut ann, "JOIN #more", &["405 ann #more"]).await?;
    asks(&mut ann, "JOIN #bobs", &["405 ann #bobs"]).await?;
    // Those of the other kind are counted by themselves.
    for number in 0..most {
        let channel = format!("&chan{number}");
        let first = format!("353 ann = {channel} ");
        asks(&mut ann, &format!("JOIN {channel}"), &[&first, "366"]).await?;
    }
    asks(&mut ann, "JOIN &more", &["405 ann &more"]).await?;
    ann.asks("PART #chan0").await?;
    asks(&mut ann, "JOIN #bobs", &["353 ann = #bobs ", "366"]).await?;
    server.stop().await
}

/// RFC 2812 §3.1.7: the server acknowledges a QUIT by ERROR and closes. Who asks from then on does not find
/// who went: LUSERS counts one less, and WHOWAS knows them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_told_goodbye_is_gone_for_others_too() -> Result<()> {
    let server = rig().await?;
    let mut ann = IrcPerson::guest(&server, "ann").await?;
    for _ in 0..30 {
        let mut gus = IrcPerson::guest(&server, "gus").await?;
        gus.send("QUIT").await?;
        gus.closed().await?;
        let counted = ann.asks("LUSERS").await?;
        let one = counted.iter().any(|line| line.starts_with("265 ann 1 "));
        ensure!(one, "{counted:#?}");
        asks(&mut ann, "WHOWAS gus 1", &["314 ann gus", "312", "369"]).await?;
    }
    server.stop().await
}

/// modern.ircdocs.horse, NICKLEN: a nick of that many letters can be had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nick_as_long_as_nicklen_says_can_be_had_and_none_that_is_longer() -> Result<()> {
    let server = rig().await?;
    let mut ann = IrcPerson::guest(&server, "ann").await?;
    let version = ann.asks("VERSION").await?.join(" ");
    let most = version.split("NICKLEN=").nth(1).context("no NICKLEN")?;
    let most = most.split(' ').next().unwrap_or_default();
    let most: usize = most.parse()?;
    let (fits, longer) = ("a".repeat(most), "b".repeat(most + 1));
    ann.send(&format!("NICK {fits}")).await?;
    until(&mut ann, &format!(" NICK {fits}")).await?;
    ann.send(&format!("NICK {longer}")).await?;
    // ERR_ERRONEUSNICKNAME
    until(&mut ann, &format!(" 432 {fits} {longer} ")).await?;
    server.stop().await
}

/// `IRCv3` extended-join: the real name that stands at the end is what USER said, for a guest and for an
/// account that has given itself no other name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_a_display_name_takes_the_real_name_of_its_client() -> Result<()> {
    let server = rig().await?;
    server.add_account("jil", PASSWORD).await?;
    let mut ann = IrcPerson::guest(&server, "ann").await?;
    ann.asks("CAP REQ extended-join").await?;
    ann.asks("JOIN #den").await?;
    for (realname, shown) in [
        ("The Lounge User", "jil"),
        ("x", "jil"),
        ("Jil Name", "Jil Name"),
        ("Another Name", "Jil Name"),
    ] {
        let mut jil = IrcPerson::connect(&server).await?;
        jil.send(&format!("PASS :jil:{PASSWORD}\r\nNICK jil"))
            .await?;
        jil.send(&format!("USER u 0 * :{realname}\r\nJOIN #den"))
            .await?;
        until(&mut jil, " 366 ").await?;
        let joined = until(&mut ann, " JOIN #den ").await?.join("\n");
        let end = format!(" JOIN #den jil :{shown}");
        ensure!(joined.ends_with(&end), "{joined}");
        jil.send("PART #den").await?;
        until(&mut ann, " PART #den").await?;
        jil.send("QUIT").await?;
        jil.closed().await?;
    }
    server.stop().await
}

/// `IRCv3` draft/account-registration: `email-required` where there has to be something in its place, and
/// `INVALID_EMAIL` where there is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registering_by_a_code_asks_for_it_in_the_place_of_an_email() -> Result<()> {
    let server = rig().await?;
    let mut owner = server.owner().await?;
    for (policy, asked) in [("open", false), ("invite", true), ("open", false)] {
        let policy = serde_json::json!({"registration": policy});
        owner.ok("server", policy).await?;
        let mut bob = IrcPerson::connect(&server).await?;
        bob.send("CAP LS 302").await?;
        let listed = until(&mut bob, " LS :").await?.join("\n");
        ensure!(listed.contains(",email-required ") == asked, "{listed}");
        if asked {
            bob.send("NICK bob\r\nREGISTER * * a-long-passphrase")
                .await?;
            until(&mut bob, " FAIL REGISTER INVALID_EMAIL bob :").await?;
        }
    }
    server.stop().await
}
