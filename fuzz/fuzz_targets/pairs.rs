//! Pairs of requests: the second is answered as if there had been no first.

#![no_main]

use actix_web::rt::{System, SystemRunner};
use dumper_tests::pairs::Trial;
use libfuzzer_sys::fuzz_target;

thread_local! {
    // Never dropped: the runtime would look for what the thread has dropped before.
    static TRIAL: &'static (SystemRunner, Trial) = {
        let system = System::new();
        let trial = system.block_on(Trial::start());
        Box::leak(Box::new((system, trial)))
    };
}

fuzz_target!(|bytes: &[u8]| {
    TRIAL.with(|(system, trial)| system.block_on(trial.check(bytes)));
});
