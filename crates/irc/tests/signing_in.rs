//! From the first line to the welcome: capabilities, SASL, PASS, and what may come in which order.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not there fails the test"
)]

mod door {
    pub(crate) mod accounts;
    pub(crate) mod caps;
    pub(crate) mod nicks;
}
mod world;

use data_encoding::BASE64;
use world::{Client, World};

pub(crate) fn fresh(world: &World) -> Client {
    Client::new(world.session())
}

/// SASL PLAIN for this account, cut into the lines that a client sends.
pub(crate) fn authenticate(name: &str, password: &str) -> Vec<String> {
    let encoded = BASE64.encode(format!("\0{name}\0{password}").as_bytes());
    let mut lines = vec!["AUTHENTICATE PLAIN".to_owned()];
    let chunks = encoded.as_bytes().chunks(400);
    lines.extend(
        chunks.map(|chunk| format!("AUTHENTICATE {}", std::str::from_utf8(chunk).unwrap())),
    );
    if encoded.len().is_multiple_of(400) {
        lines.push("AUTHENTICATE +".to_owned());
    }
    lines
}

pub(crate) fn send_all<S: AsRef<str>>(client: &mut Client, lines: &[S]) -> Vec<String> {
    lines
        .iter()
        .flat_map(|line| client.send(line.as_ref()))
        .collect()
}

pub(crate) fn numerics(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .filter_map(|line| line.split(' ').nth(1))
        .filter(|word| word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()))
        .collect()
}

#[test]
fn capabilities_are_listed_asked_for_and_refused_as_a_whole() {
    let mut client = fresh(&World::new(&["ann"]));
    let listed = client.send("CAP LS 302").concat();
    for word in [
        "account-tag",
        "batch",
        "cap-notify",
        "sasl=PLAIN",
        "server-time",
    ] {
        assert!(
            words(&listed).any(|listed| listed.starts_with(word)),
            "{word}: {listed}"
        );
    }
    assert_eq!(
        client.send("CAP REQ :server-time no-such-thing"),
        [":snug.test CAP * NAK :server-time no-such-thing"]
    );
    assert_eq!(
        client.send("CAP LIST"),
        [":snug.test CAP * LIST :cap-notify"]
    );
    assert_eq!(
        client.send("CAP REQ :server-time batch"),
        [":snug.test CAP * ACK :server-time batch"]
    );
    assert_eq!(
        client.send("CAP REQ -batch"),
        [":snug.test CAP * ACK :-batch"]
    );
    assert_eq!(
        client.send("CAP REQ -cap-notify"),
        [":snug.test CAP * NAK :-cap-notify"]
    );
    assert_eq!(
        client.send("CAP LIST"),
        [":snug.test CAP * LIST :cap-notify server-time"]
    );
    assert_eq!(
        client.send("CAP WHAT"),
        [":snug.test 410 * WHAT :Invalid CAP command"]
    );
}

/// The words of a line, the colon before the last parameter taken off.
pub(crate) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(' ').map(|word| word.trim_start_matches(':'))
}

#[test]
fn a_client_that_speaks_no_302_is_shown_no_values() {
    let mut client = fresh(&World::new(&["ann"]));
    let listed = client.send("CAP LS");
    let listed = listed.concat();
    assert!(words(&listed).any(|word| word == "sasl"), "{listed}");
    assert!(!listed.contains('='), "{listed}");
}

#[test]
fn nick_and_user_may_come_before_during_and_after_sasl() {
    let steps = authenticate("ann", "password");
    let orders = [
        vec![
            "CAP LS 302",
            "NICK x",
            "USER x 0 * :x",
            "CAP REQ :sasl",
            &steps[0],
            &steps[1],
            "CAP END",
        ],
        vec![
            "CAP LS 302",
            "CAP REQ sasl",
            &steps[0],
            "NICK x",
            "USER x 0 * :x",
            &steps[1],
            "CAP END",
        ],
        vec![
            "CAP REQ sasl",
            &steps[0],
            &steps[1],
            "CAP END",
            "USER x 0 * :x",
            "NICK x",
        ],
        vec![
            "NICK y",
            "CAP REQ sasl",
            &steps[0],
            &steps[1],
            "NICK x",
            "USER x 0 * :x",
            "CAP END",
        ],
    ];
    for order in orders {
        let mut client = fresh(&World::new(&["ann"]));
        let seen = send_all(&mut client, &order);
        let expected = ["900", "903", "001", "002", "003", "004", "005", "422"];
        let mut told = numerics(&seen);
        told.dedup();
        assert_eq!(told[..8], expected, "{order:?} {seen:#?}");
        assert!(
            seen.contains(&":x!u@snug.test JOIN #lobby".to_owned()),
            "{seen:#?}"
        );
    }
}

