//! WeeChat and irssi as they are shipped, over TLS, against the real server (rows K5, R3, D1).
//!
//! A machine without them skips, and says so; with `SNUG_REQUIRE_CLIENTS=1` that is a failure.

#![allow(clippy::unwrap_used, reason = "what is not there fails the test")]

mod irc_clients {
    pub(crate) mod irssi;
    pub(crate) mod weechat;

    pub(crate) use super::{Account, RealClient, comes, installed, wait_for};
}

use std::{
    io::Write,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use irc_clients::{irssi::Irssi, weechat::Weechat};
use snug_testkit::{
    child::{Snugd, Start, program},
    pinned::Fingerprint,
};

/// How long a client may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whose client, and where to.
pub(crate) struct Account {
    pub(crate) address: SocketAddr,
    /// Without TLS if there is none.
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
}

/// A client of the wild: given lines as by a person, read by the logs that it keeps.
pub(crate) trait RealClient {
    /// Says something in a channel that it is in, or to a nick.
    fn say(&self, target: &str, text: &str);
    /// Types a command.
    fn run(&self, command: &str);
    /// What it has shown for a channel or a nick so far.
    fn log(&self, target: &str) -> String;
    /// Ends it as a person would.
    fn quit(self);

    /// Waits until it has shown this.
    fn sees(&self, target: &str, text: &str) {
        let came = comes(&mut || self.log(target).contains(text));
        let shown = self.log(target);
        assert!(came, "waited in vain for {text:?} in {target}:\n{shown}");
    }
}

/// Waits for something that another program does in its own time.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    assert!(comes(&mut done), "waited in vain for {what}");
}

/// Does it come about in time?
fn comes(done: &mut impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}

/// Is this program on the path?
pub(crate) fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Says that a client is missing, past the harness that keeps the words of passing tests to itself.
fn skips(client: &str, installed: bool) -> bool {
    if !installed {
        assert!(
            std::env::var_os("SNUG_REQUIRE_CLIENTS").is_none(),
            "{client} is not installed, and SNUG_REQUIRE_CLIENTS asks for it"
        );
        let mut past_the_harness = std::io::stderr();
        writeln!(past_the_harness, "skipped: {client} is not installed").unwrap();
    }
    !installed
}

struct World {
    folder: tempfile::TempDir,
    server: Snugd,
}

impl World {
    fn new(names: &[&str]) -> Self {
        Self::with(names, &[])
    }

    fn with(names: &[&str], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut start = Start::new(&data).unwrap();
        for argument in ["--listen-plain", "127.0.0.1:0"].iter().chain(arguments) {
            start = start.argument(*argument);
        }
        let server = start.run().unwrap();
        for name in names {
            add_account(&data, name);
        }
        Self { folder, server }
    }

    fn account(&self, name: &'static str) -> Account {
        Account {
            address: self.server.address,
            fingerprint: Some(self.server.fingerprint),
            name,
            password: PASSWORD,
        }
    }

    /// The same without TLS.
    fn plain(&self, name: &'static str) -> Account {
        Account {
            address: self.server.plain.unwrap(),
            fingerprint: None,
            ..self.account(name)
        }
    }

    fn weechat(&self, name: &'static str, folder: &str) -> Weechat {
        Weechat::start(&self.folder.path().join(folder), &self.account(name))
    }

    fn irssi(&self, name: &'static str, folder: &str) -> Irssi {
        Irssi::start(&self.folder.path().join(folder), &self.account(name))
    }
}

const PASSWORD: &str = "correct-horse-9";

fn add_account(data: &Path, name: &str) {
    let mut command = Command::new(program().unwrap());
    command.args(["account", "add", name, "--data"]).arg(data);
    command.env("SNUG_TEST_CHEAP_PASSWORDS", "1");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(
        child.wait().unwrap().success(),
        "account {name} was not made"
    );
}

fn skipped() -> bool {
    let weechat = skips("weechat", Weechat::installed());
    let irssi = skips("irssi (with tmux)", Irssi::installed());
    weechat || irssi
}

