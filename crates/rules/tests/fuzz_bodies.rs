//! Runs the bodies of the fuzz targets (`fuzz/`) on their seeds and on random changes of them, so that
//! every test run exercises them without a nightly compiler.

use std::path::Path;

use proptest::prelude::*;

#[path = "../../../fuzz/src/room_rules.rs"]
#[expect(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "shared with the fuzz target, where a panic is the finding"
)]
mod room_rules;

#[test]
fn the_room_rules_target_holds_on_its_seeds_and_on_what_is_like_them() {
    run("room_rules", room_rules::check);
}

fn run(target: &str, check: fn(&[u8])) {
    let seeds = seeds(target);
    for seed in &seeds {
        check(seed);
    }
    proptest!(ProptestConfig::with_cases(4000), |(bytes in like(&seeds))| check(&bytes));
}

#[expect(clippy::unwrap_used, reason = "a test helper")]
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    let files = std::fs::read_dir(folder.join(target)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// Bytes at random; two seeds, one after the other or cut together; a seed with some bytes changed.
fn like(seeds: &[Vec<u8>]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let seeds = seeds.to_vec();
    let seed = move || proptest::sample::select(seeds.clone());
    let cut = || any::<proptest::sample::Index>();
    let joined = (seed(), cut(), seed(), cut()).prop_map(|(one, at, two, from)| {
        let head = one.iter().take(at.index(one.len() + 1));
        head.chain(two.iter().skip(from.index(two.len() + 1)))
            .copied()
            .collect()
    });
    let bent = proptest::collection::vec((cut(), any::<u8>()), 0..6);
    let changed = (seed(), bent).prop_map(|(mut bytes, bent)| {
        for (at, with) in bent {
            let at = at.index(bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = with;
            }
        }
        bytes
    });
    prop_oneof![
        1 => proptest::collection::vec(any::<u8>(), 0..600),
        2 => joined,
        3 => changed,
    ]
}