#[test]
fn the_limits_of_this_server_are_told() {
    let mut client = fresh(&World::new(&["ann"]));
    let seen = client.sign_in("ann", "");
    let told: Vec<_> = seen.iter().filter(|line| line.contains(" 005 ")).collect();
    // modern.ircdocs.horse, RPL_ISUPPORT: 13 tokens a line at most.
    let tokens = |line: &str| {
        line.split(" :")
            .next()
            .map_or(0, |line| line.split(' ').count())
    };
    assert!(
        told.iter().all(|line| tokens(&line[1..]) <= 3 + 13),
        "{told:?}"
    );
    let told = told.into_iter().cloned().collect::<Vec<_>>().join(" ");
    for token in [
        "CASEMAPPING=rfc1459",
        "CHANTYPES=#&",
        "NICKLEN=32",
        "CHANNELLEN=49",
        "NETWORK=Snug\\x20Test",
        "CHANMODES=beI,k,lW,ACMimnst",
        "ELIST=CMNTU",
        "EXTBAN=~,am",
        "PREFIX=(qov)~@+",
        "UTF8ONLY",
    ] {
        assert!(told.split(' ').any(|word| word == token), "{token}: {told}");
    }
}

#[test]
fn passwords_of_every_length_survive_their_chunks() {
    // 296 bytes of message make 396 of base64, 300 make exactly 400, 600 make 800.
    for length in [8, 290, 295, 296, 297, 299, 300, 595, 596, 600, 1024] {
        let world = World::new(&["ann"]);
        let password = "p".repeat(length);
        world.set_password("ann", &password);
        let mut client = fresh(&world);
        let seen = send_all(&mut client, &authenticate("ann", &password));
        assert_eq!(numerics(&seen), ["900", "903"], "{length}: {seen:?}");
    }
    let exact = authenticate("ann", &"p".repeat(295));
    assert_eq!(exact[1].len(), "AUTHENTICATE ".len() + 400);
    assert_eq!(exact[2], "AUTHENTICATE +");
}

#[test]
fn a_failed_sasl_leaves_the_connection_usable() {
    let world = World::new(&["ann"]);
    let mut client = fresh(&world);
    send_all(
        &mut client,
        &[
            "CAP LS 302",
            "NICK ann",
            "USER ann 0 * :ann",
            "CAP REQ sasl",
        ],
    );
    let wrong = send_all(&mut client, &authenticate("ann", "guess"));
    assert_eq!(numerics(&wrong), ["904"]);
    let unknown = send_all(&mut client, &authenticate("nobody", "guess"));
    assert_eq!(
        unknown, wrong,
        "unknown name and wrong password are one answer"
    );
    let mechanism = client.send("AUTHENTICATE FROB");
    assert_eq!(numerics(&mechanism), ["908", "904"]);
    client.send("AUTHENTICATE PLAIN");
    assert_eq!(numerics(&client.send("AUTHENTICATE *")), ["906"]);
    client.send("AUTHENTICATE PLAIN");
    assert_eq!(numerics(&client.send("AUTHENTICATE !!!")), ["904"]);
    client.send("AUTHENTICATE PLAIN");
    let long = format!("AUTHENTICATE {}", "A".repeat(401));
    assert_eq!(numerics(&client.send(&long)), ["905"]);
    client.send("AUTHENTICATE PLAIN");
    let chunk = format!("AUTHENTICATE {}", "A".repeat(400));
    let many: Vec<_> = (0..9).flat_map(|_| client.send(&chunk)).collect();
    assert_eq!(numerics(&many), ["905"], "what gathers is bounded");
    assert_eq!(numerics(&client.send("AUTHENTICATE")), ["461"]);
    let right = send_all(&mut client, &authenticate("ann", "password"));
    assert_eq!(numerics(&right), ["900", "903"]);
    assert_eq!(numerics(&client.send("AUTHENTICATE PLAIN")), ["907"]);
    assert!(numerics(&client.send("CAP END")).contains(&"001"));
}

#[test]
fn pass_signs_in_clients_without_sasl() {
    for (pass, nick) in [("ann:password", "someone"), ("password", "ann")] {
        let mut client = fresh(&World::new(&["ann"]));
        let seen = send_all(
            &mut client,
            &[
                &format!("PASS {pass}"),
                &format!("NICK {nick}"),
                "USER x 0 * :x",
            ],
        );
        assert!(numerics(&seen).contains(&"001"), "{seen:?}");
        assert_eq!(client.session.signed_in_as().as_deref(), Some("ann"));
    }
}

#[test]
fn a_wrong_pass_and_no_pass_at_all_are_told_and_closed() {
    for lines in [
        &["PASS ann:guess", "NICK ann", "USER x 0 * :x"][..],
        &["NICK ann", "USER x 0 * :x"],
        &["CAP LS 302", "NICK ann", "USER x 0 * :x", "CAP END"],
    ] {
        let mut client = fresh(&World::new(&["ann"]));
        let seen = send_all(&mut client, lines);
        assert_eq!(numerics(&seen), ["464"]);
        assert!(seen.last().unwrap().starts_with("ERROR :"), "{seen:?}");
        assert!(client.closed && !client.front.wants_input());
    }
}

