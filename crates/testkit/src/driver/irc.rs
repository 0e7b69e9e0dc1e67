//! Somebody with an IRC client: raw lines over TLS.
//!
//! `PING` is answered after everything said before it was carried out, so each request here ends with one
//! and its outcome is what came between.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context, Result, bail, ensure};
use data_encoding::BASE64;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

use super::{Answered, Deed, Done, No, Noticed, Outcome, Person, Told};
use crate::{
    pinned::client_config,
    server::TestServer,
    wire::{PATIENCE, connect_tls, connect_tls_from},
};

const CAPABILITIES: &str =
    "message-tags server-time echo-message batch account-tag sasl standard-replies";

/// Somebody with an IRC client.
#[derive(Debug)]
pub struct IrcPerson {
    stream: TlsStream<TcpStream>,
    buffer: Vec<u8>,
    nick: String,
    pings: u64,
    noticed: VecDeque<Noticed>,
    /// What else came and was not asked for: each as its command and its parameters.
    told: VecDeque<String>,
    /// Messages of replays: by room, or by person for direct ones.
    replayed: HashMap<String, Vec<(String, String)>>,
}

/// A line taken apart.
#[derive(Debug, Default)]
pub struct Line {
    tags: HashMap<String, String>,
    nick: String,
    command: String,
    parameters: Vec<String>,
}

impl IrcPerson {
    /// A connection that has said nothing yet.
    pub async fn connect(server: &TestServer) -> Result<Self> {
        let config = client_config(server.fingerprint, b"irc")?;
        Ok(Self::on(connect_tls(server.address, config).await?))
    }

    fn on(stream: TlsStream<TcpStream>) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            nick: String::new(),
            pings: 0,
            noticed: VecDeque::new(),
            told: VecDeque::new(),
            replayed: HashMap::new(),
        }
    }

    /// The same from this address of loopback.
    pub async fn connect_from(server: &TestServer, from: &str) -> Result<Self> {
        let config = client_config(server.fingerprint, b"irc")?;
        Ok(Self::on(
            connect_tls_from(Some(from.parse()?), server.address, config).await?,
        ))
    }

    /// Comes in as a guest of this name: by NICK and USER alone.
    pub async fn guest(server: &TestServer, name: &str) -> Result<Self> {
        let mut person = Self::connect(server).await?;
        name.clone_into(&mut person.nick);
        person
            .send(&format!("NICK {name}\r\nUSER {name} 0 * :{name}"))
            .await?;
        loop {
            let line = person.line().await?.context("the server closed")?;
            if matches!(line.command.as_str(), "376" | "422") {
                break;
            }
        }
        person.carried_out("PING :entered").await?;
        Ok(person)
    }

    /// Waits until the server has closed the connection.
    pub async fn closed(mut self) -> Result<()> {
        while self.line().await?.is_some() {}
        Ok(())
    }

    /// Sends a line.
    pub async fn send(&mut self, line: &str) -> Result<()> {
        let line = format!("{line}\r\n");
        timeout(PATIENCE, self.stream.write_all(line.as_bytes())).await??;
        timeout(PATIENCE, self.stream.flush()).await??;
        Ok(())
    }

    /// The next line; `None` once the server has closed.
    pub async fn line(&mut self) -> Result<Option<Line>> {
        let line = self.raw_line().await?;
        line.as_deref().map(Line::parse).transpose()
    }

    /// The next line as it came; `None` once the server has closed.
    pub async fn raw_line(&mut self) -> Result<Option<String>> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(std::str::from_utf8(&line)?.trim_end().to_owned()));
            }
            let reading = self.stream.read_buf(&mut self.buffer);
            if timeout(PATIENCE, reading).await.context("no line came")?? == 0 {
                return Ok(None);
            }
        }
    }

    /// Sends a line and gives what came until it was carried out; what is news is kept.
    async fn carried_out(&mut self, line: &str) -> Result<Vec<Line>> {
        let (came, closed) = self.carried_out_or_closed(line).await?;
        ensure!(!closed, "the server closed");
        Ok(came)
    }

    /// The same, and whether the server closed the connection meanwhile.
    async fn carried_out_or_closed(&mut self, line: &str) -> Result<(Vec<Line>, bool)> {
        self.pings += 1;
        let token = format!("done{}", self.pings);
        self.send(&format!("{line}\r\nPING {token}")).await?;
        let mut came = Vec::new();
        loop {
            let Some(line) = self.line().await? else {
                return Ok((came, true));
            };
            if line.command == "PONG" && line.parameters.contains(&token) {
                return Ok((came, false));
            }
            if !self.take(&line) {
                came.push(line);
            }
        }
    }

    /// Sends a line and gives what came until it was carried out, but for words, comings and goings: each
    /// as its command and its parameters.
    pub async fn asks(&mut self, line: &str) -> Result<Vec<String>> {
        let came = self.carried_out(line).await?;
        Ok(came.iter().map(Line::shown).collect())
    }

    async fn done(&mut self, line: &str) -> Result<Done> {
        let came = self.carried_out(line).await?;
        for line in came {
            if let Some(no) = no(&line)? {
                return Ok(Err(no));
            }
        }
        Ok(Ok(()))
    }

    /// Keeps a line that tells something; false for one that answers.
    fn take(&mut self, line: &Line) -> bool {
        let from = line.nick.clone();
        let target = line.parameters.first().cloned().unwrap_or_default();
        let noticed = match line.command.as_str() {
            "PRIVMSG" => {
                let words = line.parameters.get(1).cloned().unwrap_or_default();
                let room = target.strip_prefix('#').map(str::to_owned);
                if line.tags.contains_key("batch") {
                    let place = room.unwrap_or_else(|| from.clone());
                    self.replayed.entry(place).or_default().push((from, words));
                    return true;
                }
                let id = line.tags.get("msgid").cloned().unwrap_or_default();
                match room {
                    Some(room) => Noticed::Said {
                        room,
                        from,
                        words,
                        id,
                    },
                    None => Noticed::Told { from, words },
                }
            }
            // One's own coming and going is no news.
            "JOIN" | "PART" | "QUIT" if from == self.nick => return true,
            "JOIN" => Noticed::Entered { name: from },
            "PART" | "QUIT" => Noticed::Left { name: from },
            "BATCH" => return true,
            _ => {
                self.told.push_back(line.shown());
                return false;
            }
        };
        self.noticed.push_back(noticed);
        true
    }
}

