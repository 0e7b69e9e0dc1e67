//! Guests.

use snug_proto::GuestPolicy;

use crate::house::House;

#[test]
fn a9_a_guest_comes_in_by_a_name_and_comes_back_by_it() {
    let mut house = House::with(|options| options.guests = GuestPolicy::On);
    let mut ann = house.newcomer("ann", &house.code);
    let mut gus = house.window("gus", &["join", &house.link(), "--guest", "gus"]);
    gus.expect("-- you are gus on");
    gus.say("may I come in?");
    ann.expect("<<gus>> : may I come in?");
    ann.type_line("/who");
    let who = ann.expect("gus (guest)");
    assert!(!who.contains("ann (guest)"), "{who}");
    gus.type_line("/nick hal");
    ann.expect("gus is called hal now");
    gus.type_line("/friend ann");
    gus.expect("!! Guests may not do that.");
    gus.type_line("/nick gus");
    gus.expect("!! You took another name a moment ago.");
    gus.quit();
    // `snug` alone goes there again, by the name of last time, as somebody new.
    let mut gus = house.again("gus");
    // So does a client whose connection was lost.
    house.stop();
    gus.expect("connection lost");
    house.start();
    gus.expect("-- connected again");
    gus.say("here once more");
    ann.expect("<<gus>> : here once more");
}

#[test]
fn a9_where_guests_need_the_access_code_it_is_asked_for() {
    let house = House::with(|options| {
        options.guests = GuestPolicy::Code;
        options.access_code = Some("green-door".into());
    });
    let mut gus = house.window("gus", &["join", &house.link(), "--guest", "gus"]);
    gus.type_line("green-door");
    gus.expect("-- you are gus on");
    let off = House::new();
    let hal = off.window("hal", &["join", &off.link(), "--guest", "hal"]);
    let (why, status) = hal.complaints();
    assert!(why.contains("takes no guests"), "{why}");
    assert_ne!(status, 0);
}
