//! The client against a small scripted server over real TLS.

mod connection;
mod fake;
