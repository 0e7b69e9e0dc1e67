//! Where an account has signed in from before (DECISIONS 15): its plain password is then checked in a lane
//! of its own. Only tags are kept, no addresses, in the store; here is what was written lately, so that
//! not every sign-in writes it again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use snug_auth::address_tag;
use snug_proto::{AccountId, Timestamp};

use crate::{
    engine::Engine,
    lock::lock,
    plain::{Block, Lane},
    session::Core,
};

/// An address in use is written again after this long, so that it stays among the newest.
const AGAIN_AFTER_MS: u64 = 24 * 60 * 60 * 1000;
/// Addresses that are remembered to have been written; past it the memory is cleared and filled anew.
const MAX_WRITTEN: usize = 20_000;

/// What stands for the block of an address with one account.
pub(crate) type Tag = [u8; 16];

/// What was written lately, and when. The lock guards the map only.
#[derive(Default)]
pub(crate) struct KnownAddresses {
    written: Mutex<HashMap<(AccountId, Tag), Timestamp>>,
}

impl KnownAddresses {
    fn is_due(&self, account: AccountId, tag: Tag, now: Timestamp) -> bool {
        let written = lock(&self.written);
        let last = written.get(&(account, tag));
        last.is_none_or(|last| now >= last.plus_ms(AGAIN_AFTER_MS))
    }

    /// This was written.
    pub(crate) fn written(&self, account: AccountId, tag: Tag, now: Timestamp) {
        let mut written = lock(&self.written);
        if written.len() >= MAX_WRITTEN {
            written.clear();
        }
        written.insert((account, tag), now);
    }
}

impl Engine {
    /// What is to be written of where this session of the account comes from, if anything is.
    pub(crate) fn address_to_remember(&self, core: &Core, account: AccountId) -> Option<Tag> {
        let tag = self.tag_of(core, account)?;
        let due = self.known.is_due(account, tag, self.now());
        due.then_some(tag)
    }

    /// Writes where this session of the account comes from. That it could not be written keeps nobody
    /// out.
    pub(crate) async fn remember_address(self: &Arc<Self>, core: &Core, account: AccountId) {
        let Some(tag) = self.address_to_remember(core, account) else {
            return;
        };
        let now = self.now();
        let written = self
            .storage
            .write(move |transaction| transaction.remember_address(&account, &tag, now));
        match written.await {
            Ok(()) => self.known.written(account, tag, now),
            Err(error) => tracing::warn!(%error, "a known address could not be written"),
        }
    }

    /// What stands for where this session comes from, with this account.
    pub(crate) fn tag_of(&self, core: &Core, account: AccountId) -> Option<Tag> {
        let block = Block::of(Some(core.origin.address?));
        Some(address_tag(self.keys(), &account, block.bytes()))
    }
}

/// The lane for one who was found to be known, or not.
pub(crate) const fn lane(known: bool) -> Lane {
    if known { Lane::Known } else { Lane::Strangers }
}
