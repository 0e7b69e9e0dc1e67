//! What Argon2id (RFC 9106) may cost, and the bounds within which a client believes a server.

use std::ops::RangeInclusive;

use snug_proto::Argon2Parameters;

use crate::OpaqueError;

/// The cost of a new account's password: the second choice of RFC 9106 §4, for memory-constrained machines.
pub const RELEASE: Argon2Parameters = Argon2Parameters {
    memory_kib: 64 * 1024,
    passes: 3,
    lanes: 4,
};

/// The least that is worth calling Argon2id. For tests only: [`ParameterBounds::release`] refuses it.
pub const CHEAP: Argon2Parameters = Argon2Parameters {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// Which parameters are taken from the other side (DECISIONS 13). Too cheap, and a stolen record or a
/// lying server makes guessing easy; too dear, and a stranger's answer costs the machine its memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterBounds {
    memory_kib: RangeInclusive<u32>,
    passes: RangeInclusive<u32>,
    lanes: RangeInclusive<u32>,
}

impl ParameterBounds {
    /// 19–256 MiB, 1–6 passes, 1–4 lanes.
    pub const fn release() -> Self {
        Self {
            memory_kib: 19 * 1024..=256 * 1024,
            passes: 1..=6,
            lanes: 1..=4,
        }
    }

    /// The same, and [`CHEAP`] too. For tests only.
    pub const fn for_tests() -> Self {
        Self {
            memory_kib: CHEAP.memory_kib..=256 * 1024,
            passes: 1..=6,
            lanes: 1..=4,
        }
    }

    /// Are these within the bounds?
    pub fn admits(&self, parameters: Argon2Parameters) -> bool {
        self.memory_kib.contains(&parameters.memory_kib)
            && self.passes.contains(&parameters.passes)
            && self.lanes.contains(&parameters.lanes)
    }

    /// The parameters, if they are within the bounds.
    pub fn check(&self, parameters: Argon2Parameters) -> Result<Argon2Parameters, OpaqueError> {
        if self.admits(parameters) {
            Ok(parameters)
        } else {
            Err(OpaqueError::Parameters)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_bounds_take_what_new_accounts_get_and_nothing_cheaper_or_dearer() {
        let with = |memory_kib, passes, lanes| {
            ParameterBounds::release().admits(Argon2Parameters {
                memory_kib,
                passes,
                lanes,
            })
        };
        assert!(ParameterBounds::release().admits(RELEASE));
        assert!(with(19 * 1024, 1, 1));
        assert!(with(256 * 1024, 6, 4));
        assert!(!with(19 * 1024 - 1, 1, 1));
        assert!(!with(256 * 1024 + 1, 1, 1));
        assert!(!with(64 * 1024, 0, 1));
        assert!(!with(64 * 1024, 7, 1));
        assert!(!with(64 * 1024, 3, 0));
        assert!(!with(64 * 1024, 3, 5));
        assert!(!with(u32::MAX, u32::MAX, u32::MAX));
        assert!(!ParameterBounds::release().admits(CHEAP));
        assert!(ParameterBounds::for_tests().admits(CHEAP));
        assert!(ParameterBounds::for_tests().admits(RELEASE));
    }
}
