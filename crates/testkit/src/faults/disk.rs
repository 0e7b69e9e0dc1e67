//! A disk that is slow to remember: what was written is kept apart from what was synced, so that the
//! image after a loss of power can be made at any moment.
//!
//! What a loss of power leaves: everything that was synced, and of the rest whatever it pleases, in any
//! order, in sectors of 512 bytes. A name lasts once a folder was synced after it was given.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use rand::Rng;

use super::recording::{Call, What};

const SECTOR: usize = 512;
/// SQLite writes a page at a time.
const LARGEST_WRITE: usize = 4096;

/// What of the unsynced an image holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// Everything.
    Everything,
    /// Each sector by chance.
    Chance,
}

/// A file's bytes on the disk, and what is still on its way there.
#[derive(Debug, Default)]
struct File {
    synced: Vec<u8>,
    waiting: Vec<Change>,
    /// Bytes of the file as programs see it.
    size: usize,
}

#[derive(Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Debug)]
enum Entry {
    Set(PathBuf, u64),
    Remove(PathBuf),
}

/// The disk below one folder.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
    files: HashMap<u64, File>,
    /// Names as programs see them, relative to the root.
    names: BTreeMap<PathBuf, u64>,
    /// Names on the disk.
    synced_names: BTreeMap<PathBuf, u64>,
    /// Changes of names on their way to the disk.
    waiting: Vec<Entry>,
}

impl Disk {
    /// An empty folder.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            files: HashMap::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }

    /// Takes the next call.
    pub fn apply(&mut self, call: &Call) -> Result<()> {
        match &call.what {
            What::Open { inode, path, size } => self.open(*inode, path, *size)?,
            What::Write {
                inode,
                offset,
                bytes,
            } => {
                let at = usize::try_from(*offset)?;
                let file = self.file(*inode)?;
                file.size = file.size.max(at + bytes.len());
                file.waiting.push(Change::Write(at, bytes.clone()));
            }
            What::Truncate { inode, size } => {
                let size = usize::try_from(*size)?;
                let file = self.file(*inode)?;
                file.size = size;
                file.waiting.push(Change::Truncate(size));
            }
            What::Sync { inode } => self.file(*inode)?.sync(),
            What::SyncFolder => self.sync_names(),
            What::Rename { from, to } => {
                let (from, to) = (self.relative(from)?, self.relative(to)?);
                if let Some(inode) = self.names.remove(&from) {
                    self.names.insert(to.clone(), inode);
                    self.waiting.push(Entry::Set(to, inode));
                    self.waiting.push(Entry::Remove(from));
                }
            }
            What::Link { from, to } => {
                let (from, to) = (self.relative(from)?, self.relative(to)?);
                if let Some(inode) = self.names.get(&from).copied() {
                    self.names.insert(to.clone(), inode);
                    self.waiting.push(Entry::Set(to, inode));
                }
            }
            What::Unlink { path } => {
                let path = self.relative(path)?;
                self.names.remove(&path);
                self.waiting.push(Entry::Remove(path));
            }
            What::MakeFolder { .. } => {}
        }
        Ok(())
    }

    /// Writes the folder as it is after a loss of power now.
    pub fn write_image(&self, into: &Path, left: Left, chance: &mut impl Rng) -> Result<()> {
        let mut names = self.synced_names.clone();
        let kept = match left {
            Left::Nothing => 0,
            Left::Everything => self.waiting.len(),
            // Changes of names keep their order on every file system with a journal.
            Left::Chance => chance.gen_range(0..=self.waiting.len()),
        };
        for entry in self.waiting.iter().take(kept) {
            entry.apply(&mut names);
        }
        for (name, inode) in names {
            let file = self.files.get(&inode).context("a name without a file")?;
            let path = into.join(name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, file.after_loss(left, chance))?;
            // The server refuses keys that others may read.
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&path, private)?;
        }
        Ok(())
    }

    /// Fails unless the folder holds what the record says: otherwise something was written past it. One
    /// call may have been made and not recorded, that under which the program was killed.
    /// Shared memory of SQLite (`-shm`) is mapped, never written, and rebuilt after a crash.
    pub fn compare_with(&self, folder: &Path) -> Result<()> {
        let mut unrecorded = 0;
        for (name, inode) in &self.names {
            if name.to_string_lossy().ends_with("-shm") {
                continue;
            }
            let file = self.files.get(inode).context("a name without a file")?;
            let real = fs::read(folder.join(name)).with_context(|| name.display().to_string())?;
            let rebuilt = file.after_loss(Left::Everything, &mut rand::thread_rng());
            let longest = real.len().max(rebuilt.len());
            let mut differ = (0..longest).filter(|at| real.get(*at) != rebuilt.get(*at));
            let Some(first) = differ.next() else { continue };
            let last = differ.next_back().unwrap_or(first);
            unrecorded += 1;
            let one_call = last - first < LARGEST_WRITE && unrecorded == 1;
            let name = name.display();
            ensure!(
                one_call,
                "{name} was written past the recorder: {first} to {last}"
            );
        }
        Ok(())
    }

    fn open(&mut self, inode: u64, path: &Path, size: u64) -> Result<()> {
        let path = self.relative(path)?;
        let size = usize::try_from(size)?;
        if self.names.get(&path) != Some(&inode) {
            // A new name. Its inode number may have belonged to a file that is gone.
            if !self.names.values().any(|used| *used == inode) {
                self.files.insert(inode, File::default());
            }
            self.names.insert(path.clone(), inode);
            self.waiting.push(Entry::Set(path, inode));
        }
        let file = self.file(inode)?;
        if file.size != size {
            file.size = size;
            file.waiting.push(Change::Truncate(size));
        }
        Ok(())
    }

    fn sync_names(&mut self) {
        for entry in self.waiting.drain(..) {
            entry.apply(&mut self.synced_names);
        }
    }

    fn file(&mut self, inode: u64) -> Result<&mut File> {
        self.files.get_mut(&inode).context("a file never opened")
    }

    fn relative(&self, path: &Path) -> Result<PathBuf> {
        let relative = path.strip_prefix(&self.root);
        Ok(relative
            .with_context(|| path.display().to_string())?
            .to_owned())
    }
}

