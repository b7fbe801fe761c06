//! What has to be answered, so that nothing else is measured.

use std::io::Read;

use dumper_bench::body;
use flate2::read::GzDecoder;

use crate::visitor::Answer;

#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) content: Content,
    pub(crate) source: Source,
}

/// What the answer says.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// The one page that is at every path, of this length.
    Hot(usize),
    /// The page of the path, of this length.
    Page(usize),
    /// The page of the path, of this length before it was compressed.
    Gzip(usize),
    /// That the client has it already.
    NotModified,
    /// This, byte for byte.
    Exactly(Vec<u8>),
    /// Anything of this length.
    Noise(usize),
}

/// Where the answer comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A handler, behind nothing.
    Handler,
    /// Where its `Cache-Status` says.
    CacheStatus(&'static str),
    /// A cache, since it has the number of a render that has been seen.
    Render,
    /// Varnish, which names the request that the page was fetched for.
    Varnish,
}

impl Source {
    pub(crate) const HIT: Self = Self::CacheStatus("dumper; hit");

    /// How many bytes longer or shorter an answer may be under load, on average: one
    /// that comes from elsewhere has another `Cache-Status`.
    pub(crate) fn tolerance(self) -> f64 {
        match self {
            // It numbers its answers, and tells their age.
            Self::Varnish => 12.0,
            _ => 0.5,
        }
    }
}

impl Expected {
    /// What is wrong with the answer to a request for a path, if anything is. `first`
    /// is one to an earlier request.
    pub(crate) fn wrong(&self, path: &str, answer: &Answer, first: &Answer) -> Option<String> {
        self.wrong_content(path, answer)
            .or_else(|| self.wrong_source(answer, first))
    }

    fn wrong_content(&self, path: &str, answer: &Answer) -> Option<String> {
        let is_right = match &self.content {
            Content::Hot(bytes) => answer.body == body(dumper_bench::HOT, *bytes).as_bytes(),
            Content::Page(bytes) => answer.body == body(path, *bytes).as_bytes(),
            Content::Gzip(bytes) => {
                let mut text = String::new();
                let read = GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text);
                answer.header("content-encoding") == "gzip"
                    && read.is_ok()
                    && text == body(path, *bytes)
            }
            Content::NotModified => answer.body.is_empty(),
            Content::Exactly(body) => answer.body == *body,
            Content::Noise(bytes) => {
                answer.body.len() == *bytes && answer.header("content-encoding").is_empty()
            }
        };
        let status = match self.content {
            Content::NotModified => 304,
            _ => 200,
        };
        if answer.status != status {
            return Some(format!("not a {status}"));
        }
        (!is_right).then(|| "another body".to_owned())
    }

    fn wrong_source(&self, answer: &Answer, first: &Answer) -> Option<String> {
        let told = answer.header("cache-status");
        let render = answer.header("x-render");
        let is_right = match self.source {
            Source::Handler => true,
            Source::CacheStatus(status) => told == status,
            Source::Render => !render.is_empty() && render == first.header("x-render"),
            Source::Varnish => answer.header("x-varnish").contains(' '),
        };
        (!is_right).then(|| format!("not from {:?}", self.source))
    }
}
