//! Each overlay as text, at 80x24 and at 40x12.

use super::{World, world::HOME};
use crate::{Action, FirstNews, Input, overlay::Welcome};

/// Draws it at both sizes.
fn pictures(name: &str, prepare: impl Fn(&mut World)) {
    for (width, height) in [(80, 24), (40, 12)] {
        let mut world = World::new(width, height);
        prepare(&mut world);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), world.draw_overlay());
    }
}

/// Opens a row of the menu.
fn from_menu(world: &mut World, letters: &str) {
    world.press("<Alt-m>");
    world.press(letters);
    world.press("<Enter>");
    world.answer_all();
}

#[test]
fn the_switcher_lists_where_one_was_first() {
    pictures("switcher", |world| world.press("<Ctrl-K>"));
    pictures("switcher_narrowed", |world| world.press("<Ctrl-K>den"));
}

#[test]
fn the_menu_the_help_and_a_command() {
    pictures("menu", |world| world.press("<Alt-m>"));
    pictures("help", |world| world.press("<F1>"));
    pictures("help_of_a_command", |world| {
        world.press("?/ban<Ctrl-U>ban<Enter>");
    });
}

#[test]
fn search_marks_what_was_sought() {
    pictures("search_empty", |world| world.press("<Ctrl-F>"));
    pictures("search", |world| {
        world.press("<Ctrl-F>neighbours<Enter>");
        world.answer_all();
    });
}

#[test]
fn completion_stands_above_the_input() {
    pictures("completion_of_commands", |world| world.press("/<Tab>"));
    pictures("completion_of_emoji", |world| world.press("so :smi<Tab>"));
}

#[test]
fn people_friends_and_what_can_be_done_with_them() {
    pictures("people", |world| from_menu(world, "people of this room"));
    pictures("person", |world| {
        from_menu(world, "people of this room");
        world.press("ben<Enter>");
    });
    pictures("friends", |world| from_menu(world, "friends"));
    pictures("ban", |world| {
        from_menu(world, "people of this room");
        world.press("ben<Enter>ban<Enter>2d<Tab>spam");
    });
}

#[test]
fn rooms_are_joined_made_and_set_up() {
    pictures("rooms", |world| {
        world.press("<Alt-n>");
        world.answer_all();
    });
    pictures("create", |world| {
        from_menu(world, "join or create");
        world.press("<Enter>attic<Tab><Right><Tab>secret<Tab><Right>");
    });
    pictures("room_settings", |world| {
        from_menu(world, "how this room");
        world.press("<Ctrl-U>The trip<Tab><Tab><Tab><Tab><Tab><Tab><Ctrl-U>5m");
    });
}

#[test]
fn the_server_and_ones_account() {
    pictures("server_settings", |world| {
        from_menu(world, "how this server");
        world.press("<Left><Left>");
    });
    pictures("keeping_order", |world| from_menu(world, "keep order"));
    pictures("sessions", |world| from_menu(world, "where I am"));
    pictures("tokens", |world| from_menu(world, "tokens"));
    pictures("notifications", |world| {
        from_menu(world, "what this room tells");
    });
    pictures("settings", |world| from_menu(world, "do not disturb"));
    pictures("myself", |world| from_menu(world, "how others see me"));
}

#[test]
fn an_invitation_is_made_and_shown() {
    pictures("invite", |world| from_menu(world, "invite"));
    pictures("invitation", |world| {
        from_menu(world, "invite");
        world.press("<Enter>");
        world.answer_all();
    });
}

#[test]
fn emoji_and_reports() {
    pictures("react", |world| world.press("<Alt-k>+hea"));
    pictures("report", |world| world.press("<Alt-k>!This is spam."));
}

#[test]
fn the_first_start_has_three_choices() {
    let welcome = |world: &mut World| {
        world.input(Input::Forget(HOME));
        world.screen.lay_over(Box::new(Welcome::default()));
    };
    pictures("welcome", welcome);
    pictures("welcome_paste", |world| {
        welcome(world);
        world.press("1nonsense<Enter>");
    });
    pictures("welcome_entering", |world| {
        welcome(world);
        world.input(Input::Paste("snug join snug://h:1/#K7 --code x".to_owned()));
        world.input(Input::First(FirstNews::Server {
            link: "snug://h:1/#K7".to_owned(),
            name: "home".to_owned(),
            registration: snug_proto::Registration::Invite,
            guests: snug_proto::GuestPolicy::On,
            code: None,
        }));
        world.press("<Enter>olga<Enter>secret<Enter>");
    });
    let _ = Action::Menu;
}
