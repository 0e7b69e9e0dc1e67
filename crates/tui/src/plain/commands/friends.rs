//! Commands of friends and blocks, and of whom one lets reach one.

use snug_proto::{
    Befriend, Befriended, Block, BlockList, Blocks, Done, FriendEntry, FriendList, Friends,
    Friendship, Me, Myself, PersonRef, Unblock, Unfriend,
};

use super::{
    Ask, Command, Deed, Least, Misuse, Trouble,
    deed::{ask, lines, said},
    words::Words,
};
use crate::sanitize;

/// Pages of a list that are asked for: more than anybody's friends or blocks fill. A server that says without
/// end that there is more is not believed.
const MAX_PAGES: usize = 200;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "friend",
        aliases: &["befriend"],
        usage: "/friend NAME",
        help: "Asks somebody to be your friend, or accepts their asking. Friends see each other \
               come and go, whatever rooms they are in.",
        least: Least::Member,
        read: |words| {
            let person = words.person()?;
            Ok(ask(async |ask| {
                let name = shown(&person);
                let made: Befriended = ask.request(Befriend { person }).await?;
                match made.state {
                    Friendship::Friends => said(format!("-- {name} is your friend")),
                    _ => said(format!(
                        "-- {name} is asked; /unfriend {name} takes it back"
                    )),
                }
            }))
        },
    },
    Command {
        name: "unfriend",
        aliases: &["decline"],
        usage: "/unfriend NAME",
        help: "Ends a friendship, takes your asking back, or declines theirs.",
        least: Least::Member,
        read: |words| {
            let person = words.person()?;
            Ok(ask(async |ask| {
                let name = shown(&person);
                let Done {} = ask.request(Unfriend { person }).await?;
                said(format!("-- nothing is between you and {name} now"))
            }))
        },
    },
    Command {
        name: "friends",
        aliases: &[],
        usage: "/friends",
        help: "Lists your friends and who of them is here, who asks you, and whom you asked.",
        least: Least::Member,
        read: |_words| {
            Ok(ask(async |ask| {
                let friends = all_friends(&ask).await?;
                if friends.is_empty() {
                    return said("-- no friends here yet; /friend NAME asks somebody");
                }
                lines(friends.iter().map(friend_line).collect())
            }))
        },
    },
    Command {
        name: "block",
        aliases: &["ignore"],
        usage: "/block NAME",
        help: "From now on neither of you reaches the other directly, and their friend requests, \
               invitations and mentions do not arrive. A friendship ends. They are not told.",
        least: Least::Member,
        read: |words| {
            let person = words.person()?;
            Ok(ask(async |ask| {
                let name = shown(&person);
                let Done {} = ask.request(Block { person }).await?;
                said(format!(
                    "-- {name} is blocked; /unblock {name} takes it back"
                ))
            }))
        },
    },
    Command {
        name: "unblock",
        aliases: &["unignore"],
        usage: "/unblock NAME",
        help: "Takes a block back. A friendship that it ended is not made again by that.",
        least: Least::Member,
        read: |words| {
            let person = words.person()?;
            Ok(ask(async |ask| {
                let name = shown(&person);
                let Done {} = ask.request(Unblock { person }).await?;
                said(format!("-- {name} is not blocked"))
            }))
        },
    },
    Command {
        name: "blocks",
        aliases: &[],
        usage: "/blocks",
        help: "Lists whom you block.",
        least: Least::Member,
        read: |_words| {
            Ok(ask(async |ask| {
                let mut list = Vec::new();
                let mut after = None;
                for _page in 0..MAX_PAGES {
                    let page: BlockList = ask.request(Blocks { after }).await?;
                    let entry = |entry: &snug_proto::BlockEntry| {
                        format!("-- {}  since {}", sanitize::line(&entry.name), entry.since)
                    };
                    list.extend(page.blocks.iter().map(entry));
                    after = page.blocks.last().map(|entry| entry.name.clone());
                    if !page.more || after.is_none() {
                        break;
                    }
                }
                if list.is_empty() {
                    return said("-- you block nobody");
                }
                lines(list)
            }))
        },
    },
    Command {
        name: "strangers",
        aliases: &[],
        usage: "/strangers [on|off]",
        help: "Says whether strangers may write to you directly and invite you into rooms. \
               Strangers are no friends, share no room with you but the lobby, and were not \
               written to by you lately.",
        least: Least::Member,
        read: |words| {
            let me = |strangers| Me {
                strangers,
                ..Me::default()
            };
            may_write(words, me, |me| {
                if me.strangers {
                    "-- strangers may write to you; /strangers off keeps them out"
                } else {
                    "-- strangers may not write to you; /strangers on lets them"
                }
            })
        },
    },
    Command {
        name: "hear-guests",
        aliases: &[],
        usage: "/hear-guests [on|off]",
        help: "Says whether guests of the server may write to you directly. Whom you wrote to lately may answer.",
        least: Least::Member,
        read: |words| {
            let me = |guests| Me {
                guests,
                ..Me::default()
            };
            may_write(words, me, |me| {
                if me.no_guests {
                    "-- guests may not write to you; /hear-guests on lets them"
                } else {
                    "-- guests may write to you; /hear-guests off keeps them out"
                }
            })
        },
    },
];

/// Says who may write to one, and changes it if `on` or `off` is said.
fn may_write(
    words: &mut Words<'_>,
    change: fn(Option<bool>) -> Me,
    shown: fn(&Myself) -> &'static str,
) -> Result<Deed, Misuse> {
    let wanted = match words.end() {
        Ok(()) => None,
        Err(_more) => Some(words.on_or_off()?),
    };
    Ok(ask(async move |ask| {
        let me: Myself = ask.request(change(wanted)).await?;
        said(shown(&me))
    }))
}

/// Every friend, all pages.
async fn all_friends(ask: &Ask) -> Result<Vec<FriendEntry>, Trouble> {
    let mut friends = Vec::new();
    let mut after = None;
    for _page in 0..MAX_PAGES {
        let page: FriendList = ask.request(Friends { after }).await?;
        after = page.friends.last().map(|entry| entry.name.clone());
        friends.extend(page.friends);
        if !page.more || after.is_none() {
            break;
        }
    }
    Ok(friends)
}

/// A friend as a line.
pub(crate) fn friend_line(friend: &FriendEntry) -> String {
    let name = sanitize::line(&friend.name);
    match friend.state {
        Friendship::Friends if friend.online => format!("-- {name}  is here"),
        Friendship::Friends => format!("-- {name}"),
        Friendship::Asks => {
            format!("-- {name} asks to be your friend: /friend {name} or /unfriend {name}")
        }
        Friendship::Asked | Friendship::None => format!("-- {name}  was asked by you"),
    }
}

fn shown(person: &PersonRef) -> String {
    sanitize::line(&person.to_string())
}
