//! Commands that we may not use.

use std::io;

use crate::world::World;

/// The user of the URLs may do all but ask who the server is.
pub(crate) fn no_info(world: &mut World) -> io::Result<u64> {
    let server = world.shared.primary()?;
    let client = redis::Client::open(server.url().replace("//", "//app:app@"));
    let mut connection = client
        .and_then(|client| client.get_connection())
        .map_err(io::Error::other)?;
    let told = redis::cmd("INFO").query::<String>(&mut connection);
    Ok(u64::from(
        told.is_err_and(|err| err.code() == Some("NOPERM")),
    ))
}
