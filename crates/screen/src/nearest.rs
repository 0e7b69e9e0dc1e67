//! What was probably meant by a name that there is not.

/// Letters of a name that are looked at.
const MAX_LETTERS: usize = 20;
/// So many mistakes are forgiven.
const MAX_MISTAKES: usize = 2;

/// The nearest of these names, if one is near enough.
pub fn nearest<'a>(name: &str, of: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    of.into_iter()
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| *distance <= MAX_MISTAKES)
        .min()
        .map(|(_, other)| other)
}

/// How many letters must be changed, added, taken away or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let letters = |text: &str| text.chars().take(MAX_LETTERS).collect::<Vec<char>>();
    let (from, to) = (letters(from), letters(to));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&row, j) + usize::from(a != b);
            let mut least = changed.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && from.get(i - 1) == Some(b) && to.get(j - 1) == Some(a);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(from.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_two_letters_is_forgiven_and_no_more() {
        let names = ["join", "leave", "invite"];
        assert_eq!(nearest("jion", names), Some("join"));
        assert_eq!(nearest("invte", names), Some("invite"));
        assert_eq!(nearest("laeve", names), Some("leave"));
        assert_eq!(nearest("topic", names), None);
        assert_eq!(nearest(&"x".repeat(100_000), names), None);
    }
}
