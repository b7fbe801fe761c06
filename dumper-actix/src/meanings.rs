//! What the header fields of a request are to the cache, by their names.

use std::sync::Arc;

use crate::dumper::Dumper;
use crate::names::{Names, Outlines};

/// What a header field is to the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) field: Field,
    /// It tells who the visitor is.
    pub(crate) is_credential: bool,
    /// It may make a handler believe in another URL.
    pub(crate) tells_other_url: bool,
}

/// A field that the cache reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Field {
    Host,
    Precondition,
    Upgrade,
    ContentLength,
    TransferEncoding,
    Authorization,
    Cookie,
    CacheControl,
    Range,
    /// The client has something of the page already.
    Condition,
    Forwarded,
    /// A proxy tells of the origin in its own words.
    Origin,
    #[default]
    Other,
}

const FIELDS: [(&str, Field); 21] = [
    ("host", Field::Host),
    ("cookie", Field::Cookie),
    ("cache-control", Field::CacheControl),
    ("if-none-match", Field::Condition),
    ("if-modified-since", Field::Condition),
    ("if-range", Field::Condition),
    ("range", Field::Range),
    ("if-match", Field::Precondition),
    ("if-unmodified-since", Field::Precondition),
    ("upgrade", Field::Upgrade),
    ("content-length", Field::ContentLength),
    ("transfer-encoding", Field::TransferEncoding),
    ("authorization", Field::Authorization),
    ("proxy-authorization", Field::Authorization),
    ("forwarded", Field::Forwarded),
    ("x-forwarded-host", Field::Origin),
    ("x-forwarded-proto", Field::Origin),
    // Of Cloudflare, of Amazon's and of Fastly's networks, and of Azure.
    ("cf-visitor", Field::Origin),
    ("cloudfront-forwarded-proto", Field::Origin),
    ("fastly-ssl", Field::Origin),
    ("x-arr-ssl", Field::Origin),
];

/// By these a proxy or a client may tell another URL or method than the request line
/// does, of those that frameworks, servers and proxies are known to read.
const TELL_OTHER_URL: [&str; 22] = [
    "base-url",
    "forwarded-*",
    "front-end-https",
    "http-url",
    "proxy-host",
    "proxy-url",
    "request-uri",
    "x-envoy-original-*",
    "x-forwarded",
    "x-forwarded-*",
    "x-host",
    "x-http-*",
    "x-ingress-path",
    "x-method-override",
    "x-original-*",
    "x-proxy-host",
    "x-proxy-url",
    "x-replaced-path",
    "x-rewrite-*",
    "x-scheme",
    "x-script-name",
    "x-url-scheme",
];

/// What begins like some of those, and is in the key, or tells nothing but the client.
const TELL_NO_OTHER_URL: [&str; 3] = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// The meanings of all fields. A browser sends a dozen with each request and more, most
/// of which mean nothing to the cache.
#[derive(Debug)]
pub(crate) struct Meanings {
    credentials: Arc<Names>,
    tell_other_url: Names,
    harmless: Arc<Names>,
    /// Those of all that mean something.
    outlines: Outlines,
}

impl Meanings {
    pub(crate) fn new(dumper: &Dumper) -> Self {
        let credentials = Arc::clone(&dumper.credential_headers);
        let tell_other_url: Names = TELL_OTHER_URL.into_iter().collect();
        let fields: Names = FIELDS.into_iter().map(|(name, _)| name).collect();
        let sets = [&*credentials, &tell_other_url, &fields];
        Self {
            outlines: sets.into_iter().map(Names::outlines).collect(),
            credentials,
            tell_other_url,
            harmless: Arc::clone(&dumper.harmless_headers),
        }
    }

    /// What the field of a name means, if it means anything.
    #[inline]
    pub(crate) fn of(&self, name: &str) -> Option<Meaning> {
        self.outlines.have(name).then(|| self.found(name))
    }

    fn found(&self, name: &str) -> Meaning {
        let field = FIELDS.iter().find(|(known, _)| *known == name);
        let tells_other_url = self.tell_other_url.has(name)
            && !TELL_NO_OTHER_URL.contains(&name)
            && !self.harmless.has(name);
        Meaning {
            field: field.map_or(Field::Other, |(_, field)| *field),
            is_credential: self.credentials.has(name),
            tells_other_url,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a browser sends to anybody.
    const NOTHING: [&str; 12] = [
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "referer",
        "sec-ch-ua",
        "sec-fetch-site",
        "upgrade-insecure-requests",
        "user-agent",
        "priority",
        "pragma",
        "te",
    ];

    fn meaning(dumper: &Dumper, name: &str) -> Meaning {
        Meanings::new(dumper).of(name).unwrap_or_default()
    }

    #[test]
    fn each_field_has_its_meaning_and_others_have_none() {
        let dumper = Dumper::default();
        for (name, field) in FIELDS {
            let expected = Meaning {
                field,
                ..Meaning::default()
            };
            assert_eq!(meaning(&dumper, name), expected, "{name}");
        }
        for name in NOTHING {
            assert_eq!(meaning(&dumper, name), Meaning::default(), "{name}");
        }
    }

    #[test]
    fn whatever_may_tell_another_url_does_but_for_what_is_harmless() {
        let by_default = Dumper::default();
        let own = Dumper::default().harmless_headers(["X-Forwarded-Port", "x-original-*"]);
        let tells = |dumper, name: &str| meaning(dumper, name).tells_other_url;
        for pattern in TELL_OTHER_URL {
            let name = pattern.replace('*', "some");
            assert!(tells(&by_default, &name), "{name}");
            assert_eq!(
                tells(&own, &name),
                !name.starts_with("x-original-"),
                "{name}"
            );
        }
        for name in TELL_NO_OTHER_URL {
            assert!(!tells(&by_default, name), "{name}");
        }
        assert!(tells(&by_default, "x-forwarded-port") && !tells(&own, "x-forwarded-port"));
    }

    #[test]
    fn what_a_site_says_tells_a_visitor_does() {
        let is_credential = |dumper, name| meaning(dumper, name).is_credential;
        let by_default = Dumper::default();
        let own = Dumper::default().credential_headers(["Priority", "sec-*"]);
        let any = Dumper::default().credential_headers(["*"]);
        for (name, is_own) in [
            ("priority", true),
            ("sec-fetch-site", true),
            ("host", false),
        ] {
            assert!(!is_credential(&by_default, name), "{name}");
            assert_eq!(is_credential(&own, name), is_own, "{name}");
            assert!(is_credential(&any, name), "{name}");
        }
        assert!(is_credential(&by_default, "x-api-key"));
        assert!(is_credential(&by_default, "cf-access-jwt-assertion"));
    }
}
