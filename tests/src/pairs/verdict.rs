//! Whether an answer of the cache is what the app itself says.

use super::answer::Answer;
use super::request::Request;
use super::setting::Setting;
use super::site::Site;

/// What the middleware says for itself.
const OWN: [&str; 3] = ["cache-status", "age", "date"];

/// What a 304 leaves out of a 200, and a partial answer may say otherwise.
const OF_THE_BODY: [&str; 5] = [
    "content-length",
    "content-type",
    "content-encoding",
    "content-language",
    "content-range",
];

/// Returns what is wrong with an answer to a request, if something is. `earlier`
/// is what the cache answered before.
pub(super) async fn complaint(
    site: &Site,
    setting: Setting,
    request: &Request,
    answer: &Answer,
    earlier: &Answer,
) -> Option<String> {
    let is_for_page = answer.is_hit() || answer.cache_status().contains("fwd=miss");
    if !is_for_page {
        let truth = site.bare(request).await?;
        let said = answer.clone().without(&["cache-status"]);
        let fault = "a response was altered that bypassed the cache";
        return (said != truth).then(|| told(fault, answer, &truth));
    }
    let asked = request.for_page(setting);
    let truth = site.bare(&asked).await?;
    let fault = fault_of_page(request, answer, earlier, &truth)?;
    let in_lower_case = site.bare(&asked.in_lower_case()).await?;
    fault_of_page(request, answer, earlier, &in_lower_case)?;
    Some(told(fault, answer, &truth))
}

fn told(fault: &str, answer: &Answer, truth: &Answer) -> String {
    format!("{fault}:\n{answer}\nand not:\n{truth}")
}

fn fault_of_page(
    request: &Request,
    answer: &Answer,
    earlier: &Answer,
    truth: &Answer,
) -> Option<&'static str> {
    let is_partial = [206, 304, 416].contains(&answer.status) && truth.status == 200;
    match answer.status {
        304 if is_partial && !knows(request, earlier, truth) => {
            Some("304, but the client knows another page")
        }
        206 if is_partial && !is_part(answer, truth) => Some("206, but not of this page"),
        416 if is_partial && request.header("range").next().is_none() => {
            Some("416 without `Range`")
        }
        _ if !is_partial && answer.status != truth.status => Some("another status"),
        _ if !is_partial && request.method != "HEAD" && answer.body != truth.body => {
            Some("another body")
        }
        _ if !has_headers_of(answer, truth, is_partial) => Some("other headers"),
        _ => None,
    }
}

/// Whether an answer has all headers of the page; if it does not have all of its
/// body, whether all that it has are the page's.
fn has_headers_of(answer: &Answer, truth: &Answer, is_partial: bool) -> bool {
    let mut said = answer.clone().without(&OWN);
    // Given to a page that has none of its own.
    if truth.header("etag").is_none() {
        said = said.without(&["etag"]);
    }
    if truth.header("cache-control").is_none() && said.header("cache-control") == Some("no-cache") {
        said = said.without(&["cache-control"]);
    }
    let truth = truth.clone().without(&OWN);
    if !is_partial {
        return said.headers == truth.headers;
    }
    let said = said.without(&OF_THE_BODY).headers;
    said.iter().all(|field| truth.headers.contains(field))
}

/// Whether a client that sends such conditions has the page already.
fn knows(request: &Request, earlier: &Answer, truth: &Answer) -> bool {
    let lists = |etag: Option<&str>| {
        let mut lines = request.header("if-none-match").map(String::from_utf8_lossy);
        lines.any(|line| line.trim() == "*" || etag.is_some_and(|etag| line.contains(etag)))
    };
    if request.header("if-none-match").next().is_some() {
        return match truth.header("etag") {
            Some(etag) => lists(Some(etag)),
            None => lists(None) || (lists(earlier.header("etag")) && earlier.body == truth.body),
        };
    }
    let since = request.header("if-modified-since").next();
    since.map(<[u8]>::to_vec)
        == truth
            .header("last-modified")
            .map(|date| date.as_bytes().to_vec())
}

/// Whether a partial answer is a part of the page (RFC 9110 §14.4).
fn is_part(answer: &Answer, truth: &Answer) -> bool {
    let part = |range: &str, body: &str| {
        let range = range
            .strip_prefix("bytes ")
            .and_then(|range| range.split_once('/'));
        let Some(((from, to), whole)) =
            range.and_then(|(range, whole)| Some((range.split_once('-')?, whole)))
        else {
            return false;
        };
        let (Ok(from), Ok(to)) = (from.parse::<usize>(), to.parse::<usize>()) else {
            return false;
        };
        let part = truth.body.get(from..=to);
        whole == truth.body.len().to_string() && part.is_some_and(|part| latin1(part) == body)
    };
    if let Some(range) = answer.header("content-range") {
        return part(range, &latin1(&answer.body));
    }
    let content_type = answer.header("content-type").unwrap_or_default();
    let Some((_, boundary)) = content_type.split_once("boundary=") else {
        return false;
    };
    let body = latin1(&answer.body);
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let mut parts = body
        .split(delimiter.as_str())
        .skip(1)
        .take_while(|part| !part.starts_with("--"))
        .peekable();
    let read = |one: &str| {
        let (head, body) = one.split_once("\r\n\r\n")?;
        let head = head.to_ascii_lowercase();
        let range = head
            .lines()
            .find_map(|line| line.strip_prefix("content-range:"))?;
        part(range.trim(), body.strip_suffix("\r\n")?).then_some(())
    };
    parts.peek().is_some() && parts.all(|one| read(one).is_some())
}

/// A letter for each byte, so that text may be cut anywhere.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
