//! `snug find`: servers that announce themselves on the local network (K10), by multicast DNS (RFC 6762,
//! RFC 6763). What is found is what somebody on that network says: it is pinned like any other link, and
//! who runs it is still to be asked.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use mdns_sd::{ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent};
use snug_client::{Fingerprint, Link};

use crate::{arguments::Find, sanitize};

/// The kind of service that Snug's servers are.
const SERVICE: &str = "_snug._tcp.local.";
/// So many servers are listed: nobody's network has more, but somebody may say so.
const MAX_FOUND: usize = 100;

/// A server that announced itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What it calls itself, fit for a terminal.
    pub(crate) name: String,
    /// How it is reached.
    pub(crate) link: Link,
}

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
    let fingerprint = service.get_property_val_str("fp")?;
    let fingerprint: Fingerprint = fingerprint.parse().ok()?;
    let addresses = service.addresses.iter().map(ScopedIp::to_ip_addr);
    let address = addresses.min_by_key(|address| (farness(*address), *address))?;
    let link = Link::new(address.to_string(), service.port, fingerprint).ok()?;
    let name = service
        .fullname
        .strip_suffix(SERVICE)?
        .trim_end_matches('.');
    Some(Found {
        name: sanitize::line(&unescaped(name)),
        link,
    })
}

/// Which address of several is most likely reached: IPv4 first, and what only this machine or one cable
/// reaches last.
fn farness(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(address) if address.is_loopback() => 4,
        IpAddr::V4(address) if address.is_link_local() => 2,
        IpAddr::V4(_) => 0,
        IpAddr::V6(address) if address.is_loopback() => 5,
        IpAddr::V6(address) if address.is_unicast_link_local() => 3,
        IpAddr::V6(_) => 1,
    }
}

/// A name of DNS-SD without the escapes of its dots and backslashes (RFC 6763 §4.3).
fn unescaped(name: &str) -> String {
    let mut plain = String::new();
    let mut escaped = false;
    for character in name.chars() {
        if character == '\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_most_machines_reach_comes_first() {
        let mut addresses = [
            "::1",
            "127.0.0.1",
            "fe80::1",
            "169.254.1.1",
            "2001:db8::1",
            "192.0.2.1",
        ]
        .map(|address| address.parse::<IpAddr>().unwrap());
        addresses.sort_by_key(|address| farness(*address));
        let sorted = addresses.map(|address| address.to_string());
        let expected = [
            "192.0.2.1",
            "2001:db8::1",
            "169.254.1.1",
            "fe80::1",
            "127.0.0.1",
            "::1",
        ];
        assert_eq!(sorted, expected);
    }

    #[test]
    fn escapes_of_names_are_taken_away() {
        assert_eq!(unescaped(r"The Pub\. Really\\"), r"The Pub. Really\");
    }
}
