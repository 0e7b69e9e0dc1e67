//! Runs the bodies of the fuzz targets (`fuzz/`) on their seeds and on random changes of them, so that
//! every test run exercises them without a nightly compiler.

#[path = "../../../fuzz/src/line.rs"]
#[expect(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "shared with the fuzz target, where a panic is the finding"
)]
mod line;
#[path = "../../../fuzz/src/name.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod name;
#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;

#[test]
fn the_line_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("line", 4000, line::check);
}

#[test]
fn the_name_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("name", 4000, name::check);
}
