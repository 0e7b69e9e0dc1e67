//! The bans of addresses as a table for nftables, for a firewall to drop them before the server sees them.

use std::{cmp::Reverse, fmt::Write as _};

use serde::{Deserialize, Serialize};
use snug_rules::{Network, Networks};

/// A network, and for how much longer something holds for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ForNetwork {
    /// Which addresses.
    pub(crate) network: String,
    /// Seconds that are left; none for what has no end.
    pub(crate) left_s: Option<u64>,
}

/// What the door is told of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AtFirewall {
    /// Those that are banned.
    pub(crate) banned: Vec<ForNetwork>,
    /// Those that are past every ban.
    pub(crate) allowed: Vec<ForNetwork>,
    /// Those that the door itself shuts out, the worst of them. They are no bans, and no firewall's.
    #[serde(default)]
    pub(crate) shut: Vec<ForNetwork>,
}

impl ForNetwork {
    /// Of what the engine lists.
    pub(crate) fn of((network, left_s): (Network, Option<u64>)) -> Self {
        Self {
            network: network.to_string(),
            left_s,
        }
    }
}

/// A network as an element of a set.
#[derive(Debug, Clone, Copy)]
struct Element {
    network: Network,
    left_s: Option<u64>,
}

impl Element {
    fn ends_no_sooner_than(&self, other: &Self) -> bool {
        match (self.left_s, other.left_s) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(others)) => mine >= others,
        }
    }
}

/// The bans, and those that the door itself shuts out: a line each.
pub(crate) fn lines(told: &AtFirewall) -> String {
    let banned = told.banned.iter().map(|ban| match ban.left_s {
        Some(left) => format!("{}\tfor {left} s more\n", ban.network),
        None => format!("{}\n", ban.network),
    });
    let shut = told.shut.iter().map(|of| {
        let left = of.left_s.unwrap_or_default();
        format!("{}\tshut out by the door for {left} s more\n", of.network)
    });
    banned.chain(shut).collect()
}

/// A table of nftables that drops what comes from who is banned and not allowed. Loading it again replaces it.
pub(crate) fn nft(told: &AtFirewall) -> String {
    let mut text = String::from(
        "# Bans of snugd. Load with: snugd bans --nft | nft -f -\n\
         table inet snug\ndelete table inet snug\ntable inet snug {\n",
    );
    let mut rules = String::new();
    for (name, list, verdict) in [
        ("allowed", &told.allowed, "accept"),
        ("banned", &told.banned, "drop"),
    ] {
        for (ipv6, version, kind, source) in [
            (false, '4', "ipv4_addr", "ip saddr"),
            (true, '6', "ipv6_addr", "ip6 saddr"),
        ] {
            for (index, elements) in layers(list, ipv6).iter().enumerate() {
                let set = match index {
                    0 => format!("{name}{version}"),
                    _ => format!("{name}{version}_{}", index + 1),
                };
                // Writing to a string does not fail.
                let _ = writeln!(
                    text,
                    "\tset {set} {{\n\t\ttype {kind}\n\t\tflags interval, timeout"
                );
                if !elements.is_empty() {
                    let elements: Vec<String> = elements.iter().map(element).collect();
                    let _ = writeln!(text, "\t\telements = {{ {} }}", elements.join(", "));
                }
                text.push_str("\t}\n");
                let _ = writeln!(rules, "\t\t{source} @{set} {verdict}");
            }
        }
    }
    text.push_str(
        "\tchain input {\n\t\ttype filter hook input priority filter - 10; policy accept;\n",
    );
    text + &rules + "\t}\n}\n"
}

fn element(element: &Element) -> String {
    match element.left_s {
        Some(left) => format!("{} timeout {}s", element.network, left.max(1)),
        None => element.network.to_string(),
    }
}

