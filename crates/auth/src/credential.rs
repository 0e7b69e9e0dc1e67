//! By what OPAQUE knows an account, and what stands in for one that does not exist (DECISIONS 13).

use snug_proto::{AccountId, AccountName, Argon2Parameters};

use crate::{ServerKeys, parameters::RELEASE};

/// OPAQUE's credential identifier: an account's id, or what an unknown name has in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialId([u8; 16]);

impl CredentialId {
    /// The 16 bytes that go into the OPRF key.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<AccountId> for CredentialId {
    fn from(id: AccountId) -> Self {
        Self(*id.bytes())
    }
}

/// The identifier of a name that nobody has: always the same for it, so that asking twice tells nothing.
pub fn unknown_credential(keys: &ServerKeys, name: &str) -> CredentialId {
    let tag = keys.tag("unknown credential", &[normalised(name).as_bytes()]);
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(tag) {
        *to = from;
    }
    CredentialId(bytes)
}

/// The parameters that a name nobody has pretends to: always the same for it, among those in use.
///
/// The order of `in_use` is of no matter, and a set that grows changes few names' choice.
pub fn unknown_parameters(
    keys: &ServerKeys,
    name: &str,
    in_use: &[Argon2Parameters],
) -> Argon2Parameters {
    let name = normalised(name);
    let weight = |parameters: &Argon2Parameters| {
        let Argon2Parameters {
            memory_kib,
            passes,
            lanes,
        } = *parameters;
        keys.tag(
            "unknown parameters",
            &[
                name.as_bytes(),
                &memory_kib.to_be_bytes(),
                &passes.to_be_bytes(),
                &lanes.to_be_bytes(),
            ],
        )
    };
    in_use.iter().copied().max_by_key(weight).unwrap_or(RELEASE)
}

/// However one writes a name, it stays one name; what cannot be a name stays what it is.
fn normalised(name: &str) -> String {
    AccountName::parse(name).map_or_else(|_| name.to_owned(), |name| name.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;

    fn parameters(memory_kib: u32) -> Argon2Parameters {
        Argon2Parameters {
            memory_kib,
            ..RELEASE
        }
    }

    #[test]
    fn an_unknown_name_has_one_identifier_however_it_is_written() {
        let keys = ServerKeys::generate(&mut OsRng);
        let ann = unknown_credential(&keys, "ann");
        assert_eq!(unknown_credential(&keys, "Ann"), ann);
        assert_ne!(unknown_credential(&keys, "bob"), ann);
        assert_ne!(unknown_credential(&keys, "not a name"), ann);
        let other = ServerKeys::generate(&mut OsRng);
        assert_ne!(unknown_credential(&other, "ann"), ann);
    }

    #[test]
    fn an_unknown_name_keeps_its_parameters_and_takes_them_from_those_in_use() {
        let keys = ServerKeys::generate(&mut OsRng);
        let (a, b, c) = (parameters(19_456), parameters(65_536), parameters(131_072));
        let mut chosen = std::collections::HashSet::new();
        for number in 0..100 {
            let name = format!("name{number}");
            let choice = unknown_parameters(&keys, &name, &[a, b, c]);
            assert_eq!(unknown_parameters(&keys, &name, &[c, a, b]), choice);
            assert_eq!(unknown_parameters(&keys, &name, &[choice]), choice);
            let without_one = unknown_parameters(&keys, &name, &[a, b]);
            assert!(without_one == choice || choice == c);
            chosen.insert(choice);
        }
        assert_eq!(chosen.len(), 3, "each is somebody's");
        assert_eq!(unknown_parameters(&keys, "ann", &[]), RELEASE);
    }
}
