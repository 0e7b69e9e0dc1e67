//! What can go wrong in an exchange.

/// A registration or a sign-in that did not come about. Says nothing of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpaqueError {
    /// The bytes are not the message that stands here in the exchange.
    #[error("not an OPAQUE message of the kind expected here")]
    Malformed,
    /// The proof does not hold: wrong password, unknown account, or another server's answer.
    #[error("the name or the password is wrong")]
    WrongPassword,
    /// The password is empty or longer than [`snug_proto::limits::MAX_PASSWORD_BYTES`].
    #[error("the password is empty or too long")]
    BadPassword,
    /// The Argon2id parameters lie outside the bounds.
    #[error("the password-hashing parameters are outside what is taken")]
    Parameters,
}
