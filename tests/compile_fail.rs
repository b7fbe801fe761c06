//! What the macros say about each mistake: one error, where the mistake is.

#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
