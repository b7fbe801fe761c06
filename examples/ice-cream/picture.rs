//! The pictures of the flavors.

use askama::Template;

/// Draws a cone with a scoop of the flavor, in a color that follows from the
/// name.
///
/// # Errors
///
/// Returns an error if the template fails.
pub(crate) fn draw(name: &str) -> Result<String, askama::Error> {
    let hue = name
        .bytes()
        .fold(0, |hue, byte| (hue * 31 + u32::from(byte)) % 360);
    Picture { name, hue }.render()
}

#[derive(Template)]
#[template(path = "picture.svg")]
struct Picture<'a> {
    name: &'a str,
    hue: u32,
}
