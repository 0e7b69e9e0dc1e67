//! `report.txt`: one line for each offence, for a firewall to read (P4). The lines are stable: fail2ban's
//! filter in `deploy/fail2ban` reads them. A thread of its own writes them, so that nobody waits for a
//! disk at the door.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::{self, JoinHandle},
};

use snug_proto::Timestamp;

/// Lines that wait to be written. While it is full, offences are not written but counted; the next line
/// that is written comes after one that says so.
const MAX_WAITING: usize = 4096;
/// Past this the file is moved aside, to its name and `.1`, in the place of the one before.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// An offence as it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offence {
    /// When, by the clock.
    pub(crate) at: Timestamp,
    /// Who.
    pub(crate) address: IpAddr,
    /// What: one word, which stays.
    pub(crate) event: &'static str,
    /// How often.
    pub(crate) count: u32,
    /// What else there is to say: words of `name=value`.
    pub(crate) more: String,
}

impl Offence {
    fn line(&self) -> String {
        let Self {
            at,
            address,
            event,
            count,
            more,
        } = self;
        let gap = if more.is_empty() { "" } else { " " };
        format!("{at} snug address={address} event={event} count={count}{gap}{more}\n")
    }
}

/// The open report. Dropping it writes what waits.
#[derive(Debug)]
pub(crate) struct Report {
    lines: Mutex<Option<SyncSender<Offence>>>,
    left_out: AtomicU64,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Report {
    /// Opens the file, and makes it if it is not there. An error if it cannot be.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut written = Written {
            path: path.to_owned(),
            file: open(path)?,
        };
        let (lines, offences) = sync_channel(MAX_WAITING);
        let writer = thread::Builder::new()
            .name("snug-report".to_owned())
            .spawn(move || written.write_all(&offences))?;
        Ok(Self {
            lines: Mutex::new(Some(lines)),
            left_out: AtomicU64::new(0),
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Reports an offence. It never waits.
    pub(crate) fn offence(&self, offence: Offence) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lines) = &*lines else { return };
        if let Err(TrySendError::Full(_)) = lines.try_send(offence) {
            let before = self.left_out.fetch_add(1, Ordering::Relaxed);
            if before.is_power_of_two() || before == 0 {
                tracing::warn!(
                    left_out = before + 1,
                    "offences came faster than the disk took them"
                );
            }
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let lines = self.lines.get_mut().unwrap_or_else(PoisonError::into_inner);
        *lines = None;
        let writer = self
            .writer
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writer.take() {
            let _it_has_written = writer.join();
        }
    }
}

struct Written {
    path: PathBuf,
    file: File,
}

impl Written {
    fn write_all(&mut self, offences: &Receiver<Offence>) {
        let mut failed = false;
        for offence in offences {
            match self.write(&offence) {
                Ok(()) => failed = false,
                Err(error) if !failed => {
                    failed = true;
                    tracing::error!(error = %error, "offences cannot be reported");
                }
                Err(_) => {}
            }
        }
    }

    fn write(&mut self, offence: &Offence) -> io::Result<()> {
        self.follow()?;
        self.file.write_all(offence.line().as_bytes())
    }

    /// Goes on in a new file where the one before was moved away or deleted, or has become long.
    fn follow(&mut self) -> io::Result<()> {
        let ours = self.file.metadata()?;
        let there = std::fs::metadata(&self.path);
        let same = there.is_ok_and(|there| (there.dev(), there.ino()) == (ours.dev(), ours.ino()));
        if same && ours.len() < MAX_FILE_BYTES {
            return Ok(());
        }
        if same {
            let mut aside = self.path.clone().into_os_string();
            aside.push(".1");
            std::fs::rename(&self.path, aside)?;
        }
        self.file = open(&self.path)?;
        Ok(())
    }
}

/// Only for the server's own user and whoever it gives it to: it holds addresses.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offence(number: u32) -> Offence {
        Offence {
            at: Timestamp::from_ms(1_770_000_000_123),
            address: IpAddr::from([203, 0, 113, 7]),
            event: "connections",
            count: number,
            more: String::new(),
        }
    }

    #[test]
    fn p4_a_line_says_when_who_what_and_how_often() {
        let line = offence(3).line();
        let expected =
            "2026-02-02T02:40:00.123Z snug address=203.0.113.7 event=connections count=3\n";
        assert_eq!(line, expected);
    }

    #[test]
    fn p4_the_report_goes_on_in_a_new_file_when_it_was_moved_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        let mut written = Written {
            path: path.clone(),
            file: open(&path).unwrap(),
        };
        written.write(&offence(1)).unwrap();
        let moved = folder.path().join("report.txt.1");
        std::fs::rename(&path, &moved).unwrap();
        written.write(&offence(2)).unwrap();
        let count = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
        assert_eq!((count(&moved), count(&path)), (1, 1));
        std::fs::remove_file(&path).unwrap();
        written.write(&offence(3)).unwrap();
        assert_eq!(count(&path), 1);
    }

    #[test]
    fn p4_what_was_reported_is_written_when_the_server_stops() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.txt");
        let report = Report::open(&path).unwrap();
        for number in 0..100 {
            report.offence(offence(number));
        }
        drop(report);
        let lines = std::fs::read_to_string(&path).unwrap();
        assert_eq!(lines.lines().count(), 100);
    }
}
