//! Scores as an Arrow table and as HTML; the columns are those of `fanpulse score --format parquet`.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, StringArray, UInt32Array};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use fanpulse_core::scores::Level;
use fanpulse_core::settings::ALGORITHM;
use fanpulse_core::{Error, ErrorKind, Scores};
use rayon::prelude::*;

use crate::scores::Labelled;

type Figures = (&'static str, fn(&Scores) -> &[f64]);
type Counts = (&'static str, fn(&Scores) -> &[u32]);

macro_rules! columns {
    ($type:ty: $($name:ident)*) => { &[$((stringify!($name), (|s| s.$name.as_slice()) as fn(&Scores) -> &[$type]),)*] };
}

/// Figures; null = none.
const FIGURES: &[Figures] = columns![f64:
    fvs fvs_coverage
    engagement engagement_score growth growth_score reach reach_score conversion conversion_score
    momentum momentum_coverage momentum_low momentum_high
    velocity velocity_score velocity_se acceleration acceleration_score consistency consistency_score
    viral_excess viral_share viral_potential_score
    breakout week_days
];

const COUNTS: &[Counts] = columns![u32: viral_posts counter_resets filled_days missing_days];

/// The columns.
pub(crate) fn schema() -> Schema {
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
    Schema::new(fields)
}

/// The table.
pub(crate) fn batch(labelled: &Labelled) -> Result<RecordBatch, Error> {
    let scores = &labelled.scores;
    let n = scores.artists();
    let same = |text: &str| Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, n))) as ArrayRef;
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(labelled.artists.iter())),
        Arc::new(Date32Array::from(vec![scores.as_of().days(); n])),
        Arc::new(UInt32Array::from(vec![scores.settings().window_days; n])),
        same(ALGORITHM),
        same(scores.settings_hash()),
        Arc::new((0..n).map(|i| scores.status(i).map(|s| s.as_str())).collect::<StringArray>()),
        Arc::new((0..n).map(|i| level(scores, i)).collect::<StringArray>()),
    ];
    let figures: Vec<ArrayRef> = FIGURES.par_iter().map(|(_, column)| figures(column(scores))).collect();
    columns.extend(figures);
    columns.extend(COUNTS.iter().map(|(_, column)| Arc::new(UInt32Array::from(column(scores).to_vec())) as ArrayRef));
    RecordBatch::try_new(Arc::new(schema()), columns).map_err(|e| Error::new(ErrorKind::Internal, "the scores are no table").caused_by(e))
}

/// A column in which NaN becomes null.
fn figures(values: &[f64]) -> ArrayRef {
    let present = BooleanBuffer::collect_bool(values.len(), |i| !values[i].is_nan());
    Arc::new(Float64Array::new(values.to_vec().into(), Some(NullBuffer::new(present))))
}

fn level(scores: &Scores, artist: usize) -> Option<&'static str> {
    if scores.breakout[artist].is_nan() {
        return None;
    }
    scores.analysis(artist).breakout.ok().map(|b| match b.level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    })
}

/// How many artists a notebook shows.
const SHOWN: usize = 10;

/// The artists with the most momentum, for a notebook.
pub(crate) fn html(labelled: &Labelled) -> String {
    let s = &labelled.scores;
    let mut rows: Vec<usize> = (0..s.artists()).collect();
    let key = |i: usize| if s.momentum[i].is_nan() { -1.0 } else { s.momentum[i] };
    rows.sort_by(|&a, &b| key(b).total_cmp(&key(a)));
    let mut out = String::from("<table><thead><tr><th>artist_id</th><th>momentum</th><th>90 %</th><th>status</th><th>fvs</th>");
    out.push_str("<th>breakout</th><th>viral_posts</th></tr></thead><tbody>");
    let cell = |x: f64, digits: usize| if x.is_nan() { "–".to_owned() } else { format!("{x:.digits$}") };
    for &i in rows.iter().take(SHOWN) {
        let id = labelled.artists.get(i);
        let range =
            if s.momentum_low[i].is_nan() { "–".to_owned() } else { format!("{:.1}–{:.1}", s.momentum_low[i], s.momentum_high[i]) };
        let status = s.status(i).map_or("–", |status| status.as_str());
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{range}</td><td>{status}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(id),
            cell(s.momentum[i], 1),
            cell(s.fvs[i], 1),
            cell(s.breakout[i], 2),
            s.viral_posts[i]
        );
    }
    let _ = write!(out, "</tbody></table><p>{} artists as of {}", s.artists(), s.as_of());
    if s.artists() > SHOWN {
        let _ = write!(out, ", {SHOWN} with the most momentum shown");
    }
    out + "</p>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
