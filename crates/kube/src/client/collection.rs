//! The objects of a collection, listed once, a page at a time.

use std::collections::VecDeque;

use serde_json::Value;

use super::api_server::{ApiServer, encoded};
use super::error::ApiError;
use crate::object_name::{is_label, is_name};

/// Objects of one page. Most have some kilobytes, but each may have more than a megabyte, and a page is held as a whole.
const PAGE: usize = 50;
/// The most objects of one collection. A server whose pages never end is as wrong as one that gives none.
pub(super) const MOST: usize = 200_000;

/// The objects of one resource, in the cluster or in one namespace, as they are when their page is asked for.
///
/// Needs the right to `list` the resource there. Items of a list do not say what kind they are of: who asked knows.
#[derive(Debug)]
pub struct Collection {
    server: ApiServer,
    path: String,
    labels: Option<String>,
    fields: Option<&'static str>,
    page: usize,
    read: VecDeque<Value>,
    /// Objects that came so far.
    came: usize,
    /// Where the next page is; empty at first. `None` after the last one.
    next: Option<String>,
}

impl Collection {
    /// Of `apiVersion` (`v1`, `apps/v1`) and the plural that the API serves it under; of every namespace if none is named.
    /// The server is not asked yet. `None` if one of these can be no such name: it would be another path.
    #[must_use]
    pub fn new(
        server: ApiServer,
        api_version: &str,
        plural: &str,
        namespace: Option<&str>,
    ) -> Option<Self> {
        let path = collection_path(api_version, plural, namespace)?;
        Some(Self::at(server, path))
    }

    /// Of every Pod.
    pub(super) fn of_pods(server: ApiServer) -> Self {
        Self::at(server, "/api/v1/pods".to_owned())
    }

    const fn at(server: ApiServer, path: String) -> Self {
        Self {
            server,
            path,
            labels: None,
            fields: None,
            page: PAGE,
            read: VecDeque::new(),
            came: 0,
            next: Some(String::new()),
        }
    }

    /// Only those that this selector of labels matches, such as `app=web,tier!=cache`.
    #[must_use]
    pub fn labelled(mut self, selector: &str) -> Self {
        self.labels = Some(selector.to_owned());
        self
    }

    /// Only those that this selector of fields matches.
    pub(super) const fn with_fields(mut self, selector: &'static str) -> Self {
        self.fields = Some(selector);
        self
    }

    /// So many at a time.
    pub(super) const fn paged(mut self, page: usize) -> Self {
        self.page = page;
        self
    }

    /// The next of them. `None` once there are no more.
    ///
    /// # Errors
    /// [`ApiError`]: [`ApiError::NotFound`] where the server has no such resource. What came before is no whole list then,
    /// and who cannot do with a part has to begin again: the place where a list goes on is forgotten by the server in time.
    pub async fn next(&mut self) -> Result<Option<Value>, ApiError> {
        loop {
            if let Some(object) = self.read.pop_front() {
                return Ok(Some(object));
            }
            let Some(token) = &self.next else {
                return Ok(None);
            };
            let path = self.page(token);
            let Some(mut list) = self.server.get(&path).await? else {
                return Err(ApiError::NotFound {
                    path: self.path.clone(),
                });
            };
            let unusable = |detail: &str| ApiError::Unavailable {
                path: self.path.clone(),
                detail: detail.to_owned(),
            };
            // What is no list is not an empty one.
            let items = match list.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => items,
                Some(Value::Null) => Vec::new(),
                _ => return Err(unusable("the answer is no list")),
            };
            self.came += items.len();
            let following = following(&list);
            let goes_nowhere = items.is_empty() && following.is_some();
            if self.came > MOST || goes_nowhere {
                return Err(unusable("the list does not end"));
            }
            self.next = following;
            self.read = items.into();
        }
    }

    /// All of them.
    ///
    /// # Errors
    /// As [`next`](Self::next), and if there are more than `most`.
    pub async fn all(self, most: usize) -> Result<Vec<Value>, ApiError> {
        self.kept(most, Some).await
    }

    /// What `keep` keeps of each, as it comes: the rest is held for no longer than its page.
    ///
    /// # Errors
    /// As [`next`](Self::next), and if more than `most` are kept.
    pub async fn kept<T>(
        mut self,
        most: usize,
        mut keep: impl FnMut(Value) -> Option<T>,
    ) -> Result<Vec<T>, ApiError> {
        let mut kept = Vec::new();
        while let Some(object) = self.next().await? {
            let Some(one) = keep(object) else {
                continue;
            };
            if kept.len() >= most {
                return Err(ApiError::Unavailable {
                    path: self.path,
                    detail: format!("there are more than {most}"),
                });
            }
            kept.push(one);
        }
        Ok(kept)
    }

    fn page(&self, token: &str) -> String {
        let mut path = format!("{}?limit={}", self.path, self.page);
        let options = [
            ("labelSelector", self.labels.as_deref()),
            ("fieldSelector", self.fields),
            ("continue", Some(token).filter(|token| !token.is_empty())),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                path.push_str(&format!("&{name}={}", encoded(value)));
            }
        }
        path
    }
}

/// The path of a collection. `None` if one of these can be no such name: it would be another path.
pub(super) fn collection_path(
    api_version: &str,
    plural: &str,
    namespace: Option<&str>,
) -> Option<String> {
    let root = match api_version.split_once('/') {
        None => format!("/api/{api_version}"),
        Some((group, version)) if is_name(group) && is_label(version) => {
            format!("/apis/{group}/{version}")
        }
        Some(_) => return None,
    };
    let version = api_version.rsplit('/').next().unwrap_or_default();
    if !is_label(version) || !is_label(plural) || !namespace.is_none_or(is_label) {
        return None;
    }
    Some(match namespace {
        None => format!("{root}/{plural}"),
        Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}"),
    })
}

fn following(list: &Value) -> Option<String> {
    let token = list.pointer("/metadata/continue").and_then(Value::as_str);
    token.filter(|token| !token.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests;
