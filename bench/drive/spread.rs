//! The middle of many values, and how far they lie from it.

/// Half of the values lie between the quartiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Of at least one value.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        let quarter = last / 4;
        Self {
            low: values[quarter],
            median: f64::midpoint(values[last / 2], values[last.div_ceil(2)]),
            high: values[last - quarter],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_values_lie_between_the_quartiles() {
        for (values, expected) in [
            (vec![3.0], "3 3 3"),
            (vec![2.0, 3.0, 1.0], "1 2 3"),
            (vec![4.0, 3.0, 2.0, 1.0], "1 2.5 4"),
            ((1..=9).rev().map(f64::from).collect(), "3 5 7"),
        ] {
            let Spread { low, median, high } = Spread::of(values.clone());
            assert_eq!(format!("{low} {median} {high}"), expected, "{values:?}");
        }
    }
}
