//! Runs `snug_fuzz::name` on whatever libFuzzer comes up with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| snug_fuzz::name::check(data));
