//! What people do with each other and with the server beyond talking, the same on every front: natively
//! by requests, over IRC by its own commands and by `SNUG` (issue rows A3 to O7).

mod accounts;
mod announcing;
mod credits;
mod groups;
mod order;
mod people;
mod running;
mod searching;

use anyhow::Result;
use serde_json::{Value, json};
use snug_testkit::{
    driver::{Deed, Outcome, PASSWORD, Person},
    server::TestServer,
};

/// The owner, and members of these names.
async fn owner_and<P: Person, const N: usize>(
    server: &TestServer,
    names: [&str; N],
) -> Result<(P, [P; N])> {
    let owner = P::sign_in(server, "owner").await?;
    let mut people = Vec::new();
    for name in names {
        people.push(P::newcomer(server, name).await?);
    }
    let people = people.try_into();
    let people = people.map_err(|_| anyhow::anyhow!("not so many people"))?;
    Ok((owner, people))
}

/// A refusal.
fn refused(code: &str) -> Outcome {
    Err(code.to_owned())
}

/// Changes the server's settings.
fn set(fields: Value, words: &str) -> Deed {
    Deed::new("server", fields, format!("SNUG SERVER {words}"))
}

/// Gives a role on the server.
fn role(who: &str, role: &str) -> Deed {
    let fields = json!({"who": who, "role": role, "reason": "trust"});
    Deed::new(
        "set_server_role",
        fields,
        format!("SNUG ROLE {who} {role} trust"),
    )
}

/// Looks at somebody.
fn look_at(who: &str) -> Deed {
    Deed::new("whois", json!({"person": who}), format!("WHOIS {who}"))
}

/// May nobody sign in by this name and the usual password?
async fn is_shut_out<P: Person>(server: &TestServer, name: &str) -> Result<bool> {
    Ok(P::try_sign_in(server, name, PASSWORD).await?.is_err())
}
