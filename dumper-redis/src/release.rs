//! Which build of the application this is.

use std::fs::File;
use std::io::{self, Read};
use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use crate::hex::hex;
use crate::random;

/// A name that other processes have if they run the same file. It is read once.
///
/// A build for development, which is read at some 50 MB a second, is known by the time
/// and the length of its file.
///
/// If it cannot be read, the name is one that no other process has: nothing is shared,
/// and nothing of another build is served.
pub(crate) fn own() -> &'static str {
    static OWN: LazyLock<String> = LazyLock::new(|| {
        name_of_program().unwrap_or_else(|err| {
            log::warn!(
                "cannot read the program's file ({err}): its pages are not shared; name the release"
            );
            random::draw()
        })
    });
    &OWN
}

fn name_of_program() -> io::Result<String> {
    let program = File::open(std::env::current_exe()?)?;
    if cfg!(debug_assertions) {
        by_time(&program)
    } else {
        by_content(program)
    }
}

fn by_time(program: &File) -> io::Result<String> {
    let known = program.metadata()?;
    let since = known.modified()?.duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default();
    Ok(format!("{}.{}", since.as_nanos(), known.len()))
}

fn by_content(mut program: impl Read) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut part = vec![0; 1 << 18];
    loop {
        match program.read(&mut part)? {
            0 => return Ok(hex(&hasher.finalize().as_bytes()[..16])),
            read => {
                hasher.update(&part[..read]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_one_name() {
        assert_eq!(own(), name_of_program().unwrap());
    }

    #[test]
    fn another_file_has_another_name() {
        let name = |content: &[u8]| by_content(content).unwrap();
        let mut long = vec![7; 1 << 20];
        let first = name(&long);
        assert_eq!(first, name(&long));
        long[1 << 19] = 8;
        assert_ne!(first, name(&long));
        assert_ne!(name(b""), name(b"\0"));
    }
}