#[test]
fn k5_weechat_and_irssi_talk_in_the_lobby_and_directly() {
    if skipped() {
        return;
    }
    let world = World::new(&["ann", "bob"]);
    let weechat = world.weechat("ann", "weechat");
    let irssi = world.irssi("bob", "irssi");
    weechat.sees("#lobby", "bob [bob] (bob)");
    weechat.say("#lobby", "hello from weechat");
    irssi.sees("#lobby", "hello from weechat");
    irssi.say("#lobby", "hello from irssi");
    weechat.sees("#lobby", "bob\thello from irssi");
    weechat.say("#lobby", "/me waves");
    irssi.sees("#lobby", "* ann waves");
    weechat.run("/msg bob psst, \u{fc}ber");
    irssi.sees("ann", "psst, \u{fc}ber");
    irssi.say("ann", "what is it?");
    weechat.sees("bob", "bob\twhat is it?");
    irssi.quit();
    weechat.sees("#lobby", "bob (u@");
    let own = weechat.log("#lobby");
    assert_eq!(
        own.matches("hello from weechat").count(),
        1,
        "no echo of one's own:\n{own}"
    );
}

#[test]
fn r3_a_room_made_in_irssi_asks_weechat_for_its_password_once() {
    if skipped() {
        return;
    }
    let world = World::new(&["ann", "bob"]);
    let irssi = world.irssi("bob", "irssi");
    irssi.run("/join #den open-sesame");
    irssi.sees("#den", "has joined #den");
    let weechat = world.weechat("ann", "weechat");
    weechat.run("/join #den wrong");
    weechat.sees_server("The room's password is wrong");
    weechat.run("/join #den open-sesame");
    weechat.sees("#den", "has joined #den");
    irssi.sees("#den", "ann [u@");
    irssi.say("#den", "welcome");
    weechat.sees("#den", "bob\twelcome");
    weechat.quit();
    let again = world.weechat("ann", "weechat-again");
    again.sees("#den", "has joined #den");
}

#[test]
fn d1_what_was_said_while_away_is_shown_on_return() {
    if skipped() {
        return;
    }
    let world = World::new(&["ann", "bob"]);
    let weechat = world.weechat("ann", "weechat");
    let irssi = world.irssi("bob", "irssi");
    irssi.quit();
    weechat.say("#lobby", "said while away");
    weechat.run("/msg bob for your eyes");
    weechat.say("#lobby", "and this");
    weechat.sees("#lobby", "and this");
    let back = world.irssi("bob", "irssi-again");
    back.sees("#lobby", "said while away");
    back.sees("#lobby", "and this");
    back.sees("ann", "for your eyes");
}

/// Kick, ban and operator, between two clients of the wild.
#[test]
fn r4_irssi_keeps_order_in_its_room_and_weechat_heeds_it() {
    if skipped() {
        return;
    }
    let world = World::new(&["ann", "bob"]);
    let irssi = world.irssi("bob", "irssi");
    irssi.run("/join #den");
    irssi.sees("#den", "has joined #den");
    let weechat = world.weechat("ann", "weechat");
    weechat.run("/join #den");
    weechat.sees("#den", "has joined #den");
    irssi.sees("#den", "ann [u@");
    irssi.say("#den", "mind your step");
    weechat.sees("#den", "mind your step");
    irssi.run("/kick #den ann too loud");
    weechat.sees("#den", "too loud");
    irssi.run("/mode #den +b ann!*@*");
    irssi.sees("#den", "+b ann!*@*");
    weechat.run("/join #den");
    weechat.sees("#den", "A ban of that room fits your name");
    irssi.run("/mode #den -b ann!*@*");
    irssi.sees("#den", "-b ann!*@*");
    weechat.run("/join #den");
    let entered = |log: String| log.matches("has joined #den").count();
    wait_for("ann in #den again", || entered(weechat.log("#den")) == 2);
    irssi.run("/mode #den +o ann");
    weechat.sees("#den", "+o ann");
}

