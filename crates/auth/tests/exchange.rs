//! OPAQUE from both sides, as a client and a server use it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test helpers: a failure here is the test's failure"
)]

use proptest::prelude::*;
use rand::rngs::OsRng;
use snug_auth::{
    CHEAP, CredentialId, OpaqueError, ParameterBounds, RELEASE, Record, Registration, ServerKeys,
    SignIn, register_finish, register_start, sign_in_start, unknown_credential, unknown_parameters,
    verify_plain,
};
use snug_proto::{AccountId, Argon2Parameters};

const PASSWORD: &str = "correct horse";

fn id() -> CredentialId {
    AccountId::from_bytes([7; 16]).into()
}

fn register(keys: &ServerKeys, password: &str) -> Record {
    let (registration, request) = Registration::start(password, &mut OsRng).unwrap();
    let reply = register_start(keys, id(), &request).unwrap();
    let upload = registration
        .finish(&reply, CHEAP, &ParameterBounds::for_tests(), &mut OsRng)
        .unwrap();
    register_finish(&upload).unwrap()
}

fn sign_in(keys: &ServerKeys, record: Option<&Record>, password: &str) -> Result<(), OpaqueError> {
    let (sign_in, ke1) = SignIn::start(password, &mut OsRng)?;
    let (state, ke2) = sign_in_start(keys, &mut OsRng, record, id(), &ke1)?;
    let ke3 = sign_in.finish(&ke2, CHEAP, &ParameterBounds::for_tests(), &mut OsRng)?;
    state.finish(&ke3)
}

#[test]
fn one_signs_in_with_the_password_one_registered_with_and_with_no_other() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    assert_eq!(sign_in(&keys, Some(&record), PASSWORD), Ok(()));
    for wrong in ["Correct horse", "correct horse ", "x"] {
        assert_eq!(
            sign_in(&keys, Some(&record), wrong),
            Err(OpaqueError::WrongPassword),
            "{wrong}"
        );
    }
}

#[test]
fn registrations_and_keys_outlive_a_restart() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let keys = ServerKeys::from_bytes(&keys.to_bytes()).unwrap();
    let record = Record::from_bytes(record.as_bytes()).unwrap();
    assert_eq!(sign_in(&keys, Some(&record), PASSWORD), Ok(()));
}

#[test]
fn a_plain_password_is_verified_against_the_same_record() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let verify = |password| verify_plain(&keys, Some(&record), id(), password, CHEAP, &mut OsRng);
    assert!(verify(PASSWORD));
    assert!(!verify("wrong horse"));
}

#[test]
fn the_release_parameters_work_from_end_to_end() {
    let keys = ServerKeys::generate(&mut OsRng);
    let bounds = ParameterBounds::release();
    let (registration, request) = Registration::start(PASSWORD, &mut OsRng).unwrap();
    let reply = register_start(&keys, id(), &request).unwrap();
    let upload = registration
        .finish(&reply, RELEASE, &bounds, &mut OsRng)
        .unwrap();
    let record = register_finish(&upload).unwrap();
    let (sign_in, ke1) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
    let (state, ke2) = sign_in_start(&keys, &mut OsRng, Some(&record), id(), &ke1).unwrap();
    let ke3 = sign_in.finish(&ke2, RELEASE, &bounds, &mut OsRng).unwrap();
    assert_eq!(state.finish(&ke3), Ok(()));
}

#[test]
fn an_unknown_name_is_answered_in_the_same_shape_and_refused_in_the_same_words() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let nobody = unknown_credential(&keys, "nobody");
    let (begun, ke1) = SignIn::start("wrong horse", &mut OsRng).unwrap();
    let (_, known) = sign_in_start(&keys, &mut OsRng, Some(&record), id(), &ke1).unwrap();
    let (_, unknown) = sign_in_start(&keys, &mut OsRng, None, nobody, &ke1).unwrap();
    assert_eq!(known.len(), unknown.len());
    let finish = |begun: SignIn, ke2: &[u8]| {
        begun.finish(ke2, CHEAP, &ParameterBounds::for_tests(), &mut OsRng)
    };
    assert_eq!(finish(begun, &unknown), Err(OpaqueError::WrongPassword));
    // A proof made for one sign-in, or of nothing, is refused the same way by a known and an unknown one.
    for record in [Some(&record), None] {
        let (state, _) = sign_in_start(&keys, &mut OsRng, record, nobody, &ke1).unwrap();
        assert_eq!(state.finish(&[7; 64]), Err(OpaqueError::WrongPassword));
    }
}

#[test]
fn what_stays_the_same_between_two_tries_is_the_same_for_known_and_unknown() {
    // RFC 9807 §6.3.2.2: the first 32 bytes (the evaluated element) depend on KE1 and the account only,
    // all the rest is fresh each time. A name that answered otherwise would give itself away.
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let nobody = unknown_credential(&keys, "nobody");
    let (_, ke1) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
    for (record, id) in [(Some(&record), id()), (None, nobody)] {
        let answer = || {
            sign_in_start(&keys, &mut OsRng, record, id, &ke1)
                .unwrap()
                .1
        };
        let (one, two) = (answer(), answer());
        assert_eq!(one[..32], two[..32]);
        for at in (32..320).step_by(32) {
            assert_ne!(one[at..at + 32], two[at..at + 32], "at {at}");
        }
    }
    let in_use = [CHEAP, RELEASE];
    let parameters = || unknown_parameters(&keys, "nobody", &in_use);
    assert_eq!(parameters(), parameters());
}

