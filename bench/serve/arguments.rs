//! What the command is asked to do.

use std::io;

/// What is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// The pages as a handler makes them that has them ready.
    App,
    /// The same with the headers that a hit has.
    Floor,
    /// The floor through a middleware that does nothing.
    NoOp,
    /// The floor behind thirty routes.
    Routes,
    /// The app through dumper.
    Dumper,
    /// A page that dumper sends in a coding, and one that it does not.
    Codings,
    /// The app through dumper, which invalidates pages when it is told to.
    Invalidations,
    /// Pages that take long to render, through dumper.
    Waits,
    ActixRequestReplyCache,
    ActixTower,
    AxumResponseCache,
    TowerHttpCache,
}

impl Served {
    const ALL: [(&str, Self); 12] = [
        ("app", Self::App),
        ("floor", Self::Floor),
        ("no-op", Self::NoOp),
        ("routes", Self::Routes),
        ("dumper", Self::Dumper),
        ("codings", Self::Codings),
        ("invalidations", Self::Invalidations),
        ("waits", Self::Waits),
        ("actix-request-reply-cache", Self::ActixRequestReplyCache),
        ("actix-tower", Self::ActixTower),
        ("axum-response-cache", Self::AxumResponseCache),
        ("tower-http-cache", Self::TowerHttpCache),
    ];
}

pub(crate) struct Arguments {
    pub(crate) served: Served,
    /// How long a page is.
    pub(crate) bytes: usize,
    /// How many pages there are; one is at every path.
    pub(crate) pages: usize,
    pub(crate) workers: usize,
    /// Whether a handler makes its page anew for each request, in memory of its own.
    pub(crate) renders: bool,
    /// What all pages together may take in the cache.
    pub(crate) max_bytes: u64,
}

impl Arguments {
    /// Reads `<what> [--bytes N] [--pages N] [--workers N] [--renders N] [--max-bytes N]`.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> io::Result<Self> {
        let what = words.next().unwrap_or_default();
        let served = Served::ALL.iter().find(|(name, _)| *name == what);
        let (_, served) = served.ok_or_else(|| {
            let names = Served::ALL.map(|(name, _)| name).join(", ");
            io::Error::other(format!("{what:?} is none of {names}"))
        })?;
        let mut arguments = Self {
            served: *served,
            bytes: 16 << 10,
            pages: 1,
            workers: 1,
            renders: false,
            max_bytes: 4 << 30,
        };
        while let Some(word) = words.next() {
            let value = words.next().and_then(|value| value.parse().ok());
            let number: usize =
                value.ok_or_else(|| io::Error::other(format!("{word} wants a number")))?;
            match word.as_str() {
                "--bytes" => arguments.bytes = number,
                "--pages" => arguments.pages = number,
                "--workers" => arguments.workers = number,
                "--renders" => arguments.renders = number != 0,
                "--max-bytes" => arguments.max_bytes = number as u64,
                _ => return Err(io::Error::other(format!("{word} is not an argument"))),
            }
        }
        Ok(arguments)
    }
}
