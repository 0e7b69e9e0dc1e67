//! The client against a small scripted server over real TLS.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test ends where its script does not hold; clippy knows helpers of tests not as tests"
)]

mod coming_back;
mod connection;
mod fake;
mod sign_in;
