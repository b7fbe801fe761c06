//! What of a query selects a page.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::names::Names;

/// What of a query selects a page, for [`Dumper::query`](crate::Dumper::query).
///
/// By default all of it does, byte for byte. Sites whose pages do not depend on
/// all of it render fewer of them if they say so.
///
/// What is left out of the key is left out of the request too: the handler of a
/// page that is to be stored sees the query that the key has, so no page can show
/// a parameter that the next visitor did not send. A request that bypasses the
/// cache is not altered. Scripts in the browser see the address as it was.
///
/// Parameters are what stands between `&`. One with a `;`, which some take for
/// another `&`, is never left out, and a query that has one is not sorted.
///
/// # Examples
///
/// ```
/// use dumper_actix::{Dumper, Query};
///
/// let query = Query::exact().without_trackers().without(["ref"]).sorted();
/// let dumper = Dumper::default().query(query);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    dropped: Names,
    only: Option<Names>,
    sorted: bool,
}

impl Query {
    /// All of the query selects the page, as it is written. The default.
    #[must_use]
    pub fn exact() -> Self {
        Self::default()
    }

    /// Leaves out the parameters that advertisers and mailers put on links, and
    /// that scripts in the browser read: `utm_*`, `gclid`, `fbclid` and the like.
    ///
    /// Not for sites whose handlers read them.
    #[must_use]
    pub fn without_trackers(self) -> Self {
        self.without(TRACKERS)
    }

    /// Leaves out parameters by name; a `*` at the end stands for any ending.
    ///
    /// A name counts as it is written in the request: `utm%5Fsource` is not
    /// `utm_source`, and stays.
    #[must_use]
    pub fn without<I>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.dropped
            .extend(names.into_iter().map(Into::<String>::into));
        self
    }

    /// Names the only parameters that pages depend on, besides those [left
    /// out](Self::without); a `*` at the end stands for any ending. A request with
    /// any other bypasses the cache.
    ///
    /// Names count as they are decoded: `filter[size]` is `filter%5Bsize%5D` too.
    #[must_use]
    pub fn only<I>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.only = Some(names.into_iter().map(Into::<String>::into).collect());
        self
    }

    /// Orders the parameters by name, those of one name as they came.
    ///
    /// For sites whose pages do not depend on the order of different parameters.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.sorted = true;
        self
    }

    /// The query that selects the page; the same again for what it returns.
    ///
    /// # Errors
    ///
    /// Returns an error if there is a parameter that is not allowed.
    pub(crate) fn keyed<'q>(
        &self,
        query: Option<&'q str>,
    ) -> Result<Option<Cow<'q, str>>, NotAllowed> {
        let Some(query) = query else { return Ok(None) };
        if *self == Self::default() {
            return Ok(Some(Cow::Borrowed(query)));
        }
        let all = || query.split('&');
        let kept = || all().filter(|pair| !self.drops(pair));
        if !kept().all(|pair| self.allows(pair)) {
            return Err(NotAllowed);
        }
        let is_in_order = !self.sorted
            || kept().any(|pair| pair.contains(';'))
            || kept().map(decoded_name).is_sorted();
        let keyed = match (is_in_order, kept().count()) {
            (true, count) if count == all().count() => return Ok(Some(Cow::Borrowed(query))),
            (true, _) => join(kept(), query.len()),
            (false, _) => {
                let mut pairs: Vec<&str> = kept().collect();
                pairs.sort_by_cached_key(|pair| decoded_name(pair));
                join(pairs.into_iter(), query.len())
            }
        };
        Ok((!keyed.is_empty()).then_some(Cow::Owned(keyed)))
    }

    fn drops(&self, pair: &str) -> bool {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        let is_plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        is_plain && !name.is_empty() && !pair.contains(';') && self.dropped.has(name)
    }

    fn allows(&self, pair: &str) -> bool {
        let Some(only) = &self.only else { return true };
        pair.is_empty() || (!pair.contains(';') && only.has(&decoded_name(pair)))
    }
}

/// A query has a parameter that its site does not know.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAllowed;

/// The name of a pair as handlers read it.
fn decoded_name(pair: &str) -> Cow<'_, str> {
    let pair = form_urlencoded::parse(pair.as_bytes()).next();
    pair.map_or(Cow::Borrowed(""), |(name, _)| name)
}

