//! Accounts: one's sessions, one's password, a new one for a forgotten one.

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use snug_auth::{ParameterBounds, Registration, SignIn};
use snug_proto::Argon2Parameters;
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, NativePerson, No, PASSWORD, Person},
    server::TestServer,
    wire::{Wire, WireAnswer},
};

const NEW: &str = "eight blue lamps";

async fn sign_in_with(
    server: &TestServer,
    name: &str,
    password: &str,
) -> Result<(Wire, WireAnswer)> {
    let mut wire = server.wire().await?;
    let who = json!({"name": name, "password": password});
    let answer = wire.ask("sign_in", who).await?;
    Ok((wire, answer))
}

/// Somebody signed in, and the token to come back with.
async fn come_in(server: &TestServer, name: &str) -> Result<(Wire, Value)> {
    let (wire, answer) = sign_in_with(server, name, PASSWORD).await?;
    let signed_in = answer.map_err(|error| anyhow::anyhow!("{name}: {error:?}"))?;
    Ok((wire, signed_in["session"].clone()))
}

async fn resume(server: &TestServer, session: &Value) -> Result<String> {
    let mut wire = server.wire().await?;
    wire.code("resume", json!({"session": session})).await
}

async fn sessions(wire: &mut Wire) -> Result<Vec<Value>> {
    let list = wire.ok("sessions", json!({})).await?;
    Ok(list["sessions"].as_array().cloned().unwrap_or_default())
}

/// Waits until the connection of a session that was ended closes, and gives what it was told.
async fn told_why(mut wire: Wire) -> Result<String> {
    let notice = wire.event_named("notice").await?;
    wire.read_to_end().await?;
    Ok(notice["text"].as_str().unwrap_or_default().to_owned())
}

