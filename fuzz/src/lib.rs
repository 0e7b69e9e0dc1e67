//! What each fuzz target checks. Plain functions over bytes, so that the main workspace's tests run the
//! same ones, on the seeds and on random bytes, without a nightly compiler.

pub mod irc;
pub mod line;
pub mod name;
pub mod proxy;
pub mod room_rules;
pub mod search;
