//! Pictures of the screen for the README, drawn from a real run: `cargo xtask pictures` keeps them, a test alone
//! only makes them.

use std::{fmt::Write as _, fs, path::PathBuf};

use ratatui_core::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use snug_screen::{Input, Size};

use super::house::{House, Seat};

/// Of a cell, in pixels.
const WIDE: f32 = 8.4;
const HIGH: f32 = 18.0;
const MARGIN: f32 = 12.0;
const PAPER: &str = "#15161c";
const INK: &str = "#d6d8df";

/// What a run of cells looks like.
#[derive(PartialEq)]
struct Look {
    ink: String,
    paper: Option<String>,
    modifier: Modifier,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let mut ink = colour(cell.fg);
        let mut paper = colour(cell.bg);
        if cell.modifier.contains(Modifier::REVERSED) {
            let reversed = ink.replace(paper.take().unwrap_or_else(|| PAPER.to_owned()));
            paper = Some(reversed.unwrap_or_else(|| INK.to_owned()));
        }
        Self {
            ink: ink.unwrap_or_else(|| INK.to_owned()),
            paper,
            modifier: cell.modifier & !Modifier::REVERSED,
        }
    }
}

/// A drawing as SVG.
fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let (wide, high) = (f32::from(area.width) * WIDE, f32::from(area.height) * HIGH);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" font-family=\"DejaVu Sans Mono, Menlo, \
         Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{PAPER}\"/>\n",
        wide + 2.0 * MARGIN,
        high + 2.0 * MARGIN,
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let (look, words, cells) = run(buffer, x, y);
            put(&mut svg, &look, &words, x, y, cells);
            x += cells;
        }
    }
    svg.push_str("</svg>\n");
    svg
}

/// The cells from here on that look alike.
fn run(buffer: &Buffer, from: u16, y: u16) -> (Look, String, u16) {
    let first = Look::of(&buffer[(from, y)]);
    let (mut words, mut cells) = (String::new(), 0);
    while from + cells < buffer.area.width {
        let cell = &buffer[(from + cells, y)];
        let is_wide = unicode_width::UnicodeWidthStr::width(cell.symbol()) > 1;
        if Look::of(cell) != first || (is_wide && cells > 0) {
            break;
        }
        words.push_str(cell.symbol());
        cells += 1;
        if is_wide {
            // Its other half is drawn with it.
            cells += 1;
            break;
        }
    }
    (first, words, cells)
}

fn put(svg: &mut String, look: &Look, words: &str, x: u16, y: u16, cells: u16) {
    let (left, top) = (MARGIN + f32::from(x) * WIDE, MARGIN + f32::from(y) * HIGH);
    let wide = f32::from(cells) * WIDE;
    if let Some(paper) = &look.paper {
        writeln!(svg, "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{HIGH}\" fill=\"{paper}\"/>")
            .unwrap();
    }
    let shown = words.trim_end();
    if shown.is_empty() {
        return;
    }
    let mut style = String::new();
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::DIM, " opacity=\"0.6\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
    ] {
        if look.modifier.contains(modifier) {
            style.push_str(attribute);
        }
    }
    let shown_wide =
        f32::from(u16::try_from(unicode_width::UnicodeWidthStr::width(shown)).unwrap()) * WIDE;
    let escaped = shown
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let base = top + HIGH * 0.74;
    writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" fill=\"{}\" xml:space=\"preserve\" textLength=\"{shown_wide:.1}\"{style}>\
         {escaped}</text>",
        look.ink
    )
    .unwrap();
}

fn colour(colour: Color) -> Option<String> {
    let named = |rgb: &str| Some(rgb.to_owned());
    match colour {
        Color::Reset => None,
        Color::Black => named("#2a2c36"),
        Color::Red => named("#e06c75"),
        Color::Green => named("#8fbf7f"),
        Color::Yellow => named("#e0b870"),
        Color::Blue => named("#6fa8dc"),
        Color::Magenta => named("#c792ea"),
        Color::Cyan => named("#6cc5c9"),
        Color::Gray => named("#b8bac4"),
        Color::DarkGray => named("#7a7d8a"),
        Color::LightRed => named("#ff8f98"),
        Color::LightGreen => named("#b5e0a5"),
        Color::LightYellow => named("#f5d58f"),
        Color::LightBlue => named("#9cc8f5"),
        Color::LightMagenta => named("#dcb3f7"),
        Color::LightCyan => named("#9be3e6"),
        Color::White => named("#f2f3f7"),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Indexed(index) => Some(indexed(index)),
    }
}

