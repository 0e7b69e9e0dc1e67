//! A small server of one room, and whatever may arrive from it.

use proptest::prelude::*;
use snug_proto::{
    AccountId, Author, HistoryPolicy, Membership, Message, Place, RoomAdded, Subject, Timestamp,
};

use super::*;

const ME: AccountId = AccountId::from_bytes([1; 16]);
const DEN: RoomId = RoomId::from_bytes([2; 16]);

/// A server with one room, whose log may lose its oldest events or begin anew.
#[derive(Debug, Clone)]
struct Log {
    id: u8,
    first: u64,
    head: u64,
}

impl Log {
    fn id(&self) -> LogId {
        LogId::from_bytes([self.id; 16])
    }

    fn place(seq: u64) -> Place {
        Place {
            room: "den".into(),
            room_id: DEN,
            seq,
            at: Timestamp::from_ms(seq),
            direct: false,
        }
    }

    fn event(&self, seq: u64) -> Event {
        Event::Message(Message {
            manner: None,
            place: Self::place(seq),
            author: Author {
                from: "ann".into(),
                from_id: AccountId::from_bytes([9; 16]),
                from_display: None,
                from_worn: None,
                bot: false,
                from_guest: false,
            },
            body: format!("{} of log {}", seq, self.id),
            deleted: false,
            reply_to: None,
            quote: None,
            mentions: Vec::new(),
        })
    }

    fn entry(&self, read: u64) -> RoomEntry {
        RoomEntry {
            last_at: None,
            room: "den".into(),
            room_id: DEN,
            member: true,
            direct: false,
            worn: None,
            password: false,
            invitation: false,
            hidden: false,
            archived: false,
            invited: false,
            admitted: false,
            role: None,
            topic: None,
            retention: snug_proto::Retention::Forever,
            slow_mode_ms: None,
            moderated: false,
            open_topic: false,
            outside: false,
            quiet_guests: false,
            quiet_machines: false,
            limit: None,
            created_at: None,
            topic_at: None,
            history: HistoryPolicy::All,
            members: None,
            log: Some(self.id()),
            seq: Some(self.head),
            read: Some(read),
            unread: Some(self.head.saturating_sub(read)),
            mentions: 0,
        }
    }

    fn rewound(&self) -> Event {
        Event::Rewound(Rewound {
            room: "den".into(),
            room_id: DEN,
            log: self.id(),
            first: self.first,
            seq: self.head,
        })
    }

    fn page(&self, fill: &Fill, limit: u64) -> Result<Page, Refusal> {
        if fill.log.is_some_and(|log| log != self.id()) {
            return Err(ErrorCode::Rewound.into());
        }
        let from = (fill.after + 1).max(self.first);
        let to = self.head.min(from + limit - 1);
        Ok(Page {
            events: (from..=to).map(|seq| self.event(seq)).collect(),
            first: self.first,
            seq: self.head,
            log: self.id(),
            more: to < self.head,
        })
    }
}

/// What the user saw: of each log, which seqs were shown or said to be gone, in order.
#[derive(Debug)]
struct Watcher {
    follower: Follower,
    fills: Vec<Fill>,
    next: u64,
    shown: u64,
    restarts: usize,
}

impl Watcher {
    fn new(follower: Follower, next: u64) -> Self {
        Self {
            follower,
            fills: Vec::new(),
            next,
            shown: 0,
            restarts: 0,
        }
    }

    fn take(&mut self, steps: Vec<Step>, log: &Log) {
        for step in steps {
            match step {
                Step::Show(event) => {
                    let seq = event.place().unwrap().seq;
                    assert_eq!(seq, self.next, "in order, once");
                    assert_eq!(event, log.event(seq), "of the log there is");
                    self.next += 1;
                    self.shown += 1;
                }
                Step::Passed { after, to, .. } => {
                    assert_eq!(after + 1, self.next, "nothing passed twice");
                    assert!(to > after && to < log.first, "only what is gone");
                    self.next = to + 1;
                }
                Step::Restarted { .. } => {
                    self.next = log.first;
                    self.restarts += 1;
                }
                Step::Fill(fill) => self.fills.push(fill),
            }
        }
    }

