//! Script commands (K3), as a shell runs them.

mod ending;
mod manual;
mod talking;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::house::{House, forking};

/// A script's `snug`: whose folder it has, and what stands in its environment.
pub(crate) struct Script {
    home: PathBuf,
    variables: Vec<(&'static str, String)>,
}

/// What a script command came to.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) status: i32,
}

impl Script {
    /// One that has this person's sign-in.
    pub(crate) fn of(house: &House, person: &str) -> Self {
        Self::at(&house.home(person))
    }

    pub(crate) fn at(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
            variables: Vec::new(),
        }
    }

    /// The same with another variable.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_snug"));
        command.args(arguments).env("SNUG_HOME", &self.home);
        command.env("TZ", "UTC");
        for name in ["SNUG_TOKEN", "SNUG_SERVER", "SNUG_NAME"] {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it, with pipes.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let _no_other_fork = forking();
        self.command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs it to its end, with nothing to read.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.fed(arguments, b"")
    }

    /// Runs it to its end, with this on its standard input.
    pub(crate) fn fed(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut child = self.start(arguments);
        // It need not read all of it.
        let _broken = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        Ended {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code().unwrap(),
        }
    }

    /// Runs it, and gives what it printed; it must have gone well, and without a complaint.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!((ended.status, ended.err.as_str()), (0, ""), "{arguments:?}");
        ended.out
    }

    /// Runs it, and gives the JSON objects that it printed.
    pub(crate) fn objects(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        objects(&self.done(arguments))
    }
}

/// One a line.
pub(crate) fn objects(text: &str) -> Vec<serde_json::Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The bodies of the messages in a room, oldest first.
pub(crate) fn bodies(script: &Script, room: &str) -> Vec<String> {
    script
        .objects(&["tail", room, "-n", "1000", "--json"])
        .iter()
        .filter(|event| event["ev"] == "message")
        .map(|event| event["body"].as_str().unwrap().to_owned())
        .collect()
}
