//! What a stored page answers: conditions, ranges, ages.
