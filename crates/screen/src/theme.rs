//! Colours: what each part of the screen is drawn in.

use ratatui_core::style::{Color, Modifier, Style};
use snug_proto::AccountId;

/// What each part is drawn in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its name in the file of settings.
    pub name: &'static str,
    /// Words.
    pub text: Style,
    /// Times, lines that nobody said, borders.
    pub dim: Style,
    /// Headings.
    pub heading: Style,
    /// The room that is shown, in the list.
    pub current: Style,
    /// Something new.
    pub unread: Style,
    /// A mention of oneself.
    pub mention: Style,
    /// The line "new".
    pub new: Style,
    /// Links.
    pub link: Style,
    /// What went wrong.
    pub error: Style,
    /// What waits.
    pub waiting: Style,
    /// Who is here; a connection that stands.
    pub online: Style,
    /// The message or the choice under the cursor.
    pub selected: Style,
    /// Names, by account; with none, names stand between `<` and `>`.
    pub names: &'static [Color],
}

/// Told apart with any kind of colour-blindness (after Okabe and Ito), on black.
const NAMES_ON_DARK: &[Color] = &[
    Color::Rgb(230, 159, 0),
    Color::Rgb(86, 180, 233),
    Color::Rgb(0, 158, 115),
    Color::Rgb(240, 228, 66),
    Color::Rgb(90, 150, 220),
    Color::Rgb(213, 94, 0),
    Color::Rgb(204, 121, 167),
    Color::Rgb(200, 200, 200),
];

/// The same, darker, for white.
const NAMES_ON_LIGHT: &[Color] = &[
    Color::Rgb(150, 95, 0),
    Color::Rgb(0, 105, 165),
    Color::Rgb(0, 110, 80),
    Color::Rgb(110, 100, 0),
    Color::Rgb(0, 60, 130),
    Color::Rgb(165, 60, 0),
    Color::Rgb(140, 60, 105),
    Color::Rgb(70, 70, 70),
];

impl Theme {
    /// For a dark terminal.
    pub const fn dark() -> Self {
        Self {
            name: "dark",
            text: Style::new(),
            dim: Style::new().fg(Color::DarkGray),
            heading: Style::new().fg(Color::Gray).add_modifier(Modifier::BOLD),
            current: Style::new().add_modifier(Modifier::BOLD),
            unread: Style::new().fg(Color::White).add_modifier(Modifier::BOLD),
            mention: Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD),
            new: Style::new().fg(Color::Yellow),
            link: Style::new().add_modifier(Modifier::UNDERLINED),
            error: Style::new().fg(Color::LightRed),
            waiting: Style::new().fg(Color::DarkGray),
            online: Style::new().fg(Color::Green),
            selected: Style::new().bg(Color::Rgb(45, 50, 60)),
            names: NAMES_ON_DARK,
        }
    }

    /// For a light terminal.
    pub const fn light() -> Self {
        Self {
            name: "light",
            heading: Style::new().fg(Color::Black).add_modifier(Modifier::BOLD),
            unread: Style::new().fg(Color::Black).add_modifier(Modifier::BOLD),
            mention: Style::new()
                .fg(Color::Rgb(165, 60, 0))
                .add_modifier(Modifier::BOLD),
            new: Style::new().fg(Color::Rgb(165, 60, 0)),
            error: Style::new().fg(Color::Red),
            selected: Style::new().bg(Color::Rgb(220, 225, 235)),
            names: NAMES_ON_LIGHT,
            ..Self::dark()
        }
    }

    /// The strongest contrast that the terminal has.
    pub const fn high_contrast() -> Self {
        Self {
            name: "high_contrast",
            text: Style::new().fg(Color::White),
            dim: Style::new().fg(Color::White),
            heading: Style::new()
                .fg(Color::White)
                .add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            current: Style::new().add_modifier(Modifier::REVERSED),
            waiting: Style::new().fg(Color::White),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            ..Self::dark()
        }
    }

    /// Without any colour (`NO_COLOR`): bold, underlined and reversed only.
    pub const fn no_colour() -> Self {
        let (plain, bold) = (Style::new(), Style::new().add_modifier(Modifier::BOLD));
        Self {
            name: "no_colour",
            text: plain,
            dim: plain,
            heading: bold,
            current: bold,
            unread: bold,
            mention: bold,
            new: plain,
            link: Style::new().add_modifier(Modifier::UNDERLINED),
            error: bold,
            waiting: plain,
            online: plain,
            selected: Style::new().add_modifier(Modifier::REVERSED),
            names: &[],
        }
    }

    /// Every theme.
    pub fn all() -> Vec<Self> {
        vec![
            Self::dark(),
            Self::light(),
            Self::high_contrast(),
            Self::no_colour(),
        ]
    }

    /// The theme of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::dark(),
            Self::light(),
            Self::high_contrast(),
            Self::no_colour(),
        ]
        .into_iter()
        .find(|theme| theme.name == name)
    }

    /// What this person's name is drawn in: always the same.
    pub fn name_of(&self, account: AccountId) -> Style {
        let sum: usize = account.bytes().iter().map(|byte| usize::from(*byte)).sum();
        let colour = sum
            .checked_rem(self.names.len())
            .and_then(|at| self.names.get(at));
        colour.map_or(self.text, |colour| self.text.fg(*colour))
    }

    /// Do names stand between `<` and `>`?
    pub const fn brackets_names(&self) -> bool {
        self.names.is_empty()
    }
}
