//! Every interleaving of a small world: a Redis, two processes that write a row, and
//! two that render its pages.
//!
//! Each command or script is one step, a pipeline is one for each command. Keys are
//! evicted and flushed, the server comes back with an older copy or is replaced by
//! another that has one, it cannot be reached when a fence is to be raised, and a
//! writer dies after its commit. The process of the renderers may know who the server
//! is, and the generations, and believe it for a while.
//!
//! What is assumed, since nothing more is promised: the marks of a writer that dies
//! stand from the raise to their end, and outlast the writes that are under way. While
//! two processes rename one row, neither dies, and no mark of theirs is lost; or each
//! rename drops the pages of its tag, which is explored too.
//!
//! These tests are for the release profile: `./scripts/test` runs them there.

#![allow(clippy::print_stdout, reason = "the figures are to be read")]

mod renderer;
mod server;
mod view;
mod writer;

use stateright::{Checker, HasDiscoveries, Model, Property};

use self::renderer::Renderer;
use self::server::{PATHS, Server};
use self::view::View;
use self::writer::{Plan, Writer};

const FRESH: &str = "no page is older than a write that was done when it was asked for";
const NOT_FOR_EVER: &str = "when all is over, no page is older than the row";
const NOTHING_LEFT: &str = "when all is over, no fence stands";

/// Ways to get the protocol wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mutant {
    ReplicationIdIsIgnored,
    TokenIsNotChecked,
    /// `INFO` is read before the page.
    InfoComesFirst,
    /// A page is stored under the generations that its fill finds.
    GenerationsAreReadAtTheFill,
    FencesAreIgnored,
    LiftTakesAllMarks,
    LiftDropsNothing,
    /// A lease may come between the drop of a page and the mark.
    UnlinkedBeforeTheMark,
    MovesAreNotMarked,
    /// Fences are lifted before the mark of moves is swapped.
    MovesAreMarkedLast,
    MarksHaveNoEnd,
    EndOfTagMarkIsForgotten,
    DeliveryIsNotRetried,
    /// What is known of the generations is believed though they have changed.
    ChangesAreNotHeard,
    /// What is known is believed though the server has the data of another.
    ExchangeIsNotHeard,
    /// What is known outlives its connection.
    ViewOutlivesConnection,
    /// A write is done though somebody may believe in the history before.
    NothingSettles,
}

