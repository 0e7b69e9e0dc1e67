//! Finding by some letters in their order: `dpl` finds *d*e*pl*oy.

/// How well something fits, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Higher fits better.
    pub score: i32,
    /// Which characters of the text were meant, counted from 0, rising.
    pub at: Vec<usize>,
}

/// Characters of a text that are looked at; names are shorter.
const MAX_TEXT: usize = 128;
/// Characters that are sought; more are passed over.
const MAX_SOUGHT: usize = 64;

/// For every letter found.
const FOUND: i32 = 10;
/// For a letter that follows the one before it at once.
const RUN: i32 = 15;
/// For a letter that begins a word.
const BEGINS: i32 = 12;
/// For the letter that begins the text.
const FIRST: i32 = 8;
/// For a text that is just what was sought.
const WHOLE: i32 = 30;
/// Nothing was found so far.
const NONE: i32 = i32::MIN / 2;

/// How well a text fits what is sought, whatever the case; `None` if not all letters are there in their
/// order. Spaces in what is sought are passed over. Nothing sought fits everything equally.
pub(crate) fn fit(sought: &str, text: &str) -> Option<Fit> {
    let sought: Vec<char> = sought
        .chars()
        .filter(|character| !character.is_whitespace())
        .map(fold)
        .take(MAX_SOUGHT)
        .collect();
    if sought.is_empty() {
        let at = Vec::new();
        return Some(Fit { score: 0, at });
    }
    // Most texts of a long list end here, and take nothing.
    if !is_within(&sought, text) {
        return None;
    }
    let original: Vec<char> = text.chars().take(MAX_TEXT).collect();
    let folded: Vec<char> = original.iter().copied().map(fold).collect();
    let bonus: Vec<i32> = (0..original.len())
        .map(|at| begins(&original, at))
        .collect();
    // `rows[i][j]`: the best of the first i+1 letters with the last of them at j.
    let mut rows: Vec<Vec<i32>> = Vec::with_capacity(sought.len());
    for letter in &sought {
        let row = row(*letter, &folded, &bonus, rows.last().map(Vec::as_slice));
        rows.push(row);
    }
    let last = rows.last()?;
    let (end, best) = best_of(last, last.len())?;
    let mut score = best;
    if sought.len() == folded.len() {
        score += WHOLE;
    }
    // Of two that fit alike the shorter one.
    score -= i32::try_from(folded.len()).unwrap_or(0) / 4;
    let at = path(&rows, end);
    Some(Fit { score, at })
}

/// The row of one letter after the row of the letter before.
fn row(letter: char, text: &[char], bonus: &[i32], before: Option<&[i32]>) -> Vec<i32> {
    let mut row = vec![NONE; text.len()];
    // The best of the row before, left of the cell before, a point lost for every letter since.
    let mut far = NONE;
    for (at, cell) in row.iter_mut().enumerate() {
        let earned = FOUND + bonus.get(at).copied().unwrap_or(0);
        let next_to = at
            .checked_sub(1)
            .and_then(|left| before?.get(left).copied())
            .unwrap_or(NONE);
        if text.get(at) == Some(&letter) {
            *cell = match before {
                None => earned - i32::try_from(at.min(10)).unwrap_or(0),
                Some(_) => (next_to + RUN).max(far) + earned,
            };
            if *cell < NONE / 2 {
                *cell = NONE;
            }
        }
        far = (far - 1).max(next_to - 2).max(NONE);
    }
    row
}

/// The best cell left of `end`, the leftmost of equals.
fn best_of(row: &[i32], end: usize) -> Option<(usize, i32)> {
    let mut best = None;
    for (at, score) in row.iter().enumerate().take(end) {
        if *score > NONE && best.is_none_or(|(_, most)| *score > most) {
            best = Some((at, *score));
        }
    }
    best
}

