//! Several processes.

use std::error::Error;

use dumper::Cache;
use dumper_redis::Redis;

async fn share_pages() -> Result<(), Box<dyn Error>> {
    let redis = Redis::connect("redis://127.0.0.1:6379").await?;
    Cache::builder().store(redis).install()?;
    Ok(())
}
