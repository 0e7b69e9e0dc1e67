//! `snugd` as its operator meets it: the program itself, its options, its sentences, its exit statuses.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod rig;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// The program, with nothing of the tester's environment that it would heed.
fn snugd() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_snugd"));
    for (name, _) in std::env::vars() {
        if name.starts_with("SNUG_") {
            command.env_remove(name);
        }
    }
    command.env("SNUG_TEST_CHEAP_PASSWORDS", "1");
    command.env("SNUG_LISTEN", "127.0.0.1:0");
    command
}

fn run(arguments: &[&str]) -> Output {
    snugd().args(arguments).output().unwrap()
}

fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

/// Starts it on this folder.
fn start(data: &Path, arguments: &[&str]) -> Running {
    let mut child = snugd()
        .arg("--data")
        .arg(data)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    Running { child, lines }
}

impl Running {
    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    fn stop(mut self) -> i32 {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

/// The words of a line with link and code.
fn link_and_code(text: &str) -> (String, String) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ["snug", "join", link, "--code", code] = words[..] else {
        panic!("{text}");
    };
    assert!(link.starts_with("snug://localhost:"), "{text}");
    (link.to_owned(), code.to_owned())
}

#[test]
fn o1_the_first_start_prints_link_and_owner_code_and_a_later_one_is_the_same_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let fingerprint = |link: &str| link.split_once('#').unwrap().1.to_owned();
    let mut server = start(&data, &[]);
    let first = server.line();
    assert!(first.starts_with("Snug 0.1, data in "), "{first}");
    assert!(first.contains("listening on 127.0.0.1:"), "{first}");
    assert_eq!(
        server.line(),
        "Come in as its owner, once, within 15 minutes:"
    );
    let (link, _) = link_and_code(&server.line());
    assert!(server.line().starts_with("Then /invite prints"));
    assert_eq!(fingerprint(&link).len(), 52);
    for name in ["identity.pem", "keys", "snug.db", "control.sock"] {
        let mode = std::fs::metadata(data.join(name)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o77, 0, "{name} can be opened by others");
    }
    assert_eq!(server.stop(), 0);
    assert!(!data.join("control.sock").exists());
    assert!(!data.join("running").exists());

    let mut added = snugd()
        .args(["account", "add", "ann", "--role", "owner", "--data"])
        .arg(&data)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    added
        .stdin
        .take()
        .unwrap()
        .write_all(b"password\n")
        .unwrap();
    assert!(added.wait().unwrap().success());

    let mut again = start(&data, &[]);
    again.line();
    assert_eq!(
        again.line(),
        "The way in, for who has an account or a code:"
    );
    let way_in = again.line();
    let same = way_in.trim().strip_prefix("snug join ").unwrap();
    assert_eq!(
        fingerprint(same),
        fingerprint(&link_and_code(&invite(&data)).0)
    );
    assert_eq!(again.stop(), 0);
}

fn invite(data: &Path) -> String {
    let output = snugd().arg("invite").arg("--data").arg(data).output();
    let (status, line, error) = said(&output.unwrap());
    assert_eq!(status, 0, "{error}");
    assert_eq!(line.lines().count(), 1, "{line}");
    line
}

#[test]
fn o1_commands_work_beside_a_running_server_and_without_one() {
    // A long path, longer than a socket's address may be.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("x".repeat(120));
    let mut server = start(&data, &[]);
    server.line();
    server.line();
    let (link, first) = link_and_code(&server.line());
    let path = data.to_str().unwrap();
    let (status, out, _) = said(&run(&["owner-code", "--data", path]));
    assert_eq!(status, 0);
    let (same, second) = link_and_code(&out);
    assert_eq!(same, link);
    assert_ne!(first, second);
    assert_eq!(link_and_code(&invite(&data)).0, link);
    let (status, out, _) = said(&run(&["lockdown", "off", "--data", path]));
    assert_eq!(
        (status, out.contains("not locked down")),
        (0, true),
        "{out}"
    );
    let (status, _, error) = said(&run(&["unban", "203.0.113.0/24", "--data", path]));
    assert_eq!(
        (status, error.contains("no such ban")),
        (1, true),
        "{error}"
    );
    for (arguments, says) in [
        (&["allow", "203.0.113.7", "--hours", "2"][..], "is let past"),
        (&["disallow", "203.0.113.7"], "like others again"),
    ] {
        let (status, out, _) = said(&run(&[arguments, &["--data", path]].concat()));
        assert_eq!((status, out.contains(says)), (0, true), "{out}");
    }
    let (status, _, error) = said(&run(&["disallow", "203.0.113.7", "--data", path]));
    assert_eq!((status, error.contains("not allowed")), (1, true));
    assert_eq!(server.stop(), 0);
    link_and_code(&invite(&data));
    let (status, _, error) = said(&run(&["account", "add", "bob", "--data", path]));
    assert_eq!(status, 1);
    assert!(error.contains("standard input"), "{error}");
    let nowhere = folder.path().join("nowhere");
    let (status, _, error) = said(&run(&["invite", "--data", nowhere.to_str().unwrap()]));
    assert_eq!(status, 1);
    assert!(
        error.starts_with("snugd: There is no data folder"),
        "{error}"
    );
    assert!(!nowhere.exists());
}

