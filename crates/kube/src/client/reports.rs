//! Reports about the images of namespaces.

mod desk;
mod sheet;

use std::sync::Arc;
use std::time::Duration;

use doorward_core::Timestamp;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use self::desk::Desk;
use self::sheet::{Sheets, Written};
use super::api_server::ApiServer;
use super::error::ApiError;
use crate::object_name::is_label;
use crate::report::{ReportKind, ReportedImage};

/// The longest pause after a server that gives no answer.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long things last.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReportTerms {
    /// How long a result stays after it was decided: seven days.
    pub age: Duration,
    /// How often reports of all namespaces are looked at for results that are older: each hour.
    pub sweep: Duration,
    /// How often it is looked whether the cluster has the definition of the reports, if it had not: each five minutes.
    pub look: Duration,
    /// The pause after each write, in which what is decided meanwhile comes together: half a second.
    pub pause: Duration,
}

impl Default for ReportTerms {
    fn default() -> Self {
        Self {
            age: Duration::from_secs(7 * 24 * 3600),
            sweep: Duration::from_secs(3600),
            look: Duration::from_secs(300),
            pause: Duration::from_millis(500),
        }
    }
}

/// What became of writing reports. Who counts has to count each of them, so the list is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportWrite {
    /// The cluster has no definition of these reports. Nothing is written until it has one.
    Absent {
        /// How many images had been taken before that was known, and are not reported.
        lost: usize,
    },
    /// A report could not be written, and so many results with it, or the reports could not be looked at.
    Failed {
        /// Why.
        error: ApiError,
        /// How many images nothing is said of for that. Others wait for the next try.
        lost: usize,
    },
    /// A report says what it should, and so many results found no room in it.
    Written {
        /// How many.
        left_out: usize,
    },
}

/// Writes what was decided about images into the reports of their namespaces, beside everything else and as far as there is room.
///
/// There is one report a namespace, which all replicas write: the one that comes second learns of it by the version of the object,
/// and begins again. Namespaces take turns, and each has room of its own. What is old is taken out also where nothing happens any more.
///
/// Needs `get`, `list`, `create`, `update` and `delete` of the reports.
#[derive(Debug)]
pub struct ClusterReports {
    desk: Arc<Desk>,
    _task: JoinSet<()>,
}

/// Hears what becomes of reports.
type Hear = Box<dyn Fn(ReportWrite) + Send + Sync>;

impl ClusterReports {
    /// Needs a tokio runtime. `clock` tells the time by which results are old, and `hear` hears what becomes of each write.
    #[must_use]
    pub fn start(
        server: ApiServer,
        kind: ReportKind,
        terms: ReportTerms,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
        hear: impl Fn(ReportWrite) + Send + Sync + 'static,
    ) -> Self {
        let desk = Arc::new(Desk::default());
        let writer = Writer {
            sheets: Sheets::new(server, kind, terms.age, Box::new(clock)),
            desk: Arc::clone(&desk),
            terms,
            hear: Box::new(hear),
        };
        let mut task = JoinSet::new();
        task.spawn(writer.write());
        Self { desk, _task: task }
    }

    /// Has this written down as soon as may be. Returns whether there was room for it, without another one making room.
    ///
    /// What is said of the same image and waits still is replaced. Of a namespace of a name that no namespace has nothing is
    /// said, and nothing while the cluster has no such reports.
    pub fn tell(&self, image: ReportedImage) -> bool {
        // It becomes a part of a path.
        !is_label(image.namespace()) || self.desk.put(image)
    }
}

struct Writer {
    sheets: Sheets,
    desk: Arc<Desk>,
    terms: ReportTerms,
    hear: Hear,
}

impl Writer {
    async fn write(self) {
        // Soon after the start, for what was left when all replicas were away.
        let mut sweep = Instant::now() + self.terms.sweep / 60;
        let mut pause = self.terms.pause;
        self.wait_for_definition().await;
        loop {
            let due = tokio::select! {
                due = self.desk.next() => Some(due),
                () = sleep_until(sweep) => None,
            };
            let error = match due {
                Some((namespace, images)) => self.turn(&namespace, images).await,
                None => {
                    sweep = Instant::now() + self.terms.sweep;
                    self.sweep().await
                }
            };
            pause = match error {
                Some(ApiError::Unavailable { .. }) => (pause * 2).min(LONGEST_PAUSE),
                Some(ApiError::NotFound { .. }) => {
                    self.wait_for_definition().await;
                    self.terms.pause
                }
                Some(_) | None => self.terms.pause,
            };
            sleep(pause).await;
        }
    }

    /// Writes what was decided in one namespace. Returns why it could not.
    async fn turn(&self, namespace: &str, images: Vec<ReportedImage>) -> Option<ApiError> {
        match self.sheets.put(namespace, &images).await {
            Ok(Written { left_out }) => {
                (self.hear)(ReportWrite::Written { left_out });
                None
            }
            Err(error) => {
                let lost = match error {
                    // It may be written a moment later.
                    ApiError::Conflict { .. } | ApiError::Unavailable { .. } => {
                        self.desk.put_back(images)
                    }
                    // A namespace that ends, or no right to write there: waiting changes neither.
                    ApiError::Forbidden { .. }
                    | ApiError::NotFound { .. }
                    | ApiError::Refused { .. } => images.len(),
                };
                self.failed(&error, lost);
                Some(error)
            }
        }
    }

    /// Takes what is old out of the reports of all namespaces.
    async fn sweep(&self) -> Option<ApiError> {
        let namespaces = match self.sheets.outdated().await {
            Ok(namespaces) => namespaces,
            Err(error) => {
                self.failed(&error, 0);
                return Some(error);
            }
        };
        for namespace in namespaces {
            // Where it fails, the next sweep comes by again.
            if let Err(error) = self.sheets.put(&namespace, &[]).await {
                self.failed(&error, 0);
            }
            sleep(self.terms.pause).await;
        }
        None
    }

    fn failed(&self, error: &ApiError, lost: usize) {
        let error = error.clone();
        (self.hear)(ReportWrite::Failed { error, lost });
    }

    /// Returns once the cluster has the definition. That it cannot be told is no reason to write nothing.
    async fn wait_for_definition(&self) {
        let mut is_said = false;
        while let Ok(false) = self.sheets.is_defined().await {
            if !std::mem::replace(&mut is_said, true) {
                let lost = self.desk.close();
                (self.hear)(ReportWrite::Absent { lost });
            }
            sleep(self.terms.look).await;
        }
        self.desk.open();
    }
}
