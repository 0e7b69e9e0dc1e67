//! Emoji by their short names: `smile`, `+1`.

/// Every short name with its sign, in the order of Unicode's list.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    emojis::iter().flat_map(|emoji| {
        let names = emoji.shortcodes();
        names.map(move |name| (name, emoji.as_str()))
    })
}

/// The sign of a short name.
pub fn sign(name: &str) -> Option<&'static str> {
    emojis::get_by_shortcode(name).map(emojis::Emoji::as_str)
}

#[cfg(test)]
mod tests {
    use snug_proto::Reaction;

    use super::*;

    #[test]
    fn every_emoji_is_a_reaction() {
        assert_eq!(sign("+1"), Some("👍"));
        assert_eq!(sign("no such name"), None);
        assert!(all().count() > 1500);
        for (name, sign) in all() {
            assert!(Reaction::parse(sign).is_some(), "{name} {sign}");
        }
    }
}
