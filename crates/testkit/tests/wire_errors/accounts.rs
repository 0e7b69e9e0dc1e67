//! The codes of accounts: registering, signing in, passwords, sessions, tokens.

use anyhow::Result;
use serde_json::json;
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

use super::Walk;

pub(super) async fn registering(
    walk: &mut Walk,
    server: &TestServer,
    owner: &mut Wire,
) -> Result<()> {
    let who = |name: &str, password: &str| json!({"name": name, "password": password});
    let mut wire = server.wire().await?;
    walk.step(&mut wire, "register", who("ann", PASSWORD), "code_needed")
        .await?;
    let guess = json!({"name": "ann", "password": PASSWORD, "code": "guess"});
    walk.step(&mut wire, "register", guess, "bad_code").await?;
    walk.step(owner, "invite", json!({}), "ok").await?;
    let open = json!({"registration": "open"});
    walk.step(owner, "server", open, "ok").await?;
    walk.step(&mut wire, "register", who("owner", PASSWORD), "name_taken")
        .await?;
    walk.step(&mut wire, "register", who("no body", PASSWORD), "bad_name")
        .await?;
    walk.step(&mut wire, "register", who("ann", "short"), "bad_password")
        .await?;
    let own_name = who("katharina", "Katharina");
    walk.step(&mut wire, "register", own_name, "bad_password")
        .await?;
    walk.step(&mut wire, "register", who("ann", PASSWORD), "ok")
        .await?;
    let mut wire = server.wire().await?;
    let finish = json!({"opaque": "AAAA", "argon2": {"memory_kib": 1, "passes": 1, "lanes": 1}});
    walk.step(
        &mut wire,
        "register_finish",
        finish.clone(),
        "sign_in_expired",
    )
    .await?;
    let (_, request) = snug_auth::Registration::start(PASSWORD, &mut rand::thread_rng())?;
    let opaque = data_encoding::BASE64URL_NOPAD.encode(&request);
    let start = json!({"name": "bob", "opaque": opaque});
    walk.step(&mut wire, "register_start", start, "ok").await?;
    walk.step(&mut wire, "register_finish", finish, "weak_parameters")
        .await?;
    let mut wire = server.wire().await?;
    walk.step(&mut wire, "register", who("bob", PASSWORD), "ok")
        .await
}

pub(super) async fn signing_in(
    walk: &mut Walk,
    server: &TestServer,
    owner: &mut Wire,
) -> Result<()> {
    let ann = json!({"name": "ann", "password": PASSWORD});
    let mut wire = server.wire().await?;
    let wrong = json!({"name": "ann", "password": "not this one"});
    walk.step(&mut wire, "sign_in", wrong, "bad_credentials")
        .await?;
    let session = json!({"session": "no such token"});
    walk.step(&mut wire, "resume", session, "bad_session")
        .await?;
    let finish = json!({"opaque": "AAAA"});
    walk.step(&mut wire, "sign_in_finish", finish, "sign_in_expired")
        .await?;
    let (_, ke1) = snug_auth::SignIn::start(PASSWORD, &mut rand::thread_rng())?;
    let opaque = data_encoding::BASE64URL_NOPAD.encode(&ke1);
    let start = json!({"name": "ann", "opaque": opaque});
    walk.step(&mut wire, "sign_in_start", start, "ok").await?;
    let off = json!({"plain_passwords": false});
    walk.step(owner, "server", off, "ok").await?;
    let mut wire = server.wire().await?;
    walk.step(&mut wire, "sign_in", ann.clone(), "plain_passwords_off")
        .await?;
    walk.step(owner, "server", json!({"plain_passwords": true}), "ok")
        .await?;
    walk.step(&mut wire, "sign_in", ann.clone(), "ok").await?;
    walk.step(&mut wire, "sign_in", ann, "already_signed_in")
        .await
}

