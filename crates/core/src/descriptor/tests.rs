use proptest::prelude::*;

use super::*;
use crate::json::{Limits, parse};

/// A descriptor with `members` behind those that must be there.
fn with(members: &str) -> String {
    let digest = Digest::sha256(b"x");
    format!(r#"{{"mediaType":"a/b","digest":"{digest}","size":1{members}}}"#)
}

fn read(text: &str) -> Result<Descriptor, DescriptorError> {
    Descriptor::from_json(&parse(text.as_bytes(), Limits::bytes(1 << 20)).expect("JSON"))
}

const fn form(member: &'static str) -> Result<Descriptor, DescriptorError> {
    Err(DescriptorError::Form { member })
}

#[test]
fn a_descriptor_is_read_with_everything_in_it() {
    let plain = Descriptor::new(MediaType::new("a/b"), Digest::sha256(b"x"), 1);
    assert_eq!(read(&with("")), Ok(plain.clone()));
    let mut full = plain;
    full.artifact_type = Some(MediaType::new("c/d"));
    full.platform = Some(Platform::new("linux", "arm64"));
    if let Some(platform) = &mut full.platform {
        platform.variant = Some("v8".to_owned());
    }
    full.annotations.insert("k".to_owned(), "v".to_owned());
    let members = r#","artifactType":"c/d","annotations":{"k":"v"},
        "platform":{"os":"linux","architecture":"arm64","variant":"v8","os.version":"1"}"#;
    assert_eq!(read(&with(members)), Ok(full.clone()));
    let written = serde_json::to_string(&full).expect("JSON");
    assert_eq!(read(&written), Ok(full));
}

#[test]
fn what_is_not_known_says_nothing_and_what_is_empty_neither() {
    let plain = read(&with(""));
    for members in [
        r#","urls":["https://a.example"],"data":"eA==","x":{"digest":1}"#,
        r#","artifactType":"","platform":null,"annotations":null"#,
        r#","artifactType":null,"annotations":{}"#,
    ] {
        assert_eq!(read(&with(members)), plain, "{members}");
    }
}

#[test]
fn a_descriptor_without_what_it_must_have_is_none() {
    let digest = format!("\"{}\"", Digest::sha256(b"x"));
    let all = [
        ("mediaType", r#""a/b""#),
        ("digest", digest.as_str()),
        ("size", "1"),
    ];
    for (member, written) in all {
        let pair = format!(r#""{member}":{written}"#);
        for instead in [r#""other":1"#.to_owned(), format!(r#""{member}":null"#)] {
            let text = with("").replace(&pair, &instead);
            assert_eq!(
                read(&text),
                Err(DescriptorError::Missing { member }),
                "{text}"
            );
        }
    }
    let empty = with("").replace("a/b", "");
    let member = "mediaType";
    assert_eq!(read(&empty), Err(DescriptorError::Missing { member }));
    for text in ["null", "[]", "1", r#""sha256:""#] {
        assert_eq!(read(text), Err(DescriptorError::NotAnObject), "{text}");
    }
}

#[test]
fn a_size_is_a_whole_number_of_64_bits_with_a_sign() {
    let sized = |size: &str| read(&with("").replace(r#""size":1"#, &format!(r#""size":{size}"#)));
    let most = sized("9223372036854775807").map(|descriptor| descriptor.size);
    assert_eq!(most, Ok(i64::MAX as u64));
    assert_eq!(sized("0").map(|descriptor| descriptor.size), Ok(0));
    for wrong in [
        "-1",
        "9223372036854775808",
        "1.0",
        "1e3",
        "1E0",
        r#""1""#,
        "true",
        "[1]",
        "99999999999999999999999999",
    ] {
        assert_eq!(sized(wrong), form("size"), "{wrong}");
    }
}

#[test]
fn a_digest_that_cannot_be_verified_is_refused() {
    let text = Digest::sha256(b"x").to_string();
    for wrong in ["", "sha256:0", "md5:00", "SHA256:00", &text.to_uppercase()] {
        let refused = read(&with("").replace(&text, wrong));
        let is_digest = matches!(refused, Err(DescriptorError::Digest(_)));
        assert!(is_digest, "{wrong}: {refused:?}");
    }
    for wrong in ["1", "{}", "[\"x\"]"] {
        let refused = read(&with("").replace(&format!("\"{text}\""), wrong));
        assert_eq!(refused, form("digest"), "{wrong}");
    }
}

#[test]
fn a_media_type_is_visible_text_of_a_bounded_length() {
    let long = format!("a/{}", "b".repeat(254));
    for wrong in [r"a\u001b/b", r"a\n/b", "ä/b", " ", ";x", long.as_str()] {
        let typed = with("").replace("a/b", wrong);
        assert_eq!(read(&typed), form("mediaType"), "{wrong}");
        let member = format!(r#","artifactType":"{wrong}""#);
        assert_eq!(read(&with(&member)), form("artifactType"), "{wrong}");
    }
    assert!(read(&with("").replace("a/b", &long[..255])).is_ok());
}

#[test]
fn a_member_that_only_some_programs_read_is_refused() {
    for (text, member) in [
        (r#","Digest":"x""#, "digest"),
        (r#","\u0044igest":"x""#, "digest"),
        (r#","digeſt":"x""#, "digest"),
        (r#","SIZE":2"#, "size"),
        (r#","mediatype":"x""#, "mediaType"),
        (r#","ArtifactType":"x""#, "artifactType"),
        (r#","annotationſ":{}"#, "annotations"),
        (
            r#","platform":{"os":"a","architecture":"b","OS":"c"}"#,
            "os",
        ),
    ] {
        let refused = Err(DescriptorError::Member { member });
        assert_eq!(read(&with(text)), refused, "{text}");
    }
}

#[test]
fn annotations_are_text_and_bounded_in_number_and_length() {
    let annotated = |annotations: &str| read(&with(&format!(r#","annotations":{annotations}"#)));
    for wrong in ["1", "[]", r#"{"k":1}"#, r#"{"k":null}"#, r#"{"k":{}}"#] {
        assert_eq!(annotated(wrong), form("annotations"), "{wrong}");
    }
    let many = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!(r#""{n}":"""#)).collect();
        annotated(&format!("{{{}}}", members.join(",")))
    };
    let long = |key: usize, value: usize| {
        annotated(&format!(
            r#"{{"{}":"{}"}}"#,
            "k".repeat(key),
            "v".repeat(value)
        ))
    };
    assert!(many(256).is_ok() && long(1 << 10, 64 << 10).is_ok());
    let refused = Err(DescriptorError::Annotations);
    assert_eq!(many(257), refused);
    assert_eq!(long((1 << 10) + 1, 0), refused);
    assert_eq!(long(0, (64 << 10) + 1), refused);
    // Keys that differ by case are two keys.
    let both = annotated(r#"{"k":"1","K":"2"}"#).expect("a descriptor");
    assert_eq!(both.annotations.len(), 2);
}

#[test]
fn a_platform_has_two_names_at_least() {
    for wrong in [
        "1",
        "{}",
        r#"{"os":"linux"}"#,
        r#"{"architecture":"amd64"}"#,
        r#"{"os":1,"architecture":"amd64"}"#,
        r#"{"os":"linux","architecture":"a\u001bb"}"#,
        r#"{"os":"linux","architecture":"amd64","variant":7}"#,
    ] {
        let member = format!(r#","platform":{wrong}"#);
        assert_eq!(read(&with(&member)), form("platform"), "{wrong}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(
        media_type in "[a-z]{1,20}/[a-z.+]{1,20}",
        content in any::<Vec<u8>>(),
        size in 0..=i64::MAX,
        artifact_type in prop::option::of("[a-z]{1,9}/[a-z]{1,9}"),
        annotations in prop::collection::btree_map(any::<String>(), any::<String>(), 0..9),
    ) {
        let size = u64::try_from(size).expect("not below zero");
        let mut made = Descriptor::new(MediaType::new(&media_type), Digest::sha256(&content), size);
        made.artifact_type = artifact_type.as_deref().map(MediaType::new);
        made.annotations = annotations;
        prop_assert_eq!(read(&serde_json::to_string(&made).expect("JSON")), Ok(made));
    }
}
