//! Which build of the application this is.

use std::fs::File;
use std::io::{self, Read};
use std::sync::LazyLock;

use xxhash_rust::xxh3::Xxh3;

use crate::hex::hex;
use crate::random;

/// A name that other processes have if they run the same file. It is read once.
///
/// If it cannot be read, the name is one that no other process has: nothing is shared,
/// and nothing of another build is served.
pub(crate) fn own() -> &'static str {
    static OWN: LazyLock<String> = LazyLock::new(|| {
        hash_of_program().unwrap_or_else(|err| {
            log::warn!(
                "cannot read the program's file ({err}): its pages are not shared; name the release"
            );
            random::draw()
        })
    });
    &OWN
}

fn hash_of_program() -> io::Result<String> {
    let mut program = File::open(std::env::current_exe()?)?;
    let mut hasher = Xxh3::new();
    let mut part = vec![0; 1 << 18];
    loop {
        match program.read(&mut part)? {
            0 => return Ok(hex(&hasher.digest128().to_be_bytes())),
            read => hasher.update(&part[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_one_name() {
        assert_eq!(own(), hash_of_program().unwrap());
        assert_eq!(own().len(), 32);
    }
}
