//! Runs the bodies of the fuzz targets of what the program reads (`fuzz/`) on their seeds and on random changes of
//! them.

use crate::{on_seeds, rehearsal};

#[path = "../../../../fuzz/src/config.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod config;
#[path = "../../../../fuzz/src/control.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod control;
#[path = "../../../../fuzz/src/roster.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod roster;

#[test]
fn the_config_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("config", 2000, config::check);
}

#[test]
fn the_control_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("control", 4000, control::check);
}

#[test]
fn the_roster_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("roster", 4000, roster::check);
}
