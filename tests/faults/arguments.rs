//! What the command is asked to do.

use std::fmt;
use std::time::Duration;

use dumper_tests::Kind;

use crate::fault::Fault;

pub(crate) const HELP: &str = "\
Puts several processes under load while what is between them fails, and counts the
answers that are stale.

Usage: faults [--rows ROWS] [--seconds N] [--scheme SCHEME] [--processes N]
              [--database DATABASE] [--seed S] [--back-within N] [--alone]
              [--verbose]

  --rows         all, or names of rows with commas between them (default: all)
  --seconds      how long each scheme is under load in each row (default: 8)
  --scheme       dumper, or one that is known to be wrong: naive (default: dumper)
  --processes    how many there are; the last has no near copies (default: 3)
  --database     postgres or sqlite (default: postgres)
  --seed         of all random choices of clients (default: 1); how they interleave is
                 up to the machine
  --back-within  how many seconds after Redis is back there must be hits again, where
                 that is promised (default: 1)
  --alone        without the wrong scheme
  --verbose      with what was wrong with the wrong scheme, and the logs

With dumper the wrong scheme runs first in each row. The last line is the result in
JSON. It fails if an answer of dumper was stale or corrupt, if a request failed, if
there were no hits, or too late when Redis was back, or if a row is void since nothing
failed, the wrong scheme was not caught, or the checker was wrong.

Rows:";

/// Who shares the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Dumper,
    Naive,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dumper => "dumper",
            Self::Naive => "naive",
        })
    }
}

pub(crate) struct Arguments {
    pub(crate) rows: Vec<Fault>,
    pub(crate) seconds: u64,
    pub(crate) scheme: Scheme,
    pub(crate) processes: usize,
    pub(crate) database: Kind,
    pub(crate) seed: u64,
    pub(crate) back_within: Duration,
    pub(crate) is_alone: bool,
    pub(crate) is_verbose: bool,
}

impl Arguments {
    /// Returns `None` if help is asked for.
    pub(crate) fn read(words: Vec<String>) -> Result<Option<Self>, String> {
        let mut arguments = Self {
            rows: Fault::ALL.to_vec(),
            seconds: 8,
            scheme: Scheme::Dumper,
            processes: 3,
            database: Kind::Postgres,
            seed: 1,
            back_within: Duration::from_secs(1),
            is_alone: false,
            is_verbose: false,
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "--help" => return Ok(None),
                "--alone" => arguments.is_alone = true,
                "--verbose" => arguments.is_verbose = true,
                "--rows" => arguments.rows = rows(&value()?)?,
                "--seconds" => arguments.seconds = number(&value()?)?,
                "--scheme" => arguments.scheme = scheme(&value()?)?,
                "--processes" => {
                    let processes = usize::try_from(number(&value()?)?);
                    arguments.processes = processes.unwrap_or(usize::MAX).clamp(2, 16);
                }
                "--database" => arguments.database = value()?.parse()?,
                "--seed" => arguments.seed = number(&value()?)?,
                "--back-within" => {
                    arguments.back_within = Duration::from_secs(number(&value()?)?);
                }
                _ => return Err(format!("{word} is not an argument")),
            }
        }
        Ok(Some(arguments))
    }
}

fn rows(names: &str) -> Result<Vec<Fault>, String> {
    if names == "all" {
        return Ok(Fault::ALL.to_vec());
    }
    let rows = names.split(',').map(|name| {
        let row = Fault::ALL.iter().find(|row| row.name == name);
        row.copied()
            .ok_or_else(|| format!("there is no row {name}"))
    });
    rows.collect()
}

fn scheme(name: &str) -> Result<Scheme, String> {
    let mut schemes = [Scheme::Dumper, Scheme::Naive].into_iter();
    let scheme = schemes.find(|scheme| scheme.to_string() == name);
    scheme.ok_or_else(|| format!("{name} is neither dumper nor naive"))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}
