//! `snug rooms`, `snug who`, `snug invite`: one entry a line, its parts parted by tabs.

use serde::Serialize;
use snug_proto::{Invited, People, RoomList, RoomRef};

use super::{Failure, Invite, Output, Rooms, Who, connect::Way};
use crate::sanitize;

/// Lists the rooms.
pub(crate) async fn rooms(rooms: Rooms, output: &mut Output) -> Result<(), Failure> {
    let way = Way::to_ask(&rooms.common).await?;
    let mut after = None;
    loop {
        let mine = rooms.mine;
        let page: RoomList = way.request(snug_proto::Rooms { mine, after }).await?;
        for room in &page.rooms {
            if output.is_json() {
                output.object(room).await?;
                continue;
            }
            let unread = room.unread.unwrap_or(0);
            let whose = if room.member { "yours" } else { "" };
            let name = sanitize::line(&room.room);
            output.line(&format!("{name}\t{whose}\t{unread}")).await?;
        }
        after = page.rooms.last().map(|room| room.room_id);
        if !page.more || after.is_none() {
            break;
        }
    }
    way.leave().await;
    Ok(())
}

/// Lists people.
pub(crate) async fn who(who: Who, output: &mut Output) -> Result<(), Failure> {
    let way = Way::to_ask(&who.common).await?;
    let room = who.room.as_deref();
    let room = room.map(|room| RoomRef::from(room.trim_start_matches('#')));
    let mut after = None;
    loop {
        let room = room.clone();
        let page: People = way
            .request(snug_proto::Who {
                room,
                after,
                people: Vec::new(),
            })
            .await?;
        for person in &page.people {
            if output.is_json() {
                output.object(person).await?;
                continue;
            }
            let online = if person.online { "here" } else { "away" };
            let role = person.role.wire();
            let display = person.display.as_deref().unwrap_or_default();
            let (name, display) = (sanitize::line(&person.name), sanitize::line(display));
            let labels = sanitize::line(&person.labels.join(", "));
            let line = format!("{name}\t{online}\t{role}\t{display}\t{labels}");
            output.line(line.trim_end_matches('\t')).await?;
        }
        after = page.people.last().map(|person| person.name.clone());
        if !page.more || after.is_none() {
            break;
        }
    }
    way.leave().await;
    Ok(())
}

/// Makes an invitation.
pub(crate) async fn invite(invite: Invite, output: &mut Output) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct WithLink<'a> {
        #[serde(flatten)]
        invited: &'a Invited,
        link: String,
    }
    let way = Way::to_ask(&invite.common).await?;
    let expires_in_s = invite.lasts.map(|lasts| lasts.as_secs());
    let invited: Invited = way.request(snug_proto::Invite { expires_in_s }).await?;
    let link = way.server.link.to_string();
    if output.is_json() {
        let invited = &invited;
        output.object(&WithLink { invited, link }).await?;
    } else {
        let code = sanitize::line(invited.code.expose());
        output
            .line(&format!("snug join {link} --code {code}"))
            .await?;
    }
    way.leave().await;
    Ok(())
}
