//! Runs `snug_fuzz::roster` on whatever libFuzzer comes up with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| snug_fuzz::roster::check(data));
