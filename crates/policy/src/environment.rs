//! Where a workload is and what it is, as far as selectors look at it.

use std::collections::BTreeMap;
use std::fmt;

/// The label that Kubernetes gives every namespace, with its name (*Namespaces*, "Automatic labelling").
const NAME_OF_NAMESPACE: &str = "kubernetes.io/metadata.name";

/// Labels: their keys and values.
pub type Labels = BTreeMap<String, String>;

/// What the selectors of cluster policies look at.
///
/// A fact that was not given is not known, which is another thing than an object without labels: where it decides, an
/// image is under everything that it may be under, and is refused where that may be nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Environment<'a> {
    namespace: Option<&'a str>,
    namespace_labels: Option<&'a Labels>,
    object_labels: Option<&'a Labels>,
    service_account: Option<&'a str>,
}

impl<'a> Environment<'a> {
    /// An environment of which nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            namespace: None,
            namespace_labels: None,
            object_labels: None,
            service_account: None,
        }
    }

    /// The same, in this namespace. Without one, only cluster policies are asked.
    #[must_use]
    pub const fn in_namespace(mut self, name: &'a str) -> Self {
        self.namespace = Some(name);
        self
    }

    /// The same, with all labels that the namespace has. The one with its name is known without them.
    #[must_use]
    pub const fn with_namespace_labels(mut self, labels: &'a Labels) -> Self {
        self.namespace_labels = Some(labels);
        self
    }

    /// The same, with all labels that the Pods have by their own word or by that of their template.
    #[must_use]
    pub const fn with_object_labels(mut self, labels: &'a Labels) -> Self {
        self.object_labels = Some(labels);
        self
    }

    /// The same, for Pods that run as this service account of their namespace; `default` for those that name none.
    #[must_use]
    pub const fn running_as(mut self, service_account: &'a str) -> Self {
        self.service_account = Some(service_account);
        self
    }

    /// The namespace.
    #[must_use]
    pub const fn namespace(&self) -> Option<&'a str> {
        self.namespace
    }

    /// The labels of the namespace, if they are known.
    #[must_use]
    pub const fn namespace_labels(&self) -> Option<&'a Labels> {
        self.namespace_labels
    }

    /// The labels of the Pods, if they are known.
    #[must_use]
    pub const fn object_labels(&self) -> Option<&'a Labels> {
        self.object_labels
    }

    /// The service account, if it is known.
    #[must_use]
    pub const fn service_account(&self) -> Option<&'a str> {
        self.service_account
    }

    /// A label of the namespace. The API server lets nobody give the one with the name another value.
    pub(crate) fn namespace_label(&self, key: &str) -> Known<&'a str> {
        match (key, self.namespace, self.namespace_labels) {
            (NAME_OF_NAMESPACE, Some(name), _) => Known::Yes(Some(name)),
            (_, Some(_), Some(labels)) => Known::Yes(labels.get(key).map(String::as_str)),
            (_, None, _) | (_, _, None) => Known::No,
        }
    }

    /// A label of the Pods.
    pub(crate) fn object_label(&self, key: &str) -> Known<&'a str> {
        match self.object_labels {
            Some(labels) => Known::Yes(labels.get(key).map(String::as_str)),
            None => Known::No,
        }
    }
}

/// Of a workload in this namespace, and nothing else is known.
impl<'a> From<Option<&'a str>> for Environment<'a> {
    fn from(namespace: Option<&'a str>) -> Self {
        Self {
            namespace,
            ..Self::new()
        }
    }
}

/// The value of a label, if there is one, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known<T> {
    No,
    Yes(Option<T>),
}

/// Which facts of an [`Environment`] are missing, where they decide.
///
/// `Display` is a fragment: `the labels of the namespace are not known`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Missing {
    /// The labels of the namespace, or the namespace itself.
    pub namespace_labels: bool,
    /// The labels of the object.
    pub object_labels: bool,
    /// The service account.
    pub service_account: bool,
}

impl Missing {
    /// Nothing is.
    pub(crate) const NOTHING: Self = Self {
        namespace_labels: false,
        object_labels: false,
        service_account: false,
    };

    /// What either is missing.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            namespace_labels: self.namespace_labels || other.namespace_labels,
            object_labels: self.object_labels || other.object_labels,
            service_account: self.service_account || other.service_account,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.namespace_labels, "the labels of the namespace"),
            (self.object_labels, "the labels of the object"),
            (self.service_account, "the service account"),
        ];
        let parts: Vec<&str> = parts
            .into_iter()
            .filter_map(|(missing, what)| missing.then_some(what))
            .collect();
        let verb = match parts.as_slice() {
            [_] if self.service_account => "is",
            _ => "are",
        };
        write!(f, "{} {verb} not known", parts.join(" and "))
    }
}
