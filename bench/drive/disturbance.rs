//! What goes on in a server while it is measured.

use std::io;
use std::net::SocketAddr;

use crate::visitor::Visitor;

/// Writes that drop pages of which none is asked for meanwhile.
#[derive(Debug)]
pub(crate) struct Disturbance {
    /// Where it is told to begin, but for the seconds that it is to last.
    pub(crate) path: &'static str,
    /// How many pages it drops a second, if there are as many.
    pub(crate) per_second: usize,
    /// The pages that it drops, one after the other.
    pub(crate) pages: Vec<String>,
}

/// A disturbance that has begun.
#[derive(Debug)]
pub(crate) struct Disturbed<'d> {
    disturbance: &'d Disturbance,
    server: SocketAddr,
    seconds: u32,
}

impl Disturbance {
    /// Lets there be pages to drop, and begins.
    pub(crate) fn begin(&self, server: SocketAddr, seconds: u32) -> io::Result<Disturbed<'_>> {
        let mut visitor = Visitor::to(server)?;
        for page in &self.pages {
            visitor.get(page, &[])?;
        }
        let answer = visitor.post(&format!("{}{seconds}/", self.path))?;
        if answer.status != 202 {
            return Err(io::Error::other(format!("it did not begin: {answer}")));
        }
        Ok(Disturbed {
            disturbance: self,
            server,
            seconds,
        })
    }
}

impl Disturbed<'_> {
    /// Sees that pages were dropped, nine in ten of those that should be.
    pub(crate) fn end(self) -> io::Result<()> {
        let Disturbance {
            per_second, pages, ..
        } = self.disturbance;
        let mut visitor = Visitor::to(self.server)?;
        let mut dropped = 0;
        for page in pages {
            let answer = visitor.get(page, &[])?;
            dropped += usize::from(answer.header("cache-status") != "dumper; hit");
        }
        let expected = (per_second * self.seconds as usize).min(pages.len()) * 9 / 10;
        if dropped < expected {
            return Err(io::Error::other(format!(
                "{dropped} pages were dropped meanwhile, and not {expected}"
            )));
        }
        Ok(())
    }
}
