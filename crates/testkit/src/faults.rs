//! Breaking the server from outside, and judging it by what its clients saw.

pub mod disk;
pub mod kill;
pub mod power;
pub mod recording;
mod site;
pub mod witness;
