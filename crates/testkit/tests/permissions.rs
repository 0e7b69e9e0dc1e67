//! The table of permissions (`docs/permissions.md`), over the wire: everybody tries everything in every
//! state of a room, and the answer is the table's.

#![expect(clippy::indexing_slicing, reason = "what is not there fails the test")]

#[path = "permissions/server.rs"]
mod server;

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_rules::{Condition, Deed, Denial, Part, Verdict, verdict};
use snug_testkit::{driver::PASSWORD, server::TestServer, wire::Wire};

/// What the room's password is, where it has one.
const SESAME: &str = "open sesame";

/// Everybody, each on a connection of their own.
struct World {
    server: TestServer,
    owner: Wire,
    people: HashMap<String, Wire>,
    rooms: u32,
}

impl World {
    async fn new() -> Result<Self> {
        let server = TestServer::open_to_all().await?;
        let mut owner = server.wire().await?;
        let who = json!({"name": "owner", "password": PASSWORD});
        owner.ok("sign_in", who).await?;
        let mut world = Self {
            server,
            owner,
            people: HashMap::new(),
            rooms: 0,
        };
        for name in [
            "founder",
            "admin",
            "member",
            "muted",
            "banned",
            "stranger",
            "moderator",
            "victim",
        ] {
            world.server.add_account(name, PASSWORD).await?;
            let mut wire = world.server.wire().await?;
            let who = json!({"name": name, "password": PASSWORD});
            wire.ok("sign_in", who).await?;
            world.people.insert(name.to_owned(), wire);
        }
        let role = json!({"who": "moderator", "role": "moderator"});
        world.owner.ok("set_server_role", role).await?;
        let on = json!({"guests": "on"});
        world.owner.ok("server", on).await?;
        let mut guest = world.server.wire().await?;
        guest.ok("guest", json!({"name": "guest"})).await?;
        world.people.insert("guest".to_owned(), guest);
        Ok(world)
    }

    fn of(&mut self, name: &str) -> Result<&mut Wire> {
        if name == "owner" {
            return Ok(&mut self.owner);
        }
        self.people.get_mut(name).context("nobody of that name")
    }

    /// A room in this state, with everybody in their part, a message of each that may speak, and the
    /// victim in it, muted so that it can be unmuted where that is to be tried.
    async fn room(&mut self, condition: Condition, deed: Deed) -> Result<String> {
        self.rooms += 1;
        let room = format!("room{}", self.rooms);
        let (founder, named) = ("founder", json!({"room": room}));
        // Nobody is the founder of as many as are tried here, and no guest in as many: they leave the one
        // before.
        let before = json!({"room": format!("room{}", self.rooms - 1)});
        for name in [founder, "guest"] {
            let _gone_or_none = self.of(name)?.ask("leave", before.clone()).await?;
        }
        self.of(founder)?.ok("create_room", named.clone()).await?;
        for name in ["admin", "member", "guest", "muted", "banned", "victim"] {
            self.of(name)?.ok("join", named.clone()).await?;
        }
        let order = |who: &str| json!({"room": room, "who": who});
        let admin = json!({"room": room, "who": "admin", "role": "admin"});
        self.of(founder)?.ok("set_role", admin).await?;
        for name in [
            "founder", "admin", "member", "guest", "muted", "banned", "victim",
        ] {
            let said = json!({"room": room, "body": "words"});
            self.of(name)?.ok("send", said).await?;
        }
        self.of(founder)?.ok("mute", order("muted")).await?;
        self.of(founder)?.ok("ban", order("banned")).await?;
        match deed {
            Deed::Demote => {
                let role = json!({"room": room, "who": "victim", "role": "admin"});
                self.of(founder)?.ok("set_role", role).await?;
            }
            Deed::Unmute => {
                self.of(founder)?.ok("mute", order("victim")).await?;
            }
            Deed::Unban => {
                self.of(founder)?.ok("ban", order("victim")).await?;
            }
            Deed::Invite => {
                self.of("victim")?.ok("leave", named.clone()).await?;
            }
            _ => {}
        }
        let change = match condition {
            Condition::Password => json!({"room": room, "password": SESAME}),
            Condition::Invitation => json!({"room": room, "access": "invitation"}),
            Condition::Hidden => json!({"room": room, "listed": false}),
            Condition::Archived => json!({"room": room, "archived": true}),
            Condition::Open | Condition::Lobby | Condition::Direct => return Ok(room),
        };
        self.of(founder)?.ok("set_room", change).await?;
        Ok(room)
    }
}

