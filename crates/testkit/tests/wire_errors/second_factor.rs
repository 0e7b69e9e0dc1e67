//! The second factor's codes and requests (A7).

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde_json::json;
use snug_proto::Timestamp;
use snug_testkit::{
    authenticator::Authenticator, driver::PASSWORD, server::TestServer, wire::Wire,
};

use super::Walk;

fn now() -> Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Timestamp::from_ms(u64::try_from(since.as_millis())?))
}

pub(super) async fn second_factor(walk: &mut Walk, server: &TestServer) -> Result<()> {
    server.add_account("tom", PASSWORD).await?;
    let tom = json!({"name": "tom", "password": PASSWORD});
    let mut wire: Wire = server.wire().await?;
    let code = json!({"code": "000000"});
    walk.step(&mut wire, "second_factor", code.clone(), "sign_in_expired")
        .await?;
    walk.step(&mut wire, "sign_in", tom.clone(), "ok").await?;
    walk.step(
        &mut wire,
        "set_second_factor",
        code.clone(),
        "sign_in_expired",
    )
    .await?;
    let wrong = json!({"password": "not this one"});
    walk.step(&mut wire, "offer_second_factor", wrong, "bad_credentials")
        .await?;
    let offer = wire.ok("offer_second_factor", json!({"password": PASSWORD}));
    let app = Authenticator::of(&offer.await?)?;
    let shown = json!({"code": app.code_at(now()?)});
    walk.step(&mut wire, "set_second_factor", shown, "ok")
        .await?;
    let mut other = server.wire().await?;
    walk.step(&mut other, "sign_in", tom, "second_factor_needed")
        .await?;
    walk.step(&mut other, "second_factor", code.clone(), "bad_code")
        .await?;
    walk.step(&mut wire, "prove_code", code.clone(), "bad_code")
        .await?;
    walk.step(&mut wire, "drop_second_factor", code, "bad_code")
        .await
}
