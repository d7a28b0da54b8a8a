//! One alert, and the `CloudEvent` that it is.

use doorward::{Decision, Verdict};
use doorward_core::text::one_line;
use doorward_core::{Class, Code, Digest, Timestamp};
use doorward_kube::{Regarding, Runs, became};
use serde_json::{Map, Value, json};

/// The most characters of a text in an alert. Receivers may refuse events of more than 64 KiB (`CloudEvents` 1.0, "Size Limits").
const MAX_TEXT: usize = 4096;

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

    /// What a verdict is worth. Nothing, if the image passed.
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

    /// The word for it in metrics, and the last part but one of its type.
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

/// The object that an alert is about, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object {
    pub(super) namespace: String,
    /// `apiVersion`, kind and name.
    named: Option<(String, String, String)>,
}

impl Object {
    pub(super) fn of(regarding: Regarding) -> Self {
        let Regarding {
            api_version,
            kind,
            namespace,
            name,
        } = regarding;
        Self {
            namespace,
            named: Some((api_version, kind, name)),
        }
    }

    pub(super) fn of_namespace(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            named: None,
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
        if let Some((api_version, kind, name)) = &self.named {
            shown.insert("apiVersion".to_owned(), text(api_version).into());
            shown.insert("kind".to_owned(), text(kind).into());
            shown.insert("name".to_owned(), text(name).into());
        }
        if !self.namespace.is_empty() {
            shown.insert("namespace".to_owned(), text(&self.namespace).into());
        }
        shown
    }
}

/// Something that somebody should look at.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(super) kind: AlertKind,
    pub(super) object: Object,
    /// What tells it from others about this object.
    key: String,
    /// What is said, without the object and the count.
    said: Map<String, Value>,
    at: Timestamp,
}

impl Alert {
    pub(super) fn of_image(
        kind: AlertKind,
        object: Object,
        place: Option<String>,
        verdict: &Verdict,
        runs: Runs,
        at: Timestamp,
    ) -> Self {
        let code = verdict.code().map_or("", Code::as_str);
        let digest = verdict.digest().map(Digest::as_str);
        let rule = verdict.rules().first().map(ToString::to_string);
        let is_unavailable = verdict
            .rejection()
            .is_some_and(|rejection| rejection.class() == Class::Unavailable);
        let said = json!({
            "became": text(&became(verdict, runs)),
            "code": code,
            "digest": digest,
            "image": text(verdict.image()),
            "inconclusive": is_unavailable,
            "message": text(&verdict.message()),
            "mode": verdict.mode().as_str(),
            "place": place.as_deref().map(text),
            "rule": rule.as_deref().map(text),
        });
        Self {
            kind,
            object,
            key: format!("{code} {}", verdict.image()),
            said: members(said),
            at,
        }
    }

    pub(super) fn of_lost_trust(object: Object, what: String, at: Timestamp) -> Self {
        let said = json!({"message": text(&what)});
        Self {
            kind: AlertKind::TrustLost,
            object,
            key: what,
            said: members(said),
            at,
        }
    }

    /// What is the same about the same object has the same name.
    pub(super) fn name(&self) -> String {
        let subject = self.object.subject().unwrap_or_default();
        let parts = [self.kind.word(), &subject, &self.key];
        let text: String = parts.map(|part| format!("{}:{part}", part.len())).concat();
        Digest::sha256(text.as_bytes()).hex().to_owned()
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
            members.insert("subject".to_owned(), text(&subject).into());
        }
        event
    }
}

fn text(long: &str) -> String {
    one_line(long, MAX_TEXT)
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
