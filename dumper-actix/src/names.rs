//! Names, and patterns of names.

/// Whether a name is one of these, of which some end in `*`.
pub(crate) fn is_among(name: &str, patterns: &[impl AsRef<str>]) -> bool {
    patterns.iter().map(AsRef::as_ref).any(|pattern| {
        pattern
            .strip_suffix('*')
            .map_or(name == pattern, |start| name.starts_with(start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_ending() {
        let patterns = ["id", "sess*"];
        for (name, is) in [
            ("id", true),
            ("ids", false),
            ("sess", true),
            ("session", true),
            ("ses", false),
            ("", false),
        ] {
            assert_eq!(is_among(name, &patterns), is, "{name}");
        }
    }
}
