use super::*;
use crate::{DescriptorError, Digest};

fn subject() -> Descriptor {
    Descriptor::new(MediaType::OCI_MANIFEST, Digest::sha256(b"image"), 401)
}

fn entry(descriptor: &Descriptor) -> String {
    serde_json::to_string(descriptor).expect("JSON")
}

fn blob(media_type: &str) -> String {
    entry(&Descriptor::new(
        MediaType::new(media_type),
        Digest::sha256(b"x"),
        1,
    ))
}

/// A document of schema version 2 with these members.
fn read(members: &str) -> Result<Referrer, ReferrerError> {
    let text = format!(r#"{{"schemaVersion":2,{members}}}"#);
    Referrer::parse(text.as_bytes(), None, &subject())
}

/// An image manifest with this subject and these members beside it.
fn image(subject: &Descriptor, members: &str) -> Result<Referrer, ReferrerError> {
    read(&format!(
        r#""config":{},"layers":[{}],"subject":{}{members}"#,
        blob("c/d"),
        blob("l/m"),
        entry(subject)
    ))
}

/// An artifact manifest with these members, served under that media type.
fn artifact(members: &str, served: Option<&MediaType>) -> Result<Referrer, ReferrerError> {
    let text = format!(
        r#"{{"mediaType":"{}","subject":{}{members}}}"#,
        MediaType::OCI_ARTIFACT,
        entry(&subject())
    );
    Referrer::parse(text.as_bytes(), served, &subject())
}

#[test]
fn a_referrer_of_each_kind_is_read_with_what_it_consists_of() {
    let read_image = image(&subject(), r#","annotations":{"k":"v"}"#).expect("a referrer");
    assert_eq!(read_image.artifact_type, Some(MediaType::new("c/d")));
    assert_eq!(read_image.annotations.len(), 1);
    let Content::Image { config, layers } = read_image.content else {
        panic!("{:?}", read_image.content);
    };
    assert_eq!(config.media_type, MediaType::new("c/d"));
    assert_eq!(layers.readable().count(), 1);

    let index = read(&format!(
        r#""manifests":[{}],"artifactType":"a/b","subject":{}"#,
        blob("m/n"),
        entry(&subject())
    ))
    .expect("a referrer");
    assert_eq!(index.artifact_type, Some(MediaType::new("a/b")));
    assert!(matches!(index.content, Content::Manifests(all) if all.readable().count() == 1));

    for served in [None, Some(&MediaType::OCI_ARTIFACT)] {
        let members = format!(r#","artifactType":"a/b","blobs":[{}]"#, blob("m/n"));
        let old = artifact(&members, served).expect("a referrer");
        assert_eq!(old.artifact_type, Some(MediaType::new("a/b")));
        assert!(matches!(old.content, Content::Blobs(all) if all.readable().count() == 1));
    }
}

#[test]
fn the_type_that_it_names_counts_before_that_of_its_configuration() {
    let named = image(&subject(), r#","artifactType":"a/b""#).expect("a referrer");
    assert_eq!(named.artifact_type, Some(MediaType::new("a/b")));
    let old = artifact("", None).expect("a referrer");
    assert_eq!(old.artifact_type, None);
}

#[test]
fn what_refers_to_another_image_refers_not_to_this_one() {
    let right = subject();
    let mut others = vec![right.clone(), right.clone(), right.clone()];
    others[0].digest = Digest::sha256(b"another");
    others[1].size += 1;
    others[2].media_type = MediaType::OCI_INDEX;
    for other in others {
        let told = image(&other, "");
        let Err(ReferrerError::Other { expected, found }) = told else {
            panic!("{told:?}");
        };
        assert_ne!(expected, found);
    }
}

#[test]
fn what_refers_to_nothing_is_no_referrer() {
    let members = format!(r#""config":{},"layers":[]"#, blob("c/d"));
    assert_eq!(read(&members), Err(ReferrerError::NoSubject));
    let null = format!(r#"{members},"subject":null"#);
    assert_eq!(read(&null), Err(ReferrerError::NoSubject));
}

#[test]
fn a_subject_that_is_there_twice_or_malformed_is_refused() {
    let twice = image(&subject(), &format!(r#","subject":{}"#, blob("c/d")));
    assert!(
        matches!(twice, Err(ReferrerError::Document(DocumentError::Json(_)))),
        "{twice:?}"
    );
    let twin = image(&subject(), &format!(r#","Subject":{}"#, blob("c/d")));
    assert_eq!(
        twin,
        Err(ReferrerError::Document(DocumentError::Descriptor {
            member: "subject",
            error: DescriptorError::Member { member: "subject" },
        }))
    );
    let malformed = format!(r#""config":{},"layers":[],"subject":{{}}"#, blob("c/d"));
    assert!(matches!(
        read(&malformed),
        Err(ReferrerError::Document(DocumentError::Descriptor { .. }))
    ));
}

#[test]
fn an_artifact_manifest_is_nothing_else_at_the_same_time() {
    let kind = Err(ReferrerError::Document(DocumentError::Kind {
        expected: "artifact manifest",
    }));
    for member in ["manifests", "config", "layers", "fsLayers", "Layers"] {
        assert_eq!(artifact(&format!(r#","{member}":[]"#), None), kind);
    }
    // Served as an image, or an image served as one.
    assert!(artifact("", Some(&MediaType::OCI_MANIFEST)).is_err());
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[],"subject":{}}}"#,
        MediaType::OCI_MANIFEST,
        blob("c/d"),
        entry(&subject())
    );
    let served = Referrer::parse(text.as_bytes(), Some(&MediaType::OCI_ARTIFACT), &subject());
    assert_eq!(served, kind);
    assert!(matches!(
        artifact(r#","blobs":{}"#, None),
        Err(ReferrerError::Document(DocumentError::List { .. }))
    ));
}

#[test]
fn an_entry_that_cannot_be_read_hides_no_other() {
    let members = format!(
        r#""config":{},"layers":[{{}},{}],"subject":{}"#,
        blob("c/d"),
        blob("l/m"),
        entry(&subject())
    );
    let Content::Image { layers, .. } = read(&members).expect("a referrer").content else {
        panic!("an image manifest");
    };
    assert_eq!(layers.entries().len(), 2);
    assert_eq!(layers.readable().count(), 1);
}
