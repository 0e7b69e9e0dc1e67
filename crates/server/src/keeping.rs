//! Backup, restore, export and import: the operator's commands on a whole data folder (O3). Backup and
//! export read beside a running server; restore and import need the folder for themselves.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::ArgMatches;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use snug_gate::write_private;
use snug_proto::Timestamp;
use snug_store::{
    StoreError,
    copy::{self, Cell, Import, KeptFile, TableRow},
};

use crate::{
    Options, Profile,
    data_folder::{DATABASE, DataFolder, KEPT},
};

/// The version of the export's lines.
const VERSION: u32 = 1;
/// Longest line of an import: a message of the largest size fits in ten times over.
const MAX_LINE_BYTES: u64 = 1024 * 1024;
/// How often a long export or import says how far it is, in rows.
const SAY_EVERY: u64 = 100_000;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Work {
    Backup,
    Restore,
    Export,
    Import,
}

impl Work {
    /// The work that this subcommand stands for.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "backup" => Some(Self::Backup),
            "restore" => Some(Self::Restore),
            "export" => Some(Self::Export),
            "import" => Some(Self::Import),
            _ => None,
        }
    }
}

/// Does it. An error is a sentence for the operator.
pub(crate) fn run(options: &Options, work: Work, matches: &ArgMatches) -> Result<(), String> {
    if options.profile == Profile::Ephemeral {
        return Err("An ephemeral server keeps nothing that could be copied.".to_owned());
    }
    let file = matches.get_one::<String>("file").cloned();
    let file = PathBuf::from(file.unwrap_or_default());
    match work {
        Work::Backup => backup(&options.data, &file),
        Work::Restore => restore(&options.data, &file, matches.get_flag("replace")),
        Work::Export => export(&options.data, &file),
        Work::Import => import(&options.data, &file),
    }
}

fn backup(data: &Path, to: &Path) -> Result<(), String> {
    let database = database_in(data)?;
    let kept = kept_files(data)?;
    new_file(to)?;
    say(&format!("Backing up {} …", data.display()));
    let written = copy::back_up(&database, to, &kept)
        .map_err(|error| of_store(&database, &error))
        .and_then(|()| synced(to).map_err(|error| of_file(to, &error)));
    if written.is_err() {
        // Half a backup would pass for one.
        let _gone = fs::remove_file(to);
        return written;
    }
    let size = fs::metadata(to).map_or(0, |found| found.len());
    out(&format!(
        "Backed up to {} ({} KiB). Whoever has this file can read everything in it.",
        to.display(),
        size.div_ceil(1024)
    ));
    Ok(())
}

fn restore(data: &Path, from: &Path, replace: bool) -> Result<(), String> {
    File::open(from).map_err(|error| of_file(from, &error))?;
    let folder = DataFolder::take(data).map_err(|error| error.to_string())?;
    let old = occupants(data);
    if !old.is_empty() && !replace {
        return Err(format!(
            "The data folder {} has a server's data in it already. Restore into another one with \
             --data, or move what is there aside with --replace.",
            data.display()
        ));
    }
    let unfinished = data.join("restore.unfinished");
    let _left_before = fs::remove_file(&unfinished);
    let restored = (|| {
        copy_private(from, &unfinished).map_err(|error| of_file(&unfinished, &error))?;
        let files = copy::restore(&unfinished).map_err(|error| of_store(from, &error))?;
        for name in KEPT {
            if !files.iter().any(|file| file.name == name) {
                return Err(format!("{} lacks the file {name}.", from.display()));
            }
        }
        synced(&unfinished).map_err(|error| of_file(&unfinished, &error))?;
        Ok(files)
    })();
    let files = match restored {
        Ok(files) => files,
        Err(sentence) => {
            let _gone = fs::remove_file(&unfinished);
            return Err(sentence);
        }
    };
    let aside = set_aside(data, &old)?;
    put_files(data, &files)?;
    // The database comes last: until it is there, nothing takes the folder for a server's.
    fs::rename(&unfinished, folder.database()).map_err(|error| of_file(data, &error))?;
    synced(data).map_err(|error| of_file(data, &error))?;
    if let Some(aside) = aside {
        out(&format!("What was there before is in {}.", aside.display()));
    }
    out(&format!(
        "Restored into {}. Start the server as before: snugd --data {}",
        data.display(),
        data.display()
    ));
    Ok(())
}

