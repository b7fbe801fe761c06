//! Who is measured: a server, and what it is asked.

use std::io;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use dumper_bench::{PAGES, path};

use crate::cores::Placing;
use crate::cpu;
use crate::disturbance::Disturbance;
use crate::expected::Expected;
use crate::load::{Law, Wrk};
use crate::server::Server;
use crate::visitor::{Answer, Visitor};

#[derive(Clone, Debug)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) server: Rc<Server>,
    pub(crate) law: Law,
    pub(crate) headers: Vec<String>,
    pub(crate) placing: Placing,
    pub(crate) expected: Expected,
    /// What goes on meanwhile.
    pub(crate) disturbance: Option<Rc<Disturbance>>,
}

/// What came of measuring once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) requests: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Microseconds of the server a request.
    pub(crate) cpu: f64,
    /// How many cores the server had.
    pub(crate) busy: f64,
    /// How many cores went to neither the server nor its client.
    pub(crate) foreign: f64,
}

impl Contender {
    /// Lets a cache have its pages, and sees that they are what they should be.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        let mut visitor = Visitor::to(self.server.addr())?;
        match &self.law {
            Law::One(path) => drop(visitor.get(path, &self.headers)?),
            Law::Zipf => {
                for page in 0..PAGES {
                    visitor.get(&path(page), &self.headers)?;
                }
            }
            Law::Unique => {}
        }
        // Some store a page when it has been sent.
        thread::sleep(Duration::from_millis(50));
        if matches!(self.law, Law::Zipf) {
            for page in (0..PAGES).step_by(61) {
                self.look_at(&path(page))?;
            }
        }
        self.look().map(drop)
    }

    /// Measures once.
    pub(crate) fn run(&self, wrk: &Wrk, seed: usize) -> io::Result<Run> {
        #[expect(clippy::cast_precision_loss, reason = "no page is so long")]
        let foreseen = self.look()?.bytes as f64;
        let disturbance = self.disturbance.as_deref();
        let disturbed = disturbance.map(|it| it.begin(self.server.addr(), wrk.seconds()));
        let disturbed = disturbed.transpose()?;
        let of_server = || cpu::of_tree(self.server.process());

        let before = (of_server()?, cpu::of_driver()?, cpu::of_machine()?);
        let addr = self.server.addr();
        let counted = wrk.ask(addr, &self.law, &self.headers, self.placing, seed)?;
        let server = of_server()?.saturating_sub(before.0);
        let driver = cpu::of_driver()?.saturating_sub(before.1);
        let machine = cpu::of_machine()?.saturating_sub(before.2);

        if let Some(disturbed) = disturbed {
            disturbed.end()?;
        }
        let (least, most) = counted.bytes_each(foreseen);
        let tolerance = self.expected.source.tolerance();
        if foreseen < least - tolerance || foreseen > most + tolerance {
            return Err(io::Error::other(format!(
                "an answer has {least:.1} to {most:.1} bytes under load, and {foreseen} else"
            )));
        }
        let foreign = machine.saturating_sub(server + driver);
        Ok(Run {
            requests: counted.requests,
            rate: counted.requests / counted.seconds,
            cpu: server.as_secs_f64() * 1e6 / counted.requests,
            busy: server.as_secs_f64() / counted.seconds,
            foreign: foreign.as_secs_f64() / counted.seconds,
        })
    }

    /// Sees that the server answers as it should, with a page that is asked for often.
    fn look(&self) -> io::Result<Answer> {
        match &self.law {
            Law::One(path) => self.look_at(path),
            Law::Zipf => self.look_at(&path(0)),
            Law::Unique => self.look_at(&path(fastrand::usize(1_000_000..))),
        }
    }

    /// Asks twice, since it takes two answers to tell a hit from a render.
    fn look_at(&self, path: &str) -> io::Result<Answer> {
        let mut visitor = Visitor::to(self.server.addr())?;
        let first = visitor.get(path, &self.headers)?;
        let second = match self.law {
            Law::Unique => visitor.get(&format!("{path}again/"), &self.headers)?,
            _ => visitor.get(path, &self.headers)?,
        };
        let wrong = [&first, &second]
            .into_iter()
            .find_map(|answer| self.expected.wrong(path, answer, &first));
        match wrong {
            Some(what) => Err(io::Error::other(format!("{path}: {what}: {second}"))),
            None => Ok(second),
        }
    }
}
