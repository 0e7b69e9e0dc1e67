//! Plain passwords of simple clients, against the same records: the server runs the client's half
//! itself. Each call costs an Argon2id, so it belongs off the async threads, a few at a time (DECISIONS 15).

use rand::{CryptoRng, RngCore};
use snug_proto::Argon2Parameters;

use crate::{
    CredentialId, OpaqueError, ParameterBounds, Record, Registration, ServerKeys, SignIn,
    register_finish, register_start, sign_in_start,
};

/// The record of this password, as if its client had registered by OPAQUE.
pub fn register_plain<R: RngCore + CryptoRng>(
    keys: &ServerKeys,
    id: CredentialId,
    password: &str,
    parameters: Argon2Parameters,
    rng: &mut R,
) -> Result<Record, OpaqueError> {
    let (registration, request) = Registration::start(password, rng)?;
    let reply = register_start(keys, id, &request)?;
    let upload = registration.finish(&reply, parameters, &own_parameters(), rng)?;
    register_finish(&upload)
}

/// Is this the password of that record? With no record, for a name that nobody has, the same work is
/// done and the answer is no. Parameters are those kept with the record.
pub fn verify_plain<R: RngCore + CryptoRng>(
    keys: &ServerKeys,
    record: Option<&Record>,
    id: CredentialId,
    password: &str,
    parameters: Argon2Parameters,
    rng: &mut R,
) -> bool {
    signs_in(keys, record, id, password, parameters, rng).is_ok() && record.is_some()
}

/// One path for every case: right, wrong and unknown differ only in how its last step comes out.
fn signs_in<R: RngCore + CryptoRng>(
    keys: &ServerKeys,
    record: Option<&Record>,
    id: CredentialId,
    password: &str,
    parameters: Argon2Parameters,
    rng: &mut R,
) -> Result<(), OpaqueError> {
    let (sign_in, ke1) = SignIn::start(password, rng)?;
    let (state, ke2) = sign_in_start(keys, rng, record, id, &ke1)?;
    let ke3 = sign_in.finish(&ke2, parameters, &own_parameters(), rng)?;
    state.finish(&ke3)
}

/// The parameters come from the server's own settings or database, not from a stranger: only what
/// nobody could have meant is refused.
const fn own_parameters() -> ParameterBounds {
    ParameterBounds::for_tests()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CHEAP, suite::work, unknown_credential};
    use rand::rngs::OsRng;
    use snug_proto::AccountId;

    fn id() -> CredentialId {
        AccountId::from_bytes([7; 16]).into()
    }

    #[test]
    fn right_wrong_and_unknown_cost_the_same_argon2_and_only_right_is_right() {
        let keys = ServerKeys::generate(&mut OsRng);
        let parameters = Argon2Parameters {
            memory_kib: 80,
            passes: 2,
            lanes: 1,
        };
        let record = register_plain(&keys, id(), "correct horse", parameters, &mut OsRng).unwrap();
        let nobody = unknown_credential(&keys, "nobody");
        for (record, id, password, right) in [
            (Some(&record), id(), "correct horse", true),
            (Some(&record), id(), "wrong horse", false),
            (Some(&record), nobody, "correct horse", false),
            (None, nobody, "correct horse", false),
            (None, id(), "correct horse", false),
        ] {
            let (work, answer) =
                work::of(|| verify_plain(&keys, record, id, password, parameters, &mut OsRng));
            assert_eq!(answer, right, "{password}");
            assert_eq!(work, 80 * 2, "{password}");
        }
    }

    #[test]
    fn a_password_that_nobody_can_have_is_wrong_for_everyone_without_any_work() {
        let keys = ServerKeys::generate(&mut OsRng);
        let record = register_plain(&keys, id(), "correct horse", CHEAP, &mut OsRng).unwrap();
        for password in ["", &"a".repeat(5000)] {
            for record in [Some(&record), None] {
                let (work, answer) =
                    work::of(|| verify_plain(&keys, record, id(), password, CHEAP, &mut OsRng));
                assert!(!answer);
                assert_eq!(work, 0);
            }
        }
    }

    #[test]
    fn a_record_is_good_for_its_own_account_server_and_parameters_only() {
        let keys = ServerKeys::generate(&mut OsRng);
        let record = register_plain(&keys, id(), "correct horse", CHEAP, &mut OsRng).unwrap();
        let verify = |keys: &ServerKeys, id, parameters| {
            verify_plain(
                keys,
                Some(&record),
                id,
                "correct horse",
                parameters,
                &mut OsRng,
            )
        };
        assert!(verify(&keys, id(), CHEAP));
        let other_account = AccountId::from_bytes([8; 16]).into();
        assert!(!verify(&keys, other_account, CHEAP));
        assert!(!verify(&ServerKeys::generate(&mut OsRng), id(), CHEAP));
        let dearer = Argon2Parameters { passes: 2, ..CHEAP };
        assert!(!verify(&keys, id(), dearer));
        let impossible = Argon2Parameters { lanes: 0, ..CHEAP };
        assert!(!verify(&keys, id(), impossible));
    }
}