impl Person for IrcPerson {
    async fn try_sign_in(
        server: &TestServer,
        name: &str,
        password: &str,
    ) -> Result<Result<Self, No>> {
        let mut person = Self::connect(server).await?;
        person.nick = name.to_owned();
        let plain = BASE64.encode(format!("\0{name}\0{password}").as_bytes());
        person.send("CAP LS 302").await?;
        person.send(&format!("CAP REQ :{CAPABILITIES}")).await?;
        person
            .send(&format!("NICK {name}\r\nUSER {name} 0 * :{name}"))
            .await?;
        person.send("AUTHENTICATE PLAIN").await?;
        loop {
            let line = person.line().await?.context("the server closed")?;
            match line.command.as_str() {
                "AUTHENTICATE" => person.send(&format!("AUTHENTICATE {plain}")).await?,
                "903" => person.send("CAP END").await?,
                "904" | "464" => return Ok(Err(No::Credentials)),
                "CAP" if line.parameters.iter().any(|word| word == "NAK") => {
                    bail!("the server has not all of {CAPABILITIES}")
                }
                // The end of the message of the day, or that there is none: the welcome is over.
                "376" | "422" => break,
                _ => {
                    person.take(&line);
                }
            }
        }
        // The rooms that one is in are entered after the welcome.
        person.carried_out("PING :entered").await?;
        Ok(Ok(person))
    }

    async fn say(&mut self, room: &str, words: &str) -> Result<Done> {
        self.done(&format!("PRIVMSG #{room} :{words}")).await
    }

    async fn tell(&mut self, person: &str, words: &str) -> Result<Done> {
        self.done(&format!("PRIVMSG {person} :{words}")).await
    }

    async fn enter(&mut self, room: &str, password: Option<&str>) -> Result<Done> {
        let key = password.map_or_else(String::new, |password| format!(" :{password}"));
        self.done(&format!("JOIN #{room}{key}")).await
    }

    async fn leave(&mut self, room: &str) -> Result<Done> {
        self.done(&format!("PART #{room}")).await
    }

    async fn shown_before(&mut self, room: &str) -> Result<Vec<(String, String)>> {
        Ok(self.replayed.get(room).cloned().unwrap_or_default())
    }

