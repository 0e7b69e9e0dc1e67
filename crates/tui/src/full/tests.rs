//! The whole program but its terminal, against a real server, by keys alone.

use std::time::Duration;

use snug_screen::Input;

use house::{House, PASSWORD, SIZE, Seat};

use super::program::Ending;

/// What a server needs: threads of its own.
macro_rules! scenario {
    ($($(#[$attribute:meta])* async fn $name:ident() $body:block)*) => {
        $(
            $(#[$attribute])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() $body
        )*
    };
}

mod forms;
mod house;
mod pictures;

scenario! {
    async fn k1_two_people_talk_by_keys_alone_and_see_who_is_there() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.sees("● ben").await;
        ann.types("Have you fed the cat?<Enter>").await;
        ben.sees("Have you fed the cat?").await;
        ben.types("Twice.<Alt-Enter>She insisted.<Enter>").await;
        let screen = ann.sees("She insisted.").await;
        assert!(screen.contains("Twice."), "{screen}");
        ann.types("/create den<Enter>").await;
        ann.sees("▌ den").await;
        ben.types("/join den<Enter>").await;
        ben.sees("▌ den").await;
        ann.types("Here it is quiet.<Enter>").await;
        ben.sees("Here it is quiet.").await;
        ben.types("/quit<Enter>").await;
        assert_eq!(ben.ends().await.ending, Ending::Left);
        ann.types("<Ctrl-C>").await;
    }

    async fn k1_on_the_first_start_a_pasted_line_leads_to_the_lobby() {
        let house = House::new().await;
        let profile = house.profile("olga");
        let mut olga = Seat::take(&profile, None);
        olga.sees("Paste a join line").await;
        let line = format!("snug join {} --code {}\n", house.link(), house.code);
        olga.does(Input::Paste(line)).await;
        olga.sees("The same again").await;
        olga.types(&format!("<Tab>olga<Tab>{PASSWORD}<Tab>{PASSWORD}")).await;
        let screen = olga.sees("olga").await;
        assert!(!screen.contains(PASSWORD), "{screen}");
        olga.types("<Enter>").await;
        olga.sees("▌ lobby").await;
        olga.types("First.<Enter>").await;
        olga.sees("olga        First.").await;
        assert_eq!(profile.servers().unwrap().len(), 1);
    }

    async fn k9_what_is_written_without_a_connection_waits_and_goes_out_once_in_its_order() {
        let mut house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("before<Enter>").await;
        ben.sees("before").await;
        house.stop().await;
        ann.sees("retrying").await;
        ann.types("one<Enter>two<Enter>three<Enter>").await;
        ann.waits("three wait", |screen| screen.matches("waiting").count() >= 3).await;
        house.start().await;
        ann.sees_no("waiting").await;
        for seat in [&mut ann, &mut ben] {
            let screen = seat.sees("three").await;
            let said = screen.replace(" · ", "");
            let at = |words: &str| said.find(words).unwrap();
            assert!(at("before") < at("one") && at("one") < at("two") && at("two") < at("three"));
            for words in ["one", "two", "three"] {
                let rows = screen.lines().filter(|row| row.split_whitespace().any(|w| w == words));
                assert_eq!(rows.count(), 1, "{screen}");
            }
        }
    }

    async fn o5_a_server_that_was_restarted_finds_its_people_where_they_were_with_nothing_missed() {
        let mut house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("/create den<Enter>").await;
        ann.sees("▌ den").await;
        ben.types("/join den<Enter>").await;
        ben.sees("▌ den").await;
        for round in 1..=2 {
            house.stop().await;
            ann.sees("home ○").await;
            ben.sees("home ○").await;
            house.start().await;
            ann.sees("home ●").await;
            ann.types(&format!("round {round}<Enter>")).await;
            let screen = ben.sees(&format!("round {round}")).await;
            assert!(screen.contains("▌ den"), "{screen}");
        }
    }

    async fn k9_after_a_kill_one_is_in_the_same_room_with_the_words_one_was_writing() {
        let house = House::new().await;
        let profile = house.member("ann").await;
        let mut ann = Seat::take(&profile, None);
        ann.sees("home ●").await;
        ann.types("/create den<Enter>").await;
        ann.sees("▌ den").await;
        ann.types("said before<Enter>").await;
        ann.waits("it is said", |screen| {
            screen.contains("said before") && !screen.contains("waiting")
        })
        .await;
        ann.types("half a sentence").await;
        ann.sees("half a sentence").await;
        // It is kept a second after it was written.
        let kept = async {
            while !profile.kept().unwrap().values().any(|words| words == "half a sentence") {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), kept).await.unwrap();
        ann.dies().await;
        let mut again = Seat::take(&profile, None);
        let screen = again.sees("> half a sentence").await;
        assert!(screen.contains("▌ den"), "{screen}");
        again.types("<Up>").await;
        again.sees("> said before").await;
    }

    async fn k1_a_secret_is_asked_for_in_the_screen_and_never_shown() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("/create den --password<Enter>").await;
        ann.sees("A secret is needed").await;
        ann.types("open sesame").await;
        let screen = ann.sees("•••••••••••").await;
        assert!(!screen.contains("sesame"), "{screen}");
        ann.types("<Enter>").await;
        ann.sees("▌ den").await;
        ben.types("/join den<Enter>").await;
        ben.sees("den asks for its password").await;
        ben.types("<Esc>").await;
        ben.sees_no("A secret is needed").await;
        ben.types("/join den<Enter>").await;
        ben.sees("A secret is needed").await;
        ben.does(Input::Paste("open sesame\n".to_owned())).await;
        ben.types("<Enter>").await;
        ben.sees("▌ den").await;
    }

    async fn k1_a_session_that_was_ended_elsewhere_asks_for_the_password_and_goes_on() {
        let house = House::new().await;
        let profile = house.member("ann").await;
        profile.save_token("home", &"no such token".into()).unwrap();
        let mut ann = Seat::take(&profile, None);
        ann.sees("the password of ann on home").await;
        ann.types("wrong horse<Enter>").await;
        ann.sees("the password of ann on home").await;
        ann.sees("wrong.").await;
        ann.types(&format!("{PASSWORD}<Enter>")).await;
        ann.sees("home ●").await;
        ann.types("here again<Enter>").await;
        ann.sees("here again").await;
    }

    async fn k1_a_mention_rings_and_stands_in_the_title() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let mut ben = house.seated("ben").await;
        ann.types("/create den<Enter>").await;
        ann.sees("▌ den").await;
        ann.does(Input::Focus(false)).await;
        ben.types("@ann the soup is ready<Enter>").await;
        ben.sees("the soup is ready").await;
        ann.waits("a mention", |screen| {
            screen.lines().any(|row| row.contains("lobby") && row.contains('@'))
        })
        .await;
        let said = ann.said();
        assert!(said.contains("\x1b]2;"), "{said:?}");
        assert!(said.contains("\x1b]9;") || said.contains("\x1b]777;"), "{said:?}");
        assert!(said.split("\x1b]").any(|part| part.trim_end_matches('\x07').contains('\x07')
            || part.ends_with("\x07\x07")), "{said:?}");
    }

    async fn k1_settings_are_read_again_when_they_changed_and_a_mistake_is_told_by_its_line() {
        let house = House::new().await;
        let profile = house.member("ann").await;
        let path = house.folder.path().join("config.toml");
        let mut ann = Seat::take(&profile, Some(path.clone()));
        ann.sees("home ●").await;
        std::fs::write(&path, "[layout]\npeople_widht = 20\n").unwrap();
        ann.types("x").await;
        ann.sees("config.toml line 2").await;
        std::fs::write(&path, "[keys]\n").unwrap();
        ann.types("y").await;
        ann.sees_no("config.toml line 2").await;
        ann.sees("> xy").await;
    }

    async fn k1_five_hundred_pasted_lines_are_one_question_and_a_small_screen_keeps_its_words() {
        let house = House::new().await;
        let mut ann = house.seated("ann").await;
        let lines: Vec<String> = (1..=500).map(|n| format!("line {n}")).collect();
        ann.does(Input::Paste(lines.join("\n"))).await;
        ann.sees("500").await;
        ann.types("<Esc>").await;
        let small = snug_screen::Size { width: 40, height: 12 };
        ann.does(Input::Resize(small)).await;
        ann.waits("small", |screen| screen.lines().count() == 12).await;
        ann.does(Input::Resize(SIZE)).await;
        ann.waits("large", |screen| screen.lines().count() == usize::from(SIZE.height)).await;
        ann.types("still here<Enter>").await;
        ann.sees("still here").await;
    }

    async fn k1_several_servers_are_shown_in_one_screen() {
        let (first, second) = (House::new().await, House::new().await);
        let profile = first.member("ann").await;
        let other = second.member("ann").await;
        let mut known = other.servers().unwrap().remove(0);
        known.alias = "work".to_owned();
        let token = other.token("home").unwrap();
        profile.remember(&known, token.as_ref()).unwrap();
        let mut ann = Seat::take(&profile, None);
        ann.sees("home ●").await;
        ann.sees("work ●").await;
    }
}
