//! Somebody else who writes to our Redis.

use std::io;

use dumper_tests::redis::RedisServer;
use redis::RedisResult;

use crate::world::{World, pause};

/// All is forgotten, all the time.
pub(crate) fn flush(world: &mut World) -> io::Result<u64> {
    repeat(world, 37, |server| server.command(&["FLUSHALL"]))
}

/// The scripts are forgotten, all the time.
pub(crate) fn flush_scripts(world: &mut World) -> io::Result<u64> {
    repeat(world, 37, |server| server.command(&["SCRIPT", "FLUSH"]))
}

/// Somebody writes to our keys what he likes.
pub(crate) fn write(world: &mut World) -> io::Result<u64> {
    repeat(world, 2, |server| {
        let keys: Vec<Vec<u8>> = server.command(&["KEYS", "*"])?;
        let Some(key) = fastrand::choice(&keys) else {
            return Ok(());
        };
        match fastrand::u8(..24) {
            0 => server.binary_command(&[b"SET", key, &bytes()]),
            1 => {
                let () = server.binary_command(&[b"DEL", key])?;
                server.binary_command(&[b"RPUSH", key, &bytes(), &bytes()])
            }
            2 => {
                let () = server.binary_command(&[b"DEL", key])?;
                server.binary_command(&[b"HSET", key, &bytes(), &bytes(), b"t", &bytes()])
            }
            3 => server.binary_command(&[b"PERSIST", key]),
            _ => overwrite_a_field(server, key),
        }
    })
}

fn overwrite_a_field(server: &RedisServer, key: &[u8]) -> RedisResult<()> {
    let fields: RedisResult<Vec<Vec<u8>>> = server.binary_command(&[b"HKEYS", key]);
    // It is no hash, or has none.
    let fields = fields.unwrap_or_default();
    let Some(field) = fastrand::choice(&fields) else {
        return Ok(());
    };
    let value: Option<Vec<u8>> = server.binary_command(&[b"HGET", key, field])?;
    let mut value = value.unwrap_or_default();
    match value.get_mut(..) {
        Some(bytes) if !bytes.is_empty() && fastrand::u8(..4) > 0 => {
            let place = fastrand::usize(..bytes.len());
            bytes[place] ^= 1 << fastrand::u8(..8);
        }
        _ if fastrand::bool() => value.truncate(fastrand::usize(..=value.len())),
        _ => value = bytes(),
    }
    server.binary_command(&[b"HSET", key, field, &value])
}

/// So many bytes as there may be of anything, or none.
fn bytes() -> Vec<u8> {
    (0..fastrand::usize(..80))
        .map(|_| fastrand::u8(..))
        .collect()
}

fn repeat(
    world: &World,
    milliseconds: u64,
    mut act: impl FnMut(&RedisServer) -> RedisResult<()>,
) -> io::Result<u64> {
    let server = world.shared.primary()?;
    let mut times = 0;
    while world.has(1_000) {
        // A key may have changed its type meanwhile.
        times += u64::from(act(server).is_ok());
        pause(milliseconds);
    }
    pause(700);
    Ok(times)
}
