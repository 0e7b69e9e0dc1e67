//! The second factor (A7): asked for on every front after the password, and helped by recovery codes and
//! the owner.

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use serde_json::{Value, json};
use snug_engine::Clock;
use snug_testkit::{
    authenticator::Authenticator,
    clock::HandClock,
    driver::{IrcPerson, PASSWORD, Person as _},
    server::TestServer,
    wire::Wire,
};

/// Ann, with a second factor.
struct Ann {
    clock: HandClock,
    server: TestServer,
    wire: Wire,
    token: Value,
    app: Authenticator,
    recovery: Vec<Value>,
}

impl Ann {
    async fn with_second_factor() -> Result<Self> {
        let clock = HandClock::default();
        let of_server = clock.for_server();
        let server = TestServer::with(|options| {
            options.registration = snug_proto::Registration::Open;
            options.clock = of_server;
        })
        .await?;
        server.add_account("ann", PASSWORD).await?;
        let mut wire = server.wire().await?;
        let who = json!({"name": "ann", "password": PASSWORD});
        let token = wire.ok("sign_in", who).await?["session"].clone();
        let prove = json!({"password": PASSWORD});
        let app = Authenticator::of(&wire.ok("offer_second_factor", prove).await?)?;
        let mut ann = Self {
            clock,
            server,
            wire,
            token,
            app,
            recovery: Vec::new(),
        };
        let wrong = json!({"code": ann.code(-20)});
        assert_eq!(ann.wire.code("set_second_factor", wrong).await?, "bad_code");
        let code = json!({"code": ann.code(0)});
        let set = ann.wire.ok("set_second_factor", code).await?;
        ann.recovery
            .clone_from(set["codes"].as_array().context("no codes")?);
        assert_eq!(ann.recovery.len(), 8);
        Ok(ann)
    }

    /// What the app shows so many steps from now.
    fn code(&self, steps: i64) -> String {
        let now = self.clock.now().ms().saturating_add_signed(steps * 30_000);
        self.app.code_at(snug_proto::Timestamp::from_ms(now))
    }

