//! Shares the pages of the `dumper` cache among processes and machines by Redis.
