//! What IRC clients do with words, on the raw wire of the real server: a test a specification, which it
//! names.

mod crossing;
mod history;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use snug_testkit::{
    driver::{NativePerson, PASSWORD, Person},
    pinned::client_config,
    server::TestServer,
    wire::{PATIENCE, connect_tls},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

/// What most of these clients ask for.
const CAPS: &str = "message-tags server-time echo-message batch labeled-response";

/// A raw IRC connection.
struct Raw {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
    pings: u64,
}

/// A line taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    tags: BTreeMap<String, String>,
    from: String,
    command: String,
    params: Vec<String>,
}

impl Line {
    fn parse(text: &str) -> Self {
        let (tags, rest) = match text.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').unwrap_or((tagged, "")),
            None => ("", text),
        };
        let pair = |tag: &str| {
            let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
            let value = value.replace("\\:", ";").replace("\\s", " ");
            (key.to_owned(), value)
        };
        let tags = tags.split(';').filter(|tag| !tag.is_empty()).map(pair);
        let (from, rest) = match rest.strip_prefix(':') {
            Some(sourced) => sourced.split_once(' ').unwrap_or((sourced, "")),
            None => ("", rest),
        };
        let (words, trailing) = match rest.split_once(" :") {
            Some((words, trailing)) => (words, Some(trailing.to_owned())),
            None => (rest, None),
        };
        let mut words = words.split(' ').map(str::to_owned);
        let command = words.next().unwrap_or_default();
        Self {
            tags: tags.collect(),
            from: from.to_owned(),
            command,
            params: words.chain(trailing).collect(),
        }
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    fn is(&self, command: &str, params: &[&str]) -> bool {
        self.command == command && self.params == params
    }
}

impl Raw {
    async fn sign_in(server: &TestServer, name: &str, caps: &str) -> Result<Self> {
        let config = client_config(server.fingerprint, b"irc")?;
        let mut raw = Self {
            stream: connect_tls(server.address, config).await?,
            buffer: Vec::new(),
            pings: 0,
        };
        let credentials = BASE64.encode(format!("\0{name}\0{PASSWORD}").as_bytes());
        raw.send(&format!(
            "CAP REQ :sasl {caps}\r\nNICK {name}\r\nUSER u 0 * :u\r\nAUTHENTICATE PLAIN\r\n\
             AUTHENTICATE {credentials}\r\nCAP END"
        ))
        .await?;
        let came = raw.heard().await?;
        let welcomed = came.iter().any(|line| line.command == "001");
        ensure!(welcomed, "{came:#?}");
        raw.heard().await?;
        Ok(raw)
    }

    /// A guest, who is known by a name alone.
    async fn guest(server: &TestServer, name: &str, caps: &str) -> Result<Self> {
        let config = client_config(server.fingerprint, b"irc")?;
        let mut raw = Self {
            stream: connect_tls(server.address, config).await?,
            buffer: Vec::new(),
            pings: 0,
        };
        raw.send(&format!(
            "CAP REQ :{caps}\r\nNICK {name}\r\nUSER u 0 * :u\r\nCAP END"
        ))
        .await?;
        let came = raw.heard().await?;
        let welcomed = came.iter().any(|line| line.command == "001");
        ensure!(welcomed, "{came:#?}");
        raw.heard().await?;
        Ok(raw)
    }

    async fn newcomer(server: &TestServer, name: &str, caps: &str) -> Result<Self> {
        server.add_account(name, PASSWORD).await?;
        Self::sign_in(server, name, caps).await
    }

    async fn send(&mut self, line: &str) -> Result<()> {
        let line = format!("{line}\r\n");
        timeout(PATIENCE, self.stream.write_all(line.as_bytes())).await??;
        timeout(PATIENCE, self.stream.flush()).await??;
        Ok(())
    }

    /// Sends a line and gives all that came until it was carried out.
    async fn tell(&mut self, line: &str) -> Result<Vec<Line>> {
        self.send(line).await?;
        self.heard().await
    }

    /// All that came until now.
    async fn heard(&mut self) -> Result<Vec<Line>> {
        self.pings += 1;
        let token = format!("done{}", self.pings);
        self.send(&format!("PING {token}")).await?;
        let mut came = Vec::new();
        loop {
            while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                let line = Line::parse(std::str::from_utf8(&line)?.trim_end_matches(['\r', '\n']));
                if line.command == "PONG" && line.params.contains(&token) {
                    return Ok(came);
                }
                came.push(line);
            }
            let reading = self.stream.read_buf(&mut self.buffer);
            let read = timeout(PATIENCE, reading).await.context("no line came")??;
            ensure!(read > 0, "the server closed after {came:#?}");
        }
    }

    /// The one line that a line brings.
    async fn one(&mut self, line: &str) -> Result<Line> {
        one(self.tell(line).await?)
    }

    async fn heard_one(&mut self) -> Result<Line> {
        one(self.heard().await?)
    }
}

