//! The result of a batch as a table, as dicts and in words.

use std::sync::{Arc, OnceLock};

use arrow::record_batch::RecordBatch;
use fanpulse_core::alerts::AlertFigures;
use fanpulse_core::report::explain;
use fanpulse_core::{Analysis, Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyInt, PyList, PyString, PyTuple};
use rayon::prelude::*;

use crate::call::{Stop, run};
use crate::capsule;
use crate::error::{not_found, raised};
use crate::export;
use crate::input::Whole;
use crate::json::{loads, loads_all};
use crate::rows::shown;
use crate::table::posts::PostIds;
use crate::table::text::Artists;

/// Scores with the ids that belong to them.
pub(crate) struct Labelled {
    pub(crate) scores: fanpulse_core::Scores,
    pub(crate) artists: Artists,
    pub(crate) post_ids: PostIds,
    pub(crate) whole: Option<Whole>,
}

impl Labelled {
    /// One artist's analysis.
    fn analysis(&self, artist: usize) -> Analysis {
        let mut analysis = self.scored(artist);
        if let Some(whole) = &self.whole {
            whole.complete(artist, &mut analysis);
        }
        analysis
    }

    /// The same without fans and spikes in series.
    fn scored(&self, artist: usize) -> Analysis {
        let mut analysis = self.scores.analysis(artist);
        self.artist_id(artist).clone_into(&mut analysis.artist_id);
        for (post, spike) in analysis.viral_posts.iter_mut().zip(self.scores.viral_rows(artist)) {
            self.post_ids.get(spike.position).clone_into(&mut post.post_id);
        }
        analysis
    }

    /// What alerts look at in the analyses.
    pub(crate) fn figures(&self, stop: &Stop) -> Result<Vec<AlertFigures>, Error> {
        (0..self.scores.artists()).into_par_iter().map(|i| stop.check().map(|()| AlertFigures::from(&self.scored(i)))).collect()
    }

    fn artist_id(&self, artist: usize) -> &str {
        self.artists.get(artist)
    }

    /// One artist's analysis as JSON.
    fn json(&self, artist: usize) -> Result<String, Error> {
        let failed = |e: serde_json::Error| Error::new(ErrorKind::Internal, "an analysis cannot be written as JSON").caused_by(e);
        serde_json::to_string(&self.analysis(artist)).map_err(failed)
    }

    /// The analyses of some artists as JSON.
    pub(crate) fn all_json(&self, artists: std::ops::Range<usize>, stop: &Stop) -> Result<Vec<String>, Error> {
        artists.into_par_iter().map(|i| stop.check().and_then(|()| self.json(i))).collect()
    }
}

/// The scores of many artists: a table with a row for each, and behind each row its analysis.
///
/// Anything that reads Arrow reads it: `polars.DataFrame(scores)`, `pyarrow.table(scores)`, DuckDB by its name.
/// A figure that there is none of is null. Iterating gives the analyses as dicts, `scores[i]` the one of a row,
/// `scores.analysis("artist-id")` that of an artist.
///
/// >>> import fanpulse
/// >>> rows = {
/// ...     "artist_id": ["low-tide"] * 30 + ["ebb"] * 30,
/// ...     "observed_at": [f"2026-03-{day:02}" for day in range(1, 31)] * 2,
/// ...     "value": [50_000 * 1.01**day for day in range(30)] + [50_000 * 0.99**day for day in range(30)],
/// ... }
/// >>> scores = fanpulse.score(rows, as_of="2026-03-30", platform="spotify", metric="followers")
/// >>> len(scores), scores.artist_ids
/// (2, ['low-tide', 'ebb'])
/// >>> scores.analysis("ebb")["momentum"]["status"]
/// 'declining'
/// >>> print(scores.explain("low-tide").splitlines()[0])
/// low-tide
#[pyclass(frozen, module = "fanpulse")]
pub(crate) struct Scores {
    pub(crate) labelled: Arc<Labelled>,
    batch: Arc<OnceLock<RecordBatch>>,
}

impl Scores {
    pub(crate) fn new(labelled: Labelled) -> Self {
        Self { labelled: Arc::new(labelled), batch: Arc::default() }
    }

    /// The table, made once.
    fn batch(&self, py: Python<'_>) -> PyResult<RecordBatch> {
        if let Some(batch) = self.batch.get() {
            return Ok(batch.clone());
        }
        let (labelled, slot) = (self.labelled.clone(), self.batch.clone());
        run(py, move |_| {
            let batch = export::batch(&labelled)?;
            Ok(slot.get_or_init(|| batch).clone())
        })
    }

