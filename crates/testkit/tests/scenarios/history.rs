//! What was said before: searching it.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use snug_testkit::{
    clock::HandClock,
    driver::{NativePerson, Person},
    server::TestServer,
};

/// What this person's search finds: rooms and words, newest first.
async fn search(person: &mut NativePerson, query: &str) -> Result<Vec<(String, String)>> {
    let found = person.wire.ok("search", json!({"query": query})).await?;
    let hits = found["hits"].as_array().context("no hits")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(hits
        .iter()
        .map(|hit| (text(&hit["room"]), text(&hit["body"])))
        .collect())
}

fn hits(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(room, words): &(&str, &str)| ((*room).to_owned(), (*words).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_a_search_finds_words_prefixes_phrases_newest_first_and_in_pages() -> Result<()> {
    let clock = HandClock::default();
    let server = TestServer::with(|options| {
        options.registration = snug_proto::Registration::Open;
        options.clock = clock.for_server();
    })
    .await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?;
    let mut bob = NativePerson::newcomer(&server, "bob").await?;
    assert_eq!(ann.enter("den", None).await?, Ok(()));
    for words in ["the blue mat", "deployed at noon", "a mat that is blue"] {
        assert_eq!(ann.say("den", words).await?, Ok(()));
    }
    // What is said in two rooms at the same moment is in no order.
    clock.advance_ms(1);
    assert_eq!(bob.say("lobby", "whose mat?").await?, Ok(()));
    // At once, and so before anything can be in the index.
    let all = hits(&[
        ("lobby", "whose mat?"),
        ("den", "a mat that is blue"),
        ("den", "the blue mat"),
    ]);
    assert_eq!(search(&mut ann, "mat").await?, all);
    assert_eq!(search(&mut ann, "\"blue mat\"").await?, all[2..]);
    assert_eq!(
        search(&mut ann, "dep*").await?,
        hits(&[("den", "deployed at noon")])
    );
    assert_eq!(search(&mut ann, "mat from:bob").await?, all[..1]);
    assert_eq!(search(&mut ann, "mat in:den").await?, all[1..]);
    assert_eq!(search(&mut ann, "mat before:2020-01-01").await?, []);
    assert_eq!(search(&mut ann, "mat after:2020-01-01").await?, all);
    let mut paged = Vec::new();
    let mut request = json!({"query": "mat", "limit": 1});
    loop {
        let page = ann.wire.ok("search", request.clone()).await?;
        paged.extend(page["hits"].as_array().context("no hits")?.clone());
        if page["more"] != json!(true) {
            break;
        }
        request["cursor"] = page["cursor"].clone();
    }
    let bodies: Vec<_> = paged.iter().map(|hit| hit["body"].as_str()).collect();
    let expected: Vec<_> = all.iter().map(|hit| Some(hit.1.as_str())).collect();
    assert_eq!(bodies, expected);
    assert_eq!(paged[2]["marks"], json!([[9, 12]]));
    assert_eq!(paged[2]["from"], "ann");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_a_search_finds_only_what_one_may_read_now() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?;
    let mut bob = NativePerson::newcomer(&server, "bob").await?;
    let mut cat = NativePerson::newcomer(&server, "cat").await?;
    let since = json!({"room": "vault", "history": "since_joining"});
    ann.wire.ok("create_room", since).await?;
    assert_eq!(ann.enter("den", None).await?, Ok(()));
    for room in ["vault", "den"] {
        assert_eq!(ann.say(room, "treasure early").await?, Ok(()));
        assert_eq!(bob.enter(room, None).await?, Ok(()));
        assert_eq!(ann.say(room, "treasure late").await?, Ok(()));
    }
    assert_eq!(ann.tell("cat", "treasure for cat").await?, Ok(()));
    let of_bob = hits(&[
        ("den", "treasure late"),
        ("den", "treasure early"),
        ("vault", "treasure late"),
    ]);
    assert_eq!(search(&mut bob, "treasure").await?, of_bob);
    assert_eq!(
        search(&mut cat, "treasure").await?,
        hits(&[("@ann", "treasure for cat")])
    );
    let closed = json!({"query": "treasure in:den"});
    assert_eq!(
        cat.wire.code("search", closed.clone()).await?,
        "not_a_member"
    );
    let theirs = json!({"query": "treasure in:@ann"});
    assert_eq!(bob.wire.code("search", theirs).await?, "unknown_room");
    assert_eq!(bob.leave("den").await?, Ok(()));
    assert_eq!(search(&mut bob, "treasure").await?, of_bob[2..]);
    assert_eq!(bob.wire.code("search", closed).await?, "not_a_member");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_edited_and_deleted_words_are_not_found() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?;
    let said = json!({"room": "lobby", "body": "the old password is swordfish"});
    let seq = ann.wire.ok("send", said).await?["seq"].clone();
    assert_eq!(search(&mut ann, "swordfish").await?.len(), 1);
    let edit = json!({"room": "lobby", "seq": seq, "body": "the password was changed"});
    ann.wire.ok("edit", edit).await?;
    assert_eq!(search(&mut ann, "swordfish").await?, []);
    let found = ann.wire.ok("search", json!({"query": "changed"})).await?;
    assert_eq!(found["hits"][0]["seq"], seq);
    assert_eq!(found["hits"][0]["edited"], true);
    ann.wire
        .ok("delete", json!({"room": "lobby", "seq": seq}))
        .await?;
    for words in ["swordfish", "changed", "password"] {
        assert_eq!(search(&mut ann, words).await?, []);
    }
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r8_rooms_that_keep_nothing_are_not_searched() -> Result<()> {
    let server = TestServer::ephemeral().await?;
    let mut owner = server.owner().await?;
    let said = json!({"room": "lobby", "body": "here and gone"});
    owner.ok("send", said).await?;
    let found = owner.ok("search", json!({"query": "gone"})).await?;
    assert_eq!(found["hits"], json!([]));
    let there = json!({"query": "gone", "room": "lobby"});
    assert_eq!(owner.code("search", there).await?, "bad_request");
    server.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_a_room_is_made_to_keep_things_for_a_while_or_not_at_all() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = NativePerson::newcomer(&server, "ann").await?;
    let mut bob = NativePerson::newcomer(&server, "bob").await?;
    let month = json!({"room": "den", "retention": "30d"});
    let den = ann.wire.ok("create_room", month).await?;
    assert_eq!(den["retention"], "30d");
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    assert_eq!(ann.say("den", "xdoomedx words").await?, Ok(()));
    let set = |retention: &str| json!({"room": "den", "retention": retention});
    assert_eq!(bob.wire.code("set_room", set("ram")).await?, "forbidden");
    assert_eq!(
        ann.wire.code("set_room", set("3 weeks")).await?,
        "bad_request"
    );
    ann.wire.ok("set_room", set("forever")).await?;
    assert_eq!(search(&mut ann, "xdoomedx").await?.len(), 1);
    ann.wire.ok("set_room", set("ram")).await?;
    let page = bob.wire.ok("read", json!({"room": "den"})).await?;
    assert_eq!(page["events"], json!([]));
    assert_eq!(search(&mut bob, "xdoomedx").await?, []);
    // From now on it is as one that was made so.
    assert_eq!(bob.say("den", "off the record").await?, Ok(()));
    let page = ann.wire.ok("read", json!({"room": "den"})).await?;
    assert_eq!(page["events"][0]["body"], "off the record");
    assert_eq!(page["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        ann.wire
            .code("edit", json!({"room": "den", "seq": 2, "body": "x"}))
            .await?,
        "gone"
    );
    let data = server.data().to_owned();
    let _folder = server.stop_and_keep().await?;
    let mut files = 0;
    for file in std::fs::read_dir(&data)? {
        let Ok(bytes) = std::fs::read(file?.path()) else {
            continue;
        };
        files += 1;
        for words in ["xdoomedx", "off the record"] {
            let found = bytes
                .windows(words.len())
                .any(|part| part == words.as_bytes());
            assert!(!found, "{words} is on the disk");
        }
    }
    assert!(files >= 3, "the database, its index and the keys");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r11_a_room_that_kept_nothing_starts_empty_when_it_is_to_keep_things() -> Result<()> {
    let server = TestServer::open_to_all().await?;
    let mut ann = server.newcomer("ann").await?;
    let mut bob = server.newcomer("bob").await?;
    let den = json!({"room": "den"});
    let made = json!({"room": "den", "retention": "ram", "history": "since_joining"});
    let made = ann.ok("create_room", made).await?;
    bob.ok("join", den.clone()).await?;
    let say = |body: &str| json!({"room": "den", "body": body});
    for number in 0..3 {
        let said = format!("xunkeptx {number}");
        bob.ok("send", say(&said)).await?;
    }
    let keep = json!({"room": "den", "retention": "forever"});
    assert_eq!(bob.code("set_room", keep.clone()).await?, "forbidden");
    // Bob goes on talking while the room changes: each word is answered, and in his order.
    let mut sent = Vec::new();
    for number in 0..20 {
        let said = format!("word {number}");
        sent.push(bob.submit("send", say(&said)).await?);
        if number == 5 {
            ann.submit("set_room", keep.clone()).await?;
        }
    }
    for id in sent {
        let answer = bob.answer(id).await?;
        anyhow::ensure!(
            answer.is_ok() || matches!(&answer, Err(error) if error.code == "too_fast"),
            "{answer:?}"
        );
    }
    let rewound = bob.event_named("rewound").await?;
    assert_eq!(
        (&rewound["room"], &rewound["first"]),
        (&json!("den"), &json!(1))
    );
    assert_ne!(rewound["log"], made["log"]);
    let changed = ann.event_named("settings_changed").await?;
    assert_eq!(
        (&changed["retention"], &changed["seq"]),
        (&json!("forever"), &json!(1))
    );
    let page = ann.ok("read", den.clone()).await?;
    let events = page["events"].as_array().context("no events")?;
    assert_eq!(events[0]["ev"], "settings_changed");
    assert!(events[1..].iter().all(|event| event["ev"] == "message"));
    let words: Vec<_> = events[1..]
        .iter()
        .map(|event| event["body"].clone())
        .collect();
    let mut sorted = words.clone();
    let number = |word: &Value| -> u32 {
        let word = word.as_str().and_then(|word| word.strip_prefix("word "));
        word.and_then(|word| word.parse().ok()).unwrap_or(u32::MAX)
    };
    sorted.sort_by_key(number);
    assert_eq!(words, sorted);
    // From here on it is as any other room: numbered, kept, found, read by one who comes later.
    let kept = ann.ok("send", say("xkeptx for good")).await?;
    assert_eq!(kept["seq"], json!(events.len() + 1));
    let found = ann.ok("search", json!({"query": "xkeptx"})).await?;
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1));
    let found = ann.ok("search", json!({"query": "xunkeptx"})).await?;
    assert_eq!(found["hits"], json!([]));
    // Whoever comes with the old log's numbers is told that it is another.
    let old = json!({"room": "den", "after": 0, "log": made["log"]});
    assert_eq!(ann.code("read", old).await?, "rewound");
    let unread = bob.ok("rooms", json!({"mine": true})).await?;
    assert_eq!(unread["rooms"][1]["unread"], 1, "{unread}");
    // And back: what it kept is out of sight at once.
    ann.ok("set_room", json!({"room": "den", "retention": "ram"}))
        .await?;
    let page = bob.ok("read", den).await?;
    assert_eq!(page["events"], json!([]));
    drop((ann, bob));
    let data = server.data().to_owned();
    let _folder = server.stop_and_keep().await?;
    for word in ["xunkeptx", "xkeptx"] {
        for file in std::fs::read_dir(&data)? {
            let Ok(bytes) = std::fs::read(file?.path()) else {
                continue;
            };
            let mut parts = bytes.windows(word.len());
            assert!(
                !parts.any(|part| part == word.as_bytes()),
                "{word} is on the disk"
            );
        }
    }
    Ok(())
}
