//! A room's settings as a channel's modes.

use snug_proto::{Access, RoomEntry, SettingsChanged};

/// Modes that are lists, those with a parameter, those with one where they are set, and the others, as
/// CHANMODES has them.
pub(crate) const CHANMODES: &str = "beI,k,lW,ACMimnst";
/// Every mode of a channel, as 004 has them; then those with a parameter.
pub(crate) const ALL: &str = "ACIMWbeiklmnoqstv";
/// Those of [`ALL`] that take a parameter.
pub(crate) const WITH_PARAMETER: &str = "IWbeikloqv";

/// A string of modes being written: what is on first, then what is off, then the parameters.
#[derive(Debug, Default)]
pub(crate) struct Modes {
    on: String,
    off: String,
    on_words: Vec<String>,
    off_words: Vec<String>,
}

impl Modes {
    /// The modes that a room has.
    pub(crate) fn of(entry: &RoomEntry) -> Self {
        let mut modes = Self::default();
        for (letter, set) in [
            ('A', entry.archived),
            ('C', entry.quiet_machines),
            ('M', entry.quiet_guests),
            ('i', entry.invitation),
            ('m', entry.moderated),
            ('n', !entry.outside),
            ('s', entry.hidden),
            ('t', !entry.open_topic),
        ] {
            if set {
                modes.on.push(letter);
            }
        }
        if entry.password {
            // Nobody is shown it, not even those who know it.
            modes.on_with('k', "*".to_owned());
        }
        if let Some(limit) = entry.limit {
            modes.on_with('l', limit.to_string());
        }
        if let Some(ms) = entry.slow_mode_ms {
            modes.on_with('W', ms.div_ceil(1000).to_string());
        }
        modes
    }

    /// The modes that a change of settings changes.
    pub(crate) fn changed(event: &SettingsChanged) -> Self {
        let changes = &event.changes;
        let mut modes = Self::default();
        for (letter, set) in [
            ('A', changes.archived),
            ('C', changes.quiet_machines),
            ('M', changes.quiet_guests),
            ('m', changes.moderated),
            ('n', changes.outside.map(|outside| !outside)),
            ('s', changes.listed.map(|listed| !listed)),
            ('t', changes.open_topic.map(|open| !open)),
        ] {
            modes.flag(letter, set);
        }
        match event.was_access {
            Some(Access::Invitation) => modes.flag('i', Some(false)),
            Some(Access::Password) => modes.off_with('k', "*".to_owned()),
            Some(Access::Open) | None => {}
        }
        match changes.access {
            Some(Access::Invitation) => modes.flag('i', Some(true)),
            Some(Access::Password) => modes.on_with('k', "*".to_owned()),
            None if event.new_password => modes.on_with('k', "*".to_owned()),
            Some(Access::Open) | None => {}
        }
        match changes.limit {
            Some(0) => modes.flag('l', Some(false)),
            Some(limit) => modes.on_with('l', limit.to_string()),
            None => {}
        }
        match changes.slow_mode_ms {
            Some(0) => modes.flag('W', Some(false)),
            Some(ms) => modes.on_with('W', ms.div_ceil(1000).to_string()),
            None => {}
        }
        modes
    }

    /// Is there nothing in it?
    pub(crate) fn is_empty(&self) -> bool {
        self.on.is_empty() && self.off.is_empty()
    }

    /// The letters with their signs, and then the parameters.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> + '_ {
        let letters = match (self.on.as_str(), self.off.as_str()) {
            (on, "") => format!("+{on}"),
            ("", off) => format!("-{off}"),
            (on, off) => format!("+{on}-{off}"),
        };
        let words = self.on_words.iter().chain(&self.off_words);
        std::iter::once(letters).chain(words.cloned())
    }

    fn flag(&mut self, letter: char, set: Option<bool>) {
        match set {
            Some(true) => self.on.push(letter),
            Some(false) => self.off.push(letter),
            None => {}
        }
    }

    fn on_with(&mut self, letter: char, word: String) {
        self.on.push(letter);
        self.on_words.push(word);
    }

    fn off_with(&mut self, letter: char, word: String) {
        self.off.push(letter);
        self.off_words.push(word);
    }
}
