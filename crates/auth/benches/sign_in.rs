//! What a sign-in costs a server: `cargo bench -p snug-auth`. By OPAQUE nearly nothing, for a known and an
//! unknown name alike; by a plain password one Argon2id.

use std::{hint::black_box, time::Instant};

use rand::rngs::OsRng;
use snug_auth::{
    CredentialId, OpaqueError, ParameterBounds, RELEASE, ServerKeys, SignIn, register_plain,
    sign_in_start, unknown_credential, verify_plain,
};
use snug_proto::AccountId;

const PASSWORD: &str = "correct horse";

fn main() -> Result<(), OpaqueError> {
    let keys = ServerKeys::generate(&mut OsRng);
    let id: CredentialId = AccountId::from_bytes([7; 16]).into();
    let record = register_plain(&keys, id, PASSWORD, RELEASE, &mut OsRng)?;
    let (client, ke1) = SignIn::start(PASSWORD, &mut OsRng)?;
    let nobody = unknown_credential(&keys, "nobody");
    measure("sign_in_start, known", 1000, || {
        sign_in_start(&keys, &mut OsRng, Some(&record), id, &ke1)
    });
    measure("sign_in_start, unknown", 1000, || {
        sign_in_start(&keys, &mut OsRng, None, nobody, &ke1)
    });
    let begin = || sign_in_start(&keys, &mut OsRng, Some(&record), id, &ke1);
    let ke3 = client.finish(
        &begin()?.1,
        RELEASE,
        &ParameterBounds::release(),
        &mut OsRng,
    )?;
    let mut waiting = (0..1000).map(|_| begin()).collect::<Result<Vec<_>, _>>()?;
    measure("SignInState::finish, wrong", 1000, || {
        waiting.pop().map(|(state, _)| state.finish(&ke3))
    });
    for (what, record, id, password) in [
        ("verify_plain, right", Some(&record), id, PASSWORD),
        ("verify_plain, wrong", Some(&record), id, "wrong horse"),
        ("verify_plain, unknown", None, nobody, PASSWORD),
    ] {
        measure(what, 15, || {
            verify_plain(&keys, record, id, password, RELEASE, &mut OsRng)
        });
    }
    Ok(())
}

fn measure<T>(what: &str, calls: usize, mut call: impl FnMut() -> T) {
    let mut times: Vec<_> = (0..calls)
        .map(|_| {
            let start = Instant::now();
            black_box(call());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times.get(calls / 2).copied().unwrap_or_default();
    let least = times.first().copied().unwrap_or_default();
    println!("{what:30} {median:>12.1?}, at best {least:>12.1?}");
}