fn one(mut lines: Vec<Line>) -> Result<Line> {
    // Who comes to the lobby is told at any moment.
    lines.retain(|line| line.params.first().is_none_or(|to| to != "#lobby"));
    ensure!(lines.len() == 1, "not one line: {lines:#?}");
    lines.pop().context("none")
}

/// What a batch of this kind holds, its own two lines taken off; its label with it.
fn batch(lines: &[Line], kind: &str) -> Result<(Line, Vec<Line>)> {
    // Who comes to the lobby is told at any moment, outside of any batch.
    let comes = |line: &Line| line.tag("batch").is_none() && line.command == "JOIN";
    let lines: Vec<Line> = lines.iter().filter(|line| !comes(line)).cloned().collect();
    let [first, inner @ .., last] = &lines[..] else {
        anyhow::bail!("no batch: {lines:#?}");
    };
    ensure!(
        first.command == "BATCH" && first.params[1] == kind,
        "{lines:#?}"
    );
    let name = first.params[0].trim_start_matches('+');
    ensure!(last.is("BATCH", &[&format!("-{name}")]), "{lines:#?}");
    let within = |line: &&Line| line.tag("batch") == Some(name);
    let direct: Vec<Line> = inner.iter().filter(within).cloned().collect();
    ensure!(
        inner
            .iter()
            .all(|line| line.tag("batch").is_some() || line.command == "BATCH"),
        "{lines:#?}"
    );
    Ok((first.clone(), direct))
}

/// A server, and these people in the room den, the first its founder.
async fn den(people: &[(&str, &str)]) -> Result<(TestServer, Vec<Raw>)> {
    let server = TestServer::open_to_all().await?;
    let mut raws = Vec::new();
    for (name, caps) in people {
        let mut raw = Raw::newcomer(&server, name, caps).await?;
        raw.tell("JOIN #den").await?;
        raws.push(raw);
    }
    for raw in &mut raws {
        raw.heard().await?;
    }
    Ok((server, raws))
}

/// `IRCv3` message-tags, message-ids: client tags reach those who know tags, with one id; the others get the
/// words alone; TAGMSG without words reaches nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_client_tags_are_passed_on_to_those_who_know_tags() -> Result<()> {
    let (server, mut people) = den(&[
        ("ann", "message-tags"),
        ("bob", "message-tags echo-message"),
        ("cat", ""),
        ("dan", "server-time"),
    ])
    .await?;
    let [ann, bob, cat, dan] = people.as_mut_slice() else {
        unreachable!()
    };
    assert!(
        ann.tell("@+baz=bat;fizz=buzz PRIVMSG #den hi")
            .await?
            .is_empty()
    );
    let heard = bob.heard_one().await?;
    assert!(heard.is("PRIVMSG", &["#den", "hi"]), "{heard:?}");
    assert_eq!((heard.tag("+baz"), heard.tag("fizz")), (Some("bat"), None));
    assert!(heard.tag("msgid").is_some());
    assert!(cat.heard_one().await?.tags.is_empty());
    let heard = dan.heard_one().await?;
    assert_eq!(heard.tags.keys().collect::<Vec<_>>(), ["time"]);

    let echo = bob
        .one(r"@+buzz=fizz\:buzz;cat=dog;+steel=wootz TAGMSG #den")
        .await?;
    let heard = ann.heard_one().await?;
    for line in [&echo, &heard] {
        assert!(line.is("TAGMSG", &["#den"]), "{line:?}");
        assert_eq!(line.tag("+buzz"), Some("fizz;buzz"));
        assert_eq!((line.tag("+steel"), line.tag("cat")), (Some("wootz"), None));
    }
    assert!(echo.tag("msgid").is_some() && echo.tag("msgid") == heard.tag("msgid"));
    for raw in [cat, dan] {
        assert!(raw.heard().await?.is_empty());
    }

    // As much as a client may send, and one byte more ("Size limit").
    let long = "a".repeat(4081);
    let echo = bob
        .one(&format!("@foo=bar;+baz={long} TAGMSG #den"))
        .await?;
    assert_eq!(echo.tag("+baz"), Some(long.as_str()));
    assert_eq!(ann.heard_one().await?.tag("+baz"), Some(long.as_str()));
    // As many words as fit into one line of the reader's, and one more (RFC 2812 §2.3).
    let words = "b".repeat(512 - ":bob!u@aaaaaaaaaaaaa.cloak PRIVMSG #den :\r\n".len());
    let echo = bob
        .one(&format!("@foo=bar;+baz={long} PRIVMSG #den {words}"))
        .await?;
    assert_eq!(echo.tag("+baz"), Some(long.as_str()), "{echo:#?}");
    assert_eq!(echo.params[1], words);
    let refused = bob.one(&format!("PRIVMSG #den b{words}")).await?;
    assert_eq!(refused.command, "417");
    let refused = bob
        .one(&format!("@foo=bar;+baz=a{long} TAGMSG #den"))
        .await?;
    assert_eq!(refused.command, "417");
    server.stop().await
}

