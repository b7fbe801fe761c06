//! Other middlewares, inside and outside.
