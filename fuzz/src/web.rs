//! A request for a WebSocket as a browser sends it, perhaps by a proxy: from which page, and for whom. `crate` is
//! the gate here.

use std::net::IpAddr;

use snug_rules::forwarded_for;

use crate::{
    origin::{WebOrigin, is_among},
    websocket::{Accepted, Handshake, shake_hands},
};

const UPGRADE: &str = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

/// The first line names pages that may ask, the second proxies, the others are a request's headers besides what
/// asks for a WebSocket. Nothing panics; only a page of the host that is asked is at home, whoever else asks is
/// told by a name that equals no header's but the page's own; the address of whom a proxy asks for is the last
/// that is no proxy's, and nobody's if what stands before cannot be read.
pub fn check(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let (pages, proxies, headers) = (part(), part(), part());
    let pages: Vec<WebOrigin> = words(pages).filter_map(|page| page.parse().ok()).collect();
    let proxies: Vec<IpAddr> = words(proxies).filter_map(|of| of.parse().ok()).collect();
    let request = [UPGRADE.as_bytes(), headers, b"\r\n\r\n"].concat();
    let Handshake::Accepted(accepted) = shake_hands(&request) else {
        return;
    };
    // What comes after an empty line is no header.
    let head = &request[..accepted.used];
    page(head, &accepted, &pages);
    source(head, &accepted, &proxies);
}

fn words(line: &[u8]) -> impl Iterator<Item = &str> {
    let line = std::str::from_utf8(line).unwrap_or_default();
    line.split(' ').filter(|word| !word.is_empty())
}

/// The values of a header in a head that was understood.
fn values<'a>(head: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    let lines = head.split(|byte| *byte == b'\n');
    let headers = lines.filter_map(|line| {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let (of, value) = (&line[..colon], &line[colon + 1..]);
        of.eq_ignore_ascii_case(name.as_bytes())
            .then_some(value.trim_ascii())
    });
    headers.collect()
}

fn page(head: &[u8], accepted: &Accepted, pages: &[WebOrigin]) {
    let origins = values(head, "origin");
    let Some(foreign) = &accepted.foreign else {
        let Some(origin) = origins.first() else {
            return;
        };
        assert_eq!(origins.len(), 1, "of two pages none is at home");
        let origin = std::str::from_utf8(origin).expect("an origin that was compared");
        let (_, place) = origin.split_once("://").expect("an origin has a scheme");
        let hosts = values(head, "host");
        let [host] = hosts[..] else {
            panic!("it is at home nowhere");
        };
        let host = std::str::from_utf8(host).expect("a host that was compared");
        assert_eq!(bare(place), bare(host));
        assert!(!bare(host).is_empty());
        return;
    };
    assert!(!origins.is_empty(), "a program has no page");
    assert_eq!(foreign, &foreign.to_ascii_lowercase());
    let says = |origin: &[u8]| origin.to_ascii_lowercase() == foreign.as_bytes();
    let one = origins.len() == 1 && says(origins[0]);
    assert!(one || foreign == "?");
    if is_among(foreign, pages) {
        // Who is named: all, this origin, or its host.
        let named = pages.iter().any(|page| match page {
            WebOrigin::Any => true,
            WebOrigin::Origin(this) => one && this == foreign,
            WebOrigin::Host(host) => {
                one && foreign
                    .split_once("://")
                    .is_some_and(|(_, place)| bare(place) == *host)
            }
        });
        assert!(named, "{foreign} is none of {pages:?}");
    }
}

/// A host in lower case, without port and last dot.
fn bare(place: &str) -> String {
    let port = place
        .rfind(':')
        .filter(|at| place[at + 1..].bytes().all(|byte| byte.is_ascii_digit()));
    let host = port.map_or(place, |at| &place[..at]).to_ascii_lowercase();
    host.strip_suffix('.').unwrap_or(&host).to_owned()
}

fn source(head: &[u8], accepted: &Accepted, proxies: &[IpAddr]) {
    let said = values(head, "x-forwarded-for");
    assert_eq!(accepted.forwarded.as_deref(), said.last().copied());
    let Some(last) = said.last() else {
        return;
    };
    let Some(source) = forwarded_for(last, |of| proxies.contains(&of)) else {
        return;
    };
    assert_eq!(source, source.to_canonical());
    // From the end: proxies, then whom they speak for.
    let text = String::from_utf8_lossy(last);
    let hops = text.rsplit(',').map(str::trim);
    for hop in hops {
        let of = address(hop).unwrap_or_else(|| panic!("{hop:?} stands behind {source}"));
        if of == source && !proxies.contains(&of) {
            return;
        }
        assert!(proxies.contains(&of), "{of} is nearer than {source}");
    }
    assert!(proxies.contains(&source), "{source} stands nowhere");
}

fn address(hop: &str) -> Option<IpAddr> {
    let plain = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    let plain = plain.unwrap_or(hop).parse::<IpAddr>().ok();
    let with_port = || hop.parse::<std::net::SocketAddr>().ok().map(|of| of.ip());
    Some(plain.or_else(with_port)?.to_canonical())
}
