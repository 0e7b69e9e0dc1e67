//! MODE of channels: reading the letters, and asking for what they mean.

use snug_proto::{
    AboutRoom, Access, Answer, ErrorCode, MaskKind, PersonRef, Refusal, Request, RoomAbout,
    RoomChanges, RoomRef, RoomRole, Secret, SetMask, SetRole, limits::MAX_PASSWORD_BYTES,
};

use super::{
    doing::Doing,
    topic::{is_missing, settings},
};
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    masks,
    modes::Modes,
    names,
    replies::About,
};

/// Most modes with a parameter that one line changes; those past it are left alone, as MODES says.
pub(crate) const MAX_MODES: usize = 8;

/// Is a mode set or taken away?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    On,
    Off,
}

/// What one line asks of a room's settings, gathered so that it is one change.
#[derive(Debug, Default)]
struct Asked {
    changes: RoomChanges,
    password: Option<Secret>,
}

/// A room has one kind of door, so of `k` and `i` the last on a line that is set holds: `-k+k old new` is
/// another key, as clients send it, and no door that is taken away.
impl Asked {
    fn lock(&mut self, key: Secret) {
        self.password = Some(key);
        self.changes.access = None;
    }

    fn unlock(&mut self, locked: bool) {
        let had_asked = self.password.take().is_some();
        if (locked || had_asked) && self.changes.access.is_none() {
            self.changes.access = Some(Access::Open);
        }
    }

    fn by_invitation(&mut self) {
        self.password = None;
        self.changes.access = Some(Access::Invitation);
    }

    fn without_invitation(&mut self, locked: bool) {
        let had_asked = self.changes.access == Some(Access::Invitation);
        if self.password.is_none() && (had_asked || !locked) {
            self.changes.access = (!locked).then_some(Access::Open);
        }
    }
}

impl Connection {
    /// `MODE <channel> [<modes> …]`
    pub(crate) fn channel_mode(&mut self, line: &Line<'_>, channel: &str) {
        let Some(room) = names::room_ref(channel) else {
            return self.no_such_channel(channel);
        };
        let Some(letters) = line.param(1) else {
            let channel = channel.to_owned();
            return self.ask_of_channel(AboutRoom { room }, Doing::Modes { channel });
        };
        let mut words = line.params.iter().skip(2).copied();
        let mut asked = Asked::default();
        let mut way = Way::On;
        let mut with_word = 0;
        for letter in letters.chars() {
            match letter {
                '+' => way = Way::On,
                '-' => way = Way::Off,
                'o' | 'q' | 'v' | 'b' | 'e' | 'I' => {
                    with_word += 1;
                    if with_word > MAX_MODES {
                        continue;
                    }
                    let word = words.next().filter(|word| !word.is_empty());
                    self.list_mode(&room, channel, (letter, way), word);
                }
                'k' | 'l' | 'W' => self.word_mode(channel, &mut asked, (letter, way), &mut words),
                _ => self.flag_mode(channel, &mut asked, (letter, way)),
            }
        }
        self.ask_for_settings(room, channel, asked);
    }

    fn ask_for_settings(&mut self, room: RoomRef, channel: &str, asked: Asked) {
        let Asked {
            mut changes,
            password,
        } = asked;
        let doing = || Doing::Change {
            command: "MODE",
            about: channel.to_owned(),
        };
        // Archiving is a request of its own: before all else where it is taken back, else after.
        let archived = changes.archived.take();
        let alone = RoomChanges {
            archived,
            ..RoomChanges::default()
        };
        if archived == Some(false) {
            self.ask_of_channel(settings(room.clone(), alone.clone()), doing());
        }
        if changes != RoomChanges::default() || password.is_some() {
            let mut set = settings(room.clone(), changes);
            set.password = password;
            self.ask_of_channel(set, doing());
        }
        if archived == Some(true) {
            self.ask_of_channel(settings(room, alone), doing());
        }
    }

    /// A mode that is somebody's, or one of a list.
    fn list_mode(
        &mut self,
        room: &RoomRef,
        channel: &str,
        (letter, way): (char, Way),
        word: Option<&str>,
    ) {
        let kind = match letter {
            'b' => MaskKind::Ban,
            'e' => MaskKind::Exempt,
            'I' => MaskKind::Invite,
            _ => {
                return match word {
                    Some(nick) => self.status_mode(room, channel, (letter, way), nick),
                    None => self.need_more_params("MODE"),
                };
            }
        };
        match word {
            Some(mask) => self.mask_mode(room, channel, (kind, way), mask),
            None => self.ask_masks(room, channel, kind),
        }
    }

