//! What people do, played over every front: one body a scenario, one test a front.

#![expect(clippy::indexing_slicing, reason = "what is not there fails the test")]

/// Makes each scenario a test over each front. A server that does not stop cleanly fails its test.
macro_rules! over_every_front {
    ($($scenario:ident)*) => {
        mod native {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() -> anyhow::Result<()> {
                let server = snug_testkit::server::TestServer::open_to_all().await?;
                super::$scenario::<snug_testkit::driver::NativePerson>(&server).await?;
                server.stop().await
            }
        )*}
        mod irc {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() -> anyhow::Result<()> {
                let server = snug_testkit::server::TestServer::open_to_all().await?;
                super::$scenario::<snug_testkit::driver::IrcPerson>(&server).await?;
                server.stop().await
            }
        )*}
    };
}

mod accounts;
mod across;
mod answering;
mod between_clients;
mod channels;
mod conformance;
mod conformance_people;
mod credits;
mod door;
mod ergo;
mod everywhere;
mod founders;
mod friends;
mod groups;
mod guests;
mod history;
mod hostile;
mod irc_people;
mod irc_safety;
mod irc_services;
mod irc_walk;
mod irc_words;
mod knocking;
mod marks;
mod masks;
mod names;
mod native_only;
mod order;
mod people;
mod presence;
mod rooms;
mod running;
mod second_factor;
mod storms;
mod talking;
mod wearing;
