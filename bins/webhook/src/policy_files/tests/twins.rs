//! Several objects of one name in a file.

use super::*;

fn twin(head: &str, pattern: &str, body: &str) -> String {
    format!(
        "---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: e}}\nspec:\n{head}  \
         repositories:\n  - name: \"{pattern}\"\n    policy: {body}\n"
    )
}

const UNCHECKED: &str = "{unchecked: true}";
const REJECT: &str = "{simple: {requirements: [{type: reject}]}}";

fn denies_after_looks(before: &str, after: &str) -> bool {
    let mut files = first(&[("e.yaml", before)]);
    assert!(!admits(&files, "r.example/a"), "{before}");
    for _ in 0..3 {
        files.look(state(&[("e.yaml", after)]));
    }
    !admits(&files, "r.example/a")
}

#[test]
fn whichever_of_two_objects_of_one_name_is_cut_or_broken_denies_what_it_governed() {
    let lax = twin("", "*", UNCHECKED);
    for head in ["", "  floor: true\n"] {
        let strict = twin(head, "r.example/*", REJECT);
        let both = format!("{lax}{strict}");
        // Every cut that leaves less than the second object, and none of the last word.
        let cuts = lax.len() + 4..both.trim_end().len() - 1;
        for cut in cuts.filter(|cut| both.is_char_boundary(*cut)) {
            let cut = &both[..cut];
            let is_broken = !admits(&first(&[("e.yaml", cut)]), "other.example/a");
            if is_broken {
                assert!(denies_after_looks(&both, cut), "{cut}");
            }
        }
        for broken in ["spek:", "spec: [", "spec: 1\nx:"] {
            let strict_broken = strict.replace("spec:", broken);
            assert!(
                denies_after_looks(&both, &format!("{lax}{strict_broken}")),
                "{broken}"
            );
            assert!(denies_after_looks(
                &format!("{strict}{lax}"),
                &format!("{strict_broken}{lax}")
            ));
        }
        assert!(denies_after_looks(&both, &format!("{lax}---\nx: [\n")));
    }
}

#[test]
fn a_twin_that_changes_while_the_other_is_lost_hides_the_loss_of_none() {
    let strict = twin("", "r.example/*", REJECT);
    let both = format!("{}{strict}", twin("", "*", UNCHECKED));
    let after = format!("{}---\nkind: [\n", twin("", "other.example/*", UNCHECKED));
    assert!(denies_after_looks(&both, &after));
}

#[test]
fn a_twin_that_is_mended_is_in_force_again_and_the_other_goes_on_meanwhile() {
    let (lax, strict) = (
        twin("", "o.example/*", UNCHECKED),
        twin("", "r.example/*", REJECT),
    );
    let both = format!("{lax}{strict}");
    let mut files = first(&[("e.yaml", &both)]);
    for _ in 0..3 {
        files.look(state(&[("e.yaml", &both[..both.len() - 12])]));
    }
    assert!(admits(&files, "o.example/a") && !admits(&files, "r.example/a"));
    for _ in 0..2 {
        files.look(state(&[("e.yaml", &both)]));
    }
    assert!(!files.is_waiting() && admits(&files, "o.example/a"));
}