    fn status_mode(
        &mut self,
        room: &RoomRef,
        channel: &str,
        (letter, way): (char, Way),
        nick: &str,
    ) {
        let doing = Doing::Status {
            channel: channel.to_owned(),
            nick: nick.to_owned(),
        };
        let name = names::account(nick).to_owned();
        let role = match (letter, way) {
            ('q', Way::On) => RoomRole::Founder,
            ('q', Way::Off) => {
                let text = "The founder stays so until they pass the room on, with +q.";
                let refusal = Refusal::with_text(ErrorCode::Forbidden, text);
                return self.refuse(&About::target("MODE", channel), &refusal);
            }
            ('o', Way::On) => RoomRole::Admin,
            ('o', Way::Off) => RoomRole::Member,
            _ => {
                let voice = SetMask {
                    room: room.clone(),
                    kind: MaskKind::Voice,
                    mask: name,
                    remove: way == Way::Off,
                    for_s: None,
                    reason: None,
                    key: None,
                };
                let channel = channel.to_owned();
                let doing = match way {
                    Way::On => Doing::Mask {
                        channel,
                        mask: nick.to_owned(),
                    },
                    // Who has no voice needs none taken away.
                    Way::Off => Doing::Unban { channel, ban: None },
                };
                return self.ask_of_channel(voice, doing);
            }
        };
        let set = SetRole {
            room: room.clone(),
            who: PersonRef::Name(name),
            role,
            key: None,
        };
        self.ask_of_channel(set, doing);
    }

    pub(crate) fn status_given(&mut self, channel: &str, nick: &str, answer: Answer) {
        match answer {
            Ok(_) => {}
            Err(refusal) => self.refuse_about_somebody("MODE", channel, nick, &refusal),
        }
    }

    fn mask_mode(
        &mut self,
        room: &RoomRef,
        channel: &str,
        (kind, way): (MaskKind, Way),
        word: &str,
    ) {
        let Some(mask) = masks::read(word) else {
            let text = "Users tell nobody apart here: name a nick, as in bob!*@*, a host that is shown, or an \
                        account, as in ~a:bob.";
            return self.bad_mode_word(channel, letter_of(kind), word, text);
        };
        let set = SetMask {
            room: room.clone(),
            kind,
            mask: mask.clone(),
            remove: way == Way::Off,
            for_s: None,
            reason: None,
            key: None,
        };
        let (channel, word) = (channel.to_owned(), word.to_owned());
        let doing = match way {
            Way::On => Doing::Mask {
                channel,
                mask: word,
            },
            Way::Off => {
                // What is no mask may be an account's own ban.
                let name = mask.strip_prefix("account:").unwrap_or(&mask);
                let ban = snug_proto::Unban {
                    room: room.clone(),
                    who: PersonRef::Name(name.to_owned()),
                    key: None,
                };
                Doing::Unban {
                    channel,
                    ban: (kind == MaskKind::Ban && !mask.starts_with("mute:"))
                        .then(|| Box::new(ban.into())),
                }
            }
        };
        self.ask_of_channel(set, doing);
    }

    pub(crate) fn mask_put(&mut self, channel: &str, mask: &str, answer: Answer) {
        match answer {
            Ok(_) => {}
            Err(refusal) if refusal.code == ErrorCode::BadName => {
                self.bad_mode_word(channel, 'b', mask, &refusal.text);
            }
            Err(refusal) if refusal.code == ErrorCode::TooMany => {
                self.numeric("478")
                    .word(channel)
                    .word(mask)
                    .trailing("This list is full.");
            }
            Err(refusal) => self.refuse(&About::target("MODE", channel), &refusal),
        }
    }

    /// What is not on a list needs not be taken off it; a ban of an account is lifted instead.
    pub(crate) fn mask_taken(&mut self, channel: &str, ban: Option<Box<Request>>, answer: Answer) {
        let Err(refusal) = answer else { return };
        match ban {
            Some(ban) if is_missing(refusal.code) => {
                let channel = channel.to_owned();
                let done = Doing::Unban { channel, ban: None };
                self.ask_next(*ban, Then::Channel(done));
            }
            None if is_missing(refusal.code) => {}
            _ => self.refuse(&About::target("MODE", channel), &refusal),
        }
    }

