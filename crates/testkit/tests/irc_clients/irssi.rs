//! irssi in a terminal of tmux's: driven by keys, read by its logs.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Account, RealClient, installed, wait_for};

/// A running irssi, signed in to one network called `snug`. Dropped, its terminal is closed.
pub(crate) struct Irssi {
    folder: PathBuf,
    /// tmux's socket: one terminal server each, so that none meets another's.
    socket: PathBuf,
}

impl Irssi {
    pub(crate) fn installed() -> bool {
        installed("irssi") && installed("tmux")
    }

    /// Starts it and waits until it is in the lobby.
    pub(crate) fn start(folder: &Path, account: &Account) -> Self {
        let sasl = format!(
            r#"nick = "{0}"; sasl_mechanism = "PLAIN"; sasl_username = "{0}"; sasl_password = "{1}";"#,
            account.name, account.password
        );
        Self::start_with(folder, account, &sasl)
    }

    /// The same without signing in: as a guest of that name.
    pub(crate) fn start_as_guest(folder: &Path, guest: &Account) -> Self {
        Self::start_with(folder, guest, &format!(r#"nick = "{}";"#, guest.name))
    }

    fn start_with(folder: &Path, account: &Account, sign_in: &str) -> Self {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("config"), config(folder, account, sign_in)).unwrap();
        let irssi = Self {
            folder: folder.to_owned(),
            socket: folder.join("tmux"),
        };
        let home = format!("--home={}", folder.display());
        irssi.tmux(&["new-session", "-d", "-x", "120", "-y", "40", "irssi", &home]);
        irssi.sees("#lobby", "has joined #lobby");
        irssi
    }

    fn tmux(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("tmux");
        command
            .arg("-S")
            .arg(&self.socket)
            .args(["-f", "/dev/null"])
            .args(arguments);
        // irssi wants a locale and a terminal that it knows.
        command.env("LC_ALL", "C.UTF-8").env("TERM", "xterm");
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        quiet.status().unwrap().success()
    }
}

impl RealClient for Irssi {
    fn say(&self, target: &str, text: &str) {
        self.run(&format!("/msg {target} {text}"));
    }

    fn run(&self, command: &str) {
        assert!(self.tmux(&["send-keys", "-l", command]));
        assert!(self.tmux(&["send-keys", "Enter"]));
    }

    fn log(&self, target: &str) -> String {
        fs::read_to_string(self.folder.join(format!("logs/{target}.log"))).unwrap_or_default()
    }

    fn quit(self) {
        self.run("/quit");
        wait_for("irssi to end", || !self.tmux(&["has-session"]));
    }
}

impl Drop for Irssi {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn config(folder: &Path, account: &Account, sign_in: &str) -> String {
    let mut pin = String::new();
    for byte in account.fingerprint.into_iter().flatten() {
        let colon = if pin.is_empty() { "" } else { ":" };
        write!(pin, "{colon}{byte:02X}").unwrap();
    }
    let tls = if account.fingerprint.is_some() {
        format!(r#"use_tls = "yes"; tls_verify = "no"; tls_pinned_cert = "{pin}";"#)
    } else {
        r#"use_tls = "no";"#.to_owned()
    };
    let logs = folder.join("logs/$0.log");
    format!(
        r#"servers = ( {{
  address = "{}"; port = "{}"; chatnet = "snug"; autoconnect = "yes";
  {tls}
}} );
chatnets = {{ snug = {{
  type = "IRC"; {sign_in}
}}; }};
settings = {{
  core = {{ real_name = "x"; user_name = "x"; nick = "someone"; }};
  "irc/core" = {{ cmd_queue_speed = "10msec"; cmds_max_at_once = "50"; }};
  "fe-common/core" = {{
    autolog = "yes"; autolog_path = "{}"; autolog_level = "ALL";
  }};
}};
"#,
        account.address.ip(),
        account.address.port(),
        logs.display(),
    )
}
