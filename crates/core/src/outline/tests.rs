use proptest::prelude::*;

use super::*;

const MANIFEST: &str = r#""config":{},"layers":[]"#;
const INDEX: &str = r#""manifests":[{"platform":{"os":"linux","architecture":"amd64"}}]"#;

fn document(media_type: Option<&MediaType>, members: &str) -> String {
    let media_type =
        media_type.map_or_else(String::new, |text| format!(r#""mediaType":"{text}","#));
    format!(r#"{{"schemaVersion":2,{media_type}{members}}}"#)
}

fn read(text: &str, served: Option<&MediaType>) -> Result<Outline, OutlineError> {
    Outline::read(text.as_bytes(), served)
}

#[test]
fn a_manifest_or_an_index_is_read_whatever_says_so() {
    for (media_type, members, is_index) in [
        (MediaType::OCI_MANIFEST, MANIFEST, false),
        (MediaType::DOCKER_MANIFEST, MANIFEST, false),
        (MediaType::OCI_INDEX, INDEX, true),
        (MediaType::DOCKER_LIST, INDEX, true),
    ] {
        let generic = MediaType::new("application/json; charset=utf-8");
        for (named, served) in [
            (Some(&media_type), Some(&media_type)),
            (Some(&media_type), None),
            (Some(&media_type), Some(&generic)),
            (None, Some(&media_type)),
            (None, None),
        ] {
            let outline = read(&document(named, members), served).expect("readable");
            assert_eq!(outline.index.is_some(), is_index, "{media_type}");
        }
    }
}

#[test]
fn a_document_that_is_index_and_manifest_at_once_is_refused_whatever_it_calls_itself() {
    let both = format!("{MANIFEST},{INDEX}");
    let empty = format!(r#"{MANIFEST},"manifests":[]"#);
    let null = format!(r#"{INDEX},"layers":null"#);
    for members in [both, empty, null, format!(r#"{INDEX},"config":{{}}"#)] {
        let types = MediaType::ACCEPTED_MANIFESTS;
        for named in types.iter().map(Some).chain([None]) {
            for served in types.iter().map(Some).chain([None]) {
                let error = read(&document(named, &members), served).expect_err("refused");
                assert!(matches!(error, OutlineError::Both { .. }), "{error}");
            }
        }
    }
}

#[test]
fn a_media_type_that_contradicts_the_header_is_refused() {
    let types = MediaType::ACCEPTED_MANIFESTS;
    for named in &types {
        let members = if named.is_index() { INDEX } else { MANIFEST };
        for served in types.iter().filter(|served| *served != named) {
            let error = read(&document(Some(named), members), Some(served)).expect_err("refused");
            assert!(matches!(error, OutlineError::Served { .. }), "{error}");
        }
        let html = MediaType::new("text/html");
        assert!(read(&document(Some(named), members), Some(&html)).is_err());
    }
}

#[test]
fn a_media_type_or_header_that_contradicts_the_content_is_refused() {
    for media_type in &MediaType::ACCEPTED_MANIFESTS {
        let members = if media_type.is_index() {
            MANIFEST
        } else {
            INDEX
        };
        for (named, served) in [
            (Some(media_type), None),
            (None, Some(media_type)),
            (Some(media_type), Some(media_type)),
        ] {
            let error = read(&document(named, members), served).expect_err("refused");
            assert!(matches!(error, OutlineError::Content { .. }), "{error}");
        }
    }
}

#[test]
fn a_member_that_only_some_programs_read_is_refused() {
    for member in [
        r#""Manifests":[]"#,
        r#""MANIFESTS":[]"#,
        r#""manifeſts":[]"#,
        r#""manife\u017ft\u0073":[]"#,
        r#""LAYERS":[]"#,
        r#""Config":{}"#,
        r#""MediaType":"x""#,
        r#""config":{}"#,
        r#""schemaversion":1"#,
    ] {
        let text = document(None, &format!("{MANIFEST},{member}"));
        let error = read(&text, None).expect_err(member);
        assert!(
            matches!(error, OutlineError::Member { .. }),
            "{member}: {error}"
        );
    }
}

#[test]
fn what_is_neither_is_no_outline() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        r#"{"schemaVersion":1,"fsLayers":[]}"#,
        r#"{"schemaVersion":2,"manifests":{}}"#,
        r#"{"schemaVersion":2,"manifests":[1]}"#,
        r#"{"schemaVersion":2} x"#,
        r#"{"schemaVersion":2,"mediaType":7}"#,
    ] {
        assert!(read(text, None).is_err(), "{text}");
    }
}

#[test]
fn the_platforms_of_an_index_are_named_once_and_are_plain_words() {
    let platform = |os: &str, architecture: &str, variant: &str| {
        format!(
            r#"{{"platform":{{"os":"{os}","architecture":"{architecture}","variant":"{variant}"}}}}"#
        )
    };
    let list = [
        platform("linux", "amd64", ""),
        platform("linux", "arm64", "v8"),
        platform("linux", "amd64", ""),
        platform("unknown", "unknown", ""),
        platform("linux", r"\u001b[31m", ""),
        "{}".to_owned(),
    ];
    let text = document(None, &format!(r#""manifests":[{}]"#, list.join(",")));
    let index = read(&text, None)
        .expect("an index")
        .index
        .expect("an index");
    assert_eq!(index.manifests, 6);
    assert_eq!(index.platforms, ["linux/amd64", "linux/arm64/v8"]);
    assert_eq!(index.first, None);
    let many: Vec<_> = (0..100)
        .map(|n| platform("linux", &format!("a{n}"), ""))
        .collect();
    let text = document(None, &format!(r#""manifests":[{}]"#, many.join(",")));
    let index = read(&text, None)
        .expect("an index")
        .index
        .expect("an index");
    assert_eq!((index.manifests, index.platforms.len()), (100, LISTED));
}

#[test]
fn the_first_manifest_with_a_platform_is_known_by_its_digest() {
    let entry = |digest: &str, os: &str| {
        format!(r#"{{"digest":{digest},"platform":{{"os":"{os}","architecture":"amd64"}}}}"#)
    };
    let first = |list: &[String]| {
        let text = document(None, &format!(r#""manifests":[{}]"#, list.join(",")));
        let index = read(&text, None).expect("an index").index;
        index.expect("an index").first
    };
    let digest = Digest::sha256(b"m");
    let quoted = format!(r#""{digest}""#);
    let attestation =
        r#"{"digest":"sha256:0","platform":{"os":"unknown","architecture":"unknown"}}"#;
    let (one, other) = (entry(&quoted, "linux"), entry(&quoted, "plan9"));
    assert_eq!(
        first(&[attestation.to_owned(), one, other.clone()]),
        Some(("linux/amd64".to_owned(), digest))
    );
    for wrong in ["1", "null", r#""sha256:1""#, "{}"] {
        assert_eq!(
            first(&[entry(wrong, "linux"), other.clone()]),
            None,
            "{wrong}"
        );
    }
}

proptest! {
    /// Whatever stands where: with members of both kinds under any spelling, there is no outline.
    #[test]
    fn no_spelling_of_both_kinds_is_read(
        manifest in prop::sample::select(vec!["config", "layers", "fsLayers", "blobs"]),
        upper in prop::collection::vec(any::<bool>(), 9),
        index_first in any::<bool>(),
        served in prop::option::of(prop::sample::select(MediaType::ACCEPTED_MANIFESTS.to_vec())),
    ) {
        let index: String = "manifests"
            .chars()
            .zip(upper)
            .map(|(c, upper)| if upper { c.to_ascii_uppercase() } else { c })
            .collect();
        let (manifest, index) = (format!("\"{manifest}\":[]"), format!("\"{index}\":[]"));
        let members = if index_first { [index, manifest] } else { [manifest, index] }.join(",");
        prop_assert!(read(&document(None, &members), served.as_ref()).is_err());
    }
}
