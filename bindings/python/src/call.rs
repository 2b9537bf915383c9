//! The one place where the interpreter's lock is released, work is sent to the threads, and errors become exceptions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fanpulse_core::{Error, ErrorKind};
use pyo3::prelude::*;
use rayon::ThreadPool;

use crate::error::raised;

/// How long a signal may wait for the interpreter.
const SIGNALS: Duration = Duration::from_millis(25);

/// Set once the caller no longer waits; long work asks for it between its pieces.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the work where nobody waits for it any more.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.0.load(Ordering::Relaxed) { Err(Error::new(ErrorKind::Internal, "interrupted")) } else { Ok(()) }
    }
}

/// The threads, and the process they belong to.
static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// The threads of this process. A fork takes none of its parent's along, so the child makes its own; the parent's
/// cannot be joined there and are left alone.
///
/// The mutex is held only while attached to the interpreter, as is whoever forks: no child finds it locked.
fn pool(_attached: Python<'_>) -> Result<Arc<ThreadPool>, Error> {
    let mut slot = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    match slot.as_ref() {
        Some((owner, pool)) if *owner == process => return Ok(pool.clone()),
        Some(_) => std::mem::forget(slot.take()),
        None => {}
    }
    let made = rayon::ThreadPoolBuilder::new().thread_name(|i| format!("fanpulse-{i}")).build();
    let pool = Arc::new(made.map_err(|e| Error::new(ErrorKind::Internal, "threads cannot be started").caused_by(e))?);
    *slot = Some((process, pool.clone()));
    Ok(pool)
}

/// Calls `f`, a panic being an error: PyO3's own exception for one is not an `Exception`, and would end a server's worker.
fn caught<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "the engine panicked; standard error has the details")))
}

/// Runs `f` on the threads, without the interpreter's lock. Ctrl-C ends the wait at once: work that asks its
/// [`Stop`] ends too, a batch that is being scored is finished unseen and dropped.
pub(crate) fn run<T: Send + 'static>(py: Python<'_>, f: impl FnOnce(&Stop) -> Result<T, Error> + Send + 'static) -> PyResult<T> {
    let pool = pool(py).map_err(|e| raised(py, e))?;
    let stop = Stop::default();
    let (sender, mut receiver) = sync_channel(1);
    let theirs = stop.clone();
    pool.spawn(move || {
        let result = caught(|| f(&theirs));
        // Nobody receives after an interruption.
        let _ = sender.send(result);
    });
    loop {
        let waiting = &mut receiver;
        match py.detach(move || waiting.recv_timeout(SIGNALS)) {
            Ok(result) => return result.map_err(|e| raised(py, e)),
            Err(RecvTimeoutError::Timeout) => py.check_signals().inspect_err(|_| stop.0.store(true, Ordering::Relaxed))?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(raised(py, Error::new(ErrorKind::Internal, "the work ended without a result")));
            }
        }
    }
}

/// Runs something short on this thread, without the interpreter's lock.
pub(crate) fn briefly<T: Send>(py: Python<'_>, f: impl FnOnce() -> Result<T, Error> + Send) -> PyResult<T> {
    py.detach(|| caught(f)).map_err(|e| raised(py, e))
}
