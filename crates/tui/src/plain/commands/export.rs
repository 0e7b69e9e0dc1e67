//! A copy of all that one may have: one's account and every message that one may read (A8).

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use snug_proto::{
    BlockList, Blocks, Event, FriendList, Friends, Me, Myself, Page, Read, RoomEntry, RoomList,
    RoomRef, Rooms, SessionList, Sessions, TokenList, Tokens, limits::MAX_READ_EVENTS,
};

use super::{
    Ask, Command, Least, Output, Trouble,
    deed::{ask, said},
};
use crate::sanitize;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "export",
    aliases: &[],
    usage: "/export FILE",
    help: "Writes all that the server has of you into a new file, as JSON lines: your account, sessions, \
           tokens, friends, blocks, rooms, and every message that you may read.",
    least: Least::Member,
    read: |words| {
        let path = PathBuf::from(words.word()?);
        Ok(ask(async move |ask| export(ask, path).await))
    },
}];

/// The file, and how many lines are in it.
struct Lines {
    file: BufWriter<File>,
    path: PathBuf,
    written: u64,
}

impl Lines {
    /// A new file that only its owner reads.
    fn create(path: &Path) -> Result<Self, Trouble> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| failed(path, &error))?;
        Ok(Self {
            file: BufWriter::new(file),
            path: path.to_owned(),
            written: 0,
        })
    }

    /// One line: what it is, and it.
    fn put(&mut self, what: &str, value: &impl Serialize) -> Result<(), Trouble> {
        let line = serde_json::json!({ "is": what, what: value });
        writeln!(self.file, "{line}").map_err(|error| failed(&self.path, &error))?;
        self.written += 1;
        Ok(())
    }

    fn end(mut self) -> Result<u64, Trouble> {
        let flushed = self.file.flush();
        let synced = flushed.and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| failed(&self.path, &error))?;
        Ok(self.written)
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Trouble {
    let path = sanitize::line(&path.display().to_string());
    Trouble::Said(format!("{path} could not be written: {error}."))
}

async fn export(ask: Ask, path: PathBuf) -> Result<Output, Trouble> {
    let mut lines = Lines::create(&path)?;
    let me: Myself = ask.request(Me::default()).await?;
    lines.put("account", &me)?;
    let list: SessionList = ask.request(Sessions {}).await?;
    for session in &list.sessions {
        lines.put("session", session)?;
    }
    let list: TokenList = ask.request(Tokens {}).await?;
    for token in &list.tokens {
        lines.put("token", token)?;
    }
    let mut after = None;
    loop {
        let list: FriendList = ask.request(Friends { after }).await?;
        for friend in &list.friends {
            lines.put("friend", friend)?;
        }
        after = list.friends.last().map(|last| last.name.clone());
        if !list.more || after.is_none() {
            break;
        }
    }
    let mut after = None;
    loop {
        let list: BlockList = ask.request(Blocks { after }).await?;
        for block in &list.blocks {
            lines.put("block", block)?;
        }
        after = list.blocks.last().map(|last| last.name.clone());
        if !list.more || after.is_none() {
            break;
        }
    }
    let rooms = my_rooms(&ask).await?;
    for room in &rooms {
        lines.put("room", room)?;
        events(&ask, room, &mut lines).await?;
    }
    let written = lines.end()?;
    let path = sanitize::line(&path.display().to_string());
    said(format!("-- {written} lines are in {path}"))
}

async fn my_rooms(ask: &Ask) -> Result<Vec<RoomEntry>, Trouble> {
    let mut rooms = Vec::new();
    loop {
        let after = rooms.last().map(|last: &RoomEntry| last.room_id);
        let list: RoomList = ask.request(Rooms { mine: true, after }).await?;
        let none = list.rooms.is_empty();
        rooms.extend(list.rooms);
        if !list.more || none {
            return Ok(rooms);
        }
    }
}

/// Every event of a room that one may read, oldest first.
async fn events(ask: &Ask, room: &RoomEntry, lines: &mut Lines) -> Result<(), Trouble> {
    let mut after = 0;
    loop {
        let read = Read {
            room: RoomRef::Id(room.room_id),
            after: Some(after),
            before: None,
            since: None,
            limit: Some(MAX_READ_EVENTS),
            log: None,
        };
        let page: Page = ask.request(read).await?;
        // What this version does not know it cannot write either.
        let known = page.events.iter().filter(|of| **of != Event::Unknown);
        for event in known {
            lines.put("event", event)?;
        }
        let last = page.events.iter().filter_map(Event::place).next_back();
        match last {
            Some(place) if page.more && place.seq > after => after = place.seq,
            _ => return Ok(()),
        }
    }
}
