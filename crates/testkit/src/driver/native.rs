//! Somebody on the native wire.

use std::collections::{HashMap, HashSet, VecDeque};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{Answered, Deed, Done, No, Noticed, Outcome, Person, Told};
use crate::{
    server::TestServer,
    wire::{Wire, WireAnswer},
};

/// Somebody on the native wire.
#[derive(Debug)]
pub struct NativePerson {
    /// The connection, for what only this front can do.
    pub wire: Wire,
    name: String,
    /// The read marker of each room at the sign-in.
    read: HashMap<String, u64>,
    /// Rooms entered for the first time on this connection.
    entered: HashSet<String>,
    noticed: VecDeque<Noticed>,
    /// What else came.
    told: VecDeque<Value>,
}

impl NativePerson {
    fn new(wire: Wire, signed_in: &Value) -> Self {
        let rooms = signed_in["rooms"].as_array().into_iter().flatten();
        Self {
            wire,
            name: text(&signed_in["name"]),
            read: rooms
                .map(|room| (text(&room["room"]), room["read"].as_u64().unwrap_or(0)))
                .collect(),
            entered: HashSet::new(),
            noticed: VecDeque::new(),
            told: VecDeque::new(),
        }
    }

    /// Sorts what has come.
    fn sort(&mut self) {
        for heard in self.wire.take_events() {
            match noticed(&heard.event) {
                // One's own coming and going is no news.
                Some(Noticed::Entered { name } | Noticed::Left { name }) if name == self.name => {}
                Some(noticed) => self.noticed.push_back(noticed),
                None => self.told.push_back(heard.event),
            }
        }
    }

    async fn ask(&mut self, what: &str, fields: Value) -> Result<Done> {
        done(self.wire.ask(what, fields).await?)
    }

    async fn messages(&mut self, mut page: Value) -> Result<Vec<(String, String)>> {
        page["limit"] = json!(500);
        let page = self.wire.ok("read", page).await?;
        let events = page["events"].as_array().cloned().unwrap_or_default();
        Ok(events
            .iter()
            .filter(|event| event["ev"] == "message")
            .map(|event| (text(&event["from"]), text(&event["body"])))
            .collect())
    }
}

impl Person for NativePerson {
    async fn try_sign_in(
        server: &TestServer,
        name: &str,
        password: &str,
    ) -> Result<Result<Self, No>> {
        let mut wire = server.wire().await?;
        let who = json!({"name": name, "password": password});
        match wire.ask("sign_in", who).await? {
            Ok(signed_in) => Ok(Ok(Self::new(wire, &signed_in))),
            Err(error) => Ok(Err(no(&error.code)?)),
        }
    }

    async fn say(&mut self, room: &str, words: &str) -> Result<Done> {
        self.ask("send", json!({"room": room, "body": words})).await
    }

    async fn tell(&mut self, person: &str, words: &str) -> Result<Done> {
        self.ask("send", json!({"to": person, "body": words})).await
    }

    async fn enter(&mut self, room: &str, password: Option<&str>) -> Result<Done> {
        let mut fields = json!({"room": room});
        if let Some(password) = password {
            fields["password"] = json!(password);
        }
        let mut entered = self.ask("join", fields.clone()).await?;
        if entered == Err(No::UnknownRoom) {
            entered = self.ask("create_room", fields).await?;
        }
        if entered.is_ok() {
            self.entered.insert(room.to_owned());
        }
        Ok(entered)
    }

    async fn leave(&mut self, room: &str) -> Result<Done> {
        self.ask("leave", json!({"room": room})).await
    }

    async fn shown_before(&mut self, room: &str) -> Result<Vec<(String, String)>> {
        let page = match self.read.get(room) {
            Some(read) if !self.entered.contains(room) => json!({"room": room, "after": read}),
            _ => json!({"room": room}),
        };
        self.messages(page).await
    }

    async fn told_before(&mut self, person: &str) -> Result<Vec<String>> {
        let room = format!("@{person}");
        let read = self.read.get(&room).copied().unwrap_or(0);
        let told = self.messages(json!({"room": room, "after": read})).await?;
        Ok(told.into_iter().map(|(_, words)| words).collect())
    }

    async fn present(&mut self, room: &str) -> Result<Vec<String>> {
        let people = self.wire.ok("who", json!({"room": room})).await?;
        let people = people["people"].as_array().cloned().unwrap_or_default();
        let online = people.iter().filter(|person| person["online"] == true);
        Ok(online.map(|person| text(&person["name"])).collect())
    }

    async fn notice(&mut self) -> Result<Noticed> {
        loop {
            if let Some(noticed) = self.noticed.pop_front() {
                return Ok(noticed);
            }
            self.sort();
            if self.noticed.is_empty() {
                self.wire.read().await?;
            }
        }
    }

    async fn does(&mut self, deed: &Deed) -> Result<Outcome> {
        let answer = self.wire.ask(deed.request, deed.fields.clone()).await?;
        Ok(answer.map(Answered::Object).map_err(|error| error.code))
    }

    async fn is_told(&mut self, wanted: &Told) -> Result<()> {
        loop {
            self.sort();
            while let Some(event) = self.told.pop_front() {
                if wanted.is(&event) {
                    return Ok(());
                }
            }
            self.wire.read().await?;
        }
    }

    async fn told_until_now(&mut self) -> Result<Vec<String>> {
        self.wire.ok("ping", json!({})).await?;
        self.sort();
        Ok(self.told.drain(..).map(|event| event.to_string()).collect())
    }

    async fn ends(mut self) -> Result<()> {
        self.wire.read_to_end().await
    }

    async fn quit(mut self) -> Result<()> {
        self.wire.ok("quit", json!({})).await?;
        self.wire.read_to_end().await
    }
}

fn noticed(event: &Value) -> Option<Noticed> {
    let name = || text(&event["name"]);
    match event["ev"].as_str()? {
        "message" if event["direct"] == true => Some(Noticed::Told {
            from: text(&event["from"]),
            words: text(&event["body"]),
        }),
        "message" => Some(Noticed::Said {
            room: text(&event["room"]),
            from: text(&event["from"]),
            words: text(&event["body"]),
            id: format!(
                "{}-{}",
                text(&event["room_id"]).trim_start_matches("r:"),
                event["seq"]
            ),
        }),
        "presence" if event["online"] == true => Some(Noticed::Entered { name: name() }),
        "joined" => Some(Noticed::Entered { name: name() }),
        "left" | "presence" => Some(Noticed::Left { name: name() }),
        _ => None,
    }
}

fn done(answer: WireAnswer) -> Result<Done> {
    match answer {
        Ok(_) => Ok(Ok(())),
        Err(error) => Ok(Err(no(&error.code)?)),
    }
}

fn no(code: &str) -> Result<No> {
    Ok(match code {
        "wrong_password" | "password_needed" => No::RoomPassword,
        "unknown_room" => No::UnknownRoom,
        "unknown_person" => No::UnknownPerson,
        "not_a_member" => No::NotAMember,
        "empty_body" => No::EmptyBody,
        "bad_credentials" => No::Credentials,
        "name_taken" => No::NameTaken,
        "forbidden" => No::Forbidden,
        "not_accepting" => No::NotAccepting,
        "banned" => No::Banned,
        other => bail!("no scenario expects {other}"),
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
