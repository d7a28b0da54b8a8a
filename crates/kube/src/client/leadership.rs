//! One of several replicas leads: the one whose name stands in a Lease.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use doorward_core::Timestamp;
use doorward_core::text::one_line;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::api_server::ApiServer;
use super::election::{Election, Move, Seen, Terms};
use super::error::ApiError;
use crate::object_name::{is_label, is_name};

/// Follows a Lease (`coordination.k8s.io/v1`) and claims it when it is free, until this is dropped.
///
/// Needs `create` of Leases in the namespace, and `get` and `update` of this one. Where the record is deleted by hand, two may
/// lead for seconds; what they write names the version that it replaces, so that neither undoes what it did not see.
#[derive(Debug)]
pub struct Leadership {
    leader: Leader,
    server: ApiServer,
    path: String,
    task: JoinSet<()>,
}

/// Whether this replica leads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Leader {
    election: Arc<Mutex<Election>>,
    origin: Instant,
    standing: watch::Receiver<Standing>,
}

/// How it stands with the Lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// Whether this replica led at the last look.
    pub leads: bool,
    /// Why the Lease could not be read or claimed.
    pub problem: Option<ApiError>,
}

impl Leadership {
    /// Begins to take part, as `me`, which must be the name of no other replica. Needs a tokio runtime. `clock` tells the time
    /// that is written into the Lease for people: nothing is decided by it.
    ///
    /// # Errors
    /// The name that is none, if `namespace` or `name` is not one of an object.
    pub fn start(
        server: ApiServer,
        namespace: &str,
        name: &str,
        me: &str,
        terms: Terms,
        clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Result<Self, String> {
        if !is_label(namespace) || !is_name(name) {
            return Err(format!("{namespace}/{name}"));
        }
        let collection = format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases");
        let path = format!("{collection}/{name}");
        let (told, standing) = watch::channel(Standing::default());
        let leader = Leader {
            election: Arc::new(Mutex::new(Election::new(me.to_owned(), terms))),
            origin: Instant::now(),
            standing,
        };
        let candidate = Candidate {
            server: server.clone(),
            collection,
            path: path.clone(),
            name: name.to_owned(),
            me: me.to_owned(),
            terms,
            clock,
            leader: leader.clone(),
            object: None,
            claims: 0,
            turns: 0,
        };
        let mut task = JoinSet::new();
        task.spawn(candidate.follow(told));
        Ok(Self {
            leader,
            server,
            path,
            task,
        })
    }

    /// Whether this replica leads, for those who act on it.
    #[must_use]
    pub fn leader(&self) -> Leader {
        self.leader.clone()
    }

    /// Takes no part any more, and if this replica leads, gives it up, so that nobody has to wait for the end of the Lease.
    ///
    /// # Errors
    /// If that cannot be written: the Lease then ends by itself.
    pub async fn give_up(mut self) -> Result<(), ApiError> {
        self.task.shutdown().await;
        let led = self.leader.leads();
        self.leader.election().lost();
        if !led {
            return Ok(());
        }
        let Some(mut object) = self.server.get(&self.path).await? else {
            return Ok(());
        };
        let me = self.leader.election().me().to_owned();
        if holder(&object) != me {
            return Ok(());
        }
        if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert("holderIdentity".to_owned(), "".into());
            spec.insert("leaseDurationSeconds".to_owned(), 1.into());
        }
        match self.server.put(&self.path, &object).await {
            // Somebody else was quicker, and leads.
            Ok(_) | Err(ApiError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Leader {
    /// Whether this replica leads now. Ask right before each write.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.election().leads(self.origin.elapsed())
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            leads: self.leads(),
            ..self.standing.borrow().clone()
        }
    }

    /// Waits until it stands otherwise. Never returns once the [`Leadership`] ended.
    pub async fn changed(&mut self) {
        if self.standing.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn election(&self) -> std::sync::MutexGuard<'_, Election> {
        self.election.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Candidate {
    server: ApiServer,
    collection: String,
    path: String,
    name: String,
    me: String,
    terms: Terms,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    leader: Leader,
    /// The Lease as it was seen last.
    object: Option<Value>,
    claims: u32,
    turns: u32,
}

impl Candidate {
    async fn follow(mut self, told: watch::Sender<Standing>) {
        let spread = RandomState::new();
        loop {
            let problem = self.turn().await.err();
            let is_conflict = matches!(problem, Some(ApiError::Conflict { .. }));
            let standing = Standing {
                leads: self.leader.leads(),
                problem: problem.filter(|_| !is_conflict),
            };
            told.send_if_modified(|before| {
                let is_other = *before != standing;
                *before = standing;
                is_other
            });
            // Up to a fifth more, so that replicas that were started together do not ask together.
            let share = u32::try_from(spread.hash_one(self.turns) % 200).unwrap_or(0);
            self.turns = self.turns.wrapping_add(1);
            let pause = if is_conflict {
                self.terms.pause / 10
            } else {
                self.terms.pause
            };
            sleep(pause + pause * share / 1_000).await;
        }
    }

    /// Looks, and claims what is free. A leader claims without looking: if somebody else has written, that fails.
    async fn turn(&mut self) -> Result<(), ApiError> {
        if !self.leader.leads() {
            self.object = self.server.get(&self.path).await?;
            let seen = self.object.as_ref().map(seen);
            let now = self.leader.origin.elapsed();
            self.leader.election().sees(seen, now);
        }
        let asked = self.leader.origin.elapsed();
        let over = match self.leader.election().next(asked) {
            Move::Wait => return Ok(()),
            Move::Claim(over) => over,
        };
        let claim = self.claim();
        let written = match over {
            None => self.server.post(&self.collection, &claim).await,
            Some(_) => self.server.put(&self.path, &claim).await,
        };
        match written {
            Ok(object) => {
                let now = self.leader.origin.elapsed();
                let seen = seen(&object);
                self.object = Some(object);
                self.leader.election().claimed(seen, asked, now);
                Ok(())
            }
            Err(error) => {
                if matches!(error, ApiError::Conflict { .. } | ApiError::NotFound { .. }) {
                    self.leader.election().lost();
                }
                Err(error)
            }
        }
    }

    /// The Lease with our name in it. It names the version that was seen, if one was.
    fn claim(&mut self) -> Value {
        self.claims = self.claims.wrapping_add(1);
        // The fraction counts claims: two in a second must differ, or the server would see no change in the second.
        let now = (self.clock)().to_string();
        let now = format!(
            "{}.{:06}Z",
            now.trim_end_matches('Z'),
            self.claims % 1_000_000
        );
        let mut object = self.object.clone().unwrap_or_else(|| {
            json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": self.name},
            })
        });
        let before = object.get("spec").cloned().unwrap_or_default();
        let is_mine = holder(&object) == self.me;
        let turns = before.get("leaseTransitions").and_then(Value::as_i64);
        let turns = turns.unwrap_or(0).clamp(0, i64::from(i32::MAX) - 1);
        let acquired = before.get("acquireTime").filter(|_| is_mine).cloned();
        if let Some(members) = object.as_object_mut() {
            let spec = json!({
                "holderIdentity": self.me,
                "leaseDurationSeconds": self.terms.lease.as_secs().max(1),
                "acquireTime": acquired.unwrap_or_else(|| now.clone().into()),
                "renewTime": now,
                "leaseTransitions": if is_mine { turns } else { turns + 1 },
            });
            members.insert("spec".to_owned(), spec);
        }
        object
    }
}

fn holder(object: &Value) -> &str {
    let holder = object.pointer("/spec/holderIdentity");
    holder.and_then(Value::as_str).unwrap_or_default()
}

fn seen(object: &Value) -> Seen {
    let version = object
        .pointer("/metadata/resourceVersion")
        .and_then(Value::as_str);
    let lease = object.pointer("/spec/leaseDurationSeconds");
    Seen {
        version: version.unwrap_or_default().to_owned(),
        holder: one_line(holder(object), 300),
        lease: Duration::from_secs(lease.and_then(Value::as_u64).unwrap_or(0)),
    }
}
