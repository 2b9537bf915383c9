//! x
pub fn explain() {}