/// The elements of so many sets: a set of intervals takes none within another. What is within another that ends no
/// sooner is left out; what outlasts the one around it is in the next set. There is one at least.
fn layers(list: &[ForNetwork], ipv6: bool) -> Vec<Vec<Element>> {
    let parsed = list.iter().filter_map(|of| {
        let network: Network = of.network.parse().ok()?;
        (network.is_ipv6() == ipv6).then_some(Element {
            network,
            left_s: of.left_s,
        })
    });
    let mut elements: Vec<Element> = parsed.collect();
    // The widest first, and of the same network the one that lasts longest.
    elements.sort_by_key(|of| (of.network.prefix(), Reverse(of.left_s.unwrap_or(u64::MAX))));
    let mut layers: Vec<Vec<Element>> = vec![Vec::new()];
    let mut kept: Networks<(usize, Element)> = Networks::default();
    for element in elements {
        let around = || kept.of(element.network.address()).map(|(_, of)| of);
        if around().any(|(_, outer)| outer.ends_no_sooner_than(&element)) {
            continue;
        }
        let layer = around().map(|(layer, _)| layer + 1).max().unwrap_or(0);
        kept.insert(element.network, (layer, element));
        if layers.len() <= layer {
            layers.push(Vec::new());
        }
        if let Some(layer) = layers.get_mut(layer) {
            layer.push(element);
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write as _},
        process::{Command, Stdio},
    };

    use super::*;

    fn of(network: &str, left_s: Option<u64>) -> ForNetwork {
        ForNetwork {
            network: network.to_owned(),
            left_s,
        }
    }

    fn banned(banned: &[(&str, Option<u64>)]) -> AtFirewall {
        AtFirewall {
            banned: banned.iter().map(|(net, left)| of(net, *left)).collect(),
            allowed: Vec::new(),
            shut: Vec::new(),
        }
    }

    /// What nft of Debian's package nftables makes of a file, without changing anything.
    #[derive(Debug)]
    struct Checked {
        takes_it: bool,
        complaint: String,
    }

    fn check(text: &str) -> io::Result<Checked> {
        let mut nft = Command::new("nft")
            .args(["--check", "--file", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = nft.stdin.take().unwrap();
        // One that may not even open its socket ends without reading.
        let _ended_already = stdin.write_all(text.as_bytes());
        drop(stdin);
        let said = nft.wait_with_output()?;
        Ok(Checked {
            takes_it: said.status.success(),
            complaint: String::from_utf8_lossy(&said.stderr).trim().to_owned(),
        })
    }

    /// A table like anybody's: what is wrong with it is wrong with this kernel (no `nf_tables`, no netlink for it)
    /// or with this process (not root), whatever nft calls that.
    const ANYBODYS: &str = "table inet snug_anybodys {\n\tchain input {\n\
        \t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n";

    /// Why ours went unseen, if nft takes nobody's here. Its grammar is looked at before the kernel is asked.
    fn unseen(ours: &Checked, anybodys: &Checked) -> Option<String> {
        let misspelt = ours.complaint.contains("syntax error");
        let nobodys = !anybodys.takes_it && !ours.takes_it && !misspelt;
        nobodys.then(|| anybodys.complaint.clone())
    }

    /// Has nft look at it, where it is and may.
    fn nft_takes(text: &str) {
        let skipped = |why: &str| {
            // Not eprintln, which a test that passes keeps to itself.
            let said = format!("\n*** SKIPPED: nft did not look at a table of bans: {why}\n\n");
            io::stderr().write_all(said.as_bytes()).unwrap();
        };
        let ours = match check(text) {
            Ok(ours) => ours,
            Err(error) if std::env::var_os("SNUG_REQUIRE_CLIENTS").is_none() => {
                return skipped(&format!("{error} (Debian: nftables)"));
            }
            Err(error) => panic!("nft, for which SNUG_REQUIRE_CLIENTS asks: {error}"),
        };
        if !ours.takes_it {
            let why = unseen(&ours, &check(ANYBODYS).unwrap());
            skipped(&why.unwrap_or_else(|| panic!("{}\n{text}", ours.complaint)));
        }
    }

    #[test]
    fn only_a_kernel_or_rights_that_no_table_gets_past_keep_nft_from_looking() {
        let of = |takes_it: bool, complaint: &str| Checked {
            takes_it,
            complaint: complaint.to_owned(),
        };
        let right = of(true, "");
        for why in [
            "mnl.c:60: Unable to initialize Netlink socket: Protocol not supported",
            "netlink: Error: cache initialization failed: Invalid argument",
            "/dev/stdin:1:1-16: Error: Could not process rule: Operation not permitted",
        ] {
            let wrong = of(false, why);
            assert_eq!(unseen(&wrong, &wrong).as_deref(), Some(why));
            assert_eq!(unseen(&wrong, &right), None, "it is ours that is wrong");
        }
        let misspelt = of(
            false,
            "/dev/stdin:1:8-11: Error: syntax error, unexpected inet",
        );
        assert_eq!(
            unseen(&misspelt, &of(false, "Operation not permitted")),
            None
        );
    }

    #[test]
    fn m4_bans_become_sets_without_what_is_inside_another_that_ends_no_sooner() {
        let text = nft(&banned(&[
            ("203.0.113.7", Some(60)),
            ("203.0.113.0/24", None),
            ("198.51.100.9", Some(3600)),
            ("2001:db8::/48", None),
        ]));
        assert!(
            text.contains("elements = { 203.0.113.0/24, 198.51.100.9 timeout 3600s }"),
            "{text}"
        );
        assert!(text.contains("elements = { 2001:db8::/48 }"), "{text}");
        nft_takes(&text);
        let none = nft(&banned(&[]));
        assert!(!none.contains("elements"));
        nft_takes(&none);
    }

    #[test]
    fn m4_a_ban_that_outlasts_the_one_around_it_stays() {
        let text = nft(&banned(&[
            ("203.0.0.0/16", Some(60)),
            ("203.0.113.0/24", Some(3600)),
            ("203.0.113.7", None),
            ("203.0.113.8", Some(600)),
            ("203.0.5.5", Some(60)),
            ("2001:db8::/32", Some(60)),
            ("2001:db8:7::/48", None),
        ]));
        for set in [
            "set banned4 {\n\t\ttype ipv4_addr\n\t\tflags interval, timeout\n\t\telements = { 203.0.0.0/16 timeout 60s }",
            "set banned4_2 {\n\t\ttype ipv4_addr\n\t\tflags interval, timeout\n\t\telements = { 203.0.113.0/24 timeout 3600s }",
            "set banned4_3 {\n\t\ttype ipv4_addr\n\t\tflags interval, timeout\n\t\telements = { 203.0.113.7 }",
            "elements = { 2001:db8:7::/48 }",
            "\t\tip saddr @banned4_3 drop\n",
            "\t\tip6 saddr @banned6_2 drop\n",
        ] {
            assert!(text.contains(set), "{set}\n{text}");
        }
        assert!(!text.contains("203.0.113.8") && !text.contains("203.0.5.5"));
        nft_takes(&text);
    }

    #[test]
    fn m4_who_is_allowed_is_let_in_before_anybody_is_dropped() {
        let text = nft(&AtFirewall {
            banned: vec![of("203.0.113.0/24", None)],
            allowed: vec![of("203.0.113.7", Some(60)), of("2001:db8::/48", None)],
            shut: vec![of("198.51.100.1", Some(60))],
        });
        assert!(!text.contains("198.51.100.1"), "{text}");
        let place = |rule: &str| text.find(rule).unwrap_or_else(|| panic!("{rule}\n{text}"));
        assert!(place("ip saddr @allowed4 accept") < place("ip saddr @banned4 drop"));
        assert!(place("ip6 saddr @allowed6 accept") < place("ip6 saddr @banned6 drop"));
        assert!(
            text.contains("elements = { 203.0.113.7 timeout 60s }"),
            "{text}"
        );
        nft_takes(&text);
    }

    #[test]
    fn m4_a_hundred_thousand_bans_are_looked_through_once() {
        let address = |number: u32| std::net::Ipv4Addr::from_bits(0xc000_0000 + number * 2);
        let list: Vec<ForNetwork> = (0..100_000)
            .map(|number| of(&address(number).to_string(), Some(60)))
            .collect();
        let begun = std::time::Instant::now();
        assert_eq!(layers(&list, false).first().map(Vec::len), Some(100_000));
        // One against each other would be five thousand million looks.
        assert!(begun.elapsed().as_secs() < 20);
    }
}
