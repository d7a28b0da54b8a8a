//! Where a digest is written, and in which form.

use super::*;
use crate::{Holder, MutateImage};

const DEMAND: &str = "simple: {requirements: [{type: reject}]}";

fn of(field: &str) -> PolicyBody {
    valid(&format!("{field}\n{DEMAND}"))
}

#[test]
fn a_digest_is_written_everywhere_into_pods_only_or_nowhere() {
    for (field, meant, in_pods, in_templates) in [
        ("mode: enforce", MutateImage::Everywhere, true, true),
        ("mutateImage: true", MutateImage::Everywhere, true, true),
        ("mutateImage: pods-only", MutateImage::PodsOnly, true, false),
        (
            "mutateImage: 'pods-only'",
            MutateImage::PodsOnly,
            true,
            false,
        ),
        ("mutateImage: false", MutateImage::Nowhere, false, false),
    ] {
        let body = of(field);
        assert_eq!(body.mutate_image, meant, "{field}");
        let pins = (meant.pins(Holder::Pod), meant.pins(Holder::Template));
        assert_eq!(pins, (in_pods, in_templates), "{field}");
        assert!(!body.keep_tag, "{field}");
    }
    assert!(of("keepTag: true").keep_tag);
    assert!(!of("keepTag: false").keep_tag);
}

#[test]
fn what_pins_more_is_greater() {
    let rising = [
        MutateImage::Nowhere,
        MutateImage::PodsOnly,
        MutateImage::Everywhere,
    ];
    for (less, more) in rising.iter().zip(&rising[1..]) {
        assert!(less < more);
        for holder in [Holder::Pod, Holder::Template] {
            assert!(less.pins(holder) <= more.pins(holder));
        }
    }
}

/// What the reader of another group says of a body with this field.
fn in_portieris(field: &str) -> Vec<LintCode> {
    let text = format!(
        "apiVersion: portieris.cloud.ibm.com/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: n}}\n\
         spec:\n  repositories:\n  - name: r.example/*\n    policy: {{{field}, {DEMAND}}}\n"
    );
    let (mut documents, mut errors) = read_documents("p.yaml", text.as_bytes());
    let Some(Document::Policy(object)) = documents.pop() else {
        panic!("a policy")
    };
    errors.extend(PolicySet::compile(vec![object]).1);
    errors.dedup();
    errors.into_iter().map(|error| error.code).collect()
}

#[test]
fn in_the_groups_of_portieris_the_field_is_a_truth_and_no_tag_is_kept() {
    assert_eq!(in_portieris("mutateImage: false"), []);
    assert_eq!(
        in_portieris("mutateImage: pods-only"),
        [LintCode::InvalidValue]
    );
    assert_eq!(in_portieris("mutateImage: 'true'"), [LintCode::WrongType]);
    assert_eq!(in_portieris("mutateImage: pod-only"), [LintCode::WrongType]);
    assert_eq!(in_portieris("keepTag: true"), [LintCode::MisplacedField]);
}
