//! What SQLite's errors mean to the engine.

use rusqlite::{Error, ErrorCode, ffi};

use crate::StoreError;

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::SqliteFailure(failure, _) => match (failure.code, failure.extended_code) {
                (ErrorCode::DiskFull, _) => Self::Full,
                (
                    ErrorCode::ConstraintViolation,
                    ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY,
                ) => Self::Taken,
                (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => {
                    Self::Corrupt(error.to_string())
                }
                _ => Self::Failed(error.to_string()),
            },
            // A value of a kind that we never write.
            Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..) => Self::Corrupt(error.to_string()),
            _ => Self::Failed(error.to_string()),
        }
    }
}
