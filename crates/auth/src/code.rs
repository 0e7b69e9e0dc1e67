//! Codes that people read, say and paste: words for the owner's first sign-in, letters for invites.

use rand::{CryptoRng, Rng, RngCore};
use snug_proto::Secret;
use zeroize::Zeroizing;

use crate::{ServerKeys, token::random_text};

/// Plain short English words, one a line, each once.
static WORDS: &str = include_str!("words.txt");

/// A code of words, like `maple-orbit-194-cedar`: three of 1,700 words or more and a number from 100 to 999,
/// so at least 3 × log₂ 1700 + log₂ 900 = 42 bits. Enough for what is void after a hundred wrong tries
/// (DECISIONS 18), and for nothing else.
pub fn new_word_code<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    let words: Vec<&str> = WORDS.lines().collect();
    let mut word = || {
        let at = rng.gen_range(0..words.len());
        words.get(at).copied().unwrap_or_default()
    };
    let (first, second, third) = (word(), word(), word());
    let number = rng.gen_range(100..1000);
    Secret::new(format!("{first}-{second}-{number}-{third}"))
}

/// A code to be pasted: 128 random bits in five groups of letters and digits.
pub fn new_invite_code<R: RngCore + CryptoRng>(rng: &mut R) -> Secret {
    let text = Zeroizing::new(random_text(rng));
    let mut code = String::with_capacity(text.len() + 4);
    for (at, letter) in text.chars().enumerate() {
        if matches!(at, 6 | 11 | 16 | 21) {
            code.push('-');
        }
        code.push(letter);
    }
    Secret::new(code)
}

/// What is kept of a code, and what it is found by: HMAC under the server's key of the code however it
/// was typed.
pub fn code_hash(keys: &ServerKeys, code: &str) -> [u8; 32] {
    keys.tag("code", &[normalised(code).as_bytes()])
}

/// One form for all ways to type a code: lower case, no spaces, no dashes, and the digits that our base32
/// has not read as the letters they look like. No two codes that we make become one by it.
fn normalised(code: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(code.len() * 3));
    let kept = code.chars().filter(|c| {
        !c.is_whitespace() && !matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
    });
    for letter in kept.flat_map(char::to_lowercase) {
        text.push(match letter {
            '0' => 'o',
            '1' => 'l',
            other => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::OsRng;
    use std::collections::HashSet;

    #[test]
    fn the_words_are_short_plain_distinct_and_at_least_1700() {
        let words: Vec<_> = WORDS.lines().collect();
        let distinct: HashSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len());
        assert!(words.len() >= 1700, "{}", words.len());
        for word in words {
            assert!((3..=6).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|b| b.is_ascii_lowercase()), "{word}");
        }
    }

    #[test]
    fn a_word_code_is_three_words_and_a_number() {
        for _ in 0..100 {
            let code = new_word_code(&mut OsRng);
            let parts: Vec<_> = code.expose().split('-').collect();
            let [first, second, number, third] = parts[..] else {
                panic!("{code:?}")
            };
            for word in [first, second, third] {
                assert!(WORDS.lines().any(|w| w == word));
            }
            assert!((100..1000).contains(&number.parse::<u32>().unwrap()));
            assert!(!format!("{code:?}").contains(first));
        }
    }

    #[test]
    fn an_invite_code_is_five_groups_and_never_the_same() {
        let codes: HashSet<_> = (0..100)
            .map(|_| new_invite_code(&mut OsRng).expose().to_owned())
            .collect();
        assert_eq!(codes.len(), 100);
        for code in codes {
            let groups: Vec<_> = code.split('-').map(str::len).collect();
            assert_eq!(groups, [6, 5, 5, 5, 5]);
        }
    }

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let keys = ServerKeys::generate(&mut OsRng);
        let hash = |code: &str| code_hash(&keys, code);
        let right = hash("maple-orbit-190-cedar");
        for typed in [
            "Maple-Orbit-190-CEDAR",
            " maple orbit 190 cedar\n",
            "maple_orbit_19o_cedar",
            "maple\u{2013}orbit\u{2013}190\u{2013}cedar",
            "mapleorbit190cedar",
        ] {
            assert_eq!(hash(typed), right, "{typed}");
        }
        assert_ne!(hash("maple-orbit-191-cedar"), right);
        assert_ne!(
            code_hash(&ServerKeys::generate(&mut OsRng), "maple-orbit-190-cedar"),
            right
        );
    }
}
