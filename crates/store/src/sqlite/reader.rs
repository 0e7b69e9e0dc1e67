//! A connection that reads.

use rusqlite::Connection;
use snug_proto::{AccountId, Argon2Parameters, Role, RoomId, Timestamp};
use snug_rules::{ReadGrant, Standing, Target};

use super::{
    handle::Handle,
    masks, people,
    reads::{accounts, events, order, rooms},
    search::{self, Index},
};
use crate::{
    Account, Footing, InvitationRow, KeyUse, MaskReader, MaskRow, MemberRow, OrderReader, Range,
    Reader, RoomCounts, RoomRow, RoomStanding, SanctionRow, Searched, Searching, SessionRow,
    Settings, StoreError, StoredEvent, TokenRow, Wanted,
};

/// The reader of a file, or of a database in memory.
pub(super) struct SqliteReader {
    main: Handle,
    index: Index,
    /// Opened once there is an index.
    words: Option<Handle>,
}

impl SqliteReader {
    pub(super) const fn new(main: Handle, index: Index) -> Self {
        Self {
            main,
            index,
            words: None,
        }
    }

    pub(super) fn run<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        read(&*self.main.lock()?)
    }
}

impl Searching for SqliteReader {
    fn standings(&mut self, account: &AccountId, most: u32) -> Result<Vec<Standing>, StoreError> {
        self.run(|connection| search::standings(connection, account, most))
    }

    fn search(&mut self, grants: &[ReadGrant], wanted: &Wanted) -> Result<Searched, StoreError> {
        if self.words.is_none() {
            self.words = self.index.reader()?;
        }
        let words = self.words.as_ref().map(Handle::lock).transpose()?;
        let found =
            self.run(|connection| search::search(connection, words.as_deref(), grants, wanted));
        if found.is_err() {
            // The file may be another one now.
            drop(words);
            self.words = None;
        }
        found
    }
}

impl Reader for SqliteReader {
    fn account(&mut self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.run(|connection| accounts::by_id(connection, id))
    }

    fn account_to_try(
        &mut self,
        skeleton: &str,
        otherwise: u32,
    ) -> Result<Option<Account>, StoreError> {
        self.run(|connection| accounts::to_try(connection, skeleton, otherwise))
    }

    fn parameters_in_use(&mut self) -> Result<Vec<Argon2Parameters>, StoreError> {
        self.run(accounts::parameters_in_use)
    }

    fn has_owner(&mut self) -> Result<bool, StoreError> {
        self.run(people::has_owner)
    }

    fn room(&mut self, id: &RoomId) -> Result<Option<RoomRow>, StoreError> {
        self.run(|connection| rooms::by_id(connection, id))
    }

    fn room_by_skeleton(&mut self, skeleton: &str) -> Result<Option<RoomRow>, StoreError> {
        self.run(|connection| rooms::by_skeleton(connection, skeleton))
    }

    fn lobby(&mut self) -> Result<Option<RoomRow>, StoreError> {
        self.run(rooms::lobby)
    }

    fn direct_room(
        &mut self,
        one: &AccountId,
        other: &AccountId,
    ) -> Result<Option<RoomRow>, StoreError> {
        self.run(|connection| rooms::direct(connection, one, other))
    }

    fn counts(&mut self, room: &RoomId) -> Result<Option<RoomCounts>, StoreError> {
        self.run(|connection| rooms::counts(connection, room))
    }

    fn members(&mut self, room: &RoomId) -> Result<Vec<MemberRow>, StoreError> {
        self.run(|connection| rooms::members(connection, room))
    }

    fn rooms_of(
        &mut self,
        account: &AccountId,
        after: Option<&RoomId>,
        limit: u32,
    ) -> Result<Vec<RoomStanding>, StoreError> {
        self.run(|connection| rooms::of_account(connection, account, after, limit))
    }

    fn listed_rooms(
        &mut self,
        account: &AccountId,
        after: Option<&RoomId>,
        limit: u32,
    ) -> Result<Vec<(RoomRow, Footing)>, StoreError> {
        self.run(|connection| rooms::listed(connection, account, after, limit))
    }

    fn standing(
        &mut self,
        room: &RoomId,
        account: &AccountId,
    ) -> Result<Option<RoomStanding>, StoreError> {
        self.run(|connection| rooms::standing(connection, room, account))
    }

    fn events(
        &mut self,
        grant: &ReadGrant,
        range: Range,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.run(|connection| events::events(connection, grant, range, limit))
    }

    fn target(&mut self, room: &RoomId, seq: u64) -> Result<Option<Target>, StoreError> {
        self.run(|connection| events::target(connection, room, seq))
    }

    fn key_use(&mut self, account: &AccountId, key: &str) -> Result<Option<KeyUse>, StoreError> {
        self.run(|connection| events::key_use(connection, account, key))
    }

    fn session_by_token(&mut self, hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        self.run(|connection| accounts::session_by_token(connection, hash))
    }

    fn token_by_hash(&mut self, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
        self.run(|connection| accounts::token_by_hash(connection, hash))
    }

    fn knows_address(&mut self, account: &AccountId, tag: &[u8; 16]) -> Result<bool, StoreError> {
        self.run(|connection| accounts::knows_address(connection, account, tag))
    }

    fn tokens_of(&mut self, account: &AccountId) -> Result<Vec<TokenRow>, StoreError> {
        self.run(|connection| accounts::tokens_of(connection, account))
    }

    fn invite_is_good(&mut self, code_hash: &[u8; 32], now: Timestamp) -> Result<bool, StoreError> {
        self.run(|connection| accounts::invite_is_good(connection, code_hash, now))
    }

    fn inviter(&mut self, code_hash: &[u8; 32]) -> Result<Option<(Role, Timestamp)>, StoreError> {
        self.run(|connection| accounts::inviter(connection, code_hash))
    }

    fn settings(&mut self) -> Result<Option<Settings>, StoreError> {
        self.run(accounts::settings)
    }
}

impl MaskReader for SqliteReader {
    fn masks(&mut self, room: &RoomId) -> Result<Vec<MaskRow>, StoreError> {
        self.run(|connection| masks::of_room(connection, room))
    }
}

impl OrderReader for SqliteReader {
    fn sanctions(&mut self, room: &RoomId) -> Result<Vec<SanctionRow>, StoreError> {
        self.run(|connection| order::sanctions(connection, room))
    }

    fn invited(&mut self, room: &RoomId) -> Result<Vec<AccountId>, StoreError> {
        self.run(|connection| order::invited(connection, room))
    }

    fn invitations_of(
        &mut self,
        account: &AccountId,
        limit: u32,
    ) -> Result<Vec<InvitationRow>, StoreError> {
        self.run(|connection| order::invitations_of(connection, account, limit))
    }

    fn room_known_to(
        &mut self,
        account: &AccountId,
        skeleton: &str,
        now: Timestamp,
    ) -> Result<Option<RoomRow>, StoreError> {
        self.run(|connection| order::known_to(connection, account, skeleton, now))
    }
}
