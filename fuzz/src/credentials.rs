//! What somebody proves who they are by: SCRAM and OPAQUE messages, passwords, codes.

use std::sync::OnceLock;

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};
use snug_auth::{
    AppSecret, CHEAP, CredentialId, MAX_WORK_BITS, ParameterBounds, Record, Registration,
    ScramFirst, ScramVerifier, ServerKeys, SignIn, code_hash, device_of, is_work, password_tag,
    recovery_tag, register_finish, register_plain, register_start, sign_in_start, verify_plain,
    verify_tag,
};
use snug_proto::{AccountId, Timestamp};

const ANN: AccountId = AccountId::from_bytes([7; 16]);
const PASSWORD: &str = "correct horse";
/// Whoever knows it gets in by SCRAM.
const CLIENT_KEY: [u8; 32] = [5; 32];

struct Server {
    keys: ServerKeys,
    record: Record,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let mut chance = StdRng::seed_from_u64(1);
        let keys = ServerKeys::generate(&mut chance);
        let id = CredentialId::from(ANN);
        let record = register_plain(&keys, id, PASSWORD, CHEAP, &mut chance);
        let record = record.expect("it is a password");
        Server { keys, record }
    })
}

/// The first byte says what the others are. Nothing panics; nobody gets in who does not know the password, and
/// who knows it does; what is read twice is the same.
pub fn check(data: &[u8]) {
    let [kind, rest @ ..] = data else {
        return;
    };
    let text = || std::str::from_utf8(rest).ok();
    match kind % 5 {
        0 => opaque_bytes(rest),
        1 => opaque_bent(rest),
        2 => text().map_or((), scram),
        3 => text().map_or((), password),
        _ => text().map_or((), codes),
    }
}

/// Bytes in place of every message of OPAQUE: from nowhere comes no sign-in.
fn opaque_bytes(bytes: &[u8]) {
    let Server { keys, record } = server();
    let (id, mut chance) = (CredentialId::from(ANN), StdRng::seed_from_u64(2));
    if register_start(keys, id, bytes).is_ok() {
        assert_eq!(bytes.len(), 32, "RFC 9807 §5.1, a group element");
    }
    if let Ok(record) = register_finish(bytes) {
        assert_eq!(record.as_bytes(), bytes);
        assert!(!format!("{record:?}").contains(&format!("{bytes:?}")));
        for kept in [Record::from_bytes(bytes), Record::from_stored(bytes)] {
            assert!(kept.is_ok_and(|kept| kept == record));
        }
    }
    let real = SignIn::start(PASSWORD, &mut chance).expect("it is a password");
    for record in [Some(record), None] {
        assert!(
            sign_in_start(keys, &mut chance, record, id, bytes)
                .map_or(true, |(_, answer)| bytes.len() == 96 && answer.len() == 320)
        );
        let begun = sign_in_start(keys, &mut chance, record, id, &real.1);
        let (state, _) = begun.expect("a KE1 of our own");
        assert!(state.finish(bytes).is_err());
    }
    let bounds = ParameterBounds::for_tests();
    assert!(real.0.finish(bytes, CHEAP, &bounds, &mut chance).is_err());
    let (state, _) = Registration::start(PASSWORD, &mut chance).expect("it is a password");
    if let Ok(upload) = state.finish(bytes, CHEAP, &bounds, &mut chance) {
        assert!(register_finish(&upload).is_ok());
    }
}

/// An exchange of somebody who knows the password, with bits of its messages turned on the way: it succeeds if
/// none is, and else it does not.
fn opaque_bent(bits: &[u8]) {
    let Server { keys, record } = server();
    let (id, mut chance) = (CredentialId::from(ANN), StdRng::seed_from_u64(3));
    let mut bits = bits.iter();
    let mut untouched = true;
    let mut bend = |message: Vec<u8>| -> Vec<u8> {
        let bent = message.iter().map(|byte| byte ^ bits.next().unwrap_or(&0));
        let bent: Vec<u8> = bent.collect();
        untouched &= bent == message;
        bent
    };
    let (client, ke1) = SignIn::start(PASSWORD, &mut chance).expect("it is a password");
    let ke1 = bend(ke1);
    let Ok((state, ke2)) = sign_in_start(keys, &mut chance, Some(record), id, &ke1) else {
        assert!(!untouched);
        return;
    };
    let ke2 = bend(ke2);
    let ke3 = client.finish(&ke2, CHEAP, &ParameterBounds::for_tests(), &mut chance);
    let Ok(ke3) = ke3.map(&mut bend) else {
        assert!(!untouched);
        return;
    };
    assert_eq!(state.finish(&ke3).is_ok(), untouched);
}

