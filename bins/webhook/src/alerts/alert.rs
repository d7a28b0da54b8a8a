//! One alert, and the `CloudEvent` that it is.

use doorward::{Decision, Verdict};
use doorward_core::text::one_line;
use doorward_core::{Code, Digest, Timestamp};
use doorward_kube::{Regarding, Runs, is_label};
use serde_json::{Map, Value, json};

use super::failure::Failure;

/// The most characters of a name. Kubernetes' have 253.
const MAX_NAME: usize = 253;
/// The most characters of what is said of lost trust.
const MAX_MESSAGE: usize = 2000;

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AlertKind {
    /// An image was refused.
    Denied,
    /// An image was admitted because somebody made an exception, or broke the glass.
    Excepted,
    /// What was remembered of trust is gone.
    TrustLost,
    /// An image failed and came in all the same, or runs.
    WouldBeDenied,
}

impl AlertKind {
    pub(crate) const ALL: [Self; 4] = [
        Self::Denied,
        Self::Excepted,
        Self::TrustLost,
        Self::WouldBeDenied,
    ];

    /// What an alert about a verdict is. Returns `None` if the image passed.
    pub(super) fn of(verdict: &Verdict, runs: Runs) -> Option<Self> {
        let code = verdict.code()?;
        Some(match (verdict.decision(), runs) {
            (Decision::Deny, Runs::IfAdmitted) => Self::Denied,
            (Decision::Deny, Runs::Already | Runs::AsStaticPod) => Self::WouldBeDenied,
            (Decision::Allow | Decision::Warn, _)
                if !verdict.exceptions().is_empty() || code == Code::BREAK_GLASS_USED =>
            {
                Self::Excepted
            }
            (Decision::Allow | Decision::Warn, _) => Self::WouldBeDenied,
        })
    }

    /// Whether it is rare and of weight, so that it goes before refusals.
    pub(super) const fn is_urgent(self) -> bool {
        matches!(self, Self::Excepted | Self::TrustLost)
    }

    /// The word for it in metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Excepted => "excepted",
            Self::TrustLost => "trust-lost",
            Self::WouldBeDenied => "would-be-denied",
        }
    }

    /// The `type` of its events.
    const fn event_type(self) -> &'static str {
        match self {
            Self::Denied => "dev.doorward.image.denied.v1",
            Self::Excepted => "dev.doorward.image.excepted.v1",
            Self::TrustLost => "dev.doorward.trust.lost.v1",
            Self::WouldBeDenied => "dev.doorward.image.would-be-denied.v1",
        }
    }
}

/// The object that an alert is about, as far as it is known. Its texts are cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object {
    namespace: String,
    /// Whether a namespace can have this name.
    is_namespace: bool,
    /// `apiVersion`, kind and name.
    named: Option<(String, String, String)>,
}

impl Object {
    pub(super) fn of(regarding: &Regarding) -> Self {
        let named = [&regarding.api_version, &regarding.kind, &regarding.name];
        let [api_version, kind, name] = named.map(|text| one_line(text, MAX_NAME));
        Self {
            named: Some((api_version, kind, name)),
            ..Self::of_namespace(&regarding.namespace)
        }
    }

    pub(super) fn of_namespace(namespace: &str) -> Self {
        Self {
            namespace: one_line(namespace, MAX_NAME),
            is_namespace: is_label(namespace),
            named: None,
        }
    }

    /// For whose room it counts. What no namespace is called has one room together.
    pub(super) fn corner(&self) -> &str {
        match self.is_namespace {
            true => &self.namespace,
            false => "",
        }
    }

    /// What stands in `subject`: `shop/Pod/web`, or as much of it as is known.
    fn subject(&self) -> Option<String> {
        match &self.named {
            Some((_, kind, name)) => Some(format!("{}/{kind}/{name}", self.namespace)),
            None if self.namespace.is_empty() => None,
            None => Some(self.namespace.clone()),
        }
    }

    fn shown(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        let mut add = |name: &str, text: &str| {
            shown.insert(name.to_owned(), text.into());
        };
        if let Some((api_version, kind, name)) = &self.named {
            add("apiVersion", api_version);
            add("kind", kind);
            add("name", name);
        }
        if !self.namespace.is_empty() {
            add("namespace", &self.namespace);
        }
        shown
    }
}

/// Something that somebody should look at.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(super) kind: AlertKind,
    pub(super) object: Object,
    /// What tells it from others: the same of the same object once.
    name: String,
    /// What is said, without the object and the count.
    said: Map<String, Value>,
    at: Timestamp,
}

impl Alert {
    pub(super) fn of_image(object: Object, failure: Failure, at: Timestamp) -> Self {
        let key = [
            failure.code.as_str(),
            &failure.image,
            failure.digest.as_deref().unwrap_or_default(),
        ];
        let name = named(failure.kind, &object, &key);
        let said = json!({
            "became": failure.became,
            "code": failure.code.as_str(),
            "digest": failure.digest,
            "image": failure.image,
            "inconclusive": failure.is_inconclusive,
            "message": failure.message,
            "mode": failure.mode,
            "place": failure.place,
            "rule": failure.rule,
        });
        Self {
            kind: failure.kind,
            object,
            name,
            said: members(said),
            at,
        }
    }

    pub(super) fn of_lost_trust(object: Object, what: &str, at: Timestamp) -> Self {
        let kind = AlertKind::TrustLost;
        Self {
            kind,
            name: named(kind, &object, &[what]),
            object,
            said: members(json!({"message": one_line(what, MAX_MESSAGE)})),
            at,
        }
    }

    /// What is the same about the same object has the same name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The event in the structured mode of `CloudEvents` 1.0: what happened so often since it was told last.
    pub(super) fn event(&self, id: &str, source: &str, count: u64) -> Value {
        let mut data = self.said.clone();
        data.retain(|_, value| !value.is_null());
        data.insert("count".to_owned(), count.into());
        let object = self.object.shown();
        if !object.is_empty() {
            data.insert("object".to_owned(), object.into());
        }
        let mut event = json!({
            "specversion": "1.0",
            "id": id,
            "source": source,
            "type": self.kind.event_type(),
            "time": self.at.to_string(),
            "datacontenttype": "application/json",
            "data": data,
        });
        if let (Some(subject), Some(members)) = (self.object.subject(), event.as_object_mut()) {
            members.insert("subject".to_owned(), subject.into());
        }
        event
    }
}

fn named(kind: AlertKind, object: &Object, key: &[&str]) -> String {
    let subject = object.subject().unwrap_or_default();
    let api_version = object.named.as_ref().map_or("", |(version, ..)| version);
    let parts = [kind.word(), api_version, &subject];
    let all = parts.iter().chain(key);
    let text: String = all.map(|part| format!("{}:{part}", part.len())).collect();
    Digest::sha256(text.as_bytes()).hex().to_owned()
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
