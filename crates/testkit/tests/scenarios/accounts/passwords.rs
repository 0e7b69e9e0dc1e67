//! A new password, by the old one or by a code (A3).

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use snug_auth::{ParameterBounds, Registration, SignIn};
use snug_proto::Argon2Parameters;
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, No, PASSWORD, Person},
    server::TestServer,
    wire::{Wire, WireAnswer},
};

use super::{NEW, come_in, on_clock, resume, sign_in_with, told_why};

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
