use super::*;
use crate::{DescriptorError, Digest};

fn entry(media_type: &str) -> String {
    let digest = Digest::sha256(b"x");
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":1}}"#)
}

fn manifest(members: &str) -> Result<Manifest, DocumentError> {
    Manifest::parse(
        format!(r#"{{"schemaVersion":2,{members}}}"#).as_bytes(),
        None,
    )
}

/// A manifest with `members` behind those that must be there.
fn with(members: &str) -> Result<Manifest, DocumentError> {
    manifest(&format!(
        r#""config":{},"layers":[]{members}"#,
        entry("c/d")
    ))
}

#[test]
fn a_manifest_is_read_with_everything_in_it() {
    let (config, layer) = (entry("c/d"), entry("l/m"));
    let read = manifest(&format!(
        r#""mediaType":"{}","config":{config},"layers":[{layer}],"subject":{layer},"annotations":{{"k":"v"}}"#,
        MediaType::OCI_MANIFEST
    ))
    .expect("a manifest");
    assert_eq!(read.media_type, Some(MediaType::OCI_MANIFEST));
    assert_eq!(read.config.media_type, MediaType::new("c/d"));
    assert_eq!(read.layers.all().map(|all| all.len()), Ok(1));
    assert_eq!(
        read.subject.map(|s| s.media_type),
        Some(MediaType::new("l/m"))
    );
    assert_eq!(read.annotations.len(), 1);
}

#[test]
fn an_artifact_is_of_the_type_it_names_or_else_of_its_configuration() {
    let effective = |members| {
        let read = with(members).expect("a manifest");
        (
            read.artifact_type.is_some(),
            read.effective_artifact_type().clone(),
        )
    };
    let own = (true, MediaType::new("a/b"));
    assert_eq!(effective(r#","artifactType":"a/b""#), own);
    let of_configuration = (false, MediaType::new("c/d"));
    assert_eq!(effective(""), of_configuration);
    assert_eq!(effective(r#","artifactType":"""#), of_configuration);
}

#[test]
fn an_index_is_no_manifest() {
    for text in [r#""manifests":[]"#, r#""x":1"#, r#""layers":[]"#] {
        let kind = matches!(manifest(text), Err(DocumentError::Kind { .. }));
        assert!(kind, "{text}");
    }
    assert!(matches!(
        with(r#","manifests":[]"#),
        Err(DocumentError::Outline(_))
    ));
}

#[test]
fn a_manifest_without_a_good_configuration_is_none() {
    for config in ["null", "{}", "[]", r#"{"mediaType":"a/b"}"#] {
        let refused = manifest(&format!(r#""config":{config},"layers":[]"#));
        let is_config = matches!(
            refused,
            Err(DocumentError::Descriptor {
                member: "config",
                ..
            })
        );
        assert!(is_config, "{config}: {refused:?}");
    }
}

#[test]
fn a_manifest_without_a_list_of_layers_is_none() {
    let config = entry("c/d");
    for layers in ["", r#","layers":{}"#, r#","layers":"x""#] {
        let refused = manifest(&format!(r#""config":{config}{layers}"#));
        let is_list = matches!(
            refused,
            Err(DocumentError::List {
                member: "layers",
                ..
            })
        );
        assert!(is_list, "{layers}: {refused:?}");
    }
}

#[test]
fn a_malformed_subject_is_not_the_same_as_none() {
    assert_eq!(with("").map(|read| read.subject), Ok(None));
    for subject in ["{}", "[]", "1", r#"{"digest":"sha256:0"}"#] {
        let refused = with(&format!(r#","subject":{subject}"#));
        let is_subject = matches!(
            refused,
            Err(DocumentError::Descriptor {
                member: "subject",
                ..
            })
        );
        assert!(is_subject, "{subject}: {refused:?}");
    }
    let error = DescriptorError::Member { member: "subject" };
    let twin = with(&format!(r#","subject":{0},"Subject":{0}"#, entry("a/b")));
    let member = "subject";
    assert_eq!(twin, Err(DocumentError::Descriptor { member, error }));
}

#[test]
fn a_malformed_layer_hides_no_other() {
    let (config, layer) = (entry("c/d"), entry("l/m"));
    let read = manifest(&format!(r#""config":{config},"layers":[{{}},{layer}]"#));
    let layers = read.expect("a manifest").layers;
    assert_eq!(layers.readable().count(), 1);
    assert!(layers.all().is_err());
}
