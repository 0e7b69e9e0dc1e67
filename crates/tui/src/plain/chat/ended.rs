//! Why it is over, and what to do about it.

use snug_client::{ConnectError, Ended, OpenError};
use snug_proto::ErrorCode;

use crate::sanitize;

/// The lines.
pub(super) fn lines(ended: &Ended, alias: &str) -> Vec<String> {
    let advice = match ended {
        Ended::SignedOut(refusal)
            if matches!(refusal.code, ErrorCode::Banned | ErrorCode::Forbidden) =>
        {
            format!("When that is over, start `snug {alias}` again.")
        }
        Ended::SignedOut(_) => format!("Start `snug {alias}` again to sign in by your password."),
        Ended::Open(OpenError::Connect(ConnectError::FingerprintChanged { .. })) => format!(
            "Do not go on unless the person who runs the server tells you, by another way, that it \
             was set up anew; then `snug servers forget {alias}` and join with the new link."
        ),
        _ => format!("Start `snug {alias}` to try again."),
    };
    vec![
        format!("!! {}", sanitize::line(&ended.to_string())),
        format!("-- {advice}"),
    ]
}
