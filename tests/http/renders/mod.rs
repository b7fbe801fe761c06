//! One render at a time.
