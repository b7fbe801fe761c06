//! What the command is asked to do.

use crate::cores::Cores;

pub(crate) const HELP: &str = "\
Measures dumper beside an app without it, other caches and what users have today.

Usage: bench [--quick] [--json] [--check] [--rounds N] [--seconds N] [--cores A,B]
             [--only GROUPS]

  --quick    the most telling rows, in few short rounds: two minutes
  --json     the last line is one JSON object: the ratios by their names
  --check    fails if something is not as it must be
  --rounds   how often each is measured (default: 15; with --quick 3)
  --seconds  how long at a time (default: 1)
  --cores    that of the server and that of the client (default: 0,1)
  --only     names of groups with commas between them

Without --quick and --only what was measured is written to docs/performance.md.

Groups:";

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Arguments {
    pub(crate) is_quick: bool,
    pub(crate) prints_json: bool,
    pub(crate) checks: bool,
    pub(crate) rounds: usize,
    pub(crate) seconds: u32,
    pub(crate) cores: Cores,
    /// The groups to measure, or all.
    pub(crate) only: Vec<String>,
}

impl Arguments {
    /// Returns `None` if help is asked for.
    pub(crate) fn read(words: &[String]) -> Result<Option<Self>, String> {
        let is_quick = words.iter().any(|word| word == "--quick");
        let mut arguments = Self {
            is_quick,
            prints_json: false,
            checks: false,
            rounds: if is_quick { 3 } else { 15 },
            seconds: 1,
            cores: Cores::default(),
            only: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
            match word.as_str() {
                "--help" => return Ok(None),
                "--quick" => {}
                "--json" => arguments.prints_json = true,
                "--check" => arguments.checks = true,
                "--rounds" => arguments.rounds = number(value()?)?.max(1),
                "--seconds" => {
                    let seconds = u32::try_from(number(value()?)?);
                    arguments.seconds = seconds.map_err(|err| err.to_string())?.max(1);
                }
                "--cores" => arguments.cores = value()?.parse()?,
                "--only" => arguments.only = value()?.split(',').map(str::to_owned).collect(),
                _ => return Err(format!("{word} is not an argument")),
            }
        }
        Ok(Some(arguments))
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}
