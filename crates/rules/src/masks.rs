//! A room's masks: patterns of names and cloaks that are kept out, let in, or given a voice (R4).

use std::collections::BTreeMap;

use snug_proto::{
    AccountId, ErrorCode, MaskKind, Refusal, Timestamp, folded_name, folded_pattern, like,
    limits::{MAX_MASK_CHARS, MAX_ROOM_MASKS},
};

use crate::{
    account::Actor,
    change::Change,
    permission::{Deed, permit},
    view::{RoomView, Sanction},
};

/// Before a mask's name, this fits those who have an account, and no guests.
const ACCOUNT: &str = "account:";
/// Before a mask that bans, this lets those who fit it in, and silences them; before one that exempts, this
/// exempts them from that alone.
const MUTE: &str = "mute:";

/// A room's masks, and until when and why each is there.
pub type Masks = BTreeMap<(MaskKind, String), Sanction>;

/// What the masks of a room say of one who acts there. Whoever knows the name looks it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing of the masks"
)]
pub struct Masked {
    /// A mask bans the name, and none exempts it.
    pub banned: bool,
    /// A mask silences them, and none exempts them.
    pub muted: bool,
    /// A mask lets the name in.
    pub invited: bool,
    /// A mask gives the name a voice.
    pub voiced: bool,
}

/// Is the one of that name a guest?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belonging {
    /// They have an account.
    Account,
    /// They are a guest.
    Guest,
}

/// A mask as it is kept: in lower case. `None` if this cannot be one.
pub fn parse_mask(text: &str) -> Option<String> {
    let (_, whom) = split_mute(text);
    let (name, user, cloak) = match whom.strip_prefix(ACCOUNT) {
        Some(name) => (name, None, None),
        None => parts(whom),
    };
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"!@,:#".contains(c);
    let pattern = |part: &str| !part.is_empty() && part.chars().all(fits);
    let short =
        |text: &str| text.len() <= MAX_MASK_CHARS * 4 && text.chars().count() <= MAX_MASK_CHARS;
    let fit = short(text) && pattern(name) && user.is_none_or(pattern) && cloak.is_none_or(pattern);
    // Some letters are longer in lower case, and as it is kept it is named by whoever lifts it.
    fit.then(|| folded_pattern(text)).filter(|kept| short(kept))
}

/// Does it silence only, and whom?
fn split_mute(mask: &str) -> (bool, &str) {
    match mask.strip_prefix(MUTE) {
        Some(whom) => (true, whom),
        None => (false, mask),
    }
}

/// The patterns of `name!user@cloak`; the last two may be left out, and the user alone as well.
fn parts(whom: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, cloak) = match whom.split_once('@') {
        Some((rest, cloak)) => (rest, Some(cloak)),
        None => (whom, None),
    };
    match rest.split_once('!') {
        Some((name, user)) => (name, Some(user), cloak),
        None => (rest, None, cloak),
    }
}

/// The name that a mask is of, if it is of one alone, and of no account by `account:`.
pub fn mask_of_one(mask: &str) -> Option<&str> {
    let (_, whom) = split_mute(mask);
    let (name, ..) = parts(whom);
    (!whom.starts_with(ACCOUNT) && !name.contains(['*', '?'])).then_some(name)
}

/// The same mask of another name.
pub fn renamed_mask(mask: &str, name: &str) -> String {
    let (mute, whom) = split_mute(mask);
    let (of, ..) = parts(whom);
    let mute = if mute { MUTE } else { "" };
    let rest = whom.get(of.len()..).unwrap_or_default();
    format!("{mute}{name}{rest}")
}

/// Bearer a mask may fit.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    /// Their name, however it is written.
    pub name: &'a str,
    /// The name that they go by beside it: it is held against them, and gets them nothing.
    pub worn: Option<&'a str>,
    /// What their client calls its user, as far as that is known.
    pub user: Option<&'a str>,
    /// Their id, whose first half is their cloak.
    pub id: &'a AccountId,
    /// Have they an account?
    pub standing: Belonging,
}

