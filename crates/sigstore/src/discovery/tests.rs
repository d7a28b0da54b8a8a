use super::*;

fn index(entries: &[(&str, Option<&str>, Option<&str>)]) -> Index {
    let entries: Vec<String> = entries
        .iter()
        .map(|(name, kind, predicate)| {
            let digest = Digest::sha256(name.as_bytes());
            let kind = kind.map_or_else(String::new, |kind| format!(r#","artifactType":"{kind}""#));
            let predicate = predicate.map_or_else(String::new, |named| {
                format!(r#","annotations":{{"{PREDICATE_TYPE}":"{named}"}}"#)
            });
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":2{kind}{predicate}}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
        entries.join(",")
    );
    Index::parse(text.as_bytes(), None).expect("an index")
}

#[test]
fn what_a_list_says_decides_only_what_is_looked_at_first() {
    let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let list = index(&[
        ("sbom", Some("application/spdx+json"), None),
        (
            "attestation",
            Some(bundle),
            Some("https://spdx.dev/Document"),
        ),
        ("untyped", None, None),
        ("empty", Some(EMPTY), None),
        ("signature", Some(bundle), Some(COSIGN_SIGNATURE)),
        ("old", Some(COSIGN_ARTIFACT), None),
        ("sbom", None, None),
    ]);
    let order = [
        "signature",
        "old",
        "untyped",
        "empty",
        "attestation",
        "sbom",
    ];
    let expected: Vec<Digest> = order
        .iter()
        .map(|name| Digest::sha256(name.as_bytes()))
        .collect();
    let found: Vec<Digest> = listed(&list)
        .into_iter()
        .map(|descriptor| descriptor.digest)
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn only_layers_of_the_three_forms_are_looked_at() {
    for (media_type, form) in [
        (CLAIM, Some(Form::Layer)),
        (ENVELOPE, Some(Form::Attestation)),
        (
            "application/vnd.dev.sigstore.bundle.v0.3+json",
            Some(Form::Bundle),
        ),
        (
            "application/vnd.dev.sigstore.bundle+json;version=0.1",
            Some(Form::Bundle),
        ),
        ("application/vnd.dev.cosign.simplesigning.v2+json", None),
        ("application/vnd.oci.image.layer.v1.tar+gzip", None),
        ("application/jose+json", None),
    ] {
        let media_type = MediaType::new(media_type);
        assert_eq!(Form::of(&media_type), form, "{media_type}");
    }
}

#[test]
fn a_digest_that_is_too_long_for_a_tag_has_none() {
    let digest = Digest::sha256(b"");
    let tag = tag_of(&digest, "sig").map(|tag| tag.to_string());
    assert_eq!(tag, Some(format!("sha256-{}.sig", digest.hex())));
    let long = Digest::compute(doorward_core::Algorithm::Sha512, b"");
    assert_eq!(tag_of(&long, "sig"), None);
}

#[test]
fn a_bundle_whose_manifest_says_that_it_is_a_signature_or_nothing_is_looked_at() {
    let blob = Descriptor::new(MediaType::from_static("a/b"), Digest::sha256(b""), 0);
    for (said, otherwise) in [
        (None, false),
        (Some(""), false),
        (Some(COSIGN_SIGNATURE), false),
        (Some("https://spdx.dev/Document"), true),
    ] {
        let located = Located {
            form: Form::Bundle,
            blob: blob.clone(),
            predicate_type: said.map(str::to_owned),
        };
        assert_eq!(located.says_otherwise(), otherwise, "{said:?}");
    }
}
