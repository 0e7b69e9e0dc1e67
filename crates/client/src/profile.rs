//! A person's own folder: the servers joined, their session tokens, and how far each room was shown.
//! One encrypted SQLite file; several processes may use it at once.

mod folder;
mod kept;

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection as Database, OptionalExtension, Row, params};
use snug_proto::{AccountId, Cursor, RoomId, Secret, Timestamp};

use crate::Link;
pub use folder::default_folder;
pub use kept::MAX_KEPT_BYTES;

/// The version of the tables below; a file of a later one is not touched.
const SCHEMA: i64 = 4;

/// How long one process waits for another's write.
const BUSY: Duration = Duration::from_secs(5);

/// See the module. Clones share one database connection. Its calls touch the disk: in async code,
/// run them off the async threads.
#[derive(Debug, Clone)]
pub struct Profile {
    /// `None` in memory.
    folder: Option<PathBuf>,
    /// Guards the one connection; held for one short transaction at a time.
    database: Arc<Mutex<Database>>,
}

/// A server in the address book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownServer {
    /// What one calls it here.
    pub alias: String,
    /// Where it is and what it must show.
    pub link: Link,
    /// By which name one is known there.
    pub name: String,
    /// The account of that name.
    pub account: AccountId,
}

/// What went wrong with the folder.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is no home to put it in.
    #[error("no folder for Snug's own data: set SNUG_HOME to one")]
    NoHome,
    /// A file or folder cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The key file is not one.
    #[error("{0} is not a key of 32 bytes; without the right one the saved sign-ins are lost")]
    BadKey(PathBuf),
    /// The key does not open the database, or it is damaged.
    #[error(
        "{0} cannot be opened with the key beside it, or is damaged; move both away to begin anew"
    )]
    Unreadable(PathBuf),
    /// A later version wrote it.
    #[error("{0} was written by a later version of snug; update this one")]
    Newer(PathBuf),
    /// A call was broken off.
    #[error("the address book was not reached: {0}")]
    Stopped(String),
    /// The database failed.
    #[error("the address book failed: {0}")]
    Database(#[from] rusqlite::Error),
}

/// While it is held, no other process of this profile resumes on the same server: a token is used
/// once, and its successor is on disk before anyone else looks.
#[derive(Debug)]
pub struct TokenLock(Option<File>);

impl Drop for TokenLock {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            // Closing it unlocks it in any case.
            let _closed_next = file.unlock();
        }
    }
}

impl Profile {
    /// Opens the folder, making it and its key if need be.
    pub fn open(folder: &Path) -> Result<Self, ProfileError> {
        folder::make(folder)?;
        let key = folder::key(folder)?;
        let path = folder.join("snug.db");
        let database = Database::open(&path)?;
        database.busy_timeout(BUSY)?;
        // What fails is returned; SQLCipher would write it over the screen as well.
        database.pragma_update(None, "cipher_log_level", "NONE")?;
        database.pragma_update(None, "key", format!("x'{key}'"))?;
        let readable = database.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
        match readable {
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.code == rusqlite::ErrorCode::NotADatabase =>
            {
                return Err(ProfileError::Unreadable(path));
            }
            other => other?,
        }
        folder::make_private(&path)?;
        Self::prepare(database, Some(folder.to_owned()), &path)
    }

    /// A profile that is gone with the process.
    pub fn in_memory() -> Result<Self, ProfileError> {
        Self::prepare(Database::open_in_memory()?, None, Path::new("memory"))
    }

    fn prepare(
        mut database: Database,
        folder: Option<PathBuf>,
        path: &Path,
    ) -> Result<Self, ProfileError> {
        // A token must be on the disk before the one before it is forgotten.
        database.pragma_update(None, "synchronous", "FULL")?;
        database.pragma_update(None, "secure_delete", true)?;
        database.pragma_update(None, "foreign_keys", true)?;
        let change =
            database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let version: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > SCHEMA {
            return Err(ProfileError::Newer(path.to_owned()));
        }
        if version < 1 {
            change.execute_batch(include_str!("profile/schema.sql"))?;
        }
        if version < 2 {
            // What tells this device from those that guess at the password (A4).
            change.execute_batch("ALTER TABLE server ADD COLUMN device TEXT")?;
        }
        if version < 3 {
            // One is a guest there (A9): the access code that guests need, empty if none.
            change.execute_batch("ALTER TABLE server ADD COLUMN guest TEXT")?;
        }
        if version < SCHEMA {
            // What the screen keeps: drafts, what was typed, where one was.
            change.execute_batch(include_str!("profile/kept.sql"))?;
            change.pragma_update(None, "user_version", SCHEMA)?;
        }
        change.commit()?;
        Ok(Self {
            folder,
            database: Arc::new(Mutex::new(database)),
        })
    }

