//! The store as the crates above use it, on both databases.

#[cfg(test)]
mod suite {
    pub mod cache;
    pub mod conformance;
    pub mod crashes;
    pub mod databases;
    pub mod events;
    pub mod fan_events;
    pub mod fanout;
    pub mod hardships;
    pub mod jobs;
    pub mod limits;
    pub mod migrations;
    pub mod observations;
    pub mod processes;
    pub mod raw;
    pub mod restarts;
    pub mod secrets;
    pub mod summaries;
    pub mod units_of_work;
    pub mod upkeep;
}