#[test]
fn commands_before_the_sign_in_are_refused_and_unknown_ones_named() {
    let mut client = fresh(&World::new(&["ann"]));
    assert_eq!(numerics(&client.send("JOIN #den")), ["451"]);
    assert_eq!(numerics(&client.send("privmsg #den :hi")), ["451"]);
    assert_eq!(
        client.send("FROB"),
        [":snug.test 421 * FROB :Unknown command"]
    );
    assert_eq!(numerics(&client.send("NICK")), ["431"]);
    assert_eq!(numerics(&client.send("NICK a!b")), ["432"]);
    assert_eq!(numerics(&client.send("USER x")), ["461"]);
    assert_eq!(numerics(&client.send("PASS")), ["461"]);
    assert_eq!(client.send("PING :a b"), [":snug.test PONG snug.test :a b"]);
}

#[test]
fn who_is_in_does_not_register_again() {
    let mut client = World::new(&["ann"]).client("ann", "");
    assert_eq!(numerics(&client.send("USER x 0 * :x")), ["462"]);
    assert_eq!(numerics(&client.send("PASS x")), ["462"]);
}

#[test]
fn an_account_that_begins_with_a_digit_has_a_nick_that_does_not() {
    let world = World::new(&["7up", "ann"]);
    let mut client = fresh(&world);
    let seen = send_all(
        &mut client,
        &["PASS 7up:password", "NICK 7up", "USER x 0 * :x"],
    );
    assert!(
        seen.contains(&":7up!u@snug.test NICK _7up".to_owned()),
        "{seen:#?}"
    );
    let mut ann = world.client("ann", "");
    assert!(ann.send("PRIVMSG _7up :hi").is_empty());
    assert!(
        client
            .read()
            .contains(&":ann!u@snug.test PRIVMSG _7up :hi".to_owned())
    );
}

#[test]
fn quit_ends_the_session_and_leaves_no_room() {
    let world = World::new(&["ann"]);
    world.room("den", &["ann"], None);
    let mut client = world.client("ann", "");
    let seen = client.send("QUIT :bye");
    assert_eq!(seen, ["ERROR :Goodbye."]);
    assert!(client.closed);
    assert_eq!(world.members("den"), ["ann"]);
}

#[test]
fn one_that_has_hung_up_is_still_answered() {
    let world = World::new(&["ann"]);
    let mut client = world.client("ann", "");
    client.session.hold_answers();
    client.give(b"PRIVMSG #lobby :last words");
    client.give(b"JOIN #den");
    client.front.hang_up("The server is stopping.");
    assert!(client.read().is_empty());
    assert!(!client.closed);
    client.session.release();
    let seen = client.read();
    assert_eq!(seen[0], ":ann!u@snug.test JOIN #den");
    assert_eq!(seen.last().unwrap(), "ERROR :The server is stopping.");
    assert!(client.closed);
    assert_eq!(world.bodies("lobby"), ["last words"]);
}

#[test]
fn a5_a_silent_client_is_asked_after_and_closed_when_it_says_nothing() {
    let world = World::new(&["ann"]);
    let mut ann = world.client("ann", "");
    for _ in 0..3 {
        ann.front.silent();
        assert_eq!(ann.read(), [":snug.test PING :snug.test"]);
        assert!(ann.send("PONG snug.test").is_empty());
    }
    ann.front.silent();
    ann.read();
    ann.session.hold_answers();
    ann.give(b"WHO #lobby");
    ann.read();
    for _ in 0..3 {
        ann.front.silent();
        assert!(ann.read().is_empty(), "it is the client that waits");
    }
    ann.session.release();
    ann.read();
    ann.front.silent();
    assert_eq!(ann.read(), [":snug.test PING :snug.test"]);
    assert!(!ann.closed);
    ann.front.silent();
    assert!(ann.read()[0].starts_with("ERROR :Nothing was heard"));
    assert!(ann.closed);
}

#[test]
fn p5_a_client_that_does_not_sign_in_in_time_is_closed() {
    let world = World::new(&["ann"]);
    for lines in [&[][..], &["CAP LS 302", "NICK ann"]] {
        let mut client = fresh(&world);
        send_all(&mut client, lines);
        client.front.silent();
        assert_eq!(client.read(), ["ERROR :You did not sign in in time."]);
        assert!(client.closed);
    }
}

#[test]
fn a_session_that_ends_closes_the_connection() {
    let world = World::new(&["ann"]);
    let mut client = world.client("ann", "");
    client.session.end();
    assert_eq!(client.read(), ["ERROR :The server has ended this session."]);
    assert!(client.closed);
}
