//! Blocks between one who acts in a room and those whom that would reach: mentions, reactions, invitations
//! (D3, DECISIONS 21). They are looked up before the decision, heeded in it, and stated with the append; a
//! block that came in between is found by one of the three, whichever it overtook.

use std::{collections::HashSet, sync::atomic::Ordering};

use snug_proto::{AccountId, Refusal};
use snug_rules::{Change, Content, Entry};

use crate::{
    engine::Engine,
    person::refusal,
    room::{Act, Way},
};

/// Those whom something would reach, and between whom and the one who does it a block lies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apart {
    pub(crate) asked: Vec<AccountId>,
    pub(crate) closed: HashSet<AccountId>,
    /// As it was after so many changes of blocks on this node.
    as_of: u64,
}

impl Apart {
    /// What was found when `asked` were looked for; `as_of` is of before that.
    pub(crate) fn found(asked: Vec<AccountId>, closed: Vec<AccountId>, as_of: u64) -> Self {
        Self {
            asked,
            closed: closed.into_iter().collect(),
            as_of,
        }
    }

    /// Was no block made or lifted here since?
    pub(crate) fn holds(&self, engine: &Engine) -> bool {
        self.asked.is_empty() || self.as_of == engine.blocks_now()
    }
}

impl Act {
    /// What was looked up for it, if it reaches anybody.
    pub(crate) fn apart(&self) -> Option<&Apart> {
        match self {
            Self::Send(_, Some(aside)) => Some(&aside.apart),
            Self::React(reacting) if reacting.way == Way::On => Some(&reacting.apart),
            Self::Order(ordered) => ordered.apart.as_ref(),
            _ => None,
        }
    }

    /// The same, to be looked up anew.
    pub(crate) fn apart_mut(&mut self) -> Option<&mut Apart> {
        match self {
            Self::Send(_, Some(aside)) => Some(&mut aside.apart),
            Self::React(reacting) if reacting.way == Way::On => Some(&mut reacting.apart),
            Self::Order(ordered) => ordered.apart.as_mut(),
            _ => None,
        }
    }
}

/// Those whom this entry reaches: its append states that no block lies between them and the actor.
pub(crate) fn reached(entry: &Entry, act: &Act) -> Vec<AccountId> {
    match &entry.content {
        Content::Message { about, .. } => about.mentions.clone(),
        Content::Reacted { .. } => act
            .apart()
            .map(|apart| apart.asked.clone())
            .unwrap_or_default(),
        Content::Changed {
            change: Change::Invited { who },
            ..
        } => vec![*who],
        _ => Vec::new(),
    }
}

impl Engine {
    /// How often blocks were made or lifted here.
    pub(crate) fn blocks_now(&self) -> u64 {
        self.blocks.load(Ordering::Acquire)
    }

    /// A block was made or lifted: what was looked up before is looked up anew.
    pub(crate) fn blocks_changed(&self) {
        self.blocks.fetch_add(1, Ordering::AcqRel);
    }

    /// Looks up which of these a block lies between.
    pub(crate) async fn apart_from(
        &self,
        me: AccountId,
        asked: Vec<AccountId>,
    ) -> Result<Apart, Refusal> {
        let as_of = self.blocks_now();
        let others = asked.clone();
        let closed = self
            .storage
            .read(move |reader| reader.closed_among(&me, &others));
        Ok(Apart::found(asked, closed.await.map_err(refusal)?, as_of))
    }
}
