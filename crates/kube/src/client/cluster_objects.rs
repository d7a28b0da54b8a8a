//! Secrets, `ConfigMap`s and `ServiceAccount`s of a cluster, asked for when they are needed.

use std::fmt;
use std::sync::Arc;

use doorward::{Secret, SecretError, SecretFuture, Secrets};
use serde_json::Value;

use super::api_server::ApiServer;
use super::error::ApiError;
use super::kept::{Answer, Kept, Size};
use super::resource::Resource;
use crate::config_map;
use crate::limits::Limits;
use crate::pull_secrets::service_account_secrets;
use crate::secret::SecretData;

/// The most bytes of a Secret that is pulled with: a thousand registries. It is read for each review that names it, and a
/// workload may name many.
const MAX_PULL_SECRET: usize = 256 << 10;

/// The objects of a cluster that policies and workloads name.
///
/// They are asked for by name and kept for ten seconds; that there is none, for one. Reviews that need the same Secret ask for it
/// once. While the server cannot be asked, what it said within the last minute stands in; after that, what needs it is refused
/// as something that could not be asked. So a withdrawn key counts for ten seconds at most, and for a minute without the server.
///
/// At most 4096 answers and 64 MiB are kept.
#[derive(Clone)]
pub struct ClusterObjects(Arc<Inner>);

struct Inner {
    server: ApiServer,
    limits: Limits,
    kept: Kept<(Resource, String, String), Object>,
}

/// An object as far as it is needed.
#[derive(Debug)]
enum Object {
    ConfigMap(Result<Arc<Secret>, String>),
    Secret(Result<(Arc<SecretData>, Arc<Secret>), String>),
    ServiceAccount(Result<Vec<String>, String>),
}

impl Size for Object {
    fn size(&self) -> usize {
        match self {
            Self::ConfigMap(Ok(items)) => items.size(),
            // As it is given to the engine, and as pull secrets are made of.
            Self::Secret(Ok((_, items))) => 2 * items.size(),
            Self::ServiceAccount(Ok(names)) => names.iter().map(String::len).sum(),
            Self::ConfigMap(Err(why)) | Self::Secret(Err(why)) | Self::ServiceAccount(Err(why)) => {
                why.len()
            }
        }
    }
}

impl ClusterObjects {
    /// The objects that this server has.
    #[must_use]
    pub fn new(server: ApiServer) -> Self {
        Self(Arc::new(Inner {
            server,
            limits: Limits::default(),
            kept: Kept::new(),
        }))
    }

    /// The items of a Secret that a workload pulls with, or `None` if there is no such Secret. One of more than 256 KiB is not
    /// usable. It is the same for as long as it is kept.
    ///
    /// # Errors
    /// As [`Secrets::secret`], but that there is none.
    pub async fn pull_secret(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Arc<SecretData>>, SecretError> {
        match self.get(Resource::Secret, namespace, name).await {
            Ok(None) => Ok(None),
            Ok(Some(object)) => match &*object {
                Object::Secret(Ok((_, items))) if items.size() > MAX_PULL_SECRET => {
                    Err(SecretError::Invalid {
                        detail: format!("it has more than {MAX_PULL_SECRET} bytes"),
                    })
                }
                Object::Secret(Ok((data, _))) => Ok(Some(Arc::clone(data))),
                other => Err(other.fault()),
            },
            Err(error) => Err(error_of(&error)),
        }
    }

    /// The pull secrets of a service account, in its order and each once, or `None` if there is no such account.
    ///
    /// # Errors
    /// If the account could not be asked for, or is not usable: the reason, as of a Secret.
    pub async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Vec<String>>, SecretError> {
        match self.get(Resource::ServiceAccount, namespace, name).await {
            Ok(None) => Ok(None),
            Ok(Some(object)) => match &*object {
                Object::ServiceAccount(Ok(names)) => Ok(Some(names.clone())),
                other => Err(other.fault()),
            },
            Err(error) => Err(error_of(&error)),
        }
    }

    async fn get(&self, resource: Resource, namespace: &str, name: &str) -> Answer<Object> {
        let Some(path) = resource.path(namespace, name) else {
            // No object can have that name.
            return Ok(None);
        };
        let inner = &self.0;
        let key = (resource, namespace.to_owned(), name.to_owned());
        let ask = || async move {
            let object = inner.server.get(&path).await?;
            Ok(object.map(|object| read(resource, &object, &inner.limits)))
        };
        inner.kept.get(key, ask).await
    }

    async fn items(
        &self,
        resource: Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Arc<Secret>, SecretError> {
        let object = self.get(resource, namespace, name).await;
        let object = object.map_err(|error| error_of(&error))?;
        match object.as_deref() {
            None => Err(SecretError::NotFound),
            Some(Object::Secret(Ok((_, items))) | Object::ConfigMap(Ok(items))) => {
                Ok(Arc::clone(items))
            }
            Some(other) => Err(other.fault()),
        }
    }
}

impl Object {
    fn fault(&self) -> SecretError {
        let detail = match self {
            Self::ConfigMap(Err(why)) | Self::Secret(Err(why)) | Self::ServiceAccount(Err(why)) => {
                why.clone()
            }
            Self::ConfigMap(Ok(_)) | Self::Secret(Ok(_)) | Self::ServiceAccount(Ok(_)) => {
                "an object of another kind".to_owned()
            }
        };
        SecretError::Invalid { detail }
    }
}

fn read(resource: Resource, object: &Value, limits: &Limits) -> Object {
    match resource {
        Resource::ConfigMap => {
            let items = config_map::read(object, limits).map_err(|error| error.to_string());
            Object::ConfigMap(items.map(|items| Arc::new(Secret::new(items))))
        }
        Resource::ServiceAccount => {
            let names = service_account_secrets(object, limits);
            Object::ServiceAccount(names.map_err(|error| error.to_string()))
        }
        Resource::Exception(_) | Resource::Secret | Resource::Namespace | Resource::Policy(..) => {
            let data = SecretData::read(object, limits).map_err(|error| error.to_string());
            Object::Secret(data.map(|data| {
                let items = Arc::new(Secret::from(&data));
                (Arc::new(data), items)
            }))
        }
    }
}

/// What an answer that cannot be used says of the object. That the program may not read it could be mended by those who run
/// it, as an outage is; it says nothing about the object.
fn error_of(error: &ApiError) -> SecretError {
    SecretError::Unavailable {
        detail: error.to_string(),
    }
}

impl Secrets for ClusterObjects {
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(self.items(Resource::Secret, namespace, name))
    }

    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        Box::pin(self.items(Resource::ConfigMap, namespace, name))
    }
}

impl fmt::Debug for ClusterObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterObjects").finish_non_exhaustive()
    }
}
