//! The schema: a numbered list of scripts, each run once, in one transaction of its own.

use rusqlite::Connection;

use crate::StoreError;

/// "SNUG" in ASCII, at its place in the header of every database of ours.
const APPLICATION_ID: i64 = 0x534E_5547;

/// Script number n brings a database from version n to version n + 1. Never edited once released.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_rooms.sql"),
    include_str!("migrations/0003_friends.sql"),
    include_str!("migrations/0004_audit.sql"),
    include_str!("migrations/0005_known_address.sql"),
    include_str!("migrations/0006_accounts.sql"),
    include_str!("migrations/0007_credits.sql"),
    include_str!("migrations/0008_talking.sql"),
    include_str!("migrations/0009_governing.sql"),
    include_str!("migrations/0010_history.sql"),
    include_str!("migrations/0011_order.sql"),
    include_str!("migrations/0012_announcements.sql"),
    include_str!("migrations/0013_roster.sql"),
    include_str!("migrations/0014_watch.sql"),
    include_str!("migrations/0015_circles.sql"),
    include_str!("migrations/0016_room_groups.sql"),
    include_str!("migrations/0017_masks.sql"),
    include_str!("migrations/0018_manner.sql"),
    include_str!("migrations/0019_guests.sql"),
    include_str!("migrations/0020_presence.sql"),
    include_str!("migrations/0021_scram.sql"),
    include_str!("migrations/0022_outside.sql"),
    include_str!("migrations/0023_spelling.sql"),
    include_str!("migrations/0024_door.sql"),
    include_str!("migrations/0025_second_factor.sql"),
    include_str!("migrations/0026_group_spelling.sql"),
    include_str!("migrations/0027_worn.sql"),
    include_str!("migrations/0028_quiet.sql"),
    include_str!("migrations/0029_no_guests.sql"),
    include_str!("migrations/0030_purge.sql"),
];

/// Makes sure that the database is ours and brings it to the newest version.
pub(super) fn migrate(connection: &Connection) -> Result<(), StoreError> {
    // The lock first: of two programs that open a new file at once, the second finds it made.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let outcome = run(connection);
    let end = if outcome.is_ok() {
        "COMMIT"
    } else {
        "ROLLBACK"
    };
    connection.execute_batch(end)?;
    outcome
}

/// Gives a new database the schema that it had at some version.
pub(super) fn make_at(connection: &Connection, wanted: u32) -> Result<(), StoreError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if wanted == 0 || wanted > known {
        let found = wanted;
        return Err(StoreError::Newer { found, known });
    }
    run_to(connection, wanted)
}

fn run(connection: &Connection) -> Result<(), StoreError> {
    run_to(connection, u32::MAX)
}

fn run_to(connection: &Connection, last: u32) -> Result<(), StoreError> {
    let version = version(connection)?;
    for (number, script) in (1..=last).zip(MIGRATIONS).skip(version) {
        connection.execute_batch(script)?;
        connection.pragma_update(None, "user_version", number)?;
    }
    if version == 0 {
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(())
}

/// How many of our scripts the database has seen; an error if it is not ours or newer than we are.
pub(super) fn version(connection: &Connection) -> Result<usize, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let application = pragma("application_id")?;
    let found = pragma("user_version")?;
    if application == 0 && tables == 0 && found == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        return Err(StoreError::Corrupt("another program made it".to_owned()));
    }
    let found =
        u32::try_from(found).map_err(|_| StoreError::Corrupt(format!("it has version {found}")))?;
    match usize::try_from(found) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(StoreError::Newer {
            found,
            known: u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX),
        }),
    }
}
