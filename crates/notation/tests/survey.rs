//! What a survey shows of what refers to an image.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod held;

use std::collections::BTreeMap;

use doorward_core::{
    Answer, Budget, Descriptor, Digest, Fetch, MediaType, Meter, Part, Pinned, Resource, Run,
    Section, SurveySession,
};
use doorward_notation::{NotationSurvey, SurveyInput};
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder, Image, ImageBuilder};
use held::{Held, list};
use serde_json::{Value, json};

/// A registry: its content, and a list for each subject.
#[derive(Default)]
struct World {
    held: Held,
    lists: BTreeMap<Digest, Vec<Value>>,
}

impl World {
    /// Holds an artifact and lists it under `subject`, whatever it refers to itself.
    fn attach(&mut self, subject: &Descriptor, artifact: &Image) -> Descriptor {
        let manifest = artifact.manifest();
        for blob in artifact.blobs().iter().chain([manifest]) {
            self.held.put(blob.media_type(), blob.bytes());
        }
        let descriptor = manifest.descriptor();
        self.list(subject, json!(descriptor));
        descriptor
    }

    fn list(&mut self, subject: &Descriptor, entry: Value) {
        self.lists
            .entry(subject.digest.clone())
            .or_default()
            .push(entry);
    }

    fn answer(&self, fetch: &Fetch) -> Answer {
        match &fetch.resource {
            Resource::Referrers { digest, .. } => {
                list(self.lists.get(digest).map_or(&[], Vec::as_slice))
            }
            _ => self.held.answer(fetch),
        }
    }

    fn survey(&self, image: &Descriptor) -> Section {
        self.survey_of(image, None)
    }

    fn survey_of(&self, image: &Descriptor, artifact_type: Option<&str>) -> Section {
        let repository = "registry.example/app".parse().expect("a repository");
        let pinned = Some(Pinned::new(repository, image.digest.clone()));
        let mut run = Run::new(NotationSurvey::new(SurveyInput {
            pinned,
            artifact_type: artifact_type.map(MediaType::new),
        }));
        let mut meter = Meter::new(Budget::default());
        let ended = run.to_end(&mut meter, |fetch| self.answer(fetch));
        run.into_session().section(ended)
    }
}

fn image() -> Descriptor {
    Image::sample("app").manifest().descriptor()
}

fn signer() -> (Certified, Certified) {
    let root = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
    (leaf, root)
}

fn signature(of: &Descriptor) -> Image {
    let (leaf, root) = signer();
    EnvelopeBuilder::new(&[&leaf, &root], of)
        .build()
        .attached_to(of)
}

fn sbom(of: &Descriptor) -> Image {
    ImageBuilder::new()
        .artifact_type("application/spdx+json")
        .subject(of.clone())
        .build()
}

fn referrers(section: &Section) -> Vec<Value> {
    let (name, items) = &section.lists[0];
    assert_eq!(*name, "referrers");
    items
        .iter()
        .map(|item| serde_json::to_value(item).expect("JSON"))
        .collect()
}

