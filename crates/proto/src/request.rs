//! What a client can ask for. One struct a request, by area; one table that names them all.

mod account;
mod announcements;
mod audit;
mod circles;
mod credits;
mod door;
mod friends;
mod governing;
mod guests;
mod knock;
mod masks;
mod mechanisms;
mod metadata;
mod moderation;
mod password;
mod presence;
mod reports;
mod room;
mod search;
mod second_factor;
mod server;
mod session;
mod talk;
mod watch;

use serde::Serialize;

pub use account::*;
pub use announcements::*;
pub use audit::*;
pub use circles::*;
pub use credits::*;
pub use door::*;
pub use friends::*;
pub use governing::*;
pub use guests::*;
pub use knock::*;
pub use masks::*;
pub use mechanisms::*;
pub use metadata::*;
pub use moderation::*;
pub use password::*;
pub use presence::*;
pub use reports::*;
pub use room::*;
pub use search::*;
pub use second_factor::*;
pub use server::*;
pub use session::*;
pub use talk::*;
pub use watch::*;

macro_rules! requests {
    ($($name:ident $wire:literal;)*) => {
        /// A request of the wire, without its id.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant's struct says it")]
        pub enum Request {
            $($name($name),)*
        }

        /// The name of a request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each request's struct says it")]
        pub enum RequestKind {
            $($name,)*
        }

        impl RequestKind {
            /// Every request, in the order of the protocol's text.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The value of `do`.
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// The request so named, or `None` for one this version does not know.
            pub fn from_wire(wire: &str) -> Option<Self> {
                match wire { $($wire => Some(Self::$name),)* _ => None }
            }

            /// May the answer be long: a list, or a page?
            pub const fn may_be_answered_at_length(self) -> bool {
                !matches!(
                    self,
                    Self::Hello
                        | Self::Ping
                        | Self::Send
                        | Self::Edit
                        | Self::Delete
                        | Self::React
                        | Self::Tag
                        | Self::Signal
                        | Self::Typing
                        | Self::Mark
                        | Self::Join
                        | Self::Leave
                        | Self::Away
                        | Self::Quit
                        | Self::Follow
                        | Self::Befriend
                        | Self::Unfriend
                        | Self::Block
                        | Self::Unblock
                        | Self::InviteTo
                        | Self::CreateRoom
                        | Self::Kick
                        | Self::Ban
                        | Self::Unban
                        | Self::Mute
                        | Self::Unmute
                        | Self::SetRole
                        | Self::SetRoom
                        | Self::Invite
                )
            }

            /// Reads the request's own fields from its line.
            pub(crate) fn parse(self, line: &str) -> serde_json::Result<Request> {
                match self { $(Self::$name => serde_json::from_str(line).map(Request::$name),)* }
            }
        }

        impl Request {
            /// Which request this is.
            pub const fn kind(&self) -> RequestKind {
                match self { $(Self::$name(_) => RequestKind::$name,)* }
            }
        }

        impl Serialize for Request {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Self::$name(request) => request.serialize(serializer),)* }
            }
        }

        $(impl From<$name> for Request {
            fn from(request: $name) -> Self {
                Self::$name(request)
            }
        })*
    };
}

requests! {
    Hello "hello";
    Ping "ping";
    Register "register";
    RegisterStart "register_start";
    RegisterFinish "register_finish";
    SignIn "sign_in";
    SignInStart "sign_in_start";
    SignInFinish "sign_in_finish";
    SignInCertificate "sign_in_certificate";
    SignInScram "sign_in_scram";
    SignInScramFinish "sign_in_scram_finish";
    SecondFactor "second_factor";
    Resume "resume";
    ComeAsGuest "guest";
    Quit "quit";
    Follow "follow";
    Send "send";
    Edit "edit";
    Delete "delete";
    React "react";
    Typing "typing";
    Tag "tag";
    Signal "signal";
    Read "read";
    Mark "mark";
    ReadUntil "read_until";
    Search "search";
    CreateRoom "create_room";
    Join "join";
    Leave "leave";
    Rooms "rooms";
    Who "who";
    Befriend "befriend";
    Unfriend "unfriend";
    Friends "friends";
    Block "block";
    Unblock "unblock";
    Blocks "blocks";
    Me "me";
    Away "away";
    Wear "wear";
    Whois "whois";
    Whowas "whowas";
    Monitor "monitor";
    Counts "counts";
    Operate "operate";
    Hail "hail";
    Metadata "metadata";
    SetMetadata "set_metadata";
    FollowMetadata "follow_metadata";
    Credits "credits";
    Grant "grant";
    Transfer "transfer";
    BuyVip "buy_vip";
    Ledger "ledger";
    Kick "kick";
    Ban "ban";
    Unban "unban";
    Mute "mute";
    Unmute "unmute";
    SetMask "set_mask";
    Masks "masks";
    Bans "bans";
    SetRole "set_role";
    InviteTo "invite_to";
    Knock "knock";
    SetRoom "set_room";
    AboutRoom "about_room";
    Invite "invite";
    NewToken "new_token";
    Tokens "tokens";
    RevokeToken "revoke_token";
    AddCertificate "add_certificate";
    SetScram "set_scram";
    OfferSecondFactor "offer_second_factor";
    SetSecondFactor "set_second_factor";
    ProveCode "prove_code";
    DropSecondFactor "drop_second_factor";
    Sessions "sessions";
    RevokeSession "revoke_session";
    ChangePassword "change_password";
    ChangePasswordStart "change_password_start";
    ChangePasswordFinish "change_password_finish";
    ResetCode "reset_code";
    AddAccount "add_account";
    DeviceCode "device_code";
    ProveStart "prove_start";
    DeleteAccount "delete_account";
    Reset "reset";
    ResetStart "reset_start";
    ResetFinish "reset_finish";
    Server "server";
    Audit "audit";
    SetServerRole "set_server_role";
    HandOver "hand_over";
    AcceptServer "accept_server";
    ServerKick "server_kick";
    ServerBan "server_ban";
    ServerUnban "server_unban";
    ServerBans "server_bans";
    RenameAccount "rename_account";
    Announce "announce";
    Withdraw "withdraw";
    Announcements "announcements";
    Report "report";
    Reports "reports";
    DecideReport "decide_report";
    Watch "watch";
    Label "label";
    SetGroup "set_group";
    Groups "groups";
    Allow "allow";
    Disallow "disallow";
    Allowed "allowed";
    Lockdown "lockdown";
    Shield "shield";
    Purge "purge";
    ProveWork "prove_work";
}
