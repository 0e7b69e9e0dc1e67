//! Runs the bodies of the fuzz targets (`fuzz/`) on their seeds and on random changes of them, so that
//! every test run exercises them without a nightly compiler.

#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;
#[path = "../../../fuzz/src/screen.rs"]
#[expect(
    unreachable_pub,
    clippy::indexing_slicing,
    reason = "shared with the fuzz target, where a panic is the finding"
)]
mod screen;
#[path = "../../../fuzz/src/settings.rs"]
#[expect(unreachable_pub, reason = "shared with the fuzz target")]
mod settings;

#[test]
fn the_screen_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("screen", 150, screen::check);
}

#[test]
fn the_settings_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("settings", 2000, settings::check);
}
