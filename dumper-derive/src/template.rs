//! The template syntax: a path with holes.

use syn::{Error, LitStr, Result};

/// Reads a template and returns the names in its holes.
///
/// A mistake is shown under the whole literal: a stable compiler has no spans
/// inside of one.
pub(crate) fn holes(template: &LitStr) -> Result<Vec<String>> {
    let text = template.value();
    let span = template.span();
    if !text.starts_with('/') {
        return Err(Error::new(span, "a path begins with `/`"));
    }

    let mut holes = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['{', '}', '?', '#']) {
        let special = &rest[at..];
        rest = if let Some(rest) = special.strip_prefix("{{") {
            rest
        } else if let Some(rest) = special.strip_prefix("}}") {
            rest
        } else if let Some(rest) = special.strip_prefix('{') {
            let Some((hole, rest)) = rest.split_once('}') else {
                let message = "unclosed brace: a hole is `{field}`, a literal brace `{{`";
                return Err(Error::new(span, message));
            };
            holes.push(name(hole).map_err(|message| Error::new(span, message))?);
            rest
        } else if special.starts_with('}') {
            return Err(Error::new(span, "`}` without `{`: a literal brace is `}}`"));
        } else {
            let message = "a path has no query and no fragment: remove `?` or `#`";
            return Err(Error::new(span, message));
        };
    }
    Ok(holes)
}

/// The name in the braces of a hole.
fn name(hole: &str) -> std::result::Result<String, String> {
    let (name, format) = hole.split_once(':').unwrap_or((hole, "raw"));
    if name.is_empty() {
        return Err("empty hole: name a field, as in `{id}`".to_owned());
    }
    if name.starts_with(|c: char| c.is_ascii_digit())
        || name.contains(|c: char| c != '_' && !c.is_alphanumeric())
    {
        return Err(format!("`{name}` is not the name of a field"));
    }
    if format != "raw" {
        return Err(format!("unknown format `:{format}` (formats: `:raw`)"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn parse(text: &str) -> std::result::Result<Vec<String>, String> {
        holes(&LitStr::new(text, Span::call_site())).map_err(|error| error.to_string())
    }

    #[test]
    fn holes_are_found_in_order() {
        assert_eq!(parse("/").unwrap(), [""; 0]);
        assert_eq!(parse("/flavors/").unwrap(), [""; 0]);
        assert_eq!(parse("/{a}/{b:raw}.{a}").unwrap(), ["a", "b", "a"]);
        assert_eq!(parse("/{a}{größe_2}").unwrap(), ["a", "größe_2"]);
    }

    #[test]
    fn doubled_braces_are_literal() {
        assert_eq!(parse("/{{id}}/").unwrap(), [""; 0]);
        assert_eq!(parse("/{{{id}}}/").unwrap(), ["id"]);
        assert_eq!(parse("/{id}}}/").unwrap(), ["id"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (template, mistake) in [
            ("", "a path begins with `/`"),
            ("flavors/", "a path begins with `/`"),
            ("/{id", "unclosed brace"),
            ("/{{{", "unclosed brace"),
            ("/id}", "`}` without `{`"),
            ("/{id}}", "`}` without `{`"),
            ("/{}", "empty hole"),
            ("/{:raw}", "empty hole"),
            ("/{id:x}", "unknown format `:x`"),
            ("/{id:}", "unknown format `:`"),
            ("/{a b}", "`a b` is not the name of a field"),
            ("/{1}", "`1` is not the name of a field"),
            ("/{a{b}", "`a{b` is not the name of a field"),
            ("/?page={id}", "no query"),
            ("/{id}#top", "no query"),
        ] {
            let error = parse(template).unwrap_err();
            assert!(error.contains(mistake), "{template}: {error}");
        }
    }
}