pub(super) async fn tokens(walk: &mut Walk, owner: &mut Wire) -> Result<()> {
    let token = |label: String| json!({"label": label});
    let revoke = json!({"token": "no such token"});
    walk.step(owner, "revoke_token", revoke, "unknown_token")
        .await?;
    walk.step(owner, "new_token", token("token 0".into()), "ok")
        .await?;
    walk.step(owner, "tokens", json!({}), "ok").await?;
    for number in 1..50 {
        owner
            .ok("new_token", token(format!("token {number}")))
            .await?;
    }
    walk.step(owner, "new_token", token("one more".into()), "too_many")
        .await
}

pub(super) async fn sessions(walk: &mut Walk, server: &TestServer, owner: &mut Wire) -> Result<()> {
    let _other = server.sign_in("ann").await?;
    walk.step(owner, "sessions", json!({}), "ok").await?;
    for unknown in ["s:aaaaaaaaaaaaaaaaaaaaaaaaaa", "not an id"] {
        let revoke = json!({"session": unknown});
        walk.step(owner, "revoke_session", revoke, "unknown_session")
            .await?;
    }
    walk.step(owner, "revoke_session", json!({"session": "others"}), "ok")
        .await
}

pub(super) async fn passwords(
    walk: &mut Walk,
    server: &TestServer,
    owner: &mut Wire,
) -> Result<()> {
    let mut ann = server.sign_in("ann").await?;
    let change = |old: &str, new: &str| json!({"old": old, "new": new});
    walk.step(
        &mut ann,
        "change_password",
        change("not this one", PASSWORD),
        "bad_credentials",
    )
    .await?;
    walk.step(
        &mut ann,
        "change_password",
        change(PASSWORD, "short"),
        "bad_password",
    )
    .await?;
    walk.step(
        &mut ann,
        "change_password",
        change(PASSWORD, PASSWORD),
        "ok",
    )
    .await?;
    let start = json!({"opaque": "AAAA", "new_opaque": "AAAA"});
    walk.step(&mut ann, "change_password_start", start, "bad_request")
        .await?;
    let argon2 = json!({"memory_kib": 1, "passes": 1, "lanes": 1});
    let finish = json!({"opaque": "AAAA", "new_opaque": "AAAA", "argon2": argon2});
    walk.step(
        &mut ann,
        "change_password_finish",
        finish,
        "sign_in_expired",
    )
    .await?;
    let whom = |name: &str| json!({"name": name});
    let added = json!({"name": "added", "password": "eight blue lamps"});
    for (who, code) in [(&mut ann, "forbidden"), (&mut *owner, "ok")] {
        walk.step(who, "add_account", added.clone(), code).await?;
    }
    walk.step(owner, "add_account", added, "name_taken").await?;
    let short = json!({"name": "short", "password": "x"});
    walk.step(owner, "add_account", short, "bad_password")
        .await?;
    walk.step(&mut ann, "reset_code", whom("ann"), "forbidden")
        .await?;
    walk.step(owner, "reset_code", whom("owner"), "forbidden")
        .await?;
    walk.step(owner, "reset_code", whom("nobody"), "unknown_person")
        .await?;
    walk.step(owner, "reset_code", whom("ann"), "ok").await?;
    walk.step(&mut ann, "device_code", whom("owner"), "forbidden")
        .await?;
    walk.step(&mut ann, "device_code", json!({}), "ok").await?;
    let prove = json!({"opaque": "AAAA"});
    walk.step(&mut ann, "prove_start", prove.clone(), "bad_request")
        .await?;
    walk.step(&mut ann, "delete_account", prove, "sign_in_expired")
        .await?;
    walk.step(&mut ann, "delete_account", json!({}), "bad_request")
        .await?;
    let delete = json!({"password": PASSWORD});
    walk.step(owner, "delete_account", delete, "forbidden")
        .await?;
    let mut wire = server.wire().await?;
    let guess = json!({"name": "ann", "code": "guess", "password": PASSWORD});
    walk.step(&mut wire, "reset", guess, "bad_code").await?;
    let start = json!({"name": "ann", "code": "guess", "opaque": "AAAA"});
    walk.step(&mut wire, "reset_start", start, "bad_code")
        .await?;
    let finish = json!({"opaque": "AAAA", "argon2": argon2});
    walk.step(&mut wire, "reset_finish", finish, "sign_in_expired")
        .await
}
