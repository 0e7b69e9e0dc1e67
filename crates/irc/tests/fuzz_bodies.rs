//! Runs the bodies of the fuzz targets (`fuzz/`) on their seeds and on random changes of them, so that
//! every test run exercises them without a nightly compiler.

#[path = "../../../fuzz/src/irc.rs"]
#[expect(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "shared with the fuzz target, where a panic is the finding"
)]
mod irc;
#[path = "../../../fuzz/on_seeds.rs"]
mod on_seeds;

#[test]
fn the_irc_target_holds_on_its_seeds_and_on_what_is_like_them() {
    on_seeds::run("irc", 4000, irc::check);
}

/// Seeds that no longer get in reach nothing behind the door.
#[test]
fn the_irc_targets_seeds_sign_in() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/irc");
    for name in [
        "sign_in_by_sasl",
        "sign_in_by_pass",
        "sign_in_by_scram",
        "rooms",
        "service_0",
    ] {
        let said = irc::said(&std::fs::read(folder.join(name)).unwrap());
        assert!(said.contains(" 001 ann :"), "{name}: {said}");
    }
}