#[test]
fn a_proof_is_good_once_and_for_its_own_sign_in_only() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let begin = || {
        let (sign_in, ke1) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
        let (state, ke2) = sign_in_start(&keys, &mut OsRng, Some(&record), id(), &ke1).unwrap();
        let bounds = ParameterBounds::for_tests();
        let ke3 = sign_in.finish(&ke2, CHEAP, &bounds, &mut OsRng).unwrap();
        (state, ke3)
    };
    let (first, _) = begin();
    let (_, second_proof) = begin();
    assert_eq!(first.finish(&second_proof), Err(OpaqueError::WrongPassword));
}

#[test]
fn a_client_refuses_parameters_outside_its_bounds_before_it_hashes() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    for parameters in [
        CHEAP,
        Argon2Parameters {
            memory_kib: 4 * 1024 * 1024,
            ..RELEASE
        },
        Argon2Parameters {
            passes: u32::MAX,
            ..RELEASE
        },
        Argon2Parameters {
            lanes: 0,
            ..RELEASE
        },
    ] {
        let bounds = ParameterBounds::release();
        let (registration, request) = Registration::start(PASSWORD, &mut OsRng).unwrap();
        let reply = register_start(&keys, id(), &request).unwrap();
        let answer = registration.finish(&reply, parameters, &bounds, &mut OsRng);
        assert_eq!(answer, Err(OpaqueError::Parameters));
        let (sign_in, ke1) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
        let (_, ke2) = sign_in_start(&keys, &mut OsRng, Some(&record), id(), &ke1).unwrap();
        let answer = sign_in.finish(&ke2, parameters, &bounds, &mut OsRng);
        assert_eq!(answer, Err(OpaqueError::Parameters));
    }
}

#[test]
fn a_password_is_checked_for_length_before_anything_else() {
    for password in ["", &"a".repeat(1025)] {
        let answer = Registration::start(password, &mut OsRng).map(|_| ());
        assert_eq!(answer, Err(OpaqueError::BadPassword));
        let answer = SignIn::start(password, &mut OsRng).map(|_| ());
        assert_eq!(answer, Err(OpaqueError::BadPassword));
    }
}

#[test]
fn a_message_with_something_after_its_end_is_refused() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let longer = |message: &[u8]| [message, &[0]].concat();
    let (_, request) = Registration::start(PASSWORD, &mut OsRng).unwrap();
    assert_eq!(
        register_start(&keys, id(), &longer(&request)),
        Err(OpaqueError::Malformed)
    );
    assert_eq!(
        register_finish(&longer(record.as_bytes())),
        Err(OpaqueError::Malformed)
    );
    let (_, ke1) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
    let answer = sign_in_start(&keys, &mut OsRng, None, id(), &longer(&ke1)).map(|_| ());
    assert_eq!(answer, Err(OpaqueError::Malformed));
    let (state, _) = sign_in_start(&keys, &mut OsRng, None, id(), &ke1).unwrap();
    assert_eq!(state.finish(&[0; 65]), Err(OpaqueError::Malformed));
}

#[test]
fn nothing_that_holds_a_secret_shows_it() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let (registration, _) = Registration::start(PASSWORD, &mut OsRng).unwrap();
    let (sign_in, ke1) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
    let (state, _) = sign_in_start(&keys, &mut OsRng, None, id(), &ke1).unwrap();
    assert_eq!(format!("{keys:?}"), "ServerKeys(…)");
    assert_eq!(format!("{record:?}"), "Record(…)");
    assert_eq!(format!("{registration:?}"), "Registration(…)");
    assert_eq!(format!("{sign_in:?}"), "SignIn(…)");
    assert_eq!(format!("{state:?}"), "SignInState(…)");
}

/// Bytes of any length, and bytes of the right length that begin like the real message.
fn garbage(real: &[u8]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let real = real.to_vec();
    let bent = (0..real.len(), any::<u8>()).prop_map(move |(at, with)| {
        let mut bytes = real.clone();
        bytes[at] ^= with;
        bytes
    });
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..400),
        proptest::sample::select(vec![32_usize, 64, 96, 192, 320])
            .prop_flat_map(|length| proptest::collection::vec(any::<u8>(), length)),
        bent,
    ]
}

#[test]
fn garbage_in_place_of_any_message_is_an_error_and_nothing_worse() {
    let keys = ServerKeys::generate(&mut OsRng);
    let record = register(&keys, PASSWORD);
    let (_, ke1) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
    let (_, ke2) = sign_in_start(&keys, &mut OsRng, Some(&record), id(), &ke1).unwrap();
    let bounds = ParameterBounds::for_tests();
    let any_message = prop_oneof![garbage(&ke1), garbage(&ke2), garbage(record.as_bytes())];
    proptest!(ProptestConfig::with_cases(2000), |(bytes in any_message)| {
        let _ = register_start(&keys, id(), &bytes);
        let _ = ServerKeys::from_bytes(&bytes);
        if let Ok(record) = register_finish(&bytes) {
            // A record that parses must be usable: what is stored is read again at each sign-in.
            prop_assert_eq!(record.as_bytes(), &bytes[..]);
            sign_in_start(&keys, &mut OsRng, Some(&record), id(), &ke1).unwrap();
        }
        let _ = sign_in_start(&keys, &mut OsRng, Some(&record), id(), &bytes);
        let (state, _) = sign_in_start(&keys, &mut OsRng, Some(&record), id(), &ke1).unwrap();
        prop_assert!(state.finish(&bytes).is_err());
        let (sign_in, _) = SignIn::start(PASSWORD, &mut OsRng).unwrap();
        prop_assert!(sign_in.finish(&bytes, CHEAP, &bounds, &mut OsRng).is_err());
        let (registration, _) = Registration::start(PASSWORD, &mut OsRng).unwrap();
        let _ = registration.finish(&bytes, CHEAP, &bounds, &mut OsRng);
    });
}
