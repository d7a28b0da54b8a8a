//! The images that builds say they used.

use doorward_core::Reference;
use doorward_documents::{MaterialError, Provenance};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::made::{SLSA1, SLSA02, read};

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
const BUILDKIT: [&str; 2] = [
    "https://mobyproject.org/buildkit@v1",
    "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
];

/// A build of this type with this list, of both versions.
fn build(types: [&str; 2], materials: &Value) -> [Provenance; 2] {
    let older = json!({"builder": {"id": "b"}, "buildType": types[0], "materials": materials});
    let newer = json!({
        "buildDefinition": {"buildType": types[1], "resolvedDependencies": materials},
        "runDetails": {"builder": {"id": "b"}},
    });
    [read(SLSA02, &older).unwrap(), read(SLSA1, &newer).unwrap()]
}

fn images(provenance: &Provenance) -> Vec<String> {
    let images = provenance.images().unwrap().iter();
    images.map(ToString::to_string).collect()
}

fn pinned(repository: &str) -> String {
    format!("{repository}@sha256:{HEX}")
}

fn one(uri: &str) -> Value {
    json!([{"uri": uri, "digest": {"sha256": HEX}}])
}

#[test]
fn images_are_told_from_their_addresses_in_every_form() {
    for (uri, repository) in [
        (
            "pkg:docker/alpine@3.20?platform=linux%2Famd64",
            "docker.io/library/alpine",
        ),
        ("pkg:docker/acme/base@1", "docker.io/acme/base"),
        ("pkg:docker/ghcr.io/acme/base@1", "ghcr.io/acme/base"),
        ("pkg:docker/localhost%3A5000/base@1", "localhost:5000/base"),
        (
            "pkg:docker/acme/base@1?repository_url=gcr.io",
            "gcr.io/acme/base",
        ),
        (
            "pkg:docker/acme/base@1?repository_url=https://hub.docker.com",
            "docker.io/acme/base",
        ),
        (
            "pkg:oci/base?repository_url=ghcr.io/acme/base&tag=1",
            "ghcr.io/acme/base",
        ),
        ("PKG:Docker/alpine@3.20", "docker.io/library/alpine"),
        ("oci://ghcr.io/acme/base", "ghcr.io/acme/base"),
        ("oci://ghcr.io/acme/base:1.2", "ghcr.io/acme/base"),
        ("docker://alpine:3.20", "docker.io/library/alpine"),
        ("DOCKER://alpine", "docker.io/library/alpine"),
        ("docker-image://ghcr.io/acme/base:1", "ghcr.io/acme/base"),
        ("docker-pullable://ghcr.io/acme/base", "ghcr.io/acme/base"),
    ] {
        for provenance in build(BUILDKIT, &one(uri)) {
            assert_eq!(images(&provenance), [pinned(repository)], "{uri}");
        }
    }
    // With the digest in the address alone.
    for (uri, repository) in [
        (
            format!("docker://alpine@sha256:{HEX}"),
            "docker.io/library/alpine",
        ),
        (
            format!("ghcr.io/acme/base@sha256:{HEX}"),
            "ghcr.io/acme/base",
        ),
        (
            format!("pkg:oci/base@sha256%3A{HEX}?repository_url=ghcr.io/acme/base"),
            "ghcr.io/acme/base",
        ),
        (
            format!("pkg:docker/base@1?digest=sha256:{HEX}"),
            "docker.io/library/base",
        ),
    ] {
        for provenance in build(BUILDKIT, &json!([{"uri": uri}])) {
            assert_eq!(images(&provenance), [pinned(repository)], "{uri}");
        }
    }
}