fn headings(section: &Section) -> Vec<&str> {
    section
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Claim(heading) => Some(heading.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn signatures_are_shown_with_what_they_claim_and_documents_with_their_own_signatures() {
    let mut world = World::default();
    let image = image();
    world.attach(&image, &signature(&image));
    let document = world.attach(&image, &sbom(&image));
    world.attach(&document, &signature(&document));
    let section = world.survey(&image);
    assert!(section.problems.is_empty() && !section.is_incomplete);
    assert!(section.unverified.is_some());
    assert_eq!(
        headings(&section),
        [
            "1 signature on the image (unverified)",
            "2 application/spdx+json (unverified)",
            "2.1 signature on 2 (unverified)",
        ]
    );
    let found = referrers(&section);
    assert_eq!(found[0]["unverified"]["signer"], "build");
    assert_eq!(found[0]["unverified"]["digestIsOfSubject"], true);
    assert_eq!(found[2]["of"], 1);
}

#[test]
fn of_one_type_is_shown_what_has_it_with_what_it_hangs_on_and_what_hangs_on_it() {
    let mut world = World::default();
    let image = image();
    world.attach(&image, &signature(&image));
    let document = world.attach(&image, &sbom(&image));
    world.attach(&document, &signature(&document));
    let shown = |kind: &str| {
        let section = world.survey_of(&image, Some(kind));
        headings(&section).join(", ")
    };
    assert_eq!(
        shown("application/spdx+json"),
        "1 application/spdx+json (unverified), 1.1 signature on 1 (unverified)"
    );
    assert_eq!(
        shown("application/vnd.cncf.notary.signature"),
        "1 signature on the image (unverified), 2 application/spdx+json (unverified), 2.1 signature on 2 (unverified)"
    );
    assert_eq!(shown("application/sarif+json"), "");
    let found = referrers(&world.survey_of(&image, Some("application/spdx+json")));
    assert_eq!(found[1]["of"], 0);
    assert!(found[1]["unverified"]["certificateUntil"].is_string());
}

#[test]
fn nothing_attached_is_nothing_to_show() {
    let section = World::default().survey(&image());
    assert!(section.is_idle() && section.problems.is_empty());
    assert_eq!(section.unverified, None);
}

#[test]
fn what_is_listed_and_belongs_elsewhere_is_shown_as_that() {
    let mut world = World::default();
    let image = image();
    let other = Image::sample("other").manifest().descriptor();
    world.attach(&image, &signature(&other));
    let found = referrers(&world.survey(&image));
    let why = found[0]["unreadable"].as_str().expect("a reason");
    assert!(why.contains("it refers to"), "{why}");
    assert_eq!(found[0].get("unverified"), None);
}

#[test]
fn what_a_signature_signs_is_compared_with_what_it_is_attached_to() {
    let mut world = World::default();
    let image = image();
    let (leaf, root) = signer();
    let other = Image::sample("other").manifest().descriptor();
    let envelope = EnvelopeBuilder::new(&[&leaf, &root], &other).build();
    world.attach(&image, &envelope.attached_to(&image));
    let section = world.survey(&image);
    assert_eq!(
        referrers(&section)[0]["unverified"]["digestIsOfSubject"],
        false
    );
    let says = format!("{:?}", section.parts);
    assert!(says.contains("NOT what it is attached to"), "{says}");
}

#[test]
fn an_artifact_of_oras_is_recognised_and_told_what_to_do_about() {
    let mut world = World::default();
    let image = image();
    let entry = json!({
        "mediaType": MediaType::ORAS_ARTIFACT,
        "digest": Digest::sha256(b"x").as_str(),
        "size": 1,
    });
    world.list(&image, entry);
    let section = world.survey(&image);
    let why = referrers(&section)[0]["unreadable"].to_string();
    assert!(
        why.contains("ORAS") && why.contains("attach it again"),
        "{why}"
    );
}

#[test]
fn what_is_missing_is_a_problem_and_hides_nothing_else() {
    let mut world = World::default();
    let image = image();
    let gone = json!({
        "mediaType": MediaType::OCI_MANIFEST,
        "digest": Digest::sha256(b"gone").as_str(),
        "size": 1,
    });
    world.list(&image, gone);
    world.attach(&image, &signature(&image));
    let section = world.survey(&image);
    assert_eq!(section.problems.len(), 1);
    assert_eq!(referrers(&section)[1]["unverified"]["signer"], "build");
}

#[test]
fn very_many_are_cut_and_that_is_said() {
    let mut world = World::default();
    let image = image();
    for number in 0..100 {
        let entry = json!({
            "mediaType": MediaType::ORAS_ARTIFACT,
            "digest": Digest::sha256(&[number]).as_str(),
            "size": 1,
        });
        world.list(&image, entry);
    }
    let section = world.survey(&image);
    assert!(section.is_incomplete);
    assert_eq!(referrers(&section).len(), 64);
}