    /// The servers, by alias.
    pub fn servers(&self) -> Result<Vec<KnownServer>, ProfileError> {
        let database = self.lock();
        let mut select =
            database.prepare("SELECT alias, link, name, account FROM server ORDER BY alias")?;
        let servers = select
            .query_map([], known_server)?
            .collect::<Result<_, _>>()?;
        Ok(servers)
    }

    /// The server of this alias, whatever its case.
    pub fn server(&self, alias: &str) -> Result<Option<KnownServer>, ProfileError> {
        self.one(
            "SELECT alias, link, name, account FROM server WHERE alias = ?1",
            [alias],
        )
    }

    /// The server that was used last.
    pub fn last_server(&self) -> Result<Option<KnownServer>, ProfileError> {
        let sql = "SELECT alias, link, name, account FROM server ORDER BY used DESC LIMIT 1";
        self.one(sql, [])
    }

    fn one(
        &self,
        sql: &str,
        by: impl rusqlite::Params,
    ) -> Result<Option<KnownServer>, ProfileError> {
        Ok(self.lock().query_row(sql, by, known_server).optional()?)
    }

    /// Remembers a server under its alias, in the place of what was there, with the token of a
    /// sign-in. What was shown of another account's rooms is forgotten.
    pub fn remember(
        &self,
        server: &KnownServer,
        token: Option<&Secret>,
    ) -> Result<(), ProfileError> {
        let mut database = self.lock();
        let change = database.transaction()?;
        change.execute(
            "DELETE FROM server WHERE alias = ?1 AND account <> ?2",
            params![server.alias, server.account.to_string()],
        )?;
        change.execute(
            "INSERT INTO server (alias, link, name, account, token, used)
             VALUES (?1, ?2, ?3, ?4, ?5, (SELECT ifnull(max(used), 0) + 1 FROM server))
             ON CONFLICT (alias) DO UPDATE SET link = excluded.link, name = excluded.name,
                token = excluded.token, used = excluded.used, guest = NULL",
            params![
                server.alias,
                server.link.to_string(),
                server.name,
                server.account.to_string(),
                token.map(Secret::expose)
            ],
        )?;
        change.commit()?;
        Ok(())
    }

    /// Forgets a server; false if there was none of that alias.
    pub fn forget(&self, alias: &str) -> Result<bool, ProfileError> {
        let forgotten = self
            .lock()
            .execute("DELETE FROM server WHERE alias = ?1", [alias])?;
        Ok(forgotten > 0)
    }

    /// This server is the one used last.
    pub fn used(&self, alias: &str) -> Result<(), ProfileError> {
        let sql = "UPDATE server SET used = (SELECT max(used) + 1 FROM server) WHERE alias = ?1";
        self.lock().execute(sql, [alias])?;
        Ok(())
    }

    /// Waits until no other process uses this server's token.
    pub fn lock_token(&self, alias: &str) -> Result<TokenLock, ProfileError> {
        let Some(folder) = &self.folder else {
            return Ok(TokenLock(None));
        };
        folder::lock(folder, alias).map(|file| TokenLock(Some(file)))
    }

    /// The newest token for this server, whichever process got it.
    pub fn token(&self, alias: &str) -> Result<Option<Secret>, ProfileError> {
        let sql = "SELECT token FROM server WHERE alias = ?1";
        let token = self
            .lock()
            .query_row(sql, [alias], |row| row.get::<_, Option<String>>(0))
            .optional()?;
        Ok(token.flatten().map(Secret::new))
    }

    /// Puts the next token in the place of the one before; it is on the disk when this returns.
    pub fn save_token(&self, alias: &str, token: &Secret) -> Result<(), ProfileError> {
        let sql = "UPDATE server SET token = ?2 WHERE alias = ?1";
        self.lock().execute(sql, [alias, token.expose()])?;
        Ok(())
    }

    /// What tells this device from those that guess at the account's password, if it was signed in
    /// before.
    pub fn device(&self, alias: &str) -> Result<Option<Secret>, ProfileError> {
        let sql = "SELECT device FROM server WHERE alias = ?1";
        let device = self
            .lock()
            .query_row(sql, [alias], |row| row.get::<_, Option<String>>(0))
            .optional()?;
        Ok(device.flatten().map(Secret::new))
    }