/// `IRCv3` labeled-response: one line has the label, several stand in a batch that has it, none is an ACK;
/// to oneself the echo has it and the delivery has not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_what_a_labeled_line_brings_is_one_response() -> Result<()> {
    let caps = "echo-message batch labeled-response";
    let (server, mut people) = den(&[("ann", caps), ("bob", caps), ("cat", caps)]).await?;
    let [ann, bob, cat] = people.as_mut_slice() else {
        unreachable!()
    };
    let pong = ann.tell("@label=l1 PING x").await?;
    assert!(pong[0].command == "PONG" && pong[0].tag("label") == Some("l1"));
    let ack = ann.one("@label=l2 PONG x").await?;
    assert!(ack.is("ACK", &[]) && ack.tag("label") == Some("l2"));
    let no = ann.one("@label=l3 NOSUCH").await?;
    assert!(no.command == "421" && no.tag("label") == Some("l3"));
    let no = ann.one("@label=l4 PRIVMSG nobody :hi").await?;
    assert!(
        no.command == "401" && no.tag("label") == Some("l4"),
        "{no:?}"
    );

    for (line, command) in [
        ("PRIVMSG #den :hi", "PRIVMSG"),
        ("NOTICE bob :hi", "NOTICE"),
    ] {
        let echo = ann.one(&format!("@label=l5 {line}")).await?;
        assert!(echo.command == command && echo.tag("label") == Some("l5"));
        let heard = bob.heard_one().await?;
        assert!(
            heard.command == command && heard.tags.is_empty(),
            "{heard:?}"
        );
    }
    cat.heard().await?;
    let lines = ann.tell("@label=l6 PRIVMSG bob,cat :both").await?;
    let (first, inner) = batch(&lines, "labeled-response")?;
    assert_eq!((first.tag("label"), inner.len()), (Some("l6"), 2));
    let lines = ann.tell("@label=l7 JOIN #attic").await?;
    let (first, inner) = batch(&lines, "labeled-response")?;
    assert_eq!(first.tag("label"), Some("l7"));
    assert!(inner[0].command == "JOIN" && inner.len() >= 3);

    let lines = ann.tell("@label=l8 PRIVMSG ann :note").await?;
    let labels: Vec<_> = lines.iter().map(|line| line.tag("label")).collect();
    assert_eq!(labels, [Some("l8"), None], "{lines:#?}");
    assert!(
        lines
            .iter()
            .all(|line| line.is("PRIVMSG", &["ann", "note"]))
    );

    // Another client of the same account is not answered, and what it says is not the answer here.
    let mut other = Raw::sign_in(&server, "ann", caps).await?;
    other.send("PRIVMSG #den :from elsewhere").await?;
    let lines = ann.tell("@label=l9 PRIVMSG #den :from here").await?;
    let labeled: Vec<_> = lines
        .iter()
        .filter(|line| line.tag("label").is_some())
        .collect();
    assert!(
        labeled.len() == 1 && labeled[0].params[1] == "from here",
        "{lines:#?}"
    );
    let lines = other.heard().await?;
    assert!(lines.iter().all(|line| line.tags.is_empty()));
    server.stop().await
}

