//! The words after a command, read one by one.

use std::{net::IpAddr, time::Duration};

use snug_proto::{LOBBY, PersonRef, RoomRef, Timestamp, reason_in_words};

use crate::plain::moment;

/// The words do not fit the command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// Its usage is shown.
    Usage,
    /// It is about the room one is in, and one is in none.
    NoRoom,
    /// This is said.
    Say(String),
}

/// How long, and why: what most privileged commands take.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// `--for 2d`.
    pub(crate) lasts: Option<Duration>,
    /// `--why TEXT`, in quotes or to the end of the line.
    pub(crate) why: Option<String>,
}

/// Where and when a command was typed.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    /// The room that one is in.
    pub(crate) here: Option<RoomRef>,
    /// That room is the lobby, where everybody is.
    pub(crate) in_lobby: bool,
    pub(crate) now: Timestamp,
    /// How far the clock on the wall is ahead of UTC.
    pub(crate) offset_s: i64,
}

/// See the module. Every reading takes what it reads, and is wrong usage where that is not there.
pub(crate) struct Words<'a> {
    rest: &'a str,
    around: Around,
}

impl<'a> Words<'a> {
    /// The words of a line.
    pub(crate) fn typed(rest: &'a str, around: Around) -> Self {
        Self {
            rest: rest.trim(),
            around,
        }
    }

    /// The next word, if there is one.
    pub(crate) fn next(&mut self) -> Option<&'a str> {
        let (word, rest) = split_word(self.rest);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// Is the next word an address, or a network of them?
    pub(crate) fn is_address(&self) -> bool {
        let (word, _) = split_word(self.rest);
        let (address, prefix) = word.split_once('/').unwrap_or((word, ""));
        address.parse::<IpAddr>().is_ok() && prefix.chars().all(|c| c.is_ascii_digit())
    }

    /// The next word, if it is so.
    pub(crate) fn next_if(&mut self, fits: impl FnOnce(&str) -> bool) -> Option<&'a str> {
        let (word, _) = split_word(self.rest);
        if word.is_empty() || !fits(word) {
            return None;
        }
        self.next()
    }

    /// The next word.
    pub(crate) fn word(&mut self) -> Result<&'a str, Misuse> {
        self.next().ok_or(Misuse::Usage)
    }

    /// One of these words, in any case, as what it stands for.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T, Misuse> {
        let word = self.word()?;
        let chosen = choices
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word));
        chosen.map(|(_, choice)| *choice).ok_or(Misuse::Usage)
    }

    /// A person: `ann`, `@ann`, `a:…`.
    pub(crate) fn person(&mut self) -> Result<PersonRef, Misuse> {
        match self.word()?.trim_start_matches('@') {
            "" => Err(Misuse::Usage),
            name => Ok(name.into()),
        }
    }

    /// A room's name as it was written, without the `#` of the lines here.
    pub(crate) fn room_name(&mut self) -> Result<&'a str, Misuse> {
        match self.word()?.trim_start_matches('#') {
            "" => Err(Misuse::Usage),
            name => Ok(name),
        }
    }

    /// The room named next; with none, the one that one is in.
    pub(crate) fn room_or_here(&mut self) -> Result<RoomRef, Misuse> {
        if self.rest.is_empty() {
            return self.here();
        }
        self.room_name().map(RoomRef::from)
    }

    /// The room that one is in.
    pub(crate) fn here(&self) -> Result<RoomRef, Misuse> {
        self.around.here.clone().ok_or(Misuse::NoRoom)
    }

    /// Is this room the lobby?
    pub(crate) fn is_lobby(&self, room: &RoomRef) -> bool {
        let named = matches!(room, RoomRef::Name(name) if name.eq_ignore_ascii_case(LOBBY));
        named || (self.around.in_lobby && self.around.here.as_ref() == Some(room))
    }

    /// A number, as `12` or `#12`.
    pub(crate) fn number(&mut self) -> Result<u64, Misuse> {
        let number = self.word()?.trim_start_matches('#').parse();
        number.map_err(|_not_one| Misuse::Usage)
    }

    /// `on` or `off`.
    pub(crate) fn on_or_off(&mut self) -> Result<bool, Misuse> {
        match self.word()?.to_lowercase().as_str() {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(Misuse::Usage),
        }
    }

    /// How long: `2d`, `30m`, `1h30m`, `90s`, `2w`.
    pub(crate) fn lasting(&mut self) -> Result<Duration, Misuse> {
        let word = self.word()?;
        lasting(word).ok_or_else(|| {
            Misuse::Say("A length of time is like 30m, 2h, 1h30m, 3d or 2w.".to_owned())
        })
    }

    /// A moment so long ago: `1h`, `30m`, `2d`.
    pub(crate) fn ago(&mut self) -> Result<Timestamp, Misuse> {
        let ago = u64::try_from(self.lasting()?.as_millis()).unwrap_or(u64::MAX);
        let now = self.around.now.ms();
        Ok(Timestamp::from_ms(now.saturating_sub(ago)))
    }

    /// A moment, to the end: `19:30`, `2026-11-20`, `2026-11-20 19:30`, `2h` ago, RFC 3339.
    pub(crate) fn moment(&mut self) -> Result<Timestamp, Misuse> {
        let text = self.text()?;
        let Around { now, offset_s, .. } = self.around;
        moment::parse(&text, now, offset_s).ok_or_else(|| {
            let like = "A time is like 19:30, 2026-11-20, 2026-11-20 19:30, 2h or 3d.";
            Misuse::Say(like.to_owned())
        })
    }

    /// All that is left, as it was written; there must be some.
    pub(crate) fn text(&mut self) -> Result<String, Misuse> {
        self.optional_text().ok_or(Misuse::Usage)
    }

    /// All that is left, as it was written.
    pub(crate) fn optional_text(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.rest);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A reason: what stands in quotes, or all that is left but options at its end.
    pub(crate) fn reason(&mut self) -> Result<String, Misuse> {
        let (reason, options) = reason_in_words(self.rest).ok_or(Misuse::Usage)?;
        self.rest = options;
        Ok(reason.to_owned())
    }

    /// `--for TIME` and `--why TEXT`, either or both, in either order.
    pub(crate) fn terms(&mut self) -> Result<Terms, Misuse> {
        let mut terms = Terms::default();
        while let Some(option) = self.next_if(|word| word.starts_with("--")) {
            match option {
                "--for" => terms.lasts = Some(self.lasting()?),
                "--why" => terms.why = Some(self.reason()?),
                _ => return Err(Misuse::Usage),
            }
        }
        Ok(terms)
    }

    /// Nothing is left.
    pub(crate) fn end(&self) -> Result<(), Misuse> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Misuse::Usage)
        }
    }
}

