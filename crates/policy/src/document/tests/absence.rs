//! What is absent, cut off, or somebody else's.

use super::*;

#[test]
fn a_text_without_a_document_denies_everything() {
    for text in [
        "",
        "\n",
        "# a comment\n",
        "---\n",
        "---\n# nothing\n---\n...\n",
        "~\n",
        "\u{feff}",
    ] {
        assert_eq!(codes(text), ["no-document 0:0"], "{text:?}");
        assert!(denies_everything(text), "{text:?}");
    }
}

#[test]
fn files_of_other_tools_are_passed_over() {
    for text in [
        "resources:\n- p.yaml\n",
        "apiVersion: v2\nname: c\nversion: 1\n",
        "apiVersion: v1\nname: c\nversion: 1\n",
        "image: {tag: 1}\n",
        "kind: Kustomization\nnamePrefix: a-\n",
        "- op: replace\n  path: /spec/replicas\n  value: 2\n",
        "[]\n",
        "{}\n",
        "resources: [p.yaml]",
    ] {
        let (documents, found) = read(text);
        assert_eq!(found, [], "{text}");
        assert!(
            matches!(documents[..], [Document::NotAnObject { line: 1 }]),
            "{text}: {documents:?}"
        );
    }
}

#[test]
fn a_policy_with_a_slip_in_its_head_is_not_taken_for_a_file_of_another_tool() {
    for text in [
        "apiversion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspecs: {}\n",
        "ApiVersion: doorward.dev/v1\nKind: ClusterImagePolicie\nextra: 1\n",
        "version: portieris.cloud.ibm.com/v1\nspec: {}\n",
        "kind: imagepolicy\nextra: 1\n",
        "extra: 1\nspec: {repositories: [{name: a}]}\n",
        "metadata: {name: p}\n",
        "apiVersion: v1\n",
        "kind: C\n",
        "spec: {a: 1}\n",
        "apiVersion: v1\nkind: List\n",
        "apiVersion: v1\nkind: List\nitems:\n",
        "apiVersion: doorward.dev/v1\nkind: ImagePolicyList\nmetadata: {}\n",
    ] {
        assert!(denies_everything(text), "{text}");
        assert!(!codes(text).is_empty(), "{text}");
    }
    assert_eq!(
        codes("apiVersion: v1\nkind: List\nitems: []\n"),
        Vec::<String>::new()
    );
}

#[test]
fn a_policy_whose_last_word_may_be_cut_denies_everything() {
    for text in [
        GOOD.replace("{unchecked: true}\n", "\n      unchecked: true"),
        "apiVersion: v1\nkind: Li".to_owned(),
        "spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\nkind: ImagePolicy\napiVersion: doorward.dev/v1\nmetadata:\n  name: p\n  namespace: prod".to_owned(),
        GOOD.replace("    policy: {unchecked: true}\n", "").replace("- name: '*'", "- policy: {unchecked: true}\n    name: r.example/*"),
        GOOD.replace("    policy: {unchecked: true}\n", "").replace("- name: '*'", "- policy: {unchecked: true}\n    name: r.example/*  "),
        "apiVersion: doorward.dev/v1\nkind: List\nitems:\n- kind: ImagePolicy\n  metadata: {name: p}\n  spec: {repositories: [{name: '*', policy: &a {unchecked: true}}, {name: b, policy: {unchecked: true}}]}\n  status: *a".to_owned(),
    ] {
        let text = text.trim_end_matches('\n');
        assert_eq!(codes(text).len(), 1, "{text}: {:?}", codes(text));
        assert!(codes(text)[0].starts_with("unfinished"), "{text}: {:?}", codes(text));
        assert!(denies_everything(text), "{text}");
    }
}

#[test]
fn a_last_line_without_a_break_is_whole_behind_a_bracket_a_quote_or_a_comment() {
    for ending in ["{unchecked: true}", "{unchecked: true} # because"] {
        let text = GOOD.replace("{unchecked: true}\n", ending);
        assert_eq!(codes(&text), Vec::<String>::new());
    }
    let quoted = GOOD.replace("    policy: {unchecked: true}\n", "").replace(
        "- name: '*'\n",
        "- policy: {unchecked: true}\n    name: '*'",
    );
    assert_eq!(codes(&quoted), Vec::<String>::new());
    assert_eq!(
        codes("apiVersion: v1\nkind: Secret\ntype: Opaque"),
        Vec::<String>::new()
    );
}

