//! Of which format a document is.

use doorward_documents::{Document, DocumentError, Format};

use crate::made::{cyclonedx, read};

#[test]
fn a_document_of_two_formats_is_neither() {
    for text in [
        r#"{"spdxVersion": "SPDX-2.3", "bomFormat": "CycloneDX", "specVersion": "1.6"}"#,
        r#"{"SchemaVersion": 2, "version": "2.1.0", "runs": []}"#,
        r#"{"@context": "https://openvex.dev/ns/v0.2.0", "spdxVersion": "SPDX-2.3"}"#,
        r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [], "bomFormat": "CycloneDX", "specVersion": "1.6"}"#,
    ] {
        assert!(
            matches!(read(text), Err(DocumentError::Ambiguous { .. })),
            "{text}"
        );
    }
}

#[test]
fn a_media_type_that_contradicts_the_content_is_refused() {
    let bom = cyclonedx(r#""components": []"#);
    let read = |media_type| Document::read(bom.as_bytes(), Some(media_type));
    for media_type in [
        "application/spdx+json",
        "application/sarif+json",
        "APPLICATION/SARIF+JSON; charset=utf-8",
    ] {
        assert!(
            matches!(read(media_type), Err(DocumentError::Contradiction { .. })),
            "{media_type}"
        );
    }
    for media_type in [
        "application/vnd.cyclonedx+json; version=1.6",
        "application/json",
        "text/plain",
        "",
    ] {
        assert_eq!(
            read(media_type).unwrap().format(),
            Format::CycloneDx,
            "{media_type}"
        );
    }
    let graph = r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}"#;
    let document = Document::read(graph.as_bytes(), Some("application/spdx+json")).unwrap();
    assert_eq!(document.format(), Format::Spdx3);
}

#[test]
fn versions_that_are_not_read_are_named() {
    for text in [
        r#"{"spdxVersion": "SPDX-2.1"}"#,
        r#"{"spdxVersion": "2.30"}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": "1.3"}"#,
        r#"{"bomFormat": "CycloneDX"}"#,
        r#"{"bomFormat": "CycloneDX", "specVersion": 1.6}"#,
        r#"{"version": "2.0.0", "runs": []}"#,
        r#"{"SchemaVersion": 1}"#,
        r#"{"SchemaVersion": "2"}"#,
        r#"{"SchemaVersion": 2.0}"#,
        r#"{"@context": "https://openvex.dev/ns"}"#,
        r#"{"@context": "https://openvex.dev/ns/v0.0.1"}"#,
        r#"{"@context": "https://spdx.org/rdf/3.1/spdx-context.jsonld"}"#,
        r#"{"@context": "https://spdx.org/rdf/3.0.1/other.jsonld"}"#,
    ] {
        assert!(
            matches!(read(text), Err(DocumentError::Version { .. })),
            "{text}: {:?}",
            read(text)
        );
    }
}

#[test]
fn what_is_of_no_format_is_refused() {
    for text in [
        "{}",
        "[]",
        "null",
        "1",
        r#""SPDX-2.3""#,
        r#"{"bomFormat": "cyclonedx"}"#,
        r#"{"spdxVersion": 2.3}"#,
        // A context of one's own gives the members another meaning.
        r#"{"@context": ["https://spdx.org/rdf/3.0.1/spdx-context.jsonld", {"name": "http://x"}], "@graph": []}"#,
        r#"{"@context": "https://evil.example/spdx-context.jsonld", "@graph": []}"#,
    ] {
        assert!(
            matches!(read(text), Err(DocumentError::NotRecognised)),
            "{text}: {:?}",
            read(text)
        );
    }
    for text in ["", "SPDXVersion: SPDX-2.3\n", "<bom/>", "{", "\u{feff}{}"] {
        assert!(matches!(read(text), Err(DocumentError::Json(_))), "{text}");
    }
}

#[test]
fn known_media_and_predicate_types_stand_for_their_formats() {
    for (predicate_type, formats) in [
        (
            "https://spdx.dev/Document",
            &[Format::Spdx2, Format::Spdx3][..],
        ),
        (
            "https://spdx.dev/Document/v2.3",
            &[Format::Spdx2, Format::Spdx3],
        ),
        ("https://cyclonedx.org/bom/v1.6", &[Format::CycloneDx]),
        ("https://openvex.dev/ns/v0.2.0", &[Format::OpenVex]),
        (
            "https://cosign.sigstore.dev/attestation/vuln/v1",
            &[Format::Sarif, Format::TrivyJson],
        ),
        ("https://spdx.dev/Documents", &[]),
        ("https://slsa.dev/provenance/v1", &[]),
    ] {
        let found: Vec<Format> = Format::ALL
            .into_iter()
            .filter(|format| format.has_predicate_type(predicate_type))
            .collect();
        assert_eq!(found, formats, "{predicate_type}");
    }
}
