//! Learned breakout: training, prediction, the model file.

use arrow::array::{Array, BooleanArray, cast::AsArray};
use arrow::datatypes::DataType;
use chrono::NaiveDate;
use fanpulse_core::learned::{Example, Feature, LogisticBreakout, Slices, Task, TrainingSet, train as train_model};
use fanpulse_core::settings::LearnedSettings;
use fanpulse_core::{Day, Error};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::call::run;
use crate::error::{not_found, raised};
use crate::json::{loads, object, text_of};
use crate::rows;
use crate::table::text::coded;
use crate::table::time::times;
use crate::table::{Column, Kind, Naive, Table, number, source};

/// A logistic model of breakouts, with its card. Made by `train` or read from a model file; immutable, and can be pickled.
#[pyclass(frozen, module = "fanpulse.breakout", name = "Model")]
pub(crate) struct Model {
    pub(crate) model: LogisticBreakout,
}

#[pymethods]
impl Model {
    /// Reads a model file; the model predicts what the written one did, bit for bit.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        LogisticBreakout::from_json(text).map(|model| Self { model }).map_err(|e| raised(py, e))
    }

    /// The model file.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.model.to_json().map_err(|e| raised(py, e))
    }

    /// The prediction for one example, a dict of features by name; one that is absent or `None` is missing.
    ///
    /// Raises `NotFoundError` for a name that the model does not have.
    fn predict<'py>(&self, features: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let py = features.py();
        let names = self.features();
        for (name, _) in features {
            let name: String = name.extract()?;
            if !names.contains(&name.as_str()) {
                return Err(raised(py, not_found(format!("the model has no feature `{name}`; it has {}", names.join(", ")))));
            }
        }
        let value = |name: &&str| -> PyResult<f64> {
            let given = features.get_item(name)?.filter(|v| !v.is_none());
            given.map_or(Ok(f64::NAN), |v| rows::number(&v).map_err(|e| raised(py, e.within(name))))
        };
        let values: Vec<f64> = names.iter().map(value).collect::<PyResult<_>>()?;
        object(py, &self.model.predict(&values).map_err(|e| raised(py, e))?)
    }

    /// Calibrated probabilities of the rows of a table or of dicts that have the model's features as columns.
    ///
    /// Raises `NotFoundError` where a feature is missing.
    fn probabilities(&self, examples: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
        let py = examples.py();
        let table = match source::table(examples, Kind::Examples, Naive::Refuse)? {
            Some(table) => table,
            None => source::rows(examples, Kind::Examples, Naive::Refuse)?,
        };
        let model = self.model.clone();
        run(py, move |stop| {
            let names: Vec<String> = model.features().iter().map(|f| f.name.clone()).collect();
            let columns = features(&table, &names)?;
            let row = |i: usize| columns.iter().map(|c| c[i]).collect::<Vec<f64>>();
            (0..table.rows())
                .map(|i| if i % 4096 == 0 { stop.check() } else { Ok(()) }.and_then(|()| Ok(model.predict(&row(i))?.probability)))
                .collect()
        })
    }

    /// The names of the features, in the order of the file.
    #[getter]
    fn features(&self) -> Vec<&str> {
        self.model.features().iter().map(|f| f.name.as_str()).collect()
    }

    /// Where the model comes from and how good it was on later examples, a dict.
    #[getter]
    fn card<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object(py, self.model.card())
    }

    /// The card as Markdown.
    #[pyo3(signature = (title="breakout"))]
    fn card_markdown(&self, title: &str) -> String {
        self.model.card().to_markdown(title)
    }

    /// The file as a dict: coefficients, calibration, card.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &self.to_json(py)?)
    }

    fn __repr__(&self) -> String {
        format!("<fanpulse.breakout.Model: {} features>", self.model.features().len())
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.model == other.model
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let restore = py.import("fanpulse._fanpulse")?.getattr("_model")?;
        (restore, (self.to_json(py)?,)).into_pyobject(py)
    }
}

/// What a pickled model is made from.
#[pyfunction]
pub(crate) fn _model(py: Python<'_>, text: &str) -> PyResult<Model> {
    Model::from_json(py, text)
}

