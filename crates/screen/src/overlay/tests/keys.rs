//! What keys do in overlays, and what is asked for by them.

use snug_proto::{Invite, PersonRef, React, Request, RoomChanges, RoomRef};

use super::{World, world::room_id};
use crate::{
    Effect, EnterAs, FirstNews, FirstStep, Input, Mouse, MouseKind, overlay::Welcome, state::Anchor,
};

#[test]
fn the_switcher_goes_where_its_letters_say() {
    let mut world = World::new(80, 24);
    world.press("<Ctrl-K>gard<Enter>");
    assert_eq!(world.screen.state().here.unwrap().room, room_id(3));
    assert!(!world.screen.has_overlay());
    // Two keys go back and forth.
    world.press("<Ctrl-K><Enter>");
    assert_eq!(world.screen.state().here.unwrap().room, room_id(2));
    world.press("<Ctrl-K><Enter>");
    assert_eq!(world.screen.state().here.unwrap().room, room_id(3));
    world.press("<Ctrl-K>den<Esc>");
    assert_eq!(world.screen.state().here.unwrap().room, room_id(3));
}

#[test]
fn in_the_lobby_somebody_is_banned_from_the_server() {
    let mut world = World::new(80, 24);
    world.press("<Ctrl-K>lobby<Enter><Alt-m>people of this room<Enter>");
    world.answer_all();
    world.press("ben<Enter>");
    let offered = world.draw_overlay();
    assert!(
        offered.contains("Ban from the server") && !offered.contains("of this room"),
        "{offered}"
    );
    world.press("ban from<Enter>2d<Tab>spam<Enter>");
    let asked = world.requests();
    let banned = |request: &&Request| {
        matches!(request, Request::ServerBan(ban)
            if ban.who == Some(PersonRef::from("ben")) && ban.for_s == Some(172_800))
    };
    assert!(asked.iter().any(banned), "{asked:?}");
}

#[test]
fn a_hit_opens_the_history_around_it() {
    let mut world = World::new(80, 24);
    world.press("<Ctrl-F>neighbours<Enter>");
    world.answer_all();
    world.press("<Down><Enter>");
    assert!(!world.screen.has_overlay());
    assert_eq!(world.screen.state().here.unwrap().room, room_id(3));
    let asked = world.requests();
    let around = |request: &&Request| matches!(request, Request::Read(read) if read.room == RoomRef::Id(room_id(3)));
    assert!(asked.iter().any(around), "{asked:?}");
    assert_eq!(world.screen.state().cursor.unwrap().seq, 40);
}

#[test]
fn esc_goes_back_from_a_hit_to_exactly_where_one_was() {
    let mut world = World::new(80, 24);
    world.press("half a thought<Alt-k><Alt-k>");
    let place = |world: &World| {
        let state = world.screen.state();
        (state.here, state.anchor, state.cursor)
    };
    let before = place(&world);
    for _ in 0..2 {
        world.press("<Ctrl-F>neighbours<Enter>");
        world.answer_all();
        world.press("<Down><Enter>");
        world.answer_all();
        assert_ne!(place(&world), before);
    }
    world.press("<Esc>");
    world.answer_all();
    assert_eq!(place(&world), before);
    let (_, room) = world.screen.state().current().unwrap();
    assert_eq!(room.editor.words(), "half a thought");
    // A hit in the room that is shown, and back to its end.
    world.press("<Esc><Ctrl-F>neighbours<Enter>");
    world.answer_all();
    world.press("<Enter>");
    world.answer_all();
    assert_eq!(world.screen.state().cursor.unwrap().seq, 4);
    world.press("<Esc>");
    world.answer_all();
    assert_eq!(world.screen.state().anchor, Anchor::End);
    assert_eq!(world.screen.state().cursor, None);
}

#[test]
fn an_invitation_is_asked_for_once_and_copied() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>invite<Enter><Ctrl-U>3d<Enter><Enter>");
    let invite = Invite {
        expires_in_s: Some(3 * 86_400),
    };
    assert_eq!(world.requests(), [&Request::from(invite)]);
    world.answer_all();
    let line = "snug join snug://chat.example.org:7667/#K7QD3MZP --code maple-orbit-19-cedar";
    assert!(
        world.effects.contains(&Effect::Copy(line.to_owned())),
        "{:?}",
        world.effects
    );
}

#[test]
fn a_refusal_stands_in_the_form_and_what_was_written_stays() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>people of this room<Enter>");
    world.answer_all();
    world.press("ben<Enter>ban<Enter>2d<Tab>spam<Enter>");
    let Request::Ban(ban) = world.requests()[0].clone() else {
        panic!("{:?}", world.requests());
    };
    assert_eq!(
        (ban.who, ban.for_s),
        (PersonRef::from("ben"), Some(172_800))
    );
    world.answer_all();
    assert!(world.screen.has_overlay());
    let drawn = world.draw();
    assert!(drawn.contains("spam"), "{drawn}");
    world.press("<Tab><BackTab><BackTab><Ctrl-U>soon<Enter>");
    assert!(
        world.draw().contains("A length of time is like"),
        "{}",
        world.draw()
    );
    assert!(world.requests().is_empty());
}