    async fn told_before(&mut self, person: &str) -> Result<Vec<String>> {
        let told = self.replayed.get(person).cloned().unwrap_or_default();
        Ok(told.into_iter().map(|(_, words)| words).collect())
    }

    async fn present(&mut self, room: &str) -> Result<Vec<String>> {
        let came = self.carried_out(&format!("NAMES #{room}")).await?;
        let names = came.iter().filter(|line| line.command == "353");
        let names = names.filter_map(|line| line.parameters.last());
        let all = names.flat_map(|names| names.split_whitespace());
        Ok(all
            .map(|name| name.trim_start_matches(['~', '@', '+']).to_owned())
            .collect())
    }

    async fn notice(&mut self) -> Result<Noticed> {
        loop {
            if let Some(noticed) = self.noticed.pop_front() {
                return Ok(noticed);
            }
            let line = self.line().await?.context("the server closed")?;
            self.take(&line);
        }
    }

    async fn does(&mut self, deed: &Deed) -> Result<Outcome> {
        let (came, _closed) = self.carried_out_or_closed(&deed.line).await?;
        for line in &came {
            if line.command == "FAIL" {
                let code = line.parameters.get(1).cloned().unwrap_or_default();
                return Ok(Err(code.to_ascii_lowercase()));
            }
            if let Some(no) = no(line)? {
                return Ok(Err(no.code().to_owned()));
            }
        }
        let lines = came.iter().map(Line::shown).collect();
        Ok(Ok(Answered::Lines(lines)))
    }

    async fn is_told(&mut self, wanted: &Told) -> Result<()> {
        loop {
            while let Some(line) = self.told.pop_front() {
                if line.contains(&wanted.words) {
                    return Ok(());
                }
            }
            let line = self.line().await?.context("the server closed")?;
            self.take(&line);
        }
    }

    async fn told_until_now(&mut self) -> Result<Vec<String>> {
        self.carried_out("PING :now").await?;
        Ok(self.told.drain(..).collect())
    }

    async fn ends(self) -> Result<()> {
        self.closed().await
    }

    async fn quit(mut self) -> Result<()> {
        self.send("QUIT :bye").await?;
        while self.line().await?.is_some() {}
        Ok(())
    }
}

impl Line {
    /// Its command or numeric.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Whose it is: the nick of its source.
    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// What is said in it: its last parameter.
    pub fn text(&self) -> Option<String> {
        self.parameters.last().cloned()
    }

    /// Its command and its parameters.
    pub fn shown(&self) -> String {
        format!("{} {}", self.command, self.parameters.join(" "))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut line = Self::default();
        let mut rest = text;
        if let Some(tagged) = rest.strip_prefix('@') {
            let (tags, after) = tagged.split_once(' ').context("tags alone")?;
            let pairs = tags
                .split(';')
                .map(|tag| tag.split_once('=').unwrap_or((tag, "")));
            line.tags = pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
            rest = after;
        }
        if let Some(sourced) = rest.strip_prefix(':') {
            let (source, after) = sourced.split_once(' ').context("a source alone")?;
            source
                .split('!')
                .next()
                .unwrap_or_default()
                .clone_into(&mut line.nick);
            rest = after;
        }
        let (middle, trailing) = match rest.split_once(" :") {
            Some((middle, trailing)) => (middle, Some(trailing)),
            None => (rest, None),
        };
        let mut words = middle.split_whitespace().map(str::to_owned);
        line.command = words.next().context("no command")?;
        line.parameters = words.chain(trailing.map(str::to_owned)).collect();
        Ok(line)
    }
}

fn no(line: &Line) -> Result<Option<No>> {
    Ok(Some(match line.command.as_str() {
        "475" => No::RoomPassword,
        "403" => No::UnknownRoom,
        "401" => No::UnknownPerson,
        "404" | "442" => No::NotAMember,
        "412" => No::EmptyBody,
        "464" | "904" => No::Credentials,
        "437" => No::NameTaken,
        "473" | "481" | "482" => No::Forbidden,
        "474" => No::Banned,
        "531" => No::NotAccepting,
        "FAIL" => bail!("no scenario expects {line:?}"),
        number if number.starts_with(['4', '5']) => bail!("no scenario expects {line:?}"),
        _ => return Ok(None),
    }))
}
