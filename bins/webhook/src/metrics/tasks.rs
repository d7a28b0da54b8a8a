//! How much a webhook has begun and not ended.

use std::sync::{Mutex, MutexGuard, PoisonError};

use prometheus::{IntGaugeVec, Opts, Registry};
use tokio::runtime::Handle;

use super::registered;

/// The tasks of the runtimes that were named. What grows here with the number of reviews is never ended.
#[derive(Debug)]
pub(crate) struct TaskMetrics {
    alive: IntGaugeVec,
    runtimes: Mutex<Vec<(&'static str, Handle)>>,
}

impl TaskMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        Ok(Self {
            alive: registered(
                registry,
                IntGaugeVec::new(
                    Opts::new("doorward_tasks", "Tasks that have begun and not ended."),
                    &["runtime"],
                )?,
            )?,
            runtimes: Mutex::default(),
        })
    }

    /// Counts the tasks of this runtime too, under a name.
    pub(crate) fn follow(&self, name: &'static str, runtime: Handle) {
        self.locked().push((name, runtime));
    }

    /// Counts them as they are now.
    pub(super) fn look(&self) {
        for (name, runtime) in self.locked().iter() {
            let alive = runtime.metrics().num_alive_tasks();
            self.alive
                .with_label_values(&[name])
                .set(i64::try_from(alive).unwrap_or(i64::MAX));
        }
    }

    fn locked(&self) -> MutexGuard<'_, Vec<(&'static str, Handle)>> {
        self.runtimes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_counts_until_it_has_ended() {
        let registry = Registry::new();
        let tasks = TaskMetrics::new(&registry).unwrap();
        tasks.follow("judging", Handle::current());
        let counted = || {
            tasks.look();
            registry.gather()[0].get_metric()[0].get_gauge().get_value()
        };
        let before = counted();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(ended);
        let during = counted();
        end.send(()).unwrap();
        task.await.unwrap().unwrap();
        assert_eq!((during - before, counted() - before), (1.0, 0.0));
    }
}