    /// The row of an artist, given by id or by row.
    fn row(&self, artist: &Bound<'_, PyAny>) -> PyResult<usize> {
        let py = artist.py();
        if let Ok(id) = artist.cast::<PyString>() {
            let found = self.labelled.artists.code(&id.to_string_lossy());
            return found.map(|code| code as usize).ok_or_else(|| raised(py, not_found(format!("there is no artist {}", shown(artist)))));
        }
        if artist.is_instance_of::<PyInt>() {
            let n = self.labelled.scores.artists();
            let row = artist.extract::<isize>().ok().map(|i| if i < 0 { i.checked_add_unsigned(n) } else { Some(i) });
            let row = row.flatten().and_then(|i| usize::try_from(i).ok()).filter(|i| *i < n);
            return row.ok_or_else(|| pyo3::exceptions::PyIndexError::new_err(format!("row {artist} of {n}")));
        }
        Err(pyo3::exceptions::PyTypeError::new_err(format!("an artist is an id (str) or a row (int), not {}", shown(artist))))
    }
}

#[pymethods]
impl Scores {
    fn __len__(&self) -> usize {
        self.labelled.scores.artists()
    }

    fn __getitem__<'py>(&self, artist: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.analysis(artist)
    }

    fn __contains__(&self, artist_id: &Bound<'_, PyAny>) -> bool {
        artist_id.cast::<PyString>().is_ok_and(|id| self.labelled.artists.code(&id.to_string_lossy()).is_some())
    }

    fn __iter__(slf: Bound<'_, Self>) -> Analyses {
        Analyses { scores: slf.unbind(), next: 0, ready: Vec::new() }
    }

    /// One artist's analysis as a dict; by id, or by row.
    ///
    /// Raises `NotFoundError` where there is no such artist.
    fn analysis<'py>(&self, artist: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = artist.py();
        let json = self.labelled.json(self.row(artist)?).map_err(|e| raised(py, e))?;
        loads(py, &json)
    }

    /// How an artist's numbers came about, in words; by id, or by row.
    ///
    /// Raises `NotFoundError` where there is no such artist.
    fn explain(&self, artist: &Bound<'_, PyAny>) -> PyResult<String> {
        Ok(explain(&self.labelled.analysis(self.row(artist)?), self.labelled.scores.settings()))
    }

    /// The artists' ids, in the order of the rows.
    #[getter]
    fn artist_ids<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.labelled.artists.iter())
    }

    /// The last day that counted.
    #[getter]
    fn as_of<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let day = self.labelled.scores.as_of().to_string();
        py.import("datetime")?.getattr("date")?.call_method1("fromisoformat", (day,))
    }

    /// Hash of the settings behind the scores.
    #[getter]
    fn settings_hash(&self) -> &str {
        self.labelled.scores.settings_hash()
    }

    /// Rows that repeated another exactly and counted once.
    #[getter]
    fn dropped_rows(&self) -> u64 {
        self.labelled.scores.dropped_rows
    }

    /// The columns' names.
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, export::schema().fields().iter().map(|f| f.name().clone()))
    }

    /// The table as a Polars data frame.
    fn to_polars<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.getattr("DataFrame")?.call1((slf,))
    }

    /// The table as a pandas data frame; needs pyarrow.
    fn to_pandas<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::to_arrow(slf)?.call_method0("to_pandas")
    }

    /// The table as a pyarrow table.
    fn to_arrow<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(&self, py: Python<'py>, requested_schema: Option<Bound<'py, PyCapsule>>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::stream(py, self.batch(py)?, requested_schema)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(&self, py: Python<'py>, requested_schema: Option<Bound<'py, PyCapsule>>) -> PyResult<Bound<'py, PyTuple>> {
        capsule::array(py, self.batch(py)?, requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::schema(py, &export::schema())
    }

    fn __repr__(&self) -> String {
        let s = &self.labelled.scores;
        format!("<fanpulse.Scores: {} artists as of {}, {} days>", s.artists(), s.as_of(), s.settings().window_days)
    }

    fn _repr_html_(&self) -> String {
        export::html(&self.labelled)
    }

    /// Scores travel as what they were made from, not as themselves.
    fn __reduce__(&self) -> PyResult<()> {
        Err(pyo3::exceptions::PyTypeError::new_err("scores cannot be pickled; pickle `list(scores)` or `scores.to_arrow()`"))
    }
}

/// The analyses one by one; made a thousand at a time.
#[pyclass(module = "fanpulse")]
pub(crate) struct Analyses {
    scores: Py<Scores>,
    next: usize,
    /// Made and not yet given, the last first.
    ready: Vec<Py<PyAny>>,
}

#[pymethods]
impl Analyses {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&mut self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        const AHEAD: usize = 1000;
        if self.ready.is_empty() {
            let labelled = self.scores.get().labelled.clone();
            let range = self.next..(self.next + AHEAD).min(labelled.scores.artists());
            self.next = range.end;
            let json = run(py, move |stop| labelled.all_json(range, stop))?;
            self.ready = loads_all(py, &json)?;
            self.ready.reverse();
        }
        Ok(self.ready.pop())
    }
}
