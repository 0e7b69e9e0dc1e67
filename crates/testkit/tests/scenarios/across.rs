//! People on different fronts in one room.

use anyhow::Result;
use snug_testkit::{
    driver::{IrcPerson, NativePerson, Noticed, Person},
    server::TestServer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_on_different_fronts_hear_each_other_by_the_same_numbers() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?;
    let mut bob = IrcPerson::newcomer(&server, "bob").await?;
    assert_eq!(ann.say("lobby", "from the wire").await?, Ok(()));
    assert_eq!(bob.say("lobby", "from irc").await?, Ok(()));
    for words in [("ann", "from the wire"), ("bob", "from irc")] {
        let (by, words) = words;
        let native = ann.hears("lobby", by, words).await?;
        assert_eq!(native, bob.hears("lobby", by, words).await?, "{words}");
    }
    assert_eq!(ann.tell("bob", "and in private").await?, Ok(()));
    let told = Noticed::Told {
        from: "ann".into(),
        words: "and in private".into(),
    };
    bob.notices(&told).await?;
    drop((ann, bob));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_behind_a_password_is_one_room_on_every_front() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = IrcPerson::newcomer(&server, "ann").await?;
    let mut bob = NativePerson::newcomer(&server, "bob").await?;
    assert_eq!(ann.enter("vault", Some("open sesame")).await?, Ok(()));
    assert_eq!(bob.enter("vault", Some("open sesame")).await?, Ok(()));
    ann.notices(&Noticed::Entered { name: "bob".into() })
        .await?;
    assert_eq!(bob.leave("vault").await?, Ok(()));
    ann.notices(&Noticed::Left { name: "bob".into() }).await?;
    drop((ann, bob));
    server.stop().await
}
