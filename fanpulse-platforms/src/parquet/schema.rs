//! Which types the columns have to have, and as which they are decoded.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::error::listed;
use crate::layout::{Body, Layout, Origin};

/// What a column is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Text that many rows share.
    Name,
    /// Text of each row's own.
    Id,
    Time,
    Number,
}

/// The file's schema with the text that is read as dictionaries, so that each name is looked at once.
pub(super) fn wanted(schema: &SchemaRef, layout: &Layout) -> Result<SchemaRef, String> {
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    for (column, used) in uses(layout) {
        let field = &fields[column];
        let wanted = decoded(field.data_type(), used)
            .map_err(|what| format!("column {} holds {}, {what}", listed(&[field.name()]), field.data_type()))?;
        if wanted != *field.data_type() {
            fields[column] = Arc::new(field.as_ref().clone().with_data_type(wanted));
        }
    }
    Ok(Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())))
}

fn uses(layout: &Layout) -> Vec<(usize, Use)> {
    let mut uses = vec![(layout.time, Use::Time)];
    let mut name = |origin: &Origin| {
        if let Origin::Column(i) = origin {
            uses.push((*i, Use::Name));
        }
    };
    name(&layout.artist);
    match &layout.body {
        Body::Long { platform, metric, value } => {
            name(platform);
            uses.extend([(*metric, Use::Name), (*value, Use::Number)]);
        }
        Body::Wide { platform, values } => {
            uses.extend(platform.iter().map(|&i| (i, Use::Name)));
            uses.extend(values.iter().map(|v| (v.column, Use::Number)));
        }
        Body::Song { value, .. } => uses.push((*value, Use::Number)),
        Body::Post { platform, id, counts } => {
            name(platform);
            uses.push((*id, Use::Id));
            uses.extend(counts.iter().flatten().map(|&i| (i, Use::Number)));
        }
        Body::FanEvent(e) => {
            uses.extend([(e.fan, Use::Name), (e.kind, Use::Name)]);
            uses.extend([e.count, e.amount, e.seconds].into_iter().flatten().map(|i| (i, Use::Number)));
            uses.extend(e.currency.map(|i| (i, Use::Name)));
        }
    }
    uses
}

/// The type to decode as, or what is wrong with the column's own.
fn decoded(found: &DataType, used: Use) -> Result<DataType, &'static str> {
    let dictionary = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    match (used, found) {
        (Use::Name | Use::Time, t) if is_text(t) => Ok(dictionary()),
        (Use::Id, t) if is_text(t) => Ok(DataType::Utf8),
        (Use::Name | Use::Id, _) => Err("not text"),
        (Use::Time, DataType::Timestamp(_, None)) => Err("a time without a zone; declare the column as UTC when writing the file"),
        (Use::Time, DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, Some(_))) => Ok(found.clone()),
        (Use::Time, _) => Err("not dates or times"),
        (Use::Number, t) if t.is_numeric() => Ok(found.clone()),
        (Use::Number, _) => Err("not numbers"),
    }
}

fn is_text(t: &DataType) -> bool {
    match t {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}
