//! The fronts on a whole server in process, and what its log says of those who come.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]
#![expect(
    clippy::indexing_slicing,
    reason = "indexing a JSON value by a name never panics"
)]

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    str::FromStr,
    sync::Arc,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use snug_server::{Options, Running, Server};
use snug_testkit::{
    pinned::parse_fingerprint,
    wire::{Wire, connect_tls},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::{client::TlsStream, rustls};

/// A server in a folder of its own.
async fn server() -> (TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::for_tests(folder.path());
    options.registration = snug_proto::Registration::Open;
    let running = Server::start(options).await.unwrap();
    (folder, running)
}

async fn dial(running: &Running) -> Wire {
    let fingerprint = parse_fingerprint(&running.fingerprint().to_string()).unwrap();
    Wire::connect(running.local_addr(), fingerprint)
        .await
        .unwrap()
}

async fn member(running: &Running, name: &str) -> Wire {
    let mut wire = dial(running).await;
    let who = json!({"name": name, "password": "correct horse"});
    wire.ok("register", who).await.unwrap();
    wire
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o5_a_server_that_stops_answers_tells_its_clients_and_lets_them_go_in_order() {
    let (_folder, running) = server().await;
    let mut ann = member(&running, "ann").await;
    let mut bob = member(&running, "bob").await;
    let mut asked = Vec::new();
    for number in 0..100 {
        let send = json!({"room": "lobby", "body": number.to_string()});
        asked.push(ann.submit("send", send).await.unwrap());
    }
    // The first of them is answered, so all of them are on their way.
    ann.answer(asked[0]).await.unwrap().unwrap();
    let statistics = running.statistics();
    running.stop().await;
    let mut accepted = 1;
    for id in &asked[1..] {
        // Those that came after the stop began are refused, or their connection ended first.
        if let Ok(answer) = ann.answer(*id).await {
            match answer {
                Ok(_) => accepted += 1,
                Err(error) => assert_eq!(error.code, "shutting_down"),
            }
        }
    }
    let mut last = String::new();
    while bob.read().await.is_ok() {}
    let heard = bob.take_events();
    let bodies = heard
        .iter()
        .filter_map(|heard| heard.event["body"].as_str());
    let heard_bodies = bodies.count();
    if let Some(notice) = heard.iter().find(|heard| heard.event["ev"] == "notice") {
        last = notice.event["text"].as_str().unwrap().to_owned();
    }
    assert!(last.contains("stopping"), "{last}");
    assert_eq!(heard_bodies, accepted, "each acknowledged one was heard");
    assert_eq!(statistics.opened(), 2);
    assert_eq!(statistics.closed(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_right_behind_a_sign_in_waits_for_it() {
    let (_folder, running) = server().await;
    member(&running, "ann")
        .await
        .ok("quit", json!({}))
        .await
        .unwrap();
    let mut ann = dial(&running).await;
    let who = json!({"name": "ann", "password": "correct horse"});
    let mut asked = vec![ann.submit("sign_in", who).await.unwrap()];
    for number in 0..200 {
        let send = json!({"room": "lobby", "body": number.to_string()});
        asked.push(ann.submit("send", send).await.unwrap());
    }
    for id in asked {
        ann.answer(id).await.unwrap().unwrap();
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quit_is_answered_before_the_connection_ends_and_others_are_told() {
    let (_folder, running) = server().await;
    let mut ann = member(&running, "ann").await;
    let mut bob = member(&running, "bob").await;
    ann.ok("quit", json!({})).await.unwrap();
    ann.read_to_end().await.unwrap();
    // Before the end of the time that a lost connection has to come back in.
    let gone = |event: &serde_json::Value| event["name"] == "ann" && event["online"] == false;
    bob.event(gone).await.unwrap();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_who_breaks_the_protocol_is_told_each_time_and_dropped_at_last() {
    let (_folder, running) = server().await;
    let mut stranger = dial(&running).await;
    for _ in 0..20 {
        stranger.write(b"{rubbish\n").await.unwrap();
        let error = stranger.nameless_error().await.unwrap();
        assert_eq!(error.code, "bad_json");
    }
    stranger.read_to_end().await.unwrap();
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_irc_and_the_native_wire_share_the_port_and_the_room() {
    let (_folder, running) = server().await;
    let mut ann = member(&running, "ann").await;
    member(&running, "bob")
        .await
        .ok("quit", json!({}))
        .await
        .unwrap();
    let pin = parse_fingerprint(&running.fingerprint().to_string()).unwrap();
    let config = snug_testkit::pinned::client_config(pin, b"irc").unwrap();
    let stream = connect_tls(running.local_addr(), config).await.unwrap();
    let mut irc = BufReader::new(stream);
    let hello = b"PASS :correct horse\r\nNICK bob\r\nUSER bob 0 * :bob\r\n";
    irc.get_mut().write_all(hello).await.unwrap();
    let mut wait_for = async |words: &str| {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(irc.read_line(&mut line).await.unwrap(), 0, "no {words}");
        }
        line
    };
    wait_for(" 422 ").await;
    let send = json!({"room": "lobby", "body": "to both"});
    ann.ok("send", send).await.unwrap();
    assert!(wait_for("PRIVMSG #lobby").await.contains("to both"));
    irc.get_mut()
        .write_all(b"PRIVMSG #lobby :and back\r\nQUIT\r\n")
        .await
        .unwrap();
    let back = ann.event(|event| event["from"] == "bob").await.unwrap();
    assert_eq!(back["body"], "and back");
    let mut rest = Vec::new();
    irc.read_to_end(&mut rest).await.unwrap();
    running.stop().await;
}

/// An IRC client over TLS, which may have a certificate of its own.
struct Irc(BufReader<TlsStream<TcpStream>>);

impl Irc {
    async fn connect(running: &Running) -> Self {
        let pin = parse_fingerprint(&running.fingerprint().to_string()).unwrap();
        let config = snug_testkit::pinned::client_config(pin, b"irc").unwrap();
        Self::connect_with(running, &config).await
    }

    async fn connect_with(running: &Running, config: &Arc<rustls::ClientConfig>) -> Self {
        let stream = connect_tls(running.local_addr(), Arc::clone(config));
        Self(BufReader::new(stream.await.unwrap()))
    }

    async fn say(&mut self, line: &str) {
        let line = format!("{line}\r\n");
        self.0.get_mut().write_all(line.as_bytes()).await.unwrap();
    }

    /// The next line in which this stands.
    async fn line_with(&mut self, words: &str) -> String {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let read = self.0.read_line(&mut line).await.unwrap();
            assert_ne!(read, 0, "no {words}");
        }
        line.trim_end().to_owned()
    }

    /// Says this and gives what comes with these words.
    async fn ask(&mut self, line: &str, words: &str) -> String {
        self.say(line).await;
        self.line_with(words).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_an_irc_client_that_asks_without_end_is_read_more_slowly_and_answered_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::for_tests(folder.path());
    options.registration = snug_proto::Registration::Open;
    options.messages_per_second = 4;
    let running = Server::start(options).await.unwrap();
    drop(member(&running, "bob").await);
    let mut bob = Irc::connect(&running).await;
    bob.say("PASS :correct horse").await;
    bob.ask("NICK bob\r\nUSER bob 0 * :bob", " 422 ").await;
    let begun = std::time::Instant::now();
    bob.say(&["FLY"; 600].join("\r\n")).await;
    for _ in 0..600 {
        bob.line_with(" 421 ").await;
    }
    // Five hundred at once, and then one each twenty milliseconds.
    assert!(begun.elapsed() >= std::time::Duration::from_millis(1_900));
    bob.ask("PING :still", "PONG").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_a_certificate_signs_in_by_sasl_external_until_it_is_revoked() {
    let (_folder, running) = server().await;
    let mut ann = member(&running, "ann").await;
    let pin = parse_fingerprint(&running.fingerprint().to_string()).unwrap();
    let with_own = || snug_testkit::pinned::client_with_certificate(pin, b"irc").unwrap();
    let (own, certificate) = with_own();
    let mut irc = Irc::connect_with(&running, &own).await;
    let listed = irc.ask("CAP LS 302", "sasl=").await;
    assert!(listed.contains("EXTERNAL"), "{listed}");
    irc.ask("AUTHENTICATE EXTERNAL", "AUTHENTICATE +").await;
    irc.ask("AUTHENTICATE +", " 904 ").await;
    let hex: Vec<String> = certificate
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    let certificate = hex.join(":");
    let add = json!({"label": "laptop", "certificate": certificate});
    ann.ok("add_certificate", add.clone()).await.unwrap();
    assert_eq!(
        ann.code("add_certificate", add).await.unwrap(),
        "name_taken"
    );
    // Everybody may know a fingerprint: one that was only said lets in who names the account, and takes it from nobody.
    let mut bob = member(&running, "bob").await;
    let stolen = json!({"label": "hers", "certificate": certificate});
    bob.ok("add_certificate", stolen).await.unwrap();
    let external = async |who: &str, answer: &str| {
        let mut irc = Irc::connect_with(&running, &own).await;
        irc.ask("AUTHENTICATE EXTERNAL", "AUTHENTICATE +").await;
        irc.ask(&format!("AUTHENTICATE {who}"), answer).await;
        irc
    };
    external("+", "have your client name your account").await;
    external("Y2F0", "Add it there: ").await;
    external("Ym9i", " bob :You are now").await;
    external("+", " bob :You are now").await;
    let hers = json!({"token": "hers"});
    bob.ok("revoke_token", hers.clone()).await.unwrap();
    // Who holds its key names the account once. Where it lets somebody in by itself already, it goes on to want the name.
    external("+", " 904 ").await;
    external("YW5u", " ann :You are now").await;
    external("+", " ann :You are now").await;
    let again = json!({"label": "hers", "certificate": certificate});
    bob.ok("add_certificate", again).await.unwrap();
    external("Ym9i", " bob :You are now").await;
    external("+", " ann :You are now").await;
    // So does one that was connected with, from the start.
    ann.ok("revoke_token", json!({"token": "laptop"}))
        .await
        .unwrap();
    let mut irc = Irc::connect_with(&running, &own).await;
    irc.say("PASS :ann:correct horse\r\nNICK ann\r\nUSER ann 0 * :ann")
        .await;
    irc.line_with(" 001 ").await;
    irc.ask("PRIVMSG NickServ :CERT ADD laptop", "signs you in")
        .await;
    external("+", " ann :You are now").await;
    external("YW5u", " ann :You are now").await;
    external("Ym9i", " bob :You are now").await;
    // Who knows a certificate does not hold its key; without one there is nothing to sign in by.
    let (other, _) = with_own();
    let mut stranger = Irc::connect_with(&running, &other).await;
    stranger
        .ask("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
        .await;
    stranger.ask("AUTHENTICATE +", " 904 ").await;
    let mut without = Irc::connect(&running).await;
    let listed = without.ask("CAP LS 302", "sasl=").await;
    assert!(!listed.contains("EXTERNAL"), "{listed}");
    assert!(
        without
            .ask("AUTHENTICATE EXTERNAL", " 908 ")
            .await
            .contains("PLAIN")
    );
    ann.ok("revoke_token", json!({"token": "laptop"}))
        .await
        .unwrap();
    let mut late = Irc::connect_with(&running, &own).await;
    late.ask("AUTHENTICATE EXTERNAL", "AUTHENTICATE +").await;
    late.ask("AUTHENTICATE +", " 904 ").await;
    running.stop().await;
}

/// SCRAM-SHA-256 from the client's side, for this password: the last line of the server.
async fn scram(irc: &mut Irc, name: &str, password: &str) -> String {
    use data_encoding::BASE64;
    let said = |line: String| {
        let encoded = line.rsplit(' ').next().unwrap().to_owned();
        String::from_utf8(BASE64.decode(encoded.as_bytes()).unwrap()).unwrap()
    };
    irc.ask("AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE +")
        .await;
    let bare = format!("n={name},r=abcdefgh");
    let first = BASE64.encode(format!("n,,{bare}").as_bytes());
    let server = said(
        irc.ask(&format!("AUTHENTICATE {first}"), "AUTHENTICATE ")
            .await,
    );
    let (without_proof, proof, expected) = snug_testkit::scram::prove(&bare, &server, password);
    let last = BASE64.encode(format!("{without_proof},p={proof}").as_bytes());
    let answer = irc.ask(&format!("AUTHENTICATE {last}"), " ").await;
    if !answer.starts_with("AUTHENTICATE ") {
        return answer;
    }
    assert_eq!(said(answer), format!("v={expected}"));
    irc.say("AUTHENTICATE +").await;
    irc.line_with(" 90").await;
    irc.line_with(" 90").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_scram_signs_in_who_asked_for_it_and_answers_everybody_else_alike() {
    let (_folder, running) = server().await;
    let mut ann = member(&running, "ann").await;
    member(&running, "bob").await;
    let mut irc = Irc::connect(&running).await;
    for name in ["ann", "bob", "nobody"] {
        let answer = scram(&mut irc, name, "correct horse").await;
        assert!(
            answer.contains(" 904 * :SASL authentication failed: The name"),
            "{answer}"
        );
    }
    let wrong = json!({"password": "wrong horse"});
    let refused = ann.code("set_scram", wrong).await.unwrap();
    assert_eq!(refused, "bad_credentials");
    let right = json!({"password": "correct horse"});
    ann.ok("set_scram", right).await.unwrap();
    let answer = scram(&mut irc, "ann", "wrong horse").await;
    assert!(answer.contains(" 904 "), "{answer}");
    let answer = scram(&mut irc, "ann", "correct horse").await;
    assert!(answer.contains(" 903 "), "{answer}");
    // A new password voids it.
    let change = json!({"old": "correct horse", "new": "correct battery"});
    ann.ok("change_password", change).await.unwrap();
    for password in ["correct horse", "correct battery"] {
        let mut irc = Irc::connect(&running).await;
        let answer = scram(&mut irc, "ann", password).await;
        assert!(answer.contains(" 904 "), "{answer}");
    }
    running.stop().await;
}

/// Comes in by a nick alone, on a connection of its own.
async fn guest(running: &Running, nick: &str) -> Irc {
    let mut irc = Irc::connect(running).await;
    irc.say(&format!("NICK {nick}")).await;
    irc.say("USER g 0 * :g").await;
    irc.line_with(" 001 ").await;
    irc.line_with(" 366 ").await;
    irc
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_a_guest_registers_and_signs_in_as_others_without_losing_its_connection() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::for_tests(folder.path());
    options.registration = snug_proto::Registration::Open;
    options.guests = snug_proto::GuestPolicy::On;
    let running = Server::start(options).await.unwrap();
    member(&running, "ann").await;
    let mut ann = Irc::connect(&running).await;
    ann.say("CAP REQ account-notify\r\nPASS :ann:correct horse\r\nNICK ann\r\nUSER a 0 * :a")
        .await;
    ann.ask("CAP END", " 366 ").await;
    let mut gus = guest(&running, "gus").await;
    ann.line_with(":gus!").await;
    gus.ask("JOIN #den", " 366 gus #den ").await;
    let created = gus.ask("NS REGISTER correct-horse", " NOTICE ").await;
    assert!(
        created.ends_with(" NOTICE gus :Account created"),
        "{created}"
    );
    ann.line_with(" ACCOUNT gus").await;
    // It is the same one: in its room still, and its name is an account's.
    gus.ask("PRIVMSG #den :still here", "").await;
    let names = gus.ask("NAMES #den", " 353 ").await;
    assert!(names.contains("gus"), "{names}");
    gus.ask("QUIT", "ERROR").await;
    let mut again = Irc::connect(&running).await;
    again
        .say("PASS gus:correct-horse\r\nNICK gus\r\nUSER g 0 * :g")
        .await;
    again.ask("PING x", " 001 ").await;
    // Nobody registers a name that a guest has (draft/account-registration).
    let _root = guest(&running, "root").await;
    let mut other = Irc::connect(&running).await;
    other.say("NICK root").await;
    other
        .ask(
            "REGISTER * * correct-horse",
            " FAIL REGISTER USERNAME_EXISTS root ",
        )
        .await;
    other
        .ask(
            "REGISTER ann * correct-horse",
            " FAIL REGISTER ACCOUNT_EXISTS ann ",
        )
        .await;
    // A guest who says the wrong password stays a guest; with the right one it is the other.
    let mut guest = guest(&running, "visitor").await;
    guest.ask("NS IDENTIFY ann wrong-horse", " NOTICE ").await;
    guest.ask("AUTHENTICATE PLAIN", "AUTHENTICATE +").await;
    let secret = data_encoding::BASE64.encode(b"\0ann\0correct horse");
    guest
        .ask(&format!("AUTHENTICATE {secret}"), " 900 visitor ")
        .await;
    let next = guest.line_with(" ").await;
    assert!(next.contains(" 903 visitor "), "{next}");
    guest.line_with(":visitor!").await;
    guest.line_with(" NICK ann").await;
    guest.line_with(" JOIN #lobby").await;
    // And once more, as somebody else (sasl 3.2).
    guest.ask("AUTHENTICATE PLAIN", "AUTHENTICATE +").await;
    let secret = data_encoding::BASE64.encode(b"\0gus\0correct-horse");
    guest
        .ask(&format!("AUTHENTICATE {secret}"), " 903 ann ")
        .await;
    guest.line_with(" NICK gus").await;
    guest
        .ask("PRIVMSG gus :to myself", "PRIVMSG gus :to myself")
        .await;
    let failed = guest.ask("REGISTER * * correct-horse", " FAIL ").await;
    assert!(
        failed.contains(" FAIL REGISTER ALREADY_AUTHENTICATED gus "),
        "{failed}"
    );
    running.stop().await;
}

/// Starts `snugd` with this profile, lets somebody in who says what must not be logged, and gives the log.
async fn log_of(profile: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_snugd"))
        // Not the address that clients come from.
        .args(["--listen", "127.0.0.2:0", "--profile", profile])
        .args([
            "--log",
            "json",
            "--log-level",
            "trace,rustls=off,mio=off,polling=off",
        ])
        .args(["--cheap-passwords-for-tests", "--data"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("snug join") {
        line.clear();
        std::io::BufRead::read_line(&mut out, &mut line).unwrap();
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let (place, pin) = words[2].split_once("/#").unwrap();
    let port = place.rsplit_once(':').unwrap().1;
    let address = SocketAddr::from_str(&format!("127.0.0.2:{port}")).unwrap();
    let mut wire = Wire::connect(address, parse_fingerprint(pin).unwrap())
        .await
        .unwrap();
    let wrong = json!({"name": "ann", "password": "wrong horse"});
    assert_eq!(
        wire.code("sign_in", wrong).await.unwrap(),
        "bad_credentials"
    );
    let who = json!({"name": "ann", "password": "correct horse", "code": words[4]});
    let token = wire.ok("register", who).await.unwrap()["session"].clone();
    let send = json!({"room": "lobby", "body": "battery staple"});
    wire.ok("send", send).await.unwrap();
    wire.ok("quit", json!({})).await.unwrap();
    wire.read_to_end().await.unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    let token = token.as_str().unwrap();
    for secret in [
        "correct horse",
        "wrong horse",
        "battery staple",
        words[4],
        token,
    ] {
        assert!(!log.contains(secret), "{secret} in:\n{log}");
    }
    for line in log.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
    }
    assert!(
        log.contains("\"connected\"") && log.contains("\"disconnected\""),
        "{log}"
    );
    log
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o2_the_log_holds_no_secrets_and_addresses_only_as_the_profile_allows() {
    assert!(log_of("community").await.contains("127.0.0.1"));
    let private = log_of("private").await;
    assert!(!private.contains("127.0.0.1"), "{private}");
    let hashes: std::collections::BTreeSet<&str> = private
        .split("\"peer.address\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(hashes.iter().all(|hash| hash.len() == 16), "{hashes:?}");
    let ephemeral = log_of("ephemeral").await;
    assert!(!ephemeral.contains("127.0.0.1"), "{ephemeral}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn m4_bans_go_to_the_firewall_with_who_is_past_them_beside_a_server_and_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = Options::for_tests(folder.path());
    options.operator = Some(("ann".into(), "correct horse".into()));
    let running = Server::start(options).await.unwrap();
    let mut ann = dial(&running).await;
    let who = json!({"name": "ann", "password": "correct horse"});
    ann.ok("sign_in", who).await.unwrap();
    let ban = json!({"address": "203.0.113.0/24", "for_s": 7200});
    ann.ok("server_ban", ban).await.unwrap();
    let ban = json!({"address": "203.0.113.9", "for_s": 86_400});
    ann.ok("server_ban", ban).await.unwrap();
    let allow = json!({"address": "203.0.113.7"});
    ann.ok("allow", allow).await.unwrap();
    let told = || {
        let mut snugd = Command::new(env!("CARGO_BIN_EXE_snugd"));
        let told = snugd.args(["bans", "--nft", "--data"]).arg(folder.path());
        let told = told.output().unwrap();
        assert!(told.status.success(), "{told:?}");
        String::from_utf8(told.stdout).unwrap()
    };
    for text in [told(), {
        running.stop().await;
        told()
    }] {
        for element in [
            "elements = { 203.0.113.0/24 timeout 7",
            "elements = { 203.0.113.9 timeout 8",
            "elements = { 203.0.113.7 }",
        ] {
            assert!(text.contains(element), "{element} in {text}");
        }
    }
}
