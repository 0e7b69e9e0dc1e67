//! Colours: what each part of the screen is drawn in.

use ratatui_core::style::{Color, Modifier, Style};
use snug_proto::AccountId;

#[cfg(test)]
mod tests;

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

/// Of the 256 colours that terminals have since long, told apart by people who see red and green alike
/// (after Okabe and Ito), and readable on black. Tests measure both.
const NAMES_ON_DARK: &[Color] = &[
    Color::Indexed(214),
    Color::Indexed(117),
    Color::Indexed(168),
    Color::Indexed(228),
    Color::Indexed(33),
    Color::Indexed(217),
    Color::Indexed(230),
];

/// The same, darker, for white.
const NAMES_ON_LIGHT: &[Color] = &[
    Color::Indexed(94),
    Color::Indexed(26),
    Color::Indexed(23),
    Color::Indexed(16),
    Color::Indexed(18),
    Color::Indexed(127),
    Color::Indexed(88),
];

/// Few, and the strongest on black.
const NAMES_OF_HIGH_CONTRAST: &[Color] = &[
    Color::Indexed(231),
    Color::Indexed(226),
    Color::Indexed(144),
    Color::Indexed(75),
];

const fn coloured(index: u8) -> Style {
    Style::new().fg(Color::Indexed(index))
}

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);

impl Theme {
    /// For a dark terminal.
    pub const fn dark() -> Self {
        Self {
            name: "dark",
            text: Style::new(),
            dim: coloured(247),
            heading: BOLD,
            current: BOLD,
            unread: coloured(117).add_modifier(Modifier::BOLD),
            mention: coloured(214).add_modifier(Modifier::BOLD),
            new: coloured(214),
            link: coloured(117).add_modifier(Modifier::UNDERLINED),
            error: coloured(209).add_modifier(Modifier::BOLD),
            waiting: coloured(228),
            online: coloured(79),
            selected: Style::new().bg(Color::Indexed(238)),
            names: NAMES_ON_DARK,
        }
    }

    /// For a light terminal.
    pub const fn light() -> Self {
        Self {
            name: "light",
            text: Style::new(),
            dim: coloured(240),
            heading: BOLD,
            current: BOLD,
            unread: coloured(25).add_modifier(Modifier::BOLD),
            mention: coloured(94).add_modifier(Modifier::BOLD),
            new: coloured(94),
            link: coloured(25).add_modifier(Modifier::UNDERLINED),
            error: coloured(124).add_modifier(Modifier::BOLD),
            waiting: coloured(94),
            online: coloured(23),
            selected: Style::new().bg(Color::Indexed(253)),
            names: NAMES_ON_LIGHT,
        }
    }

    /// The strongest contrast, on a dark terminal: nothing is faint, little is coloured.
    pub const fn high_contrast() -> Self {
        Self {
            name: "high_contrast",
            text: Style::new(),
            dim: Style::new(),
            heading: Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            current: Style::new().add_modifier(Modifier::REVERSED),
            unread: coloured(123).add_modifier(Modifier::BOLD),
            mention: coloured(226).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
            new: coloured(226).add_modifier(Modifier::BOLD),
            link: coloured(123).add_modifier(Modifier::UNDERLINED),
            error: coloured(217).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
            waiting: coloured(226),
            online: coloured(123),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            names: NAMES_OF_HIGH_CONTRAST,
        }
    }

    /// Without any colour (`NO_COLOR`): bold, underlined and reversed only.
    pub const fn no_colour() -> Self {
        let plain = Style::new();
        Self {
            name: "no_colour",
            text: plain,
            dim: plain,
            heading: BOLD,
            current: BOLD,
            unread: BOLD,
            mention: Style::new().add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
            new: plain,
            link: Style::new().add_modifier(Modifier::UNDERLINED),
            error: BOLD,
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
        Self::all().into_iter().find(|theme| theme.name == name)
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
