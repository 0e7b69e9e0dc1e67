//! What is asked of a room, on its way to be decided.

use std::{collections::BTreeMap, sync::Arc};

use snug_proto::{Answering, Body, Reaction, Secret};
use snug_rules::{Addressed, Order, Target};

use super::{apart::Apart, quote::Quoting};
use crate::{person::Person, session::Flight};

/// Something asked of a room.
pub(crate) struct Submission {
    /// Of the session that asks; none where the server itself does.
    pub(crate) flight: Option<Flight>,
    pub(crate) person: Arc<Person>,
    pub(crate) act: Act,
    pub(crate) key: Option<Key>,
    pub(crate) answering: Answering,
    /// How often it was decided already on a view that proved stale.
    pub(crate) tries: u8,
}

/// A retry key and the digest of the request that came with it.
pub(crate) type Key = (String, [u8; 32]);

/// Something done to a room or to somebody in it.
#[derive(Clone)]
pub(crate) struct Ordered {
    pub(crate) order: Order,
    /// The tag of the room's new password, if the order brings one.
    pub(crate) password_tag: Option<[u8; 32]>,
    /// What lies between the one who orders it and whom it is about, if it is an invitation.
    pub(crate) apart: Option<Apart>,
}

/// What is asked.
pub(crate) enum Act {
    Join(Option<Secret>),
    Leave(Option<String>),
    /// Words, and what was looked up for them if they answer or mention somebody.
    Send(Body, Option<Box<Aside>>),
    Edit(Target, Body),
    /// What is taken back, and why.
    Delete(Target, Option<String>),
    /// The same by the server's authority, which can be undone.
    Purge(Target, Option<String>),
    /// The undoing, with the newest words.
    Restore(Target, Body),
    /// What a client tells the others.
    Tag(BTreeMap<String, String>),
    React(Box<Reacting>),
    Order(Box<Ordered>),
}

/// What words are addressed to, and how that begins.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    pub(crate) addressed: Addressed,
    pub(crate) apart: Apart,
    pub(crate) quoting: Option<Box<Quoting>>,
}

/// A reaction to be put on a message or taken away.
pub(crate) struct Reacting {
    pub(crate) target: Target,
    pub(crate) reaction: Reaction,
    pub(crate) way: Way,
    /// What lies between the two, if it is put there.
    pub(crate) apart: Apart,
    pub(crate) quoting: Option<Box<Quoting>>,
}

/// What is done with a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is put there.
    On,
    /// It is taken away.
    Off,
}
