//! A declared path with holes: `/flavors/{slug}/`.

use std::fmt;

use regex::bytes::RegexSet;

use crate::path::{canonical, encode_segment, encode_segments};

/// A declared path with holes, such as `/flavors/{slug}/`.
///
/// `{name}` is filled with a value as one segment: a slash in it becomes `%2F`.
/// `{name:raw}` lets slashes through. `{{` and `}}` stand for a brace.
///
/// # Examples
///
/// ```
/// use dumper::Template;
///
/// let template = Template::new("/flavors/{slug}/")?;
/// let path = template.fill(|hole| (hole == "slug").then(|| "crème/brûlée".to_owned()));
/// assert_eq!(path.as_deref(), Some("/flavors/cr%C3%A8me%2Fbr%C3%BBl%C3%A9e/"));
/// # Ok::<(), dumper::InvalidTemplate>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Piece {
    Literal(String),
    Hole { name: String, raw: bool },
}

/// The text is not a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTemplate {
    /// It does not begin with a slash.
    NoLeadingSlash,
    /// It has a `?` or a `#`: a query and a fragment are not part of a path.
    NotAPath,
    /// A brace is not closed, or not opened, or its content is neither `name`
    /// nor `name:raw`.
    Brace,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidTemplate`] if the text does not begin with a slash, has
    /// a query or a fragment, or if its braces are not well formed. The derive
    /// reports the same at compile time.
    pub fn new(text: &str) -> Result<Self, InvalidTemplate> {
        if !text.starts_with('/') {
            return Err(InvalidTemplate::NoLeadingSlash);
        }
        if text.contains(['?', '#']) {
            return Err(InvalidTemplate::NotAPath);
        }
        Ok(Self {
            text: text.to_owned(),
            pieces: pieces(text).ok_or(InvalidTemplate::Brace)?,
        })
    }

    /// The template as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the path with each hole filled, or `None` if a hole's value is.
    pub fn fill(&self, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
        let mut path = String::with_capacity(self.text.len() + 16);
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => path.push_str(text),
                Piece::Hole { name, raw: false } => encode_segment(&value(name)?, &mut path),
                Piece::Hole { name, raw: true } => encode_segments(&value(name)?, &mut path),
            }
        }
        Some(path)
    }

    /// The names of its holes, in their order.
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Hole { name, .. } => Some(name.as_str()),
        })
    }

    /// A regular expression over canonical paths. Slashes at the end may be there
    /// or not, as `NormalizePath` has it.
    fn pattern(&self) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => regex::escape(text),
            Piece::Hole { raw: false, .. } => "[^/]*".to_owned(),
            Piece::Hole { raw: true, .. } => ".*".to_owned(),
        });
        let pieces: String = pieces.collect();
        format!("(?s-u)^{}/*$", pieces.trim_end_matches('/'))
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for InvalidTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLeadingSlash => "a template must begin with a slash",
            Self::NotAPath => "a template has no query and no fragment",
            Self::Brace => "a brace of a template must read `{name}` or `{name:raw}`",
        })
    }
}

impl std::error::Error for InvalidTemplate {}

/// All paths that some templates match.
#[derive(Clone, Debug)]
pub(crate) struct Patterns(RegexSet);

impl Patterns {
    pub(crate) fn of<'a>(templates: impl IntoIterator<Item = &'a Template>) -> Self {
        let patterns = templates.into_iter().map(Template::pattern);
        Self(RegexSet::new(patterns).expect("an escaped literal and a wildcard are a pattern"))
    }

    /// The regular expressions.
    pub(crate) fn as_strings(&self) -> &[String] {
        self.0.patterns()
    }

    pub(crate) fn match_path(&self, canonical: &str) -> bool {
        self.0.is_match(canonical.as_bytes())
    }
}

/// Literal text comes out in canonical form. `None` is a malformed brace.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let brace = &rest[at..];
        if let Some(after) = brace.strip_prefix("{{").or(brace.strip_prefix("}}")) {
            literal.push_str(&brace[..1]);
            rest = after;
            continue;
        }
        let (hole, after) = brace.strip_prefix('{')?.split_once('}')?;
        if !literal.is_empty() {
            pieces.push(Piece::Literal(canonical(&literal).into_owned()));
            literal.clear();
        }
        pieces.push(Piece::of_hole(hole)?);
        rest = after;
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(canonical(&literal).into_owned()));
    }
    Some(pieces)
}

impl Piece {
    fn of_hole(text: &str) -> Option<Self> {
        let (name, raw) = match text.split_once(':') {
            None => (text, false),
            Some((name, "raw")) => (name, true),
            Some(_) => return None,
        };
        let is_name = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_name.then(|| Self::Hole {
            name: name.to_owned(),
            raw,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(template: &str, value: &str) -> String {
        let template = Template::new(template).unwrap();
        template.fill(|_| Some(value.to_owned())).unwrap()
    }

    #[test]
    fn a_value_is_one_segment_unless_raw() {
        assert_eq!(filled("/f/{a}/", "a/b c?d#e%"), "/f/a%2Fb%20c%3Fd%23e%25/");
        assert_eq!(filled("/f/{a:raw}", "a/b c?"), "/f/a/b%20c%3F");
        assert_eq!(filled("/f/{{{a}}}", "x"), "/f/%7Bx%7D");
        assert_eq!(filled("/é/{a}-{b}", "x"), "/%C3%A9/x-x");
    }

    #[test]
    fn an_empty_hole_leaves_the_path_out() {
        assert_eq!(Template::new("/f/{a}/").unwrap().fill(|_| None), None);
    }

    #[test]
    fn malformed_templates_are_refused() {
        for text in ["/{a", "/a}", "/{}", "/{a:b}", "/{a b}", "/{1}", "/{{a}"] {
            assert_eq!(Template::new(text), Err(InvalidTemplate::Brace), "{text}");
        }
        assert_eq!(Template::new("a/"), Err(InvalidTemplate::NoLeadingSlash));
        assert_eq!(Template::new("/a?b"), Err(InvalidTemplate::NotAPath));
    }

    #[test]
    fn a_pattern_matches_what_the_template_can_make() {
        let template = Template::new("/f.x/{a}/{b:raw}!").unwrap();
        let patterns = Patterns::of([&template]);
        assert!(patterns.match_path("/f.x/a%2Fb/c/d!"));
        assert!(patterns.match_path("/f.x///!"));
        assert!(!patterns.match_path("/f.x/a!"));
        assert!(!patterns.match_path("/fax/a/b!"));
        assert!(patterns.match_path("/f.x/a/b!/"));
        assert!(!patterns.match_path("/f.x/a/b!/c"));
    }

    proptest! {
        #[test]
        fn every_filled_path_is_matched(value in "\\PC{0,20}") {
            for text in ["/f/{a}/", "/f/{a:raw}", "/{a}.html", "/{{}}/{a}-{b}"] {
                let template = Template::new(text).unwrap();
                let path = template.fill(|_| Some(value.clone())).unwrap();
                prop_assert_eq!(canonical(&path).into_owned(), path.clone());
                prop_assert!(Patterns::of([&template]).match_path(&path), "{}", path);
            }
        }

        #[test]
        fn whatever_is_a_template_matches_what_it_is_filled_with(
            text in "/(/|[a-z.*+|^$é]|%[2-7][0-9A-Fa-f]|%|\\{\\{|\\}\\}|\\{a\\}|\\{b:raw\\}){0,8}",
            value in "\\PC{0,8}",
        ) {
            let template = Template::new(&text).unwrap();
            let path = template.fill(|_| Some(value.clone())).unwrap();
            prop_assert!(Patterns::of([&template]).match_path(&path), "{}", path);
        }
    }
}
