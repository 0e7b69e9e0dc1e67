//! Rooms: making, joining, speaking, changing one's words, reading what was.

use crate::house::House;

#[test]
fn r1_everyone_lands_in_the_lobby() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.say("hi all");
    ben.expect("<<ann>> : hi all");
    ben.type_line("/leave lobby");
    ben.expect("!! Everybody is in the lobby");
}

#[test]
fn r2_open_rooms_and_rooms_behind_a_password_are_made_and_joined() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/create open");
    ann.expect("-- you are in #open now");
    ann.type_line("/create den --password sesame");
    ann.expect("-- you are in #den now");
    ann.type_line("/create den");
    ann.expect("!! That name is taken");
    ben.type_line("/rooms");
    ben.expect("-- #den  1 member, asks for a password");
    ben.type_line("/join open");
    ben.expect("-- you are in #open now; newcomers may read what was said before");
    ann.expect("#open ben has entered");
    ben.type_line("/join nowhere");
    ben.expect("!! There is no such room here.");
    ben.type_line("/nowhere");
    ben.expect("!! There is no command /nowhere.");
    ben.type_line("/lobby");
    ben.expect("-- you are in #lobby now");
}

#[test]
fn r3_a_rooms_password_is_asked_once_and_membership_lasts_over_restarts() {
    let mut house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_lines(&["/create den --password", "open sesame"]);
    ann.expect("-- the password of den; type it now");
    ann.expect("-- you are in #den now");
    ben.type_lines(&["/join den", "wrong"]);
    ben.expect("-- #den asks for its password; type it now");
    ben.expect("!! The room's password is wrong.");
    ben.type_lines(&["/join den", "open sesame"]);
    ben.expect("-- you are in #den now");
    ben.quit();
    ann.quit();
    house.stop();
    house.start();
    let mut ben = house.window("ben", &[]);
    ben.expect("-- your rooms: #lobby, #den");
    ben.type_lines(&["/room den", "still here"]);
    ben.expect("<<You>> : still here");
    ben.type_line("/leave");
    ben.expect("You have left");
    ben.type_line("/join den");
    ben.expect("-- #den asks for its password");
}

#[test]
fn r5_people_are_seen_to_enter_and_leave() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/create den");
    ann.expect("-- you are in #den now");
    ben.type_line("/join den");
    ann.expect("ben has entered");
    ann.type_line("/who");
    ann.expect("-- here: ann (founder, owner), ben");
    ben.type_line("/leave");
    ann.expect("ben has left");
    ben.quit();
    ann.expect("ben has left");
    let _ben = house.again("ben");
    ann.expect("ben has entered");
}

#[test]
fn r6_all_see_the_same_numbers_without_a_gap_in_the_same_order() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    for round in 0..4 {
        ann.type_line(&format!("{round} of ann"));
        ben.type_line(&format!("{round} of ben"));
    }
    // One's lines are logged in their order, so all of them are once these two are.
    ben.say("the last of ben");
    ann.say("the last of ann");
    ben.expect("<<ann>> : the last of ann");
    let numbered = |mut window: crate::house::Window, name: &str| -> Vec<String> {
        window.type_lines(&["/history", "quit"]);
        let (lines, _) = window.rest();
        let numbered = lines.iter().filter_map(|line| line.strip_prefix('['));
        let told = numbered.map(|line| line.replace("<<You>>", &format!("<<{name}>>")));
        told.collect()
    };
    let (of_ann, of_ben) = (numbered(ann, "ann"), numbered(ben, "ben"));
    assert_eq!(of_ann, of_ben);
    let numbers = of_ann.iter().filter_map(|line| line.split(' ').next());
    let expected: Vec<String> = (1..=10).map(|number: u8| number.to_string()).collect();
    assert_eq!(numbers.collect::<Vec<_>>(), expected, "{of_ann:#?}");
}

#[test]
fn r7_ones_own_words_are_changed_and_taken_back_and_no_one_elses() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ben.type_line("/numbers on");
    ben.expect("-- numbers are shown");
    ann.say("teh keys");
    let line = ben.expect("<<ann>> : teh keys");
    let number = line.trim_start_matches('[').split(']').next().unwrap();
    ben.type_line(&format!("/edit {number} mine"));
    ben.expect("!! Only the author may change that message.");
    ben.expect("-- not sent: mine");
    ben.type_line(&format!("/delete {number}"));
    ben.expect("!! ");
    ann.type_line(&format!("/edit {number} the keys"));
    ann.expect(&format!("You changed message {number}: the keys"));
    ben.expect(&format!("ann changed message {number}: the keys"));
    ann.type_line(&format!("/delete {number}"));
    ben.expect(&format!("ann deleted message {number}"));
    ann.type_line(&format!("/edit {number} again"));
    ann.expect("!! That message was deleted or is no longer kept.");
    ben.type_line("/history");
    let line = ben.expect(&format!("[{number} "));
    assert!(line.ends_with("<<ann>> : (deleted)"), "{line}");
    ann.type_line("/edit 4000 x");
    ann.expect("!! There is no message of that number in this room.");
}

