//! Commands of the second factor (A7): the app's secret is shown as a QR code.

use qrcode::{EcLevel, QrCode, render::unicode::Dense1x2};
use snug_client::Signer;
use snug_proto::{
    Done, DropSecondFactor, Me, Myself, RecoveryCodes, SecondFactorOffer, Secret, SetSecondFactor,
};

use super::{
    Ask, Command, Deed, Least, Misuse, Output, Trouble,
    deed::{ask, lines, said, secret},
    sessions::{Asking, trouble},
    words::Words,
};
use crate::sanitize;

/// See the module.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "second-factor",
        aliases: &["2fa"],
        usage: "/second-factor [on|code CODE|off CODE]",
        help: "Asks for the code of an authenticator app, too, whenever you sign in with your password. \
               \"on\" shows what the app reads, \"code\" and the app's six digits turn it on and show the \
               recovery codes, \"off\" needs a code or a recovery code. App tokens need none.",
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
        "or type it in: {}",
        sanitize::line(secret.expose())
    ));
    shown.push("-- then, within ten minutes: /second-factor code 123456".to_owned());
    lines(shown)
}

/// A QR code in half blocks, light on dark with its margin, so that it is read from a dark terminal and from
/// a light one. Nothing if the text does not fit one.
fn picture(text: &str) -> Vec<String> {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else {
        return Vec::new();
    };
    let drawn = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    drawn.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_drawn_within_a_small_terminal() {
        let link = "otpauth://totp/Our%20place:pranav?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\
                    &issuer=Our%20place";
        let drawn = picture(link);
        assert!(drawn.len() <= 24, "{} lines", drawn.len());
        assert!(drawn.iter().all(|line| line.chars().count() <= 49));
        // Its margin is light, whatever the terminal's own colour is.
        assert!(drawn.first().unwrap().chars().all(|block| block == '█'));
    }
}
