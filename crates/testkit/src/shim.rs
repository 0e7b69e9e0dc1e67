//! Compiling and using the library that is preloaded into snugd: see `shim/shim.c`.

use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use anyhow::{Context, Result, bail};

const SOURCE: &str = include_str!("../shim/shim.c");

/// What the preloaded library shall do; every part is off unless it is set.
#[derive(Debug, Clone, Default)]
pub struct Shim {
    /// The data folder: only files below it are recorded or made to fail.
    pub root: Option<PathBuf>,
    /// Where the recording goes.
    pub log: Option<PathBuf>,
    /// The database is never synced, as with `PRAGMA synchronous=OFF`.
    pub without_sync: bool,
    /// The file whose words say what fails, while it exists.
    pub fail: Option<PathBuf>,
    /// The file that names the machine's present boot, in place of the kernel's.
    pub boot: Option<PathBuf>,
    /// The file that says by how much the clock is wrong: see [`set_clock`].
    pub clock: Option<PathBuf>,
    /// The file of counters.
    pub count: Option<PathBuf>,
}

impl Shim {
    /// Adds the library and its settings to a program about to start.
    pub fn preload_into(&self, command: &mut Command) -> Result<()> {
        command.env("LD_PRELOAD", library()?);
        let paths = [
            ("SNUG_SHIM_ROOT", &self.root),
            ("SNUG_SHIM_LOG", &self.log),
            ("SNUG_SHIM_FAIL", &self.fail),
            ("SNUG_SHIM_BOOT", &self.boot),
            ("SNUG_SHIM_CLOCK", &self.clock),
            ("SNUG_SHIM_COUNT", &self.count),
        ];
        for (name, path) in paths {
            if let Some(path) = path {
                command.env(name, path);
            }
        }
        if self.without_sync {
            command.env("SNUG_SHIM_NOSYNC", "1");
        }
        Ok(())
    }
}

/// From now on the clock of whoever was started with this file is so many seconds ahead.
pub fn set_clock(file: &Path, ahead_s: i64) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).open(file);
    Ok(file?.write_all_at(&ahead_s.to_ne_bytes(), 0)?)
}

/// The compiled library, made at most once by a process and shared by all with the same source.
fn library() -> Result<&'static Path> {
    static LIBRARY: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let made = LIBRARY.get_or_init(|| compile().map_err(|error| format!("{error:#}")));
    made.as_deref().map_err(|error| anyhow::anyhow!("{error}"))
}

fn compile() -> Result<PathBuf> {
    let folder = std::env::current_exe()?
        .parent()
        .context("a program in no folder")?
        .join("snug-shim");
    fs::create_dir_all(&folder)?;
    let [a, b, ..] = crate::pinned::fingerprint_of(SOURCE.as_bytes());
    let library = folder.join(format!("shim-{a:02x}{b:02x}.so"));
    if library.exists() {
        return Ok(library);
    }
    let own = folder.join(format!("shim-{}", std::process::id()));
    let (source, made) = (own.with_extension("c"), own.with_extension("so"));
    fs::write(&source, SOURCE)?;
    let options = ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-pthread"];
    let status = Command::new("gcc")
        .args(options)
        .arg("-o")
        .args([&made, &source])
        .arg("-ldl")
        .status()
        .context("gcc compiles the preloaded library")?;
    if !status.success() {
        bail!("gcc: {status}");
    }
    fs::remove_file(&source)?;
    // Atomic, so that tests that run at once never load half a library.
    fs::rename(&made, &library)?;
    Ok(library)
}
