//! An engine with verifiers that answer what a case says. Selection is the real one.

use doorward_core::{Code, Digest, Pinned, Reference};
use doorward_kube::{ImageAnswer, ImageUse, Phase, Reason, Response, Review, ReviewError};
use doorward_policy::{PolicyBody, PolicyObject, PolicySet, Scope, Selection, lint};
use serde_json::{Value, json};

/// What the stand-in for a scheme refuses with.
mod toy {
    doorward_core::codes! {
        NO_SEAL = "toy-no-seal", Untrusted, 3, "the image has no seal";
        UNKNOWN_SEAL = "toy-unknown-seal", Untrusted, 4, "the seal is nobody's";
    }
}

/// A reason in Portieris' words, with what it names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) code: &'static str,
    /// The image, or what a verifier said.
    pub(crate) about: String,
}

/// Everything that came of a review.
pub(crate) struct Answered {
    pub(crate) response: Response,
    pub(crate) said: Vec<Said>,
    pub(crate) calls: Vec<String>,
    /// Whether images were looked for, which is what Portieris counts.
    pub(crate) counted: bool,
    /// The images that were found.
    pub(crate) images: Vec<String>,
}

/// The verifiers and policies of a case.
pub(crate) struct Stub<'a> {
    case: &'a Value,
    policies: PolicySet,
}

impl<'a> Stub<'a> {
    pub(crate) fn new(case: &'a Value) -> Self {
        let (policies, _) = PolicySet::compile(objects(case));
        Self { case, policies }
    }

    pub(crate) fn answer(&self, body: &[u8]) -> Answered {
        let review = match Review::parse(body) {
            Ok(review) => review,
            Err(refused) => {
                let code = match &refused.error {
                    ReviewError::MissingRequest => "bad-request-no-request",
                    ReviewError::NotReview { .. } => "bad-request-undecodable",
                    ReviewError::UnsupportedResource { .. } => "unsupported-resource",
                    _ => "object-undecodable",
                };
                let about = match &refused.error {
                    ReviewError::UnsupportedResource { resource } => resource.clone(),
                    _ => String::new(),
                };
                return Answered {
                    response: Response::refuse(&refused),
                    said: vec![Said { code, about }],
                    calls: Vec::new(),
                    counted: false,
                    images: Vec::new(),
                };
            }
        };
        let mut run = Run {
            stub: self,
            namespace: review.namespace(),
            said: Vec::new(),
            calls: Vec::new(),
        };
        let answers = review.undecided().map(|image| run.decide(image)).collect();
        let (mut said, calls) = (run.said, run.calls);
        let response = Response::answer(&review, Phase::Mutate, answers);
        // What the mapping itself found.
        for (number, image) in review.undecided().enumerate() {
            let audit = response.audit_annotations().get(&format!("image-{number}"));
            if audit.is_some_and(|text| text.contains(Code::CONFLICTING_DIGESTS.as_str()))
                && !said.iter().any(|said| said.code == "digest-conflict")
            {
                said.push(Said {
                    code: "digest-conflict",
                    about: image.image.clone(),
                });
            }
        }
        let images = review
            .workload()
            .into_iter()
            .flat_map(|w| w.images())
            .map(|i| i.image.clone())
            .collect();
        Answered {
            response,
            said,
            calls,
            counted: true,
            images,
        }
    }
}

/// The policy objects of a case.
pub(crate) fn objects(case: &Value) -> Vec<PolicyObject> {
    let mut objects = Vec::new();
    for (field, kind) in [
        ("image_policies", "ImagePolicy"),
        ("cluster_image_policies", "ClusterImagePolicy"),
    ] {
        for policy in case[field].as_array().into_iter().flatten() {
            let object = json!({
                "apiVersion": "portieris.cloud.ibm.com/v1", "kind": kind,
                "metadata": policy["metadata"], "spec": policy["spec"],
            });
            objects.push(PolicyObject::from_value("case", &object).0);
        }
    }
    objects
}

/// How many warnings the linter has about the policies of a case.
pub(crate) fn warnings(case: &Value) -> usize {
    lint(&objects(case)).len()
}

struct Run<'a> {
    stub: &'a Stub<'a>,
    namespace: Option<&'a str>,
    said: Vec<Said>,
    calls: Vec<String>,
}

/// What a stub verifier says.
enum Told {
    Nothing,
    Verified(Digest),
    Refused {
        code: &'static str,
        ours: Code,
        detail: String,
    },
}

