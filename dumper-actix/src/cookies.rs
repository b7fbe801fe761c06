//! Which cookies make a visitor somebody.

use std::sync::{Arc, LazyLock};

use percent_encoding::percent_decode_str;

use crate::names::Names;

/// Cookies that no server reads, or that mean the same for everybody.
static HARMLESS: LazyLock<Names> = LazyLock::new(|| NAMES.into_iter().collect());

const NAMES: [&str; 26] = [
    "_ga*",
    "_gid",
    "_gat*",
    "_gcl_*",
    "_gac_*",
    "__utm*",
    "_fbp",
    "_fbc",
    "_pk_*",
    "_hj*",
    "_clck",
    "_clsk",
    "_uet*",
    "_ttp",
    "_tt_*",
    "_pin_unauth",
    "_scid*",
    "__hstc",
    "__hssc",
    "__hssrc",
    "hubspotutk",
    "_mkto_trk",
    "ajs_*",
    "amplitude_*",
    "mp_*",
    "CookieConsent",
];

/// Tells the cookies that select a visitor's own pages from those that do not.
#[derive(Clone, Debug)]
pub(crate) enum Cookies {
    /// All do but these.
    AllBut(Arc<Names>),
    /// None does but these.
    Only(Arc<Names>),
}

impl Default for Cookies {
    fn default() -> Self {
        Self::AllBut(Arc::new(HARMLESS.clone()))
    }
}

impl Cookies {
    pub(crate) fn sessions(names: impl Iterator<Item = String>) -> Self {
        Self::Only(Arc::new(names.collect()))
    }

    #[must_use]
    pub(crate) fn ignore(self, names: impl Iterator<Item = String>) -> Self {
        match self {
            Self::AllBut(mut known) => {
                Arc::make_mut(&mut known).extend(names);
                Self::AllBut(known)
            }
            sessions @ Self::Only(_) => sessions,
        }
    }

    /// Whether a `Cookie` header has one that counts. What cannot be read does.
    pub(crate) fn count_in(&self, header: &[u8]) -> bool {
        let Some(mut names) = names(header) else {
            return true;
        };
        match self {
            Self::AllBut(harmless) => names.any(|name| !harmless.has(name)),
            Self::Only(sessions) => names.any(|name| {
                // Actix Web decodes the names of cookies.
                let decoded = percent_decode_str(name).decode_utf8();
                sessions.has(name) || decoded.map_or(true, |name| sessions.has(&name))
            }),
        }
    }
}

/// Whether a `Cookie` header has one that a session may be known by, whatever its site
/// says of its cookies: any but those that have the very name of a tracker's.
#[cfg(feature = "session")]
pub(crate) fn may_name_session(header: &[u8]) -> bool {
    let is_of_google = |name: &str| {
        let id = name.strip_prefix("_ga_");
        let is_upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        name == "_ga" || id.is_some_and(|id| id.bytes().all(is_upper))
    };
    let is_trackers = |name: &str| HARMLESS.has_whole(name) || is_of_google(name);
    names(header).is_none_or(|mut names| names.any(|name| !is_trackers(name)))
}

/// The names in a `Cookie` header, or `None` if it is no text.
fn names(header: &[u8]) -> Option<impl Iterator<Item = &str>> {
    let cookies = std::str::from_utf8(header).ok()?.split(';');
    let names = cookies.map(|cookie| match cookie.split_once('=') {
        Some((name, _)) => name.trim(),
        None => cookie.trim(),
    });
    Some(names.filter(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_unknown_cookie_counts() {
        let cookies = Cookies::default().ignore(["theme".to_owned()].into_iter());
        assert!(!cookies.count_in(b"_ga=1; _ga_X1=2;  theme=dark"));
        assert!(!cookies.count_in(b" ; "));
        assert!(cookies.count_in(b"_ga=1; id=2"));
        assert!(cookies.count_in(b"id"));
        assert!(cookies.count_in(b"theme\xff=1"));
    }

    #[test]
    fn only_session_cookies_count_if_they_are_named() {
        let cookies = Cookies::sessions(["id".to_owned(), "sess*".to_owned()].into_iter());
        assert!(!cookies.count_in(b"anything=1; ids=2"));
        assert!(cookies.count_in(b"anything=1; id=2"));
        assert!(cookies.count_in(b"session-7=1"));
        assert!(cookies.count_in(b"%69d=1"));
        assert!(cookies.count_in(b"%ff=1"));
    }

    #[cfg(feature = "session")]
    #[test]
    fn a_session_is_known_by_any_cookie_that_a_server_may_read() {
        assert!(!may_name_session(
            b"_ga=1; _ga_2AB=1; _gid=2; CookieConsent=3; "
        ));
        assert!(may_name_session(b"_garden_session=1"));
        assert!(may_name_session(b"_ga_session=1"));
        assert!(may_name_session(b"mp_session=1"));
        assert!(may_name_session(b"_ga=1; id=2"));
        assert!(may_name_session(b"theme=dark"));
        assert!(may_name_session(b"%69d=1"));
        assert!(may_name_session(b"_ga=\xff"));
    }
}
