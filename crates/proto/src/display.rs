//! Display names: what people read in the place of a name (DECISIONS 1).

use precis_profiles::{Nickname, precis_core::profile::PrecisFastInvocation};

use crate::{
    NotAName,
    limits::MAX_DISPLAY_CHARS,
    name::{look, skeleton},
};

/// What an account is shown as: PRECIS Nickname (RFC 8266 §2), which may hold spaces, 1–64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(String);

impl DisplayName {
    /// The name as it is kept and shown: without spaces around it, none of them twice in a row.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        // Bounded before any work.
        if text.len() > MAX_DISPLAY_CHARS * 9 || text.chars().any(char::is_control) {
            return Err(NotAName);
        }
        let name = Nickname::enforce(text).map_err(|_| NotAName)?;
        // RFC 8264 §7: what its own rules would change again, or refuse, was not fit.
        if !Nickname::enforce(&*name).is_ok_and(|again| again == name) {
            return Err(NotAName);
        }
        if name.is_empty() || name.chars().count() > MAX_DISPLAY_CHARS {
            return Err(NotAName);
        }
        Ok(Self(name.into_owned()))
    }

    /// The name as it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it looks like: two names that have one of these in common are taken for each other. Spaces are
    /// none of it.
    pub fn looks(&self) -> [String; 2] {
        let letters: String = self.0.split_whitespace().collect();
        [skeleton(&letters), look(&letters)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_holds_spaces_and_capitals_and_nothing_that_moves_the_line() {
        let shown = |text: &str| DisplayName::parse(text).map(|name| name.as_str().to_owned());
        assert_eq!(shown("  Pranav   Gupta "), Ok("Pranav Gupta".to_owned()));
        assert_eq!(shown("Zoë Ångström"), Ok("Zoë Ångström".to_owned()));
        let long = "x".repeat(65);
        for bad in ["", "   ", "a\nb", "a\u{1b}[2J", "a\u{202e}b", &long] {
            assert_eq!(shown(bad), Err(NotAName), "{bad:?}");
        }
        assert!(shown(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn display_names_that_are_taken_for_each_other_have_a_look_in_common() {
        let looks = |text: &str| DisplayName::parse(text).unwrap().looks();
        let alike = |one: &str, other: &str| looks(one).iter().any(|of| looks(other).contains(of));
        assert!(alike("Pranav Gupta", "pranav gupta"));
        assert!(alike("Pranav Gupta", "PranavGupta"));
        // The second has a Cyrillic a, the fourth a small L for the capital I.
        assert!(alike("Pranav Gupta", "Pr\u{430}nav Gupta"));
        assert!(alike("Ian Smith", "lan Smith"));
        assert!(!alike("Pranav Gupta", "Pranav G."));
    }
}