    fn event(&mut self, event: Event, log: &Log) {
        let steps = self.follower.event(event);
        self.take(steps, log);
    }

    fn answer(&mut self, which: usize, log: &Log, limit: u64) {
        if self.fills.is_empty() {
            return;
        }
        let fill = self.fills.remove(which % self.fills.len());
        let steps = self.follower.page(&fill, log.page(&fill, limit));
        self.take(steps, log);
    }

    /// A new connection; the server replays as much as it likes before it goes live.
    fn reconnect(&mut self, log: &Log, replays: u64) {
        self.fills.clear();
        self.follower.signed_in(ME);
        let steps = self.follower.list(&[log.entry(0)]);
        self.take(steps, log);
        for follow in self.follower.follow() {
            let cursor = follow.cursors[&DEN];
            let mut after = cursor.seq;
            if cursor.log != log.id() || cursor.seq > log.head {
                self.event(log.rewound(), log);
                after = log.first - 1;
            }
            if after + 1 < log.first {
                let (room, to) = ("den".to_owned(), log.first - 1);
                let lost = Gap {
                    room,
                    room_id: DEN,
                    after,
                    to,
                    lost: true,
                };
                self.event(Event::Gap(lost), log);
                after = to;
            }
            for seq in (after + 1..=log.head).take(usize::try_from(replays).unwrap()) {
                self.event(log.event(seq), log);
            }
        }
        let steps = self.follower.followed();
        self.take(steps, log);
    }
}

