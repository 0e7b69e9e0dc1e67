//! The join link as the server prints it: where it is and which identity it will show.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

use snug_gate::Fingerprint;

/// `snug://host:port/#FINGERPRINT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinLink {
    host: String,
    port: u16,
    fingerprint: Fingerprint,
}

impl JoinLink {
    /// The link to a server that listens there, under its public name if it has one.
    pub fn new(address: SocketAddr, name: Option<&str>, fingerprint: Fingerprint) -> Self {
        let host = match (name, address.ip()) {
            (Some(name), _) => name.to_owned(),
            (None, ip) if ip.is_unspecified() || ip.is_loopback() => "localhost".to_owned(),
            (None, IpAddr::V4(ip)) => ip.to_string(),
            (None, IpAddr::V6(ip)) => format!("[{ip}]"),
        };
        let (host, port) = match own_port(&host) {
            Some((host, port)) => (host.to_owned(), port),
            None => (host, address.port()),
        };
        Self {
            host,
            port,
            fingerprint,
        }
    }

    /// Does it name this machine only, so that nobody elsewhere can use it as it stands?
    pub fn is_local(&self) -> bool {
        self.host == "localhost"
    }
}

/// A public name may come with the port by which others reach this machine: `chat.example.org:443`.
fn own_port(name: &str) -> Option<(&str, u16)> {
    let (host, port) = name.rsplit_once(':')?;
    let address = host.contains(':') && !host.starts_with('[');
    if address {
        return None;
    }
    Some((host, port.parse().ok()?))
}

impl fmt::Display for JoinLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "snug://{}:{}/#{}",
            self.host, self.port, self.fingerprint
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_the_host_that_a_client_can_reach() {
        let fingerprint = Fingerprint::of(b"");
        let link = |address: &str, name| {
            let link = JoinLink::new(address.parse().unwrap(), name, fingerprint).to_string();
            link.split_once("/#").unwrap().0.to_owned()
        };
        assert_eq!(link("0.0.0.0:7667", None), "snug://localhost:7667");
        assert_eq!(link("127.0.0.1:1", None), "snug://localhost:1");
        assert_eq!(link("192.0.2.7:1", None), "snug://192.0.2.7:1");
        assert_eq!(link("[2001:db8::1]:1", None), "snug://[2001:db8::1]:1");
        assert_eq!(
            link("0.0.0.0:7667", Some("chat.example.org")),
            "snug://chat.example.org:7667"
        );
        assert_eq!(
            link("0.0.0.0:7667", Some("chat.example.org:443")),
            "snug://chat.example.org:443"
        );
        assert_eq!(
            link("[::]:7667", Some("[2001:db8::1]")),
            "snug://[2001:db8::1]:7667"
        );
    }
}
