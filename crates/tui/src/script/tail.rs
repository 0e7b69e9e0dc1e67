//! `snug tail`: the last of a room, and with `-f` what is said from now on.

use std::io::ErrorKind;

use snug_client::{Update, Updates};
use snug_proto::{ErrorCode, RoomEntry, RoomRef, same_name};
use tokio::time::timeout;

use super::{
    Failure, Output, Tail,
    connect::Way,
    pages::{self, Printer},
    read::{moment, view_of},
};
use crate::{arguments::Look, guard};

/// See the module.
pub(crate) async fn run(tail: Tail, look: Look, output: &mut Output) -> Result<(), Failure> {
    let limit = tail.common.timeout;
    let begin = timeout(limit, begin(&tail, look, output)).await;
    let (way, mut printer, entry) =
        begin.unwrap_or_else(|_elapsed| Err(Failure::timeout(limit, None)))?;
    if !tail.follow {
        way.leave().await;
        return Ok(());
    }
    output.flush().await?;
    let Some(entry) = entry else {
        return Err(ErrorCode::NotAMember.into());
    };
    printer.until = u64::MAX;
    let (client, mut updates) = way.follow()?;
    let followed = tokio::select! {
        followed = follow(&mut updates, &entry, &mut printer, output) => followed,
        // There may be nothing to print for days.
        () = guard::unread() => Err(Failure::output(&ErrorKind::BrokenPipe.into())),
    };
    client.close(updates).await;
    followed
}

/// Prints what is there already.
async fn begin(
    tail: &Tail,
    look: Look,
    output: &mut Output,
) -> Result<(Way, Printer, Option<RoomEntry>), Failure> {
    let way = if tail.follow {
        Way::to_follow(&tail.common).await?
    } else {
        Way::to_ask(&tail.common).await?
    };
    let name = tail.room.trim_start_matches('#');
    let entry = entry_of(&way, name);
    let mut printer = Printer {
        view: view_of(&way, look),
        newest: 0,
        // What comes after the sign-in is followed, and is not to be printed twice.
        until: match &entry {
            Some(entry) if tail.follow => entry.seq.unwrap_or(0),
            _ => u64::MAX,
        },
    };
    let mut read = pages::of(RoomRef::from(name));
    if let Some(since) = &tail.since {
        read.since = Some(moment(&way, since)?);
        pages::forward(&way, read, usize::MAX, &mut printer, output).await?;
    } else {
        let head = pages::newest(&way, read, tail.count, &mut printer, output).await?;
        printer.newest = printer.newest.max(head.min(printer.until));
    }
    Ok((way, printer, entry))
}

/// One's own room, as the sign-in listed it.
fn entry_of(way: &Way, name: &str) -> Option<RoomEntry> {
    let rooms = &way.opened.signed_in.rooms;
    let named =
        |entry: &&RoomEntry| same_name(&entry.room, name) || entry.room_id.to_string() == name;
    rooms.iter().find(named).cloned()
}

async fn follow(
    updates: &mut Updates,
    entry: &RoomEntry,
    printer: &mut Printer,
    output: &mut Output,
) -> Result<(), Failure> {
    let me = printer.view.me;
    while let Some(update) = updates.next().await {
        match update {
            Update::Event(event) => {
                if event.place().map(|place| place.room_id) != Some(entry.room_id) {
                    continue;
                }
                printer.print(&event, output).await?;
                output.flush().await?;
                if event.ends_membership() == Some(me) {
                    return Err(ErrorCode::NotAMember.into());
                }
            }
            Update::Restarted { room_id, .. } if room_id == entry.room_id => printer.newest = 0,
            Update::Ended(ended) => return Err(ended.into()),
            _ => {}
        }
    }
    Ok(())
}
