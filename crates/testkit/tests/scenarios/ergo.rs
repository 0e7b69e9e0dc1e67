//! What Ergo has beyond the published texts and its users take for granted, one test a feature: the manual
//! that each cites is `docs/MANUAL.md` of Ergo. Over the real server, on the raw wire.

use anyhow::{Result, ensure};
use serde_json::json;
use snug_testkit::driver::PASSWORD;

use super::{
    conformance_people::{guest, server},
    irc_people::{Raw, has, of},
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

/// Ergo's manual, "User modes", R: guests are refused (477), but for those whom one wrote to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_who_has_mode_r_hears_no_guest_but_those_they_wrote_to() -> Result<()> {
    let server = server().await?;
    server.add_account("carmen", PASSWORD).await?;
    let mut gus = guest(&server, "gus", "server-time").await?;
    let mut evan = Raw::newcomer(&server, "evan", "").await?;
    let mut carmen = server.wire().await?;
    let who = json!({"name": "carmen", "password": PASSWORD});
    carmen.ok("sign_in", who).await?;
    // A room in common makes no difference.
    gus.ask("JOIN #den").await?;
    evan.ask("JOIN #den").await?;
    has(&evan.ask("MODE evan +R").await?, " MODE evan :+R")?;
    has(&gus.ask("PRIVMSG evan :hey").await?, " 477 gus evan :")?;
    let asked = gus.ask("PRIVMSG evan :\u{1}VERSION\u{1}").await?;
    ensure!(!asked.is_empty(), "a program's question passed");
    ensure!(of(&evan.came().await?, "PRIVMSG").is_empty());
    carmen
        .ok("send", json!({"to": "evan", "body": "hey there"}))
        .await?;
    has(&evan.came().await?, " PRIVMSG evan :hey there")?;
    // Who was written to may answer.
    evan.ask("PRIVMSG gus :hello").await?;
    gus.came().await?;
    ensure!(gus.ask("PRIVMSG evan :how is it going").await?.is_empty());
    has(&evan.came().await?, " PRIVMSG evan :how is it going")?;
    // It is the account's, whatever it comes by.
    let mut other = guest(&server, "otto", "server-time").await?;
    let mut wire = server.wire().await?;
    let who = json!({"name": "evan", "password": PASSWORD});
    wire.ok("sign_in", who).await?;
    ensure!(wire.ok("me", json!({})).await?["no_guests"] == true);
    let me = wire.ok("me", json!({"guests": true})).await?;
    ensure!(me["no_guests"].is_null() && me["strangers"] == true, "{me}");
    ensure!(other.ask("PRIVMSG evan :hey").await?.is_empty());
    server.stop().await
}

/// modern.ircdocs.horse, STATUSMSG: those alone who are so much in the channel, or more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_words_to_those_with_a_voice_or_to_the_founder_reach_nobody_else() -> Result<()> {
    let server = server().await?;
    let mut fay = Raw::newcomer(&server, "fay", "").await?;
    fay.ask("JOIN #den").await?;
    let mut all = Vec::new();
    for name in ["olga", "vic", "max"] {
        let mut one = Raw::newcomer(&server, name, "").await?;
        one.ask("JOIN #den").await?;
        all.push(one);
    }
    fay.ask("MODE #den +ov olga vic").await?;
    let version = fay.ask("VERSION").await?;
    has(&version, " STATUSMSG=~&@%+ ")?;
    for (least, shown, hear) in [
        ("+", "+", [true, true, false]),
        ("%", "@", [true, false, false]),
        ("@", "@", [true, false, false]),
        ("&", "~", [false, false, false]),
        ("~", "~", [false, false, false]),
    ] {
        for one in &mut all {
            one.came().await?;
        }
        fay.came().await?;
        // From one of the members, who need be none of those.
        let said = all[2].ask(&format!("PRIVMSG {least}#den :psst")).await?;
        ensure!(said.is_empty(), "{said:#?}");
        has(&fay.came().await?, &format!(" PRIVMSG {shown}#den :psst"))?;
        for (one, hears) in all.iter_mut().zip(hear) {
            let came = one.came().await?;
            ensure!(
                of(&came, "PRIVMSG").len() == usize::from(hears),
                "{least}: {came:#?}"
            );
        }
    }
    // Both at once is nothing, nor either without admins.
    let mut wire = server.wire().await?;
    let who = json!({"name": "fay", "password": PASSWORD});
    wire.ok("sign_in", who).await?;
    for (admins, voices, founder) in [
        (true, true, true),
        (false, true, false),
        (false, false, true),
    ] {
        let signal = json!({
            "room": "den", "tags": {"+x": "y"}, "admins": admins, "voices": voices, "founder": founder,
        });
        ensure!(wire.code("signal", signal).await? == "bad_request");
    }
    server.stop().await
}

/// Ergo's `NickServ`, SAREGISTER: who runs the server makes an account for somebody, whoever may register.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_the_owner_makes_an_account_by_a_message_to_nickserv() -> Result<()> {
    let server = server().await?;
    let mut owner = server.wire().await?;
    let who = json!({"name": "owner", "password": PASSWORD});
    owner.ok("sign_in", who).await?;
    owner
        .ok("server", json!({"registration": "invite"}))
        .await?;
    let mut root = guest(&server, "root", "server-time").await?;
    let added = "PRIVMSG NickServ :SAREGISTER ben \"eight blue lamps\"";
    let refused = root.ask(added).await?;
    ensure!(!refused.concat().contains("created"), "{refused:#?}");
    let opered = root.ask(&format!("OPER owner :{PASSWORD}")).await?;
    has(&opered, " 381 root :")?;
    has(&root.ask(added).await?, "Account created.")?;
    let mut ben = server.wire().await?;
    let who = json!({"name": "ben", "password": "eight blue lamps"});
    ben.ok("sign_in", who).await?;
    let more = json!({"name": "more", "password": "eight blue lamps"});
    ensure!(ben.code("add_account", more).await? == "forbidden");
    // The log of what was done with such power says who did it.
    let audit = owner.ok("audit", json!({})).await?.to_string();
    ensure!(audit.contains("account_added"), "{audit}");
    ensure!(!audit.contains("lamps"), "{audit}");
    server.stop().await
}