#[test]
fn what_is_no_image_is_none() {
    let others = json!([
        {"uri": "git+https://github.com/acme/web@refs/heads/main", "digest": {"gitCommit": "01"}},
        {"uri": "git@github.com:acme/web.git"},
        {"uri": "https://example.test/file.tar.gz", "digest": {"sha256": HEX}},
        {"uri": "pkg:npm/lodash@4.17.21", "digest": {"sha256": HEX}},
        {"uri": "pkg:golang/docker/oci", "digest": {"sha256": HEX}},
        {"digest": {"gitCommit": "01"}},
        {"name": "settings"},
        {"uri": "https://docker.io/library/alpine", "mediaType": "text/html"},
        {"uri": "Dockerfile", "digest": {"sha256": HEX}},
        {"uri": "build/app.tar:1", "digest": {"sha256": HEX}},
        {"uri": "file:///src/app.rs", "digest": {"sha256": HEX}},
        {"uri": "pkg:github/acme/web@v1.2?vcs_url=ghcr.io/acme/web:1", "digest": {"sha256": HEX}},
        {"uri": "github.com/acme/web", "digest": {"gitCommit": "01"}},
        {"uri": "git.example.test/acme/web.git", "digest": {"gitCommit": "01"}},
    ]);
    for provenance in build(BUILDKIT, &others) {
        assert_eq!(images(&provenance), [""; 0]);
    }
}

#[test]
fn an_image_without_the_digest_that_was_used_is_not_known() {
    for entry in [
        json!({"uri": "pkg:docker/alpine@3.20"}),
        json!({"uri": "pkg:docker/alpine@3.20", "digest": {}}),
        json!({"uri": "pkg:docker/alpine@3.20", "digest": {"sha512": "01"}}),
        json!({"uri": "pkg:docker/alpine@3.20", "digest": {"sha256": ""}}),
        json!({"uri": "oci://ghcr.io/acme/base", "digest": null}),
        json!({"uri": "docker://alpine"}),
    ] {
        for provenance in build(BUILDKIT, &json!([entry])) {
            let found = provenance.images();
            assert!(
                matches!(found, Err(MaterialError::NoDigest { .. })),
                "{entry}: {found:?}"
            );
        }
    }
}

#[test]
fn an_image_of_which_it_cannot_be_told_where_it_is_or_which_it_is_is_not_known() {
    let digest = json!({"sha256": HEX});
    for entry in [
        // Nothing says in which repository.
        json!({"uri": "pkg:oci/base", "digest": digest}),
        json!({"uri": "pkg:oci/base?repository_url=ghcr.io/acme", "digest": digest}),
        json!({"uri": "pkg:oci/base?repository_url=ghcr.io/acme/base&repository_url=evil.example/base", "digest": digest}),
        json!({"uri": "oci-layout://base", "digest": digest}),
        json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest}),
        json!({"uri": "https://ghcr.io/x", "mediaType": "Application/vnd.oci.image.index.v1+json; a=b", "digest": digest}),
        // Two digests.
        json!({"uri": format!("docker://alpine@sha256:{OTHER}"), "digest": digest}),
        json!({"uri": format!("pkg:oci/base@sha256:{OTHER}?repository_url=ghcr.io/base"), "digest": digest}),
        json!({"uri": format!("pkg:docker/base@1?digest=sha256:{OTHER}"), "digest": digest}),
        // None that is one.
        json!({"uri": "docker://alpine", "digest": {"sha256": "xyz"}}),
        json!({"uri": "docker://alpine", "digest": {"sha256": HEX.to_uppercase()}}),
        json!({"uri": "docker://alpine", "digest": {"sha256": 1}}),
        json!({"uri": "docker://alpine", "digest": "sha256:01"}),
        json!({"uri": "docker://alpine", "digest": digest, "Digest": {"sha256": OTHER}}),
        json!({"uri": "docker://alpine", "digest": {"sha256": HEX, "SHA256": OTHER}}),
        json!({"uri": "pkg:docker/base@sha256:01", "digest": digest}),
        // No names.
        json!({"uri": "docker://", "digest": digest}),
        json!({"uri": "docker://acme/Upper", "digest": digest}),
        json!({"uri": "oci://a/../b", "digest": digest}),
        json!({"uri": "pkg:docker/%zz", "digest": digest}),
        json!({"uri": "pkg:docker/a%40b", "digest": digest}),
    ] {
        for provenance in build(BUILDKIT, &json!([entry])) {
            let found = provenance.images();
            assert!(
                matches!(found, Err(MaterialError::Unidentified { .. })),
                "{entry}: {found:?}"
            );
        }
    }
}

