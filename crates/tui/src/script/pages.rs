//! A stretch of a room's log, page by page.

use snug_proto::{Event, Page, Read, RoomRef, limits::MAX_READ_EVENTS};

use super::{Failure, Output, connect::Way};
use crate::plain::view::View;

/// A read of this room that says no more yet.
pub(crate) const fn of(room: RoomRef) -> Read {
    Read {
        room,
        after: None,
        before: None,
        since: None,
        limit: None,
        log: None,
    }
}

/// How events are printed.
pub(crate) struct Printer {
    pub(crate) view: View,
    /// The newest that was printed.
    pub(crate) newest: u64,
    /// Events past it are left to whoever follows.
    pub(crate) until: u64,
}

impl Printer {
    pub(crate) async fn print(
        &mut self,
        event: &Event,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let Some(place) = event.place() else {
            return Ok(());
        };
        if place.seq <= self.newest || place.seq > self.until {
            return Ok(());
        }
        self.newest = place.seq;
        if output.is_json() {
            return output.object(event).await;
        }
        for line in self.view.logged(event, Some(place.room_id)) {
            output.line(&line).await?;
        }
        Ok(())
    }
}

/// Prints what follows, in the order of the log, at most so many.
pub(crate) async fn forward(
    way: &Way,
    mut read: Read,
    mut wanted: usize,
    printer: &mut Printer,
    output: &mut Output,
) -> Result<(), Failure> {
    while wanted > 0 {
        read.limit = Some(limit(wanted));
        let page: Page = way.request(read.clone()).await?;
        wanted = wanted.saturating_sub(page.events.len());
        for event in &page.events {
            printer.print(event, output).await?;
        }
        let newest = page.events.iter().rev().find_map(Event::place);
        let Some(newest) = newest.filter(|_| page.more) else {
            break;
        };
        (read.since, read.after, read.log) = (None, Some(newest.seq), Some(page.log));
    }
    Ok(())
}

/// Prints the newest so many, oldest first. Says how far the room's log goes.
pub(crate) async fn newest(
    way: &Way,
    mut read: Read,
    wanted: usize,
    printer: &mut Printer,
    output: &mut Output,
) -> Result<u64, Failure> {
    let mut pages: Vec<Vec<Event>> = Vec::new();
    let mut left = wanted;
    let mut head = None;
    loop {
        read.limit = Some(limit(left));
        let page: Page = way.request(read.clone()).await?;
        head.get_or_insert(page.seq);
        left = left.saturating_sub(page.events.len());
        let oldest = page.events.iter().find_map(Event::place);
        let next = oldest.filter(|_| page.more && left > 0).map(|at| at.seq);
        (read.before, read.log) = (next, Some(page.log));
        pages.push(page.events);
        if next.is_none() {
            break;
        }
    }
    if wanted > 0 {
        for event in pages.iter().rev().flatten() {
            printer.print(event, output).await?;
        }
    }
    Ok(head.unwrap_or(0))
}

fn limit(wanted: usize) -> u32 {
    let wanted = u32::try_from(wanted).unwrap_or(MAX_READ_EVENTS);
    wanted.clamp(1, MAX_READ_EVENTS)
}
