//! Starting a server on this machine: `snugd`, which goes on when the screen is left.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, bail};
use snug_client::default_folder;
use snug_proto::Secret;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

/// How long it may take to say how one comes in.
const START: Duration = Duration::from_secs(20);
/// Bytes of it that are read for that.
const MAX_SAID: u64 = 16 * 1024;

/// How one comes in to the server that was started.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct JoinLine {
    pub(super) link: String,
    pub(super) code: Secret,
}

/// Starts it, with its data beside this program's own.
pub(super) async fn start() -> anyhow::Result<JoinLine> {
    let folder = default_folder()?.join("server");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let program = program();
    let mut child = spawn(&program, &folder)?;
    let said = timeout(START, join_line(&mut child)).await;
    match said {
        Ok(Some(line)) => Ok(line),
        Ok(None) => bail!(
            "snugd did not start: {}. It says why in {}",
            last_words(&folder).unwrap_or_else(|| "it said nothing".to_owned()),
            log(&folder).display()
        ),
        Err(_late) => bail!(
            "snugd did not say how to come in. It says what it does in {}",
            log(&folder).display()
        ),
    }
}

/// The one beside this program, else the one that a shell would find.
fn program() -> PathBuf {
    let name = format!("snugd{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok();
    let beside = beside.and_then(|snug| Some(snug.parent()?.join(&name)));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| PathBuf::from(name))
}

fn log(folder: &Path) -> PathBuf {
    folder.join("snugd.log")
}

fn spawn(program: &Path, folder: &Path) -> anyhow::Result<Child> {
    let log = std::fs::File::create(log(folder)).context("its log cannot be written")?;
    let mut command = Command::new(program);
    command
        .arg("--data")
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log);
    // Ctrl-C in this terminal is not meant for it.
    #[cfg(unix)]
    command.process_group(0);
    let advice = "snugd was not found beside snug or on the PATH. Install it, start it in another terminal, \
                  and paste the line that it prints";
    command.spawn().context(advice)
}

/// Reads what it says until it has said how one comes in.
async fn join_line(child: &mut Child) -> Option<JoinLine> {
    let said = child.stdout.take()?;
    let mut lines = BufReader::new(said.take(MAX_SAID)).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(line) = read(&line) {
            return Some(line);
        }
    }
    None
}

fn read(line: &str) -> Option<JoinLine> {
    let mut words = line.trim().strip_prefix("snug join ")?.split_whitespace();
    let address = words.next()?.to_owned();
    let code = words.skip_while(|word| *word != "--code").nth(1)?;
    Some(JoinLine {
        link: address,
        code: Secret::from(code),
    })
}

/// The last line of its log.
fn last_words(folder: &Path) -> Option<String> {
    let said = std::fs::read_to_string(log(folder)).ok()?;
    let last = said.lines().rfind(|line| !line.trim().is_empty())?;
    Some(crate::sanitize::line(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_by_which_one_comes_in_is_read() {
        let line = read("  snug join snug://localhost:7667/#K7 --code maple-7").unwrap();
        assert_eq!(line.link, "snug://localhost:7667/#K7");
        assert_eq!(line.code, Secret::from("maple-7"));
        assert_eq!(read("Come in as its owner, once, within 15 minutes:"), None);
        assert_eq!(read("snug join snug://localhost:7667/#K7"), None);
    }
}
