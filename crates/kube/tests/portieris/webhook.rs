//! Whole admission reviews.

use doorward_kube::{CONTENT_TYPE, HTTP_STATUS, ORIGINAL_IMAGES};
use serde_json::Value;

use crate::Outcome;
use crate::common::{Wire, patched, wire};
use crate::stub::{Answered, Stub, warnings};

pub(crate) fn observed(case: &Value) -> Option<Vec<Outcome>> {
    let body = match case["raw_body"].as_str() {
        Some(body) => body.to_owned(),
        None => case["admission_review"].to_string(),
    };
    let answered = Stub::new(case).answer(body.as_bytes());
    let wire = wire(&answered.response.to_json());
    let run = Run {
        case,
        answered: &answered,
        wire: &wire,
    };
    let mut outcomes = run.always();
    match case["class"].as_str().expect("every case has a class") {
        "defect" => outcomes.extend(run.safe()),
        class => {
            outcomes.extend(run.stated());
            if class == "hazard" {
                outcomes.push(Outcome::of(
                    "a warning of the linter: true",
                    format!("a warning of the linter: {}", warnings(case) > 0),
                ));
            }
        }
    }
    let code = answered.said.first().map_or("-", |said| said.code);
    Some(
        outcomes
            .into_iter()
            .map(|outcome| outcome.coded(code))
            .collect(),
    )
}

struct Run<'a> {
    case: &'a Value,
    answered: &'a Answered,
    wire: &'a Wire,
}