#[test]
fn m6_the_audit_log_is_exported_as_json_lines_beside_a_server_and_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = start(&data, &[]);
    for _ in 0..3 {
        server.line();
    }
    invite(&data);
    let path = data.to_str().unwrap();
    let export = || {
        let (status, out, error) = said(&run(&["audit", "export", "--data", path]));
        assert_eq!(status, 0, "{error}");
        let action = |line: &str| {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            entry["action"].as_str().unwrap().to_owned()
        };
        out.lines().map(action).collect::<Vec<_>>()
    };
    assert_eq!(export(), ["invite_made", "owner_code_made"]);
    assert_eq!(server.stop(), 0);
    assert_eq!(export(), ["invite_made", "owner_code_made"]);
}

/// What cannot start says one sentence and ends with 1.
fn refused(arguments: &[&str], sentence: &str) {
    let (status, out, error) = said(&run(arguments));
    assert_eq!(status, 1, "{arguments:?}: {error}");
    assert_eq!(out, "");
    let errors: Vec<&str> = error
        .lines()
        .filter(|line| line.starts_with("snugd: "))
        .collect();
    let [line] = errors[..] else {
        panic!("{error}");
    };
    assert!(line.contains(sentence), "{line}");
}

#[test]
fn what_cannot_start_says_why_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = start(folder.path(), &[]);
    let mut server = server;
    server.line();
    refused(&["--data", data], "Another snugd is using the data folder");
    assert_eq!(server.stop(), 0);

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(
        &["--data", data, "--listen", &address],
        "another program is using that port",
    );
    refused(
        &["--data", data, "--listen", "192.0.2.1:0"],
        "this machine has no such address",
    );
    refused(&["--data", "/proc/snug"], "cannot be written");
    std::fs::write(folder.path().join("snug.db"), vec![b'x'; 8192]).unwrap();
    refused(
        &["--data", data],
        "is damaged, or is not one of Snug's databases",
    );
    std::fs::write(folder.path().join("keys"), "x").unwrap();
    refused(&["--data", data], "keys");
    std::fs::write(folder.path().join("identity.pem"), "x").unwrap();
    refused(&["--data", data], "identity");
}

#[test]
fn a_crash_leaves_nothing_that_keeps_the_next_start_away() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), &[]);
    server.line();
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let mut next = start(folder.path(), &[]);
    assert!(next.line().starts_with("Snug"));
    assert_eq!(next.stop(), 0);
}

/// Options that cannot be used: the sentence names option and origin, and the status is 2.
fn bad_options(command: &mut Command, words: &[&str]) {
    let (status, _, error) = said(&command.output().unwrap());
    assert_eq!(status, 2, "{error}");
    for word in words {
        assert!(error.contains(word), "no {word} in: {error}");
    }
}

#[test]
fn o1_an_error_names_the_option_and_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snugd.toml");
    let with_file = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let mut command = snugd();
        command.env_remove("SNUG_LISTEN").arg("--config").arg(&file);
        command
    };
    bad_options(
        snugd().args(["--listen", "here"]),
        &["--listen", "\"here\"", "0.0.0.0:7667"],
    );
    bad_options(
        snugd().env("SNUG_LISTEN", "127.0.0.1:0,there"),
        &["--listen", "environment, SNUG_LISTEN", "\"there\""],
    );
    bad_options(
        &mut with_file("listen = [\"x\"]"),
        &["listen in ", "snugd.toml", "\"x\""],
    );
    bad_options(
        &mut with_file("listen = 1.5"),
        &["listen in ", "write it like"],
    );
    bad_options(
        &mut with_file("registraton = \"open\""),
        &["registraton", "\"registration\"?"],
    );
    bad_options(
        &mut with_file("colour = \"red\""),
        &["colour", "--write-default"],
    );
    bad_options(
        &mut with_file("access_code = \"a b\""),
        &["access_code in ", "no spaces"],
    );
    bad_options(
        &mut with_file("access_code = \"hush"),
        &["not valid TOML", "line 1"],
    );
    bad_options(
        snugd().args(["--profile", "shy"]),
        &["--profile", "community, private, ephemeral"],
    );
    bad_options(
        snugd().args(["--trusted", "300.1.1.1"]),
        &["--trusted", "192.0.2.0/24"],
    );
    bad_options(
        snugd().env("SNUG_MESSAGES_PER_SECOND", "x"),
        &["SNUG_MESSAGES_PER_SECOND"],
    );
    bad_options(
        snugd().args(["--config", "/nowhere.toml"]),
        &["/nowhere.toml"],
    );
    bad_options(snugd().args(["--no-such"]), &["--no-such"]);
    // A secret that cannot be read is not shown.
    let output = with_file("access_code = \"hush").output().unwrap();
    assert!(!said(&output).2.contains("hush"));
}

