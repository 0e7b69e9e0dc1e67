//! Runs the body of the fuzz target of what is asked of metrics and health (`fuzz/`) on its seeds and on random
//! changes of them. In here, as it is about what nobody else sees.

#[path = "../../../../fuzz/src/health.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod health;

use super::asked;
use crate::on_seeds;

#[test]
fn the_health_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("health", 4000, health::check);
}
