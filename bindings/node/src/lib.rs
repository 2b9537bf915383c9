//! FanPulse for Node: rows in as objects, analyses out as objects.

mod analysis;
mod error;
mod rows;

use fanpulse_core::ingest::Dataset;
use fanpulse_core::settings::Settings;
use fanpulse_core::{Day, Engine, Error};
use napi::bindgen_prelude::{Array, AsyncTask, Either, Object, Unknown};
use napi::{Env, Task};
use napi_derive::napi;

use analysis::Analysis;
use error::{guarded, thrown};

/// All that a call needs, free of Node.
struct Request {
    data: Dataset,
    as_of: Day,
    settings: Settings,
}

impl Request {
    fn run(mut self) -> Result<Vec<Analysis>, Error> {
        let repeats = self.data.repeated_posts();
        if let Some((row, ..)) = repeats.iter().find(|(.., exact)| !exact) {
            return Err(self.data.conflicting_post(*row));
        }
        let rows: Vec<usize> = repeats.into_iter().map(|(row, ..)| row).collect();
        self.data.drop_posts(&rows);
        let scores = Engine::builder().settings(self.settings).build()?.score(&self.data, self.as_of)?;
        Ok((0..scores.artists()).map(|artist| scores.analysis(artist).into()).collect())
    }
}

/// Analyses every artist whose rows are given, in the order in which they first appear.
///
/// Throws an error with the code `INVALID_INPUT` that names the row, the field and the value where a row is wrong
/// or two rows contradict each other. A row that repeats another exactly counts once.
#[napi(ts_args_type = "observations: ReadonlyArray<Observation>, posts: ReadonlyArray<Post>, options: ScoreOptions")]
pub fn score(
    env: Env,
    observations: Either<Array<'_>, Unknown<'_>>,
    posts: Either<Array<'_>, Unknown<'_>>,
    options: Either<Object<'_>, Unknown<'_>>,
) -> napi::Result<Vec<Analysis>> {
    let request = rows::request(&env, &observations, &posts, &options)?;
    guarded(|| request.run()).map_err(|e| thrown(&env, &e))
}

/// The same as `score`, away from the event loop: the rows are read at once, then scored on a thread of libuv's pool.
#[napi(
    ts_args_type = "observations: ReadonlyArray<Observation>, posts: ReadonlyArray<Post>, options: ScoreOptions",
    ts_return_type = "Promise<Array<Analysis>>"
)]
pub fn score_async(
    env: Env,
    observations: Either<Array<'_>, Unknown<'_>>,
    posts: Either<Array<'_>, Unknown<'_>>,
    options: Either<Object<'_>, Unknown<'_>>,
) -> napi::Result<AsyncTask<Scoring>> {
    Ok(AsyncTask::new(Scoring(Some(rows::request(&env, &observations, &posts, &options)?))))
}

/// A call that waits for a thread; `None` once it ran.
pub struct Scoring(Option<Request>);

impl Task for Scoring {
    type Output = Result<Vec<Analysis>, Error>;
    type JsValue = Vec<Analysis>;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(self.0.take().map_or_else(|| Ok(Vec::new()), |request| guarded(|| request.run())))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<Self::JsValue> {
        output.map_err(|e| thrown(&env, &e))
    }
}