#[test]
fn o1_a_flag_comes_before_the_environment_and_that_before_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snugd.toml");
    let data = |name: &str| folder.path().join(name);
    std::fs::write(&file, format!("data = {:?}\n", data("file"))).unwrap();
    // An invite makes nothing in a folder that is not there, and names the folder it looked for.
    let looked_for = |flag: bool, variable: bool| {
        let mut command = snugd();
        command.arg("invite").arg("--config").arg(&file);
        if flag {
            command.arg("--data").arg(data("flag"));
        }
        if variable {
            command.env("SNUG_DATA", data("variable"));
        }
        said(&command.output().unwrap()).2
    };
    assert!(looked_for(false, false).contains("/file. "));
    assert!(looked_for(false, true).contains("/variable. "));
    assert!(looked_for(true, true).contains("/flag. "));
}

#[test]
fn o1_the_default_file_is_a_file_that_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("snugd.toml");
    let path = file.to_str().unwrap();
    let (status, out, _) = said(&run(&["config", "--write-default", path]));
    assert_eq!(status, 0);
    assert!(out.contains(path));
    let text = std::fs::read_to_string(&file).unwrap();
    // With every option in force.
    let in_force: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(option) if option.contains(" = ") => format!("{option}\n"),
            _ => "\n".to_owned(),
        })
        .collect();
    std::fs::write(&file, in_force.replace("./snug-data", "/nowhere/at/all")).unwrap();
    let (status, _, error) = said(&run(&["invite", "--config", path]));
    assert_eq!(status, 1, "{error}");
    assert!(error.contains("no data folder /nowhere/at/all"), "{error}");
    let (status, _, error) = said(&run(&["config", "--write-default", path]));
    assert_eq!(status, 1, "an existing file is not overwritten");
    assert!(error.contains(path));
}

#[test]
fn a1_a_roster_is_imported_whole_or_not_and_says_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("roster.csv"));
    let mut running = start(&data, &["--registration", "roster"]);
    running.line();
    let import = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).unwrap();
        let mut arguments = vec!["roster", "import", file.to_str().unwrap(), "--data"];
        arguments.push(data.to_str().unwrap());
        arguments.extend(more);
        said(&run(&arguments))
    };
    let first = "id,display\n19803021,Pranav Gupta\nb7,\"O'Neil, Zoë\"\n";
    let (status, told, error) = import(first, &[]);
    assert_eq!(
        (status, told.starts_with("2 added, 0 changed, 0 removed")),
        (0, true),
        "{told}{error}"
    );
    let second = "19803021,Pranav G.\nno name,X\n";
    let (status, _, error) = import(second, &[]);
    assert_eq!(status, 1);
    assert!(
        error.contains("line 2:") && error.contains("Nothing was imported"),
        "{error}"
    );
    let (status, told, error) = import(second, &["--skip-bad"]);
    assert_eq!(
        (status, told.starts_with("0 added, 1 changed, 1 removed")),
        (0, true),
        "{told}"
    );
    assert!(error.contains("left out: line 2"), "{error}");
    assert_eq!(running.stop(), 0);
    let (status, told, _) = import(second, &["--skip-bad"]);
    assert_eq!((status, told.contains("1 as before")), (0, true), "{told}");
}