    /// Keeps what tells this device.
    pub fn save_device(&self, alias: &str, device: &Secret) -> Result<(), ProfileError> {
        let sql = "UPDATE server SET device = ?2 WHERE alias = ?1";
        self.lock().execute(sql, [alias, device.expose()])?;
        Ok(())
    }

    /// Remembers a server where one is a guest, with the access code that guests need there: one comes back
    /// by the name, and is somebody new.
    pub fn remember_guest(
        &self,
        server: &KnownServer,
        code: Option<&Secret>,
    ) -> Result<(), ProfileError> {
        self.remember(server, None)?;
        let sql = "UPDATE server SET guest = ?2 WHERE alias = ?1";
        let code = code.map_or("", Secret::expose);
        self.lock().execute(sql, [&server.alias, code])?;
        Ok(())
    }

    /// Is one a guest on this server? With the access code that guests need there.
    pub fn guest(&self, alias: &str) -> Result<Option<Option<Secret>>, ProfileError> {
        let sql = "SELECT guest FROM server WHERE alias = ?1";
        let code = self
            .lock()
            .query_row(sql, [alias], |row| row.get::<_, Option<String>>(0))
            .optional()?;
        let code = code.flatten();
        Ok(code.map(|code| (!code.is_empty()).then(|| Secret::new(code))))
    }

    /// How far each room was shown.
    pub fn cursors(&self, alias: &str) -> Result<BTreeMap<RoomId, Cursor>, ProfileError> {
        let database = self.lock();
        let mut select = database.prepare("SELECT room, log, seq FROM cursor WHERE alias = ?1")?;
        let rows = select.query_map([alias], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })?;
        let mut cursors = BTreeMap::new();
        for row in rows {
            let (room, log, seq) = row?;
            if let (Ok(room), Ok(log), Ok(seq)) = (room.parse(), log.parse(), seq.try_into()) {
                cursors.insert(room, Cursor { log, seq });
            }
        }
        Ok(cursors)
    }

    /// Keeps how far rooms were shown. In the same log the farther one counts, so that two
    /// processes do not turn each other back.
    pub fn save_cursors(
        &self,
        alias: &str,
        cursors: &BTreeMap<RoomId, Cursor>,
    ) -> Result<(), ProfileError> {
        let mut database = self.lock();
        let change = database.transaction()?;
        for (room, cursor) in cursors {
            change.execute(
                "INSERT INTO cursor (alias, room, log, seq)
                 SELECT alias, ?2, ?3, ?4 FROM server WHERE alias = ?1
                 ON CONFLICT (alias, room) DO UPDATE SET log = excluded.log, seq =
                    iif(log = excluded.log, max(seq, excluded.seq), excluded.seq)",
                params![
                    alias,
                    room.to_string(),
                    cursor.log.to_string(),
                    i64::try_from(cursor.seq).unwrap_or(i64::MAX)
                ],
            )?;
        }
        change.commit()?;
        Ok(())
    }

    /// How many seconds this machine's clock on the wall is ahead of UTC at that moment. SQLite asks
    /// the system, summer time and all.
    pub fn local_offset_s(&self, at: Timestamp) -> Result<i64, ProfileError> {
        let sql = "SELECT unixepoch(?1, 'unixepoch', 'localtime') - ?1";
        let seconds = i64::try_from(at.ms() / 1000).unwrap_or(0);
        Ok(self.lock().query_row(sql, [seconds], |row| row.get(0))?)
    }

    fn lock(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn known_server(row: &Row<'_>) -> rusqlite::Result<KnownServer> {
    let parsed = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error)
    };
    Ok(KnownServer {
        alias: row.get(0)?,
        link: row
            .get::<_, String>(1)?
            .parse()
            .map_err(|error: crate::BadLink| parsed(1, error.into()))?,
        name: row.get(2)?,
        account: row
            .get::<_, String>(3)?
            .parse()
            .map_err(|error: snug_proto::NotAnId| parsed(3, error.into()))?,
    })
}

#[cfg(test)]
mod tests {
    use snug_proto::LogId;

    use super::*;
    use crate::Fingerprint;

    fn home() -> KnownServer {
        let fingerprint = Fingerprint::of_certificate(b"home");
        KnownServer {
            alias: "home".into(),
            link: Link::new("example.org", 7667, fingerprint).unwrap(),
            name: "ann".into(),
            account: AccountId::from_bytes([1; 16]),
        }
    }

    fn cursors(log: u8, seq: u64) -> BTreeMap<RoomId, Cursor> {
        let log = LogId::from_bytes([log; 16]);
        BTreeMap::from([(RoomId::from_bytes([5; 16]), Cursor { log, seq })])
    }

