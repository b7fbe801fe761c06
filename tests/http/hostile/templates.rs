//! A slice of what the fuzz target `template` does at length.

use dumper_tests::templates::check;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const PARTS: [&str; 24] = [
    "/", "/f/", "{a}", "{b}", "{a:raw}", "{{", "}}", "{", "}", "{}", "{a:b}", "{é}", ":", ".",
    "..", "%2F", "%2f", "%61", "%", "é", "+", "%2B", " ", "//",
];

proptest! {
    #[test]
    fn a_filled_template_is_the_path_of_a_request_for_it(
        parts in vec(select(&PARTS[..]), 0..8),
        values in vec("\\PC{0,8}", 0..3),
        spelling in vec(any::<u8>(), 0..8),
    ) {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        check(&format!("/{}", parts.concat()), &values, &spelling);
    }

    #[test]
    fn any_text_may_be_tried_as_a_template(text in "\\PC*", value in "\\PC*") {
        check(&text, &[&value], &[]);
    }
}
