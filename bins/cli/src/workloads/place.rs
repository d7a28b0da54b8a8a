//! Where an image stands, and what runs there.

use doorward_core::Digest;
use doorward_kube::{ImageUse, Workload, WorkloadKind};
use serde::Serialize;

use super::running::RunningVerdict;
use crate::site::Site;

/// Where an image stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Use {
    namespace: String,
    kind: String,
    name: String,
    place: String,
    /// The digest that runs there, by the word of the node, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) running: Option<Digest>,
    /// What is decided about that, if it is another one than the image stands for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) running_verdict: Option<RunningVerdict>,
    /// Whether what runs is a part of the index that the image stands for now.
    #[serde(skip)]
    pub(super) is_part: bool,
}

impl Use {
    pub(super) fn of(site: &Site, workload: &Workload, namespace: &str, image: &ImageUse) -> Self {
        let name = workload.name().unwrap_or_default();
        let running = match workload.kind() {
            Some(WorkloadKind::Pod) => site.running(namespace, name, &image.name),
            _ => None,
        };
        Self {
            namespace: namespace.to_owned(),
            kind: workload.kind_name().to_owned(),
            name: name.to_owned(),
            place: image.place(),
            running: running.cloned(),
            running_verdict: None,
            is_part: false,
        }
    }

    /// The digest that runs there, if it is known not to be this one.
    pub(crate) fn drifted_from(&self, digest: &Digest) -> Option<&Digest> {
        let running = self.running.as_ref();
        running.filter(|running| *running != digest && !self.is_part)
    }

    /// In a line, with what runs there if it is known not to be `digest`.
    pub(crate) fn for_people(&self, digest: Option<&Digest>) -> String {
        let Self {
            namespace,
            kind,
            name,
            place,
            running: _,
            running_verdict: judged,
            is_part: _,
        } = self;
        let place = format!("{kind} {namespace}/{name}, {place}");
        match digest.and_then(|digest| self.drifted_from(digest)) {
            Some(running) => match judged {
                Some(judged) => format!("{place}, which runs {running}: {}", judged.for_people()),
                None => format!("{place}, which runs {running}"),
            },
            None => place,
        }
    }

    /// Whether something else runs there, and would be denied by its digest.
    pub(crate) fn runs_what_is_denied(&self) -> bool {
        let judged = self.running_verdict.as_ref();
        judged.is_some_and(RunningVerdict::is_denied)
    }
}
