//! Runs `snug_fuzz::health` on whatever libFuzzer comes up with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| snug_fuzz::health::check(data));
