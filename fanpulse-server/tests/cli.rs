//! The command line, run as its users run it.

#[cfg(test)]
mod cli {
    pub(crate) mod bad_input;
    pub(crate) mod database;
    pub(crate) mod demo;
    pub(crate) mod fans;
    pub(crate) mod formats;
    pub(crate) mod json;
    pub(crate) mod real_data;
    pub(crate) mod run;
    pub(crate) mod train;
    pub(crate) mod usage;
}
