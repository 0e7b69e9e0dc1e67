//! The bans of addresses as a table for nftables, for a firewall to drop them before the server sees them.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use snug_rules::Network;

/// A banned network, and for how much longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BannedNetwork {
    /// Which addresses.
    pub(crate) network: String,
    /// Seconds that are left; none for a ban without an end.
    pub(crate) left_s: Option<u64>,
}

/// A table of nftables that drops what comes from these. Loading it again replaces it.
pub(crate) fn nft(bans: &[BannedNetwork]) -> String {
    let parsed = bans.iter().filter_map(|ban| {
        let network: Network = ban.network.parse().ok()?;
        Some((network, ban.left_s))
    });
    let mut bans: Vec<(Network, Option<u64>)> = parsed.collect();
    // The widest first: a set of intervals takes none within another.
    bans.sort_by_key(|(network, _)| network.prefix());
    let mut kept: Vec<(Network, Option<u64>)> = Vec::new();
    for (network, left_s) in bans {
        let inside = |of: &(Network, Option<u64>)| of.0.contains(network.address());
        if !kept.iter().any(inside) {
            kept.push((network, left_s));
        }
    }
    let set = |ipv6: bool| {
        let of = kept.iter().filter(|(network, _)| network.is_ipv6() == ipv6);
        let elements = of.map(|(network, left_s)| match left_s {
            Some(left) => format!("{network} timeout {}s", (*left).max(1)),
            None => network.to_string(),
        });
        elements.collect::<Vec<_>>().join(", ")
    };
    let mut text = String::from(
        "# Bans of snugd. Load with: snugd bans --nft | nft -f -\n\
         table inet snug\ndelete table inet snug\ntable inet snug {\n",
    );
    for (name, kind, elements) in [
        ("banned4", "ipv4_addr", set(false)),
        ("banned6", "ipv6_addr", set(true)),
    ] {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "\tset {name} {{\n\t\ttype {kind}\n\t\tflags interval, timeout"
        );
        if !elements.is_empty() {
            let _ = writeln!(text, "\t\telements = {{ {elements} }}");
        }
        text.push_str("\t}\n");
    }
    text.push_str(
        "\tchain input {\n\t\ttype filter hook input priority filter - 10; policy accept;\n\
         \t\tip saddr @banned4 drop\n\t\tip6 saddr @banned6 drop\n\t}\n}\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bans_become_sets_without_what_is_inside_another() {
        let ban = |network: &str, left_s| BannedNetwork {
            network: network.to_owned(),
            left_s,
        };
        let text = nft(&[
            ban("203.0.113.7", Some(60)),
            ban("203.0.113.0/24", None),
            ban("198.51.100.9", Some(3600)),
            ban("2001:db8::/48", None),
        ]);
        assert!(
            text.contains("elements = { 203.0.113.0/24, 198.51.100.9 timeout 3600s }"),
            "{text}"
        );
        assert!(text.contains("elements = { 2001:db8::/48 }"), "{text}");
        assert!(!nft(&[]).contains("elements"));
    }
}
