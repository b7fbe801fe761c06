//! Every interleaving of a small world, driven through the ledger itself.
//!
//! Two writers run through the hooks of their writes, each in a request, in a
//! transaction, in a task or by hand; two readers render pages into two caches;
//! requests are dropped, statements fail, time out and land later, transactions are
//! rolled back, pages are evicted, deadlines pass. All that may happen next is tried
//! from every state that can be reached, on three kinds of database.
//!
//! The *ledger* is the one that production drives. What the hooks and the process do
//! with it is written once more here, in the order that `hooks` and `process` have.
//!
//! These tests are for the release profile: `./scripts/test` runs them there.

#![allow(clippy::print_stdout, reason = "the figures are to be read")]

mod database;
mod fingerprint;
mod machine;
mod mutants;
mod plans;
mod steps;
mod world;
mod writer;

use stateright::{Checker, HasDiscoveries, Model, Property};

use self::database::{Isolation, PATHS};
use self::mutants::Mutant;
use self::plans::Scenario;
use self::world::{Read, World};
use self::writer::{Move, Plan};
use super::Refusal;

/// The promise.
const FRESH: &str = "no page is older than a write that is done";

/// Fences end, and memory is given back.
const NOTHING_LEFT: &str = "nothing is left when all is over";

/// How many deadlines may pass.
const WAITS: u8 = 1;

/// What is explored: every pair of plans of a scenario, on one kind of database.
#[derive(Clone, Debug)]
struct Bounds {
    scenario: Scenario,
    isolation: Isolation,
    planted: Option<Mutant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Write(usize, Move),
    Read(usize, Read),
    Evict(usize, usize),
    Wait,
}

impl Model for Bounds {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let related = self.scenario.related();
        let world = |plans: [Plan; 2]| World::new(self.planted, self.isolation, related, plans);
        self.scenario.pairs().into_iter().map(world).collect()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for writer in 0..2 {
            let moves = writer::moves(world, writer).into_iter();
            actions.extend(moves.map(|it| Action::Write(writer, it)));
        }
        for reader in 0..self.scenario.readers() {
            let reads = world.reads(reader).into_iter();
            actions.extend(reads.map(|it| Action::Read(reader, it)));
            let stored = (0..PATHS.len()).filter(|&path| world.is_stored(reader, path));
            actions.extend(stored.map(|path| Action::Evict(reader, path)));
        }
        if world.may_wait(WAITS) {
            actions.push(Action::Wait);
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut world = world.clone();
        match action {
            Action::Write(number, it) => steps::step(&mut world, number, it),
            Action::Read(reader, it) => {
                if !world.read(reader, it) {
                    return None;
                }
            }
            Action::Evict(cache, path) => world.evict(cache, path),
            Action::Wait => world.wait(),
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(FRESH, |_, world: &World| world.is_fresh()),
            Property::always(NOTHING_LEFT, |_, world: &World| world.leaves_nothing()),
            // The rest shows that the model is alive.
            Property::sometimes("a page is stored", |_, world: &World| world.is_stored(0, 0)),
            Property::sometimes("a write voids a lease", |_, world: &World| {
                world.refusals().any(|it| it == Refusal::Invalidated)
            }),
            Property::sometimes("a fence stands", |_, world: &World| world.is_fenced()),
            Property::sometimes("a deadline is waited for", |_, world: &World| {
                world.machine.ledger.next_deadline().is_some()
            }),
        ]
    }
}

/// Explores with one thread, since the tests run side by side.
fn explore(scenario: Scenario, isolation: Isolation) {
    let bounds = Bounds {
        scenario,
        isolation,
        planted: None,
    };
    let checker = bounds
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    checker.assert_properties();
    let (states, steps) = (checker.unique_state_count(), checker.state_count());
    println!("{scenario:?} on {isolation:?}: {states} states by {steps} steps");
    assert!(states > 1_000_000, "{states}");
}

/// The check that catches a mistake, if any does.
fn caught_by(planted: Mutant) -> Option<&'static str> {
    let (scenario, isolation) = planted.shows_in();
    let bounds = Bounds {
        scenario,
        isolation,
        planted: Some(planted),
    };
    let checker = bounds
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let discoveries = checker.discoveries();
    [FRESH, NOTHING_LEFT]
        .into_iter()
        .find(|check| discoveries.contains_key(check))
}

/// Tests that explore a scenario on each kind of database.
macro_rules! explore {
    ($scenario:ident: $($test:ident on $isolation:ident)*) => {$(
        #[test]
        #[cfg_attr(debug_assertions, ignore = "takes long without optimizations")]
        fn $test() {
            explore(Scenario::$scenario, Isolation::$isolation);
        }
    )*};
}

explore! {
    Rows:
    every_state_of_single_rows on ReadCommitted
    every_state_of_single_rows_in_snapshots on RepeatableRead
}

explore! {
    Columns:
    every_state_of_rows_with_a_column_for_another on ReadCommitted
    every_state_of_rows_with_a_column_for_another_in_snapshots on RepeatableRead
    every_state_of_rows_with_a_column_for_another_with_one_writer on Serialized
}

explore! {
    Links:
    every_state_of_rows_linked_by_a_third on ReadCommitted
    every_state_of_rows_linked_by_a_third_in_snapshots on RepeatableRead
    every_state_of_rows_linked_by_a_third_with_one_writer on Serialized
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes long without optimizations")]
fn every_planted_mistake_is_caught() {
    for mutant in Mutant::ALL {
        let check = caught_by(mutant);
        println!("{mutant:?} is caught by: {}", check.unwrap_or("nothing"));
        assert_eq!(check, Some(mutant.is_caught_by()), "{mutant:?}");
    }
}
