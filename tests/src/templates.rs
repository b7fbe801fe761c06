//! Templates and paths, whatever is written in them.

use dumper::{Key, Path, Template};

/// Fills a template, if the text is one, and sees that its path is that of a
/// request for it, however that is spelled.
///
/// # Panics
///
/// Panics if it is not.
pub fn check(text: &str, values: &[&str], spelling: &[u8]) {
    let Ok(template) = Template::new(text) else {
        return;
    };
    assert_eq!(template.as_str(), text);
    let mut values = values.iter().cycle();
    let filled = template.fill(|_| values.next().map(|value| (*value).to_owned()));
    let Some(path) = filled else {
        assert!(
            template.holes().next().is_some(),
            "{text} has no hole to leave out"
        );
        return;
    };
    assert_eq!(
        Path::requested(&path).as_str(),
        path,
        "{text} fills to another form"
    );
    let requested = spelled(&path, spelling);
    let key = Key::new("http", "parlour.example", &requested, None);
    let key = key.expect("each percent sign encodes a byte");
    assert_eq!(key.path().as_str(), path, "{requested} is a request for it");
}

/// Writes a path in one of its ways: some bytes encoded that need not be, and the
/// digits of others in lower case.
fn spelled(path: &str, choices: &[u8]) -> String {
    let mut spelled = String::new();
    let mut choices = choices.iter().cycle();
    let mut digits = 0;
    for byte in path.bytes() {
        let choice = choices.next().copied().unwrap_or_default();
        match byte {
            b'%' => {
                digits = 2;
                spelled.push('%');
            }
            _ if digits > 0 => {
                digits -= 1;
                let lower = byte.to_ascii_lowercase();
                spelled.push(char::from(if choice % 2 == 0 { byte } else { lower }));
            }
            _ if byte == b'/' || choice % 3 == 0 => spelled.push(char::from(byte)),
            _ => {
                let encoded = match choice % 3 {
                    1 => format!("%{byte:02X}"),
                    _ => format!("%{byte:02x}"),
                };
                spelled.push_str(&encoded);
            }
        }
    }
    spelled
}
