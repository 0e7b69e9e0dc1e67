//! The guests who are here, and what outlives them: how fast they came and talked, and the bans and mutes
//! that were theirs (A9, DECISIONS 29). Addresses are known by a tag under a key of this start only, so
//! nothing of this can be told from outside, and all of it ends with the process.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use snug_proto::{
    AccountId, ErrorCode, PersonRef, Refusal, RoomId, Timestamp,
    limits::{
        GUEST_RENAME_EVERY_MS, GUEST_WINDOW_MS, MAX_GUEST_COMINGS, MAX_GUEST_WRONG_CODES,
        MAX_GUESTS, MAX_GUESTS_OF_ADDRESS, MAX_REPORTS_OF_ADDRESS,
    },
    same_name,
};
use snug_rules::{Pace, Sanction, ServerBan};

use crate::lock::lock;

/// What stands for an address: of IPv4 the whole, of IPv6 its /64.
pub(crate) type Tag = [u8; 16];

/// Whom tries are counted of: an account, or all guests of one address.
pub(crate) type Counted = [u8; 16];

/// Addresses that something is remembered of. Past it, those whose time is over are forgotten; if that
/// makes no room, nobody comes from a new one.
const MAX_ADDRESSES: usize = 100_000;
/// Bans and mutes of guests that are remembered for their addresses; past it the first goes of whoever made
/// most of them, so that nobody pushes out what others made.
const MAX_HELD: usize = 10_000;

/// See the module. The lock guards the book only.
#[derive(Default)]
pub(crate) struct Guests(Mutex<Book>);

#[derive(Default)]
struct Book {
    here: HashMap<AccountId, Here>,
    addresses: HashMap<Tag, Address>,
    banned: Vec<Banned>,
    held: Vec<Held>,
}

/// A guest who is here.
struct Here {
    tag: Option<Tag>,
    renamed_at: Option<Timestamp>,
}

/// What is remembered of an address.
#[derive(Default)]
struct Address {
    here: usize,
    since: Timestamp,
    comings: u32,
    wrong_codes: u32,
    reports: u32,
    /// Of the guest who went last: coming back under another name forgives nothing.
    pace: Option<Arc<Mutex<Pace>>>,
}

/// A ban from the server.
#[derive(Clone)]
pub(crate) struct Banned {
    pub(crate) guest: AccountId,
    pub(crate) name: String,
    pub(crate) ban: ServerBan,
    pub(crate) at: Timestamp,
    tag: Tag,
}

/// What keeps a guest out of a room, or silent in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Kept out.
    Ban,
    /// Silent.
    Mute,
}

/// A ban from a room, or a mute in one.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) room: RoomId,
    pub(crate) kind: Kind,
    pub(crate) guest: AccountId,
    pub(crate) name: String,
    pub(crate) sanction: Sanction,
    by: AccountId,
    tag: Tag,
}

impl Address {
    fn window(&mut self, now: Timestamp) {
        if now >= self.since.plus_ms(GUEST_WINDOW_MS) || now < self.since {
            self.since = now;
            self.comings = 0;
            self.wrong_codes = 0;
            self.reports = 0;
        }
    }

    fn wait(&self, now: Timestamp) -> u64 {
        let end = self.since.plus_ms(GUEST_WINDOW_MS).ms();
        end.saturating_sub(now.ms())
    }

    fn is_forgotten(&self, now: Timestamp) -> bool {
        self.here == 0 && now >= self.since.plus_ms(GUEST_WINDOW_MS)
    }
}

impl Book {
    fn address(&mut self, tag: Tag, now: Timestamp) -> Result<&mut Address, Refusal> {
        if self.addresses.len() >= MAX_ADDRESSES && !self.addresses.contains_key(&tag) {
            self.addresses
                .retain(|_, address| !address.is_forgotten(now));
            if self.addresses.len() >= MAX_ADDRESSES {
                return Err(ErrorCode::Busy.into());
            }
        }
        let address = match self.addresses.entry(tag) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(Address {
                since: now,
                ..Address::default()
            }),
        };
        address.window(now);
        Ok(address)
    }

    /// Forgets the oldest of what is held by whoever has most of it.
    fn forget_of_most(&mut self) {
        let mut held_by: HashMap<AccountId, usize> = HashMap::new();
        for held in &self.held {
            *held_by.entry(held.by).or_default() += 1;
        }
        let most = held_by.into_iter().max_by_key(|(_, many)| *many);
        let oldest = most.and_then(|(by, _)| self.held.iter().position(|held| held.by == by));
        if let Some(oldest) = oldest {
            self.held.remove(oldest);
        }
    }
}

