//! Nicks of those who have an account: NICK (RFC 1459 §4.1.2, modern.ircdocs.horse) beside
//! `IRCv3` sasl, account-tag, account-notify and extended-join.

use crate::{
    authenticate, fresh, numerics, send_all,
    world::{Client, World},
};

fn ann_as(world: &World, nick: &str, caps: &str) -> (Client, Vec<String>) {
    let mut client = fresh(world);
    let mut lines = vec![
        "CAP LS 302".to_owned(),
        format!("CAP REQ :sasl {caps}"),
        format!("NICK {nick}"),
        "USER x 0 * :x".to_owned(),
    ];
    lines.extend(authenticate("ann", "password"));
    lines.push("CAP END".to_owned());
    let seen = send_all(&mut client, &lines);
    (client, seen)
}

fn has(seen: &[String], line: &str) {
    assert!(seen.iter().any(|of| of == line), "{line}: {seen:#?}");
}

#[test]
fn who_signs_in_by_another_nick_keeps_it_and_is_told_the_account() {
    let world = World::new(&["ann", "bob"]);
    let mut bob = fresh(&world);
    bob.sign_in("bob", "extended-join account-tag message-tags");
    let (mut ann, seen) = ann_as(&world, "foo", "");
    // IRCv3 sasl 3.1: 900 names the account.
    has(
        &seen,
        ":snug.test 900 foo foo!u@snug.test ann :You are now signed in",
    );
    has(&seen, ":snug.test 001 foo :Welcome to Snug Test, foo");
    has(&seen, ":foo!u@snug.test JOIN #lobby");
    assert!(!seen.concat().contains(" NICK "), "{seen:#?}");
    bob.read();
    ann.send("JOIN #den");
    bob.send("JOIN #den");
    ann.read();
    ann.send("PRIVMSG #den :hi");
    // IRCv3 account-tag: the account, not the nick.
    let heard = bob.read();
    let said = heard.iter().find(|line| line.contains("PRIVMSG")).unwrap();
    assert!(said.contains("account=ann"), "{said}");
    assert!(
        said.ends_with(":foo!u@snug.test PRIVMSG #den :hi"),
        "{said}"
    );
    // IRCv3 WHOX: `a` is the account.
    let listed = bob.send("WHO foo %na");
    has(&listed, ":snug.test 354 bob foo ann");
    // modern.ircdocs.horse, RPL_WHOISACCOUNT (330).
    let card = bob.send("WHOIS foo").concat();
    assert!(card.contains(" 330 bob foo ann :"), "{card}");
}

#[test]
fn what_is_said_to_a_nick_reaches_its_account_and_is_shown_under_the_nick() {
    let world = World::new(&["ann", "bob"]);
    let (mut ann, _) = ann_as(&world, "foo", "");
    let mut bob = fresh(&world);
    bob.sign_in("bob", "");
    let mut other = fresh(&world);
    other.sign_in("bob", "");
    bob.read();
    bob.send("PRIVMSG foo :psst");
    has(&ann.read(), ":bob!u@snug.test PRIVMSG foo :psst");
    has(&other.read(), ":bob!u@snug.test PRIVMSG foo :psst");
    ann.send("PRIVMSG bob :yes?");
    has(&bob.read(), ":foo!u@snug.test PRIVMSG bob :yes?");
}

#[test]
fn a_nick_changes_for_all_clients_of_the_account_and_back() {
    let world = World::new(&["ann", "bob"]);
    let mut bob = fresh(&world);
    bob.sign_in("bob", "");
    let (mut ann, _) = ann_as(&world, "ann", "");
    let (mut other, _) = ann_as(&world, "ann", "");
    bob.read();
    // RFC 1459 §4.1.2: the old nick is the source, everybody concerned is told once.
    let line = ":ann!u@snug.test NICK foo".to_owned();
    assert_eq!(ann.send("NICK foo"), std::slice::from_ref(&line));
    assert_eq!(other.read(), std::slice::from_ref(&line));
    assert_eq!(bob.read(), [line]);
    assert_eq!(ann.send("NICK foo"), Vec::<String>::new());
    // A further client goes by what the account goes by, whatever it asked for.
    let (_, seen) = ann_as(&world, "phone", "");
    has(&seen, ":snug.test 001 foo :Welcome to Snug Test, foo");
    has(&seen, ":phone!u@snug.test NICK foo");
    let back = ":foo!u@snug.test NICK ann".to_owned();
    assert_eq!(other.send("NICK ann"), std::slice::from_ref(&back));
    assert_eq!(bob.read(), [back]);
}

#[test]
fn a_nick_of_another_is_refused_and_none_that_cannot_be_one() {
    let world = World::new(&["ann", "bob"]);
    let (mut ann, _) = ann_as(&world, "ann", "");
    assert_eq!(numerics(&ann.send("NICK bob")), ["433"]);
    assert_eq!(numerics(&ann.send("NICK a!b")), ["432"]);
    assert_eq!(numerics(&ann.send("NICK")), ["431"]);
    let mut bob = fresh(&world);
    bob.sign_in("bob", "");
    bob.send("NICK foo");
    ann.read();
    assert_eq!(numerics(&ann.send("NICK foo")), ["433"]);
    // Who comes by a nick that is not to be had goes by the account's name.
    let mut late = fresh(&world);
    let mut lines = vec!["NICK foo".to_owned(), "USER x 0 * :x".to_owned()];
    lines.insert(0, "PASS ann:password".to_owned());
    let seen = send_all(&mut late, &lines);
    has(&seen, ":snug.test 001 ann :Welcome to Snug Test, ann");
    has(&seen, ":foo!u@snug.test NICK ann");
}
