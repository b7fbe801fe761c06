//! What was found out, for people and for programs.

mod machine;
mod performance;
mod table;

use std::fmt::Write;

pub(crate) use self::performance::write;
use self::table::Table;
use crate::findings::{Findings, Row};
use crate::required::{REQUIRED, required};

/// The table of all comparisons, and that of all else.
pub(crate) fn tables(findings: &Findings) -> String {
    let mut ratios = Table::new([
        "ratio of requests/s",
        "of",
        "requests/s",
        "CPU µs",
        "busy",
        "to",
        "requests/s",
        "CPU µs",
        "busy",
        "median",
        "half of the rounds",
        "CPU",
        "required",
        "met",
    ]);
    for row in &findings.rows {
        ratios.add(cells(row));
    }
    let mut figures = Table::new(["figure", "value", "required", "met"]);
    for figure in &findings.figures {
        let [required, met] = verdict(figure.name, figure.value);
        figures.add([
            format!("`{}`", figure.name),
            format!("{:.2}", figure.value),
            required,
            met,
        ]);
    }
    let tables = [ratios.to_string(), figures.to_string()];
    tables.join(if tables.iter().any(String::is_empty) {
        ""
    } else {
        "\n"
    })
}

/// Everything as one line of JSON.
pub(crate) fn json(findings: &Findings) -> String {
    let values = findings.values();
    let fields = values
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value:.4}"));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// What is not as it must be. Of what was not measured it tells if all of it should be.
pub(crate) fn missed(findings: &Findings, is_whole: bool) -> String {
    let values = findings.values();
    let mut missed = String::new();
    for (name, bound) in REQUIRED {
        let value = values.iter().find(|(known, _)| known == name);
        let complaint = match value {
            Some((_, value)) if bound.is_met(*value) => continue,
            Some((_, value)) => format!("is {value:.3}"),
            None if is_whole => "was not measured".to_owned(),
            None => continue,
        };
        let _ = writeln!(missed, "{name} has to be {bound}, and {complaint}");
    }
    missed
}

fn cells(row: &Row) -> [String; 14] {
    let [one, other] = &row.sides;
    let [required, met] = verdict(&row.name, row.rate.median);
    [
        format!("`{}`", row.name),
        one.name.to_owned(),
        format!("{:.0}", one.rate),
        format!("{:.2}", one.cpu),
        format!("{:.2}", one.busy),
        other.name.to_owned(),
        format!("{:.0}", other.rate),
        format!("{:.2}", other.cpu),
        format!("{:.2}", other.busy),
        format!("{:.3}", row.rate.median),
        format!("{:.3} to {:.3}", row.rate.low, row.rate.high),
        format!("{:.3}", row.cpu.median),
        required,
        met,
    ]
}

fn verdict(name: &str, value: f64) -> [String; 2] {
    let Some(bound) = required(name) else {
        return [String::new(), String::new()];
    };
    let met = if bound.is_met(value) { "yes" } else { "**no**" };
    [bound.to_string(), met.to_owned()]
}
