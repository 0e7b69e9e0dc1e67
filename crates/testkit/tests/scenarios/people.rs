//! People: signing in, direct messages.

use anyhow::Result;
use snug_testkit::{
    driver::{No, Noticed, PASSWORD, Person},
    server::TestServer,
};

over_every_front! {
    a2_a_simple_client_signs_in_with_its_password
    a2_an_unknown_name_and_a_wrong_password_are_one_answer
    d1_direct_messages_reach_the_other_and_nobody_else
    d1_what_is_told_to_someone_offline_is_kept
}

async fn a2_a_simple_client_signs_in_with_its_password<P: Person>(
    server: &TestServer,
) -> Result<()> {
    server.add_account("ann", PASSWORD).await?;
    let mut ann = P::sign_in(server, "ann").await?;
    assert_eq!(ann.say("lobby", "it is me").await?, Ok(()));
    ann.hears("lobby", "ann", "it is me").await?;
    Ok(())
}

async fn a2_an_unknown_name_and_a_wrong_password_are_one_answer<P: Person>(
    server: &TestServer,
) -> Result<()> {
    server.add_account("ann", PASSWORD).await?;
    for (name, password) in [("ann", "not this one"), ("nobody", PASSWORD)] {
        let signed_in = P::try_sign_in(server, name, password).await?;
        assert_eq!(signed_in.err(), Some(No::Credentials), "{name}");
    }
    assert!(P::try_sign_in(server, "ann", PASSWORD).await?.is_ok());
    Ok(())
}

async fn d1_direct_messages_reach_the_other_and_nobody_else<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    let mut bob = P::newcomer(server, "bob").await?;
    let mut cat = P::newcomer(server, "cat").await?;
    assert_eq!(ann.tell("bob", "psst").await?, Ok(()));
    let told = |from: &str, words: &str| Noticed::Told {
        from: from.into(),
        words: words.into(),
    };
    bob.notices(&told("ann", "psst")).await?;
    assert_eq!(bob.tell("ann", "yes?").await?, Ok(()));
    ann.notices(&told("bob", "yes?")).await?;
    assert_eq!(ann.say("lobby", "nothing, nothing").await?, Ok(()));
    loop {
        match cat.notice().await? {
            Noticed::Told { words, .. } => panic!("cat was told {words:?}"),
            Noticed::Said { words, .. } if words == "nothing, nothing" => return Ok(()),
            _ => {}
        }
    }
}

async fn d1_what_is_told_to_someone_offline_is_kept<P: Person>(server: &TestServer) -> Result<()> {
    let mut ann = P::newcomer(server, "ann").await?;
    server.add_account("bob", PASSWORD).await?;
    assert_eq!(ann.tell("bob", "call me").await?, Ok(()));
    assert_eq!(ann.tell("bob", "it is urgent").await?, Ok(()));
    let mut bob = P::sign_in(server, "bob").await?;
    assert_eq!(bob.told_before("ann").await?, ["call me", "it is urgent"]);
    Ok(())
}