/// A query of pairs, which is no longer than so.
fn join<'q>(pairs: impl Iterator<Item = &'q str>, longest: usize) -> String {
    let mut query = String::with_capacity(longest);
    for (place, pair) in pairs.enumerate() {
        if place > 0 {
            query.push('&');
        }
        query.push_str(pair);
    }
    query
}

/// What is on a link for advertisers' and mailers' scripts alone. Short or common
/// words (`ref`, `source`, `cid`) are not here: on some site they select the page.
const TRACKERS: [&str; 46] = [
    // Any, by the convention of Google Analytics; Google Ads and Marketing Platform.
    "utm_*",
    "gclid",
    "gclsrc",
    "dclid",
    "gbraid",
    "wbraid",
    "gad_source",
    "gad_campaignid",
    "srsltid",
    "_ga",
    "_gl",
    // Meta, Microsoft, Yandex, TikTok, X, LinkedIn, Pinterest, Snap, Reddit.
    "fbclid",
    "igshid",
    "igsh",
    "msclkid",
    "yclid",
    "ysclid",
    "_openstat",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "ScCid",
    "rdt_cid",
    // Mailchimp, HubSpot, Marketo, Klaviyo, Vero, Omeda, Drip.
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "__hssc",
    "__hstc",
    "__hsfp",
    "hsCtaTracking",
    "hsa_*",
    "mkt_tok",
    "_kx",
    "vero_id",
    "vero_conv",
    "oly_anon_id",
    "oly_enc_id",
    "__s",
    // Matomo, affiliate networks.
    "mtm_*",
    "pk_campaign",
    "pk_kwd",
    "matomo_*",
    "cjevent",
    "irclickid",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(policy: &Query, query: &str) -> Option<String> {
        let keyed = policy.keyed(Some(query)).expect("all names are allowed");
        keyed.map(Cow::into_owned)
    }

    #[test]
    fn only_what_is_plainly_named_is_left_out() {
        let policy = Query::exact().without_trackers().without(["ref", "aff_*"]);
        for (query, left) in [
            ("utm_source=x&page=2", Some("page=2")),
            ("page=2&fbclid=x&ref", Some("page=2")),
            ("utm_source=x&gclid=y", None),
            ("aff_id=1&a=1&aff_=2", Some("a=1")),
            ("", Some("")),
            ("ref=1&", None),
            ("ref=1&&a", Some("&a")),
            ("ref=a=b&c", Some("c")),
            // What a handler may read as something else.
            ("utm%5Fsource=x", Some("utm%5Fsource=x")),
            ("utm_content=x;page=2", Some("utm_content=x;page=2")),
            ("utm_content;page=2", Some("utm_content;page=2")),
            ("utm_%26page=2", Some("utm_%26page=2")),
            ("utm_+a=2", Some("utm_+a=2")),
            ("UTM_source=x", Some("UTM_source=x")),
            ("referrer=x", Some("referrer=x")),
            ("x=ref", Some("x=ref")),
            ("=ref", Some("=ref")),
        ] {
            assert_eq!(keyed(&policy, query).as_deref(), left, "{query}");
        }
    }

    #[test]
    fn names_are_sorted_and_equal_names_stay_in_order() {
        let policy = Query::exact().sorted();
        for (query, sorted) in [
            ("b=1&a=2&b=0&a=1", "a=2&a=1&b=1&b=0"),
            ("b&a=&", "&a=&b"),
            // One name to a handler.
            ("a=2&%61=1", "a=2&%61=1"),
            ("b+c=1&b%20c=0&a", "a&b+c=1&b%20c=0"),
            // One or two parameters, who knows.
            ("b=1;a=2&a=1", "b=1;a=2&a=1"),
        ] {
            assert_eq!(keyed(&policy, query).as_deref(), Some(sorted), "{query}");
        }
    }

    #[test]
    fn a_parameter_that_is_not_allowed_is_told() {
        let policy = Query::exact().without_trackers().only(["page", "f[*"]);
        for allowed in [
            "page=2",
            "page",
            "page=1&page=2&",
            "p%61ge=2",
            "f[size]=1",
            "f%5Bsize%5D=1",
            "utm_source=x",
            "",
        ] {
            assert!(policy.keyed(Some(allowed)).is_ok(), "{allowed}");
        }
        for not in [
            "pages=2",
            "page=2&a",
            "page=1;a=2",
            "=2",
            "p%ffge",
            "page%00",
        ] {
            assert_eq!(policy.keyed(Some(not)), Err(NotAllowed), "{not}");
        }
    }
}
