//! How long a response is fresh, and how old it is (RFC 9111 §4.2).

use std::time::{Duration, Instant, SystemTime};

use actix_web::http::header::{AGE, DATE, EXPIRES, HeaderMap, HeaderName, HeaderValue};

use crate::date;
use crate::fields::{LONGEST, delta_seconds};

/// How long a response says it is fresh, counted from when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// It does not: it is fresh until it is invalidated.
    Unsaid,
    Is(Duration),
    /// Nobody can tell, so it is not fresh.
    Unclear,
}

impl Lifetime {
    /// The lifetime that `Expires` gives (RFC 9111 §5.3). What is no date is in the
    /// past.
    pub(crate) fn of_expires(headers: &HeaderMap, now: SystemTime) -> Self {
        let mut lines = headers.get_all(EXPIRES);
        let Some(line) = lines.next() else {
            return Self::Unsaid;
        };
        let (Some(expires), None) = (date::read(line, now), lines.next()) else {
            return Self::Unclear;
        };
        let made = made(headers, now).unwrap_or(now);
        let lifetime = expires.duration_since(made).unwrap_or_default();
        Self::Is(lifetime.min(LONGEST))
    }

    /// The shorter of two.
    pub(crate) fn shorter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unclear, _) | (_, Self::Unclear) => Self::Unclear,
            (Self::Unsaid, said) | (said, Self::Unsaid) => said,
            (Self::Is(one), Self::Is(other)) => Self::Is(one.min(other)),
        }
    }
}

/// The freshness of a response whose lifetime is not over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    received: Instant,
    made: SystemTime,
    age: Duration,
    left: Duration,
}

impl Fresh {
    /// The freshness of a response that is received now, so long after it was
    /// asked for, or `None` if its lifetime is over.
    pub(crate) fn of(
        headers: &HeaderMap,
        lifetime: Duration,
        delay: Duration,
        now: SystemTime,
    ) -> Option<Self> {
        let age = age(headers, delay, now);
        let left = lifetime.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(Self {
            received: Instant::now(),
            made: made(headers, now).unwrap_or(now),
            age,
            left,
        })
    }

    /// How much longer it is fresh, and how old it has become.
    pub(crate) fn left_and_age(&self) -> (Duration, Duration) {
        let since = self.received.elapsed();
        (self.left.saturating_sub(since), self.age + since)
    }

    /// Its own `Date`, or when it was received.
    pub(crate) fn date(&self) -> HeaderValue {
        date::written(self.made)
    }
}

/// The age of a response when it is received (RFC 9111 §4.2.3).
fn age(headers: &HeaderMap, delay: Duration, now: SystemTime) -> Duration {
    let apparent = made(headers, now).and_then(|made| now.duration_since(made).ok());
    let said = members(headers, &AGE).next().and_then(delta_seconds);
    let corrected = said.unwrap_or_default() + delay;
    corrected.max(apparent.unwrap_or_default())
}

/// Its `Date`, the oldest if there are several.
fn made(headers: &HeaderMap, now: SystemTime) -> Option<SystemTime> {
    let dates = headers.get_all(DATE);
    dates.filter_map(|line| date::read(line, now)).min()
}