#[test]
fn what_may_be_an_image_and_is_named_as_none_is_not_passed_over() {
    let digest = json!({"sha256": HEX});
    let longer = "ab".repeat(64);
    for entry in [
        // A name with the host of a registry and no scheme before it.
        json!({"uri": "ghcr.io/acme/base:1.2"}),
        json!({"uri": "ghcr.io/acme/base:1.2", "digest": digest}),
        json!({"uri": "ghcr.io/acme/base", "digest": digest}),
        json!({"uri": "localhost:5000/base", "digest": digest}),
        json!({"uri": "localhost/base:1", "digest": digest}),
        json!({"uri": "10.0.0.1:5000/base:1", "digest": digest}),
        json!({"uri": "ghcr.io/acme/base", "digest": {"sha512": longer}}),
        json!({"uri": "ghcr.io/acme/base", "digest": {"SHA256": HEX}}),
        json!({"uri": "ghcr.io/acme/base", "digest": {"sha256": 1}}),
        // A digest of another algorithm in the address, or in other letters.
        json!({"uri": format!("ghcr.io/acme/base@sha512:{longer}")}),
        json!({"uri": format!("alpine@sha512:{longer}"), "digest": digest}),
        json!({"uri": format!("docker://alpine@sha512:{longer}")}),
        json!({"uri": format!("pkg:docker/alpine@1?digest=sha512:{longer}")}),
        json!({"uri": format!("alpine@SHA256:{HEX}")}),
        json!({"uri": "alpine@sha384:01"}),
        // A digest alone.
        json!({"digest": digest}),
        json!({"uri": "", "digest": digest}),
        json!({"name": "base", "digest": digest}),
        json!({"digest": {"sha512": longer}}),
        json!({"digest": {"Sha256": HEX}}),
        json!({"digest": {"sha256": null}, "Digest": digest}),
    ] {
        for provenance in build(BUILDKIT, &json!([entry])) {
            let found = provenance.images();
            assert!(
                matches!(found, Err(MaterialError::Unidentified { .. })),
                "{entry}: {found:?}"
            );
        }
    }
}

#[test]
fn a_qualifier_that_stands_there_twice_is_not_left_out() {
    let digest = json!({"sha256": HEX});
    for uri in [
        "pkg:docker/acme/base@1?repository_url=gcr.io&repository_url=ghcr.io".to_owned(),
        "pkg:docker/acme/base@1?repository_url=gcr.io&Repository_URL=gcr.io".to_owned(),
        format!("pkg:docker/acme/base@1?digest=sha256:{HEX}&digest=sha256:{OTHER}"),
        format!(
            "pkg:oci/base?repository_url=ghcr.io/base&digest=sha256:{OTHER}&digest=sha256:{OTHER}"
        ),
    ] {
        for provenance in build(BUILDKIT, &json!([{"uri": uri, "digest": digest}])) {
            let found = provenance.images();
            let Err(MaterialError::Unidentified { why, .. }) = found else {
                panic!("{uri}: {found:?}");
            };
            assert_eq!(*why, "its package URL says something twice", "{uri}");
        }
    }
}

#[test]
fn one_image_that_is_not_known_is_not_made_up_for_by_others() {
    let mut list = one("docker://alpine");
    list.as_array_mut()
        .unwrap()
        .push(json!({"uri": "docker://debian"}));
    for provenance in build(BUILDKIT, &list) {
        assert!(provenance.images().is_err());
    }
}

