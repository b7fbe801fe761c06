//! The pages of one path: by `Vary`, and by coding.
