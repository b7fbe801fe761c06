//! Which responses are stored, and for how long.