/// `IRCv3` echo-message, RFC 2812 §3.3: empty words, unknown targets, notices never answered, too many.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_words_that_cannot_be_said_are_answered_by_their_numerics() -> Result<()> {
    let (server, mut people) = den(&[("ann", ""), ("bob", "")]).await?;
    let [ann, bob] = people.as_mut_slice() else {
        unreachable!()
    };
    for (line, numeric) in [
        ("PRIVMSG #den :", "412"),
        ("PRIVMSG #den", "412"),
        ("PRIVMSG", "411"),
        ("PRIVMSG #nowhere :x", "403"),
        ("PRIVMSG nobody :x", "401"),
        ("PRIVMSG a,b,c,d,e,f,g :x", "407"),
    ] {
        assert_eq!(ann.one(line).await?.command, numeric, "{line}");
    }
    for line in [
        "NOTICE #nowhere :x",
        "NOTICE nobody :x",
        "NOTICE #den :",
        "NOTICE",
    ] {
        assert!(ann.tell(line).await?.is_empty(), "{line}");
    }
    assert!(bob.heard().await?.is_empty());
    // CTCP is between clients; an action is words.
    ann.tell("PRIVMSG bob :\u{1}VERSION\u{1}\r\nNOTICE bob :\u{1}VERSION x\u{1}")
        .await?;
    ann.tell("PRIVMSG #den :\u{1}ACTION waves\u{1}").await?;
    let heard = bob.heard().await?;
    assert!(
        heard[0].is("PRIVMSG", &["bob", "\u{1}VERSION\u{1}"]),
        "{heard:#?}"
    );
    assert!(heard[1].is("NOTICE", &["bob", "\u{1}VERSION x\u{1}"]));
    assert!(heard[2].is("PRIVMSG", &["#den", "\u{1}ACTION waves\u{1}"]));
    // IRCv3 utf8-only.
    ann.stream.write_all(b"PRIVMSG bob hi\xaa\r\n").await?;
    let refused = ann.heard_one().await?;
    assert!(refused.command == "FAIL" && refused.params[..2] == ["PRIVMSG", "INVALID_UTF8"]);
    server.stop().await
}

/// `IRCv3` multiline: batches in and out, the lines kept as they were cut, a fallback line by line, limits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k5_a_message_of_several_lines_goes_both_ways() -> Result<()> {
    let multi = format!("{CAPS} draft/multiline");
    let (server, mut people) = den(&[("ann", &multi), ("bob", &multi), ("cat", CAPS)]).await?;
    let mut native = NativePerson::newcomer(&server, "nat").await?.wire;
    native
        .ok("join", serde_json::json!({"room": "den"}))
        .await?;
    let [ann, bob, cat] = people.as_mut_slice() else {
        unreachable!()
    };
    for raw in [&mut *ann, &mut *bob, &mut *cat] {
        raw.heard().await?;
    }
    let lines = "@label=xyz;+own=tag BATCH +123 draft/multiline #den\r\n\
                 @batch=123 PRIVMSG #den hello\r\n@batch=123 PRIVMSG #den :\r\n\
                 @batch=123 PRIVMSG #DEN :#how is \r\n\
                 @batch=123;draft/multiline-concat PRIVMSG #den :everyone?\r\nBATCH -123";
    let echo = ann.tell(lines).await?;
    let (first, inner) = batch(&echo, "draft/multiline")?;
    assert_eq!(
        (first.tag("label"), first.params[2].as_str()),
        (Some("xyz"), "#den")
    );
    let id = first.tag("msgid").context("no id")?.to_owned();
    let time = first.tag("time").context("no time")?.to_owned();
    let check = |inner: &[Line]| {
        let words: Vec<_> = inner.iter().map(|line| line.params[1].clone()).collect();
        assert_eq!(words, ["hello", "", "#how is ", "everyone?"]);
        assert!(
            inner
                .iter()
                .all(|line| line.tag("msgid").is_none() && line.tag("time").is_none())
        );
        let joined = |line: &Line| line.tags.contains_key("draft/multiline-concat");
        assert_eq!(
            inner.iter().map(joined).collect::<Vec<_>>(),
            [false, false, false, true]
        );
    };
    check(&inner);
    let relay = bob.heard().await?;
    let (first, inner) = batch(&relay, "draft/multiline")?;
    assert_eq!(
        (first.tag("msgid"), first.tag("label")),
        (Some(id.as_str()), None)
    );
    assert_eq!(first.tag("+own"), Some("tag"));
    check(&inner);
    let fallback = cat.heard().await?;
    let words: Vec<_> = fallback.iter().map(|line| line.params[1].clone()).collect();
    assert_eq!(words, ["hello", "#how is ", "everyone?"]);
    let ids: Vec<_> = fallback.iter().map(|line| line.tag("msgid")).collect();
    assert_eq!(ids, [Some(id.as_str()), None, None]);
    assert!(
        fallback
            .iter()
            .all(|line| line.tag("time") == Some(&time) && line.tag("+own") == Some("tag"))
    );
    let heard = native.event_named("message").await?;
    assert_eq!(heard["body"], "hello\n\n#how is everyone?");

    for (lines, code) in [
        ("@batch=231 PRIVMSG #den :hi", "MULTILINE_INVALID"),
        (
            "@batch=1 PRIVMSG #den :hi\r\n@batch=1;draft/multiline-concat PRIVMSG #den :",
            "MULTILINE_INVALID",
        ),
        ("@batch=1 PRIVMSG #other :hi", "MULTILINE_INVALID_TARGET"),
        ("BATCH -1", "MULTILINE_INVALID"),
        ("@batch=1 PRIVMSG #den :\r\nBATCH -1", "MULTILINE_INVALID"),
    ] {
        let refused = ann
            .one(&format!("BATCH +1 draft/multiline #den\r\n{lines}"))
            .await?;
        assert_eq!(
            (refused.command.as_str(), refused.params[1].as_str()),
            ("FAIL", code)
        );
        ann.tell("@batch=1 PRIVMSG #den :x\r\nBATCH -1").await?;
    }
    let many = "@batch=1 PRIVMSG #den hi\r\n".repeat(33);
    let refused = ann
        .one(&format!("BATCH +1 draft/multiline #den\r\n{many}BATCH -1"))
        .await?;
    assert_eq!(refused.params[1..3], ["MULTILINE_MAX_LINES", "32"]);
    let long = format!("@batch=1 PRIVMSG #den {}\r\n", "x".repeat(400)).repeat(11);
    let refused = ann
        .one(&format!("BATCH +1 draft/multiline #den\r\n{long}BATCH -1"))
        .await?;
    assert_eq!(refused.params[1..3], ["MULTILINE_MAX_BYTES", "4096"]);
    assert!(
        bob.heard().await?.is_empty(),
        "nothing of what was refused was said"
    );
    server.stop().await
}

