//! The screen as a whole: keys and events in, pictures and effects out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

mod hostile;
mod keys;
mod large;
mod looks;
mod rig;
