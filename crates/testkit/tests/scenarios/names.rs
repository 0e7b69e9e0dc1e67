//! Names as they were written, over both fronts (ADR 10).

use anyhow::{Context, Result, ensure};
use serde_json::json;
use snug_testkit::{
    driver::{IrcPerson, PASSWORD},
    server::TestServer,
};

pub(super) fn has(lines: &[String], wanted: &str) -> Result<()> {
    let there = lines.iter().any(|line| line.contains(wanted));
    ensure!(there, "{wanted:?} is not in {lines:#?}");
    Ok(())
}

/// Sends a line, and gives all lines that came until it was carried out.
pub(super) async fn asks(person: &mut IrcPerson, line: &str) -> Result<Vec<String>> {
    person.send(line).await?;
    person.send("PING until-here").await?;
    let mut came = Vec::new();
    loop {
        let line = person
            .raw_line()
            .await?
            .with_context(|| format!("closed after {came:?}"))?;
        if line.contains(" PONG ") && line.ends_with("until-here") {
            return Ok(came);
        }
        came.push(line);
    }
}

/// Signs in by PASS; the name may be written as one likes.
async fn irc(server: &TestServer, name: &str) -> Result<IrcPerson> {
    let mut person = IrcPerson::connect(server).await?;
    person.send("CAP REQ :extended-join account-tag").await?;
    person.send(&format!("PASS :{name}:{PASSWORD}")).await?;
    person.send(&format!("NICK {name}")).await?;
    person.send("USER u 0 * :u").await?;
    person.send("CAP END").await?;
    asks(&mut person, "JOIN #Den").await?;
    Ok(person)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_shown_as_it_was_written_on_every_front_and_is_one_however_it_is_asked_for()
-> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut anna = server.newcomer("Anna").await?;
    let mut bob = irc_newcomer(&server, "Bob").await?;
    let room = anna.ok("join", json!({"room": "dEN"})).await?;
    assert_eq!(room["room"], "Den");
    anna.ok("send", json!({"room": "den", "body": "hi @BOB"}))
        .await?;
    let seen = asks(&mut bob, "PING nothing").await?;
    has(&seen, ":Anna!u@")?;
    has(&seen, "JOIN #Den Anna :")?;
    has(&seen, "PRIVMSG #Den :hi @BOB")?;
    let names = asks(&mut bob, "NAMES #den").await?;
    has(&names, "353 Bob = #Den :")?;
    has(&names, "Anna")?;
    let whois = asks(&mut bob, "WHOIS aNNA").await?;
    has(&whois, "311 Bob Anna u ")?;
    has(&whois, "330 Bob Anna Anna :")?;
    let who = asks(&mut bob, "WHO an*").await?;
    has(&who, " Anna H")?;
    // Whoever is asked for is the one there is, and nobody registers beside them.
    let same = anna
        .ok("send", json!({"to": "bOb", "body": "psst"}))
        .await?;
    assert_eq!(same["room"], "@Bob");
    let mut wire = server.wire().await?;
    for (name, code) in [("anna", "name_taken"), ("ANNA", "name_taken")] {
        let register = json!({"name": name, "password": PASSWORD});
        assert_eq!(wire.code("register", register).await?, code);
    }
    let signed = json!({"name": "aNNa", "password": PASSWORD});
    assert_eq!(wire.ok("sign_in", signed).await?["name"], "Anna");
    drop((anna, bob, wire));
    server.stop().await
}

