//! Runs the bodies of the fuzz targets (`fuzz/`) on their seeds and on random changes of them, so that
//! every test run exercises them without a nightly compiler.

#[path = "../../../fuzz/src/masks.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod masks;
#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;
#[path = "../../../fuzz/src/proxy.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod proxy;
#[path = "../../../fuzz/src/room_rules.rs"]
#[expect(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "shared with the fuzz target, where a panic is the finding"
)]
mod room_rules;

#[path = "../../../fuzz/src/search.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod search;

#[test]
fn the_room_rules_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("room_rules", 4000, room_rules::check);
}

#[test]
fn the_search_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("search", 4000, search::check);
}

#[test]
fn the_proxy_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("proxy", 4000, proxy::check);
}

#[test]
fn the_masks_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("masks", 4000, masks::check);
}
