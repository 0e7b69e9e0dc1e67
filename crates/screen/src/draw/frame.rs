//! Boxes and lines between what is drawn.

use ratatui_core::{buffer::Buffer, layout::Rect, style::Style};

use super::text;
use crate::Theme;

/// A box in the middle of `area`, empty, with a title; gives what is inside of it.
pub fn popup(
    area: Rect,
    buffer: &mut Buffer,
    theme: &Theme,
    title: &str,
    width: u16,
    rows: usize,
) -> Rect {
    boxed(centred(area, width, rows), buffer, theme, title)
}

/// Where [`popup`] puts its box.
pub fn centred(area: Rect, width: u16, rows: usize) -> Rect {
    let width = width.min(area.width);
    let height = u16::try_from(rows.saturating_add(2))
        .unwrap_or(u16::MAX)
        .min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// What is inside of a box there.
pub fn inside(place: Rect) -> Rect {
    if place.width < 4 || place.height < 3 {
        return place;
    }
    Rect {
        x: place.x + 2,
        y: place.y + 1,
        width: place.width - 4,
        height: place.height - 2,
    }
}

/// A box there, empty, with a title; gives what is inside of it.
pub fn boxed(place: Rect, buffer: &mut Buffer, theme: &Theme, title: &str) -> Rect {
    let place = place.intersection(buffer.area);
    for y in place.y..place.bottom() {
        text::put_line(buffer, place.x, y, place.width, "", theme.text);
    }
    if place.width < 4 || place.height < 3 {
        return place;
    }
    let across = "─".repeat(usize::from(place.width - 2));
    let (right, last) = (place.right() - 1, place.bottom() - 1);
    for (y, left, end) in [(place.y, "┌", "┐"), (last, "└", "┘")] {
        let line = format!("{left}{across}{end}");
        text::put(buffer, place.x, y, place.width, &line, theme.dim);
    }
    for y in place.y + 1..last {
        text::put(buffer, place.x, y, 1, "│", theme.dim);
        text::put(buffer, right, y, 1, "│", theme.dim);
    }
    let title = text::fit(
        &format!(" {} ", text::clean(title)),
        usize::from(place.width - 2),
    );
    text::put(
        buffer,
        place.x + 1,
        place.y,
        place.width - 2,
        &title,
        theme.heading,
    );
    inside(place)
}

/// A line from top to bottom.
pub fn upright(buffer: &mut Buffer, x: u16, from: u16, to: u16, style: Style) {
    for y in from..to {
        text::put(buffer, x, y, 1, "│", style);
    }
}

/// A line across, with words in its middle.
pub fn across(wide: usize, words: &str) -> String {
    if words.is_empty() {
        return "─".repeat(wide);
    }
    let words = text::fit(&format!(" {words} "), wide);
    let rest = wide.saturating_sub(text::width(&words));
    format!(
        "{}{words}{}",
        "─".repeat(rest / 2),
        "─".repeat(rest - rest / 2)
    )
}
