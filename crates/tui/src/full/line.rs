//! One server of those that the screen shows: its client, and what waits for its answers.

use std::collections::BTreeMap;

use snug_client::{
    Client, ClientOptions, KnownServer, LocalId, Opened, Profile, ProfileError, Update, Updates,
};
use snug_proto::{Request, RoomId, RoomRef};
use snug_screen::{ServerId, Tag};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    arguments::Look,
    plain::{commands::Then, view::View},
};

/// See the module.
pub(super) struct Line {
    pub(super) id: ServerId,
    pub(super) known: KnownServer,
    pub(super) client: Client,
    /// What commands know of the server, and how they write what they show.
    pub(super) view: View,
    /// What was submitted and not answered yet.
    pub(super) submitted: BTreeMap<LocalId, Submitted>,
    /// Drafts were told.
    pub(super) told_drafts: bool,
    pub(super) online: bool,
    taking: Taking,
}

/// Whose a submitted request is.
pub(super) enum Submitted {
    /// The screen's.
    Tag(Tag, Option<Words>),
    /// A command's, typed in this room.
    Command(Option<RoomId>, Then),
}

/// Words on their way.
pub(super) struct Words {
    /// Where to.
    pub(super) room: RoomId,
    /// What.
    pub(super) body: String,
}

impl Words {
    /// Those of a request, if it is one that says something in a room.
    pub(super) fn of(request: &Request) -> Option<Self> {
        match request {
            Request::Send(send) => match &send.room {
                Some(RoomRef::Id(room)) => Some(Self {
                    room: *room,
                    body: send.body.clone(),
                }),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The task that takes updates, until it is told to give the stream back.
struct Taking {
    end: oneshot::Sender<()>,
    task: JoinHandle<Updates>,
}

/// What happened on a server.
pub(super) type Told = (ServerId, Update);

impl Line {
    /// Begins without a connection, or from one that is there.
    pub(super) fn start(
        id: ServerId,
        known: KnownServer,
        opened: Option<Opened>,
        profile: &Profile,
        options: &ClientOptions,
        told: mpsc::Sender<Told>,
    ) -> Result<Self, ProfileError> {
        let (profile, options) = (profile.clone(), options.clone());
        let clock = profile.clone();
        let (client, updates) = match opened {
            Some(opened) => Client::start(profile, &known.alias, opened, options)?,
            None => Client::start_away(profile, &known.alias, options)?,
        };
        let (end, ended) = oneshot::channel();
        let task = tokio::spawn(take(id, updates, told, ended));
        let look = Look {
            plain: false,
            times: true,
            numbers: true,
        };
        // A wrong hour is better than no line.
        let local_offset_s = Box::new(move |at| clock.local_offset_s(at).unwrap_or(0));
        let view = View::new(look, known.account, known.name.clone(), local_offset_s);
        Ok(Self {
            id,
            known,
            client,
            view,
            submitted: BTreeMap::new(),
            told_drafts: false,
            online: false,
            taking: Taking { end, task },
        })
    }

    /// Says goodbye.
    pub(super) async fn close(self) {
        // It may have ended by itself.
        let _ended = self.taking.end.send(());
        if let Ok(updates) = self.taking.task.await {
            self.client.close(updates).await;
        }
    }

    /// Words that were not acknowledged.
    pub(super) fn unsent(&self) -> impl Iterator<Item = (Option<RoomId>, &str)> {
        self.submitted.values().filter_map(|of| match of {
            Submitted::Tag(_, Some(words)) => Some((Some(words.room), words.body.as_str())),
            Submitted::Command(room, Then::Words(words)) => Some((*room, words.as_str())),
            _ => None,
        })
    }
}

/// Passes updates on. Where nobody takes them, the network waits.
async fn take(
    id: ServerId,
    mut updates: Updates,
    told: mpsc::Sender<Told>,
    mut end: oneshot::Receiver<()>,
) -> Updates {
    loop {
        tokio::select! {
            update = updates.next() => {
                let Some(update) = update else {
                    return updates;
                };
                tokio::select! {
                    sent = told.send((id, update)) => if sent.is_err() {
                        return updates;
                    },
                    _ = &mut end => return updates,
                }
            }
            _ = &mut end => return updates,
        }
    }
}
