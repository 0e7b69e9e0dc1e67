//! Runs the body of a fuzz target on its seeds and on random changes of them. Shared by the tests of the
//! crates that have a target, each of which takes this file in by its path; `CARGO_MANIFEST_DIR` is theirs.

use std::path::Path;

use proptest::prelude::*;

/// Runs a target's body on its seeds, then on so many random changes of them.
pub(crate) fn run(target: &str, changes: u32, check: fn(&[u8])) {
    let seeds = seeds(target).unwrap_or_else(|error| panic!("the seeds of {target}: {error}"));
    assert!(!seeds.is_empty());
    for seed in &seeds {
        check(seed);
    }
    proptest!(ProptestConfig::with_cases(changes), |(bytes in like(&seeds))| check(&bytes));
}

fn seeds(target: &str) -> std::io::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    let files = std::fs::read_dir(folder.join(target))?;
    let mut files = files
        .map(|file| Ok(file?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    files.iter().map(std::fs::read).collect()
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
