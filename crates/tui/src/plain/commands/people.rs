//! Commands of who is there.

use snug_proto::{People, PersonEntry, Role, Who};

use super::{
    Command, Least,
    deed::{ask, lines},
};
use crate::{plain::view::person, sanitize};

/// Pages of the list that are asked for; past it the list says that it goes on.
const MAX_PAGES: usize = 20;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[Command {
    name: "who",
    aliases: &["names"],
    usage: "/who [ROOM]",
    help: "Says who is in this room, and who of them is here now.",
    least: Least::Member,
    read: |words| {
        let room = words.room_or_here()?;
        Ok(ask(async move |ask| {
            let mut people: Vec<PersonEntry> = Vec::new();
            let mut more = true;
            for _page in 0..MAX_PAGES {
                if !more {
                    break;
                }
                let request = Who {
                    room: Some(room.clone()),
                    after: people.last().map(|last| last.name.clone()),
                    people: Vec::new(),
                };
                let page: People = ask.request(request).await?;
                more = page.more && !page.people.is_empty();
                people.extend(page.people);
            }
            let (here, away): (Vec<_>, Vec<_>) = people.iter().partition(|person| person.online);
            let mut list = vec![format!("-- here: {}", names(&here))];
            if !away.is_empty() {
                list.push(format!("-- away: {}", names(&away)));
            }
            if more {
                list.push("-- and more".to_owned());
            }
            lines(list)
        }))
    },
}];

fn names(people: &[&PersonEntry]) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    let name = |entry: &&PersonEntry| {
        let shown = person(&entry.name, entry.display.as_deref());
        let handle = sanitize::line(&entry.name);
        let mut of: Vec<&str> = Vec::new();
        // What to type to reach somebody is the name.
        if shown != handle {
            of.push(&handle);
        }
        let worn = entry.worn.as_ref();
        let worn = worn.map(|worn| format!("{} on IRC", sanitize::line(worn)));
        of.extend(worn.as_deref());
        of.extend(entry.founder.then_some("founder"));
        of.extend(entry.admin.then_some("admin"));
        of.extend(entry.vip.then_some("VIP"));
        of.extend(entry.muted.then_some("muted"));
        match entry.role {
            Role::Owner => of.push("owner"),
            Role::Moderator => of.push("moderator"),
            Role::Member => {}
            Role::Guest => of.push("guest"),
        }
        let labels: Vec<String> = entry.labels.iter().map(|of| sanitize::line(of)).collect();
        of.extend(labels.iter().map(String::as_str));
        if of.is_empty() {
            shown
        } else {
            format!("{shown} ({})", of.join(", "))
        }
    };
    people.iter().map(name).collect::<Vec<_>>().join(", ")
}