/// What stands for this address under that key.
pub(crate) fn tag_under(address: IpAddr, key: impl FnOnce(&[u8]) -> Tag) -> Tag {
    match address.to_canonical() {
        IpAddr::V4(address) => key(&address.octets()),
        IpAddr::V6(address) => {
            let octets = address.octets();
            key(octets.get(..8).unwrap_or_default())
        }
    }
}

impl Guests {
    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.0)
    }

    /// May somebody from there try a code? Only a few wrong ones are looked at.
    pub(crate) fn may_try_code(&self, tag: Option<Tag>, now: Timestamp) -> Result<(), Refusal> {
        let Some(tag) = tag else { return Ok(()) };
        let mut book = self.book();
        let address = book.address(tag, now)?;
        if address.wrong_codes >= MAX_GUEST_WRONG_CODES {
            let wait = address.wait(now);
            return Err(Refusal::new(ErrorCode::TooFast).retry_after_ms(wait));
        }
        Ok(())
    }

    /// A wrong code came from there.
    pub(crate) fn wrong_code(&self, tag: Option<Tag>, now: Timestamp) {
        if let Some(tag) = tag
            && let Ok(address) = self.book().address(tag, now)
        {
            address.wrong_codes += 1;
        }
    }

    /// Gives a guest from there a place, if there is one, and counts their coming.
    pub(crate) fn came(
        &self,
        guest: AccountId,
        tag: Option<Tag>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut book = self.book();
        if book.here.len() >= MAX_GUESTS {
            let text = "There are as many guests here as fit. Try again later, or register.";
            return Err(Refusal::with_text(ErrorCode::TooMany, text));
        }
        if let Some(tag) = tag {
            let address = book.address(tag, now)?;
            if address.here >= MAX_GUESTS_OF_ADDRESS {
                let text = "There are as many guests from your address as fit.";
                return Err(Refusal::with_text(ErrorCode::TooMany, text));
            }
            if address.comings >= MAX_GUEST_COMINGS {
                let wait = address.wait(now);
                return Err(Refusal::new(ErrorCode::TooFast).retry_after_ms(wait));
            }
            address.here += 1;
            address.comings += 1;
        }
        let here = Here {
            tag,
            renamed_at: None,
        };
        book.here.insert(guest, here);
        Ok(())
    }

    /// A guest is gone; false if they were gone before.
    pub(crate) fn went(&self, guest: &AccountId, pace: Option<Arc<Mutex<Pace>>>) -> bool {
        let mut book = self.book();
        let Some(here) = book.here.remove(guest) else {
            return false;
        };
        if let Some(address) = here.tag.and_then(|tag| book.addresses.get_mut(&tag)) {
            address.here = address.here.saturating_sub(1);
            address.pace = pace.or(address.pace.take());
        }
        true
    }

    /// The pace of the guest who went last from where this one is.
    pub(crate) fn inherited_pace(&self, guest: &AccountId) -> Option<Arc<Mutex<Pace>>> {
        let mut book = self.book();
        let tag = book.here.get(guest)?.tag?;
        book.addresses.get_mut(&tag)?.pace.take()
    }

    /// Whom this one's tries are counted of: whoever comes again under another name has no more of them.
    pub(crate) fn counted(&self, account: &AccountId) -> Counted {
        let tag = self.book().here.get(account).and_then(|here| here.tag);
        tag.unwrap_or(*account.bytes())
    }

    /// May this guest report something now? Reports outlive guests, so they are counted by where they come
    /// from.
    pub(crate) fn may_report(&self, guest: &AccountId, now: Timestamp) -> Result<(), Refusal> {
        let mut book = self.book();
        let Some(tag) = book.here.get(guest).and_then(|here| here.tag) else {
            return Ok(());
        };
        let address = book.address(tag, now)?;
        if address.reports >= MAX_REPORTS_OF_ADDRESS {
            let wait = address.wait(now);
            let text = "Guests from your address reported as much as they may for now.";
            return Err(Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(wait));
        }
        address.reports += 1;
        Ok(())
    }

    /// Everyone who is here as a guest.
    pub(crate) fn all(&self) -> Vec<AccountId> {
        self.book().here.keys().copied().collect()
    }

    /// May this guest take another name now? Everybody hears of it, so only now and then.
    pub(crate) fn may_rename(&self, guest: &AccountId, now: Timestamp) -> Result<(), Refusal> {
        let mut book = self.book();
        let here = book.here.get_mut(guest).ok_or(ErrorCode::BadSession)?;
        // From where no limit holds there is none for this either.
        if let (Some(last), Some(_)) = (here.renamed_at, here.tag) {
            let next = last.plus_ms(GUEST_RENAME_EVERY_MS);
            if now < next {
                let wait = next.ms().saturating_sub(now.ms());
                let text = "You took another name a moment ago. Wait a little.";
                return Err(Refusal::with_text(ErrorCode::TooFast, text).retry_after_ms(wait));
            }
        }
        here.renamed_at = Some(now);
        Ok(())
    }

    /// Forgets addresses whose time is over, and bans and mutes that ended.
    pub(crate) fn forget(&self, now: Timestamp) {
        let mut book = self.book();
        book.addresses
            .retain(|_, address| !address.is_forgotten(now));
        book.banned.retain(|banned| banned.ban.holds(now));
        book.held.retain(|held| held.sanction.binds(now));
    }
}

