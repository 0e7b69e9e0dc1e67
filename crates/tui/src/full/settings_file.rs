//! The file of settings, `snug/config.toml`: read at the start, read again when it changed, written where
//! one asks for it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context, bail};
use snug_client::Profile;
use snug_screen::{
    Colour, CommandInfo, Settings, Zone,
    settings::{DEFAULT_FILE, with_option},
};

use crate::{arguments::ConfigCommand, plain::moment};

/// See the module.
pub(super) struct SettingsFile {
    /// `None` where there is no folder for it, and in tests.
    path: Option<PathBuf>,
    colour: Colour,
    commands: Arc<[CommandInfo]>,
    /// As it was when it was read.
    seen: Option<Seen>,
}

/// What tells one state of the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    changed: Option<SystemTime>,
    bytes: u64,
}

impl SettingsFile {
    /// The file at its usual place.
    pub(super) fn usual(commands: Arc<[CommandInfo]>) -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            path: usual_path(),
            colour: if refused {
                Colour::Refused
            } else {
                Colour::Allowed
            },
            commands,
            seen: None,
        }
    }

    /// A file at this place, for tests.
    #[cfg(test)]
    pub(super) fn at(path: Option<PathBuf>) -> Self {
        Self {
            path,
            colour: Colour::Allowed,
            commands: super::commands::known(),
            seen: None,
        }
    }

    /// Reads it. Where it cannot be read: the settings by default, and a sentence that says why.
    pub(super) fn read(&mut self, profile: &Profile) -> (Settings, Option<String>) {
        let (read, complaint) = match self.parse() {
            Ok(settings) => (settings, None),
            Err(complaint) => (Settings::default(), Some(complaint)),
        };
        (self.completed(read, profile), complaint)
    }

    /// Is the mouse to be taken?
    pub(super) fn takes_mouse(&self) -> bool {
        self.parsed().is_ok_and(|settings| settings.mouse)
    }

    /// Reads it again if it is another one than last time. What is wrong with it, as a sentence.
    pub(super) fn read_again(&mut self, profile: &Profile) -> Option<Result<Settings, String>> {
        let path = self.path.as_deref()?;
        if seen(path) == self.seen {
            return None;
        }
        Some(self.parse().map(|read| self.completed(read, profile)))
    }

    /// Sets an option in it, and makes it if it is not there.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let Some(path) = &self.path else {
            return Err("There is no folder for the settings: set XDG_CONFIG_HOME or HOME.".into());
        };
        let says = |error: io::Error| format!("{}: {error}.", path.display());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => DEFAULT_FILE.to_owned(),
            Err(error) => return Err(says(error)),
        };
        let text = with_option(&text, name, value)
            .ok_or_else(|| format!("{name} could not be set: look at {}.", path.display()))?;
        write_whole(path, &text).map_err(says)
    }

    fn parse(&mut self) -> Result<Settings, String> {
        self.seen = self.path.as_deref().and_then(seen);
        self.parsed()
    }

    fn parsed(&self) -> Result<Settings, String> {
        let Some(path) = &self.path else {
            return Ok(Settings::default());
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("!! {}: {error}.", path.display())),
        };
        Settings::parse(&text, self.colour).map_err(|bad| {
            format!(
                "!! {} line {}, {}: {}. The settings before it stay.",
                path.display(),
                bad.line,
                bad.option,
                bad.what
            )
        })
    }

    /// With what the file does not know.
    fn completed(&self, mut settings: Settings, profile: &Profile) -> Settings {
        settings.commands = Arc::clone(&self.commands);
        if settings.zone == Zone::Local {
            let offset = profile.local_offset_s(moment::now()).unwrap_or(0);
            settings.zone_offset_s = i32::try_from(offset).unwrap_or(0);
        }
        settings
    }
}

/// `snug config`: says where the file is, prints it, or writes one.
pub(crate) fn run(command: Option<&ConfigCommand>) -> anyhow::Result<ExitCode> {
    let path = usual_path().context("there is no folder for it: set XDG_CONFIG_HOME or HOME")?;
    match command {
        None => match fs::read_to_string(&path) {
            Ok(text) => {
                print!("{text}");
                eprintln!("({})", path.display());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                print!("{DEFAULT_FILE}");
                eprintln!(
                    "(There is no {} yet, and all is as above. `snug config write` makes it.)",
                    path.display()
                );
            }
            Err(error) => bail!("{}: {error}", path.display()),
        },
        Some(ConfigCommand::Write) => {
            if path.exists() {
                bail!("{} is there already; it is left as it is", path.display());
            }
            write_whole(&path, DEFAULT_FILE).with_context(|| path.display().to_string())?;
            println!("Written: {}", path.display());
        }
        Some(ConfigCommand::Path) => println!("{}", path.display()),
    }
    Ok(ExitCode::SUCCESS)
}

/// `$SNUG_CONFIG`; else `snug/config.toml` where programs keep their settings (`$XDG_CONFIG_HOME`, or
/// `~/.config`; on Windows `%APPDATA%`).
fn usual_path() -> Option<PathBuf> {
    let set = |name| {
        let value = env::var_os(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    if let Some(path) = set("SNUG_CONFIG") {
        return Some(path);
    }
    let folder = if cfg!(windows) {
        set("APPDATA")
    } else {
        set("XDG_CONFIG_HOME").or_else(|| Some(env::home_dir()?.join(".config")))
    };
    Some(folder?.join("snug").join("config.toml"))
}

fn seen(path: &Path) -> Option<Seen> {
    let metadata = fs::metadata(path).ok()?;
    Some(Seen {
        changed: metadata.modified().ok(),
        bytes: metadata.len(),
    })
}

/// Written whole beside its place first, so that nobody reads half of it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    // A link to where somebody keeps such files stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("toml.{}", std::process::id()));
    fs::write(&draft, text)?;
    fs::rename(&draft, &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_again_when_it_changed_and_a_mistake_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("snug/config.toml");
        let profile = Profile::in_memory().unwrap();
        let mut file = SettingsFile::at(Some(path.clone()));
        let (settings, complaint) = file.read(&profile);
        assert_eq!((settings.do_not_disturb, complaint), (false, None));
        assert!(!settings.commands.is_empty());
        assert!(file.read_again(&profile).is_none());
        file.set("notifications.do_not_disturb", "true").unwrap();
        let again = file.read_again(&profile).unwrap().unwrap();
        assert!(again.do_not_disturb);
        assert!(file.read_again(&profile).is_none());
        fs::write(&path, "theme = \"dark\"\n[layout]\nrooms_widht = 3\n").unwrap();
        let complaint = file.read_again(&profile).unwrap().unwrap_err();
        for part in ["config.toml", "line 3", "rooms_widht"] {
            assert!(complaint.contains(part), "{complaint}");
        }
        assert!(file.set("theme", "\"light\"").is_ok());
    }
}
