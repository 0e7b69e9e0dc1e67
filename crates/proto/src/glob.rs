//! Patterns in which `*` stands for any letters and `?` for one.

/// Is the text like the pattern? Takes as many steps as the one has letters times the other at most.
pub fn like(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Where to go on if what follows the last star does not fit: that star takes one letter more.
    let mut again = None;
    loop {
        let left = text.clone();
        match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                again = Some((pattern.clone(), left.clone()));
                text = left;
            }
            (Some('?'), Some(_)) => {}
            (Some(one), Some(other)) if one == other => {}
            (None, None) => return true,
            _ => {
                let Some((after, mut rest)) = again.take() else {
                    return false;
                };
                if rest.next().is_none() {
                    return false;
                }
                pattern = after.clone();
                text = rest.clone();
                again = Some((after, rest));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_letters_and_a_question_mark_one() {
        for (pattern, text, fits) in [
            ("*an1", "#chan1", true),
            ("#c*n2", "#chan2", true),
            ("#c?an2", "#chan2", true),
            ("*an3", "#chan1", false),
            ("*a*b*", "xbxaxbx", true),
            ("", "", true),
            ("?", "", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
