//! What a visitor may try against the others, by the names of the attacks.

mod http2;
mod pairs;
