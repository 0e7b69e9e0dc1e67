//! Keeping order in a room: bans and mutes with an end and a reason, what a room keeps, reports (R4, R11,
//! R12, M5).

use anyhow::{Context, Result};
use serde_json::json;
use snug_testkit::{
    driver::{Deed, No, Person, Told},
    server::TestServer,
};

use super::{owner_and, refused};

over_every_front! {
    r4_a_mute_and_a_ban_say_how_long_and_why_and_are_lifted
    r4_admins_are_made_and_unmade_by_the_founder
    r11_a_room_that_keeps_nothing_forgets_what_was_said
    m5_a_report_goes_to_the_founder_who_does_not_learn_who_made_it
}

/// Something about a person in the den: `what` natively, `line` before their name on IRC.
fn about(what: &'static str, line: &str, who: &str) -> Deed {
    let fields = json!({"room": "den", "who": who});
    Deed::new(what, fields, format!("{line} {who}"))
}

/// Ann's den, with everyone in it.
async fn den<P: Person, const N: usize>(
    server: &TestServer,
    names: [&str; N],
) -> Result<(P, [P; N])> {
    let (owner, mut people) = owner_and::<P, N>(server, names).await?;
    for person in &mut people {
        assert_eq!(person.enter("den", None).await?, Ok(()));
    }
    Ok((owner, people))
}

async fn r4_a_mute_and_a_ban_say_how_long_and_why_and_are_lifted<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (_owner, [mut ann, mut bob]) = den::<P, 2>(server, ["ann", "bob"]).await?;
    let terms = json!({"room": "den", "who": "bob", "for_s": 3600, "reason": "too loud"});
    let mute = Deed::new("mute", terms.clone(), "SNUG MUTE #den bob 60 too loud");
    let ban = Deed::new("ban", terms, "SNUG BAN #den bob 60 too loud");
    for deed in [&mute, &ban] {
        assert_eq!(bob.does(deed).await?, refused("forbidden"));
    }
    ann.has_done(&mute).await?;
    let told = json!({"ev": "muted", "name": "bob", "reason": "too loud"});
    bob.is_told(&Told::new(told, "too loud")).await?;
    let say = json!({"room": "den", "body": "but"});
    let say = Deed::new("send", say, "PRIVMSG #den :but");
    assert!(bob.does(&say).await?.is_err());
    let listing = json!({"room": "den", "mutes": true});
    let mutes = Deed::new("bans", listing, "SNUG MUTES #den");
    let listed = ann.has_done(&mutes).await?;
    assert!(
        listed.says("reason", &json!("too loud"), "bob until "),
        "{listed:?}"
    );
    ann.has_done(&about("unmute", "SNUG UNMUTE #den", "bob"))
        .await?;
    bob.has_done(&say).await?;
    ann.has_done(&ban).await?;
    let told = json!({"ev": "banned", "name": "bob", "reason": "too loud"});
    bob.is_told(&Told::new(told, "too loud")).await?;
    assert_eq!(bob.enter("den", None).await?, Err(No::Banned));
    let bans = Deed::new("bans", json!({"room": "den"}), "SNUG BANS #den");
    let listed = ann.has_done(&bans).await?;
    assert!(
        listed.says("reason", &json!("too loud"), "(too loud)"),
        "{listed:?}"
    );
    ann.has_done(&about("unban", "SNUG UNBAN #den", "bob"))
        .await?;
    assert_eq!(bob.enter("den", None).await?, Ok(()));
    Ok(())
}

async fn r4_admins_are_made_and_unmade_by_the_founder<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (_owner, [mut ann, mut bob, mut cat]) = den::<P, 3>(server, ["ann", "bob", "cat"]).await?;
    let kick = |who: &str| about("kick", "KICK #den", who);
    let admin = |role: &str, sign: &str, who: &str| {
        let fields = json!({"room": "den", "who": who, "role": role});
        Deed::new("set_role", fields, format!("MODE #den {sign}o {who}"))
    };
    assert_eq!(bob.does(&kick("cat")).await?, refused("forbidden"));
    ann.has_done(&admin("admin", "+", "bob")).await?;
    // The founder is out of an admin's reach, and so is being one.
    assert_eq!(bob.does(&kick("ann")).await?, refused("forbidden"));
    bob.has_done(&kick("cat")).await?;
    assert_eq!(cat.say("den", "hello?").await?, Err(No::NotAMember));
    ann.has_done(&admin("member", "-", "bob")).await?;
    assert_eq!(cat.enter("den", None).await?, Ok(()));
    assert_eq!(bob.does(&kick("cat")).await?, refused("forbidden"));
    Ok(())
}

async fn r11_a_room_that_keeps_nothing_forgets_what_was_said<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (_owner, [mut ann, mut bob]) = den::<P, 2>(server, ["ann", "bob"]).await?;
    assert_eq!(ann.say("den", "forget this").await?, Ok(()));
    let keep = |retention: &str| {
        let fields = json!({"room": "den", "retention": retention});
        Deed::new("set_room", fields, format!("SNUG KEEP #den {retention}"))
    };
    assert_eq!(bob.does(&keep("ram")).await?, refused("forbidden"));
    ann.has_done(&keep("30d")).await?;
    let about = Deed::new("about_room", json!({"room": "den"}), "SNUG ROOM #den");
    let shown = ann.has_done(&about).await?;
    let days = "keeps what is said for 30 days";
    assert!(shown.says("retention", &json!("30d"), days), "{shown:?}");
    ann.has_done(&keep("ram")).await?;
    let mut cat = P::newcomer(server, "cat").await?;
    assert_eq!(cat.enter("den", None).await?, Ok(()));
    assert_eq!(cat.shown_before("den").await?, []);
    Ok(())
}

async fn m5_a_report_goes_to_the_founder_who_does_not_learn_who_made_it<P: Person>(
    server: &TestServer,
) -> Result<()> {
    let (_owner, [mut ann, mut bob, mut cat]) = den::<P, 3>(server, ["ann", "bob", "cat"]).await?;
    assert_eq!(bob.say("den", "bad words").await?, Ok(()));
    let id = cat.hears("den", "bob", "bad words").await?;
    let seq: u64 = id.rsplit('-').next().context("no number")?.parse()?;
    let report = json!({"room": "den", "seq": seq, "reason": "rude"});
    let report = Deed::new("report", report, format!("SNUG REPORT #den {seq} rude"));
    ann.told_until_now().await?;
    cat.has_done(&report).await?;
    let reports = Deed::new("reports", json!({}), "SNUG REPORTS");
    let listed = ann.has_done(&reports).await?;
    assert!(
        listed.says("body", &json!("bad words"), "<bob> bad words (rude)"),
        "{listed:?}"
    );
    assert!(!format!("{listed:?}").contains("cat"), "{listed:?}");
    let told = ann.told_until_now().await?;
    assert!(!told.iter().any(|told| told.contains("cat")), "{told:?}");
    let resolve = json!({"report": 1, "state": "resolved", "reason": "thanks"});
    let resolve = Deed::new("decide_report", resolve, "SNUG DECIDE 1 resolved thanks");
    assert_eq!(bob.does(&resolve).await?, refused("unknown_event"));
    ann.has_done(&resolve).await?;
    cat.is_told(&Told::notice("Your report 1 was resolved: thanks"))
        .await?;
    Ok(())
}
