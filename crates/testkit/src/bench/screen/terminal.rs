//! `snug` on a terminal of its own.

use std::{
    fs::File,
    io::Read,
    path::Path,
    process::{Child, Command},
};

use anyhow::{Context, Result, bail};
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// What it may say before what is waited for.
const MAX_SAID: usize = 1 << 20;

/// See the module. It is killed when it is dropped.
#[derive(Debug)]
pub(super) struct OnTerminal {
    child: Child,
    terminal: File,
    said: Vec<u8>,
}

impl OnTerminal {
    /// Starts the `snug` beside this program, with its things in this folder.
    pub(super) fn start(home: &Path) -> Result<Self> {
        let own = std::env::current_exe()?;
        let snug = own.with_file_name("snug");
        anyhow::ensure!(snug.exists(), "no {}: build it first", snug.display());
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&controller)?;
        unlockpt(&controller)?;
        let name = ptsname(&controller, Vec::new())?;
        let name = name.into_string().context("a terminal without a name")?;
        let end = File::options().read(true).write(true).open(name)?;
        let size = Winsize {
            ws_row: 40,
            ws_col: 120,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&end, size)?;
        let child = Command::new(snug)
            .env("SNUG_HOME", home)
            .env("SNUG_CONFIG", home.join("config.toml"))
            .env("TERM", "xterm-256color")
            .stdin(end.try_clone()?)
            .stdout(end.try_clone()?)
            .stderr(end)
            .spawn()?;
        Ok(Self {
            child,
            terminal: controller.into(),
            said: Vec::new(),
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Reads until this was shown.
    pub(super) fn shows(&mut self, words: &str) -> Result<()> {
        let mut bytes = [0; 16 * 1024];
        let words = words.as_bytes();
        while !self.said.windows(words.len()).any(|window| window == words) {
            let read = self.terminal.read(&mut bytes)?;
            if read == 0 || self.said.len() > MAX_SAID {
                bail!("it does not show what was waited for");
            }
            self.said
                .extend_from_slice(bytes.get(..read).unwrap_or(&[]));
        }
        Ok(())
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
