//! The form of the server's settings, for its owner.

use snug_proto::{GuestPolicy, Inviters, Registration, Secret, Server, ServerSettings};

use crate::{
    ServerId,
    overlay::{
        parts::field::{Field, Option as Choice},
        parts::form::{Filled, Form, Made},
    },
    sanitize,
};

const REGISTRATION: &[Choice] = &[
    ("open", "everyone"),
    ("code", "who knows the access code"),
    ("invite", "who has an invitation"),
    ("roster", "who stands on the roster"),
];
const INVITERS: &[Choice] = &[
    ("members", "every member"),
    ("moderators", "moderators and the owner"),
];
const GUESTS: &[Choice] = &[
    ("off", "nobody"),
    ("on", "everyone, by a name alone"),
    ("code", "who knows the access code"),
];
const YES_NO: &[Choice] = &[("off", "no"), ("on", "yes")];

/// What the server is set to; only what is changed is asked for.
pub fn settings(server: ServerId, now: &ServerSettings) -> Form {
    let on = |so: bool| if so { "on" } else { "off" };
    let price = now.vip_price.map(|price| price.to_string());
    let fields = vec![
        Field::choice(
            "Registration",
            REGISTRATION,
            now.registration.wire(),
            "Who may register.",
        ),
        Field::choice(
            "Guests",
            GUESTS,
            now.guests.wire(),
            "Who may come in without an account.",
        ),
        Field::secret("Access code", "For newcomers or guests. Empty: as it is."),
        Field::choice(
            "Invitations by",
            INVITERS,
            now.inviters.wire(),
            "Who may make them.",
        ),
        Field::choice(
            "Passwords",
            YES_NO,
            on(now.plain_passwords),
            "Are plain passwords taken, from simple clients?",
        ),
        Field::choice(
            "Watching",
            YES_NO,
            on(now.watch_open_rooms),
            "May the owner watch what is said in open rooms? Everyone is told.",
        ),
        Field::choice("Credits", YES_NO, on(now.credits), "Are there credits?"),
        Field::words_field(
            "VIP price",
            price.as_deref().unwrap_or_default(),
            "What 30 days of VIP cost; 0 sells none.",
        ),
    ];
    let title = format!("How {} is set up", sanitize::line(&now.server));
    Form::new(&title, server, fields, Box::new(made))
}

fn made(filled: Filled<'_>) -> Result<Made, String> {
    let mut request = Server::default();
    let mut command = vec!["/server".to_owned()];
    let code = filled.some("Access code");
    let mut takes_code = false;
    let registration = filled.text("Registration");
    let has_new_code = code.is_some() && registration == "code";
    if has_new_code || filled.changed("Registration").is_some() {
        let word = registration;
        request.registration = Some(match word {
            "open" => Registration::Open,
            "code" => Registration::Code,
            "roster" => Registration::Roster,
            _ => Registration::Invite,
        });
        takes_code |= word == "code";
        command.push(format!("registration {word}"));
    }
    if let Some(word) = filled.changed("Guests") {
        request.guests = Some(match word {
            "on" => GuestPolicy::On,
            "code" => GuestPolicy::Code,
            _ => GuestPolicy::Off,
        });
        takes_code |= word == "code";
        command.push(format!("guests {word}"));
    }
    if let Some(code) = code {
        if !takes_code {
            return Err("Nobody is asked for the access code yet.".to_owned());
        }
        request.access_code = Some(Secret::from(code));
    } else if request.registration == Some(Registration::Code) {
        return Err("Write the access code.".to_owned());
    }
    if let Some(word) = filled.changed("Invitations by") {
        request.inviters = Some(match word {
            "moderators" => Inviters::Moderators,
            _ => Inviters::Members,
        });
        command.push(format!("inviters {word}"));
    }
    for (label, setting, to) in [
        ("Passwords", "plain_passwords", &mut request.plain_passwords),
        (
            "Watching",
            "watch_open_rooms",
            &mut request.watch_open_rooms,
        ),
        ("Credits", "credits", &mut request.credits),
    ] {
        if let Some(word) = filled.changed(label) {
            *to = Some(word == "on");
            command.push(format!("{setting} {word}"));
        }
    }
    if let Some(price) = filled.changed("VIP price") {
        let price: u64 = price.parse().map_err(|_| "Write the price as a number.")?;
        request.vip_price = Some(price);
        command.push(format!("vip_price {price}"));
    }
    if request == Server::default() {
        return Err("Nothing is changed yet.".to_owned());
    }
    Ok(Made {
        commands: vec![command.join(" ")],
        request: request.into(),
    })
}
