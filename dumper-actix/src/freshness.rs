//! How long a response says it is fresh (RFC 9111 §4.2).

use std::time::{Duration, SystemTime};

use actix_web::http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName};

use crate::date;
use crate::fields::{Directive, directives};

pub(crate) const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// What a response says of its own freshness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Nothing: it is fresh until it is invalidated.
    Unsaid,
    /// It is fresh for so long from now, and has been so old when it came.
    For { left: Duration, age: Duration },
    /// It is not, or nobody can tell.
    None,
}

/// Reads the freshness of a response received now.
pub(crate) fn freshness(headers: &HeaderMap) -> Freshness {
    let lifetime = match lifetime(headers) {
        Lifetime::Unsaid => return Freshness::Unsaid,
        Lifetime::Unreadable => return Freshness::None,
        Lifetime::Is(lifetime) => lifetime,
    };
    let age = match headers.get(AGE).map(|age| seconds(age.to_str().ok()?)) {
        None => Duration::ZERO,
        Some(Some(age)) => age,
        Some(None) => return Freshness::None,
    };
    match lifetime.checked_sub(age) {
        Some(left) if !left.is_zero() => Freshness::For { left, age },
        _ => Freshness::None,
    }
}

enum Lifetime {
    Unsaid,
    Is(Duration),
    Unreadable,
}

/// The lifetime for this cache. That for shared caches elsewhere (RFC 9213) counts
/// if it is shorter.
fn lifetime(headers: &HeaderMap) -> Lifetime {
    let targeted = match directives(headers, &CDN_CACHE_CONTROL) {
        Some(targeted) => shortest(&targeted, "max-age"),
        None => Lifetime::Unreadable,
    };
    match (targeted, own_lifetime(headers)) {
        (Lifetime::Unreadable, _) | (_, Lifetime::Unreadable) => Lifetime::Unreadable,
        (Lifetime::Unsaid, said) | (said, Lifetime::Unsaid) => said,
        (Lifetime::Is(one), Lifetime::Is(other)) => Lifetime::Is(one.min(other)),
    }
}

fn own_lifetime(headers: &HeaderMap) -> Lifetime {
    let Some(directives) = directives(headers, &CACHE_CONTROL) else {
        return Lifetime::Unreadable;
    };
    for name in ["s-maxage", "max-age"] {
        match shortest(&directives, name) {
            Lifetime::Unsaid => {}
            said => return said,
        }
    }
    let mut expires = headers.get_all(EXPIRES);
    let Some(first) = expires.next() else {
        return Lifetime::Unsaid;
    };
    // RFC 9111 §5.3: what is no date is in the past.
    let now = SystemTime::now();
    let (Some(expires), None) = (date::read(first, now), expires.next()) else {
        return Lifetime::Unreadable;
    };
    let made = headers.get(DATE).and_then(|made| date::read(made, now));
    let lifetime = expires.duration_since(made.unwrap_or(now));
    lifetime.map_or(Lifetime::Unreadable, Lifetime::Is)
}

/// The shortest of the lifetimes that a directive gives.
fn shortest(directives: &[Directive], name: &str) -> Lifetime {
    let mut shortest: Option<Duration> = None;
    for directive in directives.iter().filter(|directive| directive.name == name) {
        let Some(lifetime) = directive.argument.as_deref().and_then(seconds) else {
            return Lifetime::Unreadable;
        };
        shortest = Some(shortest.map_or(lifetime, |shortest| shortest.min(lifetime)));
    }
    shortest.map_or(Lifetime::Unsaid, Lifetime::Is)
}

/// RFC 9111 §1.2.2: digits, and what is too large counts as 2³¹.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(1 << 31).min(1 << 31)))
}

/// The `Cache-Control` directive that keeps a response out of a shared cache.
pub(crate) fn forbidding_directive(
    headers: &HeaderMap,
    field: &HeaderName,
) -> Option<&'static str> {
    const FORBIDDING: [&str; 3] = ["no-store", "private", "no-cache"];
    let Some(directives) = directives(headers, field) else {
        return Some("unreadable-cache-control");
    };
    FORBIDDING.into_iter().find(|forbidding| {
        directives
            .iter()
            .any(|directive| directive.name == *forbidding)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn of(fields: &[(HeaderName, &str)]) -> Freshness {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        freshness(&headers)
    }

    fn for_seconds(left: u64, age: u64) -> Freshness {
        Freshness::For {
            left: Duration::from_secs(left),
            age: Duration::from_secs(age),
        }
    }

    #[test]
    fn shared_lifetimes_come_first_then_the_shortest() {
        let said = "max-age=60, s-maxage=10, max-age=30";
        assert_eq!(of(&[(CACHE_CONTROL, said)]), for_seconds(10, 0));
        assert_eq!(
            of(&[(CACHE_CONTROL, "max-age=60, max-age=30")]),
            for_seconds(30, 0)
        );
        assert_eq!(of(&[(CACHE_CONTROL, "public")]), Freshness::Unsaid);
        assert_eq!(of(&[]), Freshness::Unsaid);
    }

    #[test]
    fn age_is_taken_off() {
        assert_eq!(
            of(&[(CACHE_CONTROL, "max-age=60"), (AGE, "20")]),
            for_seconds(40, 20)
        );
        assert_eq!(
            of(&[(CACHE_CONTROL, "max-age=60"), (AGE, "60")]),
            Freshness::None
        );
        assert_eq!(
            of(&[(CACHE_CONTROL, "max-age=60"), (AGE, "x")]),
            Freshness::None
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_fresh() {
        for said in [
            "max-age=-1",
            "max-age",
            "max-age=1.5",
            "s-maxage=x, max-age=60",
            "max-age=0",
        ] {
            assert_eq!(of(&[(CACHE_CONTROL, said)]), Freshness::None, "{said}");
        }
        for expires in ["0", "-1", "tomorrow", "Thu, 01 Jan 1970 00:00:00 GMT"] {
            assert_eq!(of(&[(EXPIRES, expires)]), Freshness::None, "{expires}");
        }
    }

    #[test]
    fn expires_counts_from_the_date() {
        let fields = [
            (DATE, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (EXPIRES, "Sun, 06 Nov 1994 08:50:37 GMT"),
        ];
        assert_eq!(of(&fields), for_seconds(60, 0));
    }
}
