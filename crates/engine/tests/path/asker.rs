//! Who asks for little that is much to do.

use std::{sync::atomic::Ordering, time::Duration};

use snug_proto::{ErrorCode, Event, Monitor, Session};
use snug_rules::Errand;
use tokio::time::Instant;

use crate::{
    common::{come_in, create, entered, follow, say, sent, until},
    spammer::strict_engine,
};

#[tokio::test(flavor = "multi_thread")]
async fn p6_who_has_the_same_log_read_again_and_again_waits_and_is_not_refused() {
    let (engine, clock) = strict_engine().await;
    let (mal, _) = come_in(&engine, "mal").await;
    let den = entered(mal.request(create("den"))).await;
    let seq = sent(mal.request(say("den", "once"))).await;
    let said = |event: &Event| matches!(event, Event::Message(_));
    until(&mal, said).await;
    let read_again = async || {
        let followed = mal.request(follow(&den, seq - 1)).await;
        assert!(followed.is_ok(), "{followed:?}");
        until(&mal, said).await;
    };
    for _ in 0..Errand::Follow.allowance().burst {
        read_again().await;
    }
    // The allowance is used up, and the clock stands: each page waits a little longer than the one before.
    let begun = Instant::now();
    for _ in 0..10 {
        read_again().await;
    }
    assert!(begun.elapsed() >= Duration::from_secs(1));
    clock.0.fetch_add(3_600_000, Ordering::Relaxed);
    for _ in 0..100 {
        read_again().await;
    }
    engine.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_whom_one_watches_for_costs_as_many_questions_as_names() {
    let (engine, _) = strict_engine().await;
    let (mal, _) = come_in(&engine, "mal").await;
    let names: Vec<String> = (0..100).map(|number| format!("nobody{number}")).collect();
    let all = Monitor {
        add: names,
        ..Monitor::default()
    };
    let mut taken = 0;
    let refused = loop {
        // To watch for them, and to ask after all of them.
        let asked = [all.clone(), Monitor::default()];
        let answer = mal.request(asked[taken % 2].clone().into()).await;
        match answer {
            Ok(_) => taken += 1,
            Err(refused) => break refused,
        }
        assert!(taken < 50, "a hundred names cost as much as one");
    };
    assert_eq!(refused.code, ErrorCode::TooFast);
    assert!(taken >= 20, "{taken}");
    engine.shut_down().await;
}
