//! Between two people: friends, blocks, and who may reach whom directly (D2, D3, D4).

use snug_proto::{ErrorCode, Friendship};

/// How two accounts stand with each other, as the one who acts sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Between {
    /// Asked, asks, friends, or nothing.
    pub friendship: Friendship,
    /// The one who acts blocks the other.
    pub blocks: bool,
    /// The other blocks the one who acts.
    pub blocked: bool,
}

impl Between {
    /// Two who never met.
    pub const STRANGERS: Self = Self {
        friendship: Friendship::None,
        blocks: false,
        blocked: false,
    };

    /// Does a block stand between them, whoever made it? Then neither reaches the other (DECISIONS 21).
    pub const fn is_closed(&self) -> bool {
        self.blocks || self.blocked
    }

    /// The same, as the other sees it.
    #[must_use]
    pub const fn turned(self) -> Self {
        Self {
            friendship: match self.friendship {
                Friendship::Asked => Friendship::Asks,
                Friendship::Asks => Friendship::Asked,
                same => same,
            },
            blocks: self.blocked,
            blocked: self.blocks,
        }
    }
}

/// What a stranger is judged by, where somebody takes nothing from strangers (D4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acquaintance {
    /// They have a room in common that is neither the lobby nor a direct conversation.
    pub shares_a_room: bool,
    /// The one who is to be reached wrote to the other before.
    pub was_written_to: bool,
}

impl Acquaintance {
    /// What of it a guest is judged by, where somebody hears no guests: a room in common is none that they chose.
    #[must_use]
    pub const fn of_guest(self) -> Self {
        Self {
            shares_a_room: false,
            ..self
        }
    }
}

/// Asks somebody to be a friend, or accepts: what the friendship is then.
pub const fn befriend(between: &Between) -> Result<Friendship, ErrorCode> {
    if between.blocked {
        return Err(ErrorCode::NotAccepting);
    }
    if between.blocks {
        return Err(ErrorCode::Forbidden);
    }
    Ok(match between.friendship {
        Friendship::None | Friendship::Asked => Friendship::Asked,
        Friendship::Asks | Friendship::Friends => Friendship::Friends,
    })
}

/// May one reach the other with something meant for them alone: a direct message, an edit of one, an
/// invitation, a mention, a reaction, typing? `stranger` is what to judge by where the other takes
/// nothing from strangers, `None` where they take it from all.
pub const fn may_reach(
    between: &Between,
    stranger: Option<&Acquaintance>,
) -> Result<(), ErrorCode> {
    if between.is_closed() {
        return Err(ErrorCode::NotAccepting);
    }
    match stranger {
        None => Ok(()),
        Some(_) if matches!(between.friendship, Friendship::Friends) => Ok(()),
        Some(known) if known.shares_a_room || known.was_written_to => Ok(()),
        Some(_) => Err(ErrorCode::NotAccepting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every() -> impl Iterator<Item = Between> {
        use Friendship::{Asked, Asks, Friends, None};
        [None, Asked, Asks, Friends]
            .into_iter()
            .flat_map(|friendship| {
                [(false, false), (false, true), (true, false), (true, true)].map(
                    |(blocks, blocked)| Between {
                        friendship,
                        blocks,
                        blocked,
                    },
                )
            })
    }

    #[test]
    fn a_guest_who_was_not_written_to_is_not_heard_by_who_hears_none() {
        let between = Between::STRANGERS;
        for (was_written_to, heard) in [(false, false), (true, true)] {
            let known = Acquaintance {
                shares_a_room: true,
                was_written_to,
            };
            assert_eq!(may_reach(&between, Some(&known.of_guest())).is_ok(), heard);
        }
    }

    #[test]
    fn nothing_passes_a_block_in_either_direction() {
        let known = Acquaintance {
            shares_a_room: true,
            was_written_to: true,
        };
        for between in every().filter(Between::is_closed) {
            for stranger in [None, Some(&known)] {
                assert_eq!(
                    may_reach(&between, stranger),
                    Err(ErrorCode::NotAccepting),
                    "{between:?}"
                );
            }
            assert!(befriend(&between).is_err(), "{between:?}");
            assert_eq!(
                may_reach(&between.turned(), None),
                Err(ErrorCode::NotAccepting)
            );
        }
    }

    #[test]
    fn one_who_takes_nothing_from_strangers_hears_friends_and_acquaintances() {
        for between in every().filter(|between| !between.is_closed()) {
            for (shares_a_room, was_written_to) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let known = Acquaintance {
                    shares_a_room,
                    was_written_to,
                };
                let friends = between.friendship == Friendship::Friends;
                let expected = friends || shares_a_room || was_written_to;
                assert_eq!(may_reach(&between, Some(&known)).is_ok(), expected);
            }
            assert_eq!(may_reach(&between, None), Ok(()));
        }
    }

    #[test]
    fn two_who_ask_each_other_are_friends() {
        let mut between = Between::STRANGERS;
        between.friendship = befriend(&between).unwrap();
        assert_eq!(between.friendship, Friendship::Asked);
        assert_eq!(befriend(&between), Ok(Friendship::Asked));
        assert_eq!(befriend(&between.turned()), Ok(Friendship::Friends));
    }
}
