//! Those who are measured by turns, and how they compare.

use std::io;

use crate::bench::{Bench, DISTURBED};
use crate::contender::{Contender, Run};
use crate::findings::{Row, Side};
use crate::load::Wrk;
use crate::spread::Spread;

/// Contenders, of which some are compared with others.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) contenders: Vec<Contender>,
    pub(crate) pairs: Vec<Pair>,
}

/// Two contenders, by their places in the contest.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// What their ratio is called.
    pub(crate) name: String,
    pub(crate) one: usize,
    pub(crate) other: usize,
}

impl Pair {
    /// The first of all contenders beside another one.
    pub(crate) fn first_and(other: usize, name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            one: 0,
            other,
        }
    }
}

impl Contest {
    /// Measures all of them, one after the other, again and again.
    pub(crate) fn measure(&self, bench: &Bench) -> io::Result<Vec<Row>> {
        let Bench { wrk, effort, .. } = bench;
        for contender in &self.contenders {
            let prepared = contender.prepare();
            prepared.map_err(|err| blame(contender, &err))?;
        }
        if effort.warms_up {
            self.round(wrk, 0)?;
        }
        let mut rounds = Vec::new();
        let mut undisturbed = 0;
        while undisturbed < effort.rounds && rounds.len() < effort.rounds + effort.more {
            let round = self.round(wrk, rounds.len() + 1)?;
            undisturbed += usize::from(foreign(&round) < DISTURBED);
            rounds.push(round);
        }
        rounds.sort_by(|one, other| foreign(one).total_cmp(&foreign(other)));
        rounds.truncate(effort.rounds);
        Ok(self
            .pairs
            .iter()
            .map(|pair| self.row(pair, &rounds))
            .collect())
    }

    /// Measures each of them once. Whoever comes first may gain or lose by that, so
    /// another one does in each round.
    fn round(&self, wrk: &Wrk, number: usize) -> io::Result<Vec<Run>> {
        let count = self.contenders.len();
        let mut runs = Vec::with_capacity(count);
        for turn in 0..count {
            let place = (turn + number) % count;
            let contender = &self.contenders[place];
            let run = contender.run(wrk, number);
            runs.push((place, run.map_err(|err| blame(contender, &err))?));
        }
        runs.sort_by_key(|(place, _)| *place);
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    fn row(&self, pair: &Pair, rounds: &[Vec<Run>]) -> Row {
        let of = |value: fn(&Run) -> f64| {
            move |place: usize| Spread::of(rounds.iter().map(|round| value(&round[place])))
        };
        let ratio = |value: fn(&Run) -> f64| {
            let ratios = rounds
                .iter()
                .map(|round| value(&round[pair.one]) / value(&round[pair.other]));
            Spread::of(ratios)
        };
        let side = |place: usize| Side {
            name: self.contenders[place].name,
            rate: of(|run| run.rate)(place).median,
            cpu: of(|run| run.cpu)(place).median,
            busy: of(|run| run.busy)(place).median,
        };
        Row {
            name: pair.name.clone(),
            sides: [pair.one, pair.other].map(side),
            rate: ratio(|run| run.rate),
            cpu: ratio(|run| run.cpu),
            added_cpu: Spread::of(
                rounds
                    .iter()
                    .map(|round| round[pair.one].cpu - round[pair.other].cpu),
            ),
            foreign: rounds
                .iter()
                .map(|round| foreign(round))
                .fold(0.0, f64::max),
        }
    }
}

fn foreign(round: &[Run]) -> f64 {
    round.iter().map(|run| run.foreign).fold(0.0, f64::max)
}

fn blame(contender: &Contender, err: &io::Error) -> io::Error {
    io::Error::other(format!("{}: {err}", contender.name))
}