/// A line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// The first.
    Snug {
        /// The version of these lines.
        version: u32,
        /// The version of the tables.
        schema: u32,
        /// When it was begun.
        at: String,
        /// By which program.
        by: String,
    },
    /// A file of the data folder.
    File {
        /// Its name.
        name: String,
        /// What is in it.
        base64: String,
    },
    /// A row.
    Row {
        /// Of this table.
        table: String,
        /// Its columns; bytes are `{"base64":…}`.
        of: Map<String, Value>,
    },
    /// The last: without it the export is cut off.
    End {
        /// How many rows there were.
        rows: u64,
    },
}

fn export(data: &Path, to: &Path) -> Result<(), String> {
    let database = database_in(data)?;
    let kept = kept_files(data)?;
    let to_standard_output = to == Path::new("-");
    let sink: Box<dyn Write> = if to_standard_output {
        Box::new(io::stdout().lock())
    } else {
        new_file(to)?;
        let file = OpenOptions::new().write(true).open(to);
        Box::new(file.map_err(|error| of_file(to, &error))?)
    };
    let mut sink = BufWriter::new(sink);
    let done = export_into(&mut sink, &database, &kept);
    match done {
        Ok(rows) if to_standard_output => {
            say(&format!("Exported {rows} rows."));
            Ok(())
        }
        Ok(rows) => {
            drop(sink);
            synced(to).map_err(|error| of_file(to, &error))?;
            out(&format!(
                "Exported {rows} rows to {}. Whoever has this file can read everything in it.",
                to.display()
            ));
            Ok(())
        }
        Err(why) => {
            if !to_standard_output {
                let _gone = fs::remove_file(to);
            }
            Err(match why {
                NotExported::Store(error) => of_store(&database, &error),
                NotExported::Sink(error) => of_file(to, &error),
            })
        }
    }
}

enum NotExported {
    Store(StoreError),
    Sink(io::Error),
}

impl From<StoreError> for NotExported {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<io::Error> for NotExported {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

fn export_into(
    sink: &mut dyn Write,
    database: &Path,
    kept: &[KeptFile],
) -> Result<u64, NotExported> {
    let sink = std::cell::RefCell::new(sink);
    let put = |line: &Line| -> Result<(), NotExported> {
        let mut sink = sink.borrow_mut();
        serde_json::to_writer(&mut **sink, line).map_err(io::Error::from)?;
        sink.write_all(b"\n")?;
        Ok(())
    };
    let mut rows = 0;
    copy::export(
        database,
        |schema| {
            put(&Line::Snug {
                version: VERSION,
                schema,
                at: now().to_string(),
                by: format!("snugd {}", crate::VERSION),
            })?;
            for file in kept {
                put(&Line::File {
                    name: file.name.clone(),
                    base64: BASE64.encode(&file.bytes),
                })?;
            }
            Ok(())
        },
        |row| {
            rows += 1;
            if rows % SAY_EVERY == 0 {
                say(&format!("{rows} rows …"));
            }
            let of = row.cells.into_iter().map(|(column, cell)| {
                let value = match cell {
                    Cell::Null => Value::Null,
                    Cell::Integer(number) => number.into(),
                    Cell::Text(text) => text.into(),
                    Cell::Blob(bytes) => json!({"base64": BASE64.encode(&bytes)}),
                };
                (column, value)
            });
            put(&Line::Row {
                table: row.table,
                of: of.collect(),
            })
        },
    )?;
    put(&Line::End { rows })?;
    sink.into_inner().flush()?;
    Ok(rows)
}

fn import(data: &Path, from: &Path) -> Result<(), String> {
    let source: Box<dyn Read> = if from == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(from).map_err(|error| of_file(from, &error))?)
    };
    let folder = DataFolder::take(data).map_err(|error| error.to_string())?;
    if !occupants(data).is_empty() {
        return Err(format!(
            "The data folder {} has a server's data in it already. Import into a new one with --data.",
            data.display()
        ));
    }
    let unfinished = data.join("import.unfinished");
    let _left_before = fs::remove_file(&unfinished);
    match import_from(&mut BufReader::new(source), &unfinished) {
        Ok((files, rows)) => {
            put_files(data, &files)?;
            synced(&unfinished).map_err(|error| of_file(&unfinished, &error))?;
            fs::rename(&unfinished, folder.database()).map_err(|error| of_file(data, &error))?;
            synced(data).map_err(|error| of_file(data, &error))?;
            out(&format!(
                "Imported {rows} rows into {}. Start the server: snugd --data {}",
                data.display(),
                data.display()
            ));
            Ok(())
        }
        Err(sentence) => {
            let _gone = fs::remove_file(&unfinished);
            Err(sentence)
        }
    }
}

