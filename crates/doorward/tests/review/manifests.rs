//! What a review makes of manifests that are not what they seem.

use super::*;

/// A world where the toy has signed whatever `document` is.
fn serving(document: &str, media_type: Option<MediaType>) -> World {
    let bytes = document.as_bytes().to_vec();
    let digest = Digest::sha256(&bytes);
    World::default()
        .answers(TAG, vec![Ok(Fetched::new(bytes, media_type, "t"))])
        .serves(&note("a", &digest), b"a")
}

#[tokio::test]
async fn a_signed_document_that_is_index_and_manifest_at_once_is_refused() {
    for document in [
        r#"{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}"#,
        r#"{"schemaVersion":2,"layers":[],"Manifests":[]}"#,
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","layers":[]}"#,
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#,
    ] {
        let verdict = decide(serving(document, None), TAGGED).await;
        assert_eq!(verdict.decision(), Decision::Deny, "{document}");
        assert_eq!(verdict.code(), Some(Code::REGISTRY_MALFORMED), "{document}");
        assert_eq!(verdict.code().unwrap().class(), Class::Integrity);
    }
}

#[tokio::test]
async fn a_signed_manifest_whose_media_type_contradicts_its_header_is_refused() {
    let document = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","layers":[]}}"#,
        MediaType::OCI_MANIFEST
    );
    let verdict = decide(serving(&document, Some(MediaType::OCI_MANIFEST)), TAGGED).await;
    assert_eq!(verdict.decision(), Decision::Allow);
    for served in [MediaType::OCI_INDEX, MediaType::DOCKER_MANIFEST] {
        let verdict = decide(serving(&document, Some(served)), TAGGED).await;
        assert_eq!(verdict.code(), Some(Code::REGISTRY_MALFORMED));
    }
}

#[tokio::test]
async fn an_index_without_a_signature_is_refused_as_an_index_with_its_platforms_named() {
    let document = r#"{"schemaVersion":2,"manifests":[
        {"platform":{"os":"linux","architecture":"amd64"}},
        {"platform":{"os":"linux","architecture":"arm64"}},
        {"platform":{"os":"unknown","architecture":"unknown"}}]}"#;
    let by_digest = format!("r.example/app@{}", Digest::sha256(document.as_bytes()));
    let plan = |plans| vec![governed(vec![Node::Any(plans)])];
    for image in [TAGGED, &by_digest] {
        let world = World::default()
            .serves(TAG, document.as_bytes())
            .serves(&format!("manifest {by_digest}"), document.as_bytes());
        let verdict = decide(world, image).await;
        assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
        let message = verdict.message();
        for part in [
            "is an index of 2 platforms (linux/amd64, linux/arm64)",
            "the index itself must be signed",
            "toy note --all",
            image,
        ] {
            assert!(message.contains(part), "{message}");
        }
        // Alternatives say it in their causes.
        let world = World::default()
            .serves(TAG, document.as_bytes())
            .serves(&format!("manifest {by_digest}"), document.as_bytes());
        let entries = plan(vec![Plan::new(vec![Toy::demand("a")])]);
        let verdicts = decide_all(&Engine::default(), entries, world, &[image]).await;
        assert!(verdicts[0].message().contains("is an index of 2 platforms"));
    }
    let verdict = decide(World::default().serves(TAG, MANIFEST), TAGGED).await;
    assert!(
        !verdict.message().contains("index"),
        "{}",
        verdict.message()
    );
}

/// A registry without TLS, which was named with its port.
struct NamedWithPort(World);

impl Fetcher for NamedWithPort {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        self.0.fetch(fetch)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        (repository.authority().to_string() == "r.example").then(|| "r.example:80".parse().unwrap())
    }
}

#[tokio::test]
async fn the_other_name_of_a_server_is_refused_also_where_nothing_is_demanded() {
    let plans = [Plan::new(vec![Toy::demand("a")]), Plan::unchecked()];
    for plan in plans {
        let mut entry = governed(vec![Toy::demand("a")]);
        entry.plan = plan;
        let entries = vec![entry];
        let world = NamedWithPort(serving("{}", None));
        let verdicts = decide_all(&Engine::default(), entries, world, &[TAGGED]).await;
        assert_eq!(verdicts[0].decision(), Decision::Deny);
        assert_eq!(verdicts[0].code(), Some(Code::REFERENCE_INVALID));
        let message = verdicts[0].message();
        assert!(message.contains("write r.example:80/app"), "{message}");
    }
}

#[tokio::test]
async fn a_signed_platform_does_not_admit_an_unsigned_index_and_the_refusal_says_that_it_is_signed()
{
    let (child, other) = (Digest::sha256(b"amd64"), Digest::sha256(b"arm64"));
    let document = format!(
        r#"{{"schemaVersion":2,"manifests":[
            {{"digest":"{child}","platform":{{"os":"linux","architecture":"amd64"}}}},
            {{"digest":"{other}","platform":{{"os":"linux","architecture":"arm64"}}}}]}}"#
    );
    let by_digest = format!("r.example/app@{}", Digest::sha256(document.as_bytes()));
    let said = "the index itself must be signed (the manifest for linux/amd64 is), because";
    for image in [TAGGED, &by_digest] {
        for (signed, is_said) in [(Some(&child), true), (Some(&other), false), (None, false)] {
            let mut world = World::default()
                .serves(TAG, document.as_bytes())
                .serves(&format!("manifest {by_digest}"), document.as_bytes());
            if let Some(digest) = signed {
                world = world.serves(&note("a", digest), b"a");
            }
            let verdict = decide(world, image).await;
            assert_eq!(verdict.decision(), Decision::Deny);
            assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
            assert_eq!(
                verdict.message().contains(said),
                is_said,
                "{}",
                verdict.message()
            );
        }
    }
}