#[test]
fn room_settings_ask_for_what_is_changed_and_nothing_else() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>how this room<Enter>");
    world.answer_all();
    world.press("<Ctrl-U>The trip<Enter>");
    let Request::SetRoom(set) = world.requests()[0].clone() else {
        panic!("{:?}", world.requests());
    };
    let changes = RoomChanges {
        topic: Some("The trip".to_owned()),
        ..RoomChanges::default()
    };
    assert_eq!(*set.changes, changes);
}

#[test]
fn a_reaction_goes_to_the_message_under_the_cursor() {
    let mut world = World::new(80, 24);
    world.press("<Alt-k>+tada<Enter>");
    let react = React {
        room: RoomRef::Id(room_id(2)),
        seq: 5,
        emoji: "🎉".to_owned(),
        remove: false,
        key: None,
    };
    assert_eq!(world.requests(), [&Request::from(react)]);
}

#[test]
fn tab_completes_at_once_what_can_be_one_thing_only_and_else_lists() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>people of this room<Enter>");
    world.answer_all();
    world.press("<Esc><Esc>");
    assert!(!world.screen.has_overlay());
    let written = |world: &World| {
        let state = world.screen.state();
        state.current().unwrap().1.editor.words().to_owned()
    };
    world.press("@da<Tab>");
    assert_eq!(written(&world), "@dana ");
    assert!(!world.screen.has_overlay());
    world.press("<Ctrl-U>/ban da<Tab>");
    assert_eq!(written(&world), "/ban dana ");
    world.press("<Ctrl-U>da<Tab>");
    assert_eq!(written(&world), "@dana ");
    world.press("and :tad<Tab>");
    assert_eq!(written(&world), "@dana and 🎉 ");
    world.press("#<Tab><Tab> and");
    assert!(
        written(&world).starts_with("@dana and 🎉 #"),
        "{}",
        written(&world)
    );
    assert!(written(&world).ends_with(" and"), "{}", written(&world));
}

#[test]
fn a_level_and_quiet_are_kept_in_the_file() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>what this room tells<Enter>nothing<Enter>");
    let save = Effect::SaveSetting {
        name: "notifications.rooms.\"home/den\"".to_owned(),
        value: "\"nothing\"".to_owned(),
    };
    assert_eq!(world.effects.last(), Some(&save));
    // And taken out of it again.
    world.press("<Alt-m>what this room tells<Enter>as for all<Enter>");
    let save = Effect::SaveSetting {
        name: "notifications.rooms.\"home/den\"".to_owned(),
        value: String::new(),
    };
    assert_eq!(world.effects.last(), Some(&save));
}

#[test]
fn a_join_line_leads_to_coming_in() {
    let mut world = World::new(80, 24);
    world.screen.lay_over(Box::new(Welcome::default()));
    world.input(Input::Paste(
        "snug join snug://h:1/#K7 --code maple-7".to_owned(),
    ));
    let link = "snug://h:1/#K7".to_owned();
    let visit = Effect::First(FirstStep::Visit { link: link.clone() });
    assert_eq!(world.effects, [visit]);
    world.effects.clear();
    world.input(Input::First(FirstNews::Server {
        link: link.clone(),
        name: "home".to_owned(),
        registration: snug_proto::Registration::Invite,
        guests: snug_proto::GuestPolicy::Off,
        code: None,
    }));
    world.press("<Enter>olga<Enter> se cret <Enter> se cret<Enter>");
    assert!(world.draw().contains("not the same"), "{}", world.draw());
    world.press(" <Enter>");
    let [Effect::First(FirstStep::Enter(entering))] = world.effects.as_slice() else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(
        (entering.as_what, entering.name.as_str()),
        (EnterAs::New, "olga")
    );
    assert_eq!(entering.password.as_ref().unwrap().expose(), " se cret ");
    assert_eq!(entering.code.as_ref().unwrap().expose(), "maple-7");
    world.input(Input::First(FirstNews::Failed(
        "That name is taken.".to_owned(),
    )));
    assert!(world.draw().contains("That name is taken."));
    world.input(Input::First(FirstNews::Entered));
    assert!(!world.screen.has_overlay());
}

