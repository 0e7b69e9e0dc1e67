//! (e) Everybody signs in at once, by OPAQUE, TLS handshake included.

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use snug_auth::{ParameterBounds, SignIn};
use tokio::task::JoinSet;

use super::{Goal, Report, Round, float, median};
use crate::{load::Site, wire::Wire};

const PASSWORD: &str = "correct horse battery";
const ACCOUNTS: usize = 100;
const SIGN_INS: usize = 2_000;
const AT_ONCE: usize = 32;
const ROUNDS: usize = 3;

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let round = Round::start(&[]).await?;
    for index in 0..ACCOUNTS {
        let mut wire = round.site.wire().await?;
        let who = json!({"name": name_of(index), "password": PASSWORD});
        wire.ok("register", who).await?;
    }
    let mut costs = Vec::new();
    for _ in 0..ROUNDS {
        let before = round.cpu()?;
        let mut under_way = JoinSet::new();
        for index in 0..SIGN_INS {
            if under_way.len() >= AT_ONCE
                && let Some(done) = under_way.join_next().await
            {
                done??;
            }
            let site = round.site.clone();
            under_way.spawn(async move { sign_in(&site, &name_of(index)).await.map(drop) });
        }
        while let Some(done) = under_way.join_next().await {
            done??;
        }
        costs.push(round.cpu_since(before)?.as_secs_f64() * 1e3 / float(SIGN_INS as u64));
    }
    report.add(
        "e",
        "server CPU of a sign-in by OPAQUE, ms",
        median(costs),
        Goal::AtMost(0.8),
    );
    Ok(())
}

fn name_of(index: usize) -> String {
    format!("storm{}", index % ACCOUNTS)
}

async fn sign_in(site: &Site, name: &str) -> Result<Wire> {
    let mut wire = site.wire().await?;
    let (state, ke1) = SignIn::start(PASSWORD, &mut rand::thread_rng())?;
    let start = json!({"name": name, "opaque": BASE64URL_NOPAD.encode(&ke1)});
    let reply = wire.ok("sign_in_start", start).await?;
    let ke2 = reply["opaque"].as_str().context("no opaque")?;
    let ke2 = BASE64URL_NOPAD.decode(ke2.as_bytes())?;
    let parameters = serde_json::from_value(reply["argon2"].clone())?;
    let bounds = ParameterBounds::for_tests();
    let ke3 = state.finish(&ke2, parameters, &bounds, &mut rand::thread_rng())?;
    let finish: Value = json!({"opaque": BASE64URL_NOPAD.encode(&ke3)});
    wire.ok("sign_in_finish", finish).await?;
    Ok(wire)
}
