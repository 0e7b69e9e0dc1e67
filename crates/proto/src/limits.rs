//! The bounds every side keeps (docs/protocol.md, "Limits"). A peer that goes over one gets an error
//! or is dropped; it never gets memory.

/// Longest line in either direction, in bytes, its line feed not counted.
pub const MAX_LINE_BYTES: usize = 64 * 1024;
/// Requests of one session whose answers may be long (lists, pages) that may wait for their answer; past it
/// the socket is read no further. So much is kept of what a client asks for and does not read.
pub const MAX_PENDING_LONG: usize = 4;
/// Longest message body, in bytes of UTF-8.
pub const MAX_BODY_BYTES: usize = 16 * 1024;
/// A list in an answer stops before this many bytes and says `"more":true`.
pub const MAX_LIST_BYTES: usize = 48 * 1024;
/// Requests of one session that may wait for their answer; past it the socket is read no further.
pub const MAX_PENDING_REQUESTS: usize = 256;
/// Most events one `read` answers.
pub const MAX_READ_EVENTS: u32 = 500;
/// Events one `read` answers when it names no limit.
pub const DEFAULT_READ_EVENTS: u32 = 100;
/// Hits one `search` answers when it names no limit.
pub const DEFAULT_SEARCH_HITS: u32 = 20;
/// Most hits one `search` answers.
pub const MAX_SEARCH_HITS: u32 = 100;
/// Longest `query` of a `search`, in bytes.
pub const MAX_QUERY_BYTES: usize = 1024;
/// Most words and phrases in one `query`, and most words in a phrase.
pub const MAX_QUERY_TERMS: usize = 16;
/// Fewest letters of a prefix such as `deplo*`.
pub const MIN_PREFIX_CHARS: usize = 3;
/// Rooms that a `search` without a room looks through: those where something happened last.
pub const MAX_SEARCH_ROOMS: u32 = 1000;
/// Longest account name, in characters.
pub const MAX_ACCOUNT_NAME_CHARS: usize = 32;
/// Longest room name, in characters.
pub const MAX_ROOM_NAME_CHARS: usize = 48;
/// Longest topic of a room, in characters.
pub const MAX_TOPIC_CHARS: usize = 300;
/// Longest that slow mode makes a member wait, in milliseconds: six hours.
pub const MAX_SLOW_MODE_MS: u64 = 6 * 3_600_000;
/// Most bans of one room, and most mutes.
pub const MAX_ROOM_SANCTIONS: usize = 100_000;
/// Most masks of one kind on one room.
pub const MAX_ROOM_MASKS: usize = 100;
/// Longest mask, in characters.
pub const MAX_MASK_CHARS: usize = 64;
/// Most invitations into one room that nobody took up yet.
pub const MAX_ROOM_INVITATIONS: usize = 10_000;
/// Longest retry key, in bytes.
pub const MAX_KEY_BYTES: usize = 64;
/// Shortest password, in characters (NIST SP 800-63B §3.1.1.2 asks for 8 beside a second factor).
pub const MIN_PASSWORD_CHARS: usize = 8;
/// Longest password, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Longest label of an app token or name of a client, in characters.
pub const MAX_LABEL_CHARS: usize = 64;
/// Most cursors in one `follow`.
pub const MAX_FOLLOW_CURSORS: usize = 400;
/// A reader this many events behind gets a `gap` first and then the newest (DECISIONS 12).
pub const MAX_CATCH_UP_EVENTS: u64 = 1000;
/// Longest time that a room keeps events for, if not for ever, in days (R11).
pub const MAX_RETENTION_DAYS: u16 = 3_650;
/// Events a `ram` room keeps (R11).
pub const RAM_ROOM_EVENTS: usize = 100;
/// People whom one message mentions at most; further names in it are words like others (R10).
pub const MAX_MENTIONS: usize = 50;
/// People whom one message mentions at most with those that it mentions as a group (M7).
pub const MAX_MENTIONED: usize = 200;
/// Unread mentions of a room are counted no further than this.
pub const MAX_UNREAD_MENTIONS: u64 = 100;
/// Tags of clients on one message.
pub const MAX_TAGS: usize = 64;
/// All of them, in bytes as `IRCv3` message-tags counts what a client may send.
pub const MAX_TAG_BYTES: usize = 4094;
/// Cuts of one message that its author's client made.
pub const MAX_JOINTS: usize = 100;
/// Longest words of a signal, in bytes.
pub const MAX_SIGNAL_BYTES: usize = 512;
/// Words of a signal for machines, where it goes to a room.
pub const MAX_MACHINE_BYTES: usize = 64;
/// Different reactions on one message (R10).
pub const MAX_REACTIONS: usize = 20;
/// Longest reaction, in bytes: the longest emoji has forty-odd.
pub const MAX_REACTION_BYTES: usize = 64;
/// Longest excerpt in a quote, in characters.
pub const MAX_EXCERPT_CHARS: usize = 100;
/// An account's `typing` is passed on at most once in so many milliseconds, per room.
pub const TYPING_EVERY_MS: u64 = 3_000;
/// A reader takes somebody to write no longer after so many milliseconds.
pub const TYPING_LASTS_MS: u64 = 6_000;
/// Rooms of up to this many members tell each member who comes and goes (DECISIONS 11).
pub const MAX_PRESENCE_MEMBERS: usize = 200;
/// A lost connection that can resume is told to others after this long, in milliseconds (DECISIONS 11).
pub const RESUME_GRACE_MS: u64 = 30_000;
/// How long a retry key is kept, in milliseconds (DECISIONS 35).
pub const KEY_LIFETIME_MS: u64 = 7 * 24 * 3_600_000;
/// Friends that an account may have, those it asked among them.
pub const MAX_FRIENDS: usize = 1000;
/// People who may ask one account at a time to be their friend.
pub const MAX_FRIEND_REQUESTS: usize = 500;
/// Movements that one `ledger` answers.
pub const MAX_LEDGER_MOVEMENTS: u32 = 100;
/// People that an account may block.
pub const MAX_BLOCKS: usize = 10_000;
/// A session that was not used for so long has ended, in milliseconds: 90 days (A5).
pub const SESSION_LIFETIME_MS: u64 = 90 * 24 * 3_600_000;
/// Most sessions an account has; past it the one longest unused makes room. As many are open at once, on all
/// fronts together; past it the one that came first gives way.
pub const MAX_SESSIONS: usize = 100;
/// Most invites of an account that are still good.
pub const MAX_INVITES: usize = 500;
/// Recovery codes of a second factor (A7).
pub const RECOVERY_CODES: usize = 8;