/// Do they fit the mask, which is in lower case?
pub fn fits(mask: &str, bearer: Bearer<'_>) -> bool {
    let name = &*folded_name(bearer.name);
    if let Some(mask) = mask.strip_prefix(ACCOUNT) {
        return bearer.standing == Belonging::Account && like(mask, name);
    }
    let (mask, user, cloak) = parts(mask);
    let called = |pattern: &str| {
        let user = folded_pattern(bearer.user.unwrap_or_default());
        like(pattern, &user)
    };
    let goes_by = |worn: &str| like(mask, &folded_name(worn));
    (like(mask, name) || bearer.worn.is_some_and(goes_by))
        && cloak.is_none_or(|cloak| like(cloak, &bearer.id.cloak()))
        && user.is_none_or(called)
}

impl RoomView {
    /// What the masks say of this person now.
    pub fn masked(&self, bearer: Bearer<'_>, now: Timestamp) -> Masked {
        if self.masks.is_empty() {
            return Masked::default();
        }
        let found = |wanted: MaskKind, mute: bool| {
            // What lets somebody in or gives them a voice is meant for whose name it is.
            let bearer = Bearer {
                worn: bearer.worn.filter(|_| wanted == MaskKind::Ban),
                ..bearer
            };
            self.masks.iter().any(|((kind, mask), sanction)| {
                let (silences, whom) = split_mute(mask);
                *kind == wanted && silences == mute && sanction.binds(now) && fits(whom, bearer)
            })
        };
        let any = |wanted| found(wanted, false);
        Masked {
            banned: any(MaskKind::Ban) && !any(MaskKind::Exempt),
            muted: found(MaskKind::Ban, true)
                && !any(MaskKind::Exempt)
                && !found(MaskKind::Exempt, true),
            invited: any(MaskKind::Invite),
            voiced: any(MaskKind::Voice),
        }
    }
}

/// The deed that this is: a mask does what could be done to each by name.
pub(crate) const fn deed(kind: MaskKind, removed: bool) -> Deed {
    match (kind, removed) {
        (MaskKind::Voice, false) => Deed::Unmute,
        (MaskKind::Voice, true) => Deed::Mute,
        (_, false) => Deed::Ban,
        (_, true) => Deed::Unban,
    }
}

pub(crate) fn put(
    view: &RoomView,
    actor: &Actor,
    (kind, mask, sanction): (MaskKind, String, Sanction),
    now: Timestamp,
) -> Result<Option<Change>, Refusal> {
    permit(view, actor, deed(kind, false), now)?;
    let key = (kind, mask);
    if view.masks.get(&key) == Some(&sanction) {
        return Ok(None);
    }
    let bind = |((one, _), sanction): &(&(MaskKind, String), &Sanction)| {
        *one == kind && sanction.binds(now)
    };
    if !view.masks.contains_key(&key) && view.masks.iter().filter(bind).count() >= MAX_ROOM_MASKS {
        return Err(ErrorCode::TooMany.into());
    }
    Ok(Some(Change::Mask {
        kind,
        mask: key.1,
        sanction: Some(sanction),
    }))
}

