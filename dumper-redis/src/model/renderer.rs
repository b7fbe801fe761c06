//! A request for the page of a path: looked up, or rendered and stored.

use super::server::{Page, Pages, Random, Token, Under};
use super::{Mutant, World, view};

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Renderer {
    Idle,
    /// It is answering a request that no older version may answer than this.
    Asked(u8, Asked),
    Missed(Missed),
    Ended,
}

/// What the pipeline of a look-up has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Asked {
    replies: u8,
    pages: Option<Pages>,
    under: Option<Under>,
    history: u8,
}

/// What a render holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Missed {
    pub(super) under: Option<Under>,
    pub(super) token: Option<Token>,
    pub(super) version: Option<u8>,
    pub(super) filled: Option<Under>,
}

impl Renderer {
    pub(super) fn drawn(&mut self) -> Vec<&mut Random> {
        match self {
            Self::Idle | Self::Ended => Vec::new(),
            Self::Asked(_, asked) => {
                let pages = asked.pages.iter_mut().flat_map(Pages::drawn);
                pages
                    .chain(asked.under.iter_mut().flat_map(Under::drawn))
                    .collect()
            }
            Self::Missed(missed) => {
                let under = missed.under.iter_mut().chain(&mut missed.filled);
                let token = missed.token.iter_mut().map(|token| &mut token.random);
                under.flat_map(Under::drawn).chain(token).collect()
            }
        }
    }
}

/// Does what comes next.
pub(super) fn step(world: &mut World, number: usize) {
    let path = world.requested[number];
    world.renderers[number] = match world.renderers[number] {
        Renderer::Idle if world.view.is_some() => ask_by_view(world, path),
        Renderer::Idle => ask(world, path, world.done, Asked::default()),
        Renderer::Asked(done, asked) => ask(world, path, done, asked),
        Renderer::Missed(missed) => render(world, path, missed),
        Renderer::Ended => Renderer::Ended,
    };
}

/// Whether the server has told of changes is seen when it has answered.
fn ask_by_view(world: &mut World, path: usize) -> Renderer {
    let Some(version) = view::served(world, path) else {
        return Renderer::Missed(Missed::default());
    };
    world.is_stale |= version < world.done;
    Renderer::Ended
}

fn ask(world: &mut World, path: usize, done: u8, mut asked: Asked) -> Renderer {
    let server = &world.server;
    let info_first = world.has(Mutant::InfoComesFirst);
    match (asked.replies + u8::from(!info_first)) % 3 {
        0 => asked.history = server.history,
        1 => asked.pages = server.keys.pages[path],
        _ => asked.under = server.keys.generations.map(|known| known.under),
    }
    asked.replies += 1;
    if asked.replies < 3 {
        return Renderer::Asked(done, asked);
    }
    let (Some(pages), Some(under)) = (asked.pages, asked.under) else {
        return Renderer::Missed(Missed::default());
    };
    let is_true =
        server.is_of(pages.token, asked.history) && server.is_of(under.base, asked.history);
    match pages.page {
        Some(page) if is_true && page.under == under => {
            world.is_stale |= page.version < done;
            Renderer::Ended
        }
        _ => Renderer::Missed(Missed::default()),
    }
}

fn render(world: &mut World, path: usize, mut missed: Missed) -> Renderer {
    let captured = missed.under;
    if captured.is_none() {
        missed.under = Some(world.server.generations().under);
    } else if missed.token.is_none() {
        missed.token = world.server.lease(path);
        if missed.token.is_none() {
            return Renderer::Ended;
        }
    } else if missed.version.is_none() {
        missed.version = world.database.shown_at(path);
        if missed.version.is_none() {
            return Renderer::Ended;
        }
    } else if missed.filled.is_none() {
        missed.filled = world.server.storable_under();
        let is_same = missed.filled == captured || world.has(Mutant::GenerationsAreReadAtTheFill);
        if missed.filled.is_none() || !is_same {
            return Renderer::Ended;
        }
    } else if let (Some(token), Some(version), Some(under)) =
        (missed.token, missed.version, missed.filled)
    {
        world.server.store(path, token, Page { version, under });
        return Renderer::Ended;
    }
    Renderer::Missed(missed)
}
