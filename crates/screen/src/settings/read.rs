//! Reading the file. Every complaint says which line and which option.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{Bell, MAX_ROOM_LEVELS, Settings, Zone};
use crate::{Action, Bindings, Context, Key, Theme};

/// Longest file that is read.
const MAX_FILE_BYTES: usize = 256 * 1024;

/// What is wrong with the file. The settings before it stay in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("settings, line {line}, {option}: {what}")]
pub struct BadSettings {
    /// Where, from 1.
    pub line: usize,
    /// The option: `notifications.level`.
    pub option: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

type Value<'a> = Spanned<DeValue<'a>>;

/// A complaint before its line is known.
struct Wrong {
    at: Range<usize>,
    option: String,
    what: String,
}

type Read<T> = Result<T, Wrong>;

pub(super) fn settings(text: &str) -> Result<Settings, BadSettings> {
    let whole = |what: &str, at: usize| Wrong {
        at: at..at,
        option: "the file".to_owned(),
        what: what.to_owned(),
    };
    let read = || {
        if text.len() > MAX_FILE_BYTES {
            return Err(whole("it is longer than 256 KiB", 0));
        }
        let table = DeTable::parse(text).map_err(|bad| {
            let at = bad.span().map_or(0, |span| span.start);
            whole(bad.message(), at)
        })?;
        let mut settings = Settings::default();
        for (key, value) in table.get_ref() {
            option(&mut settings, key, value)?;
        }
        Ok(settings)
    };
    read().map_err(|wrong| BadSettings {
        line: line(text, wrong.at.start),
        option: wrong.option,
        what: wrong.what,
    })
}

/// The line of a byte, from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    let before = text.bytes().take(at);
    before.filter(|byte| *byte == b'\n').count() + 1
}

fn option(settings: &mut Settings, key: &Spanned<DeString<'_>>, value: &Value<'_>) -> Read<()> {
    let name = key.get_ref().as_ref();
    match name {
        "theme" => {
            let themes = Theme::all();
            let names: Vec<&'static str> = themes.iter().map(|theme| theme.name).collect();
            let chosen = choice(name, value, &names, |name| name)?;
            let theme = themes.into_iter().find(|theme| theme.name == chosen);
            settings.theme = theme.unwrap_or_else(Theme::dark);
        }
        "zone" => {
            settings.zone = zone(name, value)?;
            if let Zone::Fixed(minutes) = settings.zone {
                settings.zone_offset_s = i32::from(minutes) * 60;
            }
        }
        "layout" => each(name, value, |key, value| layout(settings, key, value))?,
        "notifications" => each(name, value, |key, value| {
            notifications(settings, key, value)
        })?,
        "keys" => keys(&mut settings.bindings, value)?,
        _ => {
            let known = ["theme", "zone", "layout", "notifications", "keys"];
            return Err(unknown(key, name, &known));
        }
    }
    Ok(())
}

/// Reads every option of a table.
fn each<'v>(
    name: &str,
    value: &'v Value<'_>,
    mut read: impl FnMut(&'v Spanned<DeString<'_>>, &'v Value<'_>) -> Read<()>,
) -> Read<()> {
    let table = value.get_ref().as_table();
    let table = table.ok_or_else(|| wrong(name, value, &format!("write [{name}]")))?;
    table.iter().try_for_each(|(key, value)| read(key, value))
}

fn layout(layout: &mut Settings, key: &Spanned<DeString<'_>>, value: &Value<'_>) -> Read<()> {
    let name = format!("layout.{}", key.get_ref());
    match key.get_ref().as_ref() {
        "rooms_width" => layout.rooms_width = width(&name, value)?,
        "people_width" => layout.people_width = width(&name, value)?,
        "joins" => layout.joins = on_or_off(&name, value)?,
        "mouse" => layout.mouse = on_or_off(&name, value)?,
        "tell_typing" => layout.tell_typing = on_or_off(&name, value)?,
        _ => {
            let known = [
                "rooms_width",
                "people_width",
                "joins",
                "mouse",
                "tell_typing",
            ];
            return Err(unknown(key, &name, &known));
        }
    }
    Ok(())
}

fn notifications(told: &mut Settings, key: &Spanned<DeString<'_>>, value: &Value<'_>) -> Read<()> {
    let name = format!("notifications.{}", key.get_ref());
    match key.get_ref().as_ref() {
        "bell" => told.bell = level(&name, value)?,
        "note" => told.notify = level(&name, value)?,
        "do_not_disturb" => told.do_not_disturb = on_or_off(&name, value)?,
        "rooms" => each(&name, value, |room, value| {
            let option = format!("{name}.{}", room.get_ref());
            if told.rooms.len() >= MAX_ROOM_LEVELS {
                let what =
                    format!("no more than {MAX_ROOM_LEVELS} rooms have a level of their own");
                return Err(wrong(&option, value, &what));
            }
            let level = level(&option, value)?;
            told.rooms.insert(room.get_ref().to_string(), level);
            Ok(())
        })?,
        _ => {
            let known = ["bell", "note", "do_not_disturb", "rooms"];
            return Err(unknown(key, &name, &known));
        }
    }
    Ok(())
}