/// What holds for an address, whoever comes from it as a guest.
impl Guests {
    /// The ban that keeps guests from there out.
    pub(crate) fn ban_of(&self, tag: Option<Tag>, now: Timestamp) -> Option<ServerBan> {
        let tag = tag?;
        let book = self.book();
        let mut bans = book.banned.iter();
        let found = bans.find(|banned| banned.tag == tag && banned.ban.holds(now));
        found.map(|banned| banned.ban.clone())
    }

    /// A guest who is here was banned from the server.
    pub(crate) fn was_banned(&self, guest: AccountId, name: String, ban: ServerBan, at: Timestamp) {
        let mut book = self.book();
        let Some(tag) = book.here.get(&guest).and_then(|here| here.tag) else {
            return;
        };
        book.banned.retain(|banned| banned.guest != guest);
        if book.banned.len() >= MAX_HELD {
            book.banned.remove(0);
        }
        let banned = Banned {
            guest,
            name,
            ban,
            at,
            tag,
        };
        book.banned.push(banned);
    }

    /// The bans of guests from the server, newest first.
    pub(crate) fn bans(&self, now: Timestamp) -> Vec<Banned> {
        let book = self.book();
        let holding = book.banned.iter().rev();
        holding
            .filter(|banned| banned.ban.holds(now))
            .cloned()
            .collect()
    }

    /// The newest ban of a guest so called.
    pub(crate) fn find_ban(&self, who: &PersonRef, now: Timestamp) -> Option<Banned> {
        let named = |banned: &Banned| match who {
            PersonRef::Id(id) => banned.guest == *id,
            PersonRef::Name(name) => same_name(&banned.name, name),
        };
        self.bans(now).into_iter().find(named)
    }

    /// A ban of a guest from the server is lifted.
    pub(crate) fn unbanned(&self, guest: &AccountId) {
        self.book().banned.retain(|banned| banned.guest != *guest);
    }

    /// A guest who is here was banned from a room or muted in it.
    pub(crate) fn was_held(
        &self,
        (room, kind): (RoomId, Kind),
        (guest, name): (AccountId, &str),
        sanction: &Sanction,
        by: AccountId,
    ) {
        let mut book = self.book();
        let Some(tag) = book.here.get(&guest).and_then(|here| here.tag) else {
            return;
        };
        book.held
            .retain(|held| (held.room, held.kind, held.guest) != (room, kind, guest));
        if book.held.len() >= MAX_HELD {
            book.forget_of_most();
        }
        let held = Held {
            room,
            kind,
            guest,
            name: name.to_owned(),
            sanction: sanction.clone(),
            by,
            tag,
        };
        book.held.push(held);
    }