impl Run<'_> {
    fn decide<'i>(&mut self, image: &'i ImageUse) -> ImageAnswer<'i> {
        let reference: Reference = match image.image.parse() {
            Ok(reference) => reference,
            Err(error) => {
                return self.refuse(
                    image,
                    "invalid-image-name",
                    Code::REFERENCE_INVALID,
                    &error.to_string(),
                );
            }
        };
        let selection = self.stub.policies.select(&image.image, self.namespace);
        let (code, ours) = match &selection {
            Selection::Match(found) => {
                let bodies: Result<Vec<_>, _> = found
                    .entries
                    .iter()
                    .map(|entry| entry.body.as_ref())
                    .collect();
                return match bodies {
                    Ok(bodies) => self.verify(image, &reference, &bodies),
                    Err(error) => self.refuse(
                        image,
                        "policy-invalid",
                        Code::POLICY_INVALID,
                        &error.message,
                    ),
                };
            }
            Selection::NoMatch {
                scope: Scope::Cluster,
            } => ("no-cluster-match", Code::POLICY_NO_MATCH),
            Selection::NoMatch {
                scope: Scope::Namespace,
            } => ("no-namespace-match", Code::POLICY_NO_MATCH),
            Selection::NoPolicy => ("no-policy-anywhere", Code::POLICY_NONE),
            Selection::Unknown { .. } => ("unknown", Code::POLICY_SELECTION_UNKNOWN),
        };
        self.refuse(image, code, ours, ours.description())
    }

    fn refuse<'i>(
        &mut self,
        image: &'i ImageUse,
        code: &'static str,
        ours: Code,
        why: &str,
    ) -> ImageAnswer<'i> {
        self.said.push(Said {
            code,
            about: image.image.clone(),
        });
        ImageAnswer::deny(image, Reason::new(ours, why))
    }

    /// Asks the verifiers in Portieris' order: scanner, simple signing, and Notary unless simple signing refused.
    fn verify<'i>(
        &mut self,
        image: &'i ImageUse,
        reference: &Reference,
        bodies: &[&PolicyBody],
    ) -> ImageAnswer<'i> {
        let mut reasons = Vec::new();
        let mut digests: Vec<Digest> = Vec::new();
        let named = reference.clone();
        let tag = named.tag().map_or("latest", |tag| tag.as_str());
        let target = format!("{}:{tag}", named.repository());
        for body in bodies {
            let demands = body.demands();
            let scan = demands
                .contains(&"vulnerability")
                .then(|| self.ask("vulnerability", "va", &image.image));
            let simple = demands
                .contains(&"simple")
                .then(|| self.ask("simple", "simple", &image.image));
            let refused = matches!(simple, Some(Told::Refused { .. }));
            let notary = (demands.contains(&"trust") && !refused)
                .then(|| self.ask("trust", "trust", &target));
            for told in [scan, simple, notary].into_iter().flatten() {
                match told {
                    Told::Nothing => {}
                    Told::Verified(digest) => digests.push(digest),
                    Told::Refused { code, ours, detail } => {
                        self.said.push(Said {
                            code,
                            about: detail.clone(),
                        });
                        reasons.push(Reason::new(ours, detail));
                    }
                }
            }
        }
        digests.dedup();
        if digests.len() > 1 && reasons.is_empty() {
            self.said.push(Said {
                code: "digest-conflict",
                about: String::new(),
            });
            reasons.push(Reason::new(
                Code::CONFLICTING_DIGESTS,
                "two verifiers verified different digests",
            ));
        }
        let mut answer = ImageAnswer::allow(image);
        if reasons.is_empty() {
            answer.pinned = digests
                .pop()
                .map(|digest| Pinned::new(named.into_repository(), digest));
            answer.replace = bodies
                .first()
                .is_some_and(|body| body.mutate_image.pins_anywhere());
        } else {
            answer.decision = doorward_kube::Decision::Deny;
            answer.reasons = reasons;
        }
        answer
    }

    fn ask(&mut self, verifier: &str, called: &str, key: &str) -> Told {
        self.calls.push(format!("{called} {key}"));
        let answer = &self.stub.case[format!("{verifier}_stub")][key];
        let refused = |code, ours, detail: &Value| Told::Refused {
            code,
            ours,
            detail: detail.as_str().unwrap_or_default().to_owned(),
        };
        let (denied, failed) = match verifier {
            "vulnerability" => ("vulnerability-denied", "vulnerability-denied"),
            "simple" => ("simple-denied", "simple-error"),
            _ => ("trust-denied", "trust-error"),
        };
        if let Some(digest) = answer["Digest"].as_str() {
            return Told::Verified(
                format!("sha256:{digest}")
                    .parse()
                    .expect("cases have whole digests"),
            );
        }
        match (answer, verifier) {
            (Value::String(_), _) => refused(denied, Code::POLICY_UNSUPPORTED, answer),
            (Value::Object(of), _) if of.contains_key("Deny") => {
                refused(denied, toy::UNKNOWN_SEAL, &answer["Deny"])
            }
            (Value::Object(of), _) if of.contains_key("Err") => {
                refused(failed, Code::REGISTRY_UNAVAILABLE, &answer["Err"])
            }
            (_, "vulnerability") => Told::Nothing,
            _ => refused(
                failed,
                Code::REGISTRY_UNAVAILABLE,
                &json!("nothing is known about this image"),
            ),
        }
    }
}
