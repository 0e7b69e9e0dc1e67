//! Runs the bodies of the fuzz targets (`fuzz/`) on their seeds and on random changes of them, so that
//! every test run exercises them without a nightly compiler.

#[path = "../../../fuzz/src/announced.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod announced;
#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;
#[path = "../../../fuzz/src/plain.rs"]
#[expect(
    unreachable_pub,
    clippy::indexing_slicing,
    reason = "shared with the fuzz target, where a panic is the finding"
)]
mod plain;

#[test]
fn the_plain_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("plain", 400, plain::check);
}

#[test]
fn the_announced_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("announced", 4000, announced::check);
}
