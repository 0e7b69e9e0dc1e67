//! Commands of one's own account: its tokens.

use snug_client::Link;
use snug_proto::{
    AddCertificate, Done, NewToken, RevokeToken, Scope, SetScram, TokenEntry, TokenList, TokenMade,
    Tokens,
};

use super::{
    Command, Deed, Least, Misuse,
    deed::{ask, lines, said, secret},
    words::Words,
};
use crate::sanitize;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "token",
        aliases: &[],
        usage: "/token new LABEL [irc|moderate|read|send]  or  /token revoke LABEL",
        help: "Makes a revocable password for another program, or voids one. /token new weechat \
               prints the finished command for WeeChat, /token new irssi those for irssi. With \
               \"moderate\" it may do what a moderator may, too.",
        least: Least::Member,
        read: token,
    },
    Command {
        name: "tokens",
        aliases: &[],
        usage: "/tokens",
        help: "Lists your tokens.",
        least: Least::Member,
        read: |_words| {
            Ok(ask(async |ask| {
                let list: TokenList = ask.request(Tokens {}).await?;
                if list.tokens.is_empty() {
                    return said("-- no tokens; /token new LABEL makes one");
                }
                lines(list.tokens.iter().map(token_line).collect())
            }))
        },
    },
    Command {
        name: "certificate",
        aliases: &[],
        usage: "/certificate add LABEL FINGERPRINT",
        help: "Lets an IRC client sign in by its TLS certificate, of which this is the SHA-256 in \
               hexadecimal, and which says your name. /tokens lists it, /token revoke LABEL voids it.",
        least: Least::Member,
        read: certificate,
    },
    Command {
        name: "scram",
        aliases: &[],
        usage: "/scram on|off",
        help: "Lets IRC clients sign in to your account by SCRAM-SHA-256, or no more. Your password is \
               asked for; a new one turns it off.",
        least: Least::Member,
        read: scram,
    },
];

fn certificate(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let ("add", label, fingerprint) = (words.word()?, words.word()?, words.word()?) else {
        return Err(Misuse::Usage);
    };
    let add = AddCertificate {
        label: label.to_owned(),
        certificate: Some(fingerprint.to_owned()),
        scope: None,
    };
    Ok(ask(async move |ask| {
        let Done {} = ask.request(add).await?;
        said(
            "-- it signs you in from now on, once the client has said your name as SASL's authorization identity",
        )
    }))
}

fn scram(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let off = words.one_of(&[("on", false), ("off", true)])?;
    Ok(secret("your password".to_owned(), move |password| {
        ask(async move |ask| {
            let Done {} = ask.request(SetScram { password, off }).await?;
            said(if off {
                "-- SCRAM-SHA-256 signs nobody in to your account any more"
            } else {
                "-- SCRAM-SHA-256 signs you in from now on"
            })
        })
    }))
}

fn token(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    let (what, label) = (words.word()?, words.word()?.to_owned());
    match what {
        "new" => {
            let scopes = [
                ("irc", Scope::Irc),
                ("read", Scope::Read),
                ("send", Scope::Send),
                ("moderate", Scope::Moderate),
            ];
            let scope = match words.end() {
                Ok(()) => None,
                Err(_more) => Some(words.one_of(&scopes)?),
            };
            Ok(ask(async move |ask| {
                let made: TokenMade = ask.request(NewToken { label, scope }).await?;
                let token = sanitize::line(made.token.expose());
                let name = sanitize::line(&ask.name);
                let mut list = vec!["-- it is shown this once:".to_owned()];
                list.extend(program_lines(&made.label, &ask.link, &name, &token));
                lines(list)
            }))
        }
        "revoke" => Ok(ask(async move |ask| {
            let Done {} = ask.request(RevokeToken { token: label }).await?;
            said("-- it is void from now on")
        })),
        _ => Err(Misuse::Usage),
    }
}

fn token_line(token: &TokenEntry) -> String {
    let used = token.used_at.map_or_else(
        || "never used".to_owned(),
        |at| format!("last used {}", at.said()),
    );
    let scope = format!("{:?}", token.scope).to_lowercase();
    let label = sanitize::line(&token.label);
    format!(
        "-- {label}  for {scope}, made {}, {used}",
        token.created_at.said()
    )
}

/// Added is not connected: `autoconnect` speaks of the client's next start.
const CONNECT: &str = "/connect snug";

/// A token, as the finished command of the program that it is for.
fn program_lines(label: &str, link: &Link, name: &str, token: &str) -> Vec<String> {
    let (host, port) = (link.host(), link.port());
    let fingerprint = link.fingerprint();
    let bytes = fingerprint.bytes().iter();
    let hex: Vec<String> = bytes.map(|byte| format!("{byte:02x}")).collect();
    match label.to_lowercase().as_str() {
        // WeeChat says `tls` from 4.0 on and `ssl` before; each passes over the other's word.
        "weechat" => vec![
            format!(
                "/server add snug {host}/{port} -tls -tls_fingerprint={hex} -ssl \
                 -ssl_fingerprint={hex} -nicks={name} -sasl_mechanism=plain -sasl_username={name} \
                 -sasl_password={token} -autoconnect",
                hex = hex.concat()
            ),
            CONNECT.to_owned(),
        ],
        "irssi" => vec![
            format!(
                "/network add -nick {name} -sasl_username {name} -sasl_password {token} \
                 -sasl_mechanism PLAIN snug"
            ),
            format!(
                // No authority vouches for the certificate; the pin is stronger.
                "/server add -auto -tls -notls_verify -tls_pinned_cert {} -network snug {host} \
                 {port}",
                hex.join(":").to_uppercase()
            ),
            CONNECT.to_owned(),
        ],
        _ => vec![
            format!("{token}"),
            format!(
                "-- for IRC: {host} port {port}, TLS, certificate SHA-256 {}, SASL PLAIN with the \
                 name {name} and this as the password",
                hex.concat()
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use snug_client::Fingerprint;

    use super::*;

    #[test]
    fn a_token_is_printed_as_the_finished_command_of_its_program() {
        let fingerprint = Fingerprint::from_bytes([0xab; 32]);
        let link = Link::new("example.org", 7667, fingerprint).unwrap();
        let weechat = program_lines("weechat", &link, "ann", "TOKEN");
        let hex = "ab".repeat(32);
        assert_eq!(
            weechat,
            [
                format!(
                    "/server add snug example.org/7667 -tls -tls_fingerprint={hex} -ssl \
                     -ssl_fingerprint={hex} -nicks=ann -sasl_mechanism=plain -sasl_username=ann \
                     -sasl_password=TOKEN -autoconnect"
                ),
                "/connect snug".to_owned()
            ]
        );
        let irssi = program_lines("irssi", &link, "ann", "TOKEN");
        assert!(
            irssi[1].contains("-notls_verify -tls_pinned_cert AB:AB:AB"),
            "{irssi:?}"
        );
        assert_eq!(irssi[2], "/connect snug");
    }
}
