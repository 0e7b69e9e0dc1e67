//! A connection that was let in, as the door counts it.

use std::{net::SocketAddr, sync::Arc};

use super::{Door, Told};
use crate::Ending;

/// A connection that was let in. Dropping it is its end, whatever else still holds a [`Told`].
#[derive(Debug)]
pub struct Guest {
    pub(super) address: SocketAddr,
    pub(super) told: Told,
    /// It came from a proxy, which has not said yet for whom.
    pub(super) behind: Option<Arc<Door>>,
}

impl Guest {
    /// It has ended so. Some endings are counted.
    pub(crate) fn ended(&self, how: &Ending) {
        if matches!(how, Ending::Tls(_) | Ending::UnknownProtocol) {
            self.told.garbage(1);
        }
    }

    /// Where it comes from.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The door, if a proxy is still to say for whom this is.
    pub(crate) fn behind(&self) -> Option<&Arc<Door>> {
        self.behind.as_ref()
    }

    /// The proxy says for whom this is. False if that one is not let in.
    pub(crate) fn comes_from(&mut self, address: SocketAddr) -> bool {
        let Some(door) = self.behind.take() else {
            return true;
        };
        let address = SocketAddr::new(address.ip().to_canonical(), address.port());
        // A proxy that speaks for another one, which names nobody, is counted as that.
        let Some(mut guest) = door.counted_guest(address) else {
            return false;
        };
        std::mem::swap(self, &mut guest);
        true
    }

    /// The proxy asks, and names nobody: it is counted as itself, for a client can have made it silent
    /// (`Connection: X-Forwarded-For`). False if it is not let in.
    pub(crate) fn comes_for_itself(&mut self) -> bool {
        let Some(door) = self.behind.take() else {
            return true;
        };
        let Some(mut guest) = door.counted_guest(self.address) else {
            return false;
        };
        std::mem::swap(self, &mut guest);
        true
    }

    /// What tells the door of it.
    pub(crate) fn told(&self) -> Told {
        self.told.clone()
    }

    /// Its handshake is finished, or needs not to be.
    pub(crate) fn shaken(&self) {
        self.told.shaken();
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.told.leaves();
    }
}
