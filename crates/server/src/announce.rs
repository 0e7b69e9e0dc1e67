//! Announcing a server on the local network (K10), where its operator asks for that: multicast DNS
//! (RFC 6762) as a service of DNS-SD (RFC 6763). Whoever is on that network reads name, addresses, port and
//! fingerprint, and nothing else.

use std::{net::SocketAddr, time::Duration};

use mdns_sd::{ServiceDaemon, ServiceInfo};
use snug_gate::Fingerprint;

/// The kind of service that Snug's servers are.
const SERVICE: &str = "_snug._tcp.local.";
/// How long taking the announcement back may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// An announcement. It is taken back when it is dropped.
pub(crate) struct Announcement {
    daemon: ServiceDaemon,
    fullname: String,
}

impl std::fmt::Debug for Announcement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Announcement")
    }
}

impl Announcement {
    /// Announces a server that listens there, under this name.
    pub(crate) fn make(
        name: &str,
        listens: &[SocketAddr],
        fingerprint: Fingerprint,
    ) -> Result<Self, String> {
        let said = |error: mdns_sd::Error| error.to_string();
        let first = listens.first().ok_or("there is no address to announce")?;
        let fingerprint = fingerprint.to_string();
        // Unique by the fingerprint's beginning, so that nobody learns the machine's name from it.
        let short: String = fingerprint.chars().take(8).collect();
        let short = short.to_lowercase();
        let everywhere = listens.iter().any(|address| address.ip().is_unspecified());
        let addresses: Vec<_> = listens
            .iter()
            .filter(|address| !everywhere && address.port() == first.port())
            .map(SocketAddr::ip)
            .collect();
        let properties = [("v", "1"), ("fp", &fingerprint)];
        let info = ServiceInfo::new(
            SERVICE,
            &format!("{name} {short}"),
            &format!("snug-{short}.local."),
            addresses.as_slice(),
            first.port(),
            &properties[..],
        )
        .map_err(said)?;
        let info = if everywhere {
            info.enable_addr_auto()
        } else {
            info
        };
        let fullname = info.get_fullname().to_owned();
        let daemon = ServiceDaemon::new().map_err(said)?;
        daemon.register(info).map_err(said)?;
        Ok(Self { daemon, fullname })
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // A network that is gone needs no goodbye.
        if let Ok(done) = self.daemon.unregister(&self.fullname) {
            let _late = done.recv_timeout(GOODBYE);
        }
        let _gone = self.daemon.shutdown();
    }
}
