//! What kinds of pages a site has, and how they are asked for.

use std::fmt;
use std::io;
use std::rc::Rc;

use dumper_bench::{HOT, PAGES};

use crate::contender::Contender;
use crate::cores::{Cores, Placing};
use crate::expected::{Content, Expected, Source};
use crate::load::Law;
use crate::server::Server;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// How long a page is.
    pub(crate) kib: usize,
    /// Whether there are many pages, or the same one at each path.
    pub(crate) is_zipf: bool,
    pub(crate) placing: Placing,
}

impl Shape {
    /// What is measured where nothing else is said.
    pub(crate) const USUAL: Self = Self::hot(16);

    /// A page of so many KiB.
    pub(crate) const fn hot(kib: usize) -> Self {
        Self {
            kib,
            is_zipf: false,
            placing: Placing::Apart,
        }
    }

    /// Many pages of so many KiB.
    pub(crate) const fn zipf(kib: usize) -> Self {
        Self {
            is_zipf: true,
            ..Self::hot(kib)
        }
    }

    pub(crate) const fn on_both_cores(self) -> Self {
        Self {
            placing: Placing::Both,
            ..self
        }
    }

    pub(crate) fn bytes(self) -> usize {
        self.kib << 10
    }

    /// Starts a way of serving such pages.
    pub(crate) fn serve(self, what: &str, more: &[&str], cores: Cores) -> io::Result<Rc<Server>> {
        let mut words = vec![what.to_owned()];
        for (word, number) in [
            ("--bytes", self.bytes()),
            ("--pages", if self.is_zipf { PAGES } else { 1 }),
            ("--workers", self.placing.threads()),
        ] {
            words.extend([word.to_owned(), number.to_string()]);
        }
        words.extend(more.iter().map(|word| (*word).to_owned()));
        Server::ours("serve", &words, &cores.of_server(self.placing)).map(Rc::new)
    }

    /// Somebody who is asked for such pages.
    pub(crate) fn contender(
        self,
        name: &'static str,
        server: &Rc<Server>,
        source: Source,
    ) -> Contender {
        let (law, content) = if self.is_zipf {
            (Law::Zipf, Content::Page(self.bytes()))
        } else {
            (Law::One(HOT.to_owned()), Content::Hot(self.bytes()))
        };
        Contender {
            name,
            server: Rc::clone(server),
            law,
            headers: Vec::new(),
            placing: self.placing,
            expected: Expected { content, source },
            disturbance: None,
        }
    }

    /// Dumper with all of these pages stored.
    pub(crate) fn hit(self, cores: Cores) -> io::Result<Contender> {
        let server = self.serve("dumper", &[], cores)?;
        Ok(self.contender("hit", &server, Source::HIT))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let law = if self.is_zipf { "_zipf" } else { "" };
        write!(f, "{}k{law}_{}w", self.kib, self.placing.threads())
    }
}
