//! Rooms: coming in, saying and hearing, the time before, leaving.

use anyhow::Result;
use snug_testkit::{
    driver::{No, Noticed, Person},
    server::TestServer,
};

over_every_front! {
    r1_everyone_lands_in_the_lobby
    r2_anyone_makes_a_room_and_others_come_in
    r2_a_room_behind_a_password_asks_for_it
    r3_a_password_is_asked_once_and_membership_outlasts_the_connection
    r5_coming_and_going_is_told_to_those_present
    r6_every_reader_hears_the_same_order
    r8_what_was_said_meanwhile_is_there_on_coming_back
    r12_a_newcomer_sees_what_was_said_before
    r12_leaving_ends_speaking_and_hearing
    what_cannot_be_done_is_refused
}

async fn r1_everyone_lands_in_the_lobby<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(ann.say("lobby", "good evening").await?, Ok(()));
    bob.hears("lobby", "ann", "good evening").await?;
    let mut present = bob.present("lobby").await?;
    present.sort();
    assert_eq!(present, ["ann", "bob"]);
    Ok(())
}

async fn r2_anyone_makes_a_room_and_others_come_in<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(ann.enter("den", None).await?, Ok(()));
    assert_eq!(bob.say("den", "hello?").await?, Err(No::NotAMember));
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    assert_eq!(bob.say("den", "here I am").await?, Ok(()));
    ann.hears("den", "bob", "here I am").await?;
    Ok(())
}

async fn r2_a_room_behind_a_password_asks_for_it<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(ann.enter("vault", Some("open sesame")).await?, Ok(()));
    assert_eq!(bob.enter("vault", None).await?, Err(No::RoomPassword));
    let wrong = bob.enter("vault", Some("open barley")).await?;
    assert_eq!(wrong, Err(No::RoomPassword));
    assert_eq!(bob.say("vault", "let me in").await?, Err(No::NotAMember));
    assert_eq!(bob.enter("vault", Some("open sesame")).await?, Ok(()));
    assert_eq!(bob.say("vault", "treasure!").await?, Ok(()));
    ann.hears("vault", "bob", "treasure!").await?;
    Ok(())
}

async fn r3_a_password_is_asked_once_and_membership_outlasts_the_connection<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    assert_eq!(ann.enter("vault", Some("open sesame")).await?, Ok(()));
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(bob.enter("vault", Some("open sesame")).await?, Ok(()));
    bob.quit().await?;
    let mut bob = P::sign_in(server, "bob").await?;
    assert_eq!(bob.say("vault", "back again").await?, Ok(()));
    ann.hears("vault", "bob", "back again").await?;
    assert_eq!(bob.leave("vault").await?, Ok(()));
    assert_eq!(bob.enter("vault", None).await?, Err(No::RoomPassword));
    Ok(())
}

async fn r5_coming_and_going_is_told_to_those_present<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let entered = |name: &str| Noticed::Entered { name: name.into() };
    let left = |name: &str| Noticed::Left { name: name.into() };
    let bob = P::newcomer(server, "bob").await?;
    ann.notices(&entered("bob")).await?;
    bob.quit().await?;
    ann.notices(&left("bob")).await?;
    let present = ann.present("lobby").await?;
    assert!(!present.contains(&"bob".to_owned()), "{present:?}");
    let mut bob = P::sign_in(server, "bob").await?;
    ann.notices(&entered("bob")).await?;
    assert_eq!(ann.enter("den", None).await?, Ok(()));
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    ann.notices(&entered("bob")).await?;
    assert_eq!(bob.leave("den").await?, Ok(()));
    ann.notices(&left("bob")).await?;
    assert_eq!(ann.present("den").await?, ["ann"]);
    Ok(())
}

async fn r6_every_reader_hears_the_same_order<P: Person>(server: &TestServer) -> Result<()> {
    let mut people = Vec::new();
    for name in ["ann", "bob", "cat"] {
        people.push(P::newcomer(server, name).await?);
    }
    for round in 0..10 {
        let [ann, bob, cat] = &mut people[..] else {
            unreachable!("three people");
        };
        let words = |who: &str| format!("{who} says {round}");
        let (a, b, c) = (words("ann"), words("bob"), words("cat"));
        let (a, b, c) = tokio::join!(
            ann.say("lobby", &a),
            bob.say("lobby", &b),
            cat.say("lobby", &c)
        );
        assert_eq!((a?, b?, c?), (Ok(()), Ok(()), Ok(())));
    }
    assert_eq!(people[0].say("lobby", "the end").await?, Ok(()));
    let mut orders = Vec::new();
    for person in &mut people {
        orders.push(person.hears_up_to("lobby", "the end").await?);
    }
    assert_eq!(orders[0].len(), 30);
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[0], orders[2]);
    Ok(())
}

async fn r8_what_was_said_meanwhile_is_there_on_coming_back<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(bob.say("lobby", "see you").await?, Ok(()));
    bob.quit().await?;
    assert_eq!(ann.say("lobby", "while you were out").await?, Ok(()));
    assert_eq!(ann.say("lobby", "somebody called").await?, Ok(()));
    let mut bob = P::sign_in(server, "bob").await?;
    let shown = bob.shown_before("lobby").await?;
    let expected = ["while you were out", "somebody called"];
    assert_eq!(
        shown,
        expected.map(|words| ("ann".to_owned(), words.to_owned()))
    );
    Ok(())
}

async fn r12_a_newcomer_sees_what_was_said_before<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    assert_eq!(ann.enter("den", None).await?, Ok(()));
    assert_eq!(ann.say("den", "long ago").await?, Ok(()));
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    let shown = bob.shown_before("den").await?;
    assert_eq!(shown, [("ann".to_owned(), "long ago".to_owned())]);
    Ok(())
}

async fn r12_leaving_ends_speaking_and_hearing<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    assert_eq!(ann.enter("den", None).await?, Ok(()));
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    assert_eq!(bob.leave("den").await?, Ok(()));
    assert_eq!(bob.say("den", "one more thing").await?, Err(No::NotAMember));
    assert_eq!(bob.leave("den").await?, Err(No::NotAMember));
    assert_eq!(ann.say("den", "he is gone").await?, Ok(()));
    assert_eq!(ann.say("lobby", "hello all").await?, Ok(()));
    // What is said in the lobby comes later; nothing of the den came before it.
    let mut heard = Vec::new();
    loop {
        if let Noticed::Said { room, words, .. } = bob.notice().await? {
            if words == "hello all" {
                break;
            }
            heard.push((room, words));
        }
    }
    assert_eq!(heard, []);
    Ok(())
}

async fn what_cannot_be_done_is_refused<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    assert_eq!(ann.say("nowhere", "hello?").await?, Err(No::UnknownRoom));
    assert_eq!(ann.tell("nobody", "hello?").await?, Err(No::UnknownPerson));
    assert_eq!(ann.say("lobby", "").await?, Err(No::EmptyBody));
    assert_eq!(ann.leave("nowhere").await?, Err(No::UnknownRoom));
    // And none of it did any harm.
    assert_eq!(ann.say("lobby", "still here").await?, Ok(()));
    ann.hears("lobby", "ann", "still here").await?;
    Ok(())
}