/// `[keys.main]` and so on: each a key, and the name of what it does, or `nothing`.
fn keys(bindings: &mut Bindings, value: &Value<'_>) -> Read<()> {
    each("keys", value, |context, value| {
        let name = format!("keys.{}", context.get_ref());
        let all = [Context::Main, Context::Empty, Context::Message];
        let here = all
            .iter()
            .find(|known| known.name() == context.get_ref().as_ref());
        let Some(here) = here else {
            let known = all.map(Context::name);
            return Err(unknown(context, &name, &known));
        };
        each(&name, value, |key, value| {
            let option = format!("{name}.{}", key.get_ref());
            let pressed: Key = key
                .get_ref()
                .parse()
                .map_err(|no: crate::key::NotAKey| Wrong {
                    at: key.span(),
                    option: option.clone(),
                    what: no.to_string(),
                })?;
            let word = text(
                &option,
                value,
                "write the name of what the key does, as in docs/terminal.md",
            )?;
            let action = match word {
                "nothing" => None,
                word => Some(Action::from_name(word).ok_or_else(|| {
                    let names = Action::ALL.iter().map(|action| action.name());
                    let meant = crate::nearest::nearest(word, names);
                    let what = match meant {
                        Some(meant) => format!("nothing is called {word:?}; was it {meant:?}?"),
                        None => format!("nothing is called {word:?}; F1 shows what there is"),
                    };
                    wrong(&option, value, &what)
                })?),
            };
            bindings.bind(*here, pressed, action);
            Ok(())
        })
    })
}

fn zone(name: &str, value: &Value<'_>) -> Read<Zone> {
    let right = "write \"local\", \"utc\", or a distance from UTC like \"+02:00\"";
    let text = text(name, value, right)?;
    match text {
        "local" => return Ok(Zone::Local),
        "utc" => return Ok(Zone::Fixed(0)),
        _ => {}
    }
    distance(text)
        .map(Zone::Fixed)
        .ok_or_else(|| wrong(name, value, right))
}

/// Minutes of `+02:00`.
fn distance(text: &str) -> Option<i16> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let digits = |text: &str| {
        let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn level(name: &str, value: &Value<'_>) -> Read<Bell> {
    choice(name, value, Bell::ALL, Bell::name)
}

fn width(name: &str, value: &Value<'_>) -> Read<u16> {
    let number = value.get_ref().as_integer();
    let number =
        number.and_then(|number| u16::from_str_radix(number.as_str(), number.radix()).ok());
    number
        .filter(|width| (8..=60).contains(width))
        .ok_or_else(|| wrong(name, value, "write a number from 8 to 60"))
}

fn on_or_off(name: &str, value: &Value<'_>) -> Read<bool> {
    let so = value.get_ref().as_bool();
    so.ok_or_else(|| wrong(name, value, "write true or false"))
}

fn text<'v>(name: &str, value: &'v Value<'_>, right: &str) -> Read<&'v str> {
    let text = value.get_ref().as_str();
    text.ok_or_else(|| wrong(name, value, right))
}

/// One of these, by its name.
fn choice<T: Copy>(
    name: &str,
    value: &Value<'_>,
    all: &[T],
    called: impl Fn(T) -> &'static str,
) -> Read<T> {
    let names: Vec<String> = all
        .iter()
        .map(|one| format!("{:?}", called(*one)))
        .collect();
    let right = format!("write one of {}", names.join(", "));
    let text = text(name, value, &right)?;
    let chosen = all.iter().find(|one| called(**one) == text);
    chosen.copied().ok_or_else(|| wrong(name, value, &right))
}

fn wrong(option: &str, value: &Value<'_>, what: &str) -> Wrong {
    Wrong {
        at: value.span(),
        option: option.to_owned(),
        what: what.to_owned(),
    }
}

/// There is no such option; perhaps another was meant.
fn unknown(key: &Spanned<DeString<'_>>, option: &str, known: &[&str]) -> Wrong {
    let meant = crate::nearest::nearest(key.get_ref().as_ref(), known.iter().copied());
    let what = match meant {
        Some(meant) => format!("there is no such option; was it {meant}?"),
        None => format!("there is no such option; there are {}", known.join(", ")),
    };
    Wrong {
        at: key.span(),
        // One without a name is shown as it is written.
        option: if option.is_empty() { "\"\"" } else { option }.to_owned(),
        what,
    }
}
