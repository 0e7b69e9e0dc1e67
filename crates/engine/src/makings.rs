//! Accounts made from an address (P1, M2). How many there may be is said in `snug_rules`; here is who is counted:
//! whoever brings no good code, or one of somebody who is new here, stands on no list, and comes from an address that
//! limits touch.

use std::sync::Mutex;

use snug_proto::{ErrorCode, Refusal, Registration};
use snug_rules::{Block, CodeCheck, Makings, TooManyMade};

use crate::{
    engine::Engine,
    lock::{lock, read},
    session::Core,
};

/// What was made lately. The lock guards the counters only.
#[derive(Debug, Default)]
pub(crate) struct AccountsMade(Mutex<Makings>);

/// An account that is being made, and counts. Dropped before it is made, it does not.
pub(crate) struct Making<'a> {
    engine: &'a Engine,
    block: Option<Block>,
}

impl Making<'_> {
    /// The account was made.
    pub(crate) fn made(mut self) {
        self.block = None;
    }
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        if let Some(block) = self.block {
            lock(&self.engine.makings.0).take_back(block);
        }
    }
}

impl Engine {
    /// May one more account be made from there, by this code? Asked before a password costs anything.
    pub(crate) fn may_make(&self, core: &Core, brought: CodeCheck) -> Result<(), Refusal> {
        let Some(block) = self.counted_block(core, brought) else {
            return Ok(());
        };
        let makings = lock(&self.makings.0);
        let may = makings.may(block, self.config.makings, self.steady());
        may.map_err(too_many_made)
    }

    /// Counts an account that is about to be made.
    pub(crate) fn begin_making(
        &self,
        core: &Core,
        brought: CodeCheck,
    ) -> Result<Making<'_>, Refusal> {
        let block = self.counted_block(core, brought);
        if let Some(block) = block {
            let mut makings = lock(&self.makings.0);
            let begun = makings.begin(block, self.config.makings, self.steady());
            begun.map_err(too_many_made)?;
        }
        Ok(Making {
            engine: self,
            block,
        })
    }

    /// Forgets what was made long ago.
    pub(crate) fn forget_makings(&self) {
        lock(&self.makings.0).forget(self.steady());
    }

    fn counted_block(&self, core: &Core, brought: CodeCheck) -> Option<Block> {
        let address = core.origin.address?;
        let asked_in = match brought {
            CodeCheck::Owner | CodeCheck::Invite | CodeCheck::Access => true,
            CodeCheck::Absent | CodeCheck::Wrong | CodeCheck::NewcomersInvite => false,
        };
        let listed = read(&self.settings).rules.registration == Registration::Roster;
        if asked_in || listed || core.is_trusted() || self.is_exempt(core) {
            return None;
        }
        Some(Block::of(address))
    }
}

fn too_many_made(TooManyMade { retry_after_ms }: TooManyMade) -> Refusal {
    let minutes = retry_after_ms.div_ceil(60_000);
    let wait = match minutes {
        0 | 1 => "in a minute".to_owned(),
        2..=90 => format!("in {minutes} minutes"),
        _ => format!("in {} hours", minutes.div_ceil(60)),
    };
    let text = format!(
        "As many accounts were made from your address as may be for now. Try again {wait}, or come by an \
         invite: those are not counted."
    );
    Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(retry_after_ms)
}