#[derive(Debug, Clone)]
enum Act {
    /// So many events happen; the last of them arrives, or none.
    Grow(u64, bool),
    /// Any event arrives, again or before its turn.
    Deliver(u64),
    Gap(u64, u64),
    Answer(usize, u64),
    Reconnect(u64),
    /// The oldest events are pruned.
    Prune(u64),
    /// The log begins anew, and the client is told now or at the next connection.
    Restart(u64, bool),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (1..5_u64, any::<bool>()).prop_map(|(n, told)| Act::Grow(n, told)),
        6 => any::<u64>().prop_map(Act::Deliver),
        2 => (any::<u64>(), 0..9_u64).prop_map(|(at, n)| Act::Gap(at, n)),
        4 => (any::<usize>(), 1..6_u64).prop_map(|(which, limit)| Act::Answer(which, limit)),
        2 => (0..9_u64).prop_map(Act::Reconnect),
        1 => (0..6_u64).prop_map(Act::Prune),
        1 => (1..6_u64, any::<bool>()).prop_map(|(head, told)| Act::Restart(head, told)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_arrives_in_whatever_order_each_event_is_shown_once_in_order(
        acts in proptest::collection::vec(act(), 0..60)
    ) {
        let mut log = Log { id: 1, first: 1, head: 3 };
        let mut watcher = Watcher::new(Follower::new(u64::MAX), 1);
        watcher.reconnect(&log, 0);
        let mut told = true;
        for act in acts {
            // Between a restart and the news of it, nothing of the new log comes.
            let live = told;
            match act {
                Act::Grow(count, arrives) => {
                    log.head += count;
                    if live && arrives {
                        watcher.event(log.event(log.head), &log);
                    }
                }
                Act::Deliver(any) if live => {
                    let seq = log.first + any % (log.head - log.first + 1);
                    watcher.event(log.event(seq), &log);
                }
                Act::Gap(at, count) if live => {
                    let after = at % log.head;
                    let to = (after + count).min(log.head);
                    let gap = Gap { room: "den".into(), room_id: DEN, after, to, lost: false };
                    watcher.event(Event::Gap(gap), &log);
                }
                Act::Answer(which, limit) => {
                    watcher.answer(which, &log, limit);
                }
                Act::Reconnect(replays) => {
                    watcher.reconnect(&log, replays);
                    told = true;
                }
                Act::Prune(count) => log.first = (log.first + count).min(log.head),
                Act::Restart(head, at_once) => {
                    log = Log { id: log.id.wrapping_add(1), first: 1, head };
                    told = at_once;
                    if at_once {
                        watcher.event(log.rewound(), &log);
                    }
                }
                Act::Deliver(_) | Act::Gap(..) => {}
            }
        }
        watcher.reconnect(&log, 0);
        watcher.event(log.event(log.head), &log);
        for _ in 0..1000 {
            watcher.answer(0, &log, 3);
        }
        prop_assert!(watcher.fills.is_empty(), "it comes to rest");
        prop_assert_eq!(watcher.next, log.head + 1, "nothing is missed");
        prop_assert_eq!(watcher.follower.cursors()[&DEN], Cursor { log: log.id(), seq: log.head });
    }
}

fn began(read: u64, log: &Log, tail: u64) -> (Follower, Vec<Step>) {
    let mut follower = Follower::new(tail);
    follower.signed_in(ME);
    let steps = follower.list(&[log.entry(read)]);
    (follower, steps)
}

#[test]
fn a_room_seen_for_the_first_time_begins_at_what_is_unread_and_no_more_than_the_tail() {
    let log = Log {
        id: 1,
        first: 1,
        head: 50,
    };
    let (mut follower, steps) = began(45, &log, 10);
    assert_eq!(steps, []);
    assert_eq!(follower.follow()[0].cursors[&DEN].seq, 45);
    let (follower, steps) = began(0, &log, 10);
    assert!(
        matches!(
            &steps[..],
            [Step::Passed {
                after: 0,
                to: 40,
                why: Passed::Skipped,
                ..
            }]
        ),
        "{steps:?}"
    );
    assert_eq!(follower.cursors()[&DEN].seq, 40);
    let (follower, _) = began(50, &log, 10);
    assert_eq!(follower.cursors()[&DEN].seq, 50);
}

#[test]
fn what_happened_while_one_was_out_of_a_room_is_not_missed() {
    let log = Log {
        id: 1,
        first: 1,
        head: 5,
    };
    let (mut follower, _) = began(5, &log, 10);
    follower.follow();
    follower.followed();
    let membership = |seq| Membership {
        place: Log::place(seq),
        subject: Subject {
            name: "me".into(),
            account: ME,
            display: None,
            worn: None,
            guest: false,
        },
        quit: false,
        reason: None,
    };
    let left = Event::Left(membership(6));
    assert_eq!(follower.event(left.clone()), [Step::Show(left)]);
    assert!(follower.cursors().is_empty());
    let joined = Event::Joined(membership(90));
    assert_eq!(follower.event(joined.clone()), [Step::Show(joined)]);
    assert_eq!(follower.cursors()[&DEN].seq, 90);
}

#[test]
fn a_room_told_of_begins_with_its_first_event_even_if_the_list_counted_it_already() {
    let log = Log {
        id: 1,
        first: 1,
        head: 1,
    };
    let mut follower = Follower::new(10);
    follower.signed_in(ME);
    follower.follow();
    follower.followed();
    let entry = log.entry(0);
    assert_eq!(
        follower
            .event(Event::RoomAdded(RoomAdded {
                entry: Box::new(entry)
            }))
            .len(),
        1
    );
    assert_eq!(follower.event(log.event(1)), [Step::Show(log.event(1))]);
}

#[test]
fn events_of_a_later_version_are_passed_over_not_asked_for_forever() {
    let log = Log {
        id: 1,
        first: 1,
        head: 3,
    };
    let (mut follower, _) = began(3, &log, 10);
    follower.follow();
    follower.followed();
    assert_eq!(follower.event(Event::Unknown), []);
    let log = Log { head: 5, ..log };
    let steps = follower.event(log.event(5));
    let [Step::Fill(fill)] = &steps[..] else {
        panic!("{steps:?}");
    };
    let mut page = log.page(fill, 10).unwrap();
    page.events[0] = Event::Unknown;
    let steps = follower.page(fill, Ok(page));
    assert!(
        matches!(
            &steps[..],
            [
                Step::Passed {
                    after: 3,
                    to: 4,
                    why: Passed::Unknown,
                    ..
                },
                Step::Show(_)
            ]
        ),
        "{steps:?}"
    );
}

#[test]
fn a_gap_is_filled_by_pages_even_if_nothing_comes_after_it_unless_it_is_lost() {
    let log = Log {
        id: 1,
        first: 1,
        head: 9,
    };
    for lost in [false, true] {
        let before = Log {
            head: 3,
            ..log.clone()
        };
        let (mut follower, _) = began(3, &before, u64::MAX);
        follower.follow();
        follower.followed();
        let gap = Gap {
            room: "den".into(),
            room_id: DEN,
            after: 3,
            to: 9,
            lost,
        };
        let steps = follower.event(Event::Gap(gap));
        match &steps[..] {
            [Step::Fill(fill)] if !lost => {
                let steps = follower.page(fill, log.page(fill, 100));
                let shown: Vec<Step> = (4..=9).map(|seq| Step::Show(log.event(seq))).collect();
                assert_eq!(steps, shown);
            }
            [
                Step::Passed {
                    after: 3,
                    to: 9,
                    why: Passed::Gone,
                    ..
                },
            ] if lost => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(follower.cursors()[&DEN].seq, 9);
        assert!(follower.is_caught_up());
    }
}

#[test]
fn a_log_that_began_anew_is_read_again_though_nothing_of_it_is_sent() {
    let log = Log {
        id: 1,
        first: 1,
        head: 9,
    };
    let (mut follower, _) = began(9, &log, u64::MAX);
    let log = Log {
        id: 2,
        first: 1,
        head: 2,
    };
    follower.signed_in(ME);
    follower.list(&[log.entry(0)]);
    follower.follow();
    let steps = follower.event(log.rewound());
    assert!(matches!(&steps[..], [Step::Restarted { .. }]), "{steps:?}");
    assert!(!follower.is_caught_up());
    let steps = follower.followed();
    let [Step::Fill(fill)] = &steps[..] else {
        panic!("{steps:?}");
    };
    let steps = follower.page(fill, log.page(fill, 100));
    assert_eq!(steps, [Step::Show(log.event(1)), Step::Show(log.event(2))]);
    assert!(follower.is_caught_up());
}

#[test]
fn a_page_that_is_refused_or_empty_ends_the_hole() {
    let log = Log {
        id: 1,
        first: 1,
        head: 9,
    };
    let empty = Page {
        events: Vec::new(),
        ..log
            .page(
                &Fill {
                    room_id: DEN,
                    log: None,
                    after: 0,
                },
                1,
            )
            .unwrap()
    };
    for answer in [Err(ErrorCode::NotAMember.into()), Ok(empty)] {
        let (mut follower, _) = began(
            3,
            &Log {
                head: 3,
                ..log.clone()
            },
            10,
        );
        follower.follow();
        follower.followed();
        let steps = follower.event(log.event(9));
        let [Step::Fill(fill)] = &steps[..] else {
            panic!("{steps:?}");
        };
        let steps = follower.page(fill, answer);
        assert!(
            matches!(
                &steps[..],
                [
                    Step::Passed {
                        after: 3,
                        to: 8,
                        ..
                    },
                    Step::Show(_)
                ]
            ),
            "{steps:?}"
        );
    }
}

#[test]
fn however_many_stretches_a_server_says_are_lost_what_is_kept_of_them_is_bounded() {
    let log = Log {
        id: 1,
        first: 1,
        head: 1,
    };
    let (mut follower, _) = began(1, &log, 20);
    follower.followed();
    for hole in 1..5_000 {
        follower.event(Event::Gap(Gap {
            room: "den".into(),
            room_id: DEN,
            after: hole * 10,
            to: hole * 10 + 2,
            lost: true,
        }));
    }
    let kept: usize = follower.rooms.values().map(Room::stretches).sum();
    assert!((1..=256).contains(&kept), "{kept}");
}