#[test]
fn r8_history_is_read_back_by_count_by_time_and_before_a_number() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_line("/create den");
    for number in 2..=60 {
        ann.type_line(&format!("message {number}"));
    }
    ann.expect("message 60");
    ann.type_line("/history 3");
    ann.expect("-- from the history:");
    assert!(ann.expect("[").starts_with("[58 "));
    ann.expect("message 60");
    ann.expect("-- that was the history");
    ann.type_line("/history before 11");
    ann.expect("-- from the history:");
    assert!(ann.expect("[").ends_with("You have entered"));
    ann.expect("message 10");
    ann.type_line("/history since 1h");
    ann.expect("[1 ");
    ann.expect("message 60");
    ann.type_line("/history since 1970-01-01");
    ann.expect("[1 ");
    ann.type_line("/history since tomorrow");
    ann.expect("!! A time is like 19:30");
    ann.type_line("/history before 1");
    ann.expect("-- nothing is there");
}

#[test]
fn r8_a_long_time_is_read_in_stretches_that_say_how_to_go_on() {
    let house = House::new();
    let mut ann = house.newcomer("ann", &house.code);
    ann.type_line("/create den");
    for number in 2..=210 {
        ann.type_line(&format!("message {number}"));
    }
    ann.expect("message 210");
    ann.type_line("/history since 1h");
    ann.expect("[200 ");
    let (_, command) = ann
        .expect("-- there is more: ")
        .split_once(": ")
        .map(|(before, command)| (before.to_owned(), command.to_owned()))
        .unwrap();
    ann.type_line(&command);
    ann.expect("[200 ");
    ann.expect("[210 ");
    ann.expect("-- that was the history");
}

#[test]
fn r9_what_was_shown_on_one_device_is_read_on_the_other() {
    let house = House::new();
    let (mut ann, ben) = house.two();
    ben.quit();
    ann.say("news");
    let mut phone = house.window("phone", &["join", &house.link()]);
    phone.type_lines(&["n", "ben", crate::house::PASSWORD]);
    phone.expect("#lobby (1 unread)");
    phone.expect("<<ann>> : news");
    phone.quit();
    let mut ben = house.window("ben", &[]);
    let rooms = ben.expect("-- your rooms:");
    assert!(!rooms.contains("unread"), "{rooms}");
}

#[test]
fn r12_a_newcomer_reads_from_joining_on_where_the_room_says_so() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/create den --history since_joining");
    ann.expect("-- you are in #den now; newcomers read from their joining on");
    ann.say("before");
    ben.type_line("/join den");
    ben.expect("newcomers read from their joining on");
    ann.say("after");
    ben.expect("<<ann>> : after");
    ben.type_line("/history");
    ben.expect("-- from the history:");
    assert!(ben.expect("[").ends_with("You have entered"));
    ben.type_line("/leave");
    ben.expect("You have left");
    ben.type_lines(&["/join den", "/history"]);
    ben.expect("-- from the history:");
    assert!(
        ben.expect("[").ends_with("You have entered"),
        "what was before is not read again"
    );
}

#[test]
fn bodies_of_several_lines_stay_together_under_their_author() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    // A line cannot hold a line break when it is typed into a pipe; the wire can.
    ann.type_line("one\u{2028}<<ben>> : two");
    ben.expect("<<ann>> : one <<ben>> : two");
}

#[test]
fn r8_messages_are_found_by_their_words() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.say("the keys are under the blue mat");
    ben.say("deployed at noon");
    ben.type_line("/search mat from:ann");
    let line = ben.expect("1  #lobby [");
    assert!(
        line.ends_with("<<ann>> : the keys are under the blue [mat]"),
        "{line}"
    );
    ann.type_line("/search deplo*");
    assert!(
        ann.expect("1  #lobby [")
            .ends_with("<<ben>> : [deployed] at noon")
    );
    ann.type_line("/search \"mat blue\"");
    ann.expect("-- nothing found");
    ann.type_line("/search ab*");
    ann.expect("!! A prefix has at least three letters");
}

#[test]
fn r4_who_is_taken_out_of_a_room_says_nothing_in_another_by_accident() {
    let house = House::new();
    let (mut ann, mut ben) = house.two();
    ann.type_line("/create den");
    ann.expect("-- you are in #den now");
    ben.type_line("/join den");
    ben.expect("-- you are in #den now");
    ann.expect("ben has entered");
    ann.type_line("/kick ben --why late");
    ben.expect("ann kicked ben: late");
    ben.expect("-- you are in no room now; /room lobby goes to the lobby");
    ben.type_lines(&["the plan is", "/who"]);
    ben.expect("!! You are in no room.");
    ben.expect("!! You are in no room.");
    ben.type_line("/room lobby");
    ben.expect("-- you are in #lobby now");
    ben.say("hello all");
    ann.expect("<<ben>> : hello all");
    ann.type_lines(&["/room lobby", "/history", "quit"]);
    let (lines, _) = ann.rest();
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with("<<ben>> : hello all"))
    );
    assert!(
        !lines.iter().any(|line| line.contains("the plan is")),
        "{lines:#?}"
    );
}
