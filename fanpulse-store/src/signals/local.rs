//! Signals within a process.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Listener, Signal, Signals, Task};
use crate::Result;

/// How far a listener may fall behind before it is told to look at everything instead.
const BEHIND: usize = 1024;

/// Signals within a process.
#[derive(Debug, Clone)]
pub struct LocalSignals(broadcast::Sender<Signal>);

impl Default for LocalSignals {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }
}

#[async_trait]
impl Signals for LocalSignals {
    async fn send(&self, signals: &[Signal]) -> Result<()> {
        for signal in signals {
            // It fails where nobody listens.
            let _heard = self.0.send(signal.clone());
        }
        Ok(())
    }

    fn listen(&self) -> Box<dyn Listener> {
        Box::new(Local { signals: self.0.subscribe(), begun: false })
    }
}

struct Local {
    signals: broadcast::Receiver<Signal>,
    begun: bool,
}

#[async_trait]
impl Listener for Local {
    async fn next(&mut self) -> Signal {
        if !std::mem::replace(&mut self.begun, true) {
            return Signal::Lost;
        }
        match self.signals.recv().await {
            Ok(signal) => signal,
            Err(RecvError::Lagged(_)) => Signal::Lost,
            // Whoever told is gone, and nobody else can.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// The signals of another way, listened to once for everybody in the process.
pub struct Relay {
    to: Arc<dyn Signals>,
    here: LocalSignals,
    _task: Task,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("here", &self.here).finish_non_exhaustive()
    }
}

impl Relay {
    /// Listens until it is dropped.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    #[must_use]
    pub fn of(signals: Arc<dyn Signals>) -> Self {
        let (mut listener, here) = (signals.listen(), LocalSignals::default());
        let there = here.clone();
        let task = Task::spawn(async move {
            loop {
                let _heard = there.0.send(listener.next().await);
            }
        });
        Self { to: signals, here, _task: task }
    }
}

#[async_trait]
impl Signals for Relay {
    async fn send(&self, signals: &[Signal]) -> Result<()> {
        self.to.send(signals).await
    }

    fn listen(&self) -> Box<dyn Listener> {
        self.here.listen()
    }
}
