//! How a path is written, where that makes no difference.

use std::fmt::Write;

/// A path by the normalization that RFC 3986 §6.2.2 calls safe, written apart
/// from that of the cache.
pub(super) fn normalized(path: &str) -> String {
    let mut normal = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let digits = rest
            .get(..2)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if letter == '%' => {
                rest = &rest[2..];
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    normal.push(char::from(byte));
                } else {
                    push_encoded(byte, &mut normal);
                }
            }
            _ if letter.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/%".contains(letter) => {
                normal.push(letter);
            }
            _ => {
                for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                    push_encoded(byte, &mut normal);
                }
            }
        }
    }
    normal
}

fn push_encoded(byte: u8, text: &mut String) {
    let written = write!(text, "%{byte:02X}");
    debug_assert!(written.is_ok(), "a string takes all that is written");
}
