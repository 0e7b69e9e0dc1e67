//! SCRAM-SHA-256 as a client does it (RFC 5802 §3), written from the text and not from the server.

use data_encoding::BASE64;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// What a client says to the server's first message: its final message without the proof, the proof, and
/// what the server has to answer.
///
/// # Panics
/// If the server's message is none.
pub fn prove(first_bare: &str, server_first: &str, password: &str) -> (String, String, String) {
    let attribute = |name: &str| {
        let mut parts = server_first.split(',');
        parts
            .find_map(|part| part.strip_prefix(name))
            .unwrap_or_default()
    };
    let salt = BASE64
        .decode(attribute("s=").as_bytes())
        .unwrap_or_default();
    let rounds: u32 = attribute("i=").parse().unwrap_or(1);
    let mut last = tag(password.as_bytes(), &[&salt[..], &[0, 0, 0, 1]].concat());
    let mut salted = last;
    for _ in 1..rounds {
        last = tag(password.as_bytes(), &last);
        for (sum, byte) in salted.iter_mut().zip(last) {
            *sum ^= byte;
        }
    }
    let without_proof = format!("c={},r={}", BASE64.encode(b"n,,"), attribute("r="));
    let spoken = format!("{first_bare},{server_first},{without_proof}");
    let client_key = tag(&salted, b"Client Key");
    let stored_key: [u8; 32] = Sha256::digest(client_key).into();
    let mut proof = tag(&stored_key, spoken.as_bytes());
    for (byte, key) in proof.iter_mut().zip(client_key) {
        *byte ^= key;
    }
    let server = tag(&tag(&salted, b"Server Key"), spoken.as_bytes());
    (without_proof, BASE64.encode(&proof), BASE64.encode(&server))
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn tag(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}