    /// What holds in a room for this guest because of those who came from the same address before.
    pub(crate) fn holding(&self, room: RoomId, guest: &AccountId) -> Vec<(Kind, Sanction)> {
        let book = self.book();
        if book.held.is_empty() {
            return Vec::new();
        }
        let Some(tag) = book.here.get(guest).and_then(|here| here.tag) else {
            return Vec::new();
        };
        let of = |held: &&Held| held.room == room && held.tag == tag;
        let found = book.held.iter().filter(of);
        found
            .map(|held| (held.kind, held.sanction.clone()))
            .collect()
    }

    /// What was held against guests in this room who are gone, by name.
    pub(crate) fn held_in(&self, room: RoomId, kind: Kind, now: Timestamp) -> Vec<Held> {
        let book = self.book();
        let gone = |held: &&Held| {
            let here = book.here.contains_key(&held.guest);
            held.room == room && held.kind == kind && !here && held.sanction.binds(now)
        };
        book.held.iter().filter(gone).cloned().collect()
    }

    /// The rooms where something is held against this guest.
    pub(crate) fn rooms_against(&self, guest: &AccountId) -> Vec<RoomId> {
        let book = self.book();
        let of = book.held.iter().filter(|held| held.guest == *guest);
        of.map(|held| held.room).collect()
    }

    /// What was held is lifted, for this guest and for all who come from the same address; false if there
    /// was nothing.
    pub(crate) fn lifted(&self, (room, kind): (RoomId, Kind), guest: &AccountId) -> bool {
        let mut book = self.book();
        let here = book.here.get(guest).and_then(|here| here.tag);
        let held = book.held.iter().find(|held| held.guest == *guest);
        let Some(tag) = here.or(held.map(|held| held.tag)) else {
            return false;
        };
        let before = book.held.len();
        book.held
            .retain(|held| (held.room, held.kind, held.tag) != (room, kind, tag));
        book.held.len() < before
    }