/// A server on this clock that anybody may register on.
async fn on_clock(clock: &HandClock) -> Result<TestServer> {
    let clock = clock.for_server();
    TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.clock = clock;
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_session_is_listed_with_its_client_and_revoked_at_once() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    server.add_account("ann", PASSWORD).await?;
    let mut laptop = server.wire().await?;
    laptop
        .ok("hello", json!({"client": "laptop 1.0", "wire": 1}))
        .await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    let token = laptop.ok("sign_in", who).await?["session"].clone();
    let (mut phone, phone_token) = come_in(&server, "ann").await?;
    let listed = sessions(&mut phone).await?;
    let online: Vec<_> = listed.iter().filter(|one| one["online"] == true).collect();
    assert_eq!(online.len(), 2, "{listed:?}");
    let of_laptop = online.iter().find(|one| one["client"] == "laptop 1.0");
    let of_laptop = of_laptop.context("the laptop is not listed")?;
    assert_eq!(of_laptop["address"], "127.0.0.1");
    assert_eq!(of_laptop["this"], Value::Null);
    assert!(of_laptop["created_at"].is_string() && of_laptop["seen_at"].is_string());
    assert!(online.iter().any(|one| one["this"] == true));

    // Another account's sessions are nobody's business.
    let mut bob = server.wire().await?;
    let who = json!({"name": "bob", "password": PASSWORD});
    bob.ok("register", who).await?;
    let revoke = json!({"session": of_laptop["session_id"]});
    let code = bob.code("revoke_session", revoke.clone()).await?;
    assert_eq!(code, "unknown_session");
    assert_eq!(sessions(&mut bob).await?.len(), 1);

    phone.ok("revoke_session", revoke.clone()).await?;
    assert!(told_why(laptop).await?.contains("ended from another"));
    assert_eq!(resume(&server, &token).await?, "bad_session");
    assert_eq!(
        phone.code("revoke_session", revoke).await?,
        "unknown_session"
    );
    assert_eq!(sessions(&mut phone).await?.len(), listed.len() - 1);

    // Oneself too, and then nothing is left of it.
    let mine = json!({"session": online.iter().find(|one| one["this"] == true).context("me")?["session_id"]});
    let _closes = phone.submit("revoke_session", mine).await?;
    phone.read_to_end().await?;
    assert_eq!(resume(&server, &phone_token).await?, "bad_session");
    drop(bob);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_connection_that_dies_is_listed_as_gone_at_once() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let (mut ann, _) = come_in(&server, "ann").await?;
    let (other, token) = come_in(&server, "ann").await?;
    let irc = IrcPerson::sign_in(&server, "ann").await?;
    let online = async |ann: &mut Wire| -> Result<usize> {
        let listed = sessions(ann).await?;
        Ok(listed.iter().filter(|one| one["online"] == true).count())
    };
    assert_eq!(online(&mut ann).await?, 3);
    let listed = sessions(&mut ann).await?;
    assert!(
        listed.iter().any(|one| one["client"] == "IRC"),
        "{listed:?}"
    );
    clock.advance_ms(60_000);
    // No word of farewell: the sockets are closed, and that is all.
    drop(other);
    drop(irc);
    while online(&mut ann).await? != 1 {}
    let listed = sessions(&mut ann).await?;
    assert!(
        listed.iter().all(|one| one["client"] != "irc"),
        "{listed:?}"
    );
    // What can come back is kept; when it was there last is known.
    assert_eq!(resume(&server, &token).await?, "ok");
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_the_connection_of_an_app_token_is_listed_with_its_scope_and_ends_with_it() -> Result<()>
{
    let server = TestServer::open_to_all().await?;
    server.add_account("ann", PASSWORD).await?;
    let (mut ann, _) = come_in(&server, "ann").await?;
    let made = ann
        .ok("new_token", json!({"label": "bot", "scope": "send"}))
        .await?;
    let token = made["token"].as_str().context("no token")?.to_owned();
    let (mut bot, answer) = sign_in_with(&server, "ann", &token).await?;
    assert!(answer.is_ok());
    for (what, fields) in [
        ("sessions", json!({})),
        ("revoke_session", json!({"session": "others"})),
        ("change_password", json!({"old": PASSWORD, "new": NEW})),
    ] {
        assert_eq!(bot.code(what, fields).await?, "forbidden", "{what}");
    }
    let listed = sessions(&mut ann).await?;
    let of_bot = listed.iter().find(|one| one["token"] == "bot");
    let of_bot = of_bot.context("the bot is not listed")?;
    assert_eq!(of_bot["scope"], "send");
    // Its connection alone can be ended; the token stays, until it is revoked.
    ann.ok("revoke_session", json!({"session": of_bot["session_id"]}))
        .await?;
    told_why(bot).await?;
    let (bot, answer) = sign_in_with(&server, "ann", &token).await?;
    assert!(answer.is_ok());
    ann.ok("revoke_token", json!({"token": "bot"})).await?;
    assert!(told_why(bot).await?.contains("revoked"));
    let (_, answer) = sign_in_with(&server, "ann", &token).await?;
    assert_eq!(answer.err().context("it came in")?.code, "bad_credentials");
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_session_unused_for_ninety_days_has_expired() -> Result<()> {
    const DAY: u64 = 24 * 3_600_000;
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let (ann, token) = come_in(&server, "ann").await?;
    drop(ann);
    let (mut ann, used) = come_in(&server, "ann").await?;
    while sessions(&mut ann)
        .await?
        .iter()
        .filter(|one| one["online"] == true)
        .count()
        != 1
    {}
    clock.advance_ms(89 * DAY);
    let mut wire = server.wire().await?;
    let next = wire.ok("resume", json!({"session": used})).await?["session"].clone();
    clock.advance_ms(2 * DAY);
    assert_eq!(resume(&server, &token).await?, "bad_session");
    assert_eq!(resume(&server, &next).await?, "ok");
    drop((ann, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_who_changes_the_password_stays_and_the_others_end() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    server.add_account("ann", PASSWORD).await?;
    let (mut ann, token) = come_in(&server, "ann").await?;
    let (other, other_token) = come_in(&server, "ann").await?;
    let irc = IrcPerson::sign_in(&server, "ann").await?;
    let wrong = json!({"old": "not this one", "new": NEW});
    assert_eq!(ann.code("change_password", wrong).await?, "bad_credentials");
    let change = json!({"old": PASSWORD, "new": NEW});
    ann.ok("change_password", change).await?;
    assert!(told_why(other).await?.contains("password was changed"));
    assert_eq!(resume(&server, &other_token).await?, "bad_session");
    irc.closed().await?;
    for (password, comes_in) in [(PASSWORD, false), (NEW, true)] {
        let (_, answer) = sign_in_with(&server, "ann", password).await?;
        assert_eq!(answer.is_ok(), comes_in);
        let on_irc = IrcPerson::try_sign_in(&server, "ann", password).await?;
        assert_eq!(on_irc.err(), (!comes_in).then_some(No::Credentials));
    }
    // This one went on, and can come back.
    ann.ok("send", json!({"room": "lobby", "body": "still here"}))
        .await?;
    drop(ann);
    assert_eq!(resume(&server, &token).await?, "ok");
    // Asked to, it leaves the others as they are.
    let (_, answer) = sign_in_with(&server, "ann", NEW).await?;
    let kept = answer.map_err(|error| anyhow::anyhow!("{error:?}"))?["session"].clone();
    let (mut ann, _) = sign_in_with(&server, "ann", NEW).await?;
    let back = json!({"old": NEW, "new": PASSWORD, "keep_sessions": true});
    ann.ok("change_password", back).await?;
    assert_eq!(resume(&server, &kept).await?, "ok");
    drop(ann);
    server.stop().await
}

/// Changes a password by OPAQUE; the answer to the finish.
async fn change_by_opaque(wire: &mut Wire, old: &str, new: &str) -> Result<WireAnswer> {
    let mut rng = rand::thread_rng();
    let (sign_in, ke1) = SignIn::start(old, &mut rng)?;
    let (registration, request) = Registration::start(new, &mut rng)?;
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let start = json!({"opaque": encode(&ke1), "new_opaque": encode(&request)});
    let reply = wire.ok("change_password_start", start).await?;
    let bytes = |field: &str| -> Result<Vec<u8>> {
        let text = reply[field].as_str().context("no message")?;
        Ok(BASE64URL_NOPAD.decode(text.as_bytes())?)
    };
    let parameters = |field: &str| -> Result<Argon2Parameters> {
        Ok(serde_json::from_value(reply[field].clone())?)
    };
    let bounds = ParameterBounds::for_tests();
    let ke3 = sign_in.finish(&bytes("opaque")?, parameters("argon2")?, &bounds, &mut rng);
    let argon2 = parameters("new_argon2")?;
    let record = registration.finish(&bytes("new_opaque")?, argon2, &bounds, &mut rng)?;
    let ke3 = ke3.unwrap_or_else(|_wrong| vec![0; 64]);
    let finish = json!({
        "opaque": encode(&ke3),
        "new_opaque": encode(&record),
        "argon2": reply["new_argon2"],
    });
    wire.ask("change_password_finish", finish).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_by_opaque_the_old_password_is_proved_in_the_same_exchange() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    server.add_account("ann", PASSWORD).await?;
    let (mut ann, _) = come_in(&server, "ann").await?;
    let (other, _) = come_in(&server, "ann").await?;
    let refused = change_by_opaque(&mut ann, "not this one", NEW).await?;
    assert_eq!(refused.err().context("changed")?.code, "bad_credentials");
    assert!(change_by_opaque(&mut ann, PASSWORD, NEW).await?.is_ok());
    told_why(other).await?;
    for (password, comes_in) in [(PASSWORD, false), (NEW, true)] {
        let (_, answer) = sign_in_with(&server, "ann", password).await?;
        assert_eq!(answer.is_ok(), comes_in);
    }
    drop(ann);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_code_from_the_owner_sets_a_forgotten_password_once_within_a_day() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    let mut owner = server.owner().await?;
    for name in ["ann", "bob"] {
        server.add_account(name, PASSWORD).await?;
    }
    let (mut ann, token) = come_in(&server, "ann").await?;
    let made = ann.ok("new_token", json!({"label": "bot"})).await?;
    let app = made["token"].as_str().context("no token")?.to_owned();
    let (mut bob, _) = come_in(&server, "bob").await?;
    let whom = json!({"name": "ann"});
    assert_eq!(bob.code("reset_code", whom.clone()).await?, "forbidden");
    let code_of = |made: &Value| made["code"].as_str().map(str::to_owned).context("no code");
    let first = code_of(&owner.ok("reset_code", whom.clone()).await?)?;
    // Whose password it is hears of it, now and at the next sign-in.
    let notice = ann.event_named("notice").await?;
    assert!(
        notice["text"]
            .as_str()
            .unwrap_or_default()
            .contains("set anew")
    );
    let (mut again, _) = come_in(&server, "ann").await?;
    again.event_named("notice").await?;
    drop(again);

    let reset = |name: &str, code: &str| json!({"name": name, "code": code, "password": NEW});
    let mut wire = server.wire().await?;
    for (name, code) in [
        ("bob", first.as_str()),
        ("nobody", &first),
        ("ann", "guess"),
    ] {
        assert_eq!(wire.code("reset", reset(name, code)).await?, "bad_code");
    }
    // A newer code voids the older, and a day voids any.
    let second = code_of(&owner.ok("reset_code", whom.clone()).await?)?;
    assert_eq!(wire.code("reset", reset("ann", &first)).await?, "bad_code");
    clock.advance_ms(24 * 3_600_000);
    assert_eq!(wire.code("reset", reset("ann", &second)).await?, "bad_code");
    let third = code_of(&owner.ok("reset_code", whom.clone()).await?)?;
    wire.ok("reset", reset("ann", &third)).await?;
    // Everything that was open is not any more: sessions, their tokens, app tokens.
    assert!(told_why(ann).await.is_ok());
    assert_eq!(resume(&server, &token).await?, "bad_session");
    for (password, comes_in) in [(PASSWORD, false), (app.as_str(), false), (NEW, true)] {
        let (_, answer) = sign_in_with(&server, "ann", password).await?;
        assert_eq!(answer.is_ok(), comes_in);
    }
    let mut late = server.wire().await?;
    assert_eq!(late.code("reset", reset("ann", &third)).await?, "bad_code");
    // Whoever knows the password voids a code by changing it.
    let fourth = code_of(&owner.ok("reset_code", whom).await?)?;
    let change = json!({"old": NEW, "new": PASSWORD});
    wire.ok("change_password", change).await?;
    assert_eq!(late.code("reset", reset("ann", &fourth)).await?, "bad_code");
    drop((owner, bob, wire, late));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a3_a_forgotten_password_is_set_anew_by_opaque() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    server.add_account("ann", PASSWORD).await?;
    let mut owner = come_in(&server, "owner").await?.0;
    let made = owner.ok("reset_code", json!({"name": "ann"})).await?;
    let mut rng = rand::thread_rng();
    let (registration, request) = Registration::start(NEW, &mut rng)?;
    let mut wire = server.wire().await?;
    let start = json!({
        "name": "ann",
        "code": made["code"],
        "opaque": BASE64URL_NOPAD.encode(&request),
    });
    let reply = wire.ok("reset_start", start).await?;
    let answer = reply["opaque"].as_str().context("no message")?;
    let answer = BASE64URL_NOPAD.decode(answer.as_bytes())?;
    let argon2: Argon2Parameters = serde_json::from_value(reply["argon2"].clone())?;
    let bounds = ParameterBounds::for_tests();
    let record = registration.finish(&answer, argon2, &bounds, &mut rng)?;
    let finish = json!({"opaque": BASE64URL_NOPAD.encode(&record), "argon2": reply["argon2"]});
    let signed_in = wire.ok("reset_finish", finish).await?;
    assert_eq!(signed_in["name"], "ann");
    let (_, answer) = sign_in_with(&server, "ann", NEW).await?;
    assert!(answer.is_ok());
    drop((owner, wire));
    server.stop().await
}

/// Over one front: three wrong ones shut the account for this address, for everybody who has nothing but
/// a password, until the time is over.
async fn three_wrong_shut<P: Person>() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    server.add_account("bob", PASSWORD).await?;
    let (mut ann, token) = come_in(&server, "ann").await?;
    let made = ann.ok("new_token", json!({"label": "bot"})).await?;
    let app = made["token"].as_str().context("no token")?.to_owned();
    for _ in 0..3 {
        let answer = P::try_sign_in(&server, "ann", "not this one").await?;
        assert_eq!(answer.err(), Some(No::Credentials));
    }
    let right = P::try_sign_in(&server, "ann", PASSWORD).await?;
    assert_eq!(right.err(), Some(No::Credentials));
    // Neither another account, nor a session, nor an app token of this one is meant.
    assert!(P::try_sign_in(&server, "bob", PASSWORD).await?.is_ok());
    assert!(P::try_sign_in(&server, "ann", &app).await?.is_ok());
    drop(ann);
    assert_eq!(resume(&server, &token).await?, "ok");
    clock.advance_ms(10_000);
    assert!(P::try_sign_in(&server, "ann", PASSWORD).await?.is_ok());
    // Being right makes good for what was wrong before.
    for _ in 0..2 {
        let answer = P::try_sign_in(&server, "ann", "not this one").await?;
        assert_eq!(answer.err(), Some(No::Credentials));
    }
    assert!(P::try_sign_in(&server, "ann", PASSWORD).await?.is_ok());
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_three_wrong_shut_the_account_for_that_address_on_the_native_wire() -> Result<()> {
    three_wrong_shut::<NativePerson>().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_three_wrong_shut_the_account_for_that_address_on_irc() -> Result<()> {
    three_wrong_shut::<IrcPerson>().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_a_name_that_nobody_has_is_answered_like_one_that_somebody_has() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let mut heard = Vec::new();
    for name in ["ann", "nobody"] {
        let mut answers = Vec::new();
        for _ in 0..2 {
            for _ in 0..5 {
                let (_, answer) = sign_in_with(&server, name, "not this one").await?;
                answers.push(answer.err().context("it came in")?);
            }
            clock.advance_ms(10_000);
        }
        heard.push(answers);
    }
    assert_eq!(heard[0], heard[1]);
    let waits: Vec<_> = heard[0].iter().map(|error| error.retry_after_ms).collect();
    let (ten, twenty) = (Some(10_000), Some(20_000));
    assert_eq!(
        waits,
        [
            None, None, ten, ten, ten, twenty, twenty, twenty, twenty, twenty
        ]
    );
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_by_opaque_a_guess_counts_from_its_first_step() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let (_, ke1) = SignIn::start("not this one", &mut rand::thread_rng())?;
    let start = json!({"name": "ann", "opaque": BASE64URL_NOPAD.encode(&ke1)});
    let mut wire = server.wire().await?;
    for _ in 0..3 {
        // The answer tells a client whether the password is right; it need not send the next step.
        wire.ok("sign_in_start", start.clone()).await?;
    }
    let code = wire.code("sign_in_start", start).await?;
    assert_eq!(code, "bad_credentials");
    let (_, answer) = sign_in_with(&server, "ann", PASSWORD).await?;
    assert_eq!(answer.err().context("it came in")?.code, "bad_credentials");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_a_device_that_signed_in_before_or_brings_a_code_gets_past_the_guesser() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    let mut owner = server.owner().await?;
    server.add_account("ann", PASSWORD).await?;
    let (mut ann, answer) = sign_in_with(&server, "ann", PASSWORD).await?;
    let cookie = answer.map_err(|error| anyhow::anyhow!("{error:?}"))?["device"].clone();
    assert!(cookie.is_string());
    for _ in 0..3 {
        let (_, _wrong) = sign_in_with(&server, "ann", "not this one").await?;
    }
    let with = async |what: &str, value: &Value, password: &str| -> Result<String> {
        let mut wire = server.wire().await?;
        let mut who = json!({"name": "ann", "password": password});
        who[what] = value.clone();
        wire.code("sign_in", who).await
    };
    assert_eq!(
        with("device", &json!("invented"), PASSWORD).await?,
        "bad_credentials"
    );
    assert_eq!(with("device", &cookie, PASSWORD).await?, "ok");
    // The cookie's own counter is for itself alone.
    for _ in 0..3 {
        assert_eq!(
            with("device", &cookie, "not this one").await?,
            "bad_credentials"
        );
    }
    assert_eq!(with("device", &cookie, PASSWORD).await?, "bad_credentials");
    // A code gets past both, once.
    let code = ann.ok("device_code", json!({})).await?["code"].clone();
    assert_eq!(
        with("code", &code, "not this one").await?,
        "bad_credentials"
    );
    assert_eq!(with("code", &code, PASSWORD).await?, "ok");
    assert_eq!(with("code", &code, PASSWORD).await?, "bad_credentials");
    // The owner may make one for anybody, nobody else but for themselves.
    let for_ann = json!({"name": "ann"});
    let code = owner.ok("device_code", for_ann).await?["code"].clone();
    assert_eq!(with("code", &code, PASSWORD).await?, "ok");
    let for_owner = json!({"name": "owner"});
    assert_eq!(ann.code("device_code", for_owner).await?, "forbidden");
    let late = ann.ok("device_code", json!({})).await?["code"].clone();
    clock.advance_ms(3_600_000);
    for _ in 0..3 {
        let (_, _wrong) = sign_in_with(&server, "ann", "not this one").await?;
    }
    assert_eq!(with("code", &late, PASSWORD).await?, "bad_credentials");
    drop((owner, ann));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_trusted_addresses_and_other_numbers_are_options() -> Result<()> {
    let clock = HandClock::default();
    let here = clock.for_server();
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.guessing.wrong_in_row = 1;
        options.guessing.shut_ms = 60_000;
        options.clock = here;
    })
    .await?;
    server.add_account("ann", PASSWORD).await?;
    let (_, answer) = sign_in_with(&server, "ann", "not this one").await?;
    let wait = answer.err().context("it came in")?.retry_after_ms;
    assert_eq!(wait, Some(60_000));
    server.stop().await?;

    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.trusted = "127.0.0.0/8".parse().into_iter().collect();
    })
    .await?;
    server.add_account("ann", PASSWORD).await?;
    for _ in 0..10 {
        let (_, _wrong) = sign_in_with(&server, "ann", "not this one").await?;
    }
    let (_, answer) = sign_in_with(&server, "ann", PASSWORD).await?;
    assert!(answer.is_ok());
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_by_roster_only_its_members_register_and_are_shown_by_its_names() -> Result<()> {
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Roster;
    })
    .await?;
    let entry = |name: &str, display: &str| -> Result<snug_store::RosterEntry> {
        Ok(snug_store::RosterEntry {
            name: snug_proto::AccountName::parse(name)?,
            display: snug_proto::DisplayName::parse(display)?,
        })
    };
    let mut owner = server.owner().await?;
    let engine = server.running().engine();
    let roster = vec![entry("19803021", "Pranav Gupta")?, entry("ann", "Ann A.")?];
    engine.import_roster(roster).await?;
    let who = |name: &str| json!({"name": name, "password": PASSWORD});
    let mut wire = server.wire().await?;
    assert_eq!(wire.code("register", who("bob")).await?, "forbidden");
    // An invite does not make a member of the list either.
    let code = owner.ok("invite", json!({})).await?["code"].clone();
    let invited = json!({"name": "bob", "password": PASSWORD, "code": code});
    assert_eq!(wire.code("register", invited).await?, "forbidden");
    wire.ok("register", who("19803021")).await?;
    let mut other = server.wire().await?;
    assert_eq!(other.code("register", who("19803021")).await?, "name_taken");
    wire.ok("send", json!({"room": "lobby", "body": "hello"}))
        .await?;
    let said = owner.event_named("message").await?;
    assert_eq!(
        (&said["from"], &said["from_display"]),
        (&json!("19803021"), &json!("Pranav Gupta"))
    );
    // On IRC the name is the realname.
    let mut irc = IrcPerson::sign_in(&server, "owner").await?;
    irc.send("WHOIS _19803021").await?;
    loop {
        let line = irc.line().await?.context("it closed")?;
        if line.text().as_deref() == Some("Pranav Gupta") {
            break;
        }
    }
    // A new list renames at once; whoever left it keeps the account.
    engine
        .import_roster(vec![entry("19803021", "Pranav G.")?])
        .await?;
    wire.ok("send", json!({"room": "lobby", "body": "again"}))
        .await?;
    let said = owner.event_named("message").await?;
    assert_eq!(said["from_display"], "Pranav G.");
    assert_eq!(other.code("register", who("ann")).await?, "forbidden");
    drop((owner, wire, other, irc));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a8_a_deleted_account_leaves_what_it_said_under_the_name_of_nobody() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    let mut owner = server.owner().await?;
    server.add_account("ann", PASSWORD).await?;
    server.add_account("bob", PASSWORD).await?;
    let (mut ann, token) = come_in(&server, "ann").await?;
    let (other, _) = come_in(&server, "ann").await?;
    let (mut bob, _) = come_in(&server, "bob").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    ann.ok("send", json!({"room": "den", "body": "I was here"}))
        .await?;
    let direct = ann
        .ok("send", json!({"to": "bob", "body": "between us"}))
        .await?;
    let made = ann.ok("new_token", json!({"label": "bot"})).await?;
    let app = made["token"].as_str().context("no token")?.to_owned();
    // Neither the owner, nor with a wrong password.
    let delete = |password: &str| json!({"password": password});
    assert_eq!(
        owner.code("delete_account", delete(PASSWORD)).await?,
        "forbidden"
    );
    assert_eq!(
        ann.code("delete_account", delete("not this one")).await?,
        "bad_credentials"
    );
    ann.ok("delete_account", delete(PASSWORD)).await?;
    ann.read_to_end().await?;
    told_why(other).await?;
    assert_eq!(resume(&server, &token).await?, "bad_session");
    for password in [PASSWORD, &app] {
        let (_, answer) = sign_in_with(&server, "ann", password).await?;
        assert_eq!(answer.err().context("it came in")?.code, "bad_credentials");
    }
    // What was said stays, in the room that passed on, and in the conversation.
    bob.event(|event| event["ev"] == "left" && event["room"] == "den")
        .await?;
    let den = bob.ok("read", json!({"room": "den", "after": 0})).await?;
    let said = den["events"].as_array().context("no events")?;
    let said = said
        .iter()
        .find(|event| event["body"] == "I was here")
        .context("it is gone")?;
    assert_eq!(said["from_display"], "deleted account");
    assert_ne!(said["from"], "ann");
    let people = bob.ok("who", json!({"room": "den"})).await?;
    let founder = people["people"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["founder"] == true);
    assert_eq!(founder.context("no founder")?["name"], "bob");
    let page = json!({"room": direct["room_id"], "after": 0});
    let told = bob.ok("read", page).await?;
    assert_eq!(told["events"][0]["body"], "between us");
    let reply = json!({"room": direct["room_id"], "body": "hello?"});
    assert_eq!(bob.code("send", reply).await?, "not_accepting");
    // The name is kept from others for 30 days.
    let mut wire = server.wire().await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    assert_eq!(wire.code("register", who.clone()).await?, "name_taken");
    clock.advance_ms(30 * 24 * 3_600_000);
    wire.ok("register", who).await?;
    drop((owner, bob, wire));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a8_deleted_with_its_messages_none_of_its_words_is_in_the_data_folder() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let here = data.clone();
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.data = here;
    })
    .await?;
    server.add_account("ann", PASSWORD).await?;
    server.add_account("bob", PASSWORD).await?;
    let (mut ann, _) = come_in(&server, "ann").await?;
    let (mut bob, _) = come_in(&server, "bob").await?;
    ann.ok("create_room", json!({"room": "den"})).await?;
    bob.ok("join", json!({"room": "den"})).await?;
    let word = |number: usize| format!("zanzibarword{number}");
    for number in 0..250 {
        let place = [
            json!({"room": "den"}),
            json!({"room": "lobby"}),
            json!({"to": "bob"}),
        ];
        let mut send = place[number % 3].clone();
        send["body"] = json!(word(number));
        ann.ok("send", send).await?;
    }
    bob.ok("send", json!({"room": "den", "body": "baobabword"}))
        .await?;
    let delete = json!({"password": PASSWORD, "with_messages": true});
    ann.ok("delete_account", delete).await?;
    let den = bob
        .ok("read", json!({"room": "den", "after": 0, "limit": 500}))
        .await?;
    let text = den.to_string();
    assert!(text.contains("baobabword") && !text.contains("zanzibarword"));
    drop((ann, bob));
    server.stop().await?;
    let mut kept = false;
    let mut folders = vec![data];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path)?;
            let has = |word: &str| bytes.windows(word.len()).any(|of| of == word.as_bytes());
            assert!(!has("zanzibarword"), "{}", path.display());
            kept |= has("baobabword");
        }
    }
    assert!(kept, "the search finds nothing at all");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s8_who_quits_an_ephemeral_server_is_not_known_there_any_more() -> Result<()> {
    let server = TestServer::ephemeral().await?;
    let mut owner = server.owner().await?;
    owner.ok("server", json!({"registration": "open"})).await?;
    let mut ann = server.wire().await?;
    let who = json!({"name": "ann", "password": PASSWORD});
    let token = ann.ok("register", who.clone()).await?["session"].clone();
    ann.ok("create_room", json!({"room": "den"})).await?;
    owner.ok("join", json!({"room": "den"})).await?;
    ann.ok("send", json!({"room": "den", "body": "hello"}))
        .await?;
    // Quitting one of two sessions keeps what the other needs.
    let (mut second, _) = sign_in_with(&server, "ann", PASSWORD).await?;
    second.ok("quit", json!({})).await?;
    second.read_to_end().await?;
    ann.ok("quit", json!({})).await?;
    ann.read_to_end().await?;
    assert_eq!(resume(&server, &token).await?, "bad_session");
    let (_, answer) = sign_in_with(&server, "ann", PASSWORD).await?;
    assert_eq!(answer.err().context("it came in")?.code, "bad_credentials");
    let people = owner.ok("who", json!({"room": "den"})).await?;
    assert!(!people.to_string().contains("\"ann\""), "{people}");
    let page = owner.ok("read", json!({"room": "den", "after": 0})).await?;
    assert!(!page.to_string().contains("\"ann\""), "{page}");
    // The name is free at once; the owner comes back as the owner.
    let mut again = server.wire().await?;
    again.ok("register", who).await?;
    owner.ok("quit", json!({})).await?;
    owner.read_to_end().await?;
    let (mut owner, answer) = sign_in_with(&server, "owner", PASSWORD).await?;
    assert!(answer.is_ok());
    owner.ok("ping", json!({})).await?;
    drop((again, owner));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a5_a_quiet_session_comes_and_goes_unseen_and_hides_nothing_that_it_does() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut owner = server.sign_in("owner").await?;
    let mut ann = server.newcomer("ann").await?;
    server.add_account("bob", PASSWORD).await?;
    owner.ok("watch", json!({"on": true})).await?;
    let mut bob = server.wire().await?;
    bob.ok(
        "hello",
        json!({"client": "script 1", "wire": 1, "quiet": true}),
    )
    .await?;
    bob.ok("sign_in", json!({"name": "bob", "password": PASSWORD}))
        .await?;
    // Those who run the server hear of it, and its own account lists it; others do not.
    owner
        .event(|event| {
            let text = event["text"].as_str().unwrap_or_default();
            event["what"] == "signed_in" && text.starts_with("bob")
        })
        .await?;
    let listed = sessions(&mut bob).await?;
    assert!(listed.iter().any(|one| one["this"] == true), "{listed:?}");
    let people = ann.ok("who", json!({"room": "lobby"})).await?;
    assert!(!people.to_string().contains("bob"), "{people}");
    // What it says is said by bob, like anything else.
    bob.ok("send", json!({"room": "lobby", "body": "from a script"}))
        .await?;
    assert_eq!(ann.said("from a script").await?["from"], "bob");
    bob.ok("quit", json!({})).await?;
    ann.ok("send", json!({"room": "lobby", "body": "marker"}))
        .await?;
    ann.said("marker").await?;
    let told = ann.take_events();
    let presence = told.iter().filter(|heard| heard.event["name"] == "bob");
    assert_eq!(presence.count(), 0);
    drop((owner, ann, bob));
    server.stop().await
}
