//! The reports in the cluster.

use std::time::Duration;

use doorward_core::Timestamp;
use serde_json::Value;

use crate::client::api_server::{ApiServer, encoded};
use crate::client::error::ApiError;
use crate::object_name::is_label;
use crate::report::{
    REPORT_NAME, REPORT_SELECTOR, ReportKind, ReportedImage, Rewritten, oldest, rewrite,
};

/// How often a write that somebody else came before is begun again at once.
const ATTEMPTS: usize = 5;

/// The reports of one kind.
pub(super) struct Sheets {
    server: ApiServer,
    kind: ReportKind,
    /// In seconds.
    age: i64,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

/// That a report says what it should.
#[derive(Debug)]
pub(super) struct Written {
    /// How many results found no room in it.
    pub(super) left_out: usize,
}

impl Sheets {
    pub(super) fn new(
        server: ApiServer,
        kind: ReportKind,
        age: Duration,
        clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    ) -> Self {
        Self {
            server,
            kind,
            age: i64::try_from(age.as_secs()).unwrap_or(i64::MAX),
            clock,
        }
    }

    /// Whether the cluster has the definition of these reports.
    pub(super) async fn is_defined(&self) -> Result<bool, ApiError> {
        let list = self.server.get(&self.root()).await?;
        let resources = list
            .as_ref()
            .and_then(|list| list.get("resources")?.as_array());
        let is_it = |resource: &Value| {
            resource.get("name").and_then(Value::as_str) == Some(self.kind.plural())
        };
        Ok(resources.is_some_and(|resources| resources.iter().any(is_it)))
    }

    /// Has the report of a namespace say what was decided, and nothing that is old.
    pub(super) async fn put(
        &self,
        namespace: &str,
        images: &[ReportedImage],
    ) -> Result<Written, ApiError> {
        let mut attempts = 1..ATTEMPTS;
        loop {
            match self.put_once(namespace, images).await {
                Err(ApiError::Conflict { .. }) if attempts.next().is_some() => {}
                done => return done,
            }
        }
    }

    async fn put_once(
        &self,
        namespace: &str,
        images: &[ReportedImage],
    ) -> Result<Written, ApiError> {
        let collection = format!(
            "{}/namespaces/{namespace}/{}",
            self.root(),
            self.kind.plural()
        );
        let path = format!("{collection}/{REPORT_NAME}");
        let stored = self.server.get(&path).await?;
        let times = ((self.clock)(), self.age);
        let stored = stored.as_ref();
        match rewrite(self.kind, namespace, stored, images, times) {
            Rewritten::Same => Ok(Written { left_out: 0 }),
            Rewritten::Gone => {
                let version =
                    stored.and_then(|report| report.pointer("/metadata/resourceVersion")?.as_str());
                let deleted = self.server.delete(&path, version.unwrap_or_default());
                deleted.await.map(|()| Written { left_out: 0 })
            }
            Rewritten::New { report, left_out } => {
                // It has the version that was read, and replaces no other.
                let written = match stored {
                    Some(_) => self.server.replace(&path, &report).await,
                    None => self.server.create(&collection, &report).await,
                };
                match written {
                    // It was there when it was read.
                    Err(ApiError::NotFound { path }) if stored.is_some() => {
                        Err(ApiError::Conflict { path })
                    }
                    written => written.map(|()| Written { left_out }),
                }
            }
        }
    }

    /// The namespaces whose reports have something that is old.
    pub(super) async fn outdated(&self) -> Result<Vec<String>, ApiError> {
        let path = format!(
            "{}/{}?labelSelector={}",
            self.root(),
            self.kind.plural(),
            encoded(REPORT_SELECTOR)
        );
        let now = (self.clock)();
        let all = self.server.metadata(&path).await?;
        let is_ours =
            |metadata: &&Value| metadata.get("name").and_then(Value::as_str) == Some(REPORT_NAME);
        let is_old =
            |metadata: &&Value| oldest(metadata).is_none_or(|oldest| now.since(oldest) >= self.age);
        let namespace = |metadata: &Value| Some(metadata.get("namespace")?.as_str()?.to_owned());
        let old = all.iter().filter(is_ours).filter(is_old);
        let names = old.filter_map(namespace).filter(|name| is_label(name));
        Ok(names.collect())
    }

    fn root(&self) -> String {
        format!("/apis/{}", self.kind.api_version())
    }
}
