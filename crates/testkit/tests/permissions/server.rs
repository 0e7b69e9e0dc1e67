//! The table of what those who run the server may do, over the wire: every role tries every deed on every
//! role, with a password, with an app token that may moderate and with one that may not.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_proto::Role;
use snug_rules::{ServerDeed, Whom, may_govern};
use snug_testkit::{server::TestServer, wire::Wire};

/// What a session came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Password,
    Moderate,
    Irc,
}

const ROLES: [Role; 4] = [Role::Guest, Role::Member, Role::Moderator, Role::Owner];

/// The request that tries this on somebody of this name and role.
fn request(deed: ServerDeed, whom: &str, role: Role, number: u32) -> (&'static str, Value) {
    match deed {
        ServerDeed::ReadAudit => ("audit", json!({})),
        ServerDeed::GiveRole => {
            let other = if role == Role::Moderator {
                "member"
            } else {
                "moderator"
            };
            ("set_server_role", json!({"who": whom, "role": other}))
        }
        ServerDeed::HandOver => ("hand_over", json!({"to": whom})),
        ServerDeed::Rename => {
            // The owner and the guest keep the names that others here are to find.
            let name = if matches!(role, Role::Owner | Role::Guest) {
                whom.to_owned()
            } else {
                format!("new{number}")
            };
            ("rename_account", json!({"who": whom, "name": name}))
        }
        ServerDeed::Announce => ("announce", json!({"body": "words"})),
        ServerDeed::Watch => ("watch", json!({"on": true})),
        ServerDeed::Hail => ("hail", json!({"text": "words"})),
        ServerDeed::Kick => ("server_kick", json!({"who": whom})),
        ServerDeed::Ban => ("server_ban", json!({"who": whom})),
        ServerDeed::BanAddress => ("server_ban", json!({"address": "198.51.100.7"})),
        ServerDeed::SeeBans => ("server_bans", json!({})),
        ServerDeed::Door => ("shield", json!({"wanted": "auto"})),
        ServerDeed::Purge => (
            "purge",
            json!({"who": whom, "since": "2026-11-20T19:41:07.118Z"}),
        ),
        ServerDeed::SeeReports => ("reports", json!({})),
        ServerDeed::Label => ("label", json!({"who": whom, "label": format!("l{number}")})),
        ServerDeed::Group => ("set_group", json!({"group": format!("g{number}")})),
    }
}

/// May a session of this kind ask for it at all?
fn may_ask(deed: ServerDeed, by: By) -> bool {
    match deed {
        // The list of reports is also for those who keep rooms; what is in it is tried below.
        ServerDeed::SeeReports => true,
        // The owner's own no token does.
        ServerDeed::ReadAudit
        | ServerDeed::GiveRole
        | ServerDeed::HandOver
        | ServerDeed::Rename
        | ServerDeed::Announce
        | ServerDeed::Watch => by == By::Password,
        _ => by != By::Irc,
    }
}

struct World {
    server: TestServer,
    owner: Wire,
    /// A guest to whom things are done, all the same one: few may come of one address.
    guest: Option<(String, Wire)>,
    made: u32,
}

impl World {
    async fn new() -> Result<Self> {
        let server = TestServer::open_to_all().await?;
        let mut owner = server.sign_in("owner").await?;
        owner.ok("server", json!({"guests": "on"})).await?;
        Ok(Self {
            server,
            owner,
            guest: None,
            made: 0,
        })
    }

    /// A guest on a connection of their own.
    async fn new_guest(&mut self) -> Result<(String, Wire)> {
        self.made += 1;
        let name = format!("p{}", self.made);
        let mut guest = self.server.wire().await?;
        guest.ok("guest", json!({"name": name})).await?;
        Ok((name, guest))
    }

