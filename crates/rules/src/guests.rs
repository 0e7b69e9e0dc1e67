//! Guests: who may come in as one, under which name, and what a guest may ask (A9).

use snug_proto::{
    AccountName, ErrorCode, GuestPolicy, Refusal, RequestKind, Role, limits::MAX_GUEST_ROOMS,
};

use crate::{
    account::Actor,
    asking::{Guests, open_to},
    pace::Rate,
};

/// So many times slower a guest may talk than a member: what newcomers may.
pub const GUEST_RATE_DIVISOR: u32 = 2;

/// What is known of the code that came with a guest. The caller compared it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuestCode {
    /// None came.
    Absent,
    /// It is the shared access code.
    Right,
    /// It is something else.
    Wrong,
}

/// May somebody who is in so many rooms already go into another? Only guests are counted (A9).
pub fn may_enter(role: Role, rooms: u64) -> Result<(), Refusal> {
    if role == Role::Guest && rooms >= MAX_GUEST_ROOMS as u64 {
        let text = "A guest is in at most ten rooms at a time. Leave one first.";
        return Err(Refusal::with_text(ErrorCode::TooMany, text));
    }
    Ok(())
}

/// May one come in as a guest with this code?
pub fn may_come_as_guest(policy: GuestPolicy, code: GuestCode) -> Result<(), Refusal> {
    match (policy, code) {
        (GuestPolicy::Off, _) => Err(Refusal::with_text(
            ErrorCode::Forbidden,
            "This server takes no guests. Sign in, or register.",
        )),
        // As with accounts, a wrong code is told also where none is needed.
        (_, GuestCode::Wrong) => Err(ErrorCode::BadCode.into()),
        (GuestPolicy::Code, GuestCode::Absent) => Err(Refusal::with_text(
            ErrorCode::CodeNeeded,
            "Guests need this server's access code. Ask somebody inside for it.",
        )),
        (GuestPolicy::On, _) | (GuestPolicy::Code, GuestCode::Right) => Ok(()),
    }
}

/// Names by which a guest would pass for the server or for those who run it.
const OFFICIAL: &[&str] = &[
    "admin",
    "administrator",
    "announcements",
    "everyone",
    "moderator",
    "moderators",
    "operator",
    "owner",
    "server",
    "snug",
    "snugd",
    "staff",
    "support",
    "system",
];

/// Names that IRC networks give to programs to which people tell their passwords.
const SERVICES: &[&str] = &["chanserv", "nickserv", "services", "snugserv"];

/// Would somebody so called pass for a program of the server's? Nobody registers by such a name.
pub fn is_a_service(name: &AccountName) -> bool {
    looks_like_one_of(SERVICES, name)
}

fn looks_like_one_of(words: &[&str], name: &AccountName) -> bool {
    let looks = [Some(name.skeleton()), name.look()];
    let alike =
        |word: &&str| AccountName::parse(word).is_ok_and(|of| looks.contains(&Some(of.skeleton())));
    words.iter().any(alike)
}

/// May a guest be called so? That no account looks like it is the store's to say.
pub fn may_be_called(name: &AccountName) -> Result<(), ErrorCode> {
    if is_a_service(name) || looks_like_one_of(OFFICIAL, name) {
        Err(ErrorCode::NameTaken)
    } else {
        Ok(())
    }
}

/// May a guest ask this?
pub const fn guest_may(request: RequestKind) -> bool {
    matches!(open_to(request).1, Guests::Too)
}

/// May one of this role ask this?
pub fn may_ask(role: Role, request: RequestKind) -> Result<(), Refusal> {
    if role > Role::Guest || guest_may(request) {
        return Ok(());
    }
    let text = "Guests may not do that. Register to get an account of your own.";
    Err(Refusal::with_text(ErrorCode::Forbidden, text))
}

/// May this account give itself another name? Accounts are renamed by the owner.
pub fn may_rename_itself(actor: &Actor) -> bool {
    actor.role == Role::Guest
}

/// How fast a guest may talk where members may this.
pub fn guest_rate(rate: Rate) -> Rate {
    let slower = (rate.messages() / GUEST_RATE_DIVISOR).max(1);
    Rate::per_second(slower).unwrap_or(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_meets_every_code() {
        use GuestCode::{Absent, Right, Wrong};
        let all = |policy| {
            [Absent, Right, Wrong]
                .map(|code| may_come_as_guest(policy, code).map_err(|refusal| refusal.code))
        };
        let no = Err(ErrorCode::Forbidden);
        assert_eq!(all(GuestPolicy::Off), [no; 3]);
        let bad = Err(ErrorCode::BadCode);
        assert_eq!(all(GuestPolicy::On), [Ok(()), Ok(()), bad]);
        let needed = Err(ErrorCode::CodeNeeded);
        assert_eq!(all(GuestPolicy::Code), [needed, Ok(()), bad]);
    }

    #[test]
    fn a_guest_does_not_pass_for_those_who_run_the_server() {
        let called = |name: &str| may_be_called(&AccountName::parse(name).unwrap());
        // The last begins with a Cyrillic letter, or holds a digit for a letter.
        for official in [
            "admin", "Owner", "server", "аdmin", "0wner", "NickServ", "SnugServ",
        ] {
            assert_eq!(called(official), Err(ErrorCode::NameTaken), "{official}");
        }
        for service in ["nickserv", "NickServ", "ch\u{430}nserv"] {
            assert!(
                is_a_service(&AccountName::parse(service).unwrap()),
                "{service}"
            );
        }
        assert!(!is_a_service(&AccountName::parse("admin").unwrap()));
        assert_eq!(called("gus"), Ok(()));
        assert_eq!(called("owners-friend"), Ok(()));
    }

    #[test]
    fn a_guest_may_ask_for_nothing_of_an_account_or_of_the_server() {
        for asked in [
            RequestKind::NewToken,
            RequestKind::Invite,
            RequestKind::Befriend,
            RequestKind::Transfer,
            RequestKind::DeleteAccount,
            RequestKind::ServerBan,
        ] {
            let refused = may_ask(Role::Guest, asked).unwrap_err();
            assert_eq!(refused.code, ErrorCode::Forbidden, "{asked:?}");
            assert!(may_ask(Role::Member, asked).is_ok());
        }
        for asked in [
            RequestKind::Send,
            RequestKind::CreateRoom,
            RequestKind::Report,
        ] {
            assert!(may_ask(Role::Guest, asked).is_ok(), "{asked:?}");
        }
    }

    #[test]
    fn a_guest_talks_at_half_a_members_pace_and_never_not_at_all() {
        let of = |messages| guest_rate(Rate::per_second(messages).unwrap()).messages();
        assert_eq!([of(1), of(4), of(9)], [1, 2, 4]);
    }
}