#[test]
fn a_second_factor_is_asked_for_in_the_form_itself() {
    let mut world = World::new(80, 24);
    world.screen.lay_over(Box::new(Welcome::default()));
    world.input(Input::Paste("snug join snug://h:1/#K7".to_owned()));
    world.input(Input::First(FirstNews::Server {
        link: "snug://h:1/#K7".to_owned(),
        name: "home".to_owned(),
        registration: snug_proto::Registration::Invite,
        guests: snug_proto::GuestPolicy::Off,
        code: None,
    }));
    world.press("<Right><Enter>olga<Enter>secret<Enter>");
    let sent = |world: &World| match world.effects.last() {
        Some(Effect::First(FirstStep::Enter(entering))) => entering.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(sent(&world).second_factor, None);
    world.input(Input::First(FirstNews::CodeNeeded));
    assert!(world.draw().contains("Second factor"), "{}", world.draw());
    world.press("<Enter>");
    assert!(world.draw().contains("Write the code"), "{}", world.draw());
    world.press("287082<Enter>");
    let entering = sent(&world);
    assert_eq!(
        (entering.as_what, entering.name.as_str()),
        (EnterAs::Known, "olga")
    );
    assert_eq!(entering.password.unwrap().expose(), "secret");
    assert_eq!(entering.second_factor.unwrap().expose(), "287082");
    world.input(Input::First(FirstNews::Entered));
    assert!(!world.screen.has_overlay());
}

#[test]
fn esc_goes_back_one_list_and_what_is_done_closes_all() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>people of this room<Enter>");
    world.answer_all();
    world.press("ben<Enter>ban<Enter>");
    for title in ["Ban ben", "ben", "People of #den", "What can be done"] {
        let drawn = world.draw_overlay();
        assert!(drawn.contains(title), "{title}: {drawn}");
        world.press("<Esc>");
    }
    assert!(!world.screen.has_overlay());
    world.press("<Alt-m>people of this room<Enter>");
    world.answer_all();
    world.press("ben<Enter>who they<Enter>");
    assert!(!world.screen.has_overlay());
    let [Effect::Command { line, .. }] = world.effects.as_slice() else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(line, "/whois ben");
}

#[test]
fn the_mouse_takes_a_row_and_leaves_beside_the_box() {
    let mut world = World::new(80, 24);
    world.press("<Ctrl-K>");
    let drawn = world.draw_overlay();
    let row = drawn
        .lines()
        .position(|line| line.contains("# garden"))
        .unwrap();
    let mouse = |kind, column, row: usize| {
        let row = u16::try_from(row).unwrap();
        Input::Mouse(Mouse { kind, column, row })
    };
    world.input(mouse(MouseKind::ScrollDown, 10, row));
    world.input(mouse(MouseKind::Press, 10, row));
    assert_eq!(world.screen.state().here.unwrap().room, room_id(3));
    world.press("<Ctrl-K>");
    world.input(mouse(MouseKind::Press, 0, 0));
    assert!(!world.screen.has_overlay());
}

#[test]
fn help_is_asked_for_by_its_command_too() {
    let mut world = World::new(80, 24);
    world.press("/help ban<Enter>");
    assert!(world.draw_overlay().contains("For example: /ban dana"));
    world.press("<Esc>/help friens<Ctrl-W><Ctrl-W>/help<Enter>");
    assert!(world.draw_overlay().contains("Keys and commands"));
    assert!(
        world
            .effects
            .iter()
            .all(|effect| matches!(effect, Effect::SaveDraft { .. }))
    );
}

#[test]
fn a_room_that_is_not_there_is_made_under_the_name_that_was_typed() {
    let mut world = World::new(80, 24);
    world.press("<Alt-n>");
    world.answer_all();
    world.press("shed<Enter><Enter>");
    let Request::CreateRoom(create) = world.requests()[0].clone() else {
        panic!("{:?}", world.requests());
    };
    assert_eq!(create.room, "shed");
    world.answer_all();
    assert!(!world.screen.has_overlay());
    assert_eq!(world.screen.state().here.unwrap().room, room_id(6));
}

#[test]
fn ones_own_reaction_is_taken_away_by_the_same_key() {
    let mut world = World::new(80, 24);
    world.react("🎉");
    world.press("<Alt-k>+");
    assert!(
        world.draw_overlay().contains("🎉 1"),
        "{}",
        world.draw_overlay()
    );
    world.press("<Enter>");
    let Request::React(react) = world.requests()[0].clone() else {
        panic!("{:?}", world.requests());
    };
    assert_eq!((react.emoji.as_str(), react.remove), ("🎉", true));
}

#[test]
fn one_more_server_is_come_to_and_esc_goes_back() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>one more<Enter>");
    assert!(world.draw_overlay().contains("One more server"));
    world.press("<Esc>");
    assert!(world.draw_overlay().contains("What can be done"));
    assert!(!world.effects.contains(&Effect::Quit));
    world.press("<Enter>");
    world.input(Input::Paste("snug://h:1/#K7".to_owned()));
    let link = "snug://h:1/#K7".to_owned();
    let visit = Effect::First(FirstStep::Visit { link });
    assert_eq!(world.effects.last(), Some(&visit));
    world.input(Input::First(FirstNews::Entered));
    assert!(!world.screen.has_overlay());
}

#[test]
fn enter_before_the_list_is_there_takes_what_comes() {
    let mut world = World::new(80, 24);
    world.press("<Alt-m>people of this room<Enter>dana<Enter>");
    assert!(world.draw_overlay().contains("Asking the server"));
    world.answer_all();
    assert!(
        world.draw_overlay().contains("/msg dana"),
        "{}",
        world.draw_overlay()
    );
}

#[test]
fn a_room_by_invitation_is_knocked_at() {
    let mut world = World::new(80, 24);
    world.press("<Alt-n>");
    world.answer_all();
    world.press("vault<Enter>");
    let Some(Effect::Command { line, .. }) = world.effects.last() else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(line, "/knock vault");
}
