//! `snug find`: servers that announce themselves on the local network (K10), by multicast DNS (RFC 6762,
//! RFC 6763). What is found is what somebody on that network says: it is pinned like any other link, and
//! who runs it is still to be asked.

mod announced;

use std::{
    collections::BTreeMap,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use mdns_sd::{ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent};

use crate::arguments::Find;
pub(crate) use announced::{Found, SERVICE, announced};

/// So many servers are listed: nobody's network has more, but somebody may say so.
const MAX_FOUND: usize = 100;

/// Looks, and lists what there is.
pub(crate) async fn run(find: Find) -> anyhow::Result<ExitCode> {
    let seconds = find.seconds.clamp(1, 60);
    let found = look(Duration::from_secs(seconds)).await?;
    if found.is_empty() {
        println!(
            "No server announced itself here in {seconds} s. A server does so if it is started with --announce; \
             else ask whoever runs it for a join line."
        );
        return Ok(ExitCode::FAILURE);
    }
    for Found { name, link } in &found {
        println!("{name}\n  snug join \"{link}\"");
    }
    println!(
        "Anybody on this network can announce a server under any name: compare the letters after # with whoever \
         runs it."
    );
    Ok(ExitCode::SUCCESS)
}

/// The servers that announce themselves, by name. Looks for so long.
pub(crate) async fn look(lasting: Duration) -> anyhow::Result<Vec<Found>> {
    let unavailable = "the local network cannot be searched from here";
    let daemon = ServiceDaemon::new().context(unavailable)?;
    let events = daemon.browse(SERVICE).context(unavailable)?;
    let until = Instant::now() + lasting;
    let mut found = BTreeMap::new();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(Ok(event)) = tokio::time::timeout(left, events.recv_async()).await else {
            break;
        };
        match event {
            ServiceEvent::ServiceResolved(service) => {
                if let Some(server) = read(&service)
                    && found.len() < MAX_FOUND
                {
                    found.insert(service.fullname.clone(), server);
                }
            }
            ServiceEvent::ServiceRemoved(_, fullname) => {
                found.remove(&fullname);
            }
            _ => {}
        }
    }
    // It ends with the process in any case.
    let _ending = daemon.shutdown();
    let mut found: Vec<Found> = found.into_values().collect();
    found.sort_by(|a, b| (&a.name, a.link.to_string()).cmp(&(&b.name, b.link.to_string())));
    Ok(found)
}

/// What an announcement says, if it is one that can be joined by.
fn read(service: &ResolvedService) -> Option<Found> {
    let addresses = service.addresses.iter().map(ScopedIp::to_ip_addr);
    let fingerprint = service.get_property_val_str("fp")?;
    announced(&service.fullname, fingerprint, addresses, service.port)
}
