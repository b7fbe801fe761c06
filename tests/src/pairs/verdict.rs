//! Whether an answer of the cache is what the app itself says.

use super::answer::Answer;
use super::request::Request;
use super::site::Site;

/// What the middleware says for itself.
const OWN: [&str; 3] = ["cache-status", "age", "date"];

/// What a partial answer says as the whole does (RFC 9110 §15.3.7, §15.4.5).
const OWED: [&str; 5] = [
    "cache-control",
    "content-location",
    "etag",
    "expires",
    "vary",
];

/// Returns what is wrong with an answer to a request, if something is. `earlier`
/// is what the cache answered before.
pub(super) async fn complaint(
    site: &Site,
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
    let asked = request.for_page();
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
        // It tells nothing of the page.
        416 if is_partial => None,
        _ if comparable(answer, truth, is_partial) != comparable(truth, truth, is_partial) => {
            Some("other headers")
        }
        _ => None,
    }
}

/// The headers that both have to have.
fn comparable(answer: &Answer, truth: &Answer, is_partial: bool) -> Vec<(String, Vec<u8>)> {
    let mut comparable = answer.clone().without(&OWN);
    if is_partial {
        comparable
            .headers
            .retain(|(name, _)| OWED.contains(&name.as_str()));
    }
    // Given to a page that has none of its own.
    if truth.header("etag").is_none() {
        comparable = comparable.without(&["etag"]);
    }
    if truth.header("cache-control").is_none() && answer.header("cache-control") == Some("no-cache")
    {
        comparable = comparable.without(&["cache-control"]);
    }
    comparable.headers
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
    let part = |range: &str, body: &[u8]| {
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
        whole == truth.body.len().to_string() && truth.body.get(from..=to) == Some(body)
    };
    if let Some(range) = answer.header("content-range") {
        return part(range, &answer.body);
    }
    let content_type = answer.header("content-type").unwrap_or_default();
    let Some((_, boundary)) = content_type.split_once("boundary=") else {
        return false;
    };
    // A letter for each byte, since a part may end in the middle of one.
    let body: String = answer.body.iter().copied().map(char::from).collect();
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
        let body = body.strip_suffix("\r\n")?.chars();
        let body: Option<Vec<u8>> = body.map(|byte| u8::try_from(byte).ok()).collect();
        part(range.trim(), &body?).then_some(())
    };
    parts.peek().is_some() && parts.all(|one| read(one).is_some())
}