fn import_from(source: &mut dyn BufRead, database: &Path) -> Result<(Vec<KeptFile>, u64), String> {
    let mut number = 0_u64;
    let mut import: Option<Import> = None;
    let (mut files, mut rows) = (Vec::new(), 0);
    loop {
        number += 1;
        let mut text = Vec::new();
        let read = source.take(MAX_LINE_BYTES).read_until(b'\n', &mut text);
        read.map_err(|error| format!("Line {number} could not be read: {error}."))?;
        if text.is_empty() {
            return Err(format!(
                "The export is cut off: its last line is missing after line {}. Nothing was imported.",
                number - 1
            ));
        }
        let bad = |why: &dyn std::fmt::Display| {
            format!("Line {number} is not one of an export: {why}. Nothing was imported.")
        };
        let line: Line = serde_json::from_slice(&text).map_err(|error| bad(&error))?;
        match (line, &mut import) {
            (Line::Snug { version, .. }, None) if version > VERSION => {
                return Err("A newer snugd made this export. Import it with that one.".to_owned());
            }
            (Line::Snug { schema, .. }, None) => {
                let begun = Import::begin(database, schema);
                import = Some(begun.map_err(|error| of_store(database, &error))?);
            }
            (Line::File { name, base64 }, Some(_)) => {
                if !KEPT.contains(&name.as_str()) {
                    return Err(bad(&format!("no file {name:?} belongs to a server")));
                }
                let bytes = BASE64.decode(base64.as_bytes());
                let bytes = bytes.map_err(|error| bad(&error))?;
                files.push(KeptFile { name, bytes });
            }
            (Line::Row { table, of }, Some(import)) => {
                let cells = of
                    .into_iter()
                    .map(|(column, value)| Ok((column, cell(value)?)));
                let cells = cells
                    .collect::<Result<_, &str>>()
                    .map_err(|why| bad(&why))?;
                import
                    .row(&TableRow { table, cells })
                    .map_err(|error| bad(&error))?;
                rows += 1;
                if rows % SAY_EVERY == 0 {
                    say(&format!("{rows} rows …"));
                }
            }
            (Line::End { rows: wanted }, Some(_)) if wanted == rows => break,
            (Line::End { rows: wanted }, Some(_)) => {
                return Err(format!(
                    "The export should have {wanted} rows and has {rows}. Nothing was imported."
                ));
            }
            (Line::Snug { .. }, Some(_)) | (_, None) => return Err(bad(&"it is out of place")),
        }
    }
    for name in KEPT {
        if !files.iter().any(|file| file.name == name) {
            return Err(format!(
                "The export lacks the file {name}. Nothing was imported."
            ));
        }
    }
    let Some(import) = import else {
        return Err("The export is empty. Nothing was imported.".to_owned());
    };
    import
        .finish()
        .map_err(|error| of_store(database, &error))?;
    Ok((files, rows))
}