    #[test]
    fn servers_tokens_and_cursors_are_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        let profile = Profile::open(&inner).unwrap();
        profile.remember(&home(), Some(&"first".into())).unwrap();
        profile.save_token("home", &"second".into()).unwrap();
        profile.save_cursors("home", &cursors(1, 41)).unwrap();
        drop(profile);
        let profile = Profile::open(&inner).unwrap();
        assert_eq!(profile.servers().unwrap(), [home()]);
        assert_eq!(profile.server("HOME").unwrap(), Some(home()));
        assert_eq!(profile.token("home").unwrap(), Some("second".into()));
        assert_eq!(profile.cursors("home").unwrap(), cursors(1, 41));
        assert!(profile.forget("home").unwrap());
        assert!(!profile.forget("home").unwrap());
        assert!(profile.cursors("home").unwrap().is_empty());
    }

    #[test]
    fn a_cursor_never_moves_back_in_its_log_and_always_to_a_new_one() {
        let profile = Profile::in_memory().unwrap();
        profile.remember(&home(), None).unwrap();
        for (log, seq, kept) in [(1, 9, 9), (1, 3, 9), (2, 4, 4)] {
            profile.save_cursors("home", &cursors(log, seq)).unwrap();
            assert_eq!(profile.cursors("home").unwrap(), cursors(log, kept));
        }
        profile.save_cursors("nowhere", &cursors(1, 1)).unwrap();
        assert!(profile.cursors("nowhere").unwrap().is_empty());
    }

    #[test]
    fn the_last_one_used_comes_first_to_mind_and_another_account_forgets_cursors() {
        let profile = Profile::in_memory().unwrap();
        assert_eq!(profile.last_server().unwrap(), None);
        profile.remember(&home(), None).unwrap();
        let work = KnownServer {
            alias: "work".into(),
            ..home()
        };
        profile.remember(&work, None).unwrap();
        assert_eq!(profile.last_server().unwrap(), Some(work));
        profile.used("home").unwrap();
        assert_eq!(profile.last_server().unwrap(), Some(home()));
        profile.save_cursors("home", &cursors(1, 1)).unwrap();
        profile.remember(&home(), None).unwrap();
        assert_eq!(profile.cursors("home").unwrap().len(), 1);
        let other = KnownServer {
            account: AccountId::from_bytes([2; 16]),
            ..home()
        };
        profile.remember(&other, None).unwrap();
        assert!(profile.cursors("home").unwrap().is_empty());
    }

    #[test]
    fn nothing_on_the_disk_can_be_read_without_the_key_or_by_others() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("profile");
        let profile = Profile::open(&inner).unwrap();
        profile
            .remember(&home(), Some(&"a secret token".into()))
            .unwrap();
        drop(profile);
        let database = std::fs::read(inner.join("snug.db")).unwrap();
        for word in ["a secret token", "example.org", "SQLite format"] {
            assert!(
                !database
                    .windows(word.len())
                    .any(|bytes| bytes == word.as_bytes())
            );
        }
        #[cfg(unix)]
        for (name, mode) in [("", 0o700), ("key", 0o600), ("snug.db", 0o600)] {
            use std::os::unix::fs::PermissionsExt;
            let metadata = std::fs::metadata(inner.join(name)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
        }
        std::fs::write(inner.join("key"), [0; 32]).unwrap();
        let error = Profile::open(&inner).unwrap_err();
        assert!(matches!(error, ProfileError::Unreadable(_)), "{error}");
        std::fs::write(inner.join("key"), b"short").unwrap();
        assert!(matches!(
            Profile::open(&inner),
            Err(ProfileError::BadKey(_))
        ));
    }

    #[test]
    fn a_token_is_used_by_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let profiles: Vec<_> = (0..4)
            .map(|_| Profile::open(folder.path()).unwrap())
            .collect();
        profiles[0].remember(&home(), Some(&"0".into())).unwrap();
        let spend = |profile: &Profile| {
            for _ in 0..10 {
                let _lock = profile.lock_token("home").unwrap();
                let token = profile.token("home").unwrap().unwrap();
                let next = token.expose().parse::<u32>().unwrap() + 1;
                profile
                    .save_token("home", &next.to_string().into())
                    .unwrap();
            }
        };
        std::thread::scope(|scope| {
            for profile in &profiles {
                scope.spawn(|| spend(profile));
            }
        });
        assert_eq!(profiles[0].token("home").unwrap(), Some("40".into()));
    }
}