/// Who tries it.
const fn name_of(part: Part) -> &'static str {
    match part {
        Part::Founder => "founder",
        Part::Admin => "admin",
        Part::Member => "member",
        Part::Guest => "guest",
        Part::Muted => "muted",
        Part::Banned => "banned",
        Part::Stranger => "stranger",
        Part::Moderator => "moderator",
        Part::Owner => "owner",
    }
}

/// The number of this person's message in the room, found by one who may read it.
async fn message_of(wire: &mut Wire, room: &str, name: &str) -> Result<u64> {
    let page = wire.ok("read", json!({"room": room, "limit": 500})).await?;
    let events = page["events"].as_array().context("no events")?;
    let own = |event: &&Value| event["ev"] == "message" && event["from"] == name;
    let found = events.iter().rev().find(own).context("no message")?;
    found["seq"].as_u64().context("no number")
}

/// The request that tries this.
fn request(
    deed: Deed,
    condition: Condition,
    room: &str,
    own: u64,
    other: u64,
) -> (&'static str, Value) {
    let whom = json!({"room": room, "who": "victim"});
    let role = |role: &str| json!({"room": room, "who": "victim", "role": role});
    match deed {
        Deed::Send => ("send", json!({"room": room, "body": "more"})),
        Deed::Read => ("read", json!({"room": room})),
        Deed::Edit => ("edit", json!({"room": room, "seq": own, "body": "changed"})),
        Deed::Delete => ("delete", json!({"room": room, "seq": own})),
        Deed::DeleteOthers => ("delete", json!({"room": room, "seq": other})),
        Deed::React => ("react", json!({"room": room, "seq": other, "emoji": "👍"})),
        Deed::About => ("about_room", json!({"room": room})),
        Deed::Join => ("join", json!({"room": room})),
        Deed::Leave => ("leave", json!({"room": room})),
        Deed::Invite => ("invite_to", whom),
        Deed::Kick => ("kick", whom),
        Deed::Ban => ("ban", whom),
        Deed::Unban => ("unban", whom),
        Deed::Mute => ("mute", whom),
        Deed::Unmute => ("unmute", whom),
        Deed::Bans => ("bans", json!({"room": room})),
        Deed::Promote => ("set_role", role("admin")),
        Deed::Demote => ("set_role", role("member")),
        Deed::Transfer => ("set_role", role("founder")),
        Deed::Set => ("set_room", json!({"room": room, "topic": "tea"})),
        Deed::SetDoor => (
            "set_room",
            json!({"room": room, "access": "open", "listed": true}),
        ),
        Deed::Archive => {
            let archived = condition != Condition::Archived;
            ("set_room", json!({"room": room, "archived": archived}))
        }
    }
}

/// The code that the table says.
fn expected(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Yes => Some("ok"),
        Verdict::No(denial) => Some(denial.code().wire()),
        Verdict::Nobody => None,
    }
}

/// The sentence says which kind of `forbidden` it is.
fn says_why(verdict: Verdict, text: &str) -> bool {
    match verdict {
        Verdict::No(Denial::Archived) => text.contains("archived"),
        Verdict::No(Denial::Lobby) => text.contains("lobby"),
        Verdict::No(Denial::Banned) => text.contains("banned"),
        Verdict::No(Denial::Muted) => text.contains("muted"),
        _ => true,
    }
}

async fn try_it(
    world: &mut World,
    (deed, condition, part): (Deed, Condition, Part),
    room: &str,
    (own, other): (u64, u64),
) -> Result<()> {
    let says = verdict(deed, condition, part);
    let Some(code) = expected(says) else {
        return Ok(());
    };
    let (what, fields) = request(deed, condition, room, own, other);
    let answer = world.of(name_of(part))?.ask(what, fields).await?;
    let (got, text) = match &answer {
        Ok(_) => ("ok", ""),
        // The victim is in the room: whoever may invite hears that.
        Err(error) if deed == Deed::Invite && error.code == "in_room" => ("ok", ""),
        Err(error) => (error.code.as_str(), error.text.as_str()),
    };
    assert_eq!(got, code, "{part:?} {deed:?} {condition:?}: {text}");
    assert!(
        says_why(says, text),
        "{part:?} {deed:?} {condition:?}: {text}"
    );
    Ok(())
}

