//! What visitors may type into the forms.
//!
//! Each field is a type of its own that only holds what is acceptable, so that
//! no handler can forget to check: a form that does not parse is answered with
//! 422 and the reason.

use std::fmt;

use serde::Deserialize;

/// The fields of a flavor.
#[derive(Debug, Deserialize)]
pub(crate) struct FlavorForm {
    pub(crate) name: Name,
    pub(crate) slug: Slug,
    pub(crate) description: Description,
}

/// The fields of a size.
#[derive(Debug, Deserialize)]
pub(crate) struct SizeForm {
    pub(crate) name: Name,
    pub(crate) slug: Slug,
}

/// An offer to make or to take back.
#[derive(Debug, Deserialize)]
pub(crate) struct OfferForm {
    /// The slug of the size.
    pub(crate) size: String,
    pub(crate) action: Action,
}

/// What to do with an offer.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    Add,
    Remove,
}

/// The last part of a URL: one to 64 characters of any script, but no slash and
/// no control character.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Slug(pub(crate) String);

impl TryFrom<String> for Slug {
    type Error = Unacceptable;

    fn try_from(text: String) -> Result<Self, Unacceptable> {
        let slug = line("slug", &text, 64)?;
        match slug.as_str() {
            // Browsers resolve these before they ask us.
            "." | ".." => Err(Unacceptable(format!("the slug cannot be “{slug}”"))),
            _ if slug.contains(['/', '\\']) => {
                Err(Unacceptable("the slug cannot contain a slash".to_owned()))
            }
            _ => Ok(Self(slug)),
        }
    }
}

/// One line of up to 100 characters.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Name(pub(crate) String);

impl TryFrom<String> for Name {
    type Error = Unacceptable;

    fn try_from(text: String) -> Result<Self, Unacceptable> {
        line("name", &text, 100).map(Self)
    }
}

/// Up to 2 000 characters, or none.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Description(pub(crate) String);

impl TryFrom<String> for Description {
    type Error = Unacceptable;

    fn try_from(text: String) -> Result<Self, Unacceptable> {
        let text = text.trim().replace("\r\n", "\n");
        if text.chars().count() > 2_000 {
            return Err(too_long("description", 2_000));
        }
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            return Err(control_character("description"));
        }
        Ok(Self(text))
    }
}

/// Why an input is refused, in words for the visitor.
#[derive(Debug)]
pub(crate) struct Unacceptable(String);

impl fmt::Display for Unacceptable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Trims one line of text, which cannot be empty.
fn line(field: &str, text: &str, longest: usize) -> Result<String, Unacceptable> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Unacceptable(format!("the {field} is empty")));
    }
    if text.chars().count() > longest {
        return Err(too_long(field, longest));
    }
    if text.chars().any(char::is_control) {
        return Err(control_character(field));
    }
    Ok(text.to_owned())
}

fn too_long(field: &str, longest: usize) -> Unacceptable {
    Unacceptable(format!("the {field} is longer than {longest} characters"))
}

fn control_character(field: &str) -> Unacceptable {
    Unacceptable(format!("the {field} contains a control character"))
}
