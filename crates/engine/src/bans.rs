//! Who is shut out of the server, as this node knows it: the store's bans in memory, so that every way
//! in and every request can ask. The lock guards the lists only. With several nodes each must hear of
//! the others' bans; the counter of the account, which a ban advances, makes the store refuse meanwhile
//! what was decided without it.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::{Arc, RwLock},
};

use snug_proto::{AccountId, ErrorCode, Refusal, Role, Timestamp};
use snug_rules::{Network, ServerBan};
use snug_store::{Banned, ServerBanRow, StoreError};

use crate::{
    lock::{read, write},
    session::Core,
    storage::Storage,
};

/// Bans read at once at the start.
const PAGE: u32 = 1000;

/// See the module.
#[derive(Default)]
pub(crate) struct Bans {
    lists: RwLock<Lists>,
}

#[derive(Default)]
struct Lists {
    accounts: HashMap<AccountId, Arc<ServerBan>>,
    networks: HashMap<Network, Arc<ServerBan>>,
    /// The lengths of the networks, so that an address is looked up once for each.
    prefixes: HashSet<(bool, u8)>,
}

impl Lists {
    fn insert(&mut self, whom: Banned, ban: Arc<ServerBan>) {
        match whom {
            Banned::Account(id) => {
                self.accounts.insert(id, ban);
            }
            Banned::Addresses(network) => {
                self.prefixes.insert((network.is_ipv6(), network.prefix()));
                self.networks.insert(network, ban);
            }
        }
    }
}

impl Bans {
    /// Reads all that the store has.
    pub(crate) async fn load(&self, storage: &Storage) -> Result<(), StoreError> {
        let rows = storage.read(|reader| {
            let mut rows: Vec<ServerBanRow> = Vec::new();
            loop {
                let before = rows.last().map(|row| row.number);
                let page = reader.server_bans(before, PAGE)?;
                let full = page.len() == PAGE as usize;
                rows.extend(page);
                if !full {
                    return Ok(rows);
                }
            }
        });
        let mut lists = Lists::default();
        for row in rows.await? {
            lists.insert(row.whom, Arc::new(row.ban));
        }
        *write(&self.lists) = lists;
        Ok(())
    }

    /// Keeps what the store says of one ban now.
    pub(crate) fn learn(&self, whom: Banned, ban: Option<ServerBan>) {
        let mut lists = write(&self.lists);
        match (ban, whom) {
            (Some(ban), whom) => lists.insert(whom, Arc::new(ban)),
            (None, Banned::Account(id)) => drop(lists.accounts.remove(&id)),
            (None, Banned::Addresses(network)) => drop(lists.networks.remove(&network)),
        }
    }

    /// The banned networks, and until when.
    pub(crate) fn networks(&self) -> Vec<(Network, Option<Timestamp>)> {
        let lists = read(&self.lists);
        let bans = lists.networks.iter();
        bans.map(|(network, ban)| (*network, ban.until)).collect()
    }

    /// The ban that shuts this account out now.
    pub(crate) fn of_account(
        &self,
        id: &AccountId,
        now: impl FnOnce() -> Timestamp,
    ) -> Option<Arc<ServerBan>> {
        // Every message asks: the clock is looked at for those who have a ban.
        let lists = read(&self.lists);
        let ban = lists.accounts.get(id)?;
        ban.holds(now()).then(|| Arc::clone(ban))
    }

    /// The ban that shuts one of this role out who comes from this address now.
    pub(crate) fn of_address(
        &self,
        address: IpAddr,
        role: Role,
        now: Timestamp,
    ) -> Option<Arc<ServerBan>> {
        let lists = read(&self.lists);
        let ipv6 = address.to_canonical().is_ipv6();
        let prefixes = lists.prefixes.iter().filter(|(of, _)| *of == ipv6);
        let mut bans =
            prefixes.filter_map(|(_, prefix)| lists.networks.get(&Network::of(address, *prefix)));
        bans.find(|ban| ban.binds(role) && ban.holds(now)).cloned()
    }

    /// The refusal for one who is shut out.
    pub(crate) fn check(
        &self,
        core: &Core,
        id: &AccountId,
        role: Role,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if let Some(ban) = self.of_account(id, || now) {
            return Err(shut_out("You are banned from this server", &ban));
        }
        self.check_address(core, role, now)
    }

    /// The refusal for one of this role, or for a newcomer, who comes from a banned address.
    pub(crate) fn check_address(
        &self,
        core: &Core,
        role: Role,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(address) = core.origin.address else {
            return Ok(());
        };
        if core.engine.is_exempt(core) {
            return Ok(());
        }
        match self.of_address(address, role, now) {
            Some(ban) => Err(shut_out("Your address is banned from this server", &ban)),
            None => Ok(()),
        }
    }
}

/// Who, what, how long and why, in a sentence.
pub(crate) fn shut_out(what: &str, ban: &ServerBan) -> Refusal {
    let mut text = what.to_owned();
    if let Some(by) = &ban.by {
        text = format!("{text}, by {by}");
    }
    if let Some(until) = ban.until {
        text = format!("{text}, until {}", until.said());
    }
    text = match &ban.reason {
        Some(reason) => format!("{text}: {reason}"),
        None => format!("{text}."),
    };
    Refusal::with_text(ErrorCode::Banned, text)
}
