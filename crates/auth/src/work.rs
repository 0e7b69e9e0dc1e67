//! Work that a newcomer does before signing in while the shield is up (P3): a number that makes a hash
//! begin with zeroes. Cheap to check, and for one who comes once cheap to do.

use sha2::{Digest, Sha256};

/// Never asked for more: about a second on a slow machine for 22.
pub const MAX_WORK_BITS: u8 = 24;

/// Does this number, behind this challenge, make a hash that begins with so many zero bits?
pub fn is_work(challenge: &str, nonce: u64, bits: u8) -> bool {
    let mut hash = Sha256::new_with_prefix(challenge.as_bytes());
    hash.update(nonce.to_be_bytes());
    zeroes(&hash.finalize()) >= u32::from(bits)
}

/// Finds such a number. `None` if more is asked than anybody needs to do.
pub fn do_work(challenge: &str, bits: u8) -> Option<u64> {
    if bits > MAX_WORK_BITS {
        return None;
    }
    let begun = Sha256::new_with_prefix(challenge.as_bytes());
    (0..=u64::MAX).find(|nonce| {
        let mut hash = begun.clone();
        hash.update(nonce.to_be_bytes());
        zeroes(&hash.finalize()) >= u32::from(bits)
    })
}

fn zeroes(hash: &[u8]) -> u32 {
    let mut zeroes = 0;
    for byte in hash {
        zeroes += byte.leading_zeros();
        if *byte != 0 {
            break;
        }
    }
    zeroes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p3_work_is_done_and_holds_for_its_challenge_only() {
        for bits in [0, 1, 8, 12] {
            let nonce = do_work("00112233", bits).unwrap();
            assert!(is_work("00112233", nonce, bits));
        }
        let nonce = do_work("00112233", 12).unwrap();
        let others = (0..100).filter(|other| is_work(&format!("other{other}"), nonce, 12));
        assert!(others.count() < 3);
        assert_eq!(do_work("x", MAX_WORK_BITS + 1), None);
    }

    #[test]
    fn zero_bits_are_counted_over_bytes() {
        assert_eq!(zeroes(&[0, 0, 0x10, 0]), 19);
        assert_eq!(zeroes(&[0x80]), 0);
    }
}