#[test]
fn a_build_that_lists_no_image_is_trusted_to_have_used_none_only_of_a_type_that_lists_them() {
    for provenance in build(BUILDKIT, &json!([])) {
        assert_eq!(images(&provenance), [""; 0]);
    }
    let source = json!([{"uri": "git+https://github.com/acme/web", "digest": {"gitCommit": "01"}}]);
    for types in [
        ["https://actions.github.io/buildtypes/workflow/v1"; 2],
        ["tekton.dev/v1/TaskRun", "https://tekton.dev/chains/v2/slsa"],
        ["https://builds.example/v1"; 2],
    ] {
        for provenance in build(types, &source) {
            let found = provenance.images();
            assert!(
                matches!(found, Err(MaterialError::Unlisted { .. })),
                "{types:?}"
            );
        }
        for provenance in build(types, &one("oci://ghcr.io/acme/base")) {
            assert_eq!(images(&provenance), [pinned("ghcr.io/acme/base")]);
        }
    }
}

#[test]
fn an_image_counts_once_and_more_than_are_judged_are_too_many() {
    let many = |count: usize| {
        let entries = (0..count)
            .map(|n| json!({"uri": format!("oci://ghcr.io/acme/b{n}"), "digest": {"sha256": HEX}}));
        Value::Array(entries.collect())
    };
    let most = Provenance::MAX_IMAGES;
    for provenance in build(BUILDKIT, &many(most)) {
        assert_eq!(images(&provenance).len(), most);
    }
    for provenance in build(BUILDKIT, &many(most + 1)) {
        let limit = most;
        assert_eq!(provenance.images(), Err(&MaterialError::TooMany { limit }));
    }
    let same = json!([
        one("docker://alpine:1")[0],
        one("docker://alpine:2")[0],
        one("pkg:docker/alpine@1")[0]
    ]);
    for provenance in build(BUILDKIT, &same) {
        assert_eq!(images(&provenance).len(), 1);
    }
}

proptest! {
    #[test]
    fn what_is_named_is_read_as_the_same_image_again_whatever_its_address(
        uri in "(pkg:docker/|pkg:oci/|docker://|oci://|docker-image://|)[a-zA-Z0-9@:/._%?=&#-]{0,40}",
        qualifier in "(|\\?repository_url=[a-zA-Z0-9:/._%-]{0,20})",
    ) {
        let entry = json!([{"uri": format!("{uri}{qualifier}"), "digest": {"sha256": HEX}}]);
        for provenance in build(BUILDKIT, &entry) {
            for image in provenance.images().into_iter().flatten() {
                prop_assert_eq!(image.digest().hex(), HEX);
                let again: Reference = image.to_string().parse().unwrap();
                prop_assert_eq!(again.repository(), image.repository());
                prop_assert_eq!(again.digest(), Some(image.digest()));
            }
        }
    }

    #[test]
    fn an_entry_more_never_makes_known_what_was_not(
        uris in prop::collection::vec(prop::sample::select(vec![
            "docker://alpine", "oci://ghcr.io/acme/base", "pkg:oci/base", "pkg:docker/debian@1", "oci-layout://x",
            "git+https://github.com/acme/web", "pkg:npm/a@1",
        ]), 0..6),
        with_digest in prop::collection::vec(any::<bool>(), 6),
        added in "[ -~]{0,40}",
    ) {
        let entries: Vec<Value> = uris.iter().zip(&with_digest).map(|(uri, has)| {
            if *has { json!({"uri": uri, "digest": {"sha256": HEX}}) } else { json!({"uri": uri}) }
        }).collect();
        let mut more = entries.clone();
        more.push(json!({"uri": added, "digest": {"sha256": OTHER}}));
        let [before, newer_before] = build(BUILDKIT, &Value::Array(entries));
        let [after, newer_after] = build(BUILDKIT, &Value::Array(more));
        for (before, after) in [(before, after), (newer_before, newer_after)] {
            prop_assert!(before.images().is_ok() || after.images().is_err());
            if let (Ok(before), Ok(after)) = (before.images(), after.images()) {
                prop_assert!(before.is_subset(after));
            }
        }
    }
}
