//! WeeChat without a screen: driven by its FIFO, read by its logs.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use data_encoding::HEXLOWER;

use super::{Account, RealClient, comes, installed, wait_for};

/// What Debian calls the WeeChat that has no screen.
const PROGRAM: &str = "weechat-headless";

/// A running WeeChat, signed in to one server called `snug`. Dropped, it is killed.
pub(crate) struct Weechat {
    child: Child,
    folder: PathBuf,
}

impl Weechat {
    pub(crate) fn installed() -> bool {
        installed(PROGRAM)
    }

    /// Starts it and waits until it is in the lobby.
    pub(crate) fn start(folder: &Path, account: &Account) -> Self {
        let sasl = format!(
            "-sasl_mechanism=plain -sasl_username={} -sasl_password={}",
            account.name, account.password
        );
        Self::start_with(folder, account, &format!("-nicks={} {sasl}", account.name))
    }

    /// The same without signing in: as a guest of that name.
    pub(crate) fn start_as_guest(folder: &Path, guest: &Account) -> Self {
        Self::start_with(folder, guest, &format!("-nicks={}", guest.name))
    }

    fn start_with(folder: &Path, account: &Account, sign_in: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        // Version 4 renamed the options.
        let tls = if version().starts_with(['0', '1', '2', '3']) {
            "ssl"
        } else {
            "tls"
        };
        let tls = account.fingerprint.map_or_else(String::new, |pin| {
            let pin = HEXLOWER.encode(&pin);
            format!("-{tls} -{tls}_fingerprint={pin}")
        });
        let server = format!(
            "/server add snug {}/{} {tls} {sign_in}",
            account.address.ip(),
            account.address.port(),
        );
        let fifo = format!("/set fifo.file.path \"{}\"", folder.join("fifo").display());
        let commands = [
            fifo.as_str(),
            "/set logger.file.flush_delay 0",
            &server,
            "/connect snug",
        ];
        let mut command = Command::new(PROGRAM);
        command.arg("--dir").arg(folder);
        for one in commands {
            command.args(["-r", one]);
        }
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let weechat = Self {
            child: quiet.spawn().unwrap(),
            folder: folder.to_owned(),
        };
        weechat.sees("#lobby", "has joined #lobby");
        weechat
    }

    /// Waits until the server has told it this.
    pub(crate) fn sees_server(&self, text: &str) {
        let log = || {
            let log = fs::read_to_string(self.folder.join("logs/irc.server.snug.weechatlog"));
            log.unwrap_or_default()
        };
        let came = comes(&mut || log().contains(text));
        assert!(came, "waited in vain for {text:?}:\n{}", log());
    }

    fn command(&self, buffer: &str, text: &str) {
        let mut fifo = fs::OpenOptions::new()
            .write(true)
            .open(self.folder.join("fifo"))
            .unwrap();
        writeln!(fifo, "irc.{buffer} *{text}").unwrap();
    }
}

fn version() -> String {
    let output = Command::new(PROGRAM).arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

impl RealClient for Weechat {
    fn say(&self, target: &str, text: &str) {
        self.command(&format!("snug.{target}"), text);
    }

    fn run(&self, command: &str) {
        self.command("server.snug", command);
    }

    fn log(&self, target: &str) -> String {
        let file = format!("logs/irc.snug.{target}.weechatlog");
        fs::read_to_string(self.folder.join(file)).unwrap_or_default()
    }

    fn quit(mut self) {
        self.run("/quit");
        wait_for("weechat to end", || {
            self.child.try_wait().unwrap().is_some()
        });
    }
}

impl Drop for Weechat {
    fn drop(&mut self) {
        // Gone already after `quit`; then neither call does anything.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