impl Mutant {
    const ALL: [Self; 17] = [
        Self::ReplicationIdIsIgnored,
        Self::TokenIsNotChecked,
        Self::InfoComesFirst,
        Self::GenerationsAreReadAtTheFill,
        Self::FencesAreIgnored,
        Self::LiftTakesAllMarks,
        Self::LiftDropsNothing,
        Self::UnlinkedBeforeTheMark,
        Self::MovesAreNotMarked,
        Self::MovesAreMarkedLast,
        Self::MarksHaveNoEnd,
        Self::EndOfTagMarkIsForgotten,
        Self::DeliveryIsNotRetried,
        Self::ChangesAreNotHeard,
        Self::ExchangeIsNotHeard,
        Self::ViewOutlivesConnection,
        Self::NothingSettles,
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Database {
    version: u8,
    slug: usize,
}

impl Database {
    fn shown_at(self, path: usize) -> Option<u8> {
        (self.slug == path).then_some(self.version)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    server: Server,
    database: Database,
    writers: [Writer; 2],
    renderers: [Renderer; 2],
    /// What their process knows and believes.
    view: Option<View>,
    /// The path that each request is for.
    requested: [usize; 2],
    /// The last version whose write is done.
    done: u8,
    is_stale: bool,
    /// Whether both writers rename the row.
    is_contested: bool,
    /// Whether a rename drops the pages of the tag, whether others move rows or not.
    drops_more: bool,
    faults: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Write(usize),
    Render(usize),
    /// Redis cannot be reached when a fence is to be raised.
    Skip(usize),
    GiveUp(usize),
    Die(usize),
    /// The time of a dead writer's marks is over.
    Expire(usize),
    /// The process of the renderers asks who the server is, and believes it.
    Look,
    /// It believes it no more.
    EndBelief,
    Copy,
    Restore,
    FailOver,
    Flush,
    EvictPages(usize),
    EvictFences(usize),
    EvictGenerations,
    EvictTagFences,
}

impl World {
    fn has(&self, mutant: Mutant) -> bool {
        self.server.planted == Some(mutant)
    }

    /// Whether marks may be lost.
    fn loses_marks(&self) -> bool {
        !self.is_contested || self.drops_more
    }

    fn expires(&self, writer: usize) -> bool {
        self.writers[writer].is_dead
            && self.server.has_mark_of(writer)
            && !self.writers[1 - writer].is_under_way()
            && !self.has(Mutant::MarksHaveNoEnd)
    }

    /// Whether somebody may believe in a history that is over.
    fn is_unsettled(&self) -> bool {
        self.view.as_ref().is_some_and(View::is_of_another) && !self.has(Mutant::NothingSettles)
    }

    fn is_over(&self) -> bool {
        let writers = self.writers.iter().enumerate();
        let mut writers = writers.map(|(number, writer)| {
            !self.expires(number) && (writer.is_dead || writer.at == writer::At::Done)
        });
        let renderers = self.renderers.iter();
        let mut renderers = renderers.map(|it| matches!(it, Renderer::Idle | Renderer::Ended));
        writers.all(|is_over| is_over) && renderers.all(|is_over| is_over)
    }

    /// Makes worlds the same that differ by nothing that matters.
    fn normalize(&mut self) {
        if self.faults == 0 {
            self.server.copy = None;
        }
        if self.requested[0] == self.requested[1] {
            self.renderers.sort_unstable();
        }
        let moves = self.writers.iter_mut().flat_map(|writer| &mut writer.moves);
        let moves = moves.flatten().map(|token| &mut token.random);
        let renderers = self.renderers.iter_mut().flat_map(Renderer::drawn);
        let view = self.view.iter_mut().flat_map(View::drawn);
        let mut known = Vec::new();
        for random in self
            .server
            .drawn()
            .chain(moves)
            .chain(renderers)
            .chain(view)
        {
            let place = known.iter().position(|it| it == random);
            let place = place.unwrap_or_else(|| {
                known.push(*random);
                known.len() - 1
            });
            *random = u8::try_from(place + 1).expect("little is known");
        }
        self.server.drawn = u8::try_from(known.len()).expect("little is known");
    }

    fn lose_marks(&mut self) {
        for writer in &mut self.writers {
            writer.is_fenced &= writer.is_dead || writer.at == writer::At::Begin;
        }
    }
}

struct Bounds {
    plans: &'static [[Plan; 2]],
    planted: Option<Mutant>,
}

impl Model for Bounds {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let mut worlds = Vec::new();
        for plans in self.plans {
            let is_contested = plans.iter().all(|it| matches!(it, Plan::Rename(_)));
            for (requested, drops_more) in [([0, 0], false), ([1, 1], false), ([1, 1], true)] {
                if drops_more && !is_contested {
                    continue;
                }
                worlds.push(World {
                    server: Server::new(self.planted),
                    database: Database {
                        version: 0,
                        slug: 0,
                    },
                    writers: plans.map(Writer::new),
                    renderers: [Renderer::Idle; 2],
                    view: None,
                    requested,
                    done: 0,
                    is_stale: false,
                    is_contested,
                    drops_more,
                    faults: 1,
                });
            }
        }
        worlds
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (number, writer) in world.writers.iter().enumerate() {
            let may_go = !writer.is_dead && writer.at < writer::At::Done;
            let may_go = may_go && !(writer.at == writer::At::Settle && world.is_unsettled());
            actions.extend(may_go.then_some(Action::Write(number)));
            actions.extend(world.expires(number).then_some(Action::Expire(number)));
            let may_die = !world.is_contested && writer.may_die();
            actions.extend(may_die.then_some(Action::Die(number)));
            let skips = writer.raises() && world.faults > 0 && world.loses_marks();
            actions.extend(skips.then_some(Action::Skip(number)));
            let gives_up = writer.is_under_way() && writer.at > writer::At::Commit;
            let gives_up = gives_up && world.has(Mutant::DeliveryIsNotRetried);
            actions.extend(gives_up.then_some(Action::GiveUp(number)));
        }
        for (number, renderer) in world.renderers.iter().enumerate() {
            let may_go = *renderer != Renderer::Ended;
            actions.extend(may_go.then_some(Action::Render(number)));
        }
        let is_asked = world.renderers.contains(&Renderer::Idle);
        match world.view {
            Some(_) => actions.push(Action::EndBelief),
            None => actions.extend(is_asked.then_some(Action::Look)),
        }
        let writers = 0..world.writers.len();
        let is_death_awaited = writers
            .into_iter()
            .any(|it| world.writers[it].is_dead && world.server.has_mark_of(it));
        if world.faults > 0 && !is_death_awaited {
            actions.push(Action::EvictGenerations);
            actions.extend((0..PATHS).map(Action::EvictPages));
            if world.loses_marks() {
                let is_copied = world.server.copy.is_some();
                actions.push(if is_copied {
                    Action::Restore
                } else {
                    Action::Copy
                });
                actions.extend([Action::Flush, Action::FailOver, Action::EvictTagFences]);
                actions.extend((0..PATHS).map(Action::EvictFences));
            }
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let before = world;
        let mut world = before.clone();
        let server = &mut world.server;
        match action {
            Action::Write(number) => writer::step(&mut world, number),
            Action::Render(number) => renderer::step(&mut world, number),
            Action::Skip(number) => writer::skip(&mut world, number),
            Action::GiveUp(number) => writer::give_up(&mut world, number),
            Action::Die(number) => world.writers[number].die(),
            Action::Expire(number) => server.expire(number),
            Action::Look => view::look(&mut world),
            Action::EndBelief => world.view = None,
            Action::FailOver => view::fail_over(&mut world),
            Action::Copy => server.copy = Some(server.keys.clone()),
            Action::Restore => {
                server.restore();
                if !world.has(Mutant::ViewOutlivesConnection) {
                    world.view = None;
                }
            }
            Action::Flush => server.keys = server::Keys::default(),
            Action::EvictPages(path) => server.keys.pages[path] = None,
            Action::EvictFences(path) => server.keys.fences[path] = [false; 2],
            Action::EvictGenerations => server.keys.generations = None,
            Action::EvictTagFences => server.keys.tag_fences = [false; 2],
        }
        if action != Action::Restore {
            view::hear(&mut world, before);
        }
        let loses_marks = matches!(
            action,
            Action::Restore
                | Action::FailOver
                | Action::Flush
                | Action::EvictFences(_)
                | Action::EvictTagFences
        );
        if loses_marks {
            world.lose_marks();
        }
        let is_fault = loses_marks
            || matches!(
                action,
                Action::Skip(_) | Action::EvictPages(_) | Action::EvictGenerations
            );
        world.faults -= u8::from(is_fault);
        world.normalize();
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(FRESH, |_, world: &World| !world.is_stale),
            Property::always(NOT_FOR_EVER, |_, world: &World| {
                let is_old = |path| {
                    let served = world.server.served(path);
                    served.is_some() && served != world.database.shown_at(path)
                };
                !world.is_over() || !(0..PATHS).any(is_old)
            }),
            Property::always(NOTHING_LEFT, |_, world: &World| {
                let has_mark = |writer| world.server.has_mark_of(writer);
                !world.is_over() || world.faults == 0 || !(0..2).any(has_mark)
            }),
            // The rest shows that the model is alive.
            Property::sometimes("a page is stored", |_, world: &World| {
                world.server.served(0).is_some()
            }),
            Property::sometimes("a page is stored after a write", |_, world: &World| {
                world.server.served(world.database.slug) > Some(0)
            }),
        ]
    }
}

/// Two renames of one row, a rename and an update, and each alone.
const PLANS: &[[Plan; 2]] = &[
    [Plan::Rename(1), Plan::Rename(2)],
    [Plan::Rename(1), Plan::Touch],
    [Plan::Touch, Plan::Touch],
    [Plan::Rename(1), Plan::Nothing],
];

#[test]
#[cfg_attr(debug_assertions, ignore = "takes long without optimizations")]
fn every_state_of_two_writers_and_two_renderers() {
    let checker = Bounds {
        plans: PLANS,
        planted: None,
    }
    .checker()
    .finish_when(HasDiscoveries::AnyFailures)
    .spawn_bfs()
    .join();
    checker.assert_properties();
    println!("{} states", checker.unique_state_count());
    assert!(checker.unique_state_count() > 100_000);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes long without optimizations")]
fn every_planted_mistake_is_caught() {
    for mutant in Mutant::ALL {
        let checker = Bounds {
            plans: PLANS,
            planted: Some(mutant),
        }
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
        let discoveries = checker.discoveries();
        let checks = [FRESH, NOT_FOR_EVER, NOTHING_LEFT];
        let check = checks.into_iter().find(|it| discoveries.contains_key(it));
        println!("{mutant:?} is caught by: {}", check.unwrap_or("nothing"));
        assert!(check.is_some(), "{mutant:?}");
    }
}
