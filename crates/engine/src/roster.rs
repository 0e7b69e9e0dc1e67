//! What the members on the roster look like (A1): nobody else goes by a name of theirs, whether they have an
//! account yet or not. Kept in memory, because every name that a guest would go by is compared.

use std::{
    collections::{HashMap, HashSet},
    sync::RwLock,
};

use snug_proto::{AccountName, DisplayName, folded_name};
use snug_store::{RosterReads, StoreError};

use crate::{
    engine::Engine,
    lock::{read, write},
};

/// Members read at once.
const PAGE: u32 = 1_000;

/// See the module. The lock guards the looks only.
#[derive(Default)]
pub(crate) struct Roster(RwLock<Looks>);

#[derive(Default)]
struct Looks {
    /// By what a display name looks like, the member of that name; nothing where there are several.
    shown: HashMap<String, Option<String>>,
    /// The skeletons of the names that members register by.
    names: HashMap<String, String>,
}

impl Roster {
    /// Would one of this name, if they have one yet, be taken for a member if they were shown like this?
    pub(crate) fn is_anothers(&self, name: Option<&str>, display: &DisplayName) -> bool {
        let own = name.map(folded_name);
        let own = own.as_deref();
        let looks = read(&self.0);
        let anothers = |of: Option<&Option<String>>| {
            of.is_some_and(|of| of.as_deref() != own || own.is_none())
        };
        display
            .looks()
            .iter()
            .any(|look| anothers(looks.shown.get(look)))
            || AccountName::parse(display.as_str()).is_ok_and(|as_name| {
                let of = looks.names.get(&as_name.skeleton());
                of.is_some_and(|of| Some(of.as_str()) != own)
            })
    }

    /// Is this the name that a member registers by, or does it look like it?
    pub(crate) fn has_name(&self, name: &AccountName) -> bool {
        let looks = read(&self.0);
        let has = |skeleton: &String| looks.names.contains_key(skeleton);
        has(&name.skeleton()) || name.look().as_ref().is_some_and(has)
    }

    fn replace(&self, members: Vec<(String, String)>) {
        let mut looks = Looks::default();
        for (name, display) in members {
            if let Ok(parsed) = AccountName::parse(&name) {
                looks.names.insert(parsed.skeleton(), name.clone());
            }
            let Ok(display) = DisplayName::parse(&display) else {
                continue;
            };
            let own: HashSet<String> = display.looks().into_iter().collect();
            for look in own {
                let of = looks.shown.entry(look);
                of.and_modify(|of| *of = None)
                    .or_insert_with(|| Some(name.clone()));
            }
        }
        *write(&self.0) = looks;
    }
}

impl Engine {
    /// Learns the roster that the store has.
    pub(crate) async fn load_roster(&self) -> Result<(), StoreError> {
        let mut members: Vec<(String, String)> = Vec::new();
        loop {
            let after = members.last().map(|(name, _)| name.clone());
            let after = after.unwrap_or_default();
            let page = self
                .storage
                .read(move |reader| RosterReads::roster(reader, &after, PAGE))
                .await?;
            let last = page.len() < PAGE as usize;
            members.extend(page);
            if last {
                break;
            }
        }
        self.roster.replace(members);
        Ok(())
    }
}
