//! Which crate may depend on which (docs/adr, "Arrows"), read from what cargo itself resolved.
//! Dev-dependencies are free.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::run::{cargo, output};

/// Each crate of ours, and all of ours that it may name as a dependency.
const ALLOWED: &[(&str, &[&str])] = &[
    ("snug-proto", &[]),
    ("snug-rules", &["snug-proto"]),
    ("snug-auth", &["snug-proto"]),
    ("snug-seal", &["snug-proto"]),
    ("snug-screen", &["snug-proto"]),
    ("snug-irc", &["snug-proto"]),
    ("snug-store", &["snug-rules", "snug-proto"]),
    (
        "snug-engine",
        &["snug-store", "snug-rules", "snug-auth", "snug-proto"],
    ),
    ("snug-gate", &["snug-rules", "snug-proto"]),
    (
        "snug-server",
        &[
            "snug-engine",
            "snug-gate",
            "snug-irc",
            "snug-store",
            "snug-screen",
            "snug-auth",
            "snug-rules",
            "snug-proto",
        ],
    ),
    (
        "snug-client",
        &["snug-proto", "snug-auth", "snug-seal", "snug-irc"],
    ),
    ("snug-tui", &["snug-client", "snug-screen", "snug-proto"]),
    (
        "snug-testkit",
        &[
            "snug-server",
            "snug-client",
            "snug-irc",
            "snug-tui",
            "snug-screen",
            "snug-engine",
            "snug-store",
            "snug-auth",
            "snug-rules",
            "snug-proto",
        ],
    ),
    ("xtask", &["snug-proto", "snug-rules", "snug-screen"]),
];

/// Crates that decide and translate, and touch nothing outside their arguments.
pub(crate) const PURE: &[&str] = &[
    "snug-proto",
    "snug-rules",
    "snug-auth",
    "snug-seal",
    "snug-irc",
    "snug-screen",
];

/// What no pure crate may reach, through however many others: runtimes, SQL, sockets, clocks.
const IMPURE: &[&str] = &[
    "tokio",
    "mio",
    "async-std",
    "smol",
    "async-io",
    "polling",
    "rusqlite",
    "libsqlite3-sys",
    "tokio-postgres",
    "sqlx",
    "socket2",
    "rustls",
    "tokio-rustls",
    "openssl-sys",
    "chrono",
    "quanta",
    "rustix",
    "nix",
];

/// Dependencies that are forbidden however they come about: (from, to).
const NEVER: &[(&str, &str)] = &[
    ("snug-server", "snug-seal"),
    ("snug-engine", "snug-seal"),
    ("snug-gate", "snug-seal"),
    ("snug-store", "snug-seal"),
    ("snug-client", "snug-engine"),
    ("snug-client", "snug-store"),
    ("snug-tui", "snug-engine"),
    ("snug-tui", "snug-store"),
];

/// The resolved dependencies of a workspace, dev-dependencies left out.
struct Graph {
    /// Package id to package name.
    names: BTreeMap<String, String>,
    /// The workspace's own packages, by id.
    members: BTreeSet<String>,
    /// Package id to the ids it depends on.
    arrows: BTreeMap<String, BTreeSet<String>>,
}

/// Fails with every violation there is in the workspace.
pub(crate) fn arrows() -> Result<()> {
    let violations = Graph::of_workspace()?.violations();
    if violations.is_empty() {
        return Ok(());
    }
    bail!("{}", violations.join("\n"));
}

/// The pure crates that exist already.
pub(crate) fn present_pure_crates() -> Result<Vec<String>> {
    let graph = Graph::of_workspace()?;
    let members = graph.members.iter().filter_map(|id| graph.names.get(id));
    Ok(members
        .filter(|name| PURE.contains(&name.as_str()))
        .cloned()
        .collect())
}

impl Graph {
    fn of_workspace() -> Result<Self> {
        let metadata = output(&mut cargo(&[
            "metadata",
            "--format-version",
            "1",
            "--locked",
        ]))?;
        Self::parse(&metadata)
    }

    fn parse(metadata: &str) -> Result<Self> {
        let metadata: Value = serde_json::from_str(metadata)?;
        let mut graph = Self {
            names: BTreeMap::new(),
            members: BTreeSet::new(),
            arrows: BTreeMap::new(),
        };
        for package in list(&metadata, "packages")? {
            let name = text(package, "name")?.to_owned();
            graph.names.insert(text(package, "id")?.to_owned(), name);
        }
        for member in list(&metadata, "workspace_members")? {
            let id = member.as_str().context("a member that is no text")?;
            graph.members.insert(id.to_owned());
        }
        let resolve = metadata.get("resolve").context("no resolve")?;
        for node in list(resolve, "nodes")? {
            let mut to = BTreeSet::new();
            for dependency in list(node, "deps")? {
                let kinds = list(dependency, "dep_kinds")?;
                let only_for_tests = kinds
                    .iter()
                    .all(|kind| kind.get("kind").and_then(Value::as_str) == Some("dev"));
                if !only_for_tests {
                    to.insert(text(dependency, "pkg")?.to_owned());
                }
            }
            graph.arrows.insert(text(node, "id")?.to_owned(), to);
        }
        Ok(graph)
    }

    fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        for id in &self.members {
            let from = self.name(id);
            self.direct_violations(id, from, &mut found);
            let reached = self.reached_from(id);
            for name in &reached {
                if PURE.contains(&from) && IMPURE.contains(name) {
                    found.push(format!("{from} is pure and must not reach {name}"));
                }
                if NEVER.contains(&(from, name)) {
                    found.push(format!("{from} must never reach {name}"));
                }
            }
        }
        found
    }

    fn direct_violations(&self, id: &str, from: &str, found: &mut Vec<String>) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == from) else {
            found.push(format!("{from} has no line in the table of arrows"));
            return;
        };
        let ours = self.arrows.get(id).into_iter().flatten();
        for to in ours.filter(|to| self.members.contains(*to)) {
            let to = self.name(to);
            if !allowed.contains(&to) {
                found.push(format!("{from} must not depend on {to}"));
            }
        }
    }

    fn reached_from(&self, id: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![id];
        while let Some(id) = waiting.pop() {
            for to in self.arrows.get(id).into_iter().flatten() {
                if seen.insert(to.as_str()) {
                    waiting.push(to);
                }
            }
        }
        seen.into_iter().map(|id| self.name(id)).collect()
    }

    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.names.get(id).map_or(id, String::as_str)
    }
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value
        .get(key)
        .and_then(Value::as_array)
        .with_context(|| format!("cargo metadata without a list of {key}"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("cargo metadata without {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A workspace of these packages, all of them members but those not ours.
    fn workspace(arrows: &[(&str, &str, Option<&str>)]) -> Graph {
        let mut names = BTreeSet::new();
        for (from, to, _) in arrows {
            names.extend([*from, *to]);
        }
        let packages: Vec<Value> = names
            .iter()
            .map(|name| json!({"id": name, "name": name}))
            .collect();
        let members: Vec<&&str> = names
            .iter()
            .filter(|name| name.starts_with("snug-"))
            .collect();
        let nodes: Vec<Value> = names
            .iter()
            .map(|name| {
                let deps: Vec<Value> = arrows
                    .iter()
                    .filter(|(from, _, _)| from == name)
                    .map(|(_, to, kind)| json!({"pkg": to, "dep_kinds": [{"kind": kind}]}))
                    .collect();
                json!({"id": name, "deps": deps})
            })
            .collect();
        let metadata = json!({
            "packages": packages, "workspace_members": members, "resolve": {"nodes": nodes},
        });
        Graph::parse(&metadata.to_string()).unwrap()
    }

    #[test]
    fn an_arrow_that_points_outward_is_found() {
        let graph = workspace(&[("snug-rules", "snug-store", None)]);
        assert_eq!(
            graph.violations(),
            ["snug-rules must not depend on snug-store"]
        );
    }

    #[test]
    fn a_pure_crate_that_reaches_a_runtime_through_others_is_found() {
        let graph = workspace(&[
            ("snug-irc", "codec", None),
            ("codec", "helper", Some("build")),
            ("helper", "tokio", None),
        ]);
        assert_eq!(
            graph.violations(),
            ["snug-irc is pure and must not reach tokio"]
        );
    }

    #[test]
    fn what_must_never_meet_is_found_through_others() {
        let graph = workspace(&[
            ("snug-client", "snug-auth", None),
            ("snug-auth", "glue", None),
            ("glue", "snug-engine", None),
        ]);
        assert_eq!(
            graph.violations(),
            ["snug-client must never reach snug-engine"]
        );
    }

    #[test]
    fn dev_dependencies_are_free_and_allowed_arrows_pass() {
        let graph = workspace(&[
            ("snug-rules", "tokio", Some("dev")),
            ("snug-rules", "snug-proto", None),
            ("snug-engine", "snug-store", None),
            ("snug-engine", "tokio", None),
        ]);
        assert_eq!(graph.violations(), Vec::<String>::new());
    }

    #[test]
    fn a_crate_without_a_line_in_the_table_is_found() {
        let graph = workspace(&[("snug-novelty", "serde", None)]);
        let found = graph.violations();
        assert_eq!(found, ["snug-novelty has no line in the table of arrows"]);
    }
}
