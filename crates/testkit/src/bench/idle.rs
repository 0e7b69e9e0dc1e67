//! (d) Memory of connections that are signed in, in the lobby, and say nothing.

use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use super::{Goal, Report, Round, float};
use crate::{load::register_many, proc::memory_bytes};

const CONNECTIONS: usize = 10_000;
/// So that what the sign-ins needed for a moment is given back.
const SETTLE: Duration = Duration::from_secs(15);

pub(super) async fn measure(report: &mut Report) -> Result<()> {
    let round = Round::start(&[]).await?;
    // The first connections pay for what all share.
    let first = register_many(&round.site, "first", 64).await?;
    sleep(Duration::from_secs(2)).await;
    let before = memory_bytes(round.server.pid())?;
    let idle = register_many(&round.site, "idle", CONNECTIONS).await?;
    sleep(SETTLE).await;
    let after = memory_bytes(round.server.pid())?;
    let each = float(after.saturating_sub(before)) / float(CONNECTIONS as u64) / 1024.0;
    report.add(
        "d",
        "server memory before, MiB",
        float(before) / 1024.0 / 1024.0,
        Goal::None,
    );
    report.add(
        "d",
        "server memory of an idle connection, KiB",
        each,
        Goal::AtMost(12.0),
    );
    drop((first, idle));
    Ok(())
}
