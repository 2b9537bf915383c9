//! Tables of results: columns of typed arrays for JavaScript, a record batch for Arrow.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array as ArrowFloats, Int32Array as ArrowKeys, StringArray, UInt32Array};
use arrow::array::{Date32Array, DictionaryArray, RecordBatch};
use arrow::ipc::writer::StreamWriter;
use fanpulse_core::{Error, ErrorKind};
use napi::bindgen_prelude::{Float64Array, Int32Array, Uint8Array, Uint32Array};
use napi_derive::napi;

use crate::error::Outcome;
use crate::pack::camel;
use crate::text::Text;

/// A column.
pub(crate) enum Column {
    /// Figures, NaN = none.
    Figures(Vec<f64>),
    /// Whole numbers.
    Counts(Vec<u32>),
    /// UTC days since 1970-01-01.
    Days(Vec<i32>),
    /// Positions among a few names; 255 = none.
    Labels(Vec<u8>, Vec<String>),
    /// Positions among many names.
    Codes(Vec<u32>, Arc<[String]>),
    /// Texts.
    Texts(Vec<String>),
}

/// Rows up to which columns of one type are handed over as one: each array of its own takes a microsecond or two.
const FEW: usize = 1 << 12;

/// Columns of one length, each with its snake_case name.
pub(crate) struct Table(pub(crate) Vec<(&'static str, Column)>);

/// A column for JavaScript, in the one of the forms that is given; or several of one length, one after the other.
#[napi(object, object_from_js = false)]
pub struct NamedColumn {
    /// Its name, or names with commas in between.
    pub name: String,
    /// Figures, NaN = none.
    pub figures: Option<Float64Array>,
    /// Whole numbers, or codes of `names`.
    pub counts: Option<Uint32Array>,
    /// Days.
    pub days: Option<Int32Array>,
    /// Codes of `names`, 255 = none.
    pub labels: Option<Uint8Array>,
    /// What the codes stand for.
    pub names: Option<Text>,
    /// Texts.
    pub texts: Option<Text>,
}

impl Table {
    /// The columns by their camelCase names; those of few rows that follow each other and are of one type are one.
    fn joined(self) -> Vec<(String, Column)> {
        let mut out: Vec<(String, Column)> = Vec::new();
        for (name, column) in self.0 {
            let name = camel(name);
            match (out.last_mut(), column) {
                (Some((names, Column::Figures(all))), Column::Figures(more)) if more.len() <= FEW => {
                    all.extend(more);
                    names.extend([",", &name]);
                }
                (Some((names, Column::Counts(all))), Column::Counts(more)) if more.len() <= FEW => {
                    all.extend(more);
                    names.extend([",", &name]);
                }
                (_, column) => out.push((name, column)),
            }
        }
        out
    }

    /// The columns for JavaScript.
    pub(crate) fn into_columns(self) -> Vec<NamedColumn> {
        let one = |(name, column): (String, Column)| {
            let mut out = NamedColumn { name, figures: None, counts: None, days: None, labels: None, names: None, texts: None };
            let text = |names: &[String]| Some(Text::of(names.iter().map(String::as_str)));
            match column {
                Column::Figures(c) => out.figures = Some(c.into()),
                Column::Counts(c) => out.counts = Some(c.into()),
                Column::Days(c) => out.days = Some(c.into()),
                Column::Labels(codes, names) => (out.labels, out.names) = (Some(codes.into()), text(&names)),
                Column::Codes(codes, names) => (out.counts, out.names) = (Some(codes.into()), text(&names)),
                Column::Texts(texts) => out.texts = text(&texts),
            }
            out
        };
        self.joined().into_iter().map(one).collect()
    }

    /// The table as an Arrow IPC stream.
    ///
    /// # Errors
    /// `internal` where columns differ in length, which is a bug.
    pub(crate) fn into_arrow(self) -> Outcome<Vec<u8>> {
        let fields = self.0.into_iter().map(|(name, column)| array(column).map(|array| (name, array))).collect::<Outcome<Vec<_>>>()?;
        // A column may lack values whether or not it does here, so that results of two calls have one schema.
        let nullable = fields.into_iter().map(|(name, array)| (name, array, true));
        let batch = RecordBatch::try_from_iter_with_nullable(nullable).map_err(broken)?;
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).map_err(broken)?;
        writer.write(&batch).map_err(broken)?;
        writer.finish().map_err(broken)?;
        drop(writer);
        Ok(bytes)
    }
}

fn broken(e: arrow::error::ArrowError) -> crate::error::Failure {
    Error::new(ErrorKind::Internal, "the result cannot be written as Arrow").caused_by(e).into()
}

fn array(column: Column) -> Outcome<ArrayRef> {
    Ok(match column {
        Column::Figures(c) if c.iter().any(|x| x.is_nan()) => {
            Arc::new(c.into_iter().map(|x| (!x.is_nan()).then_some(x)).collect::<ArrowFloats>())
        }
        Column::Figures(c) => Arc::new(ArrowFloats::from(c)),
        Column::Counts(c) => Arc::new(UInt32Array::from(c)),
        Column::Days(c) => Arc::new(Date32Array::from(c)),
        Column::Labels(codes, names) => {
            let keys: ArrowKeys = codes.into_iter().map(|c| (usize::from(c) < names.len()).then_some(i32::from(c))).collect();
            dictionary(keys, &names)?
        }
        Column::Codes(codes, names) => {
            let keys: ArrowKeys = codes.into_iter().map(|c| i32::try_from(c).ok()).collect();
            dictionary(keys, &names)?
        }
        Column::Texts(texts) => Arc::new(StringArray::from_iter_values(texts)),
    })
}

fn dictionary(keys: ArrowKeys, names: &[String]) -> Outcome<ArrayRef> {
    let names = StringArray::from_iter_values(names);
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(names)).map_err(broken)?))
}