#[test]
fn json_documents_may_follow_one_another() {
    let one = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}"#;
    let policy = r#"{"apiVersion":"doorward.dev/v1","kind":"ImagePolicy","metadata":{"name":"p","namespace":"n"},"spec":{"repositories":[{"name":"a","policy":{"mod":1}}]}}"#;
    for between in ["\n", "", " \r\n\n  "] {
        let text = format!("{one}{between}{policy}{between}{one}");
        let (documents, found) = read(&text);
        assert_eq!(documents.len(), 3, "{between:?}: {found:?}");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(matches!(&documents[1], Document::Policy(policy) if policy.name == "p"));
    }
    let text = format!("{one}\n{policy}\n");
    let place = text
        .lines()
        .nth(1)
        .and_then(|line| line.find("\"mod\""))
        .expect("there")
        + 1;
    assert_eq!(codes(&text), [format!("unknown-field 2:{place}")]);
    let cut = format!("{one}\n{}", &policy[..40]);
    assert!(denies_everything(&cut));
    assert_eq!(read(&cut).0.len(), 2);
}

#[test]
fn a_policy_of_another_project_is_named() {
    let text = "apiVersion: v1\nkind: Pod\n---\napiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\n---\napiVersion: config.openshift.io/v1\nkind: ImagePolicy\nmetadata: {name: p}\n";
    let (documents, found) = read(text);
    assert_eq!(found, []);
    let named: Vec<String> = documents
        .iter()
        .filter_map(|document| document.foreign_policy("p.yaml"))
        .map(|finding| finding.to_string())
        .collect();
    assert_eq!(named.len(), 2, "{named:?}");
    assert!(named[0].starts_with("p.yaml:4:1: warning[foreign-kind]: a ClusterImagePolicy of `policy.sigstore.dev/v1beta1`"), "{named:?}");
    assert!(named[1].contains("`config.openshift.io/v1`"), "{named:?}");
}

#[test]
fn a_policy_in_one_column_with_the_dash_is_told_to_move() {
    for indent in ["", "  ", "      "] {
        let text = format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: n}}\nspec:\n  repositories:\n  {indent}- name: 'a'\n  {indent}policy:\n  {indent}  unchecked: true\n"
        );
        let found = read(&text).1;
        let told = format!(
            "{} {}",
            found[0].message,
            found[0].suggestion.clone().unwrap_or_default()
        );
        assert!(
            told.contains("`policy`") && told.contains("indent"),
            "{indent:?}: {found:?}"
        );
        assert_eq!(found[0].line, 7, "{found:?}");
        assert!(denies_everything(&text) || indent.is_empty());
    }
}

#[test]
fn a_floor_that_holds_nothing_or_has_no_value_denies_in_every_namespace() {
    let own = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}\nspec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
    for spec in [
        "",
        "spec:\n",
        "spec: {}\n",
        "spec:\n  floor:\n",
        "spec:\n  floor: true\n",
        "spec:\n  floor: true\n  repositories:\n",
        "spec:\n  floor: true\n  repositories: []\n",
        "spec:\n  floor:\n  repositories: [{name: '*', policy: {unchecked: true}}]\n",
        "spec:\n  floor: null\n  repositories: [{name: '*', policy: {unchecked: true}}]\n",
        "spec:\n  repositories:\n",
    ] {
        let text = format!(
            "{own}---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: f}}\n{spec}"
        );
        let (set, late) = PolicySet::compile(policies(&text));
        assert!(!late.is_empty() || !codes(&text).is_empty(), "{spec}");
        let crate::Selection::Match(found) = set.select("nginx", Some("n")) else {
            panic!("{spec}")
        };
        assert!(
            found.entries.iter().any(|entry| entry.body.is_err()),
            "{spec}"
        );
    }
}

#[test]
fn a_policy_of_ours_without_entries_denies_its_scope_unless_it_says_so() {
    for (spec, sound) in [
        ("spec: {}", false),
        ("spec: {repositories: }", false),
        ("spec: {repositories: null}", false),
        ("spec: {repositories: []}", true),
    ] {
        let text = format!(
            "{GOOD}---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\n{spec}\n"
        );
        assert_eq!(denies_everything(&text), !sound, "{spec}");
    }
    let theirs = "apiVersion: portieris.cloud.ibm.com/v1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {}\n";
    assert!(!denies_everything(&format!("{GOOD}---\n{theirs}")));
}

#[test]
fn a_namespace_without_a_value_denies_everywhere() {
    for metadata in [
        "{name: p, namespace: }",
        "{name: p, namespace: ''}",
        "{name: p, namespace: ~}",
    ] {
        let text = format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {metadata}\nspec: {{repositories: [{{name: '*', policy: {{unchecked: true}}}}]}}\n"
        );
        assert!(denies_everything(&text), "{metadata}");
    }
}