/// The first word of a text, and what comes after it.
pub(crate) fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_start())
}

/// A length of time: `2d`, `30m`, `1h30m`, `90s`, `2w`. Never none.
pub(crate) fn lasting(word: &str) -> Option<Duration> {
    snug_screen::overlay::forms::seconds(word).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_and_nothing_else() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1800),
            ("1h30m", 5400),
            ("2d", 172_800),
            ("2w", 1_209_600),
        ] {
            assert_eq!(lasting(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for bad in [
            "",
            "2",
            "d",
            "2 d",
            "0m",
            "-1h",
            "1y",
            "1é",
            "99999999999999999999s",
            "9999999999999999999w",
        ] {
            assert_eq!(lasting(bad), None, "{bad}");
        }
    }

    #[test]
    fn terms_come_in_either_order_and_the_reason_goes_to_the_end_or_to_the_option_there() {
        let around = Around {
            here: None,
            in_lobby: false,
            now: Timestamp::default(),
            offset_s: 0,
        };
        let read = |text| Words::typed(text, around.clone()).terms();
        let day = Some(Duration::from_hours(24));
        let why = |why: &str| Some(why.to_owned());
        let terms = |lasts, why| Ok(Terms { lasts, why });
        assert_eq!(
            read("--for 1d --why he said --for ever"),
            terms(day, why("he said --for ever"))
        );
        assert_eq!(read("--why spam"), terms(None, why("spam")));
        assert_eq!(read("--why spam --for 1d"), terms(day, why("spam")));
        assert_eq!(
            read("--why \"the office\" --for 1d"),
            terms(day, why("the office"))
        );
        assert_eq!(read(""), terms(None, None));
        for bad in ["--for", "--why", "--until 1d", "--why x --dry-run"] {
            assert_eq!(read(bad), Err(Misuse::Usage), "{bad}");
        }
        assert!(matches!(read("--for ever"), Err(Misuse::Say(_))));
    }
}
