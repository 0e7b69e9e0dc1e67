//! What a request is answered with: the wire's `ok` objects, by area.

mod account;
mod announcements;
mod audit;
mod circles;
mod credits;
mod door;
mod friends;
mod governing;
mod masks;
mod mechanisms;
mod metadata;
mod moderation;
mod presence;
mod reports;
mod room;
mod search;
mod second_factor;
mod server;
mod session;
mod talk;

use serde::{Deserialize, Serialize};

use crate::RequestKind;

pub use account::*;
pub use announcements::*;
pub use audit::*;
pub use circles::*;
pub use credits::*;
pub use door::*;
pub use friends::*;
pub use governing::*;
pub use masks::*;
pub use mechanisms::*;
pub use metadata::*;
pub use moderation::*;
pub use presence::*;
pub use reports::*;
pub use room::*;
pub use search::*;
pub use second_factor::*;
pub use server::*;
pub use session::*;
pub use talk::*;

/// Done; there is nothing more to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// The answer is of another kind than the one expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is of another kind than the request asks for")]
pub struct OtherResponse;

macro_rules! responses {
    ($($name:ident for $($kind:ident)+;)*) => {
        /// The answer to a request that was not refused.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[expect(missing_docs, reason = "each variant's struct says it")]
        pub enum Response {
            $($name($name),)*
        }

        impl Response {
            /// Reads the `ok` object that answers a request of this kind.
            pub fn parse(kind: RequestKind, ok: &str) -> serde_json::Result<Self> {
                match kind {
                    $($(RequestKind::$kind)|+ => serde_json::from_str(ok).map(Self::$name),)*
                }
            }
        }

        $(impl From<$name> for Response {
            fn from(response: $name) -> Self {
                Self::$name(response)
            }
        }

        impl TryFrom<Response> for $name {
            type Error = OtherResponse;

            fn try_from(response: Response) -> Result<Self, OtherResponse> {
                match response {
                    Response::$name(response) => Ok(response),
                    _ => Err(OtherResponse),
                }
            }
        })*
    };
}

responses! {
    Done for AddAccount Ping Quit Follow Mark Typing Leave RevokeToken Unfriend Block Unblock RevokeSession ChangePassword ChangePasswordFinish DeleteAccount SetServerRole HandOver AcceptServer ServerKick ServerBan ServerUnban RenameAccount Knock Withdraw DecideReport Watch Label SetGroup Away Hail AddCertificate SetScram ProveCode DropSecondFactor Allow Disallow ProveWork;
    Welcome for Hello;
    SignedIn for Register RegisterFinish SignIn SignInFinish SignInCertificate SignInScramFinish SecondFactor Resume ComeAsGuest Reset ResetFinish;
    OpaqueReply for RegisterStart SignInStart ResetStart ProveStart;
    ScramReply for SignInScram;
    SecondFactorOffer for OfferSecondFactor;
    RecoveryCodes for SetSecondFactor;
    ChangePasswordReply for ChangePasswordStart;
    Sent for Send Edit Delete React Tag Kick Ban Unban Mute Unmute SetRole InviteTo SetRoom SetMask;
    SignalSent for Signal;
    HaveRead for ReadUntil;
    Page for Read;
    Found for Search;
    Entered for CreateRoom Join;
    RoomList for Rooms;
    People for Who;
    Befriended for Befriend;
    FriendList for Friends;
    BlockList for Blocks;
    Myself for Me;
    Card for Whois;
    Formerly for Whowas;
    Monitored for Monitor;
    GoesBy for Wear;
    Counted for Counts;
    Operating for Operate;
    MetadataList for Metadata SetMetadata;
    MetadataKeys for FollowMetadata;
    Purse for Credits;
    Moved for Grant Transfer BuyVip;
    LedgerPage for Ledger;
    BanList for Bans;
    MaskList for Masks;
    RoomAbout for AboutRoom;
    Invited for Invite;
    TokenMade for NewToken;
    TokenList for Tokens;
    SessionList for Sessions;
    CodeMade for ResetCode DeviceCode;
    ServerSettings for Server;
    AuditPage for Audit;
    ServerBanList for ServerBans;
    Announced for Announce;
    AnnouncementList for Announcements;
    Reported for Report;
    ReportList for Reports;
    GroupList for Groups;
    AllowedList for Allowed;
    LockdownState for Lockdown;
    DoorState for Shield;
    Purged for Purge;
}
