//! What Ergo has beyond the published texts and its users take for granted, one test a feature: the manual
//! that each cites is `docs/MANUAL.md` of Ergo. Over the real server, on the raw wire.

use anyhow::{Result, ensure};
use serde_json::json;
use snug_testkit::driver::PASSWORD;

use super::{
    conformance_people::{guest, server},
    irc_people::{has, of},
};

/// Ergo's manual, "User modes", T: what programs ask by direct message is not shown, all else is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_mode_t_is_asked_nothing_by_programs() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "server-time").await?;
    let mut bob = guest(&server, "bob", "server-time").await?;
    bob.ask("PRIVMSG ann :\u{1}VERSION\u{1}").await?;
    has(&ann.came().await?, " PRIVMSG ann :\u{1}VERSION\u{1}")?;
    has(&ann.ask("MODE ann +T").await?, " MODE ann :+T")?;
    has(&ann.ask("MODE ann").await?, " 221 ann +rT")?;
    bob.ask("PRIVMSG ann :\u{1}VERSION\u{1}").await?;
    bob.ask("PRIVMSG ann :\u{1}ACTION waves\u{1}").await?;
    bob.ask("PRIVMSG ann :which version is it?").await?;
    let came = ann.came().await?;
    ensure!(of(&came, "PRIVMSG").len() == 2, "{came:#?}");
    ensure!(!came.concat().contains("VERSION"), "{came:#?}");
    server.stop().await
}

/// Ergo's manual, "Channel modes", M: of those without an account only who has a voice speaks (404 to the others).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_in_a_channel_with_mode_m_guests_without_a_voice_only_read() -> Result<()> {
    let server = server().await?;
    server.add_account("evan", PASSWORD).await?;
    let mut ann = guest(&server, "ann", "server-time").await?;
    let mut bob = guest(&server, "bob", "server-time").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    has(&ann.ask("MODE #den +M").await?, " MODE #den +M")?;
    has(&ann.ask("MODE #den").await?, " 324 ann #den +Mnt")?;
    has(&bob.ask("PRIVMSG #den :hi").await?, " 404 bob #den :")?;
    ensure!(of(&ann.came().await?, "PRIVMSG").is_empty());
    // An operator needs none.
    ensure!(ann.ask("PRIVMSG #den :welcome").await?.is_empty());
    ann.ask("MODE #den +v bob").await?;
    bob.came().await?;
    ensure!(bob.ask("PRIVMSG #den :hi again").await?.is_empty());
    has(&ann.came().await?, " PRIVMSG #den :hi again")?;
    let mut evan = server.wire().await?;
    let who = json!({"name": "evan", "password": PASSWORD});
    evan.ok("sign_in", who).await?;
    evan.ok("join", json!({"room": "den"})).await?;
    evan.ok("send", json!({"room": "den", "body": "with an account"}))
        .await?;
    has(&ann.came().await?, " PRIVMSG #den :with an account")?;
    // The native wire says the same, and only who keeps order changes it.
    let about = evan.ok("about_room", json!({"room": "den"})).await?;
    ensure!(about["quiet_guests"] == true, "{about}");
    let change = json!({"room": "den", "quiet_guests": false});
    ensure!(evan.code("set_room", change).await? == "forbidden");
    has(&ann.ask("MODE #den -M").await?, " MODE #den -M")?;
    ann.ask("MODE #den -v bob").await?;
    bob.came().await?;
    ensure!(bob.ask("PRIVMSG #den :without").await?.is_empty());
    server.stop().await
}

/// Ergo's manual, "Channel modes", C: programs ask nothing in the channel (404), whoever's they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_in_a_channel_with_mode_c_programs_ask_nothing() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "server-time").await?;
    let mut bob = guest(&server, "bob", "server-time").await?;
    ann.ask("JOIN #den").await?;
    bob.ask("JOIN #den").await?;
    ann.ask("MODE #den +C").await?;
    bob.came().await?;
    let asked = "PRIVMSG #den :\u{1}PING 1473523796 918320\u{1}";
    has(&ann.ask(asked).await?, " 404 ann #den :")?;
    ann.ask("PRIVMSG #den :\u{1}ACTION waves\u{1}").await?;
    let came = bob.came().await?;
    ensure!(of(&came, "PRIVMSG").len() == 1, "{came:#?}");
    has(&came, " PRIVMSG #den :\u{1}ACTION waves\u{1}")?;
    // Each other directly they ask as before.
    ann.ask("PRIVMSG bob :\u{1}PING 1\u{1}").await?;
    has(&bob.came().await?, " PRIVMSG bob :\u{1}PING 1\u{1}")?;
    ann.ask("MODE #den -C").await?;
    ensure!(ann.ask(asked).await?.is_empty());
    server.stop().await
}

/// RFC 2811 §2.1 and §3: `&` channels are a kind of their own, and one ends with its last member. Here it keeps
/// nothing, whoever makes it (ADR 14).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r2_a_channel_whose_name_begins_with_an_ampersand_goes_with_its_last_member() -> Result<()>
{
    let server = server().await?;
    server.add_account("evan", PASSWORD).await?;
    let mut evan = server.wire().await?;
    let who = json!({"name": "evan", "password": PASSWORD});
    evan.ok("sign_in", who).await?;
    let made = evan.ok("create_room", json!({"room": "&den"})).await?;
    ensure!(
        made["room"] == "&den" && made["retention"] == "ram",
        "{made}"
    );
    evan.ok("create_room", json!({"room": "den"})).await?;
    let mut ann = guest(&server, "ann", "server-time").await?;
    ann.ask("JOIN &DEN").await?;
    evan.ok("send", json!({"room": "&den", "body": "hi"}))
        .await?;
    let came = ann.came().await?;
    has(&came, " PRIVMSG &den :hi")?;
    has(&ann.ask("NAMES &den").await?, " 353 ann = &den :")?;
    has(&ann.ask("LIST &*").await?, " 322 ann &den 2 :")?;
    has(&ann.ask("JOIN #&den").await?, " 403 ann #&den :")?;
    for (room, name) in [("&den", "attic"), ("den", "&attic")] {
        let change = json!({"room": room, "name": name});
        ensure!(evan.code("set_room", change).await? == "bad_name");
    }
    let keep = json!({"room": "&den", "retention": "forever"});
    ensure!(evan.code("set_room", keep).await? == "forbidden");
    let lasting = json!({"room": "&hall", "retention": "forever"});
    ensure!(evan.code("create_room", lasting).await? == "forbidden");
    evan.ok("leave", json!({"room": "&den"})).await?;
    ann.ask("PART &den").await?;
    // Nothing is left of it: its name is free, and who comes next makes another.
    has(&ann.ask("JOIN &den").await?, " 353 ann = &den :@ann")?;
    server.stop().await
}
