//! The forms that there are. Each makes one request, and shows the commands that make the same.

pub mod account;
pub mod invite;
pub mod moderation;
pub mod room;
pub mod server;

pub use snug_proto::seconds_in_words as seconds;

/// What is said where a length of time is none.
pub(crate) const NO_LENGTH: &str = "A length of time is like 30m, 2h, 1h30m, 3d or 2w.";

/// The length of time in a field; `None` where it is empty.
pub(crate) fn length(word: &str) -> Result<Option<u64>, String> {
    if word.is_empty() {
        return Ok(None);
    }
    seconds(word).map(Some).ok_or_else(|| NO_LENGTH.to_owned())
}

/// A name as a command takes it: one word.
pub(crate) fn name(text: &str, what: &str) -> Result<String, String> {
    let name = text.trim_start_matches(['#', '@']);
    if name.is_empty() {
        return Err(format!("Write {what}."));
    }
    if name.contains(char::is_whitespace) {
        return Err("A name has no spaces.".to_owned());
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_read_as_commands_read_it() {
        for (text, count) in [
            ("90s", 90),
            ("1h30m", 5400),
            ("2d", 172_800),
            ("2w", 1_209_600),
        ] {
            assert_eq!(seconds(text), Some(count), "{text}");
        }
        for bad in ["", "2", "d", "0m", "1y", "1é", "99999999999999999999s"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
