//! Header values: nothing panics, and nothing is served that they plainly forbid.

#![no_main]

use actix_web::rt::{System, SystemRunner};
use dumper_tests::headers::Page;
use libfuzzer_sys::fuzz_target;

thread_local! {
    // Never dropped: the runtime would look for what the thread has dropped before.
    static PAGE: &'static (SystemRunner, Page) = {
        let system = System::new();
        let page = system.block_on(Page::start());
        Box::leak(Box::new((system, page)))
    };
}

fuzz_target!(|bytes: &[u8]| {
    PAGE.with(|(system, page)| system.block_on(page.check(bytes)));
});
