//! How long processes ran.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::process;
use std::time::Duration;

/// How long a process ran, and all that came of it and are still there, in all their
/// threads.
pub(crate) fn of_tree(root: u32) -> io::Result<Duration> {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.parse::<u32>().ok());
        // A process may have ended since it was listed.
        if let Some(number) = number
            && let Ok(stat) = Stat::of(number)
        {
            parents.insert(number, stat.parent);
        }
    }
    let descends = |process: u32| {
        let mut next = Some(process);
        while let Some(ancestor) = next {
            if ancestor == root {
                return true;
            }
            next = parents.get(&ancestor).copied();
        }
        false
    };
    let tree = parents.keys().copied().filter(|process| descends(*process));
    tree.map(of_threads).sum()
}

/// How long this process ran, and those that it has waited for.
pub(crate) fn of_driver() -> io::Result<Duration> {
    Ok(Stat::of(process::id())?.ran)
}

/// How long the cores ran together, or were taken away by the host of the machine.
pub(crate) fn of_machine() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal; what comes then is in the first.
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = ticks[..] else {
        return Err(io::Error::other(format!(
            "this is not a /proc/stat: {line}"
        )));
    };
    Ok(from_ticks(user + nice + system + irq + softirq + steal))
}

fn of_threads(process: u32) -> io::Result<Duration> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Ok(Duration::ZERO);
    };
    let mut ran = Duration::ZERO;
    for thread in threads {
        let Ok(stat) = fs::read_to_string(thread?.path().join("schedstat")) else {
            continue;
        };
        let nanos = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
        let nanos = nanos.ok_or_else(|| io::Error::other(format!("no schedstat: {stat}")))?;
        ran += Duration::from_nanos(nanos);
    }
    Ok(ran)
}

struct Stat {
    parent: u32,
    /// With the children that it has waited for.
    ran: Duration,
}

impl Stat {
    fn of(process: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name of the program may have spaces in it, and ends with a parenthesis.
        let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
        let fields: Vec<&str> = fields.split(' ').collect();
        let field = |index: usize| {
            fields
                .get(index)
                .and_then(|field| field.parse::<u64>().ok())
        };
        let read = || {
            let ticks = field(11)? + field(12)? + field(13)? + field(14)?;
            Some(Self {
                parent: field(1)?.try_into().ok()?,
                ran: from_ticks(ticks),
            })
        };
        read().ok_or_else(|| io::Error::other(format!("this is not a stat: {stat}")))
    }
}

/// Linux tells programs of hundredths of a second, whatever it counts in.
fn from_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 10)
}