pub(super) async fn irc_newcomer(server: &TestServer, name: &str) -> Result<IrcPerson> {
    server.add_account(name, PASSWORD).await?;
    irc(server, name).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spelling_is_changed_by_nick_or_me_and_everyone_hears_of_it() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut bob = irc_newcomer(&server, "bob").await?;
    let mut ann = irc_newcomer(&server, "ann").await?;
    let mut cid = server.newcomer("cid").await?;
    assert_eq!(asks(&mut ann, "NICK ann").await?.len(), 0);
    has(&asks(&mut ann, "NICK aNN").await?, ".cloak NICK aNN")?;
    has(&asks(&mut bob, "PING nothing").await?, ".cloak NICK aNN")?;
    let told = cid.event_named("account_changed").await?;
    assert_eq!(
        (&told["name"], &told["was"]),
        (&json!("aNN"), &json!("ann"))
    );
    // What is said from then on is from that, and commands take either.
    asks(&mut ann, "PRIVMSG #den :as aNN").await?;
    has(
        &asks(&mut bob, "PING nothing").await?,
        ".cloak PRIVMSG #Den :as aNN",
    )?;
    has(&asks(&mut bob, "WHOIS ann").await?, "311 bob aNN u ")?;
    has(&asks(&mut ann, "MODE ANN").await?, " 221 aNN ")?;
    // Not as often as one likes.
    has(
        &asks(&mut ann, "NICK Ann").await?,
        "wrote your name otherwise a moment ago",
    )?;
    let me = |name: &str| json!({"name": name});
    assert_eq!(cid.code("me", me("dan")).await?, "forbidden");
    assert_eq!(cid.code("me", me("c d")).await?, "bad_name");
    assert_eq!(cid.ok("me", me("CID")).await?["name"], "CID");
    drop((ann, bob, cid));
    // It is kept.
    let again = server.sign_in_told("ann").await?.1;
    assert_eq!(again["name"], "aNN");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_poses_as_another_by_capitals() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    server.add_account("paypal", PASSWORD).await?;
    let mut poser = server.newcomer("paypai").await?;
    let look_alike = json!({"name": "paypaI"});
    assert_eq!(poser.code("me", look_alike).await?, "name_taken");
    let mut wire = server.wire().await?;
    for name in ["PaypaI", "p\u{430}ypal", "NickServ"] {
        let register = json!({"name": name, "password": PASSWORD});
        assert_eq!(
            wire.code("register", register).await?,
            "name_taken",
            "{name}"
        );
    }
    drop((poser, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_and_a_room_are_called_as_they_were_written() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let mut gus = IrcPerson::guest(&server, "GuS").await?;
    has(&asks(&mut gus, "JOIN #Nook").await?, ".cloak JOIN #Nook")?;
    let mut dan = IrcPerson::guest(&server, "dan").await?;
    has(&asks(&mut dan, "JOIN #nook").await?, "JOIN #Nook")?;
    has(&asks(&mut gus, "RENAME #nook #NOOK").await?, "#NOOK")?;
    has(&asks(&mut dan, "NAMES #nook").await?, "= #NOOK :")?;
    has(&asks(&mut dan, "NICK Gus").await?, " 433 ")?;
    drop((owner, gus, dan));
    server.stop().await
}

/// Says something, which is let through.
async fn speaks(person: &mut IrcPerson, line: &str) -> Result<()> {
    let came = asks(person, line).await?;
    ensure!(!came.iter().any(|line| line.contains(" 404 ")), "{came:?}");
    Ok(())
}

/// The host in the source of somebody's line.
fn host_of(lines: &[String], nick: &str) -> Result<String> {
    let source = format!(":{nick}!u@");
    let after = lines.iter().find_map(|line| line.split_once(&source));
    let (_, after) = after.with_context(|| format!("nothing of {nick} in {lines:?}"))?;
    Ok(after.split(' ').next().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_mask_of_a_host_bans_whom_it_belongs_to_under_any_name() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = irc_newcomer(&server, "ann").await?;
    let mut bob = irc_newcomer(&server, "bob").await?;
    let mut cid = irc_newcomer(&server, "cid").await?;
    let host = host_of(&asks(&mut ann, "PING nothing").await?, "bob")?;
    assert!(host.contains(".cloak"), "{host}");
    let whois = asks(&mut ann, "WHOIS bob").await?;
    has(&whois, &format!(" 311 ann bob u {host} "))?;
    let seen = asks(&mut ann, &format!("MODE #den +b *!u@{host}")).await?;
    has(&seen, &format!("MODE #Den +b *!*@{host}"))?;
    has(&asks(&mut bob, "PRIVMSG #den :hello?").await?, " 404 ")?;
    speaks(&mut cid, "PRIVMSG #den :hi").await?;
    owner
        .ok("rename_account", json!({"who": "bob", "name": "bert"}))
        .await?;
    let seen = asks(&mut bob, "PRIVMSG #den :hello?").await?;
    has(&seen, " 404 ")?;
    has(
        &asks(&mut ann, "PING nothing").await?,
        &format!("@{host} NICK bert"),
    )?;
    let list = asks(&mut ann, "MODE #den b").await?;
    has(&list, &format!(" 367 ann #den *!*@{host} ann "))?;
    asks(&mut ann, &format!("MODE #den -b *!u@{host}")).await?;
    speaks(&mut bob, "PRIVMSG #den :back").await?;
    // A name and a host both have to fit; masks say so on the native wire too.
    let mask = |mask: &str| json!({"room": "den", "kind": "ban", "mask": mask});
    let mut told = server.sign_in("ann").await?;
    told.ok("set_mask", mask(&format!("x*@{host}"))).await?;
    speaks(&mut bob, "PRIVMSG #den :still").await?;
    told.ok("set_mask", mask(&format!("b*@{host}"))).await?;
    has(&asks(&mut bob, "PRIVMSG #den :?").await?, " 404 ")?;
    has(&asks(&mut ann, "MODE #den +b *!u@*").await?, " 696 ")?;
    drop((owner, ann, bob, cid, told));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_a_guest_who_comes_back_under_another_name_has_the_same_host() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let mut ann = irc_newcomer(&server, "ann").await?;
    let mut gus = IrcPerson::guest(&server, "gus").await?;
    let joined = asks(&mut gus, "JOIN #den").await?;
    let host = host_of(&joined, "gus")?;
    asks(&mut ann, &format!("MODE #den +b *!*@{host}")).await?;
    gus.send("QUIT").await?;
    gus.closed().await?;
    let mut dan = IrcPerson::guest(&server, "dan").await?;
    has(&asks(&mut dan, "JOIN #den").await?, " 474 ")?;
    // An account is not its address.
    let mut bob = irc_newcomer(&server, "bob").await?;
    speaks(&mut bob, "PRIVMSG #den :hi").await?;
    drop((owner, ann, dan, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_shown_by_the_name_of_another() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    for taken in ["ann", "Ann", "\u{430}nn"] {
        let shown = json!({"display": taken});
        assert_eq!(bob.code("me", shown).await?, "name_taken", "{taken}");
    }
    for own in ["Bob", "Ann of the hills", ""] {
        bob.ok("me", json!({"display": own})).await?;
    }
    let mut gus = server.wire().await?;
    let guest = json!({"name": "gus", "display": "ann"});
    gus.ok("guest", guest).await?;
    assert_eq!(gus.ok("me", json!({})).await?["display"], json!(null));
    drop((owner, bob, gus));
    server.stop().await
}
