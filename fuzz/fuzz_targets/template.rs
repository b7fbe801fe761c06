//! Templates: whatever is written in one, it fills to the path of a request for it.

#![no_main]

use dumper_tests::templates::check;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, Vec<&str>, &[u8])| {
    let (text, values, spelling) = input;
    check(text, &values, spelling);
});
