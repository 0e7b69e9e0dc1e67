//! `IRCv3` draft/account-registration, and `NickServ`, on the raw wire.

use snug_irc::{AccountRegistration, Link, Settings};
use snug_proto::ErrorCode;

use crate::{
    authenticate, fresh, numerics, send_all,
    world::{Client, World},
};

#[test]
fn an_account_is_made_before_connecting_and_is_the_one_that_connects() {
    let world = World::new(&["ann"]);
    let mut client = fresh(&world);
    let listed = client.send("CAP LS 302").concat();
    assert!(
        listed.contains("draft/account-registration=before-connect,custom-account-name"),
        "{listed}"
    );
    assert_eq!(
        client.send("REGISTER * * secret-words"),
        [":snug.test FAIL REGISTER NEED_NICK * :Send NICK first: the account is called so."]
    );
    client.send("NICK bob");
    assert_eq!(
        client.send("REGISTER * * secret-words"),
        [
            ":snug.test 900 bob bob!u@snug.test bob :You are now signed in",
            ":snug.test REGISTER SUCCESS bob :The account is yours.",
        ]
    );
    assert_eq!(
        client.send("REGISTER * * secret-words"),
        [
            ":snug.test FAIL REGISTER ALREADY_AUTHENTICATED bob :You are signed in to an account \
             already."
        ]
    );
    let seen = send_all(&mut client, &["USER b 0 * :b", "CAP END"]);
    assert!(numerics(&seen).contains(&"001"), "{seen:?}");
    assert_eq!(client.session.signed_in_as().as_deref(), Some("bob"));
    let mut again = fresh(&world);
    let seen = send_all(&mut again, &authenticate("bob", "secret-words"));
    assert_eq!(numerics(&seen), ["900", "903"]);
}

#[test]
fn what_cannot_be_registered_says_why_in_the_words_of_the_specification() {
    let world = World::new(&["ann"]);
    let mut client = fresh(&world);
    client.send("NICK ann");
    let failed = |client: &mut Client, line: &str| {
        let seen = client.send(line).concat();
        let mut words = seen.split(' ').skip(1);
        (
            words.next().unwrap_or_default().to_owned(),
            words.nth(1).unwrap_or_default().to_owned(),
        )
    };
    let fail = |code: &str| ("FAIL".to_owned(), code.to_owned());
    assert_eq!(
        failed(&mut client, "REGISTER * * secret-words"),
        fail("ACCOUNT_EXISTS")
    );
    assert_eq!(failed(&mut client, "VERIFY ann 123"), fail("INVALID_CODE"));
    for (code, word) in [
        (ErrorCode::BadName, "BAD_ACCOUNT_NAME"),
        (ErrorCode::BadPassword, "WEAK_PASSWORD"),
        (ErrorCode::Busy, "TEMPORARILY_UNAVAILABLE"),
        (ErrorCode::CodeNeeded, "INVALID_EMAIL"),
    ] {
        world.refuse_with(Some(code));
        assert_eq!(
            failed(&mut client, "REGISTER new * secret-words"),
            fail(word)
        );
    }
    world.refuse_with(None);
    assert_eq!(numerics(&client.send("REGISTER new *")), ["461"]);
    assert_eq!(numerics(&client.send("VERIFY new")), ["461"]);
    let settings = Settings {
        account_registration: AccountRegistration::Connected,
        ..Settings::new("snug.test", "Snug Test", "snug-0")
    };
    let mut early = Client::over(world.session(), settings, Link::default());
    let listed = early.send("CAP LS 302").concat();
    assert!(
        listed.contains("draft/account-registration=custom-account-name "),
        "{listed}"
    );
    early.send("NICK bob");
    assert_eq!(
        early.send("REGISTER * * secret-words"),
        [":snug.test FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :Connect first, then register."]
    );
}

#[test]
fn a_code_stands_where_others_want_an_email_or_comes_as_pass() {
    for lines in [
        &["NICK bob", "REGISTER * open-sesame secret-words"][..],
        &[
            "PASS open-sesame",
            "NICK bob",
            "REGISTER bob * secret-words",
        ],
    ] {
        let world = World::new(&[]);
        world.need_code("open-sesame");
        let mut client = fresh(&world);
        let seen = send_all(&mut client, lines);
        assert_eq!(numerics(&seen), ["900"], "{seen:?}");
    }
    let world = World::new(&[]);
    world.need_code("open-sesame");
    let mut client = fresh(&world);
    let seen = send_all(
        &mut client,
        &["NICK bob", "REGISTER bob me@here.example words-8"],
    );
    assert!(
        seen[0].contains(" FAIL REGISTER INVALID_EMAIL bob "),
        "{seen:?}"
    );
}

#[test]
fn nickserv_answers_in_plain_sentences() {
    let world = World::new(&["ann", "bob"]);
    let mut ann = world.client("ann", "");
    let said = |client: &mut Client, line: &str| client.send(line).concat();
    let own = ":NickServ!u@snug.test NOTICE ann :";
    for line in ["PRIVMSG nickserv :help", "NS HELP", "nickserv"] {
        let seen = ann.send(line);
        assert!(seen.len() > 3 && seen.iter().all(|line| line.starts_with(own)));
    }
    assert_eq!(
        said(&mut ann, "PRIVMSG NickServ :IDENTIFY bob password"),
        format!("{own}You are signed in as ann already.")
    );
    assert_eq!(
        said(&mut ann, "NS REGISTER secret-words"),
        format!("{own}You are signed in as ann already.")
    );
    assert!(said(&mut ann, "NS FROB").contains("HELP says what is"));
    assert!(said(&mut ann, "NS PASSWD wrong new-words").starts_with(own));
    assert_eq!(
        said(&mut ann, "NS PASSWD password new-words"),
        format!("{own}Your password is changed.")
    );
    let seen = send_all(&mut fresh(&world), &authenticate("ann", "new-words"));
    assert_eq!(numerics(&seen), ["900", "903"]);
    assert_eq!(numerics(&fresh(&world).send("NS HELP")), ["451"]);
}

#[test]
fn where_the_lobby_is_not_shown_it_is_entered_by_who_joins_it() {
    let world = World::new(&["ann", "bob"]);
    let settings = Settings {
        lobby: false,
        ..Settings::new("snug.test", "Snug Test", "snug-0")
    };
    let mut ann = Client::over(world.session(), settings, Link::default());
    let seen = ann.sign_in("ann", "");
    assert!(
        !seen.iter().any(|line| line.contains(" JOIN #")),
        "{seen:?}"
    );
    let mut bob = world.client("bob", "");
    bob.send("PRIVMSG #lobby :psst");
    assert!(ann.read().is_empty());
    let seen = ann.send("JOIN #lobby");
    assert_eq!(seen[0], ":ann!u@snug.test JOIN #lobby");
    bob.send("PRIVMSG #lobby :hello");
    assert_eq!(ann.read(), [":bob!u@snug.test PRIVMSG #lobby :hello"]);
}