/// The members of a list of numbers.
fn members<'a>(headers: &'a HeaderMap, field: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(field).map(HeaderValue::as_bytes);
    let members = lines.flat_map(|line| line.split(|byte| *byte == b','));
    members
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-09-21T13:33:20Z.
    const NOW: u64 = 1_789_997_600;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
    }

    fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let value = match value.parse::<i64>() {
                Ok(seconds) if *name == DATE || *name == EXPIRES => {
                    let time = NOW.checked_add_signed(seconds).unwrap();
                    date::written(SystemTime::UNIX_EPOCH + Duration::from_secs(time))
                }
                _ => HeaderValue::from_str(value).unwrap(),
            };
            headers.append(name.clone(), value);
        }
        headers
    }

    #[test]
    fn the_oldest_age_counts() {
        for (fields, delay, expected) in [
            (&[][..], 0, 0),
            (&[], 3, 3),
            (&[(AGE, "20")], 3, 23),
            (&[(AGE, "20"), (DATE, "-7")], 3, 23),
            (&[(AGE, "20"), (DATE, "-30")], 3, 30),
            (&[(DATE, "-30")], 3, 30),
            (&[(DATE, "30")], 3, 3),
            (&[(DATE, "-7"), (DATE, "-30")], 0, 30),
            (&[(DATE, "a while ago")], 3, 3),
            (&[(AGE, "0, 20")], 0, 0),
            (&[(AGE, " ,20 ,0")], 0, 20),
            (&[(AGE, "20"), (AGE, "0")], 0, 20),
            (&[(AGE, "x, 20")], 0, 0),
            (&[(AGE, "-20")], 0, 0),
            (&[(AGE, "20.0")], 0, 0),
            (&[(AGE, "20;x=1")], 0, 0),
            (&[(AGE, "\"20\"")], 0, 0),
            (&[(AGE, "99999999999999999999")], 0, 1 << 31),
        ] {
            let age = age(&headers(fields), Duration::from_secs(delay), now());
            assert_eq!(age.as_secs(), expected, "{fields:?} after {delay} s");
        }
    }

    #[test]
    fn a_response_is_fresh_until_its_age_is_its_lifetime() {
        let left = |lifetime, age: &str| {
            let headers = headers(&[(AGE, age)]);
            let fresh = Fresh::of(
                &headers,
                Duration::from_secs(lifetime),
                Duration::ZERO,
                now(),
            );
            fresh.map(|fresh| fresh.left.as_secs())
        };
        assert_eq!(left(60, "0"), Some(60));
        assert_eq!(left(60, "59"), Some(1));
        assert_eq!(left(60, "60"), None);
        assert_eq!(left(60, "61"), None);
        assert_eq!(left(0, "0"), None);
        assert_eq!(left(1 << 31, "2147483648"), None);
        assert_eq!(left(1 << 31, "99999999999999999999"), None);
    }

    #[test]
    fn expires_counts_from_the_date() {
        let seconds = |seconds| Lifetime::Is(Duration::from_secs(seconds));
        for (fields, expected) in [
            (&[][..], Lifetime::Unsaid),
            (&[(EXPIRES, "60")], seconds(60)),
            (&[(EXPIRES, "60"), (DATE, "-30")], seconds(90)),
            (&[(EXPIRES, "60"), (DATE, "30")], seconds(30)),
            (&[(EXPIRES, "60"), (DATE, "never")], seconds(60)),
            (&[(EXPIRES, "60"), (DATE, "60")], seconds(0)),
            (&[(EXPIRES, "-60")], seconds(0)),
            (
                &[(EXPIRES, "Fri, 31 Dec 9999 23:59:59 GMT")],
                seconds(1 << 31),
            ),
            (&[(EXPIRES, "never")], Lifetime::Unclear),
            (&[(EXPIRES, "")], Lifetime::Unclear),
            (&[(EXPIRES, "60"), (EXPIRES, "60")], Lifetime::Unclear),
        ] {
            let lifetime = Lifetime::of_expires(&headers(fields), now());
            assert_eq!(lifetime, expected, "{fields:?}");
        }
    }

    #[test]
    fn a_response_without_a_readable_date_is_dated_when_it_came() {
        let date = |fields| {
            let fresh = Fresh::of(&headers(fields), LONGEST, Duration::ZERO, now());
            fresh.unwrap().date()
        };
        let came = "Mon, 21 Sep 2026 13:33:20 GMT";
        assert_eq!(date(&[(DATE, "-10")]), "Mon, 21 Sep 2026 13:33:10 GMT");
        assert_eq!(date(&[(DATE, "10")]), "Mon, 21 Sep 2026 13:33:30 GMT");
        assert_eq!(date(&[(DATE, "yesterday"), (AGE, "2147483000")]), came);
        assert_eq!(date(&[]), came);
    }
}
