//! The decisions of Snug: who may do and read what. Pure: a view, an action and a moment in, a
//! decision out. It knows no runtime, clock, database or socket.
//!
//! The same [`RoomView::apply`] that follows a decision replays a log, so a checker can find an event
//! that the state before it forbids (DESIGN "How a message travels").

mod account;
mod asking;
mod change;
mod clock;
mod credits;
mod crossing;
mod crowd;
mod door;
mod errand;
mod friends;
mod guess;
mod guests;
mod knock;
mod makings;
mod masks;
mod moderation;
mod network;
mod networks;
mod pace;
mod permission;
mod proxy;
mod read;
mod registration;
mod reports;
mod room;
mod search;
mod server;
mod shield;
mod slow;
mod talking;
mod view;

pub use account::{Actor, may_use, role_by};
pub use change::{Authority, Change, SettingsChange};
pub use clock::{Believed, ClockNews, STEP_MS, apart};
pub use credits::{
    CreditRules, MAX_CREDITS, MAX_ROOMS, MAX_VIP_PERIODS, MAX_VIP_ROOMS, Movement, VIP_PERIOD_MS,
    VIP_RATE_FACTOR, buy_vip, grant, is_vip, may_found, settle, transfer, vip_until,
};
pub use crossing::{CROSSING_WINDOW_MS, Crossings, MAX_CROSSINGS};
pub use crowd::{CROWD, Crowd, crowd};
pub use door::{
    Block, Door, DoorLimits, FORGET_STRIKES_MS, GARBAGE, Listed as ListedAddress, Lists,
    MAX_BLOCKS, MAX_DOOR_SHUT_MS, MAX_WIDE_BLOCKS, Offence, Over, SLOTS, Shutting, Visit,
};
pub use errand::{Allowance, Errand, Errands, LINES, Run};
pub use friends::{Acquaintance, Between, befriend, may_reach};
pub use guess::{
    Asker, FORGET_MS, GuessLimits, Guesses, MAX_ASKERS, MAX_SHUT_MS, MAX_TARGETS, SHARED_FACTOR,
    Shut, Source, Try,
};
pub use guests::{
    GUEST_RATE_DIVISOR, GuestCode, guest_may, guest_rate, is_a_service, may_ask, may_be_called,
    may_come_as_guest, may_enter, may_rename_itself,
};
pub use knock::may_knock;
pub use makings::{MAX_MAKING_BLOCKS, MakingLimits, Makings, TooManyMade};
pub use masks::{Bearer, Belonging, Masked, Masks, fits, mask_of_one, parse_mask, renamed_mask};
pub use moderation::{Concerned, NewPassword, Order};
pub use network::{Network, NoNetwork};
pub use networks::Networks;
pub use pace::{
    BURST, Cost, FORGET_KICKS_MS, MAX_DELAYED, MAX_SILENCE_MS, MAX_WARNINGS, Pace, Pass, Patience,
    Rate, Reproof, SILENCE_MS, WARN_EVERY_MS, WARNING_LASTS_MS,
};
pub use permission::{
    Condition, Deed, Denial, Part, Verdict, may_know, may_see, part, permit, verdict,
};
pub use proxy::{
    BadProxyHeader, MAX_PROXY_BYTES, PROXY_HEAD_BYTES, ProxyHead, forwarded_for, may_begin_header,
};
pub use read::{ReadGrant, Standing, may_read, may_read_as, may_relay};
pub use registration::{
    Admission, CodeCheck, Listed, ServerRules, invite_of, may_add_account, may_delete_account,
    may_invite, may_make_device_code, may_register, may_reset, may_set_server,
};
pub use reports::{keeps_order, may_decide, report_goes_to};
pub use room::{Action, Outcome, PasswordCheck, Target, TargetKind, decide, may_create, replay};
pub use search::{SearchQuery, Term};
pub use server::{
    ServerBan, ServerDeed, Whom, longest_lockdown_s, may_change_lockdown, may_govern, may_run,
};
pub use shield::{Alarm, Shield, ShieldWish, SurgeLimits};
pub use slow::{LastSaid, MAX_SLOW_EDITS, Said};
pub use snug_proto::Retention;
pub use talking::{
    About, Addressed, excerpt, heed_blocks, is_heard, may_say_farewell, may_signal, may_type,
    names_in,
};
pub use view::{Access, Content, Entry, Member, RoomKind, RoomView, Sanction, Stay};
