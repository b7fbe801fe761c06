//! The pages of one path: by `Vary`, and by coding.

mod bounds;
mod compressed;
mod encoded;
