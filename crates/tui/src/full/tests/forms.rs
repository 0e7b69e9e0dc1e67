//! Forms, lists and the search of the full screen, against a real server, by keys alone.

use snug_screen::Input;

use super::house::{House, PASSWORD, Seat};

scenario! {
    async fn k1_a_room_is_made_set_up_and_joined_by_forms() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("<Alt-n>").await;
        ann.sees("# lobby").await;
        ann.types("den").await;
        ann.sees("Enter makes a room of this name").await;
        ann.types("<Enter><Tab><Right><Tab>open sesame").await;
        let screen = ann.sees("/create den --password").await;
        assert!(!screen.contains("sesame"), "{screen}");
        ann.types("<Enter>").await;
        ann.sees("▌ den").await;
        ann.types("<Alt-m>how this room<Enter>").await;
        ann.sees("Nothing is changed yet.").await;
        ann.types("Where we plan the trip").await;
        ann.sees("/topic Where we plan the trip").await;
        ann.types("<Enter>").await;
        ann.sees("den  Where we plan the trip").await;
        ben.types("<Alt-n>").await;
        ben.sees("asks for a password").await;
        ben.types("den<Enter><Tab>wrong<Enter>").await;
        ben.sees("password is wrong").await;
        ben.types("<Ctrl-U>open sesame<Enter>").await;
        ben.sees("▌ den").await;
        ben.types("Here I am.<Enter>").await;
        ann.sees("Here I am.").await;
    }

    async fn r8_a_hit_is_shown_amid_its_history_and_esc_comes_back() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        ann.types("The blue mat is under the stairs.<Enter>").await;
        ann.sees("blue mat").await;
        ann.types("/create den<Enter>").await;
        ann.sees("▌ den").await;
        ann.types("half a thought<Ctrl-F>stairs<Enter>").await;
        // The index lags the log by up to a second, and the tail is scanned until then.
        ann.sees("#lobby").await;
        ann.types("<Enter>").await;
        ann.sees("▌ lobby").await;
        ann.sees("Esc goes back to where you were.").await;
        ann.types("<Esc>").await;
        ann.sees("▌ den").await;
        ann.sees("> half a thought").await;
    }

    async fn d2_friends_are_asked_and_accepted_in_a_list() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("<Alt-m>friends<Enter>").await;
        ann.sees("Ask somebody to be your friend").await;
        ann.types("<Enter>nobody-here<Enter>").await;
        ann.sees("There is nobody of that name here.").await;
        ann.types("<Ctrl-U>ben<Enter>").await;
        ann.sees_no("Ask somebody").await;
        ben.types("<Alt-m>friends<Enter>").await;
        ben.sees("? ann").await;
        ben.types("ann<Enter>").await;
        ben.sees("Accept").await;
        ben.types("accept<Enter>").await;
        ben.sees("ann is your friend").await;
        ann.types("<Alt-m>friends<Enter>").await;
        ann.sees("here now").await;
    }

    async fn r4_somebody_is_banned_by_a_form_and_sees_who_how_long_and_why() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("/create den<Enter>").await;
        ann.sees("▌ den").await;
        ben.types("/join den<Enter>").await;
        ben.sees("▌ den").await;
        ann.types("<Alt-m>people of this<Enter>").await;
        ann.sees("▸● ann").await;
        ann.types("ben<Enter>").await;
        ann.sees("Lift the mute").await;
        ann.types("ban from<Enter>2d<Tab>too loud").await;
        ann.sees("/ban ben --for 2d --why too loud").await;
        ann.types("<Enter>").await;
        ann.sees("banned ben").await;
        ben.sees("too loud").await;
    }

    async fn k1_a_theme_and_a_rooms_level_are_kept_in_the_file_with_its_comments() {
        let house = House::new().await;
        let profile = house.member("ann").await;
        let path = house.folder.path().join("config.toml");
        std::fs::write(&path, snug_screen::settings::DEFAULT_FILE).unwrap();
        let mut ann = Seat::take(&profile, Some(path.clone()));
        ann.sees("home ●").await;
        ann.types("<Alt-m>do not disturb<Enter>theme for light<Enter>").await;
        ann.sees("Saved in the file").await;
        ann.types("<Alt-m>what this room tells<Enter>").await;
        ann.sees("Every message").await;
        ann.types("every<Enter>").await;
        ann.sees("Saved in the file").await;
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept.contains("theme = \"light\""), "{kept}");
        assert!(kept.contains("\"home/lobby\" = \"all\""), "{kept}");
        assert!(kept.contains("# The settings of snug's screen."), "{kept}");
    }

    async fn k1_names_are_completed_and_an_invitation_is_made_and_copied() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.sees("● ben").await;
        ann.types("@be<Tab>did you :tad<Tab>").await;
        ann.sees("> @ben did you 🎉").await;
        ann.types("<Enter>").await;
        ben.sees("@ben did you 🎉").await;
        ann.types("<Alt-m>invite<Enter><Enter>").await;
        let screen = ann.sees("Give them this line").await;
        assert!(screen.contains("snug join"), "{screen}");
        ann.types("<Esc>").await;
        ann.sees_no("Give them").await;
        // OSC 52: what the terminal is asked to copy.
        assert!(ann.said().contains("\x1b]52;"));
    }

    async fn k1_one_more_server_is_come_to_from_the_menu() {
        let (first, second) = (House::new().await, House::new().await);
        let mut ann = first.seated("ann").await;
        ann.types("<Alt-m>one more<Enter>").await;
        ann.sees("Paste a join line").await;
        let line = format!("snug join {} --code {}\n", second.link(), second.code);
        ann.does(Input::Paste(line)).await;
        ann.sees("The same again").await;
        ann.types(&format!("<Tab>ann<Tab>{PASSWORD}<Tab>{PASSWORD}<Enter>")).await;
        ann.sees("You are in; Ctrl-K goes there.").await;
        ann.waits("two servers", |screen| screen.matches('●').count() >= 2).await;
    }

    async fn k1_a_reaction_is_put_there_and_taken_away_by_the_same_keys() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("Soup is ready.<Enter>").await;
        ben.sees("Soup is ready.").await;
        ben.types("<Alt-k>+tada<Enter>").await;
        ann.sees("🎉").await;
        // One's own stands first in the picker once it is known to stand there.
        ben.sees("🎉").await;
        ben.types("+<Enter>").await;
        ann.sees_no("🎉").await;
    }
}
