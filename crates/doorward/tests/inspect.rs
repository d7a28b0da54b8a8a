//! What an inspection shows, whatever the scheme.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Code, Digest, Fetch, FetchFuture, Fetcher, Part, Scheme};
use doorward::{Context, Engine, Inspection, Places, Secret, StaticSecrets};
use support::{MANIFEST, NOW, TOY, ToyUnit, World, note, policies, unavailable};

const IMAGE: &str = "r.example/app:1";

fn digest() -> Digest {
    Digest::sha256(MANIFEST)
}

fn world() -> World {
    World::default().serves(&format!("manifest {IMAGE}"), MANIFEST)
}

async fn inspect(
    policy: &str,
    secrets: &[&str],
    world: World,
) -> Result<Inspection, doorward::core::Rejection> {
    let rules = policies(policy);
    let mut held = StaticSecrets::default();
    for name in secrets {
        let items = BTreeMap::from([("name".to_owned(), name.as_bytes().to_vec())]);
        held.insert("doorward", *name, Secret::new(items));
    }
    let engine = Engine::builder()
        .without(Scheme::SIGSTORE)
        .scheme(Arc::new(ToyUnit))
        .build();
    let context = Context::new(&rules, &held, Arc::new(world), NOW);
    engine.inspect(IMAGE, &Places::default(), &context).await
}

const TOYS: &str = "anyOf: [{sigstore: {authorities: [{keySecret: a}, {keySecret: b}]}}]";

#[tokio::test]
async fn a_scheme_of_another_project_has_its_section_also_for_what_is_one_alternative() {
    let world = world().serves(&note("a", &digest()), b"a");
    let found = inspect(TOYS, &["a", "b"], world).await.unwrap();
    let toys: Vec<_> = found
        .sections
        .iter()
        .filter(|section| section.scheme == TOY)
        .collect();
    assert_eq!(toys.len(), 2);
    assert!(matches!(&toys[0].parts[..], [Part::Field(note)] if note.lines == ["a"]));
    let published = serde_json::to_value(&found).unwrap();
    assert_eq!(published["kind"], "ImageInspection");
    assert_eq!(published["digest"], digest().as_str());
    assert_eq!(published["notes"], serde_json::json!(["a"]));
    assert_eq!(published["problems"][0]["code"], "registry-not-found");
}

#[tokio::test]
async fn lists_of_one_name_are_put_together() {
    let world = world()
        .serves(&note("a", &digest()), b"a")
        .serves(&note("b", &digest()), b"b");
    let found = inspect(TOYS, &["a", "b"], world).await.unwrap();
    let published = serde_json::to_value(&found).unwrap();
    assert_eq!(published["notes"], serde_json::json!(["a", "b"]));
}

#[tokio::test]
async fn what_could_not_be_asked_leaves_an_inspection_incomplete_and_hides_nothing() {
    let world = world()
        .fails(&note("a", &digest()), unavailable())
        .serves(&note("b", &digest()), b"b");
    let found = inspect(TOYS, &["a", "b"], world).await.unwrap();
    assert!(found.is_incomplete());
    let published = serde_json::to_value(&found).unwrap();
    assert_eq!(published["notes"], serde_json::json!(["b"]));
}

#[tokio::test]
async fn a_secret_that_is_needed_for_looking_and_not_there_ends_it() {
    let refused = inspect(TOYS, &["a"], world()).await.unwrap_err();
    assert_eq!(refused.code(), Code::SECRET_NOT_FOUND);
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_no_inspection_where_everything_needs_it() {
    let refused = inspect(TOYS, &["a", "b"], World::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::REGISTRY_NOT_FOUND);
    let gone = World::default().fails(&format!("manifest {IMAGE}"), unavailable());
    let refused = inspect(TOYS, &["a", "b"], gone).await.unwrap_err();
    assert_eq!(refused.code(), Code::REGISTRY_UNAVAILABLE);
}

/// A world in which one thing never answers.
struct Silent(World, String);

impl Fetcher for Silent {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        if fetch.resource.to_string() == self.1 {
            return Box::pin(std::future::pending());
        }
        self.0.fetch(fetch)
    }
}

#[tokio::test]
async fn what_never_answers_takes_nothing_away_that_was_seen() {
    let config = Digest::sha256(b"config");
    let manifest = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{config}"}},"layers":[]}}"#);
    let digest = Digest::sha256(manifest.as_bytes());
    let world = World::default()
        .serves(&format!("manifest {IMAGE}"), manifest.as_bytes())
        .serves(&note("a", &digest), b"a");
    let silent = Silent(world, format!("blob r.example/app@{config}"));
    let rules = policies("sigstore: {authorities: [{keySecret: a}]}");
    let mut held = StaticSecrets::default();
    let items = BTreeMap::from([("name".to_owned(), b"a".to_vec())]);
    held.insert("doorward", "a", Secret::new(items));
    let engine = Engine::builder()
        .without(Scheme::SIGSTORE)
        .scheme(Arc::new(ToyUnit))
        .deadline(std::time::Duration::from_millis(100))
        .build();
    let context = Context::new(&rules, &held, Arc::new(silent), NOW);
    let found = engine
        .inspect(IMAGE, &Places::default(), &context)
        .await
        .unwrap();
    assert_eq!(found.digest, Some(digest));
    assert_eq!(found.manifest.unwrap().platforms, Vec::<String>::new());
    assert!(!found.sections.is_empty());
}

#[tokio::test]
async fn a_long_list_is_counted_and_long_names_are_cut() {
    let long = "x".repeat(4000);
    let entry = format!(r#"{{"platform":{{"os":"{long}","architecture":"amd64"}}}}"#);
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{long}","manifests":[{}]}}"#,
        vec![entry; 200].join(",")
    );
    let world = World::default().serves(&format!("manifest {IMAGE}"), manifest.as_bytes());
    let found = inspect(TOYS, &["a", "b"], world).await.unwrap();
    let manifest = found.manifest.unwrap();
    assert_eq!((manifest.kind, manifest.parts), ("index", 200));
    assert_eq!(manifest.platforms.len(), 64);
    let texts = manifest.platforms.iter().chain(&manifest.media_type);
    assert!(texts.map(String::len).all(|length| length <= 96));
}

#[test]
fn places_do_not_tell_credentials() {
    let mut places = Places::default();
    places
        .stores
        .push("https://user:s3cret@sigs.example".to_owned());
    assert!(!format!("{places:?}").contains("s3cret"));
}

#[tokio::test]
async fn what_signers_of_documents_must_have_left_is_looked_at_too() {
    let policy = "attestations: [{predicateType: \"https://toys.example/v1\", signedBy: {sigstore: {authorities: \
                  [{keySecret: a}]}}}]";
    let world = world().serves(&note("a", &digest()), b"a");
    let found = inspect(policy, &["a"], world).await.unwrap();
    assert!(found.sections.iter().any(|section| section.scheme == TOY));
}

#[tokio::test]
async fn a_document_that_a_decision_would_refuse_is_shown_with_the_reason() {
    let both = br#"{"schemaVersion":2,"layers":[],"manifests":[]}"#;
    let world = World::default().serves(&format!("manifest {IMAGE}"), both);
    let found = inspect(TOYS, &["a", "b"], world).await.unwrap();
    assert_eq!(found.problems[0].code(), Code::REGISTRY_MALFORMED);
    assert_eq!(found.digest, Some(Digest::sha256(both)));
}
