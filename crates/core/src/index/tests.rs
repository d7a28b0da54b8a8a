use super::*;
use crate::{DescriptorError, Digest, OutlineError, json::JsonError};

fn entry(content: &str) -> String {
    let digest = Digest::sha256(content.as_bytes());
    format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":1}}"#)
}

fn index(members: &str) -> Result<Index, DocumentError> {
    Index::parse(
        format!(r#"{{"schemaVersion":2,{members}}}"#).as_bytes(),
        None,
    )
}

fn listing(entries: &[String]) -> Result<Index, DocumentError> {
    index(&format!(r#""manifests":[{}]"#, entries.join(",")))
}

#[test]
fn an_index_is_read_with_everything_in_it() {
    let text = format!(
        r#""mediaType":"{}","artifactType":"c/d","subject":{},"manifests":[{},{}],"annotations":{{"k":"v"}},"x":1"#,
        MediaType::OCI_INDEX,
        entry("s"),
        entry("a"),
        entry("b"),
    );
    let index = index(&text).expect("an index");
    assert_eq!(index.media_type, Some(MediaType::OCI_INDEX));
    assert_eq!(index.artifact_type, Some(MediaType::new("c/d")));
    let subject = index.subject.expect("a subject");
    assert_eq!(subject.digest, Digest::sha256(b"s"));
    let digests: Vec<_> = index.manifests.readable().map(|d| &d.digest).collect();
    assert_eq!(digests, [&Digest::sha256(b"a"), &Digest::sha256(b"b")]);
    assert_eq!(index.annotations.len(), 1);
}

#[test]
fn an_entry_that_is_malformed_hides_no_other_and_keeps_its_place() {
    for malformed in [
        "{}",
        "null",
        "1",
        r#"{"mediaType":"a/b","digest":"x","size":1}"#,
    ] {
        let list = [entry("a"), malformed.to_owned(), entry("b")];
        let manifests = listing(&list).expect("an index").manifests;
        let good: Vec<_> = manifests.entries().iter().map(Result::is_ok).collect();
        assert_eq!(good, [true, false, true], "{malformed}");
        assert_eq!(manifests.readable().count(), 2);
        assert!(manifests.all().is_err(), "{malformed}");
    }
    let whole = listing(&[entry("a"), entry("b")]).expect("an index");
    assert_eq!(whole.manifests.all().map(|all| all.len()), Ok(2));
}

#[test]
fn what_has_no_outline_is_no_index_for_the_same_reason() {
    for text in [
        r#""manifests":[],"layers":[]"#,
        r#""manifests":[],"Layers":[]"#,
        r#""manifests":[],"MANIFESTS":[]"#,
        r#""mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]"#,
    ] {
        let bytes = format!(r#"{{"schemaVersion":2,{text}}}"#);
        let reason = crate::Outline::read(bytes.as_bytes(), None).expect_err("no outline");
        assert_eq!(index(text), Err(DocumentError::Outline(reason)), "{text}");
    }
    let bytes = br#"{"schemaVersion":2,"manifests":[]}"#;
    let served = Index::parse(bytes, Some(&MediaType::OCI_MANIFEST));
    let is_content = matches!(
        served,
        Err(DocumentError::Outline(OutlineError::Content { .. }))
    );
    assert!(is_content, "{served:?}");
}

#[test]
fn a_manifest_is_no_index() {
    for text in [r#""config":{},"layers":[]"#, r#""x":1"#] {
        let kind = matches!(index(text), Err(DocumentError::Kind { .. }));
        assert!(kind, "{text}");
    }
}

#[test]
fn a_member_twice_is_refused_wherever_it_is() {
    for text in [
        r#""manifests":[],"manifests":[]"#,
        r#""manifests":[],"subject":null,"subject":null"#,
        r#""manifests":[{"size":1,"size":2}]"#,
        r#""manifests":[],"annotations":{"k":"1","k":"2"}"#,
        r#""manifests":[],"unknown":{"k":1,"\u006b":2}"#,
    ] {
        let refused = index(text);
        let is_twice = matches!(
            refused,
            Err(DocumentError::Json(JsonError::DuplicateMember { .. }))
        );
        assert!(is_twice, "{text}: {refused:?}");
    }
}

#[test]
fn a_member_that_only_some_programs_read_is_refused() {
    for (text, member) in [
        (r#""Subject":null"#, "subject"),
        (r#""ſubject":{}"#, "subject"),
        (r#""artifacttype":"a/b""#, "artifactType"),
        (r#""ANNOTATIONS":{}"#, "annotations"),
    ] {
        let error = DescriptorError::Member { member };
        let refused = Err(DocumentError::Descriptor { member, error });
        assert_eq!(index(&format!(r#""manifests":[],{text}"#)), refused);
    }
}

#[test]
fn what_the_index_says_of_itself_is_not_read_in_part() {
    for text in [
        r#""subject":{}"#,
        r#""subject":"sha256:0""#,
        r#""artifactType":1"#,
        r#""annotations":{"k":1}"#,
    ] {
        let refused = index(&format!(r#""manifests":[],{text}"#));
        let is_own = matches!(refused, Err(DocumentError::Descriptor { .. }));
        assert!(is_own, "{text}: {refused:?}");
    }
}

#[test]
fn a_list_keeps_to_its_bound() {
    let empty = index(r#""manifests":null"#).expect("an index");
    assert_eq!(empty.manifests, Descriptors::default());
    assert!(listing(&vec!["{}".to_owned(); Descriptors::MAX]).is_ok());
    let many = listing(&vec!["{}".to_owned(); Descriptors::MAX + 1]);
    assert!(matches!(many, Err(DocumentError::List { .. })));
}

#[test]
fn a_document_keeps_to_its_bounds() {
    let long = index(&format!(
        r#""manifests":[],"x":"{}""#,
        "x".repeat(Index::MAX_BYTES)
    ));
    assert!(matches!(
        long,
        Err(DocumentError::Json(JsonError::TooLong { .. }))
    ));
    let deep = index(&format!(
        r#""manifests":[],"x":{}{}"#,
        "[".repeat(40),
        "]".repeat(40)
    ));
    assert!(matches!(
        deep,
        Err(DocumentError::Json(JsonError::TooDeep { .. }))
    ));
    let zeros = vec!["0"; 200_000].join(",");
    let many = index(&format!(r#""manifests":[],"x":[{zeros}]"#));
    assert!(matches!(
        many,
        Err(DocumentError::Json(JsonError::TooMany { .. }))
    ));
}