    /// A connection whose password proved right.
    async fn proved(&self) -> Result<Wire> {
        let mut wire = self.server.wire().await?;
        let who = json!({"name": "ann", "password": PASSWORD});
        assert_eq!(wire.code("sign_in", who).await?, "second_factor_needed");
        Ok(wire)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_a_password_alone_lets_nobody_in_and_no_code_is_good_twice() -> Result<()> {
    let mut ann = Ann::with_second_factor().await?;
    let me = ann.wire.ok("me", json!({})).await?;
    assert_eq!(me["recovery_codes"], 8);

    let mut wire = ann.proved().await?;
    let hello = json!({"room": "lobby", "body": "hello"});
    assert_eq!(wire.code("send", hello).await?, "not_signed_in");
    // The code that turned it on was used by that, and one of ten minutes ago is over.
    for steps in [0, -20, 20] {
        let code = json!({"code": ann.code(steps)});
        assert_eq!(wire.code("second_factor", code).await?, "bad_code");
    }
    let warned = ann.wire.event(|event| {
        event["text"]
            .as_str()
            .is_some_and(|text| text.contains("wrong code"))
    });
    warned.await?;
    ann.clock.advance_ms(60_000);
    let code = json!({"code": ann.code(0)});
    let signed_in = wire.ok("second_factor", code.clone()).await?;
    assert_eq!(signed_in["name"], "ann");
    // Seen over a shoulder, it is worth nothing.
    let mut other = ann.proved().await?;
    assert_eq!(other.code("second_factor", code).await?, "bad_code");

    // What was let in with it, or before it, comes back without one; so do app tokens (DECISIONS 17).
    for session in [&ann.token, &signed_in["session"]] {
        let mut wire = ann.server.wire().await?;
        wire.ok("resume", json!({"session": session})).await?;
    }
    let made = wire.ok("new_token", json!({"label": "bot"})).await?;
    let mut bot = ann.server.wire().await?;
    let who = json!({"name": "ann", "password": made["token"]});
    bot.ok("sign_in", who).await?;
    drop((wire, other, bot, ann.wire));
    ann.server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_guessing_at_codes_is_shut_out_as_guessing_at_passwords_is() -> Result<()> {
    let ann = Ann::with_second_factor().await?;
    let mut wire = ann.proved().await?;
    let guess = |code: u32| json!({"code": format!("{code:06}")});
    let mut shut = None;
    for code in 0..4 {
        let answer = wire.ask("second_factor", guess(code)).await?;
        shut = answer.err().and_then(|error| error.retry_after_ms);
    }
    assert!(shut.is_some(), "nobody is shut out");
    ann.clock.advance_ms(60_000);
    // A right one is not looked at any sooner over another connection.
    let mut wire = ann.proved().await?;
    let mut codes = 0;
    while codes < 3 {
        wire.code("second_factor", guess(900 + codes)).await?;
        codes += 1;
    }
    let mut other = ann.proved().await?;
    let right = json!({"code": ann.code(0)});
    assert_ne!(other.code("second_factor", right).await?, "ok");
    drop((wire, other, ann.wire));
    ann.server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_a_recovery_code_helps_once_and_the_owner_helps_who_lost_all() -> Result<()> {
    let mut ann = Ann::with_second_factor().await?;
    let mut wire = ann.proved().await?;
    let recovery = json!({"code": ann.recovery[0]});
    wire.ok("second_factor", recovery.clone()).await?;
    assert_eq!(wire.ok("me", json!({})).await?["recovery_codes"], 7);
    let mut late = ann.proved().await?;
    assert_eq!(late.code("second_factor", recovery).await?, "bad_code");
    // Who was away hears of it when they come back.
    let told = wire.event(|event| {
        let text = event["text"].as_str();
        text.is_some_and(|text| text.contains("recovery code of your second factor was used at"))
    });
    told.await?;

    // A code from the owner for a forgotten password is no way around it.
    let mut owner = ann.server.owner().await?;
    let made = owner.ok("reset_code", json!({"name": "ann"})).await?;
    let mut forgetful = ann.server.wire().await?;
    let reset = json!({"name": "ann", "code": made["code"], "password": PASSWORD});
    assert_eq!(
        forgetful.code("reset", reset).await?,
        "second_factor_needed"
    );
    let recovery = json!({"code": ann.recovery[1]});
    forgetful.ok("second_factor", recovery).await?;

    // Taking it away is the owner's alone, is told, and stands in the audit log.
    let mut bob = ann.server.newcomer("bob").await?;
    let drop_it = json!({"who": "ann", "reason": "lost her telephone"});
    let refused = bob.code("drop_second_factor", drop_it.clone()).await?;
    assert_eq!(refused, "forbidden");
    owner.ok("drop_second_factor", drop_it.clone()).await?;
    assert_eq!(owner.code("drop_second_factor", drop_it).await?, "gone");
    let told = forgetful.event(|event| {
        event["text"]
            .as_str()
            .is_some_and(|text| text.contains("lost her"))
    });
    told.await?;
    let page = owner.ok("audit", json!({})).await?;
    assert_eq!(page["entries"][0]["action"], "second_factor_dropped");
    assert_eq!(page["entries"][0]["why"], "lost her telephone");
    let used = json!({"action": "recovery_code_used"});
    let page = owner.ok("audit", used).await?;
    assert_eq!(page["entries"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["entries"][0]["name"], "ann");
    let mut again = ann.server.sign_in("ann").await?;
    let told = again.event(|event| {
        let text = event["text"].as_str();
        text.is_some_and(|text| text.contains("second factor was turned off at"))
    });
    told.await?;

    // One's own is turned off by a code.
    let prove = json!({"password": PASSWORD});
    let offer = forgetful.ok("offer_second_factor", prove).await?;
    ann.app = Authenticator::of(&offer)?;
    let on = json!({"code": ann.code(0)});
    forgetful.ok("set_second_factor", on.clone()).await?;
    assert_eq!(
        forgetful.code("drop_second_factor", json!({})).await?,
        "bad_request"
    );
    assert_eq!(forgetful.code("drop_second_factor", on).await?, "bad_code");
    ann.clock.advance_ms(60_000);
    let off = json!({"code": ann.code(0)});
    forgetful.ok("drop_second_factor", off).await?;
    ann.server.sign_in("ann").await?;
    drop((wire, late, owner, forgetful, bob, ann.wire));
    ann.server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_a_session_alone_makes_nothing_that_outlasts_it() -> Result<()> {
    let mut ann = Ann::with_second_factor().await?;
    // Whoever has the token of a session has no code.
    let mut thief = ann.server.wire().await?;
    let resume = json!({"session": ann.token});
    thief.ok("resume", resume).await?;
    let wanted = [
        ("new_token", json!({"label": "mine"})),
        (
            "add_certificate",
            json!({"label": "laptop", "certificate": "ab".repeat(32)}),
        ),
        (
            "change_password",
            json!({"old": PASSWORD, "new": "eight-blue-lamps"}),
        ),
        ("drop_second_factor", json!({"code": "000000"})),
    ];
    let refused = ["second_factor_needed"; 3].into_iter().chain(["bad_code"]);
    for ((what, fields), code) in wanted.clone().into_iter().zip(refused) {
        assert_eq!(thief.code(what, fields).await?, code, "{what}");
    }
    let wrong = json!({"code": "000000"});
    assert_eq!(thief.code("prove_code", wrong).await?, "bad_code");
    let token = json!({"label": "bot"});
    let refused = thief.code("new_token", token.clone()).await?;
    assert_eq!(refused, "second_factor_needed");
    // Ann gave one as she turned it on; ten minutes later she is asked again, and gives it.
    ann.wire.ok("new_token", token.clone()).await?;
    ann.clock.advance_ms(10 * 60_000 + 1);
    let other = json!({"label": "other"});
    let refused = ann.wire.code("new_token", other).await?;
    assert_eq!(refused, "second_factor_needed");
    let code = json!({"code": ann.code(0)});
    ann.wire.ok("prove_code", code.clone()).await?;
    assert_eq!(ann.wire.code("prove_code", code).await?, "bad_code");
    for (what, fields) in wanted.into_iter().take(3) {
        ann.wire.ok(what, fields).await?;
    }
    // It is hers alone, and an account without a second factor needs none.
    let refused = thief.code("new_token", token.clone()).await;
    assert!(refused.is_err() || refused? == "second_factor_needed");
    let mut bob = ann.server.newcomer("bob").await?;
    bob.ok("new_token", token).await?;
    let code = json!({"code": "000000"});
    assert_eq!(bob.code("prove_code", code).await?, "gone");
    drop((thief, bob, ann.wire));
    ann.server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_whether_an_operator_has_a_second_factor_is_told_nobody_who_lacks_the_password()
-> Result<()> {
    let ann = Ann::with_second_factor().await?;
    let mut bob = ann.server.newcomer("bob").await?;
    for name in ["ann", "bob", "nobody"] {
        let wrong = json!({"name": name, "password": "not-this-one"});
        assert_eq!(bob.code("operate", wrong).await?, "bad_credentials");
    }
    let right = json!({"name": "ann", "password": PASSWORD});
    assert_eq!(bob.code("operate", right).await?, "second_factor_needed");
    drop((bob, ann.wire));
    ann.server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_on_irc_a_token_needs_a_code_of_who_is_signed_in() -> Result<()> {
    let mut ann = Ann::with_second_factor().await?;
    let mut owner = ann.server.owner().await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    let word = "eight-blue-lamps";
    let change = json!({"old": PASSWORD, "new": word});
    ann.wire.ok("change_password", change).await?;
    ann.clock.advance_ms(60_000);
    let code = ann.code(0);
    let mut gus = IrcPerson::guest(&ann.server, "gus").await?;
    gus.send(&format!("NS IDENTIFY ann {word} {code}")).await?;
    heard(&mut gus, "900").await?;
    ann.clock.advance_ms(10 * 60_000 + 1);
    gus.send("NS TOKEN laptop").await?;
    told(&mut gus, "needs a code").await?;
    gus.send("NS CODE 000000").await?;
    told(&mut gus, "That code is wrong").await?;
    gus.send(&format!("NS CODE {}", ann.code(0))).await?;
    told(&mut gus, "That is right").await?;
    gus.send("NS TOKEN laptop").await?;
    told(&mut gus, "shown this once").await?;
    drop((gus, owner, ann.wire));
    ann.server.stop().await
}

/// Reads on to a notice with these words.
async fn told(irc: &mut IrcPerson, words: &str) -> Result<()> {
    loop {
        let line = irc.line().await.with_context(|| words.to_owned())?;
        let line = line.with_context(|| format!("nothing was said of {words}"))?;
        if line.command() == "NOTICE" && line.text().is_some_and(|text| text.contains(words)) {
            return Ok(());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_an_irc_client_is_asked_too_and_says_its_code_to_the_service() -> Result<()> {
    let mut ann = Ann::with_second_factor().await?;
    let mut owner = ann.server.owner().await?;
    owner.ok("server", json!({"guests": "on"})).await?;
    ann.clock.advance_ms(60_000);
    let mut irc = IrcPerson::connect(&ann.server).await?;
    let plain = BASE64.encode(format!("\0ann\0{PASSWORD}").as_bytes());
    for line in [
        "CAP REQ :sasl",
        "NICK ann",
        "USER a 0 * :a",
        "AUTHENTICATE PLAIN",
    ] {
        irc.send(line).await?;
    }
    irc.send(&format!("AUTHENTICATE {plain}")).await?;
    heard(&mut irc, "904").await?;
    irc.send("PRIVMSG NickServ :CODE 000000").await?;
    heard(&mut irc, "NOTICE").await?;
    irc.send(&format!("PRIVMSG NickServ :CODE {}", ann.code(0)))
        .await?;
    heard(&mut irc, "900").await?;
    irc.send("CAP END").await?;
    heard(&mut irc, "001").await?;

    // As a guest one says all of it, or the code after the password.
    let word = "eight-blue-lamps";
    let change = json!({"old": PASSWORD, "new": word});
    ann.wire.ok("change_password", change).await?;
    ann.clock.advance_ms(60_000);
    let code = ann.code(0);
    let mut gus = IrcPerson::guest(&ann.server, "gus").await?;
    gus.send(&format!("NS IDENTIFY ann {word}")).await?;
    heard(&mut gus, "NOTICE").await?;
    gus.send("NS CODE 000000").await?;
    heard(&mut gus, "NOTICE").await?;
    gus.send(&format!("NS CODE {code}")).await?;
    heard(&mut gus, "900").await?;
    ann.clock.advance_ms(60_000);
    let code = ann.code(0);
    let mut gil = IrcPerson::guest(&ann.server, "gil").await?;
    gil.send(&format!("NS IDENTIFY ann {word} {code}")).await?;
    heard(&mut gil, "900").await?;

    // An operator's password is no way around it.
    ann.server.add_account("bob", PASSWORD).await?;
    let mut bob = IrcPerson::sign_in(&ann.server, "bob").await?;
    let answer = bob.asks(&format!("OPER ann {word}")).await?;
    ensure!(
        answer.iter().any(|line| line.starts_with("464")),
        "{answer:?}"
    );
    drop((owner, irc, gus, gil, bob, ann.wire));
    ann.server.stop().await
}

/// Reads on to a line of this command.
async fn heard(irc: &mut IrcPerson, command: &str) -> Result<()> {
    loop {
        let line = irc.line().await?;
        let line = line.with_context(|| format!("no {command} came"))?;
        if line.command() == command {
            return Ok(());
        }
    }
}