    /// A room is gone, and what was held in it.
    pub(crate) fn room_gone(&self, room: &RoomId) {
        self.book().held.retain(|held| held.room != *room);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guest(number: u16) -> AccountId {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        AccountId::from_bytes(bytes)
    }

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    #[test]
    fn an_address_has_so_many_guests_at_a_time_and_all_have_so_many_together() {
        let guests = Guests::default();
        let tag = Some([1; 16]);
        let most = u16::try_from(MAX_GUESTS_OF_ADDRESS).unwrap();
        for number in 0..most {
            guests.came(guest(number), tag, at(0)).unwrap();
        }
        let refused = guests.came(guest(most), tag, at(0)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooMany);
        assert!(guests.went(&guest(0), None) && !guests.went(&guest(0), None));
        guests.came(guest(most), tag, at(0)).unwrap();
        for number in 0..u16::try_from(MAX_GUESTS).unwrap() {
            let mut other = [2; 16];
            other[..2].copy_from_slice(&number.to_be_bytes());
            let other = Some(other);
            let came = guests.came(guest(1000 + number), other, at(0));
            assert_eq!(
                came.is_ok(),
                usize::from(number) + MAX_GUESTS_OF_ADDRESS < MAX_GUESTS
            );
        }
    }

    #[test]
    fn those_who_come_and_go_are_counted_until_their_time_is_over() {
        let guests = Guests::default();
        let tag = Some([1; 16]);
        for _ in 0..MAX_GUEST_COMINGS {
            guests.came(guest(1), tag, at(0)).unwrap();
            guests.went(&guest(1), None);
        }
        guests.forget(at(GUEST_WINDOW_MS - 1));
        let refused = guests.came(guest(1), tag, at(1)).unwrap_err();
        assert_eq!(refused.code, ErrorCode::TooFast);
        assert_eq!(refused.retry_after_ms, Some(GUEST_WINDOW_MS - 1));
        guests.came(guest(1), tag, at(GUEST_WINDOW_MS)).unwrap();
        for _ in 0..MAX_GUEST_WRONG_CODES {
            guests.may_try_code(tag, at(0)).unwrap();
            guests.wrong_code(tag, at(0));
        }
        assert!(guests.may_try_code(tag, at(1)).is_err());
    }

    #[test]
    fn what_is_held_against_a_guest_holds_for_the_next_from_there_until_it_ends_or_is_lifted() {
        let guests = Guests::default();
        let (den, tag) = (RoomId::from_bytes([7; 16]), Some([1; 16]));
        guests.came(guest(1), tag, at(0)).unwrap();
        let sanction = Sanction {
            until: Some(at(100)),
            reason: None,
        };
        guests.was_held((den, Kind::Mute), (guest(1), "gus"), &sanction, guest(9));
        guests.went(&guest(1), None);
        guests.came(guest(2), tag, at(1)).unwrap();
        guests.came(guest(3), Some([2; 16]), at(1)).unwrap();
        assert_eq!(guests.holding(den, &guest(2)), [(Kind::Mute, sanction)]);
        assert!(guests.holding(den, &guest(3)).is_empty());
        assert_eq!(guests.held_in(den, Kind::Mute, at(99)).len(), 1);
        assert!(guests.held_in(den, Kind::Mute, at(100)).is_empty());
        assert!(guests.lifted((den, Kind::Mute), &guest(2)));
        assert!(guests.holding(den, &guest(2)).is_empty());
    }

    #[test]
    fn whoever_holds_much_against_guests_pushes_out_their_own_alone() {
        let guests = Guests::default();
        let tag = Some([1; 16]);
        guests.came(guest(1), tag, at(0)).unwrap();
        let sanction = Sanction::default();
        let room = |number: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            RoomId::from_bytes(bytes)
        };
        let hold = |number: u32, by| {
            guests.was_held((room(number), Kind::Ban), (guest(1), "gus"), &sanction, by);
        };
        hold(0, guest(8));
        for number in 1..=u32::try_from(MAX_HELD).unwrap() + 5 {
            hold(number, guest(9));
        }
        assert_eq!(guests.book().held.len(), MAX_HELD);
        assert_eq!(guests.holding(room(0), &guest(1)).len(), 1);
        assert!(guests.holding(room(1), &guest(1)).is_empty());
    }

    #[test]
    fn guests_of_one_address_report_so_much_and_no_more_however_often_they_come() {
        let guests = Guests::default();
        let tag = Some([1; 16]);
        for number in 0..=MAX_REPORTS_OF_ADDRESS {
            let me = guest(u16::try_from(number).unwrap());
            guests.came(me, tag, at(0)).unwrap();
            let reported = guests.may_report(&me, at(0));
            assert_eq!(reported.is_ok(), number < MAX_REPORTS_OF_ADDRESS);
            assert_eq!(guests.counted(&me), [1; 16]);
        }
        guests.came(guest(99), Some([2; 16]), at(0)).unwrap();
        guests.may_report(&guest(99), at(0)).unwrap();
        guests.may_report(&guest(0), at(GUEST_WINDOW_MS)).unwrap();
        assert_eq!(guests.counted(&guest(77)), *guest(77).bytes());
    }

    #[test]
    fn an_ipv6_network_is_one_address_and_mapped_ipv4_is_ipv4() {
        let tag = |text: &str| {
            let bytes = std::cell::RefCell::new(Vec::new());
            let _tag = tag_under(text.parse().unwrap(), |octets| {
                bytes.borrow_mut().extend_from_slice(octets);
                [0; 16]
            });
            bytes.into_inner()
        };
        assert_eq!(tag("2001:db8:1:2::5"), tag("2001:db8:1:2:ffff::9"));
        assert_ne!(tag("2001:db8:1:2::5"), tag("2001:db8:1:3::5"));
        assert_eq!(tag("::ffff:192.0.2.7"), tag("192.0.2.7"));
        assert_ne!(tag("192.0.2.7"), tag("192.0.2.8"));
    }
}
