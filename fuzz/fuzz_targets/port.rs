//! Runs `snug_fuzz::port` on whatever libFuzzer comes up with.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| snug_fuzz::port::check(data));
