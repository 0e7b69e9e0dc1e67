//! Counters of the door, for benchmarks and metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident $count:ident;)*) => {
        /// What the door has done since it was opened. Each counter is read on its own, so two of them
        /// may be a moment apart.
        #[derive(Debug, Default)]
        pub struct Statistics {
            $($name: AtomicU64,)*
        }

        impl Statistics {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> u64 {
                    self.$name.load(Relaxed)
                }

                pub(crate) fn $count(&self, by: u64) {
                    self.$name.fetch_add(by, Relaxed);
                }
            )*
        }
    };
}

counters! {
    /// Connections accepted.
    accepted count_accepted;
    /// Connections that were closed at once, because their address is shut out or was over a budget.
    refused count_refused;
    /// Connections that were let in, to a handshake or without one.
    let_in count_let_in;
    /// Of them, those whose address is counted for: neither trusted nor allowed.
    newcomers count_newcomers;
    /// Times that an address was shut out.
    shut_out count_shut_out;
    /// Connections on which somebody has signed in or come in; not those of trusted addresses.
    signed_in count_signed_in;
    /// Handshakes that failed or took too long.
    failed_handshakes count_failed_handshake;
    /// Connections that got through the handshake, or needed none.
    opened count_opened;
    /// Connections that have ended after having been opened.
    closed count_closed;
    /// Calls that wrote to a socket after the handshake.
    writes count_write;
    /// Bytes taken by those calls, encryption included.
    written_bytes count_written_bytes;
}
