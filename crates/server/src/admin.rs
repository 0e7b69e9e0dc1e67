//! What the operator can do from the machine itself, beside a running server or without one: the same
//! code for both (DESIGN "The native wire, fixed points").

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use snug_engine::Engine;
use snug_gate::Statistics;
use snug_proto::{Role, Secret};

use crate::{
    firewall::{AtFirewall, ForNetwork},
    link::JoinLink,
    roster::entry,
};

/// How long the owner's first code is good.
pub const OWNER_CODE_S: u64 = 15 * 60;

/// A command of the operator, as the control socket takes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// A new code for the owner's first sign-in.
    OwnerCode,
    /// An invite for one person.
    Invite,
    /// A new account.
    AddAccount {
        /// Its name.
        name: String,
        /// Its password.
        password: Secret,
        /// Its role.
        role: Role,
    },
    /// A code by which somebody sets a new password for a forgotten one.
    ResetCode {
        /// Whose.
        name: String,
    },
    /// Takes somebody's second factor away.
    DropSecondFactor {
        /// Whose.
        name: String,
    },
    /// Another roster in the place of the one before: member ids and display names.
    Roster {
        /// Each by its id.
        members: Vec<(String, String)>,
    },
    /// The audit log's entries before this one, newest first, as JSON lines; nothing at its end.
    Audit {
        /// All but the newest are asked for with the oldest that is known.
        before: Option<u64>,
    },
    /// The bans of addresses, as JSON.
    Bans,
    /// Lets an address or a network past everything at the door.
    Allow {
        /// Which.
        address: String,
        /// For so many seconds; none for good.
        for_s: Option<u64>,
    },
    /// Takes that back.
    Disallow {
        /// As it was allowed.
        address: String,
    },
    /// Lifts the ban of an address or a network.
    Unban {
        /// As it was banned.
        address: String,
    },
    /// Ends a lockdown.
    LockdownOff,
    /// The door's counters, as JSON.
    Statistics,
    /// The private address from which most connections come, if one does, as JSON.
    Crowd,
}

/// The answer to [`Command::Crowd`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedAddress {
    /// The address.
    pub address: std::net::IpAddr,
    /// Connections from it,
    pub from_it: usize,
    /// of so many.
    pub of: usize,
}

/// What a command came to: a line for standard output, or a sentence about why not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is done.
    Ok(String),
    /// It is not.
    Error(String),
}

/// The operator's hand on a live engine.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(crate) engine: Arc<Engine>,
    pub(crate) link: JoinLink,
    /// None where no door is open.
    pub(crate) statistics: Option<Arc<Statistics>>,
}

impl Admin {
    /// Carries a command out.
    pub async fn run(&self, command: Command) -> Outcome {
        match command {
            Command::OwnerCode => self.owner_code().await,
            Command::Invite => self.invite().await,
            Command::AddAccount {
                name,
                password,
                role,
            } => self.add_account(&name, password, role).await,
            Command::ResetCode { name } => self.reset_code(&name).await,
            Command::DropSecondFactor { name } => self.drop_second_factor(&name).await,
            Command::Roster { members } => self.roster(members).await,
            Command::Audit { before } => self.audit(before).await,
            Command::Bans => self.bans().await,
            Command::Allow { address, for_s } => {
                match self.engine.operator_allow(&address, for_s).await {
                    Ok(()) => Outcome::Ok(format!(
                        "{address} is let past budgets, shield, lockdown and bans of addresses. To take \
                         that back: snugd disallow {address}"
                    )),
                    Err(refusal) => Outcome::Error(refusal.text),
                }
            }
            Command::Disallow { address } => match self.engine.operator_disallow(&address).await {
                Ok(()) => Outcome::Ok(format!("{address} is an address like others again.")),
                Err(refusal) => Outcome::Error(refusal.text),
            },
            Command::Unban { address } => match self.engine.operator_unban(&address).await {
                Ok(()) => Outcome::Ok(format!("{address} is banned no more.")),
                Err(refusal) => Outcome::Error(refusal.text),
            },
            Command::LockdownOff => match self.engine.operator_lockdown_off().await {
                Ok(true) => {
                    Outcome::Ok("The lockdown is over: everybody may come in again.".into())
                }
                Ok(false) => Outcome::Ok("The server is not locked down.".into()),
                Err(refusal) => Outcome::Error(refusal.text),
            },
            Command::Statistics => self.counters(),
            Command::Crowd => Outcome::Ok(self.crowd()),
        }
    }