/// What guests do with words is what everybody does, in rooms that keep nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a9_guests_have_tags_history_redaction_and_markers_too() -> Result<()> {
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.guests = snug_proto::GuestPolicy::On;
    });
    let server = server.await?;
    let caps = &format!(
        "{CAPS} draft/chathistory draft/message-redaction draft/read-marker draft/multiline"
    );
    let mut ann = Raw::guest(&server, "ann", caps).await?;
    let mut bob = Raw::guest(&server, "bob", caps).await?;
    ann.tell("JOIN #den").await?;
    bob.tell("JOIN #den").await?;
    ann.heard().await?;
    for target in ["#den", "bob"] {
        bob.heard().await?;
        let echo = ann
            .one(&format!("@label=x;+a=b PRIVMSG {target} :hi"))
            .await?;
        assert_eq!((echo.tag("label"), echo.tag("+a")), (Some("x"), Some("b")));
        let id = echo.tag("msgid").context("no id")?.to_owned();
        let heard = bob.heard_one().await?;
        assert_eq!(heard.tag("msgid"), Some(id.as_str()));
        let echo = ann.one(&format!("@+a=b TAGMSG {target}")).await?;
        assert_eq!(bob.heard_one().await?.tag("msgid"), echo.tag("msgid"));
        let asked = format!("LATEST {target} * 10");
        assert_eq!(history(&mut ann, &asked, target).await?.len(), 1);
        let echo = ann.one(&format!("REDACT {target} {id}")).await?;
        assert!(echo.is("REDACT", &[target, &id]), "{echo:?}");
        assert!(bob.heard_one().await?.is("REDACT", &[target, &id]));
        assert!(history(&mut ann, &asked, target).await?.is_empty());
        let past = "timestamp=2019-01-04T14:33:26.123Z";
        let marked = ann.tell(&format!("MARKREAD {target} {past}")).await?;
        assert_eq!(marked[0].params[0], target, "{marked:#?}");
    }
    let echo = ann.tell("@label=y;+a=b TAGMSG ann").await?;
    let labels: Vec<_> = echo.iter().map(|line| line.tag("label")).collect();
    assert_eq!(labels, [Some("y"), None], "{echo:#?}");
    server.stop().await
}

/// The words and ids of a CHATHISTORY's answer.
async fn history(raw: &mut Raw, asked: &str, target: &str) -> Result<Vec<(String, String)>> {
    let lines = raw.tell(&format!("CHATHISTORY {asked}")).await?;
    let (first, inner) = batch(&lines, "chathistory")?;
    assert_eq!(first.params[2], target);
    let told = inner.iter().filter(|line| line.command != "BATCH");
    let pair = |line: &Line| {
        let id = line.tag("msgid").unwrap_or_default().to_owned();
        (line.params.last().cloned().unwrap_or_default(), id)
    };
    Ok(told.map(pair).collect())
}