#[test]
fn a1_registration_by_code_has_a_code_from_the_first_start_on() {
    let folder = tempfile::tempdir().unwrap();
    let everybody = "For everybody, as often as they like:";
    // Asked to stop only once it listens, it has printed all that it prints.
    let printed = |name: &str, arguments: &[&str]| {
        let mut server = start(&folder.path().join(name), arguments);
        let mut lines = vec![server.line()];
        let pid = Pid::from_child(&server.child);
        kill_process(pid, Signal::TERM).unwrap();
        lines.extend(server.lines.by_ref().map(Result::unwrap));
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
        lines
    };
    let lines = printed("new", &["--registration", "code"]);
    assert_eq!(lines[4], everybody, "{lines:#?}");
    let (_, made) = link_and_code(&lines[5]);
    assert!(made.len() > 26, "{made}");
    let lines = printed(
        "new-too",
        &["--registration", "code", "--access-code", "sesame"],
    );
    assert_eq!(link_and_code(&lines[5]).1, "sesame");

    // Later it is the owner's to change, so what the options say is not told as if it were so.
    std::fs::rename(folder.path().join("new-too"), folder.path().join("old")).unwrap();
    let lines = printed("old", &["--registration", "code", "--access-code", "other"]);
    assert!(!lines.contains(&everybody.to_owned()), "{lines:#?}");
}

#[test]
fn o1_the_help_shows_every_option_and_no_secret_of_the_environment() {
    let mut command = snugd();
    let output = command
        .env("SNUG_ACCESS_CODE", "sesame")
        .arg("--help")
        .output();
    let (status, help, _) = said(&output.unwrap());
    assert_eq!(status, 0);
    assert!(help.contains("--access-code") && help.contains("SNUG_ACCESS_CODE"));
    assert!(!help.contains("sesame"), "{help}");
}

#[test]
fn s8_an_ephemeral_server_leaves_nothing_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = snugd()
        .args(["--profile", "ephemeral"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut server = Running { child, lines };
    assert!(server.line().contains("nothing on disk"));
    server.line();
    link_and_code(&server.line());
    assert!(server.line().contains("shared access code"));
    assert_eq!(server.line(), "For everybody, as often as they like:");
    link_and_code(&server.line());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let (status, _, error) = said(&run(&["invite", "--profile", "ephemeral"]));
    assert_eq!(status, 1);
    assert!(error.contains("from the chat"), "{error}");
    assert_eq!(server.stop(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn running_out_of_files_and_losing_the_log_are_survived() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_snugd"))
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        // Of one whom the door counts, so many are turned away before that.
        .env("SNUG_TRUSTED", "127.0.0.1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let log = BufReader::new(child.stderr.take().unwrap());
    let mut server = Running { child, lines };
    let first = server.line();
    let (_, rest) = first.split_once("listening on ").unwrap();
    let address = rest.split_once(' ').unwrap().0.to_owned();
    // More newcomers than it can have files; the others are closed at once.
    let crowd: Vec<_> = (0..100)
        .map(|_| std::net::TcpStream::connect(&address).unwrap())
        .collect();
    let complaint = log
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains("no more connections can be taken"));
    // From here on nobody reads the log: it is gone, and the server goes on.
    assert!(complaint.is_some());
    drop(crowd);
    // Whoever speaks no TLS is told so: the door is open again.
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut answer = String::new();
    while answer.is_empty() && Instant::now() < deadline {
        // Closed at once as long as the crowd has not quite gone.
        let mut late = std::net::TcpStream::connect(&address).unwrap();
        let _closed = late.write_all(b"NICK ann\r\n");
        let _closed = BufReader::new(late).read_line(&mut answer);
    }
    assert!(answer.contains("TLS only"), "{answer}");
    assert_eq!(server.stop(), 0);
}

#[test]
fn o3_the_doctor_says_of_each_thing_whether_it_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let doctor = |more: &[&str]| {
        let mut command = snugd();
        command.arg("doctor").arg("--data").arg(&data).args(more);
        said(&command.output().unwrap())
    };
    let (status, out, _) = doctor(&[]);
    assert!(status == 1 && out.contains("TO DO   data"), "{out}");
    let mut server = start(&data, &[]);
    server.line();
    let (status, out, err) = doctor(&[]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    for line in [
        "ok      data        ",
        "ok      database    whole\n",
        "ok      clock       ",
        "ok      certificate 1 days old, good until ",
        "ok      port        127.0.0.1:0: ",
        "ok      proxy       people come from addresses of their own\n",
    ] {
        assert!(out.contains(line), "no {line} in {out}");
    }
    assert_eq!(server.stop(), 0);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (status, out, _) = doctor(&["--listen", &taken]);
    assert_eq!(status, 1, "{out}");
    assert!(out.contains("TO DO   data        others"), "{out}");
    assert!(
        out.contains(&format!("TO DO   port        {taken} cannot be used")),
        "{out}"
    );
    assert!(out.contains("ok      proxy       no server runs"), "{out}");
}