/// Where each letter was, from the last back.
fn path(rows: &[Vec<i32>], end: usize) -> Vec<usize> {
    let mut at = vec![end];
    let mut end = end;
    for row in rows.iter().rev().skip(1) {
        let next_to = end.checked_sub(1);
        let runs = next_to.and_then(|left| Some((left, row.get(left).copied()?)));
        let reach = |(left, score): (usize, i32)| {
            let gap = i32::try_from(end.saturating_sub(left)).unwrap_or(i32::MAX);
            if gap == 1 { score + RUN } else { score - gap }
        };
        let far = best_reaching(row, end, reach);
        let chosen = match (runs.filter(|(_, score)| *score > NONE), far) {
            (Some(run), Some(far)) if reach(run) >= reach(far) => Some(run),
            (_, Some(far)) => Some(far),
            (run, None) => run,
        };
        let Some((left, _)) = chosen else {
            break;
        };
        at.push(left);
        end = left;
    }
    at.reverse();
    at
}

fn best_reaching(
    row: &[i32],
    end: usize,
    reach: impl Fn((usize, i32)) -> i32,
) -> Option<(usize, i32)> {
    row.iter()
        .copied()
        .enumerate()
        .take(end)
        .filter(|(_, score)| *score > NONE)
        .max_by_key(|cell| reach(*cell))
}

/// Are all letters there in their order?
fn is_within(sought: &[char], text: &str) -> bool {
    let mut text = text.chars().take(MAX_TEXT).map(fold);
    sought
        .iter()
        .all(|letter| text.any(|other| other == *letter))
}

/// What a letter is worth for where it stands.
fn begins(text: &[char], at: usize) -> i32 {
    let Some(before) = at.checked_sub(1).and_then(|left| text.get(left)) else {
        return FIRST + BEGINS;
    };
    let here = text.get(at).copied().unwrap_or(' ');
    let word = !before.is_alphanumeric() && here.is_alphanumeric();
    let camel = before.is_lowercase() && here.is_uppercase();
    if word || camel { BEGINS } else { 0 }
}

/// One letter for all its cases.
fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let mut lower = character.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn best<'a>(sought: &str, of: &[&'a str]) -> Vec<&'a str> {
        let mut found: Vec<(i32, &str)> = of
            .iter()
            .filter_map(|text| Some((fit(sought, text)?.score, *text)))
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn letters_in_their_order_are_found_and_others_not() {
        assert!(fit("dpl", "deploy").is_some());
        assert!(fit("DPL", "deploy").is_some());
        assert!(fit("žk", "Žluťoučký").is_some());
        assert!(fit("ddd", "deploy").is_none());
        assert!(fit("yd", "deploy").is_none());
        assert_eq!(fit("", "x").unwrap().score, 0);
        assert_eq!(fit("a b", "ab").unwrap().at, [0, 1]);
    }

    #[test]
    fn beginnings_and_runs_come_before_scattered_letters() {
        assert_eq!(
            best("den", &["dxexn", "garden", "den"]),
            ["den", "garden", "dxexn"]
        );
        assert_eq!(
            best("sm", &["plasma", "some", "state-machine", "sms"])[0],
            "sms"
        );
        assert_eq!(best("op", &["shop", "ops"]), ["ops", "shop"]);
        assert_eq!(best("kit", &["k-i-t", "kitchen"]), ["kitchen", "k-i-t"]);
    }

    #[test]
    fn the_letters_that_were_meant_are_known() {
        assert_eq!(fit("kit", "the kitchen").unwrap().at, [4, 5, 6]);
        assert_eq!(fit("tk", "the kitchen").unwrap().at, [0, 4]);
    }

    proptest! {
        #[test]
        fn where_it_fits_the_letters_stand_there_rising(sought in "[ab é]{0,6}", text in "[abcAB é-]{0,40}|\\PC{0,200}") {
            if let Some(fit) = fit(&sought, &text) {
                let letters: Vec<char> = sought.chars().filter(|c| !c.is_whitespace()).map(fold).collect();
                let text: Vec<char> = text.chars().map(fold).collect();
                let found: Vec<char> = fit.at.iter().map(|at| text[*at]).collect();
                prop_assert_eq!(found, letters);
                prop_assert!(fit.at.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}
