//! Whether policies are in force, as their status says.

use doorward_policy::Group;
use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, ObjectName};
use super::installation::{Answer, Installation, PolicyAnswer};

pub(super) fn look(installation: &Installation, findings: &mut Findings) {
    let answers = &installation.policies;
    let policies = || answers.iter().filter(|answer| !answer.is_exception);
    let is_known = policies().all(|answer| answer.found.known().is_some());
    let count: usize = policies()
        .filter_map(|answer| answer.found.known())
        .map(Vec::len)
        .sum();
    if is_known && count == 0 {
        findings.add(
            CheckupCode::NoPolicy,
            ObjectName::cluster("ClusterImagePolicy", "*"),
            "there is no policy in the cluster: no image is governed by one, and each is refused",
            "write a policy: `doorward install policies` has some to begin with",
        );
    }
    for answer in answers {
        let has_status = has_status(installation, answer);
        for object in answer.found.known().into_iter().flatten() {
            tell_status(answer, object, has_status, findings);
        }
    }
}

/// Whether the definition has a status to write. That of another project may have none.
fn has_status(installation: &Installation, answer: &PolicyAnswer) -> bool {
    if answer.group == Group::Doorward {
        return true;
    }
    let definition = installation.definitions.iter().find(|definition| {
        let spec = &definition.wanted["spec"];
        spec["group"] == answer.group.as_str() && spec["names"]["kind"] == answer.kind
    });
    let Some(Answer::Known(Some(found))) = definition.map(|definition| &definition.found) else {
        return true;
    };
    let versions = found["spec"]["versions"].as_array().into_iter().flatten();
    let mut served = versions.filter(|version| version["served"] != false);
    served.any(|version| version["subresources"]["status"].is_object())
}

fn tell_status(answer: &PolicyAnswer, object: &Value, has_status: bool, findings: &mut Findings) {
    let name = || ObjectName::of(answer.kind, object);
    let condition = |wanted: &str| {
        let conditions = object["status"]["conditions"]
            .as_array()
            .into_iter()
            .flatten();
        let mut conditions = conditions.filter(|condition| condition["type"] == wanted);
        conditions.next()
    };
    let Some(accepted) = condition("Accepted") else {
        if has_status {
            findings.add(
                CheckupCode::PolicyNotSynced,
                name(),
                "no webhook has said anything of it: nobody has read it, or its status could not be written",
                SYNC,
            );
        }
        return;
    };
    let text = |condition: &Value| condition["message"].as_str().unwrap_or_default().to_owned();
    let generation = &object["metadata"]["generation"];
    let observed = &accepted["observedGeneration"];
    if !generation.is_null() && !observed.is_null() && generation != observed {
        let message = format!(
            "the webhook has last said something of its generation {observed}, and it is at {generation}"
        );
        findings.add(CheckupCode::PolicyNotSynced, name(), message, SYNC);
        return;
    }
    if accepted["status"] != "True" {
        findings.add(
            CheckupCode::PolicyNotAccepted,
            name(),
            text(accepted),
            "mend what its status names; `doorward policy lint` says the same of a file",
        );
        return;
    }
    if let Some(ready) = condition("Ready").filter(|ready| ready["status"] != "True") {
        findings.add(
            CheckupCode::PolicyNotReady,
            name(),
            text(ready),
            "supply what it names, or mend the name; what it governs is refused until then",
        );
    }
}

const SYNC: &str = "look at what the webhook logs, and whether its account may list and watch policies and patch their status; if it \
                    was written just now, run this again";
