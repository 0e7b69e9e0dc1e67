//! Runs `snug_fuzz::proxy` on whatever libFuzzer comes up with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| snug_fuzz::proxy::check(data));