pub(crate) fn take(
    view: &RoomView,
    actor: &Actor,
    (kind, mask): (MaskKind, String),
    now: Timestamp,
) -> Result<Change, Refusal> {
    permit(view, actor, deed(kind, true), now)?;
    let key = (kind, mask);
    if !view.masks.contains_key(&key) {
        let text = "There is no such mask on this room.";
        return Err(Refusal::with_text(ErrorCode::UnknownPerson, text));
    }
    Ok(Change::Mask {
        kind,
        mask: key.1,
        sanction: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: AccountId = AccountId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9]);

    const fn guest(name: &str) -> Bearer<'_> {
        Bearer {
            name,
            worn: None,
            user: Some("Me"),
            id: &ID,
            standing: Belonging::Guest,
        }
    }

    const fn account(name: &str) -> Bearer<'_> {
        Bearer {
            standing: Belonging::Account,
            ..guest(name)
        }
    }

    #[test]
    fn a_mask_fits_the_names_that_it_should_and_no_others() {
        for (mask, name, fit) in [
            ("bob", "bob", true),
            ("bob", "bobby", false),
            ("bob*", "bobby", true),
            ("*ob", "bob", true),
            ("b?b", "bob", true),
            ("b?b", "bb", false),
            ("*", "", true),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("*a*b*c*", "xxaxxcxxbxx", false),
            ("**", "x", true),
            ("?*", "", false),
        ] {
            assert_eq!(fits(mask, guest(name)), fit, "{mask} {name}");
        }
        assert!(fits("account:b*", account("Bob")));
        assert!(!fits("account:b*", guest("bob")));
    }

    #[test]
    fn a_mask_fits_by_the_cloak_as_well_and_names_may_be_any() {
        for (mask, fit) in [
            ("*@aebagbafaydqq.cloak", true),
            ("bob@aebagbafaydqq.cloak", true),
            ("ann@aebagbafaydqq.cloak", false),
            ("*@aebag*", true),
            ("*@beb*", false),
            ("*@aebagbafaydqq", false),
            ("*@*", true),
        ] {
            assert_eq!(parse_mask(mask).as_deref(), Some(mask));
            assert_eq!(fits(mask, guest("Bob")), fit, "{mask}");
        }
        for bad in ["@x", "x@", "a@b@c", "account:a@b"] {
            assert_eq!(parse_mask(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_mask_fits_by_what_a_client_calls_its_user() {
        for (mask, fit) in [
            ("*!me@*", true),
            ("bob!m?", true),
            ("bob!you@*", false),
            ("ann!me@*", false),
        ] {
            assert_eq!(parse_mask(mask).as_deref(), Some(mask));
            assert_eq!(fits(mask, guest("Bob")), fit, "{mask}");
        }
        let unknown = Bearer {
            user: None,
            ..guest("bob")
        };
        assert!(!fits("*!me@*", unknown));
        for bad in ["!me@*", "bob!@*", "bob!a!b@*", "mute:", "mute:mute:bob"] {
            assert_eq!(parse_mask(bad), None, "{bad}");
        }
        assert_eq!(parse_mask("mute:Bob!*@*").as_deref(), Some("mute:bob!*@*"));
        assert_eq!(
            parse_mask("mute:account:bob").as_deref(),
            Some("mute:account:bob")
        );
    }

    #[test]
    fn what_somebody_wears_is_held_against_them_and_lets_them_in_nowhere() {
        let ann = Bearer {
            worn: Some("Foo"),
            ..account("ann")
        };
        assert!(fits("fo*", ann) && fits("ann", ann));
        assert!(!fits("account:foo", ann), "an account is called as it is");
        let masks = |kind| {
            let id = snug_proto::RoomId::from_bytes([1; 16]);
            let mut view = RoomView::new(id, crate::RoomKind::Ordinary);
            view.masks
                .insert((kind, "foo".to_owned()), Sanction::default());
            view.masked(ann, Timestamp::from_ms(0))
        };
        assert!(masks(MaskKind::Ban).banned);
        assert!(!masks(MaskKind::Invite).invited);
        assert!(!masks(MaskKind::Voice).voiced);
    }

    #[test]
    fn a_mask_of_one_name_is_told_from_others_and_given_another() {
        for (mask, one, renamed) in [
            ("bob", Some("bob"), "ann"),
            ("mute:bob!*@*", Some("bob"), "mute:ann!*@*"),
            ("bob@cloak", Some("bob"), "ann@cloak"),
            ("b*", None, "ann"),
            ("*!me@*", None, "ann!me@*"),
        ] {
            assert_eq!(mask_of_one(mask), one, "{mask}");
            assert_eq!(renamed_mask(mask, "ann"), renamed);
        }
        assert_eq!(mask_of_one("account:bob"), None);
    }

    #[test]
    fn a_hostile_mask_takes_no_time() {
        let mask = "*a".repeat(MAX_MASK_CHARS / 2);
        assert!(!fits(&mask, account(&"a".repeat(31))));
        assert!(!fits(&mask, account(&"ab".repeat(1000))));
    }

    #[test]
    fn what_is_no_mask_is_refused() {
        for text in ["", "account:", "a b", "a!b!c@d", "a\n", "#den"] {
            assert_eq!(parse_mask(text), None, "{text:?}");
        }
        assert_eq!(parse_mask("account:Bob*"), Some("account:bob*".to_owned()));
        assert_eq!(parse_mask(&"a".repeat(65)), None);
    }
}
