//! Figures, their goals, and how both are shown.

use std::{fmt, fs, path::Path};

use anyhow::Result;
use serde_json::{Value, json};

/// What a figure must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Shown beside the others.
    None,
}

/// One measured number.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The benchmark: `a` to `e`.
    pub bench: &'static str,
    /// What was measured, with its unit.
    pub what: String,
    /// The number.
    pub measured: f64,
    /// What it must be.
    pub goal: Goal,
}

/// All figures of a run.
#[derive(Debug, Default)]
pub struct Report(Vec<Figure>);

impl Figure {
    /// Is the goal reached?
    pub fn met(&self) -> bool {
        match self.goal {
            Goal::AtLeast(least) => self.measured >= least,
            Goal::AtMost(most) => self.measured <= most,
            Goal::None => true,
        }
    }
}

impl Report {
    /// Adds a figure, and prints it.
    pub fn add(&mut self, bench: &'static str, what: impl Into<String>, measured: f64, goal: Goal) {
        let figure = Figure {
            bench,
            what: what.into(),
            measured,
            goal,
        };
        println!("{figure}");
        self.0.push(figure);
    }

    /// Is every goal reached?
    pub fn met(&self) -> bool {
        self.0.iter().all(Figure::met)
    }

    /// Writes the figures as JSON.
    pub fn write(&self, path: &Path) -> Result<()> {
        let figures: Vec<Value> = self.0.iter().map(Figure::json).collect();
        let text = serde_json::to_string_pretty(&json!({ "figures": figures }))?;
        Ok(fs::write(path, text + "\n")?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|figure| writeln!(f, "{figure}"))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bench,
            what,
            measured,
            goal,
        } = self;
        write!(f, "({bench}) {what:<64} {measured:>12.2}")?;
        let verdict = if self.met() { "met" } else { "MISSED" };
        match goal {
            Goal::AtLeast(least) => write!(f, "   at least {least:.2}: {verdict}"),
            Goal::AtMost(most) => write!(f, "   at most {most:.2}: {verdict}"),
            Goal::None => Ok(()),
        }
    }
}

impl Figure {
    fn json(&self) -> Value {
        let goal = match self.goal {
            Goal::AtLeast(least) => json!({"at_least": least}),
            Goal::AtMost(most) => json!({"at_most": most}),
            Goal::None => Value::Null,
        };
        let Self {
            bench,
            what,
            measured,
            ..
        } = self;
        json!({"bench": bench, "what": what, "measured": measured, "goal": goal, "met": self.met()})
    }
}
