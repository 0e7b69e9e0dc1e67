//! Keeping order: kicks, bans, mutes, admins, settings, hidden rooms and invitations.

use crate::house::House;

#[test]
fn r4_a_founder_keeps_order_by_commands_known_from_elsewhere() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.type_line("/create den");
    ben.expect("-- you are in #den now");
    ann.type_line("/join den");
    ann.expect("-- you are in #den now");
    ben.type_line("/topic tea and cake");
    ann.expect("-- ben set the topic: tea and cake.");
    ann.type_line("/settings");
    ann.expect("-- #den: open to all, newcomers may read what was said before, founded by ben, topic: tea and cake");
    ben.type_line("/slow 10s");
    ann.expect("-- ben set slow mode: one message every 10 s.");
    ben.type_line("/slow off");
    ann.expect("-- ben ended slow mode.");
    ben.type_line("/rename-room snuggery");
    ann.expect("-- ben renamed den to snuggery.");
    ann.type_line("/room");
    ann.expect("-- you are in #snuggery");
    ben.type_line("/op ann");
    ann.expect("-- ben made ann an admin.");
    ben.type_line("/who");
    let line = ben.expect("-- here: ");
    assert!(
        line.contains("ann (admin") && line.contains("ben (founder)"),
        "{line}"
    );
    ben.type_line("/deop ann");
    ann.expect("-- ben made ann a member like others.");
    ben.type_line("/archive");
    ann.expect("-- ben archived the room.");
    ann.type_line("one more word");
    ann.expect("!! This room is archived");
    ben.type_line("/unarchive");
    ann.expect("-- ben opened the room again.");
    ben.type_line("/founder ann");
    ann.expect("-- ann is the room's founder now.");
}

#[test]
fn r4_whoever_is_banned_or_muted_is_told_how_long_and_why() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/create den");
    ann.expect("-- you are in #den now");
    ben.type_line("/join den");
    ben.expect("-- you are in #den now");
    ann.type_line("/mute ben --for 10m --why shouting");
    ben.expect("-- ann muted ben until ");
    ben.type_line("HEY");
    let line = ben.expect("!! You are muted in that room until ");
    assert!(line.contains("shouting"), "{line}");
    ann.type_line("/bans");
    ann.expect("-- ben is muted until ");
    ann.type_line("/unmute ben");
    ben.expect("-- ann lifted the mute of ben.");
    ann.type_line("/kick ben --why enough");
    ben.expect("-- ann kicked ben: enough");
    ann.type_line("/ban ben --for 2d --why spam");
    ben.expect("-- the server says: ann banned you from den until ");
    ben.type_line("/join den");
    let line = ben.expect("!! You are banned from that room until ");
    assert!(line.contains("spam"), "{line}");
    ann.type_line("/unban ben");
    ben.expect("-- the server says: ann lifted your ban from den.");
    ben.type_line("/join den");
    ben.expect("-- you are in #den now");
    ben.type_line("/kick ann");
    ben.expect("!! You may not do that here.");
    ann.type_line("/kick nobody");
    ann.expect("!! There is nobody of that name here.");
}

#[test]
fn r2_hidden_rooms_and_rooms_by_invitation_are_made_and_entered() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/create club --hidden --invitation");
    ann.expect("-- you are in #club now");
    ben.type_line("/join club");
    ben.expect("!! There is no such room here.");
    ann.type_line("/invite ben");
    ben.expect("-- ann invites you to club: /join club goes there");
    ben.type_line("/rooms");
    let line = ben.expect("-- #club");
    assert!(
        line.contains("hidden") && line.contains("you are invited"),
        "{line}"
    );
    ben.type_line("/join club");
    ben.expect("-- you are in #club now");
    ann.type_line("/show");
    ben.expect("-- ann listed the room.");
    ann.type_line("/access open");
    ben.expect("-- ann made the room open to all.");
    ann.type_line("/room-password sesame");
    let line = ben.expect("-- ann made the room ask for a password");
    assert!(!line.contains("sesame"), "{line}");
    ann.type_line("/room-password off");
    ben.expect("-- ann made the room open to all.");
}

#[test]
fn m7_labels_are_printed_and_groups_are_mentioned_and_let_in() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/label ben night watch");
    ben.expect("gave you the label \"night watch\"");
    ben.type_line("/who");
    let line = ben.expect("-- here: ");
    assert!(line.contains("ben (night watch)"), "{line}");
    ann.type_line("/group add crew ben");
    ann.expect("-- done; /groups shows them");
    ann.type_line("/create den --password sesame");
    ann.expect("-- you are in #den now");
    ann.type_line("/open-to crew");
    ann.expect("-- ann opened the room to the groups crew.");
    ann.type_line("/settings");
    let line = ann.expect("-- #den: ");
    assert!(line.contains("open to the groups crew"), "{line}");
    ben.type_line("/join den");
    ben.expect("-- you are in #den now");
    ann.expect("ben has entered");
    ann.type_line("@crew to the gate");
    ben.expect("@crew to the gate");
    ann.type_line("/group remove crew ben");
    ann.expect("-- done; whoever joined a room by this group stays in it");
    ann.type_line("/open-to -");
    ben.expect("-- ann opened the room to no group any more.");
}