/// Without TLS, where the server's owner lets it, on the same machine.
#[test]
fn k5_weechat_and_irssi_talk_over_plain_text_on_this_machine() {
    if skipped() {
        return;
    }
    let world = World::new(&["ann", "bob"]);
    let folder = world.folder.path();
    let weechat = Weechat::start(&folder.join("weechat"), &world.plain("ann"));
    let irssi = Irssi::start(&folder.join("irssi"), &world.plain("bob"));
    irssi.say("#lobby", "hello in plain text");
    weechat.sees("#lobby", "hello in plain text");
    weechat.run("/msg bob and to you");
    irssi.sees("ann", "and to you");
}

/// Both make a mask of the host of whom they ban, each in its own way.
#[test]
fn r4_the_bans_that_weechat_and_irssi_make_of_a_nick_hold() {
    if skipped() {
        return;
    }
    let world = World::new(&["ann", "bob"]);
    let weechat = world.weechat("ann", "weechat");
    weechat.run("/join #den");
    weechat.sees("#den", "has joined #den");
    let irssi = world.irssi("bob", "irssi");
    irssi.run("/join #den");
    weechat.sees("#den", "bob [bob]");
    weechat.say("#den", "/ban bob");
    irssi.sees("#den", "+b *!*@");
    irssi.say("#den", "can you hear me?");
    irssi.sees("#den", "A ban of this room fits");
    weechat.say("#den", "/unban bob");
    irssi.sees("#den", "-b *!*@");
    irssi.run("/join #attic");
    irssi.sees("#attic", "has joined #attic");
    weechat.run("/join #attic");
    weechat.sees("#attic", "has joined #attic");
    irssi.sees("#attic", "ann [u@");
    irssi.run("/ban #attic ann");
    weechat.sees("#attic", "+b *!*@");
    weechat.say("#attic", "can you hear me?");
    weechat.sees("#attic", "A ban of this room fits");
    let heard = irssi.log("#attic");
    assert!(!heard.contains("can you hear me?"), "{heard}");
}

#[test]
fn a9_a1_guests_in_weechat_and_irssi_register_and_sign_in_by_it() {
    if skipped() {
        return;
    }
    let open = ["--guests", "on", "--registration", "open"];
    let world = World::with(&[], &open);
    let folder = |name: &str| world.folder.path().join(name);
    let weechat = Weechat::start_as_guest(&folder("weechat"), &world.account("Gusta"));
    let irssi = Irssi::start_as_guest(&folder("irssi"), &world.account("Dan"));
    weechat.sees("#lobby", "Dan (");
    weechat.run(&format!("/quote REGISTER * * :{PASSWORD}"));
    weechat.sees_server("The account is yours");
    irssi.run(&format!("/quote REGISTER Dan * :{PASSWORD}"));
    irssi.say("#lobby", "registered from irssi");
    weechat.sees("#lobby", "registered from irssi");
    weechat.quit();
    irssi.quit();
    let weechat = world.weechat("Gusta", "weechat-again");
    let irssi = world.irssi("dan", "irssi-again");
    irssi.say("#lobby", "signed in");
    weechat.sees("#lobby", "Dan\tsigned in");
}

#[test]
fn m2_operators_in_weechat_and_irssi_throw_somebody_out() {
    if skipped() {
        return;
    }
    let operator = ["--operator", "root", "--operator-password", PASSWORD];
    let world = World::with(&["ann", "bob", "cat"], &operator);
    let weechat = world.weechat("ann", "weechat");
    let irssi = world.irssi("bob", "irssi");
    let cat = world.weechat("cat", "cat");
    weechat.sees("#lobby", "cat [cat]");
    weechat.run("/oper root wrong");
    weechat.sees_server("The name or the password is wrong");
    weechat.run(&format!("/oper root {PASSWORD}"));
    weechat.sees_server("You are now an IRC operator");
    weechat.run("/kill cat too loud");
    cat.sees_server("too loud");
    weechat.sees("#lobby", "cat (u@");
    irssi.run(&format!("/oper root {PASSWORD}"));
    irssi.run("/wallops the bar closes");
    irssi.run("/quote KLINE 10 ann spam");
    weechat.sees_server("spam");
}