/// Everybody tries everything in ordinary rooms of this state; each deed that is done gets a fresh room.
async fn in_rooms(condition: Condition) -> Result<()> {
    let mut world = World::new().await?;
    for deed in Deed::ALL {
        let mut room = world.room(condition, *deed).await?;
        for part in Part::ALL {
            let name = name_of(part);
            let reader = world.of("founder")?;
            let other = message_of(reader, &room, "victim").await?;
            let own = match message_of(reader, &room, name).await {
                Ok(seq) => seq,
                // Whoever was never in it has none: any will do to be refused.
                Err(_) => other,
            };
            try_it(&mut world, (*deed, condition, part), &room, (own, other)).await?;
            if verdict(*deed, condition, part) == Verdict::Yes {
                room = world.room(condition, *deed).await?;
            }
        }
    }
    world.people.clear();
    let World { server, owner, .. } = world;
    drop(owner);
    server.stop().await
}

macro_rules! in_rooms {
    ($($name:ident $condition:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() -> Result<()> {
            in_rooms(Condition::$condition).await
        }
    )*};
}

in_rooms! {
    r4_everybody_tries_everything_in_an_open_room Open;
    r4_everybody_tries_everything_in_a_room_behind_a_password Password;
    r4_everybody_tries_everything_in_a_room_by_invitation Invitation;
    r4_everybody_tries_everything_in_a_hidden_room Hidden;
    r4_everybody_tries_everything_in_an_archived_room Archived;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_everybody_tries_everything_in_the_lobby() -> Result<()> {
    let mut world = World::new().await?;
    let muted = json!({"room": "lobby", "who": "muted"});
    let victim = json!({"room": "lobby", "who": "victim"});
    for deed in Deed::ALL {
        for part in [
            Part::Member,
            Part::Guest,
            Part::Muted,
            Part::Moderator,
            Part::Owner,
        ] {
            let _so_already = world.owner.code("unmute", muted.clone()).await?;
            let name = name_of(part);
            let said = json!({"room": "lobby", "body": "words"});
            let own = world.of(name)?.ok("send", said.clone()).await?["seq"].clone();
            let _so_already = world.owner.code("unmute", victim.clone()).await?;
            let other = world.of("victim")?.ok("send", said).await?["seq"].clone();
            let (own, other) = (own.as_u64().context("seq")?, other.as_u64().context("seq")?);
            world.owner.ok("mute", muted.clone()).await?;
            if *deed == Deed::Unmute {
                world.owner.ok("mute", victim.clone()).await?;
            }
            try_it(
                &mut world,
                (*deed, Condition::Lobby, part),
                "lobby",
                (own, other),
            )
            .await?;
        }
    }
    world.people.clear();
    let World { server, owner, .. } = world;
    drop(owner);
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r4_everybody_tries_everything_in_a_direct_conversation() -> Result<()> {
    let mut world = World::new().await?;
    let room = {
        let hello = json!({"to": "victim", "body": "words"});
        let sent = world.of("member")?.ok("send", hello).await?;
        sent["room_id"].as_str().context("no id")?.to_owned()
    };
    for deed in Deed::ALL {
        for part in [Part::Member, Part::Stranger, Part::Moderator, Part::Owner] {
            let said = json!({"room": room, "body": "words"});
            let own = world.of("member")?.ok("send", said.clone()).await?["seq"].clone();
            let other = world.of("victim")?.ok("send", said).await?["seq"].clone();
            let (own, other) = (own.as_u64().context("seq")?, other.as_u64().context("seq")?);
            try_it(
                &mut world,
                (*deed, Condition::Direct, part),
                &room,
                (own, other),
            )
            .await?;
        }
    }
    world.people.clear();
    let World { server, owner, .. } = world;
    drop(owner);
    server.stop().await
}
