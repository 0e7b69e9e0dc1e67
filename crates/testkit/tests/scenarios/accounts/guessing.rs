//! Guessing at a password (A4).

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use snug_auth::SignIn;
use snug_testkit::{
    clock::HandClock,
    driver::{IrcPerson, NativePerson, No, PASSWORD, Person},
    server::TestServer,
};

use super::{come_in, on_clock, resume, sign_in_with};

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

/// Who knew an older password may have kept as many cookies as they liked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_a_device_is_known_as_long_as_the_password_by_which_it_signed_in() -> Result<()> {
    let clock = HandClock::default();
    let server = on_clock(&clock).await?;
    server.add_account("ann", PASSWORD).await?;
    let cookie = async |password: &str| -> Result<Value> {
        let (_, answer) = sign_in_with(&server, "ann", password).await?;
        let answer = answer.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(answer["device"].clone())
    };
    let old = cookie(PASSWORD).await?;
    let (mut ann, _) = sign_in_with(&server, "ann", PASSWORD).await?;
    let new_password = "another one";
    let change = json!({"old": PASSWORD, "new": new_password});
    ann.ok("change_password", change).await?;
    let new = cookie(new_password).await?;
    for _ in 0..3 {
        let (_, _wrong) = sign_in_with(&server, "ann", "not this one").await?;
    }
    for (device, expected) in [(old, "bad_credentials"), (new, "ok")] {
        let mut wire = server.wire().await?;
        let who = json!({"name": "ann", "password": new_password, "device": device});
        assert_eq!(wire.code("sign_in", who).await?, expected);
    }
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
