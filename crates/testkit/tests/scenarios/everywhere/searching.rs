//! Searching what one may read (R8).

use anyhow::Result;
use serde_json::json;
use snug_testkit::{
    driver::{Answered, Deed, Person},
    server::TestServer,
};

use super::{owner_and, refused};

over_every_front! {
    r8_a_search_finds_only_what_one_may_read
}

async fn r8_a_search_finds_only_what_one_may_read<P: Person>(server: &TestServer) -> Result<()> {
    let (_owner, [mut ann, mut bob]) = owner_and::<P, 2>(server, ["ann", "bob"]).await?;
    assert_eq!(ann.enter("den", Some("sesame")).await?, Ok(()));
    assert_eq!(ann.say("den", "the green door").await?, Ok(()));
    assert_eq!(ann.say("den", "a red one").await?, Ok(()));
    let search = |query: &str| {
        let line = format!("SNUG SEARCH {query}");
        Deed::new("search", json!({"query": query}), line)
    };
    let found = |hits: &Answered| hits.says("body", &json!("the green door"), "the green door");
    for query in ["green", "gree*", "\"green door\"", "door from:ann"] {
        assert!(found(&ann.has_done(&search(query)).await?), "{query}");
        assert!(!found(&bob.has_done(&search(query)).await?), "{query}");
    }
    assert!(!found(&ann.has_done(&search("red")).await?));
    let there = search("door in:den");
    assert!(found(&ann.has_done(&there).await?));
    assert_eq!(bob.does(&there).await?, refused("not_a_member"));
    // Who comes in finds it too, and who goes finds nothing any more.
    assert_eq!(bob.enter("den", Some("sesame")).await?, Ok(()));
    assert!(found(&bob.has_done(&search("green")).await?));
    assert_eq!(bob.leave("den").await?, Ok(()));
    assert!(!found(&bob.has_done(&search("green")).await?));
    Ok(())
}
