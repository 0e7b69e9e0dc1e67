//! The questions that readers ask, by what they are about.

pub(super) mod accounts;
pub(super) mod events;
pub(super) mod order;
pub(super) mod rooms;