    /// The name of somebody of this role: new, but for the owner and the guest.
    async fn somebody(&mut self, role: Role) -> Result<String> {
        self.made += 1;
        let name = format!("p{}", self.made);
        match role {
            Role::Owner => return Ok("owner".to_owned()),
            Role::Guest => {
                let guest = match self.guest.take() {
                    Some(guest) => guest,
                    None => self.new_guest().await?,
                };
                let (name, _) = self.guest.insert(guest);
                return Ok(name.clone());
            }
            Role::Member => self.server.add_account(&name, super::PASSWORD).await?,
            Role::Moderator => {
                self.server.add_account(&name, super::PASSWORD).await?;
                let role = json!({"who": name, "role": "moderator"});
                self.owner.ok("set_server_role", role).await?;
            }
        }
        Ok(name)
    }

    /// A session of one of this role, come in by this.
    async fn session(&mut self, role: Role, by: By) -> Result<Wire> {
        if role == Role::Guest {
            return Ok(self.new_guest().await?.1);
        }
        let name = self.somebody(role).await?;
        let mut wire = self.server.sign_in(&name).await?;
        let scope = match by {
            By::Password => return Ok(wire),
            By::Moderate => "moderate",
            By::Irc => "irc",
        };
        let made = json!({"label": format!("{scope} {}", self.made), "scope": scope});
        let made = wire.ok("new_token", made).await?;
        let token = made["token"].as_str().context("no token")?;
        let mut by_token = self.server.wire().await?;
        let who = json!({"name": name, "password": token});
        by_token.ok("sign_in", who).await?;
        Ok(by_token)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a6_every_role_tries_every_deed_of_running_the_server_on_every_role() -> Result<()> {
    let mut world = World::new().await?;
    for by in [By::Password, By::Moderate, By::Irc] {
        for actor in ROLES {
            if actor == Role::Guest && by != By::Password {
                continue;
            }
            let mut session = world.session(actor, by).await?;
            for deed in ServerDeed::ALL {
                for subject in ROLES {
                    if matches!(deed, ServerDeed::Kick | ServerDeed::Ban)
                        && subject == Role::Guest
                        && may_govern(actor, *deed, Some(subject)).is_ok()
                    {
                        // Both end the guest, and the ban everybody who comes from where we all do: A9 has tests
                        // of its own.
                        continue;
                    }
                    let whom = world.somebody(subject).await?;
                    let on = (deed.whom() != Whom::Nobody).then_some(subject);
                    let (what, fields) = request(*deed, &whom, subject, world.made);
                    let got = session.code(what, fields.clone()).await?;
                    let case = format!("{actor:?} by {by:?}: {deed:?} on {subject:?}: {fields}");
                    let may = if *deed == ServerDeed::SeeReports {
                        actor != Role::Guest
                    } else {
                        may_govern(actor, *deed, on).is_ok() && may_ask(*deed, by)
                    };
                    assert_eq!(got, if may { "ok" } else { "forbidden" }, "{case}");
                }
            }
        }
    }
    let World { server, owner, .. } = world;
    drop(owner);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m5_reports_to_the_server_are_for_moderators_and_not_for_their_irc_tokens() -> Result<()> {
    let mut world = World::new().await?;
    let mut ann = world.server.newcomer("ann").await?;
    let mut bob = world.server.newcomer("bob").await?;
    let said = json!({"room": "lobby", "body": "rude"});
    let seq = bob.ok("send", said).await?["seq"].clone();
    let report = json!({"room": "lobby", "seq": seq, "reason": "rude"});
    assert_eq!(ann.ok("report", report).await?["state"], "escalated");
    for (role, by, sees) in [
        (Role::Member, By::Password, false),
        (Role::Moderator, By::Irc, false),
        (Role::Moderator, By::Moderate, true),
        (Role::Moderator, By::Password, true),
        (Role::Owner, By::Irc, false),
        (Role::Owner, By::Password, true),
    ] {
        let mut session = world.session(role, by).await?;
        let list = session.ok("reports", json!({})).await?;
        let reports = list["reports"].as_array().context("no list")?;
        assert_eq!(reports.len(), usize::from(sees), "{role:?} {by:?}");
        if !sees {
            let decide = json!({"report": 1, "state": "resolved"});
            assert_eq!(
                session.code("decide_report", decide).await?,
                "unknown_event"
            );
        }
    }
    drop((ann, bob));
    let World { server, owner, .. } = world;
    drop(owner);
    server.stop().await
}
