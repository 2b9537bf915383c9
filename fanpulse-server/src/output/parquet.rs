//! The columns of the CSV, typed, as Parquet.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use fanpulse_core::Scores;
use fanpulse_core::fans::FanInsights;
use fanpulse_core::settings::ALGORITHM;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::Selection;
use super::columns::{COUNTS, FAN_COUNTS, FAN_FIGURES, FIGURES, breakout_level};

/// Artists per batch: what the writer holds at a time.
const BATCH: usize = 1 << 16;

pub(crate) fn write(out: &mut (dyn Write + Send), selection: Selection<'_>) -> io::Result<()> {
    let schema = Arc::new(schema());
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(metadata(selection.scores)))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(plain)?;
    for artists in selection.artists.chunks(BATCH) {
        let batch = RecordBatch::try_new(schema.clone(), columns(selection, artists)).map_err(|e| plain(e.into()))?;
        writer.write(&batch).map_err(plain)?;
    }
    writer.close().map_err(plain)?;
    Ok(())
}

fn schema() -> Schema {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    let mut fields = vec![
        text("artist_id", false),
        Field::new("as_of", DataType::Date32, false),
        Field::new("window_days", DataType::UInt32, false),
        text("algorithm", false),
        text("settings_hash", false),
        text("status", true),
        text("breakout_level", true),
    ];
    fields.extend(FIGURES.iter().map(|(name, _)| Field::new(*name, DataType::Float64, true)));
    fields.extend(COUNTS.iter().map(|(name, _)| Field::new(*name, DataType::UInt32, false)));
    fields.extend(FAN_COUNTS.iter().map(|(name, _)| Field::new(*name, DataType::UInt32, true)));
    fields.extend(FAN_FIGURES.iter().map(|(name, _)| Field::new(*name, DataType::Float64, true)));
    Schema::new(fields)
}

fn columns(selection: Selection<'_>, artists: &[usize]) -> Vec<ArrayRef> {
    let scores = selection.scores;
    let n = artists.len();
    let same = |text: &str| Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, n))) as ArrayRef;
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(artists.iter().map(|&i| scores.artist_id(i)))),
        Arc::new(Date32Array::from(vec![scores.as_of().days(); n])),
        Arc::new(UInt32Array::from(vec![scores.settings().window_days; n])),
        same(ALGORITHM),
        same(scores.settings_hash()),
        Arc::new(artists.iter().map(|&i| scores.status(i).map(|s| s.as_str())).collect::<StringArray>()),
        Arc::new(artists.iter().map(|&i| breakout_level(scores, i)).collect::<StringArray>()),
    ];
    for (_, column) in FIGURES {
        let column = column(scores);
        columns.push(Arc::new(artists.iter().map(|&i| Some(column[i]).filter(|x| !x.is_nan())).collect::<Float64Array>()));
    }
    for (_, column) in COUNTS {
        let column = column(scores);
        columns.push(Arc::new(UInt32Array::from_iter_values(artists.iter().map(|&i| column[i]))));
    }
    let fans: Vec<Option<&FanInsights>> = artists.iter().map(|&i| selection.fans.insights(i)).collect();
    for (_, count) in FAN_COUNTS {
        let of = |insights: &Option<&FanInsights>| insights.and_then(|i| u32::try_from(count(i)).ok());
        columns.push(Arc::new(fans.iter().map(of).collect::<UInt32Array>()));
    }
    for (_, figure) in FAN_FIGURES {
        columns.push(Arc::new(fans.iter().map(|insights| insights.and_then(figure)).collect::<Float64Array>()));
    }
    columns
}

/// What the file says of itself, beside its columns.
fn metadata(scores: &Scores) -> Vec<KeyValue> {
    let settings = serde_json::to_string(scores.settings()).ok();
    vec![
        KeyValue::new("fanpulse.algorithm".to_owned(), ALGORITHM.to_owned()),
        KeyValue::new("fanpulse.settings_hash".to_owned(), scores.settings_hash().to_owned()),
        KeyValue::new("fanpulse.as_of".to_owned(), scores.as_of().to_string()),
        KeyValue::new("fanpulse.settings".to_owned(), settings),
    ]
}

/// The system's own error where there is one behind it.
fn plain(e: ParquetError) -> io::Error {
    let inner = match e {
        ParquetError::External(inner) => inner,
        other => return io::Error::other(other),
    };
    match inner.downcast::<ArrowError>().map(|e| *e) {
        Ok(ArrowError::IoError(_, e)) => e,
        Ok(e) => io::Error::other(e),
        Err(inner) => inner.downcast::<io::Error>().map_or_else(io::Error::other, |e| *e),
    }
}
