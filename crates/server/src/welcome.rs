//! What the server prints on standard output once it listens (DESIGN "First run").

use std::fmt::Write;

use snug_proto::{GuestPolicy, Registration};

use crate::{
    Running,
    options::{Options, Profile},
};

/// The lines for the person who started it.
pub fn welcome(options: &Options, running: &Running) -> String {
    let version = crate::VERSION.strip_suffix(".0").unwrap_or(crate::VERSION);
    let data = match options.profile {
        Profile::Ephemeral => "nothing on disk".to_owned(),
        Profile::Community | Profile::Private => format!("data in {}", options.data.display()),
    };
    let list = |addresses: &[std::net::SocketAddr]| {
        let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    let mut text = format!(
        "Snug {version}, {data}, listening on {} (TLS; every protocol on this one port)\n",
        list(running.addresses())
    );
    // Writing to a String cannot fail.
    let mut say = |line: String| {
        let _written = writeln!(text, "{line}");
    };
    if !running.plain_addresses().is_empty() {
        let plain = list(running.plain_addresses());
        say(format!("IRC without TLS on {plain}"));
    }
    let link = running.link();
    if let Some(code) = running.owner_code() {
        say("Come in as its owner, once, within 15 minutes:".to_owned());
        say(format!("  snug join {link} --code {}", code.expose()));
        say(format!(
            "Then /invite prints one line for a friend to paste. {}",
            registration(options.registration)
        ));
    } else {
        say("The way in, for who has an account or a code:".to_owned());
        say(format!("  snug join {link}"));
    }
    if let (Some(code), Registration::Code) = (running.access_code(), options.registration) {
        say("For everybody, as often as they like:".to_owned());
        say(format!("  snug join {link} --code {}", code.expose()));
    }
    let guests = match (options.guests, running.access_code()) {
        (GuestPolicy::Off, _) => None,
        (GuestPolicy::Code, Some(code)) => Some(format!(" --code {}", code.expose())),
        (GuestPolicy::On | GuestPolicy::Code, _) => Some(String::new()),
    };
    if let Some(code) = guests {
        say("Without an account, for as long as one stays:".to_owned());
        say(format!("  snug join {link} --guest NAME{code}"));
    }
    text
}

fn registration(policy: Registration) -> &'static str {
    match policy {
        Registration::Invite => {
            "Registration is by invitation; to open it: /server registration open"
        }
        Registration::Code => {
            "Registration is by the shared access code; to change that: /server registration"
        }
        Registration::Roster => {
            "Who may register is the roster's to say: snugd roster import FILE.csv"
        }
        Registration::Open => "Registration is open; to close it: /server registration invite",
    }
}
