//! Runs `snug_fuzz::room_rules` on whatever libFuzzer comes up with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| snug_fuzz::room_rules::check(data));