/// Two messages of a client, a line each: the second never is a proof, and the right one is.
fn scram(text: &str) {
    let (first, last) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(read) = ScramFirst::parse(first) else {
        return;
    };
    assert!(!read.name.is_empty());
    let escaped = read.name.replace('=', "=3D").replace(',', "=2C");
    let plainly = ScramFirst::parse(&format!("n,,n={escaped},r=x"));
    assert_eq!(plainly.map(|plainly| plainly.name), Ok(read.name.clone()));
    let verifier = ScramVerifier {
        salt: [9; 16],
        iterations: 4096,
        stored_key: Sha256::digest(CLIENT_KEY).into(),
        server_key: [6; 32],
    };
    let stored = verifier.stored_key;
    let (exchange, answer) = read.answer(verifier, &mut StdRng::seed_from_u64(4));
    assert!(answer.bytes().all(|byte| matches!(byte, 0x21..=0x7e)));
    assert!(!matches!(exchange.finish(last), Ok(Some(_))));
    // As a client makes it (RFC 5802 §3).
    let mut parts = first.splitn(3, ',');
    let (binding, acting, bare) = (parts.next(), parts.next(), parts.next());
    let header = format!(
        "{},{},",
        binding.expect("it is there"),
        acting.expect("so is it")
    );
    let nonce = answer.split(',').next().expect("the nonce");
    let without_proof = format!("c={},{nonce}", BASE64.encode(header.as_bytes()));
    let spoken = format!("{},{answer},{without_proof}", bare.expect("so is it"));
    let mut proof = hmac(&stored, spoken.as_bytes());
    for (byte, key) in proof.iter_mut().zip(CLIENT_KEY) {
        *byte ^= key;
    }
    let last = |proof: &[u8]| format!("{without_proof},p={}", BASE64.encode(proof));
    assert!(matches!(exchange.finish(&last(&proof)), Ok(Some(_))));
    let bent = usize::from(first.as_bytes()[0]) % proof.len();
    proof[bent] ^= 1 << (first.len() % 8);
    assert_eq!(exchange.finish(&last(&proof)), Ok(None));
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

/// A password that can be one opens its record, and another does not.
fn password(text: &str) {
    let Server { keys, record } = server();
    let (id, mut chance) = (CredentialId::from(ANN), StdRng::seed_from_u64(5));
    let tag = password_tag(keys, b"den", text);
    assert!(verify_tag(keys, b"den", text, &tag));
    assert!(!verify_tag(keys, b"pub", text, &tag));
    if text != PASSWORD {
        assert!(!verify_plain(
            keys,
            Some(record),
            id,
            text,
            CHEAP,
            &mut chance
        ));
    }
    assert!(!verify_plain(keys, None, id, text, CHEAP, &mut chance));
    if let Ok(own) = register_plain(keys, id, text, CHEAP, &mut chance) {
        let mut opens = |text: &str| verify_plain(keys, Some(&own), id, text, CHEAP, &mut chance);
        assert!(opens(text));
        assert!(!opens(&format!("{text}x")));
    }
}

/// Codes are the same however they are typed, links of an app hold nothing that ends them, and work is work.
fn codes(text: &str) {
    let Server { keys, .. } = server();
    let typed: String = text.chars().flat_map(|letter| [letter, '-', ' ']).collect();
    let typed = typed.to_ascii_uppercase();
    assert_eq!(code_hash(keys, text), code_hash(keys, &typed));
    let recovery = |code: &str| recovery_tag(keys, &ANN, code);
    assert_eq!(recovery(text), recovery(&typed));
    let app = AppSecret::of(keys, &ANN, &[3; 16]);
    let (server, name) = text.split_once(' ').unwrap_or((text, "ann"));
    let link = app.link(server, name);
    let (place, query) = link.expose().split_once('?').expect("a query");
    assert!(
        place
            .bytes()
            .chain(query.bytes())
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%:/=&".contains(&byte))
    );
    assert_eq!(place.matches(':').count(), 2, "{place}");
    assert_eq!(query.matches('&').count(), 1, "{query}");
    if app
        .step_of(text, Timestamp::from_ms(1_795_200_060_000))
        .is_some()
    {
        let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(digits.len() == 6 && digits.iter().all(char::is_ascii_digit));
    }
    let cookie = device_of(keys, CredentialId::from(ANN), b"record", text);
    assert_eq!(cookie, None, "a device's cookie is made by the server");
    let nonce = text.len() as u64;
    let done = (0..=MAX_WORK_BITS).map(|bits| is_work(text, nonce, bits));
    assert!(
        done.is_sorted_by(|less, more| less >= more),
        "less is asked, and not done"
    );
}