/// Trains a model, calibrates it on later examples, and judges it on later ones still; no split is random.
///
/// `examples` is a table or rows with the columns `id`, `date` (the day of the prediction), `known` (the day from
/// which the outcome was known), `label` (whether the breakout came), and the features. `features` names those to
/// use; without it, all other columns. `rankings` names columns that hold plain scores to beat. Examples dated from
/// `calibrate_from` on calibrate, from `test_from` on judge; what was not known in time is left out. `task` describes
/// data, time, horizon and label for the card; `settings` are those of `learned` in the engine's settings.
///
/// >>> from datetime import date, timedelta
/// >>> from fanpulse import breakout
/// >>> day = lambda n: date(2024, 1, 1) + timedelta(days=n)
/// >>> examples = [
/// ...     {"id": f"artist {i}", "date": day(i), "known": day(i + 7),
/// ...      "label": i * 37 % 100 + i * 61 % 50 > 90, "growth_7d": i * 37 % 100}
/// ...     for i in range(400)
/// ... ]
/// >>> model = breakout.train(examples, calibrate_from=day(200), test_from=day(300))
/// >>> model.predict({"growth_7d": 90.0})["probability"] > model.predict({"growth_7d": 10.0})["probability"]
/// True
/// >>> model.card["evaluation"]["auc"]["value"] > 0.9
/// True
#[pyfunction]
#[pyo3(signature = (examples, *, calibrate_from, test_from, train_from=None, test_until=None, features=None, rankings=None, task=None, settings=None))]
#[expect(clippy::too_many_arguments, reason = "keywords of Python")]
pub(crate) fn train(
    examples: &Bound<'_, PyAny>,
    calibrate_from: &Bound<'_, PyAny>,
    test_from: &Bound<'_, PyAny>,
    train_from: Option<&Bound<'_, PyAny>>,
    test_until: Option<&Bound<'_, PyAny>>,
    features: Option<Vec<String>>,
    rankings: Option<Vec<String>>,
    task: Option<&Bound<'_, PyAny>>,
    settings: Option<&Bound<'_, PyAny>>,
) -> PyResult<Model> {
    let py = examples.py();
    let date = |value: &Bound<'_, PyAny>, name: &'static str| -> PyResult<NaiveDate> {
        rows::parsed::<Day>(value).map(Day::date).map_err(|e| raised(py, e.under(name)))
    };
    let slices = Slices {
        train_from: train_from.map(|d| date(d, "train_from")).transpose()?,
        calibrate_from: date(calibrate_from, "calibrate_from")?,
        test_from: date(test_from, "test_from")?,
        test_until: test_until.map(|d| date(d, "test_until")).transpose()?,
    };
    let wrong = |what: &str, e: serde_json::Error| raised(py, Error::invalid(format!("{what}: {e}")));
    let task: Task = task.map_or_else(|| Ok(Task::default()), |t| serde_json::from_str(&text_of(t)?).map_err(|e| wrong("task", e)))?;
    let settings: LearnedSettings = settings
        .map_or_else(|| Ok(LearnedSettings::default()), |s| serde_json::from_str(&text_of(s)?).map_err(|e| wrong("settings", e)))?;
    let table = match source::table(examples, Kind::Examples, Naive::Utc)? {
        Some(table) => table,
        None => source::rows(examples, Kind::Examples, Naive::Utc)?,
    };
    let model = run(py, move |stop| {
        let set = training_set(&table, features, rankings.unwrap_or_default(), task)?;
        stop.check()?;
        train_model(&set, &slices, &settings)
    })?;
    Ok(Model { model })
}

fn column(table: &Table, name: &str) -> Result<Column, Error> {
    let (i, field) = table.schema.column_with_name(name).ok_or_else(|| not_found(format!("the examples have no feature `{name}`")))?;
    let chunks = table.batches.iter().map(|b| b.column(i).clone()).filter(|c| !c.is_empty()).collect();
    Ok(Column { kind: table.kind, name: "feature", data_type: field.data_type().clone(), chunks, naive: table.naive })
}

fn features(table: &Table, names: &[String]) -> Result<Vec<Vec<f64>>, Error> {
    let read = |name: &String| -> Result<Vec<f64>, Error> {
        let of = column(table, name)?;
        let values = if of.data_type == DataType::Boolean { flags(&of) } else { number::floats(&of).map(|v| v.to_vec()) };
        values.map_err(|e| Error::invalid(format!("feature `{name}`: {}", e.message())))
    };
    names.iter().map(read).collect()
}

/// Yes and no as 1 and 0; a null is NaN.
fn flags(column: &Column) -> Result<Vec<f64>, Error> {
    let one = |flags: &BooleanArray, i: usize| if flags.is_null(i) { f64::NAN } else { f64::from(u8::from(flags.value(i))) };
    Ok(column.chunks.iter().flat_map(|chunk| (0..chunk.len()).map(move |i| one(chunk.as_boolean(), i))).collect())
}

fn training_set(table: &Table, features: Option<Vec<String>>, rankings: Vec<String>, task: Task) -> Result<TrainingSet, Error> {
    let (id, date, known, label) = (table.column("id")?, table.column("date")?, table.column("known")?, table.column("label")?);
    let own = |name: &String| !table.kind.needs(name) && !rankings.contains(name);
    let names = features.unwrap_or_else(|| table.schema.fields().iter().map(|f| f.name().clone()).filter(own).collect());
    label.complete()?;
    let labels = match label.data_type {
        DataType::Boolean => flags(&label)?,
        _ => number::floats(&label)?.to_vec(),
    };
    if let Some(row) = labels.iter().position(|v| *v != 0.0 && *v != 1.0) {
        return Err(label.fault(row, format!("{} is not true, false, 0 or 1", labels[row])));
    }
    let (dates, knowns) = (times(&date)?.days(), times(&known)?.days());
    let (columns, ranked) = (self::features(table, &names)?, self::features(table, &rankings)?);
    let mut ids: Vec<String> = Vec::with_capacity(table.rows());
    for chunk in coded(&id)? {
        let texts = chunk.texts().ok_or_else(|| id.wrong_type("text"))?;
        ids.extend((0..chunk.keys.len()).map(|i| texts.get(chunk.keys.get(i)).to_owned()));
    }
    let day = |days: i32| Day::try_new(days).map(Day::date);
    let mut examples = Vec::with_capacity(ids.len());
    for (i, id) in ids.into_iter().enumerate() {
        examples.push(Example {
            id,
            date: day(dates[i])?,
            known: day(knowns[i])?,
            label: labels[i] == 1.0,
            features: columns.iter().map(|c| c[i]).collect(),
            rankings: ranked.iter().map(|c| c[i]).collect(),
        });
    }
    let described = names.iter().map(|name| Feature::new(name, name, name)).collect();
    TrainingSet::new(task, described, rankings, examples)
}