    async fn owner_code(&self) -> Outcome {
        match self.engine.new_owner_code(OWNER_CODE_S).await {
            Ok(Some((code, _until))) => Outcome::Ok(self.join_line(&code)),
            Ok(None) => Outcome::Error(
                "This server has its owner already. To let somebody else in: snugd invite".into(),
            ),
            Err(refusal) => Outcome::Error(refusal.text),
        }
    }

    async fn invite(&self) -> Outcome {
        match self.engine.operator_invite().await {
            Ok(invited) => Outcome::Ok(self.join_line(&invited.code)),
            Err(refusal) => Outcome::Error(refusal.text),
        }
    }

    async fn add_account(&self, name: &str, password: Secret, role: Role) -> Outcome {
        match self.engine.add_account(name, password, role).await {
            Ok(()) => {
                tracing::info!(account.role = ?role, "account made by the operator");
                Outcome::Ok(format!("{name} can sign in now: snug join {}", self.link))
            }
            Err(refusal) => Outcome::Error(refusal.text),
        }
    }

    async fn reset_code(&self, name: &str) -> Outcome {
        match self.engine.operator_reset_code(name).await {
            Ok(made) => Outcome::Ok(format!(
                "snug join {} --reset {}",
                self.link,
                made.code.expose()
            )),
            Err(refusal) => Outcome::Error(refusal.text),
        }
    }

    async fn drop_second_factor(&self, name: &str) -> Outcome {
        match self.engine.operator_drop_second_factor(name).await {
            Ok(()) => Outcome::Ok(format!("{name} signs in with the password alone now.")),
            Err(refusal) => Outcome::Error(refusal.text),
        }
    }

    async fn roster(&self, members: Vec<(String, String)>) -> Outcome {
        let entries = members.iter().map(|(id, display)| entry(id, display));
        let entries: Result<Vec<_>, String> = entries.collect();
        let entries = match entries {
            Ok(entries) => entries,
            Err(sentence) => return Outcome::Error(sentence),
        };
        match self.engine.import_roster(entries).await {
            Ok(change) => Outcome::Ok(format!(
                "{} added, {} changed, {} removed, {} as before. Accounts of those removed stay.",
                change.added, change.changed, change.removed, change.kept
            )),
            Err(refusal) => Outcome::Error(refusal.text),
        }
    }

    async fn audit(&self, before: Option<u64>) -> Outcome {
        match self.engine.audit_before(before).await {
            Ok(entries) => {
                let lines = entries.iter().map(serde_json::to_string);
                match lines.collect::<Result<Vec<_>, _>>() {
                    Ok(lines) => Outcome::Ok(lines.join("\n")),
                    Err(error) => Outcome::Error(format!("It could not be written: {error}.")),
                }
            }
            Err(error) => Outcome::Error(format!("The audit log could not be read: {error}.")),
        }
    }

    async fn bans(&self) -> Outcome {
        let allowed = match self.engine.allowed_networks().await {
            Ok(allowed) => allowed,
            Err(refusal) => return Outcome::Error(refusal.text),
        };
        let banned = self.engine.banned_networks().into_iter();
        let shut = self.engine.door_state().offenders.into_iter();
        let shut = shut.filter_map(|of| {
            Some(ForNetwork {
                left_s: Some(of.shut_ms?.div_ceil(1000)),
                network: of.address,
            })
        });
        let told = AtFirewall {
            banned: banned.map(ForNetwork::of).collect(),
            allowed: allowed.into_iter().map(ForNetwork::of).collect(),
            shut: shut.collect(),
        };
        match serde_json::to_string(&told) {
            Ok(list) => Outcome::Ok(list),
            Err(error) => Outcome::Error(format!("It could not be written: {error}.")),
        }
    }

    fn crowd(&self) -> String {
        let crowd = self.engine.crowd().map(|of| SharedAddress {
            address: of.address,
            from_it: of.from_it,
            of: of.of,
        });
        serde_json::json!(crowd).to_string()
    }

    fn counters(&self) -> Outcome {
        let Some(of) = &self.statistics else {
            return Outcome::Error("No server is running here.".into());
        };
        let counters = serde_json::json!({
            "accepted": of.accepted(),
            "failed_handshakes": of.failed_handshakes(),
            "opened": of.opened(),
            "closed": of.closed(),
            "refused": of.refused(),
            "shut_out": of.shut_out(),
            "writes": of.writes(),
            "written_bytes": of.written_bytes(),
        });
        Outcome::Ok(counters.to_string())
    }

    /// Link and code on one line, as DESIGN promises to scripts.
    pub(crate) fn join_line(&self, code: &Secret) -> String {
        format!("snug join {} --code {}", self.link, code.expose())
    }
}
