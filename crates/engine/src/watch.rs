//! The owner watches the server (O7): a stream that is bounded and may lose, and says how much it lost.
//! The lock guards the list of who watches only; what happens is put into words only if somebody does.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use snug_proto::{
    AuditAction, Delivery, Done, Event, Happening, Refusal, Response, Role, Timestamp, Watch,
    Watched,
};
use snug_rules::{Access, Content, RoomKind, RoomView, ServerDeed};
use snug_store::{NewAudit, StoredEvent};

use crate::{
    engine::Engine,
    handle::governing::{NotDone, governing},
    lock::{lock, read},
    person::Person,
    session::{Core, SignedInAs},
};

/// What one watcher is told of in a second at most; the rest is counted.
const MAX_A_SECOND: u32 = 50;
/// What is told of one happening, in characters.
const MAX_TEXT_CHARS: usize = 400;
/// What members are told while the owner may watch open rooms.
pub(crate) const WATCHED: &str =
    "The owner of this server may watch what is said in open rooms (watch_open_rooms is on).";

/// Those who watch.
#[derive(Default)]
pub(crate) struct Watchers {
    /// How many, so that nobody watching costs one look.
    count: AtomicUsize,
    list: Mutex<Vec<Watcher>>,
}

struct Watcher {
    core: Arc<Core>,
    /// The second that is counted, and what was told in it.
    second: u64,
    told: u32,
    left_out: u64,
}

impl Engine {
    pub(crate) async fn watch(
        &self,
        core: &Arc<Core>,
        who: &SignedInAs,
        request: &Watch,
    ) -> Result<Response, Refusal> {
        let (actor, now) = (who.person.id, self.now());
        if !request.on {
            self.unwatch(core);
            return Ok(Done {}.into());
        }
        let began = self.storage.write(move |transaction| {
            governing(transaction, &actor, ServerDeed::Watch)?;
            transaction.audit(&NewAudit::new(now, Some(actor), AuditAction::WatchStarted))?;
            Ok::<_, NotDone>(())
        });
        began.await?;
        let mut list = lock(&self.watchers.list);
        if !list.iter().any(|watcher| Arc::ptr_eq(&watcher.core, core)) && !core.is_closed() {
            list.push(Watcher {
                core: Arc::clone(core),
                second: 0,
                told: 0,
                left_out: 0,
            });
        }
        self.watchers.count.store(list.len(), Ordering::Release);
        Ok(Done {}.into())
    }

    /// This session watches no more.
    pub(crate) fn unwatch(&self, core: &Arc<Core>) {
        if self.watchers.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut list = lock(&self.watchers.list);
        list.retain(|watcher| !Arc::ptr_eq(&watcher.core, core));
        self.watchers.count.store(list.len(), Ordering::Release);
    }

    /// Tells those who watch that something happened. It never waits, and never fails.
    pub fn happened(&self, what: Happening, text: impl FnOnce() -> String) {
        if self.watchers.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let text: String = text()
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_TEXT_CHARS)
            .collect();
        let at = self.now();
        let mut list = lock(&self.watchers.list);
        // One who is the owner no longer watches no longer.
        list.retain(|watcher| self.still_owner(&watcher.core));
        self.watchers.count.store(list.len(), Ordering::Release);
        for watcher in list.iter_mut() {
            watcher.tell(what, &text, at);
        }
    }

    fn still_owner(&self, core: &Core) -> bool {
        let known = core
            .signed_in()
            .and_then(|who| self.people.known(&who.person.id));
        known.is_some_and(|person| person.role == Role::Owner)
    }

    /// Tells those who watch what was said in an open room, if the setting is on. Never of a direct
    /// conversation, nor of a room behind a password or an invitation, nor of one that is not listed.
    pub(crate) fn was_said(&self, view: Option<&RoomView>, author: &Person, event: &StoredEvent) {
        if self.watchers.count.load(Ordering::Acquire) == 0 {
            return;
        }
        let Content::Message { body, .. } = &event.content else {
            return;
        };
        let open = view.filter(|view| {
            !matches!(view.kind, RoomKind::Direct(..)) && view.access == Access::Open && view.listed
        });
        let Some(view) = open else { return };
        if read(&self.settings).watch_open_rooms {
            self.happened(Happening::Said, || {
                format!("{}, {}: {body}", view.name, author.name)
            });
        }
    }

    /// Where a session comes from, as far as that may be kept, and by what.
    pub(crate) fn whence(&self, core: &Core) -> String {
        let front = format!("{:?}", core.origin.front).to_lowercase();
        match self.address_of(core) {
            Some(address) => format!("{front} from {address}"),
            None => front,
        }
    }
}

impl Watcher {
    fn tell(&mut self, what: Happening, text: &str, at: Timestamp) {
        let second = at.ms() / 1000;
        if second != self.second {
            (self.second, self.told) = (second, 0);
        }
        if self.told >= MAX_A_SECOND {
            self.left_out += 1;
            return;
        }
        let event = Event::Watched(Watched {
            at,
            what,
            text: text.to_owned(),
            left_out: self.left_out,
        });
        match self.core.outbox.push(&Arc::new(Delivery::new(event))) {
            Ok(()) => {
                self.told += 1;
                self.left_out = 0;
            }
            Err(_full) => self.left_out += 1,
        }
    }
}
