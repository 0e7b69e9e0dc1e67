//! `snug read`: what is unread in a room, or another part of it.

use snug_proto::{Done, Mark, RoomEntry, RoomList, RoomRef, Rooms, Timestamp, same_name};

use super::{
    Failure, Output, Read,
    connect::Way,
    pages::{self, Printer},
};
use crate::{
    arguments::Look,
    plain::{moment as moments, view::View},
};

/// Events before a number, if it is not said how many.
const BEFORE: usize = 100;
/// The most that are gathered to be turned round.
const MAX_BEFORE: usize = 100_000;

/// See the module.
pub(crate) async fn run(read: Read, look: Look, output: &mut Output) -> Result<(), Failure> {
    let way = Way::to_ask(&read.common).await?;
    let room = RoomRef::from(read.room.trim_start_matches('#'));
    let mut printer = Printer {
        view: view_of(&way, look),
        newest: 0,
        until: u64::MAX,
    };
    let mut pages = pages::of(room.clone());
    if read.before.is_some() {
        pages.before = read.before;
        let count = read.count.unwrap_or(BEFORE).min(MAX_BEFORE);
        pages::newest(&way, pages, count, &mut printer, output).await?;
    } else {
        match (&read.since, read.after) {
            (Some(since), _) => pages.since = Some(moment(&way, since)?),
            (None, Some(after)) => pages.after = Some(after),
            (None, None) => pages.after = Some(marker(&way, &read.room).await?),
        }
        let count = read.count.unwrap_or(usize::MAX);
        pages::forward(&way, pages, count, &mut printer, output).await?;
    }
    // What nobody read is not read.
    output.flush().await?;
    if read.mark && printer.newest > 0 {
        let seq = printer.newest;
        let Done {} = way.request(Mark { room, seq }).await?;
    }
    way.leave().await;
    Ok(())
}

/// How far one has read this room; 0 if it is none of one's own, so that the server says so.
async fn marker(way: &Way, name: &str) -> Result<u64, Failure> {
    let name = name.trim_start_matches('#');
    let named =
        |entry: &&RoomEntry| same_name(&entry.room, name) || entry.room_id.to_string() == name;
    let listed = &way.opened.signed_in;
    let mut page = RoomList {
        rooms: listed.rooms.clone(),
        now: None,
        more: listed.more,
    };
    loop {
        if let Some(entry) = page.rooms.iter().find(named) {
            return Ok(entry.read.unwrap_or(0));
        }
        let after = page.rooms.last().map(|last| last.room_id);
        if !page.more || after.is_none() {
            return Ok(0);
        }
        page = way.request(Rooms { mine: true, after }).await?;
    }
}

/// A moment as a person writes it.
pub(crate) fn moment(way: &Way, text: &str) -> Result<Timestamp, Failure> {
    let now = moments::now();
    let offset_s = way.profile.local_offset_s(now)?;
    moments::parse(text, now, offset_s).ok_or_else(|| {
        Failure::usage("a time is like 19:30, 2026-11-20, \"2026-11-20 19:30\", 2h or 3d")
    })
}

/// Lines as the chat shows them.
pub(crate) fn view_of(way: &Way, look: Look) -> View {
    let profile = way.profile.clone();
    // A wrong hour is better than no line.
    let local_offset_s = Box::new(move |at| profile.local_offset_s(at).unwrap_or(0));
    let me = &way.opened.signed_in;
    View::new(look, me.account, me.name.clone(), local_offset_s)
}
