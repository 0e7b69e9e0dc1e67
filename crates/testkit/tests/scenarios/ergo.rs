//! What Ergo has beyond the published texts and its users take for granted, one test a feature: the manual
//! that each cites is `docs/MANUAL.md` of Ergo. Over the real server, on the raw wire.

use anyhow::{Result, ensure};

use super::{
    conformance_people::{guest, server},
    irc_people::{has, of},
};

/// Ergo's manual, "User modes", T: what programs ask by direct message is not shown, all else is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_mode_t_is_asked_nothing_by_programs() -> Result<()> {
    let server = server().await?;
    let mut ann = guest(&server, "ann", "server-time").await?;
    let mut bob = guest(&server, "bob", "server-time").await?;
    bob.ask("PRIVMSG ann :\u{1}VERSION\u{1}").await?;
    has(&ann.came().await?, " PRIVMSG ann :\u{1}VERSION\u{1}")?;
    has(&ann.ask("MODE ann +T").await?, " MODE ann :+T")?;
    has(&ann.ask("MODE ann").await?, " 221 ann +rT")?;
    bob.ask("PRIVMSG ann :\u{1}VERSION\u{1}").await?;
    bob.ask("PRIVMSG ann :\u{1}ACTION waves\u{1}").await?;
    bob.ask("PRIVMSG ann :which version is it?").await?;
    let came = ann.came().await?;
    ensure!(of(&came, "PRIVMSG").len() == 2, "{came:#?}");
    ensure!(!came.concat().contains("VERSION"), "{came:#?}");
    server.stop().await
}
