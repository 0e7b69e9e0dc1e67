//! Runs the bodies of the fuzz targets (`fuzz/`) on their seeds and on random changes of them, so that
//! every test run exercises them without a nightly compiler.

#[path = "../../../fuzz/src/credentials.rs"]
#[expect(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "shared with the fuzz target, where a panic is the finding"
)]
mod credentials;
#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;

#[test]
fn the_credentials_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("credentials", 1500, credentials::check);
}
