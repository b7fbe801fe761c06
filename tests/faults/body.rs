//! What a page looks like, so that it shows if anything of it is missing or wrong.
//!
//! The first line says which page it is, the second what rows it shows; then there
//! is filling, and at last the sum of all that.

use std::fmt::Write;

/// The longest filling.
const FILLING: usize = 6_000;

/// Writes a page.
pub(crate) fn write(asked: &str, rows: &str) -> String {
    let mut body = format!("{asked}\n{rows}\n");
    let mut number = sum(&body);
    let length = usize::try_from(number).unwrap_or_default() % FILLING;
    while body.len() < length {
        // It does not get much smaller by compression.
        number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let _ = write!(body, "{number:016x}");
    }
    body.push('\n');
    let (length, sum) = (body.len(), sum(&body));
    let _ = write!(body, "{length} {sum:016x}");
    body
}

/// Reads a page, and returns the rows that it shows.
///
/// # Errors
///
/// Returns what is wrong with its form.
pub(crate) fn read<'a>(asked: &str, body: &'a str) -> Result<&'a str, String> {
    let (rest, end) = body.rsplit_once('\n').ok_or("it has no lines")?;
    let length = rest.len() + 1;
    if end != format!("{length} {:016x}", sum(&body[..length])) {
        return Err("it has another sum".to_owned());
    }
    let mut lines = body.lines();
    let first = lines.next().unwrap_or_default();
    if first != asked {
        return Err(format!("it is {first}, not {asked}"));
    }
    lines.next().ok_or_else(|| "it has no rows".to_owned())
}

/// FNV-1a.
fn sum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read_and_what_is_changed_cannot() {
        let body = write("/items/item-1/?q=0 en", "i1:2:1:1 s1:1");
        assert_eq!(
            read("/items/item-1/?q=0 en", &body).unwrap(),
            "i1:2:1:1 s1:1"
        );
        assert!(read("/items/item-1/?q=1 en", &body).is_err());
        assert!(read("/items/item-1/?q=0 en", &body[..body.len() - 1]).is_err());
        assert!(read("/items/item-1/?q=0 en", &body.replace("s1:1", "s1:2")).is_err());
    }
}
