//! One JSON object per line.

use std::io::Read;

use fanpulse_core::ingest::Dataset;

use super::Source;
use super::lines::Lines;
use super::object::{keys, object};
use crate::collect::Collector;
use crate::column_map::Target;
use crate::layout::{COUNTS, EVENT_OPTIONS, recognise};
use crate::{FileReport, Format, ReadOptions, Result};

pub(super) fn read<R: Read>(source: Source<'_>, mut lines: Lines<R>, options: &ReadOptions<'_>, data: &mut Dataset) -> Result<FileReport> {
    // The first byte that is not white space was seen, so there is a first line.
    let number = lines.line();
    let (length, _) = lines.find_line().map_err(|fault| source.text(number, fault))?.unwrap_or_default();
    let first = keys(lines.ahead(length)).map_err(|fault| source.fault(number, &fault))?;
    let columns = columns(first, options);
    let layout = recognise(&columns, source.name, options).map_err(|e| source.line(number, e.message()))?;
    let mut collector = Collector::new(layout, data, options.lenient);
    loop {
        let number = lines.line();
        let Some((length, bytes)) = lines.find_line().map_err(|fault| source.text(number, fault))? else { break };
        let line = lines.ahead(length).trim_ascii();
        if !line.is_empty() {
            let pushed = match object(line, &columns) {
                Ok(row) => collector.push(&row, number),
                Err(fault) => collector.refuse(fault),
            };
            pushed.map_err(|fault| source.fault(number, &fault))?;
        }
        lines.consume_line(bytes);
    }
    Ok(collector.report(source.name, Format::Ndjson, source.compression))
}

/// The first object's keys, and those that may be absent from it because nothing stands there.
fn columns(mut keys: Vec<String>, options: &ReadOptions<'_>) -> Vec<String> {
    let has = |keys: &[String], name: &str| keys.iter().any(|k| k.trim().to_lowercase() == name);
    let mapped = options.map.as_ref().filter(|m| m.pairs().iter().any(|(column, _)| has(&keys, column)));
    let mut optional: Vec<&str> = Vec::new();
    match mapped {
        Some(map) => {
            let optional_target = |t: &Target| matches!(t, Target::Value(..)) || may_be_absent(t);
            optional.extend(map.pairs().iter().filter(|(_, t)| optional_target(t)).map(|(column, _)| column.as_str()));
        }
        None if has(&keys, "post_id") => optional.extend(COUNTS),
        None if has(&keys, "fan_id") => optional.extend(EVENT_OPTIONS),
        None => {}
    }
    for name in optional {
        if !has(&keys, name) {
            keys.push(name.to_owned());
        }
    }
    keys
}

fn may_be_absent(target: &Target) -> bool {
    matches!(target, Target::Column(name) if COUNTS.contains(name) || EVENT_OPTIONS.contains(name))
}
