//! Settings.

use std::error::Error;
use std::time::Duration;

use dumper::{AlreadyInstalled, Cache};
use dumper_actix::Dumper;

fn install() -> Result<(), AlreadyInstalled> {
    Cache::builder()
        .max_bytes(512 << 20)
        .fence_deadline(Duration::from_secs(30))
        .install()
}

fn dumper() -> Result<Dumper, Box<dyn Error>> {
    let dumper = Dumper::default()
        .ignore("^/(admin|media)/")?
        .session_cookies(["id"])
        .hosts(["parlour.example"]);
    Ok(dumper)
}
