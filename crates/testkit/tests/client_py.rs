//! The client in seventeen lines of Python, against the real server (K4).

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails; only `#[test]` functions themselves are exempt by configuration"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::json;
use snug_testkit::{driver::PASSWORD, server::TestServer};
use tokio::task::block_in_place;

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/client.py")
}

/// The script at work, and what it prints. Waiting for it blocks: the server has threads of its own.
struct Python {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Python {
    fn start(link: &str, name: &str, password: &str) -> Self {
        let mut child = Command::new("python3")
            .arg(script())
            .args([link, name])
            .env("SNUG_PASSWORD", password)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    fn types(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(text.as_bytes()).unwrap();
    }

    fn next_line(&mut self) -> String {
        let mut line = String::new();
        block_in_place(|| self.output.read_line(&mut line)).unwrap();
        line
    }

    fn prints(&mut self, line: &str) {
        assert_eq!(self.next_line(), format!("{line}\n"));
    }

    /// The end of its input is its leaving: nothing more is printed, and it ends well.
    fn leaves(mut self) {
        self.input = None;
        assert_eq!(self.next_line(), "");
        let (ended_well, complaints) = self.end();
        assert!(ended_well, "{complaints}");
    }

    fn end(mut self) -> (bool, String) {
        let mut complaints = String::new();
        let errors = self.child.stderr.take();
        block_in_place(|| {
            errors.unwrap().read_to_string(&mut complaints).unwrap();
            (self.child.wait().unwrap().success(), complaints)
        })
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
    }
}

#[test]
fn k4_the_client_in_python_is_at_most_seventeen_readable_lines() {
    let text = std::fs::read_to_string(script()).unwrap();
    assert!(text.lines().count() <= 17);
    for line in text.lines() {
        assert!(line.chars().count() <= 110, "{line}");
        assert!(!line.contains(';'), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_the_client_in_python_reads_the_room_and_writes_to_it() {
    let server = TestServer::open_to_all().await.unwrap();
    let link = server.running().link().to_string();
    server.add_account("ann", PASSWORD).await.unwrap();
    let mut bob = server.wire().await.unwrap();
    let who = json!({"name": "bob", "password": PASSWORD});
    bob.ok("register", who).await.unwrap();
    let say = |body: &str| json!({"room": "lobby", "body": body});
    bob.ok("send", say("before she came")).await.unwrap();

    let mut ann = Python::start(&link, "ann", PASSWORD);
    ann.prints("<<bob>> : before she came");
    ann.types("one\nzw\u{f6}lf\n");
    ann.prints("<<ann>> : one");
    ann.prints("<<ann>> : zw\u{f6}lf");
    bob.ok("send", say("two\nlines")).await.unwrap();
    ann.prints("<<bob>> : two lines");
    ann.types("\n");
    ann.prints("<<server>> : The message is empty.");
    ann.leaves();

    bob.ok("quit", json!({})).await.unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_the_client_in_python_says_what_is_wrong() {
    let server = TestServer::open_to_all().await.unwrap();
    let link = server.running().link().to_string();
    let mut stranger = Python::start(&link, "ann", "not the password");
    let wrong = "<<server>> : The name or the password is wrong.";
    stranger.prints(wrong);
    stranger.prints("<<server>> : Sign in first.");
    stranger.leaves();

    // Another fingerprint: nothing is sent, the password least of all.
    let (place, _) = link.split_once('#').unwrap();
    let other = Python::start(&format!("{place}#{}", "A".repeat(52)), "ann", PASSWORD);
    let (went_well, complaints) = other.end();
    assert!(!went_well);
    assert!(complaints.starts_with("Another server answers there"));
    server.stop().await.unwrap();
}
