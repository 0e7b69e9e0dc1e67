//! MONITOR: whose coming and going the client is told of (`IRCv3` monitor, extended-monitor).

use snug_proto::{Answer, Monitor, limits::MAX_MONITORED};

use super::asked::Asked;
use crate::{
    Connection,
    connection::{Then, expected},
    line::Line,
    names,
    replies::About,
};

/// A list of names on one line is filled up to about this many bytes.
const LIST_BYTES: usize = 350;

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) enum MonitorAsked {
    /// `+`: these too, as they were written.
    Add(Vec<String>),
    /// `-` and `C`: nothing is answered.
    Quietly,
    /// `S`: how all of them are.
    Status,
}

impl Connection {
    /// `MONITOR + <targets>`, `- <targets>`, `C`, `L` or `S`.
    pub(crate) fn monitor(&mut self, line: &Line<'_>) {
        let Some(what) = line.param(0) else {
            return self.need_more_params("MONITOR");
        };
        let targets: Vec<String> = line
            .param(1)
            .unwrap_or_default()
            .split(',')
            .filter(|target| !target.is_empty() && names::may_be_nick(target))
            .map(str::to_owned)
            .collect();
        match what {
            "+" | "-" if line.param(1).is_none() => self.need_more_params("MONITOR"),
            "+" => self.monitor_more(targets),
            "-" => {
                let remove: Vec<_> = targets.iter().map(|of| account_of(of)).collect();
                for name in &remove {
                    self.watching.remove(name);
                }
                let remove = remove.into_iter().take(MAX_MONITORED).collect();
                let request = Monitor {
                    remove,
                    ..Monitor::default()
                };
                self.ask_monitor(request, MonitorAsked::Quietly);
            }
            "C" | "c" => {
                self.watching.clear();
                let request = Monitor {
                    clear: true,
                    ..Monitor::default()
                };
                self.ask_monitor(request, MonitorAsked::Quietly);
            }
            "L" | "l" => {
                let all: Vec<_> = self.watching.values().cloned().collect();
                self.name_lines("732", &all);
                self.numeric("733").trailing("End of MONITOR list");
            }
            "S" | "s" if self.watching.is_empty() => {}
            "S" | "s" => self.ask_monitor(Monitor::default(), MonitorAsked::Status),
            _ => {
                let about = About::command("MONITOR");
                let text = "MONITOR knows +, -, C, L and S.";
                self.fail(&about, "INVALID_PARAMS", text);
            }
        }
    }

    fn monitor_more(&mut self, targets: Vec<String>) {
        let (mut add, mut full) = (Vec::new(), Vec::new());
        for target in targets {
            let name = account_of(&target);
            if self.watching.contains_key(&name) || self.watching.len() < MAX_MONITORED {
                self.watching.insert(name, target.clone());
                add.push(target);
            } else {
                full.push(target);
            }
        }
        if !add.is_empty() {
            let request = Monitor {
                add: add.iter().map(|of| account_of(of)).collect(),
                ..Monitor::default()
            };
            self.ask_monitor(request, MonitorAsked::Add(add));
        }
        if !full.is_empty() {
            let most = MAX_MONITORED.to_string();
            self.numeric("734")
                .word(&most)
                .word(&full.join(","))
                .trailing("Monitor list is full.");
        }
    }

    fn ask_monitor(&mut self, request: Monitor, asked: MonitorAsked) {
        self.ask(request, Then::People(Asked::Monitor(asked)));
    }

    pub(super) fn monitored(&mut self, asked: &MonitorAsked, answer: Answer) {
        let monitored = match expected!(answer, Monitored) {
            Ok(monitored) => monitored,
            Err(refusal) => return self.refuse(&About::command("MONITOR"), &refusal),
        };
        if matches!(asked, MonitorAsked::Quietly) {
            return;
        }
        let written = match asked {
            MonitorAsked::Add(written) => written.as_slice(),
            MonitorAsked::Quietly | MonitorAsked::Status => &[],
        };
        let (mut here, mut gone) = (Vec::new(), Vec::new());
        for entry in monitored.people {
            if entry.online {
                let whole = |id| names::source(&entry.name, &id);
                let nick = || names::nick(&entry.name).into_owned();
                here.push(entry.account.map_or_else(nick, whole));
            } else {
                // As the client wrote it.
                let same = |of: &&String| names::is_account(of, &entry.name);
                let known = written.iter().find(same);
                let known = known.or_else(|| self.watching.get(&names::fold_account(&entry.name)));
                gone.push(known.cloned().unwrap_or(entry.name));
            }
        }
        self.name_lines("730", &here);
        self.name_lines("731", &gone);
    }

    /// These, separated by commas, in as many lines as it takes.
    fn name_lines(&mut self, numeric: &str, all: &[String]) {
        let mut list = String::new();
        for name in all {
            if !list.is_empty() && list.len() + name.len() > LIST_BYTES {
                self.numeric(numeric).trailing(&list);
                list.clear();
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(name);
        }
        if !list.is_empty() {
            self.numeric(numeric).trailing(&list);
        }
    }
}

/// The account's name that a target stands for, folded.
pub(crate) fn account_of(nick: &str) -> String {
    names::fold_account(names::account(nick))
}
