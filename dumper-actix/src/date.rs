//! Dates of HTTP (RFC 9110 §5.6.7).

use std::time::{Duration, SystemTime};

use actix_web::http::header::HeaderValue;
use httpdate::{fmt_http_date, parse_http_date};

/// Fifty mean years of the calendar.
const FIFTY_YEARS: Duration = Duration::from_hours(438_291);

/// From the epoch to the last second that a date can tell.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// Reads a date in any of the three formats, in upper or lower case (RFC 9111
/// §4.2). A year of two digits is one of the last fifty or of the next fifty.
pub(crate) fn read(value: &HeaderValue, now: SystemTime) -> Option<SystemTime> {
    let text = value.to_str().ok()?.trim_matches([' ', '\t']);
    let text = in_usual_case(text).replace("23:59:60", "23:59:59");
    match text.split_once(", ") {
        Some((day, date)) if date.contains('-') => read_rfc850(day, date, now),
        _ => parse_http_date(&text).ok(),
    }
}

/// Writes a date, or the nearest one that can be written.
pub(crate) fn written(date: SystemTime) -> HeaderValue {
    let text = fmt_http_date(date.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + LAST));
    HeaderValue::try_from(text).expect("a date is a header value")
}

/// Reads `Sunday` and `06-Nov-94 08:49:37 GMT`.
fn read_rfc850(day: &str, date: &str, now: SystemTime) -> Option<SystemTime> {
    const DAYS: [&str; 7] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ];
    let day = DAYS.into_iter().find(|known| *known == day)?.get(..3)?;
    let (day_of_year, rest) = date.rsplit_once('-')?;
    let (year, time) = rest.split_once(' ')?;
    if year.len() != 2 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let day_of_year = day_of_year.replace('-', " ");
    let in_year = |year: u16| parse_http_date(&format!("{day}, {day_of_year} {year} {time}")).ok();

    let latest = now + FIFTY_YEARS;
    let latest_year: u16 = written(latest).to_str().ok()?.get(12..16)?.parse().ok()?;
    let before_latest = (latest_year + 100 - year.parse::<u16>().ok()?) % 100;
    let date = in_year(latest_year - before_latest).filter(|date| *date <= latest);
    if before_latest == 0 {
        return date.or_else(|| in_year(latest_year - 100));
    }
    date
}

/// `sun, 06 NOV 1994 08:49:37 gmt` as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn in_usual_case(text: &str) -> String {
    let mut before = ' ';
    let letters = text.chars().map(|letter| {
        let is_first = !before.is_ascii_alphabetic();
        before = letter;
        if is_first {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        }
    });
    letters.collect::<String>().replace("Gmt", "GMT")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOVEMBER_1994: u64 = 784_111_777;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Reads a date in the year 2026.
    fn seconds(text: &str) -> Option<u64> {
        let date = read(&HeaderValue::from_str(text).unwrap(), at(1_790_000_000))?;
        Some(
            date.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs(),
        )
    }

    #[test]
    fn all_three_formats_are_read_in_any_case() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "sun, 06 nov 1994 08:49:37 gmt",
            "SUN, 06 NOV 1994 08:49:37 gMt",
            " Sun, 06 Nov 1994 08:49:37 GMT\t",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "SUNDAY, 06-NOV-94 08:49:37 gmt",
            "Sun Nov  6 08:49:37 1994",
            "sun nov 06 08:49:37 1994",
        ] {
            assert_eq!(seconds(text), Some(NOVEMBER_1994), "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_the_one_before() {
        let leap = seconds("Sat, 31 Dec 2016 23:59:60 GMT");
        assert_eq!(leap, seconds("Sat, 31 Dec 2016 23:59:59 GMT"));
        assert!(leap.is_some());
        assert_eq!(seconds("Sun, 06 Nov 1994 08:60:37 GMT"), None);
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:60 GMT"), None);
    }

    #[test]
    fn what_is_no_date_is_not_read() {
        for text in [
            "",
            "0",
            "-1",
            "now",
            "784111777",
            "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 AEST",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 08:49:37 GMT+1",
            "Sun, 06 Nov 1994 08:49:37 GMT; x",
            "Sun, 06 Nov 1994 08:49:37 GMT, 0",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08.49.37 GMT",
            "Sun, 06 Nov 1994  08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sun,06 Nov 1994 08:49:37 GMT",
            "Sun 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06 Nov 1994 08:49:37 GMT",
            "06 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Wed, 30 Feb 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 06-Nov-+4 08:49:37 GMT",
            "Sunday, 6-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 1994 GMT",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_fifty_years_ahead() {
        for (short, long) in [
            ("Thursday, 18-Aug-50", "Thu, 18 Aug 2050"),
            ("Wednesday, 01-Jan-70", "Wed, 01 Jan 2070"),
            ("Wednesday, 01-Jan-76", "Wed, 01 Jan 2076"),
            ("Friday, 31-Dec-76", "Fri, 31 Dec 1976"),
            ("Saturday, 01-Jan-77", "Sat, 01 Jan 1977"),
            ("Friday, 31-Dec-99", "Fri, 31 Dec 1999"),
            ("Tuesday, 29-Feb-00", "Tue, 29 Feb 2000"),
        ] {
            let read = seconds(&format!("{short} 00:00:00 GMT"));
            assert!(read.is_some(), "{short}");
            assert_eq!(read, seconds(&format!("{long} 00:00:00 GMT")), "{short}");
        }
    }

    #[test]
    fn any_moment_can_be_written() {
        for (moment, text) in [
            (at(NOVEMBER_1994), "Sun, 06 Nov 1994 08:49:37 GMT"),
            (
                at(0) - Duration::from_secs(9),
                "Thu, 01 Jan 1970 00:00:00 GMT",
            ),
            (at(1 << 40), "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(written(moment), text);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_cause_a_panic(bytes: Vec<u8>, text in "[A-Za-z]{3,9},? [ -Z]{1,30}") {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    read(&value, SystemTime::now());
                }
            }
        }

        #[test]
        fn what_is_written_is_read_again(seconds in 0..LAST.as_secs(), now in 0..LAST.as_secs() / 2) {
            prop_assert_eq!(read(&written(at(seconds)), at(now)), Some(at(seconds)));
        }
    }
}
