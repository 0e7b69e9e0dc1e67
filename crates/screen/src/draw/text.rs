//! Words made into rows: cleaned, measured as a terminal measures them, and wrapped.

use std::ops::Range;

use ratatui_core::{buffer::Buffer, style::Style};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::sanitize;

/// Characters of one grapheme, past which it is no emoji that exists, and is taken apart.
const MAX_JOINED: usize = 12;

/// Cells of the widest grapheme that is looked for when something is drawn beside it.
const WIDEST: u16 = 8;

/// What another person wrote, as lines that are fit to be drawn.
pub fn clean_lines(words: &str) -> Vec<String> {
    let mut lines = sanitize::lines(words);
    lines.iter_mut().for_each(take_apart);
    lines
}

/// A name or a title that another person chose, fit to be drawn.
pub fn clean(words: &str) -> String {
    let mut line = sanitize::line(words);
    take_apart(&mut line);
    line
}

/// A chain of emoji by joiners is one grapheme of two cells, however long it is; terminals draw it as it
/// pleases them, over what stands beside it.
fn take_apart(line: &mut String) {
    let too_long = |grapheme: &str| grapheme.chars().nth(MAX_JOINED).is_some();
    if line.graphemes(true).any(too_long) {
        let apart = line.graphemes(true).flat_map(|grapheme| {
            let joiners = too_long(grapheme);
            grapheme
                .chars()
                .filter(move |c| !joiners || *c != '\u{200d}')
        });
        *line = apart.collect();
    }
}

/// How many cells it takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// As much of it as fits, with `…` for the rest.
pub fn fit(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let (mut taken, mut fitted) = (1, String::new());
    for grapheme in text.graphemes(true) {
        taken += grapheme.width();
        if taken > most {
            break;
        }
        fitted.push_str(grapheme);
    }
    if most > 0 {
        fitted.push('…');
    }
    fitted
}

/// It, and spaces up to this width; cut with `…` if it is longer.
pub fn pad(text: &str, wide: usize) -> String {
    let mut padded = fit(text, wide);
    let missing = wide.saturating_sub(width(&padded));
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// Rows of a line, in bytes: broken after spaces where that can be, within a word where it is longer than
/// a row.
pub fn wrap(line: &str, wide: usize) -> Vec<Range<usize>> {
    let wide = wide.max(1);
    let mut rows = Vec::new();
    // The row, how wide it is, and the last place in it to break at, with the width up to there.
    let (mut start, mut taken, mut space) = (0, 0, None);
    for (at, grapheme) in line.grapheme_indices(true) {
        let more = grapheme.width();
        if grapheme == " " {
            // Spaces hang over the end of a row rather than beginning one.
            taken += more;
            space = Some((at + 1, taken));
            continue;
        }
        if taken + more > wide && at > start {
            let (next, before) = match space.take() {
                Some((next, before)) if next > start => (next, before),
                _ => (at, taken),
            };
            rows.push(start..next);
            start = next;
            taken = taken.saturating_sub(before);
            if taken + more > wide && at > start {
                rows.push(start..at);
                (start, taken) = (at, 0);
            }
        }
        taken += more;
    }
    rows.push(start..line.len());
    rows
}

/// The rows of a sentence, cleaned.
pub fn wrap_plain(words: &str, wide: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for line in clean_lines(words) {
        let ranges = wrap(&line, wide);
        rows.extend(
            ranges
                .into_iter()
                .filter_map(|row| Some(line.get(row)?.to_owned())),
        );
    }
    rows
}

/// The links in a line, in bytes: `https://` or `http://` up to a space, without the stops after it.
pub fn links(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(tail) = line.get(from..) {
        let schemes = ["https://", "http://"];
        let Some(at) = schemes.iter().filter_map(|scheme| tail.find(scheme)).min() else {
            break;
        };
        let start = from + at;
        let rest = line.get(start..).unwrap_or_default();
        let ends_it = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"');
        let stop = start + rest.find(ends_it).unwrap_or(rest.len());
        let address = line.get(start..stop).unwrap_or_default();
        let mut address = address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
        if address.ends_with(')') && !address.contains('(') {
            address = address.trim_end_matches(')');
        }
        if address.len() > "https://".len() {
            found.push(start..start + address.len());
        }
        from = stop.max(start + 1);
    }
    found
}

/// Writes a line, cut where it ends; what is left of `wide` takes the style's background.
pub fn put_line(buffer: &mut Buffer, x: u16, y: u16, wide: u16, words: &str, style: Style) {
    let area = buffer.area;
    if y < area.y || y >= area.bottom() || x >= area.right() {
        return;
    }
    let wide = wide.min(area.right() - x);
    cut_before(buffer, x, y);
    let (mut at, _) = buffer.set_stringn(x, y, words, usize::from(wide), style);
    while at < x + wide {
        if let Some(cell) = buffer.cell_mut((at, y)) {
            cell.set_symbol(" ").set_style(style);
        }
        at += 1;
    }
}

/// Writes a text and nothing beside it; gives the column after it.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, wide: u16, words: &str, style: Style) -> u16 {
    let area = buffer.area;
    if y < area.y || y >= area.bottom() || x >= area.right() {
        return x;
    }
    if wide > 0 && !words.is_empty() {
        cut_before(buffer, x, y);
    }
    buffer.set_stringn(x, y, words, usize::from(wide), style).0
}

