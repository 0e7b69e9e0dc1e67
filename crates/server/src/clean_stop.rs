//! Was the last stop a clean one? Under `--durability process` a loss of power may cost the newest
//! events; then the logs begin under new ids (DECISIONS 33). A mark in the data folder says which boot of
//! the machine a server was started in; a clean stop takes it away.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use snug_gate::write_private;
use snug_store::Durability;

/// Names the machine's present boot; a new one for each (Linux).
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The mark of a server that runs.
#[derive(Debug)]
pub(crate) struct RunningMark {
    path: PathBuf,
    /// May the end of the logs have been lost since the server before this one ran?
    pub(crate) tail_may_be_lost: bool,
}

impl RunningMark {
    /// Reads the mark of the server before, and sets one's own.
    pub(crate) fn set(folder: &Path, durability: Durability) -> io::Result<Self> {
        // Where boots cannot be told apart, none is taken for another.
        let boot = fs::read_to_string(BOOT_ID).unwrap_or_default();
        Self::set_in_boot(folder, durability, boot.trim())
    }

    fn set_in_boot(folder: &Path, durability: Durability, boot: &str) -> io::Result<Self> {
        let path = folder.join("running");
        let before = match fs::read_to_string(&path) {
            Ok(mark) => mark,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut words = before.split_whitespace();
        let unsynced = words.next() == Some(word(Durability::Process));
        let tail_may_be_lost = unsynced && words.next() != Some(boot);
        // The mark of a loss that nobody has been told of yet is kept until the engine has started.
        if !tail_may_be_lost {
            write_private(&path, mark(durability, boot).as_bytes())?;
        }
        Ok(Self {
            path,
            tail_may_be_lost,
        })
    }

    /// The logs have been renewed: from here on only this server's own end counts.
    pub(crate) fn renew(&mut self, durability: Durability) -> io::Result<()> {
        if !self.tail_may_be_lost {
            return Ok(());
        }
        let boot = fs::read_to_string(BOOT_ID).unwrap_or_default();
        write_private(&self.path, mark(durability, boot.trim()).as_bytes())?;
        self.tail_may_be_lost = false;
        Ok(())
    }

    /// All is written and closed.
    pub(crate) fn clear(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(error = %error, "the mark of a running server could not be taken away");
        }
    }
}

fn mark(durability: Durability, boot: &str) -> String {
    format!("{} {boot}\n", word(durability))
}

fn word(durability: Durability) -> &'static str {
    match durability {
        Durability::Power => "power",
        Durability::Process => "process",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_may_be_lost_only_without_syncs_across_boots_and_without_a_clean_stop() {
        let lost = |durability, clean, boot| {
            let folder = tempfile::tempdir().unwrap();
            let mark = RunningMark::set_in_boot(folder.path(), durability, "one").unwrap();
            assert!(!mark.tail_may_be_lost);
            if clean {
                mark.clear();
            }
            RunningMark::set_in_boot(folder.path(), Durability::Power, boot)
                .unwrap()
                .tail_may_be_lost
        };
        assert!(lost(Durability::Process, false, "two"));
        assert!(!lost(Durability::Process, false, "one"));
        assert!(!lost(Durability::Process, true, "two"));
        assert!(!lost(Durability::Power, false, "two"));
    }

    #[test]
    fn a_loss_is_remembered_until_it_is_dealt_with() {
        let folder = tempfile::tempdir().unwrap();
        let set =
            |boot| RunningMark::set_in_boot(folder.path(), Durability::Process, boot).unwrap();
        assert!(!set("one").tail_may_be_lost);
        assert!(set("two").tail_may_be_lost);
        let mut again = set("two");
        assert!(again.tail_may_be_lost);
        again.renew(Durability::Power).unwrap();
        assert!(!set("three").tail_may_be_lost);
    }
}
