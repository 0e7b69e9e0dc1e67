//! Lines are made once for each set of capabilities that changes them, and kept with the event. Whoever
//! reads them, after whomever, gets the bytes that would have been made for them alone.

use std::sync::Arc;

use proptest::prelude::*;
use snug_irc::Capability;
use snug_proto::Delivery;

use super::{
    kinds::{KINDS, event},
    world::World,
};

/// The accounts that read; who acts is somebody else.
const READERS: [&str; 6] = ["ann", "bob", "cat", "dan", "eve", "fay"];

/// The capabilities whose bits are set, all but those that change how one signs in.
fn names(bits: u64) -> String {
    let chosen = Capability::ALL.iter().enumerate();
    let chosen = chosen.filter(|(index, capability)| {
        bits & (1 << (index % 64)) != 0 && **capability != Capability::Sasl
    });
    let names = chosen.map(|(_, capability)| capability.name());
    names.collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn shared_lines_are_those_that_would_have_been_made_for_each_reader(
        caps in proptest::array::uniform6(any::<u64>()),
        kinds in proptest::collection::vec(0..KINDS.len(), 1..12),
    ) {
        let (together, alone) = (World::new(&READERS), World::new(&READERS));
        let sign_in = |world: &World| {
            let each = READERS.iter().zip(caps);
            let mut clients: Vec<_> =
                each.map(|(name, caps)| world.client(name, &names(caps))).collect();
            for client in &mut clients {
                client.read();
            }
            clients
        };
        let (mut sharing, mut own) = (sign_in(&together), sign_in(&alone));
        let mut told = 0;
        // One that says something, whatever comes after it.
        for (kind, seq) in std::iter::once(0).chain(kinds).zip(10_u64..) {
            let room = together.room_id("lobby");
            prop_assert_eq!(room, alone.room_id("lobby"));
            together.deliver_all(&Arc::new(Delivery::new(event(kind, room, seq))));
            for (sharing, own) in sharing.iter_mut().zip(&mut own) {
                // Nobody else will have made lines of this one.
                own.session.deliver(&Arc::new(Delivery::new(event(kind, room, seq))));
                let seen = sharing.read();
                prop_assert_eq!(&seen, &own.read(), "{}", KINDS[kind].0);
                told += seen.len();
            }
        }
        prop_assert!(told >= READERS.len());
    }
}