    /// A mode with a parameter where it is set.
    fn word_mode<'w>(
        &mut self,
        channel: &str,
        asked: &mut Asked,
        (letter, way): (char, Way),
        words: &mut impl Iterator<Item = &'w str>,
    ) {
        match (letter, way) {
            ('k', Way::On) => match words.next() {
                None => self.need_more_params("MODE"),
                Some(key) if !may_be_key(key) => {
                    let text = "A key has 1 to 1024 bytes, and no spaces or commas.";
                    // Nobody else is shown it; whoever sent it need not be told again.
                    self.bad_mode_word(channel, 'k', "*", text);
                }
                Some(key) => asked.lock(Secret::from(key)),
            },
            ('k', Way::Off) => {
                let _the_key = words.next();
                let room = self.channel(channel).map(|(_, room)| room.password);
                asked.unlock(room != Some(false));
            }
            ('l', Way::Off) => asked.changes.limit = Some(0),
            ('l', Way::On) => match words.next().map(|word| (word, word.parse())) {
                None => self.need_more_params("MODE"),
                Some((_, Ok(limit @ 1..))) => asked.changes.limit = Some(limit),
                Some((word, _)) => {
                    self.bad_mode_word(channel, 'l', word, "Say how many members, as a number.");
                }
            },
            (_, Way::Off) => asked.changes.slow_mode_ms = Some(0),
            (_, Way::On) => match words.next().map(|word| (word, word.parse::<u64>())) {
                None => self.need_more_params("MODE"),
                Some((_, Ok(seconds @ 1..=86_400))) => {
                    asked.changes.slow_mode_ms = Some(seconds * 1000);
                }
                Some((word, _)) => {
                    let text = "Say how many seconds one waits between two messages.";
                    self.bad_mode_word(channel, 'W', word, text);
                }
            },
        }
    }

    /// A mode without a parameter.
    fn flag_mode(&mut self, channel: &str, asked: &mut Asked, (letter, way): (char, Way)) {
        let on = way == Way::On;
        match letter {
            'A' => asked.changes.archived = Some(on),
            'C' => asked.changes.quiet_machines = Some(on),
            'M' => asked.changes.quiet_guests = Some(on),
            'm' => asked.changes.moderated = Some(on),
            's' => asked.changes.listed = Some(!on),
            't' => asked.changes.open_topic = Some(!on),
            'i' if on => asked.by_invitation(),
            'i' => {
                let keyed = self.channel(channel).is_some_and(|(_, room)| room.password);
                asked.without_invitation(keyed);
            }
            'n' => asked.changes.outside = Some(!on),
            _ => self
                .numeric("472")
                .word(&letter.to_string())
                .trailing("is no mode that is known here"),
        }
    }

    /// 324 and 329.
    pub(crate) fn modes_told(&mut self, channel: &str, answer: Answer) {
        let about: RoomAbout = match expected!(answer, RoomAbout) {
            Ok(about) => about,
            Err(refusal) => return self.refuse(&About::target("MODE", channel), &refusal),
        };
        // As it is called, however it was asked for.
        let channel = names::channel(&about.entry.room);
        let modes = Modes::of(&about.entry);
        let mut reply = self.numeric("324").word(&channel);
        for word in modes.words() {
            reply = reply.word(&word);
        }
        reply.end();
        if let Some(made) = about.entry.created_at {
            let seconds = (made.ms() / 1000).to_string();
            self.numeric("329").word(&channel).word(&seconds).end();
        }
    }

    /// 696: a mode's parameter is not fit.
    fn bad_mode_word(&mut self, channel: &str, letter: char, word: &str, text: &str) {
        self.numeric("696")
            .word(channel)
            .word(&letter.to_string())
            .word(word)
            .trailing(text);
    }
}

const fn letter_of(kind: MaskKind) -> char {
    match kind {
        MaskKind::Ban => 'b',
        MaskKind::Exempt => 'e',
        MaskKind::Invite => 'I',
        MaskKind::Voice => 'v',
    }
}

/// JOIN takes keys apart at commas, and a space would end one.
fn may_be_key(key: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != ',';
    !key.is_empty() && key.len() <= MAX_PASSWORD_BYTES && key.chars().all(fits)
}
