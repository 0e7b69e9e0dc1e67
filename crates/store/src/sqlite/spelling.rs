//! How names are kept: in lower case, as they are looked up and listed; as they were written, where that is
//! another thing; and what they look like, so that no two look alike (ADR 10).

use rusqlite::{Connection, params};
use snug_proto::{AccountName, RoomName, Timestamp};

use super::people::refuse_reserved;
use crate::StoreError;

/// The columns of a name.
#[derive(Debug, Clone, Default)]
pub(super) struct Spelling {
    /// `name`
    pub(super) folded: String,
    /// `written`
    pub(super) written: Option<String>,
    /// `look`
    pub(super) look: Option<String>,
}

impl From<&AccountName> for Spelling {
    fn from(name: &AccountName) -> Self {
        Self {
            folded: name.as_str().to_owned(),
            written: name.written().map(str::to_owned),
            look: name.look(),
        }
    }
}

impl From<&RoomName> for Spelling {
    fn from(name: &RoomName) -> Self {
        Self {
            folded: name.as_str().to_owned(),
            written: name.written().map(str::to_owned),
            look: name.look(),
        }
    }
}

impl Spelling {
    /// Of an account's name as it is shown.
    pub(super) fn of_account(shown: &str) -> Self {
        AccountName::parse(shown).map_or_else(
            |_| Self {
                folded: shown.to_owned(),
                ..Self::default()
            },
            |name| Self::from(&name),
        )
    }
}

/// Whose names are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Account,
    Room,
}

/// `Taken` if another looks like this: the one of this number may look like itself.
pub(super) fn refuse_look_alike(
    connection: &Connection,
    named: Named,
    (skeleton, look): (&str, Option<&str>),
    own: i64,
) -> Result<(), StoreError> {
    let sql = match named {
        Named::Account => {
            "SELECT 1 FROM account WHERE (skeleton IN (?1, ?2) OR look IN (?1, ?2)) AND no <> ?3 \
             UNION ALL SELECT 1 FROM worn_name \
             WHERE (skeleton IN (?1, ?2) OR look IN (?1, ?2)) AND account <> ?3"
        }
        Named::Room => {
            "SELECT 1 FROM room WHERE (skeleton IN (?1, ?2) OR look IN (?1, ?2)) AND no <> ?3"
        }
    };
    let taken = connection
        .prepare_cached(sql)?
        .exists(params![skeleton, look, own])?;
    if taken {
        Err(StoreError::Taken)
    } else {
        Ok(())
    }
}

/// `Taken` if a name that looks like this was freed too lately to be used by another than its `holder`.
pub(super) fn refuse_lately(
    connection: &Connection,
    kind: i64,
    (skeleton, look): (&str, Option<&str>),
    holder: Option<&[u8]>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for skeleton in [Some(skeleton), look].into_iter().flatten() {
        refuse_reserved(connection, kind, (skeleton, holder), now)?;
    }
    Ok(())
}
