//! The pane of people: who is in the room, those here first.

use ratatui_core::{buffer::Buffer, layout::Rect};
use snug_proto::AccountId;

use super::{Layout, frame, text};
use crate::state::{Member, Person, Room, Server, State};

/// The members as they are listed: here before gone, those who keep order first, then by name.
pub fn in_order<'a>(server: &'a Server, room: &'a Room) -> Vec<(AccountId, &'a Person, Member)> {
    let members = room.members.list.iter();
    let mut list: Vec<_> = members
        .filter_map(|(id, member)| Some((*id, server.people.get(id)?, *member)))
        .collect();
    list.sort_by_cached_key(|(id, person, member)| {
        let plain = !(member.founder || member.admin);
        (!person.online, plain, person.name.to_lowercase(), *id)
    });
    list
}

pub(super) fn draw(layout: &Layout, buffer: &mut Buffer, state: &State) {
    let area = layout.people;
    let Some((server, room)) = state
        .current()
        .filter(|_| area.width > 0 && area.height > 0)
    else {
        return;
    };
    let theme = &state.settings.theme;
    let edge = area.x.saturating_sub(1);
    frame::upright(buffer, edge, area.y, area.bottom(), theme.dim);
    let list = in_order(server, room);
    let here = list.iter().filter(|(_, person, _)| person.online).count();
    let here = room.members.online.unwrap_or(here as u64);
    let of = room.members_count.unwrap_or(0).max(list.len() as u64);
    let head = if of == 0 {
        format!(" HERE {here}")
    } else {
        format!(" HERE {here} of {of}")
    };
    for y in area.y..area.bottom() {
        text::put_line(buffer, area.x, y, area.width, "", theme.text);
    }
    text::put_line(buffer, area.x, area.y, area.width, &head, theme.heading);
    let room_for = usize::from(area.height - 1);
    let shown = if list.len() > room_for {
        room_for.saturating_sub(1)
    } else {
        list.len()
    };
    let mut y = area.y + 1;
    for (id, person, member) in list.iter().take(shown) {
        draw_person(
            Rect {
                y,
                height: 1,
                ..area
            },
            buffer,
            state,
            *id,
            person,
            *member,
        );
        y += 1;
    }
    if shown < list.len() || !room.members.complete && !list.is_empty() {
        let more = of.saturating_sub(shown as u64);
        let more = if more > 0 {
            format!("   … {more} more")
        } else {
            "   …".to_owned()
        };
        if y < area.bottom() {
            text::put_line(buffer, area.x, y, area.width, &more, theme.dim);
        }
    }
}

fn draw_person(
    place: Rect,
    buffer: &mut Buffer,
    state: &State,
    id: AccountId,
    person: &Person,
    member: Member,
) {
    let theme = &state.settings.theme;
    let mark = match (member.founder, member.admin, person.online) {
        (true, ..) => "★",
        (_, true, _) => "☆",
        (_, _, true) => "●",
        _ => " ",
    };
    let (mark_style, style) = if person.online {
        (theme.online, theme.name_of(id))
    } else {
        (theme.dim, theme.dim)
    };
    let x = text::put(
        buffer,
        place.x,
        place.y,
        place.width,
        &format!(" {mark} "),
        mark_style,
    );
    let name = text::clean(&person.name);
    let about = match (&person.away, member.muted, member.bot) {
        (Some(_), ..) => "away",
        (None, true, _) => "muted",
        (None, false, true) => "bot",
        _ => "",
    };
    let about_wide = u16::try_from(about.len()).unwrap_or(0);
    let end = place.right().saturating_sub(about_wide + 1);
    let most = if about.is_empty() {
        place.right()
    } else {
        end.saturating_sub(1)
    };
    let name = text::fit(&name, usize::from(most.saturating_sub(x)));
    let x = text::put(buffer, x, place.y, place.width, &name, style);
    if x < end {
        text::put(buffer, end, place.y, about_wide, about, theme.dim);
    }
}
