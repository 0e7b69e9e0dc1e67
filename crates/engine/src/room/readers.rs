//! Those who hear a room on this node, and what a delivery is for each of them.

use std::{collections::HashSet, sync::Arc};

use snug_proto::{AccountId, Delivery};

use super::Room;
use crate::session::Core;

/// A session that hears a room.
pub(crate) struct Reader {
    pub(crate) core: Arc<Core>,
    pub(crate) account: AccountId,
    pub(crate) position: Position,
}

/// How a reader hears a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// As events are published.
    Live,
    /// From the log, after this seq, until it has caught up.
    Behind(u64),
    /// It is still to be told that the log began anew.
    Rewound,
}

impl Reader {
    /// Its outbox was full: from this event on the room is read to it from the log.
    pub(crate) fn missed(&mut self, room: &Arc<Room>, seq: u64) {
        self.position = Position::Behind(seq.saturating_sub(1));
        self.core.fell_behind(room);
        // It may have taken everything since the push, and found that it was not behind.
        if self.core.outbox.has_room() {
            self.core.pump();
        }
    }
}

/// A delivery as each reader must get it: the same for all, but in a direct conversation, where each
/// side's room is named for the other.
pub(crate) enum ForReaders {
    Same(Arc<Delivery>),
    Direct(AccountId, Arc<Delivery>, Arc<Delivery>),
    /// These accounts may see what it refers to, the others may not.
    Some {
        accounts: HashSet<AccountId>,
        with: Arc<Delivery>,
        without: Arc<Delivery>,
    },
}

impl ForReaders {
    /// The delivery for this account.
    pub(crate) fn to(&self, account: &AccountId) -> &Arc<Delivery> {
        match self {
            Self::Same(delivery) => delivery,
            Self::Direct(one, for_one, _) if one == account => for_one,
            Self::Direct(_, _, for_other) => for_other,
            Self::Some {
                accounts,
                with,
                without,
            } => {
                if accounts.contains(account) {
                    with
                } else {
                    without
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use snug_auth::{CHEAP, ServerKeys};
    use snug_proto::{
        CreateRoom, Event, Join, Leave, Register, Registration, Response, Send, Session,
    };
    use snug_store::SqliteStore;

    use super::*;
    use crate::engine::Engine;
    use crate::{Addresses, Config, EngineSession, Front, Origin, SystemClock};
    use snug_rules::Retention;

    /// A server without a pace.
    pub(crate) async fn engine() -> Arc<Engine> {
        let config = Config {
            server: "snug test".into(),
            keys: Arc::new(ServerKeys::generate(&mut rand::rngs::OsRng)),
            argon2: CHEAP,
            registration: Registration::Open,
            access_code: None,
            retention: Retention::Forever,
            tail_may_be_lost: false,
            addresses: Addresses::Kept,
            guessing: snug_rules::GuessLimits::default(),
            makings: snug_rules::MakingLimits::default(),
            door: None,
            shield: crate::ShieldPrice::default(),
            scram_for_new_accounts: false,
            min_password_chars: snug_proto::limits::MIN_PASSWORD_CHARS,
            quitting: crate::Quitting::default(),
            guests: snug_proto::GuestPolicy::Off,
            talking: crate::Talking::default(),
            clock: Arc::new(SystemClock),
        };
        let store = Arc::new(SqliteStore::in_memory().unwrap());
        Engine::start(config, store).await.unwrap()
    }

    /// Somebody new.
    pub(crate) async fn come_in(engine: &Arc<Engine>, name: &str) -> EngineSession {
        let session = engine.connect(Origin {
            line: crate::Line::default(),
            visitor: None,
            secure: true,
            certificate: None,
            address: None,
            front: Front::Native,
        });
        let register = Register {
            name: name.into(),
            password: "correct horse".into(),
            code: None,
        };
        session.request(register.into()).await.unwrap();
        session
    }

    /// The bodies of what comes next.
    pub(crate) async fn heard(session: &EngineSession) -> Vec<String> {
        let mut batch = Vec::new();
        let taken = std::future::poll_fn(|context| session.poll_deliveries(context, &mut batch));
        let taken = tokio::time::timeout(Duration::from_secs(10), taken).await;
        taken.expect("nothing comes any more");
        let bodies = batch.iter().filter_map(|delivery| match delivery.event() {
            Event::Message(message) => Some(message.body.clone()),
            _ => None,
        });
        bodies.collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reader_that_took_everything_just_before_it_was_marked_as_behind_is_read_to() {
        let engine = engine().await;
        let session = come_in(&engine, "ann").await;
        let say = Send {
            manner: None,
            room: Some("lobby".into()),
            to: None,
            body: "hi".into(),
            reply_to: None,
            key: None,
        };
        let Ok(Response::Sent(sent)) = session.request(say.into()).await else {
            panic!("not sent")
        };
        // As if the push had found the outbox full: by now it is empty, and nobody will take from it.
        assert_eq!(heard(&session).await, ["hi"]);
        let room = engine.room(engine.lobby());
        for reader in room.state().readers.values_mut() {
            reader.missed(&room, sent.seq);
        }
        assert_eq!(heard(&session).await, ["hi"]);
        engine.shut_down().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn who_goes_in_and_out_keeps_no_thread_before_a_room_that_the_publisher_has() {
        let engine = engine().await;
        let (ann, bob) = (come_in(&engine, "ann").await, come_in(&engine, "bob").await);
        let create = CreateRoom {
            room: "hall".into(),
            ..CreateRoom::default()
        };
        let Ok(Response::Entered(entered)) = ann.request(create.into()).await else {
            panic!("no room")
        };
        let room = engine.room(entered.entry.room_id);
        let join = || Join {
            room: "hall".into(),
            password: None,
        };
        let leave = Leave {
            room: "hall".into(),
            reason: None,
        };
        assert!(bob.request(join().into()).await.is_ok());
        assert!(bob.request(leave.into()).await.is_ok());
        // The publisher has it, on a thread of its own, until the end.
        let (has, had) = (tokio::sync::oneshot::channel(), std::sync::mpsc::channel());
        let publisher = std::thread::spawn({
            let (room, engine) = (Arc::clone(&room), Arc::clone(&engine));
            move || {
                room.begin_publishing();
                let state = room.state();
                room.publisher_sees(&state);
                has.0.send(()).unwrap();
                let _patience_is_over = had.1.recv_timeout(Duration::from_secs(10));
                drop(state);
                room.end_publishing(&engine);
            }
        });
        has.1.await.unwrap();
        let joining = bob.request(join().into());
        let began = std::time::Instant::now();
        while !room.left.has_some() && began.elapsed() < Duration::from_secs(5) {
            // Others have their turn on the one thread that serves everybody.
            tokio::spawn(std::future::ready(())).await.unwrap();
        }
        assert!(room.left.has_some() && began.elapsed() < Duration::from_secs(5));
        had.0.send(()).unwrap();
        assert!(joining.await.is_ok());
        publisher.join().unwrap();
        engine.shut_down().await;
    }
}
