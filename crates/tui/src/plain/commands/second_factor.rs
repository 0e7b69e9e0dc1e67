//! Commands of the second factor (A7): the app's secret is shown as a QR code.

use qrcode::{Color, EcLevel, QrCode};
use snug_client::Signer;
use snug_proto::{
    Done, DropSecondFactor, Me, Myself, ProveCode, RecoveryCodes, SecondFactorOffer, Secret,
    SetSecondFactor,
};

use super::{
    Ask, Command, Deed, Least, Misuse, Output, Trouble,
    deed::{ask, lines, said, secret},
    sessions::{Asking, trouble},
    words::Words,
};
use crate::sanitize;

/// Lines of words that a terminal of 24 lines shows at once.
const PANE_LINES: usize = 19;
/// The light rim of a QR code, in its dots: enough to tell it from a dark terminal.
const MARGIN: usize = 1;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "second-factor",
        aliases: &["2fa"],
        usage: "/second-factor [on|code CODE|off CODE]",
        help: "Asks for the code of an authenticator app, too, whenever you sign in with your password. \
               \"on\" shows what the app reads, \"code\" and the app's six digits turn it on and show the \
               recovery codes, \"off\" needs a code or a recovery code. App tokens need none. Once it is on, \
               \"code\" shows that it is you, where a new token, a certificate or a new password asks for it.",
        least: Least::Member,
        read: second_factor,
    },
    Command {
        name: "drop-second-factor",
        aliases: &[],
        usage: "/drop-second-factor NAME [--why TEXT]",
        help: "Takes the second factor away from somebody who lost it and their recovery codes. There is no \
               undo but that they set it up again: be sure that it is they who ask. They are told.",
        least: Least::Owner,
        read: |words| {
            let who = Some(words.word()?.trim_start_matches('@').to_owned());
            let reason = words.terms()?.why;
            Ok(ask(async move |ask| {
                let drop = DropSecondFactor {
                    who,
                    code: None,
                    reason,
                };
                let Done {} = ask.request(drop).await?;
                said("-- the password is enough for them now")
            }))
        },
    },
];

fn second_factor(words: &mut Words<'_>) -> Result<Deed, Misuse> {
    match words.next() {
        None => Ok(ask(async |ask| {
            let me: Myself = ask.request(Me::default()).await?;
            said(match me.recovery_codes {
                None => "-- off; /second-factor on sets it up".to_owned(),
                Some(left) => format!("-- on; {left} recovery codes are left"),
            })
        })),
        Some("on") => Ok(secret("your password", |password| {
            ask(async move |ask| offer(ask, password).await)
        })),
        Some("code") => {
            let code = code(words)?;
            Ok(ask(async move |ask| {
                let me: Myself = ask.request(Me::default()).await?;
                if me.recovery_codes.is_some() {
                    let Done {} = ask.request(ProveCode { code }).await?;
                    return said("-- that is right; now say again what it was asked for");
                }
                let RecoveryCodes { codes } = ask.request(SetSecondFactor { code }).await?;
                let mut shown = vec![
                    "-- it is on. Each of these gets you in once without the app; write them down, they \
                     are shown only now:"
                        .to_owned(),
                ];
                shown.extend(codes.iter().map(|code| sanitize::line(code.expose())));
                lines(shown)
            }))
        }
        Some("off") => {
            let code = Some(code(words)?);
            Ok(ask(async move |ask| {
                let drop = DropSecondFactor {
                    code,
                    ..DropSecondFactor::default()
                };
                let Done {} = ask.request(drop).await?;
                said("-- it is off: your password is enough")
            }))
        }
        Some(_) => Err(Misuse::Usage),
    }
}

/// A code, as apps show it: in two groups, or in one.
fn code(words: &mut Words<'_>) -> Result<Secret, Misuse> {
    let mut code = words.word()?.to_owned();
    while let Some(more) = words.next() {
        code.push_str(more);
    }
    Ok(Secret::new(code))
}

async fn offer(ask: Ask, password: Secret) -> Result<Output, Trouble> {
    let (signer, asking) = (Signer::default(), Asking(ask));
    let offer = signer.offer_second_factor(&asking, &password).await;
    let SecondFactorOffer { secret, link } = offer.map_err(trouble)?;
    let mut shown = vec!["-- read this with your authenticator app:".to_owned()];
    shown.extend(picture(link.expose()));
    shown.push(format!(
        "cut off? Then type it in: {}",
        sanitize::line(secret.expose())
    ));
    shown.push("-- then, within ten minutes: /second-factor code 123456".to_owned());
    lines(shown)
}

/// A QR code in half blocks, light on dark with its margin, so that it is read from a dark terminal and from
/// a light one: as much of the link as is drawn within the lines of a small one. Nothing if none of it fits.
fn picture(link: &str) -> Vec<String> {
    // Apps take the issuer from before the colon as well; and the name alone, if there is no room for that.
    let short = link.split("&issuer=").next().unwrap_or(link);
    let shortest = short.split_once("totp/").and_then(|(scheme, rest)| {
        let (_issuer, rest) = rest.split_once(':')?;
        Some(format!("{scheme}totp/{rest}"))
    });
    let texts = [Some(link), Some(short), shortest.as_deref()];
    let mut drawn = Vec::new();
    for text in texts.into_iter().flatten() {
        drawn = blocks(text);
        if !drawn.is_empty() && drawn.len() <= PANE_LINES {
            break;
        }
    }
    drawn
}

/// The text as a QR code, two of its rows a line.
fn blocks(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else {
        return Vec::new();
    };
    let width = code.width();
    let side = width + 2 * MARGIN;
    let colours = code.to_colors();
    let is_light = |x: usize, y: usize| {
        let at = |of: usize| of.checked_sub(MARGIN).filter(|at| *at < width);
        let colour = at(x)
            .zip(at(y))
            .and_then(|(x, y)| colours.get(y * width + x));
        // Past the last row a line is light too.
        colour.is_none_or(|colour| *colour == Color::Light)
    };
    let cell = |x: usize, y: usize| match (is_light(x, y), is_light(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let line = |y: usize| (0..side).map(|x| cell(x, y)).collect();
    (0..side).step_by(2).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_drawn_within_a_small_terminal() {
        let link = "otpauth://totp/Our%20place:pranav?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\
                    &issuer=Our%20place";
        let drawn = picture(link);
        assert!(drawn.len() <= 19, "{} lines", drawn.len());
        assert!(drawn.iter().all(|line| line.chars().count() <= 49));
        // The longest name that there is, on a server whose name is long.
        let name = "n".repeat(32);
        let long = format!(
            "otpauth://totp/The%20long%20name%20of%20a%20server:{name}?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\
             &issuer=The%20long%20name%20of%20a%20server"
        );
        assert!(
            (1..=20).contains(&picture(&long).len()),
            "{}",
            picture(&long).len()
        );
        // Its margin is light, whatever the terminal's own colour is.
        let first = drawn.first().unwrap();
        assert!(first.chars().all(|block| matches!(block, '█' | '▀')));
    }
}