/// A wide character that reaches into this cell from the left would be drawn over it: it makes room.
fn cut_before(buffer: &mut Buffer, x: u16, y: u16) {
    for back in 1..=WIDEST {
        let Some(from) = x.checked_sub(back) else {
            return;
        };
        let Some(cell) = buffer.cell_mut((from, y)) else {
            return;
        };
        let wide = u16::try_from(width(cell.symbol())).unwrap_or(u16::MAX);
        if wide > back {
            cell.set_symbol(" ");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(line: &str, wide: usize) -> Vec<&str> {
        wrap(line, wide)
            .into_iter()
            .map(|row| line.get(row).unwrap())
            .collect()
    }

    #[test]
    fn words_are_kept_whole_where_they_fit() {
        assert_eq!(rows("one two three", 8), ["one two ", "three"]);
        assert_eq!(rows("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(rows("a abcdefgh", 4), ["a ", "abcd", "efgh"]);
        assert_eq!(rows("日本語です", 4), ["日本", "語で", "す"]);
        assert_eq!(rows("", 4), [""]);
        assert_eq!(rows("日", 1), ["日"]);
    }

    #[test]
    fn links_end_where_a_person_says_they_end() {
        let found = |line: &'static str| -> Vec<&str> {
            links(line)
                .into_iter()
                .map(|at| line.get(at).unwrap())
                .collect()
        };
        assert_eq!(found("see https://a.org/b?c=d."), ["https://a.org/b?c=d"]);
        assert_eq!(
            found("(http://a.org) and http://b.org/x_(y)"),
            ["http://a.org", "http://b.org/x_(y)"]
        );
        assert!(found("ftp://x javascript:alert(1) https://").is_empty());
    }

    #[test]
    fn a_chain_of_emoji_is_taken_apart() {
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(clean_lines(family), [family]);
        let chain = ["👩"; 100].join("\u{200d}");
        assert_eq!(width(&clean_lines(&chain).concat()), 200);
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_and_every_row_fits(line in "[a-z 日👩é\u{301}\u{200d}]{0,60}", wide in 1_usize..20) {
            let rows = rows(&line, wide);
            prop_assert_eq!(rows.concat(), line.clone());
            for row in rows {
                let row = row.trim_end_matches(' ');
                prop_assert!(width(row) <= wide || row.graphemes(true).count() == 1, "{:?}", row);
            }
        }

        #[test]
        fn what_fits_is_never_wider(text in "\\PC{0,20}", most in 0_usize..20) {
            prop_assert!(width(&fit(&text, most)) <= most);
            prop_assert_eq!(width(&pad(&text, most)), most);
        }
    }
}