/// How long a reset code is good, in milliseconds: 24 hours (A3).
pub const RESET_CODE_LIFETIME_MS: u64 = 24 * 3_600_000;
/// Longest reason of a kick, ban or mute, in characters.
pub const MAX_REASON_CHARS: usize = 200;
/// Longest ban or mute that ends by itself, in seconds: ten years.
pub const MAX_SANCTION_S: u64 = 3_650 * 24 * 3_600;
/// Most bans from the server, of accounts and of addresses.
pub const MAX_SERVER_BANS: u64 = 100_000;
/// Most addresses and networks that are let past the door.
pub const MAX_ALLOWED: u64 = 10_000;
/// A lockdown ends by itself after so long if nothing else was said, in seconds: an hour.
pub const LOCKDOWN_S: u64 = 3_600;
/// How long a code for a new device is good, in milliseconds: an hour (A4).
pub const DEVICE_CODE_LIFETIME_MS: u64 = 3_600_000;
/// Longest announcement, in bytes.
pub const MAX_ANNOUNCEMENT_BYTES: usize = 4096;
/// Announcements that are kept; the oldest makes room.
pub const MAX_ANNOUNCEMENTS: u64 = 1000;
/// Reports of one account that nobody has decided yet.
pub const MAX_REPORTS_OF_ACCOUNT: u64 = 20;
/// Reports that nobody has decided yet, in all.
pub const MAX_OPEN_REPORTS: u64 = 10_000;
/// How long a decided report is kept, in milliseconds: 90 days.
pub const REPORT_KEPT_MS: u64 = 90 * 24 * 3_600_000;
/// Guests who are here at a time (A9).
pub const MAX_GUESTS: usize = 1000;
/// Guests who are here at a time from one address (of IPv6, one /64).
pub const MAX_GUESTS_OF_ADDRESS: usize = 20;
/// Guests who may come from one address in [`GUEST_WINDOW_MS`].
pub const MAX_GUEST_COMINGS: u32 = 60;
/// Rooms that a guest is in at a time, made by itself or by others; the lobby and conversations apart.
pub const MAX_GUEST_ROOMS: usize = 10;
/// Wrong access codes that guests may try from one address in [`GUEST_WINDOW_MS`].
pub const MAX_GUEST_WRONG_CODES: u32 = 10;
/// For how long the comings and wrong codes of an address count, in milliseconds: ten minutes.
pub const GUEST_WINDOW_MS: u64 = 10 * 60_000;
/// One knocks at a room's door at most once in so many milliseconds.
pub const KNOCK_EVERY_MS: u64 = 60_000;
/// An account writes its name otherwise at most once in so many milliseconds: everybody hears of it.
pub const RESPELL_EVERY_MS: u64 = 10_000;
/// An account takes names to go by (`wear`) at most so often in [`WORN_WINDOW_MS`]: many hear of it.
pub const MAX_WORN: u32 = 3;
/// See [`MAX_WORN`].
pub const WORN_WINDOW_MS: u64 = 30_000;
/// A guest takes another name at most once in so many milliseconds.
pub const GUEST_RENAME_EVERY_MS: u64 = 10_000;
/// Reports of one guest that nobody has decided yet.
pub const MAX_REPORTS_OF_GUEST: u64 = 3;
/// Reports that the guests of one address make in [`GUEST_WINDOW_MS`].
pub const MAX_REPORTS_OF_ADDRESS: u32 = 6;
/// Reports of guests that nobody decided yet, of those who are gone too; the rest is for accounts.
pub const MAX_REPORTS_OF_GUESTS: u64 = MAX_OPEN_REPORTS / 2;
/// Longest word on being away, in characters.
pub const MAX_AWAY_CHARS: usize = 200;
/// People whose coming and going one session is told of beside its rooms and friends.
pub const MAX_MONITORED: usize = 100;
/// Longest word to everyone who is here, in characters.
pub const MAX_HAIL_CHARS: usize = 400;
/// Keys with values of one account or room.
pub const MAX_METADATA_KEYS: u64 = 20;
/// Longest key, in bytes.
pub const MAX_METADATA_KEY_BYTES: usize = 64;
/// Longest value, in bytes.
pub const MAX_METADATA_VALUE_BYTES: usize = 300;
/// Keys that one session is told of.
pub const MAX_METADATA_FOLLOWED: usize = 50;
/// Longest display name, in characters.
pub const MAX_DISPLAY_CHARS: usize = 64;
/// Most members that a roster names.
pub const MAX_ROSTER: usize = 100_000;
/// Longest label on an account, in characters.
pub const MAX_LABEL_TEXT_CHARS: usize = 24;
/// Labels on one account.
pub const MAX_LABELS: u64 = 5;
/// Groups of accounts.
pub const MAX_GROUPS: u64 = 200;
/// Accounts in one group.
pub const MAX_GROUP_MEMBERS: u64 = 1000;
/// Accounts that one request puts into a group or takes out of it.
pub const MAX_GROUP_CHANGES: usize = 100;
/// Groups that one room is open to.
pub const MAX_ROOM_GROUPS: usize = 8;
