//! Rooms as channels on the raw wire of IRC: RFC 2812 §3.2, modern.ircdocs.horse "Channel Operations", and
//! `IRCv3` account-extban, draft/channel-rename, invite-notify, multi-prefix, no-implicit-names and
//! userhost-in-names.

use anyhow::Result;
use serde_json::json;
use snug_testkit::{
    driver::{IrcPerson, Person},
    server::TestServer,
};

async fn newcomer(server: &TestServer, name: &str) -> Result<IrcPerson> {
    IrcPerson::newcomer(server, name).await
}

/// Asks, and expects exactly these lines, each from its start on.
async fn asks(person: &mut IrcPerson, line: &str, expected: &[&str]) -> Result<()> {
    let came = person.asks(line).await?;
    let fits = came.len() == expected.len()
        && came
            .iter()
            .zip(expected)
            .all(|(came, expected)| came.starts_with(expected));
    assert!(fits, "{line}: {came:#?} is not {expected:#?}");
    Ok(())
}

/// Expects exactly these lines of what others did.
async fn hears(person: &mut IrcPerson, expected: &[&str]) -> Result<()> {
    let mut all = expected.to_vec();
    all.push("PONG");
    asks(person, "PING heard", &all).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_modes_of_a_channel_are_the_settings_of_its_room() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = newcomer(&server, "ann").await?;
    let mut bob = newcomer(&server, "bob").await?;
    asks(
        &mut ann,
        "JOIN #den",
        &["353 ann = #den ~ann", "366 ann #den"],
    )
    .await?;
    asks(
        &mut bob,
        "JOIN #den",
        &["353 bob = #den ~ann bob", "366 bob #den"],
    )
    .await?;
    // RPL_CHANNELMODEIS, RPL_CREATIONTIME.
    asks(
        &mut ann,
        "MODE #den",
        &["324 ann #den +nt", "329 ann #den 1"],
    )
    .await?;
    // One line, one change (RFC 2812 §3.2.3).
    asks(&mut ann, "MODE #den +ms-t", &["MODE #den +ms-t"]).await?;
    hears(&mut bob, &["MODE #den +ms-t"]).await?;
    asks(
        &mut ann,
        "MODE #den",
        &["324 ann #den +mns", "329 ann #den"],
    )
    .await?;
    // ERR_CANNOTSENDTOCHAN while moderated; a voice lets one speak.
    asks(&mut bob, "PRIVMSG #den :hi", &["404 bob #den"]).await?;
    asks(&mut ann, "MODE #den +v bob", &["MODE #den +v bob"]).await?;
    hears(&mut bob, &["MODE #den +v bob"]).await?;
    asks(&mut bob, "PRIVMSG #den :hi", &[]).await?;
    asks(
        &mut ann,
        "NAMES #den",
        &["353 ann @ #den ~ann +bob", "366 ann #den"],
    )
    .await?;
    asks(&mut ann, "MODE #den -v bob", &["MODE #den -v bob"]).await?;
    asks(&mut ann, "MODE #den -v bob", &[]).await?;
    hears(&mut bob, &["MODE #den -v bob"]).await?;
    // ERR_CHANOPRIVSNEEDED, ERR_UNKNOWNMODE, ERR_NEEDMOREPARAMS, ERR_INVALIDMODEPARAM.
    asks(&mut bob, "MODE #den -m", &["482 bob #den"]).await?;
    asks(&mut ann, "MODE #den +Z", &["472 ann Z"]).await?;
    asks(&mut ann, "MODE #den +o", &["461 ann MODE"]).await?;
    asks(&mut ann, "MODE #den +l x", &["696 ann #den l x"]).await?;
    asks(&mut ann, "MODE #den +k :a b", &["696 ann #den k *"]).await?;
    asks(&mut ann, "MODE #none +m", &["403 ann #none"]).await?;
    // ERR_NOSUCHNICK for nobody, ERR_USERNOTINCHANNEL for somebody elsewhere.
    let mut cat = newcomer(&server, "cat").await?;
    asks(&mut ann, "MODE #den +o nobody", &["401 ann nobody"]).await?;
    asks(&mut ann, "MODE #den +o cat", &["441 ann cat #den"]).await?;
    asks(&mut ann, "MODE #den +o bob", &["MODE #den +o bob"]).await?;
    hears(&mut bob, &["MODE #den +o bob"]).await?;
    asks(&mut bob, "MODE #den +W 30", &["MODE #den +W 30"]).await?;
    hears(&mut ann, &["MODE #den +W 30"]).await?;
    asks(&mut bob, "MODE #den -o ann", &["482 bob #den"]).await?;
    // A secret channel is unknown to others.
    asks(&mut cat, "MODE #den", &["403 cat #den"]).await?;
    asks(&mut cat, "LIST", &["321 cat", "322 cat #lobby", "323 cat"]).await?;
    asks(
        &mut ann,
        "LIST #d*",
        &["321 ann", "322 ann #den 2", "323 ann"],
    )
    .await?;
    // Without +n those outside speak too, where they can know of the channel.
    asks(&mut ann, "MODE #den -nms", &["MODE #den -mns"]).await?;
    asks(&mut cat, "PRIVMSG #den :hello", &[]).await?;
    ann.hears("den", "cat", "hello").await?;
    asks(&mut cat, "TOPIC #den :mine", &["442 cat #den"]).await?;
    asks(&mut ann, "MODE #den +n", &["MODE #den +n"]).await?;
    asks(&mut cat, "PRIVMSG #den :hello", &["404 cat #den"]).await?;
    asks(&mut ann, "MODE #den +A", &["MODE #den +A"]).await?;
    asks(&mut ann, "PRIVMSG #den :hi", &["404 ann #den"]).await?;
    asks(&mut ann, "MODE #den -A", &["MODE #den -A"]).await?;
    drop((ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_keys_limits_and_invitations_keep_a_channels_door() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = newcomer(&server, "ann").await?;
    let mut bob = newcomer(&server, "bob").await?;
    ann.asks("JOIN #den").await?;
    asks(&mut ann, "MODE #den +k beer", &["MODE #den +k *"]).await?;
    // ERR_BADCHANNELKEY.
    asks(&mut bob, "JOIN #den", &["475 bob #den"]).await?;
    asks(&mut bob, "JOIN #den bees", &["475 bob #den"]).await?;
    asks(&mut ann, "MODE #den -k beer", &["MODE #den -k *"]).await?;
    // ERR_CHANNELISFULL.
    asks(&mut ann, "MODE #den +l 1", &["MODE #den +l 1"]).await?;
    asks(&mut bob, "JOIN #den", &["471 bob #den"]).await?;
    asks(&mut ann, "MODE #den -l", &["MODE #den -l"]).await?;
    // ERR_INVITEONLYCHAN, RPL_INVITING, ERR_NOSUCHNICK, ERR_USERONCHANNEL, ERR_NOTONCHANNEL.
    asks(&mut ann, "MODE #den +i", &["MODE #den +i"]).await?;
    asks(&mut bob, "JOIN #den", &["473 bob #den"]).await?;
    asks(&mut bob, "INVITE ann #den", &["442 bob #den"]).await?;
    asks(&mut ann, "INVITE nobody #den", &["401 ann nobody"]).await?;
    asks(&mut ann, "INVITE bob #den", &["341 ann bob #den"]).await?;
    hears(&mut bob, &["INVITE bob #den"]).await?;
    asks(&mut bob, "INVITE", &["336 bob #den", "337 bob"]).await?;
    bob.asks("JOIN #den").await?;
    asks(&mut ann, "INVITE bob #den", &["443 ann bob #den"]).await?;
    asks(&mut ann, "MODE #den -i", &["MODE #den -i"]).await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_masks_ban_except_and_let_in() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = newcomer(&server, "ann").await?;
    let mut bob = newcomer(&server, "bob").await?;
    ann.asks("JOIN #den").await?;
    asks(&mut ann, "MODE #den +b B?B!*@*", &["MODE #den +b b?b!*@*"]).await?;
    // ERR_BANNEDFROMCHAN; RPL_BANLIST with who and when.
    asks(&mut bob, "JOIN #den", &["474 bob #den"]).await?;
    asks(
        &mut ann,
        "MODE #den b",
        &["367 ann #den b?b!*@* ann ", "368 ann #den"],
    )
    .await?;
    // RPL_EXCEPTLIST, and an account's (IRCv3 account-extban).
    asks(&mut ann, "MODE #den +e ~a:bob", &["MODE #den +e ~a:bob"]).await?;
    asks(
        &mut ann,
        "MODE #den e",
        &["348 ann #den ~a:bob", "349 ann #den"],
    )
    .await?;
    bob.asks("JOIN #den").await?;
    asks(&mut bob, "PRIVMSG #den :hi", &[]).await?;
    asks(&mut ann, "MODE #den -e ~a:bob", &["MODE #den -e ~a:bob"]).await?;
    // In the channel, a ban silences.
    hears(&mut bob, &["MODE #den -e ~a:bob"]).await?;
    asks(&mut bob, "PRIVMSG #den :hi", &["404 bob #den"]).await?;
    asks(&mut ann, "MODE #den -b b?b!*@*", &["MODE #den -b b?b!*@*"]).await?;
    asks(&mut ann, "MODE #den -b b?b!*@*", &[]).await?;
    // Users tell nobody apart, so none is banned.
    asks(&mut ann, "MODE #den +b *!u@*", &["696 ann #den b *!u@*"]).await?;
    // RPL_INVEXLIST.
    bob.asks("PART #den").await?;
    asks(
        &mut ann,
        "MODE #den +iI bob!*@*",
        &["MODE #den +I bob!*@*", "MODE #den +i"],
    )
    .await?;
    asks(
        &mut ann,
        "MODE #den I",
        &["346 ann #den bob!*@* ann ", "347 ann #den"],
    )
    .await?;
    bob.asks("JOIN #den").await?;
    asks(&mut bob, "PRIVMSG #den :in", &[]).await?;
    // A ban of the account, made from another front, is one of the list and lifted from there.
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_topics_kicks_and_reasons_reach_the_others() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = newcomer(&server, "ann").await?;
    let mut bob = newcomer(&server, "bob").await?;
    let mut cat = newcomer(&server, "cat").await?;
    ann.asks("JOIN #den").await?;
    bob.asks("JOIN #den").await?;
    // RPL_NOTOPIC, ERR_CHANOPRIVSNEEDED, RPL_TOPIC and RPL_TOPICWHOTIME.
    asks(&mut bob, "TOPIC #den", &["331 bob #den"]).await?;
    asks(&mut bob, "TOPIC #den :tea", &["482 bob #den"]).await?;
    asks(&mut ann, "TOPIC #den :tea", &["TOPIC #den tea"]).await?;
    hears(&mut bob, &["TOPIC #den tea"]).await?;
    asks(
        &mut bob,
        "TOPIC #den",
        &["332 bob #den tea", "333 bob #den ann "],
    )
    .await?;
    asks(
        &mut cat,
        "JOIN #den",
        &[
            "332 cat #den tea",
            "333 cat #den ann ",
            "353 cat = #den ~ann bob cat",
            "366 cat #den",
        ],
    )
    .await?;
    asks(&mut ann, "TOPIC #den :", &["TOPIC #den"]).await?;
    asks(&mut ann, "TOPIC #none", &["403 ann #none"]).await?;
    // KICK of several, one line each; ERR_USERNOTINCHANNEL after.
    hears(&mut bob, &["TOPIC #den"]).await?;
    asks(&mut bob, "KICK #den cat", &["482 bob #den"]).await?;
    asks(
        &mut ann,
        "KICK #den bob,cat :enough",
        &["KICK #den bob enough", "KICK #den cat enough"],
    )
    .await?;
    hears(&mut bob, &["KICK #den bob enough"]).await?;
    asks(&mut ann, "KICK #den bob", &["441 ann bob #den"]).await?;
    asks(&mut ann, "KICK #none bob", &["403 ann #none"]).await?;
    asks(&mut ann, "KICK #den", &["461 ann KICK"]).await?;
    // An operator kicks another.
    bob.asks("JOIN #den").await?;
    cat.asks("JOIN #den").await?;
    ann.asks("MODE #den +oo bob cat").await?;
    bob.asks("PING read").await?;
    asks(
        &mut bob,
        "KICK #den cat",
        &["MODE #den -o cat", "KICK #den cat bob"],
    )
    .await?;
    asks(&mut bob, "KICK #den ann", &["482 bob #den"]).await?;
    drop((ann, bob, cat));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_get_names_invitations_and_renames_as_they_asked_for() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = newcomer(&server, "ann").await?;
    let mut bob = newcomer(&server, "bob").await?;
    let _cat = newcomer(&server, "cat").await?;
    bob.asks("CAP REQ :invite-notify userhost-in-names multi-prefix draft/channel-rename")
        .await?;
    ann.asks("JOIN #den").await?;
    bob.asks("JOIN #den").await?;
    ann.asks("MODE #den +o bob").await?;
    ann.asks("MODE #den +v bob").await?;
    bob.asks("PING read").await?;
    let named = bob.asks("NAMES #den").await?;
    let host = named.concat();
    assert!(
        host.contains("~ann!u@") && host.contains(" @+bob!u@"),
        "{named:?}"
    );
    asks(&mut ann, "INVITE cat #den", &["341 ann cat #den"]).await?;
    hears(&mut bob, &["INVITE cat #den"]).await?;
    // Who knows of RENAME is told so; who does not leaves and comes back.
    let seen = bob.asks("RENAME #den #attic :bigger").await?;
    assert_eq!(
        seen.first().map(String::as_str),
        Some("RENAME #den #attic bigger")
    );
    let seen = ann.asks("PING read").await?;
    assert!(
        seen.iter().any(|line| line.starts_with("366 ann #attic")),
        "{seen:?}"
    );
    asks(&mut bob, "PRIVMSG #attic :here", &[]).await?;
    asks(&mut bob, "PRIVMSG #den :here", &["403 bob #den"]).await?;
    // IRCv3 no-implicit-names: none but on request.
    bob.asks("CAP REQ :no-implicit-names").await?;
    asks(&mut bob, "JOIN #quiet", &[]).await?;
    asks(
        &mut bob,
        "NAMES #quiet,#attic",
        &["353", "353", "366 bob #quiet,#attic"],
    )
    .await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_guests_keep_order_in_a_channel_that_they_made() -> Result<()> {
    let server = TestServer::start().await?;
    let mut owner = server.owner().await?;
    let open = json!({"registration": "open", "guests": "on"});
    owner.ok("server", open).await?;
    let mut foo = IrcPerson::guest(&server, "foo").await?;
    let mut bar = IrcPerson::guest(&server, "bar").await?;
    // Nobody founds what goes with its people: whoever made it is an operator like others.
    asks(
        &mut foo,
        "JOIN #chan",
        &["353 foo = #chan @foo", "366 foo #chan"],
    )
    .await?;
    asks(
        &mut bar,
        "JOIN #chan",
        &["353 bar = #chan bar @foo", "366 bar #chan"],
    )
    .await?;
    asks(&mut foo, "MODE #chan +v foo", &["MODE #chan +v foo"]).await?;
    asks(&mut foo, "MODE #chan +o bar", &["MODE #chan +o bar"]).await?;
    hears(&mut bar, &["MODE #chan +v foo", "MODE #chan +o bar"]).await?;
    asks(
        &mut bar,
        "KICK #chan foo",
        &["MODE #chan -o foo", "KICK #chan foo bar"],
    )
    .await?;
    asks(&mut bar, "MODE #chan -o bar", &["MODE #chan -o bar"]).await?;
    asks(&mut bar, "MODE #chan +i", &["482 bar #chan"]).await?;
    hears(&mut foo, &["MODE #chan -o foo", "KICK #chan foo bar"]).await?;
    // A mask of accounts fits no guest (IRCv3 account-extban).
    asks(
        &mut foo,
        "JOIN #more",
        &["353 foo = #more @foo", "366 foo #more"],
    )
    .await?;
    asks(&mut foo, "MODE #more +b ~a:bar", &["MODE #more +b ~a:bar"]).await?;
    asks(
        &mut bar,
        "JOIN #more",
        &["353 bar = #more bar @foo", "366 bar #more"],
    )
    .await?;
    // IRCv3 extended-join: `*` for one who has no account.
    foo.asks("CAP REQ :extended-join account-tag").await?;
    foo.asks("JOIN #wide").await?;
    bar.send("JOIN #wide").await?;
    let joined = loop {
        let line = foo.line().await?.expect("the server closed");
        if line.shown().starts_with("JOIN #wide") {
            break line.shown();
        }
    };
    assert_eq!(joined, "JOIN #wide * bar");
    // QUIT (RFC 2812 §3.1.7): once, whatever they were in together.
    bar.send("QUIT :bed time").await?;
    let quit = loop {
        let line = foo.line().await?.expect("the server closed");
        assert!(!line.shown().starts_with("PART"), "{line:?}");
        if line.shown().starts_with("QUIT") {
            break line.shown();
        }
    };
    assert_eq!(quit, "QUIT Quit: bed time");
    hears(&mut foo, &[]).await?;
    drop((owner, foo));
    server.stop().await
}