fn cell(value: Value) -> Result<Cell, &'static str> {
    match value {
        Value::Null => Ok(Cell::Null),
        Value::String(text) => Ok(Cell::Text(text)),
        Value::Number(number) => number
            .as_i64()
            .map(Cell::Integer)
            .ok_or("a number is out of range"),
        Value::Object(of) => {
            let bytes = of.get("base64").and_then(Value::as_str);
            let bytes = bytes.ok_or("a value is neither text, number nor base64")?;
            let bytes = BASE64.decode(bytes.as_bytes());
            bytes.map(Cell::Blob).map_err(|_| "base64 is damaged")
        }
        Value::Bool(_) | Value::Array(_) => Err("a value is neither text, number nor base64"),
    }
}

fn database_in(data: &Path) -> Result<PathBuf, String> {
    let database = data.join(DATABASE);
    if database.exists() {
        return Ok(database);
    }
    Err(format!(
        "There is no server's data in {}; name its data folder with --data.",
        data.display()
    ))
}

fn kept_files(data: &Path) -> Result<Vec<KeptFile>, String> {
    let read = |name: &str| {
        let path = data.join(name);
        let bytes = fs::read(&path).map_err(|error| of_file(&path, &error))?;
        let name = name.to_owned();
        Ok(KeptFile { name, bytes })
    };
    KEPT.into_iter().map(read).collect()
}

fn put_files(data: &Path, files: &[KeptFile]) -> Result<(), String> {
    for file in files
        .iter()
        .filter(|file| KEPT.contains(&file.name.as_str()))
    {
        let path = data.join(&file.name);
        write_private(&path, &file.bytes).map_err(|error| of_file(&path, &error))?;
    }
    Ok(())
}

/// What of a server's is in a folder: its database and what belongs to it.
fn occupants(data: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(data) else {
        return Vec::new();
    };
    let belongs =
        |name: &str| KEPT.contains(&name) || name == "running" || name.starts_with("snug");
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(belongs))
        .map(|entry| entry.path())
        .collect()
}

/// Moves what was there into a folder beside it.
fn set_aside(data: &Path, old: &[PathBuf]) -> Result<Option<PathBuf>, String> {
    if old.is_empty() {
        return Ok(None);
    }
    let stamp: String = now()
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect();
    let aside = data.join(format!("before-restore-{stamp}"));
    fs::create_dir(&aside).map_err(|error| of_file(&aside, &error))?;
    for path in old {
        let Some(name) = path.file_name() else {
            continue;
        };
        fs::rename(path, aside.join(name)).map_err(|error| of_file(path, &error))?;
    }
    Ok(Some(aside))
}

/// Makes the file, for its owner alone; an error if it is there.
fn new_file(path: &Path) -> Result<(), String> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let path = path.display();
            Err(format!("{path} is there already. Choose another name."))
        }
        Err(error) => Err(of_file(path, &error)),
    }
}

fn copy_private(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut options = OpenOptions::new();
    let mut sink = options.write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut sink)?;
    Ok(())
}

/// Waits until the file or folder has reached the disk, and the folder that names it.
fn synced(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    match path.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn of_store(path: &Path, error: &StoreError) -> String {
    match error {
        StoreError::Full => {
            "The disk is full. Nothing was changed; make room and try again.".into()
        }
        StoreError::Newer { .. } => {
            format!("{}: {error}. Use that newer snugd.", path.display())
        }
        error => format!("{}: {error}.", path.display()),
    }
}

fn of_file(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}.", path.display())
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Timestamp::from_ms(u64::try_from(ms).unwrap_or(u64::MAX))
}

/// Tells how far it is, if somebody watches.
fn say(line: &str) {
    if io::stderr().is_terminal() {
        let _nobody_reads = writeln!(io::stderr(), "{line}");
    }
}

fn out(line: &str) {
    let _nobody_reads = writeln!(io::stdout(), "{line}");
}