/// The colours that terminals have by number, from 16 on; below, those with names.
fn indexed(index: u8) -> String {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    let (red, green, blue) = match index {
        16..=231 => {
            let index = index - 16;
            (level(index / 36), level(index / 6 % 6), level(index % 6))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
        _ => {
            let named = [
                Color::Black,
                Color::Red,
                Color::Green,
                Color::Yellow,
                Color::Blue,
                Color::Magenta,
                Color::Cyan,
                Color::Gray,
                Color::DarkGray,
                Color::LightRed,
                Color::LightGreen,
                Color::LightYellow,
                Color::LightBlue,
                Color::LightMagenta,
                Color::LightCyan,
                Color::White,
            ];
            let of = named
                .get(usize::from(index))
                .copied()
                .unwrap_or(Color::Gray);
            return colour(of).unwrap_or_else(|| INK.to_owned());
        }
    };
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Keeps a picture where `cargo xtask pictures` wants it.
fn keep(name: &str, seat: &Seat) {
    let picture = svg(&seat.buffer());
    assert!(picture.contains("<text"), "{picture}");
    if let Some(folder) = std::env::var_os("SNUG_PICTURES").map(PathBuf::from) {
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.svg")), picture).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k1_the_pictures_of_the_readme_are_drawn_from_a_real_run() {
    let house = House::new().await;
    let newcomer = house.profile("newcomer");
    let mut seat = Seat::take(&newcomer, None);
    seat.sees("Paste a join line").await;
    keep("first", &seat);
    let mut olga = house.seated("olga").await;
    let mut ben = house.seated("ben").await;
    let mut cem = house.seated("cem").await;
    for room in ["kitchen", "ops", "den"] {
        olga.types(&format!("/create {room}<Enter>")).await;
        olga.sees(&format!("▌ {room}")).await;
    }
    for seat in [&mut ben, &mut cem] {
        for room in ["kitchen", "ops", "den"] {
            seat.types(&format!("/join {room}<Enter>")).await;
            seat.sees(&format!("▌ {room}")).await;
        }
    }
    olga.types("/topic Where we plan the trip<Enter>").await;
    olga.sees("Where we plan the trip").await;
    talk(&mut olga, &mut ben, "The keys are under the mat.").await;
    talk(&mut ben, &mut olga, "Which mat?").await;
    // A reply to it.
    olga.types("<Alt-k>r").await;
    talk(
        &mut olga,
        &mut cem,
        "The blue one. The map: https://example.org/trip",
    )
    .await;
    talk(&mut cem, &mut olga, "@olga did you ask the neighbours?").await;
    ben.types("<Alt-k>+").await;
    ben.sees("React").await;
    ben.types("<Esc><Esc>").await;
    ben.types("/react 8 👍<Enter>").await;
    for seat in [&mut ben, &mut cem] {
        seat.types("<Ctrl-K>ops<Enter>").await;
        seat.sees("▌ ops").await;
    }
    talk(&mut ben, &mut cem, "The boiler is on again.").await;
    talk(&mut cem, &mut ben, "@olga can you pay the bill?").await;
    ben.types("<Ctrl-K>kitchen<Enter>").await;
    ben.sees("▌ kitchen").await;
    ben.types("Soup at eight.<Enter>").await;
    ben.sees("Soup at eight.").await;
    ben.types("/msg olga I have the tickets<Enter>").await;
    olga.waits("all of it", |screen| {
        screen.contains("PEOPLE") && screen.contains("kitchen  ") && screen.contains("den · 2 @")
    })
    .await;
    olga.types("ask for the ladder too").await;
    olga.sees("ask for the ladder too").await;
    keep("screen", &olga);
    olga.types("<Ctrl-K>k").await;
    olga.sees("Go to").await;
    keep("switcher", &olga);
    olga.types("<Esc>").await;
    olga.sees_no("Go to").await;
    olga.does(Input::Resize(Size {
        width: 40,
        height: 12,
    }))
    .await;
    olga.waits("small", |screen| screen.lines().count() == 12)
        .await;
    keep("small", &olga);
}

/// One says something that the other sees.
async fn talk(who: &mut Seat, to: &mut Seat, words: &str) {
    who.types(&format!("{words}<Enter>")).await;
    to.sees(words).await;
}
