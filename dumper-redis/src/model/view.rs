//! What the process of the renderers knows of the server without asking.

use super::server::{Keys, Random, Under};
use super::{Mutant, World};

/// A view, and the server that its connection is to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct View {
    history: u8,
    under: Option<Under>,
    /// What a server has that was a primary when it was asked, and has been replaced.
    replaced: Option<Keys>,
}

impl View {
    pub(super) fn drawn(&mut self) -> impl Iterator<Item = &mut Random> {
        let under = self.under.iter_mut().flat_map(Under::drawn);
        under.chain(self.replaced.iter_mut().flat_map(Keys::drawn))
    }

    /// Whether it is of a server that is the primary no more.
    pub(super) fn is_of_another(&self) -> bool {
        self.replaced.is_some()
    }
}

/// Asks the server who it is, and for the generations.
pub(super) fn look(world: &mut World) {
    let server = &world.server;
    world.view = Some(View {
        history: server.history,
        under: server.keys.generations.map(|known| known.under),
        replaced: None,
    });
}

/// Another server takes over. It may lag.
pub(super) fn fail_over(world: &mut World) {
    let before = world.server.keys.clone();
    let after = world.server.copy.clone().unwrap_or_else(|| before.clone());
    let is_deaf = world.has(Mutant::ExchangeIsNotHeard);
    if let Some(view) = &mut world.view {
        // The server may follow the new one, and tells so.
        view.replaced = Some(if is_deaf { after.clone() } else { before });
    }
    world.server.keys = after;
    world.server.history += 1;
}

/// The server tells of changes to what is known.
pub(super) fn hear(world: &mut World, before: &World) {
    let has_changed = world.server.keys.generations != before.server.keys.generations;
    let is_of_another = world.view.as_ref().is_some_and(View::is_of_another);
    if has_changed && !is_of_another && !world.has(Mutant::ChangesAreNotHeard) {
        world.view = None;
    }
}

/// The version that a request is served by what is known; `None` if it is a miss.
pub(super) fn served(world: &World, path: usize) -> Option<u8> {
    let view = world.view.as_ref()?;
    let keys = view.replaced.as_ref().unwrap_or(&world.server.keys);
    let pages = keys.pages[path]?;
    let (page, under) = (pages.page?, view.under?);
    let is_true = world.server.is_of(pages.token, view.history)
        && world.server.is_of(under.base, view.history)
        && page.under == under;
    is_true.then_some(page.version)
}