impl Entry {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Set(path, inode) => {
                names.insert(path.clone(), *inode);
            }
            Self::Remove(path) => {
                names.remove(path);
            }
        }
    }
}

impl File {
    fn sync(&mut self) {
        for change in self.waiting.drain(..) {
            change.apply(&mut self.synced, |_| true);
        }
    }

    fn after_loss(&self, left: Left, chance: &mut impl Rng) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        for change in &self.waiting {
            match left {
                Left::Nothing => {}
                Left::Everything => change.apply(&mut bytes, |_| true),
                Left::Chance => change.apply(&mut bytes, |_| chance.r#gen()),
            }
        }
        bytes
    }
}

impl Change {
    /// Applies the parts that `keeps` says yes to, sector by sector.
    fn apply(&self, bytes: &mut Vec<u8>, mut keeps: impl FnMut(usize) -> bool) {
        match self {
            Self::Truncate(size) => {
                if keeps(0) {
                    bytes.resize(*size, 0);
                }
            }
            Self::Write(at, written) => {
                let mut at = *at;
                let mut written = written.as_slice();
                while !written.is_empty() {
                    let to_boundary = SECTOR - at % SECTOR;
                    let (part, rest) = written.split_at(to_boundary.min(written.len()));
                    if keeps(at / SECTOR) {
                        if bytes.len() < at + part.len() {
                            bytes.resize(at + part.len(), 0);
                        }
                        if let Some(place) = bytes.get_mut(at..at + part.len()) {
                            place.copy_from_slice(part);
                        }
                    }
                    at += part.len();
                    written = rest;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    fn call(what: What) -> Call {
        Call { at: 0, what }
    }

    fn image(disk: &Disk, left: Left) -> BTreeMap<String, Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let mut chance = StdRng::seed_from_u64(7);
        disk.write_image(folder.path(), left, &mut chance).unwrap();
        let entries = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let read = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).unwrap())
        };
        entries.map(read).collect()
    }

    #[test]
    fn only_what_was_synced_under_a_synced_name_is_sure_to_be_left() {
        let mut disk = Disk::new(Path::new("/data"));
        let (inode, path) = (1, PathBuf::from("/data/log"));
        let write = |offset, bytes: &[u8]| What::Write {
            inode,
            offset,
            bytes: bytes.to_vec(),
        };
        for what in [
            What::Open {
                inode,
                path,
                size: 0,
            },
            write(0, b"first"),
            What::Sync { inode },
        ] {
            disk.apply(&call(what)).unwrap();
        }
        assert!(
            image(&disk, Left::Nothing).is_empty(),
            "its name is not synced yet"
        );
        disk.apply(&call(What::SyncFolder)).unwrap();
        disk.apply(&call(write(5, b" second"))).unwrap();
        assert_eq!(image(&disk, Left::Nothing)["log"], b"first");
        assert_eq!(image(&disk, Left::Everything)["log"], b"first second");
        disk.apply(&call(What::Truncate { inode, size: 2 }))
            .unwrap();
        assert_eq!(image(&disk, Left::Nothing)["log"], b"first");
        assert_eq!(image(&disk, Left::Everything)["log"], b"fi");
    }

    #[test]
    fn by_chance_some_sectors_of_one_write_are_left_and_others_not() {
        let mut disk = Disk::new(Path::new("/data"));
        let (inode, path) = (1, PathBuf::from("/data/log"));
        let bytes = vec![1; 64 * SECTOR];
        for what in [
            What::Open {
                inode,
                path,
                size: 0,
            },
            What::SyncFolder,
            What::Write {
                inode,
                offset: 0,
                bytes,
            },
        ] {
            disk.apply(&call(what)).unwrap();
        }
        let left = &image(&disk, Left::Chance)["log"];
        let sectors: Vec<bool> = left.chunks(SECTOR).map(|sector| sector[0] == 1).collect();
        assert!(sectors.contains(&true) && sectors.contains(&false));
    }
}