impl Run<'_> {
    fn object(&self) -> &Value {
        &self.case["admission_review"]["request"]["object"]
    }

    /// The object after a patch, without the record of original images, which Portieris does not keep.
    fn after(&self, patch: &Value) -> Value {
        if patch.as_array().is_some_and(Vec::is_empty) {
            return self.object().clone();
        }
        let mut object = patched(self.object(), patch);
        remove_record(&mut object);
        object
    }

    /// What holds for every review, whatever becomes of it.
    fn always(&self) -> Vec<Outcome> {
        let request = &self.case["admission_review"]["request"];
        let uid = request["uid"].as_str().unwrap_or_default();
        let response = &self.wire.review["response"];
        let mut outcomes = vec![Outcome::of(
            format!("uid {uid:?}"),
            format!("uid {}", response["uid"]),
        )];
        let version = &self.case["admission_review"]["apiVersion"];
        outcomes.push(Outcome::of(
            format!("version {version}"),
            format!("version {}", self.wire.review["apiVersion"]),
        ));
        if !self.wire.allowed {
            outcomes.push(Outcome::of(
                "a denial without patch",
                if response.get("patch").is_none() {
                    "a denial without patch"
                } else {
                    "a patched denial"
                },
            ));
            let message = response["status"]["message"].as_str().unwrap_or_default();
            outcomes.push(Outcome::of(
                "a message",
                if message.is_empty() {
                    "no message"
                } else {
                    "a message"
                },
            ));
        }
        outcomes
    }

    fn allowed(&self, expected: bool) -> Outcome {
        Outcome::of(
            format!("allowed {expected}"),
            format!("allowed {}", self.wire.allowed),
        )
    }

    /// The answer that the case states.
    fn stated(&self) -> Vec<Outcome> {
        let expect = &self.case["expect"];
        let mut outcomes = vec![
            Outcome::of(expect["http_status"].to_string(), HTTP_STATUS.to_string()),
            self.allowed(expect["allowed"] == true),
            Outcome::of(
                self.after(&expect["patch"]).to_string(),
                self.after(&self.wire.patch).to_string(),
            ),
        ];
        let mut reasons: Vec<(String, String)> = Vec::new();
        for reason in expect["reasons"].as_array().into_iter().flatten() {
            let text = |field: &str| reason[field].as_str().unwrap_or_default();
            let about = ["image", "detail", "resource"].map(text).concat();
            reasons.push((text("code").to_owned(), about));
        }
        reasons.sort();
        let mut said: Vec<_> = self
            .answered
            .said
            .iter()
            .map(|said| (said.code.to_owned(), said.about.clone()))
            .collect();
        said.sort();
        said.dedup();
        outcomes.push(Outcome::of(format!("{reasons:?}"), format!("{said:?}")));
        let message = self.wire.review["response"]["status"]["message"]
            .as_str()
            .unwrap_or_default();
        for (_, about) in reasons {
            outcomes.push(Outcome::of(
                "all reasons told",
                if message.contains(&about) {
                    "all reasons told".to_owned()
                } else {
                    format!("nothing of {about}")
                },
            ));
        }
        let counted =
            |allowed: bool| u64::from(self.answered.counted && self.wire.allowed == allowed);
        for (field, allowed) in [("allow_counter", true), ("deny_counter", false)] {
            outcomes.push(Outcome::of(
                format!("{field} {}", expect[field]),
                format!("{field} {}", counted(allowed)),
            ));
        }
        let calls: Value = self.answered.calls.iter().map(String::as_str).collect();
        outcomes.push(Outcome::of(
            expect["verifier_calls"].to_string(),
            calls.to_string(),
        ));
        outcomes
    }

    /// The answer that the case calls safe.
    fn safe(&self) -> Vec<Outcome> {
        let safe = self.case["safe"]
            .as_str()
            .expect("every defect has a safe answer")
            .to_lowercase();
        let says = |word: &str| safe.contains(word);
        if says("ownerreference") || says("owner reference") {
            return vec![self.as_without_owners(), self.decides_every_image()];
        }
        if safe.starts_with("same") {
            let mut outcomes = self.stated();
            if says("content type") {
                outcomes.push(Outcome::of("application/json", CONTENT_TYPE));
            }
            return outcomes;
        }
        if says("report") {
            return vec![
                self.allowed(false),
                self.decides_every_image(),
                self.names_every_denied_image(),
            ];
        }
        if says("check them") {
            return vec![self.allowed(false), self.decides_every_image()];
        }
        if safe.starts_with("deny") || safe.starts_with("reject") {
            return vec![self.allowed(false), self.decides_every_image()];
        }
        if says("cleanly")
            || says("digest reference")
            || says("keep the digest")
            || says("by digest")
            || says("latest")
        {
            return vec![self.keeps_digests()];
        }
        if says("decide") {
            return Vec::new();
        }
        if says("allow")
            || says("unchanged")
            || says("pass")
            || says("skip")
            || says("match")
            || says("content")
            || says("value")
        {
            return vec![self.allowed(true)];
        }
        // Whatever it is, it is not what Portieris does.
        let stated = self.case["expect"]["allowed"] == self.wire.allowed
            && self.case["expect"]["patch"] == self.wire.patch;
        vec![Outcome::of(
            format!("not the stated answer but: {safe}"),
            if stated {
                "the stated answer".to_owned()
            } else {
                format!("not the stated answer but: {safe}")
            },
        )]
    }

    /// The answer does not depend on what the object says of its owners.
    fn as_without_owners(&self) -> Outcome {
        let mut review = self.case["admission_review"].clone();
        if let Some(metadata) = review["request"]["object"]["metadata"].as_object_mut() {
            metadata.remove("ownerReferences");
        }
        let without = Stub::new(self.case).answer(review.to_string().as_bytes());
        let show = |answered: &Answered| {
            format!(
                "{:?} {:?}",
                answered.response.message(),
                answered.response.patch()
            )
        };
        Outcome::of(show(&without), show(self.answered))
    }

    /// Every image anywhere in the object was found.
    fn decides_every_image(&self) -> Outcome {
        let mut written = Vec::new();
        collect(self.object(), &mut written);
        let mut found = self.answered.images.clone();
        written.sort();
        found.sort();
        if !self.answered.counted {
            // Refused as a whole.
            found.clone_from(&written);
        }
        Outcome::of(format!("{written:?}"), format!("{found:?}"))
    }

    fn names_every_denied_image(&self) -> Outcome {
        let message = self.wire.review["response"]["status"]["message"]
            .as_str()
            .unwrap_or_default();
        let missing: Vec<_> = self
            .answered
            .images
            .iter()
            .filter(|image| !message.contains(image.as_str()))
            .collect();
        Outcome::of("[]", format!("{missing:?}"))
    }

    /// If the object is admitted at all, its digests are the ones it came with.
    fn keeps_digests(&self) -> Outcome {
        let digests = |object: &Value| {
            let mut images = Vec::new();
            collect(object, &mut images);
            images
                .iter()
                .filter_map(|image| image.split_once('@').map(|(_, digest)| digest.to_owned()))
                .collect::<Vec<_>>()
        };
        let before = digests(self.object());
        let after = if self.wire.allowed {
            digests(&self.after(&self.wire.patch))
        } else {
            before.clone()
        };
        Outcome::of(format!("{before:?}"), format!("{after:?}"))
    }
}

/// Every text that stands as an image in a value, wherever that is.
fn collect(value: &Value, images: &mut Vec<String>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, images)),
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text)
                        if matches!(name.as_str(), "image" | "reference")
                            && !text.trim().is_empty() =>
                    {
                        images.push(text.to_owned());
                    }
                    _ => collect(value, images),
                }
            }
        }
        _ => {}
    }
}

/// Takes the record of original images out again, and what was made to hold it.
fn remove_record(value: &mut Value) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    if let Some(annotations) = members
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(ORIGINAL_IMAGES);
        if annotations.is_empty() {
            members.remove("annotations");
        }
    }
    let mut emptied = false;
    for (name, value) in members.iter_mut() {
        remove_record(value);
        emptied |= name == "metadata" && value.as_object().is_some_and(serde_json::Map::is_empty);
    }
    if emptied {
        members.remove("metadata");
    }
}
