use doorward::SecretError;

use super::*;

const POLICY: &str = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: shop}\n\
                      spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";

fn read(text: &str) -> Snapshot {
    let mut builder = SnapshotBuilder::default();
    builder.add("p.yaml", text.as_bytes());
    builder.build()
}

fn admits(snapshot: &Snapshot) -> bool {
    let Rules::Policies(set) = &snapshot.rules else {
        panic!("policies")
    };
    match set.select("r.example/a", Some("shop")) {
        doorward_policy::Selection::Match(found) => {
            found.entries.iter().all(|entry| entry.body.is_ok())
        }
        _ => false,
    }
}

#[test]
fn text_that_may_have_been_a_policy_denies_everything_and_names_file_and_line() {
    for text in [
        "kind: [",
        "lol",
        "",
        "kind: ImagePolicy\nmetadata: {name: x}",
        "\u{0}",
    ] {
        let snapshot = read(&format!("{POLICY}---\n{text}"));
        if !text.is_empty() {
            assert!(!admits(&snapshot), "{text}");
            assert!(snapshot.problems()[0].starts_with("p.yaml"), "{text}");
            assert_eq!(snapshot.entries(), 2, "{text}");
        }
        assert!(!admits(&read(text)));
    }
}

#[test]
fn files_of_other_tools_and_other_policies_are_noted_and_passed_over() {
    for text in [
        "resources: [a.yaml]\n",
        "- op: add\n",
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\n",
    ] {
        let snapshot = read(&format!("{POLICY}---\n{text}"));
        assert!(admits(&snapshot), "{text}");
        assert_eq!(snapshot.problems(), [] as [String; 0]);
        assert!(
            snapshot.notes()[0].starts_with("p.yaml:6: "),
            "{:?}",
            snapshot.notes()
        );
    }
}

#[test]
fn objects_of_a_namespace_that_have_a_key_twice_hide_no_mistake_of_the_operator() {
    let mut builder = SnapshotBuilder::default();
    for number in 0..200 {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: aaa}}\n\
             data: {{}}\ndata: {{n: {number}}}\n"
        );
        builder.add(&format!("{number}.yaml"), text.as_bytes());
    }
    builder.add(
        "z.yaml",
        b"apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: 1\n",
    );
    let snapshot = builder.build();
    assert!(
        snapshot.problems()[0].starts_with("z.yaml"),
        "{:?}",
        snapshot.problems()
    );
}

#[test]
fn an_object_that_has_a_key_twice_is_a_problem_whatever_its_kind() {
    for kind in ["ConfigMap", "Secret", "ServiceAccount"] {
        let object =
            format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\nmetadata: {{name: b}}\n");
        let snapshot = read(&format!("{POLICY}---\n{object}"));
        assert_eq!(snapshot.faults(), 1, "{kind}");
        assert!(
            snapshot.problems()[0].contains("`metadata` stands here twice"),
            "{:?}",
            snapshot.problems()
        );
        assert!(admits(&snapshot), "{kind}");
    }
}

#[tokio::test]
async fn a_config_map_is_there_for_policies_that_name_it_and_a_faulty_one_is_not_usable() {
    let object =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: roots, namespace: shop}\ndata: {a: b}\n";
    let held = async |text: &str| {
        let snapshot = read(text);
        let found = snapshot.secrets().config_map("shop", "roots").await;
        found.map(|held| held.item("a").map(<[u8]>::to_vec))
    };
    assert_eq!(held(object).await, Ok(Some(b"b".to_vec())));
    for faulty in [
        object.to_owned() + "data: {}\n",
        object.replace("{a: b}", "{a: 1}"),
        format!("{object}---\n{}", object.replace("a: b", "a: c")),
    ] {
        let found = held(&faulty).await;
        assert!(
            matches!(found, Err(SecretError::Invalid { .. })),
            "{faulty}"
        );
    }
}

#[test]
fn an_object_that_holds_policies_is_noted() {
    let text = format!(
        "apiVersion: v1\nkind: Template\nobjects:\n- {}",
        POLICY.replace('\n', "\n  ").trim_end()
    );
    let snapshot = read(&format!("{POLICY}---\n{text}\n"));
    assert!(
        snapshot.notes()[0].starts_with("p.yaml:6: this Template holds policies"),
        "{:?}",
        snapshot.notes()
    );
}

#[test]
fn a_policy_that_names_no_namespace_is_noted() {
    let text = POLICY.replace("ClusterImagePolicy", "ImagePolicy");
    let without = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec: {repositories: []}\n";
    let snapshot = read(&format!("{text}---\n{without}"));
    let about =
        |note: &&String| note.contains("without a namespace, the policy belongs to `default`");
    assert_eq!(
        snapshot.notes().iter().filter(about).count(),
        1,
        "{:?}",
        snapshot.notes()
    );
}

#[test]
fn an_entry_with_a_mistake_is_in_force_and_reported() {
    let snapshot = read(&POLICY.replace("{unchecked: true}", "{mutateimage: true}"));
    assert_eq!(snapshot.entries(), 1);
    assert_eq!(snapshot.entries[&PolicyKind::ImagePolicy].invalid, 1);
    assert!(
        snapshot
            .problems()
            .iter()
            .any(|problem| problem.contains("mutateimage")),
        "{:?}",
        snapshot.problems()
    );
}

#[test]
fn a_secret_that_cannot_be_decoded_is_left_out_and_told_without_its_content() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\ndata: {key: 'hunter2!'}\n";
    let snapshot = read(&format!("{POLICY}---\n{text}"));
    let problems = snapshot.problems().join("\n");
    assert!(
        problems.contains("n/k") && !problems.contains("hunter2"),
        "{problems}"
    );
    assert!(admits(&snapshot));
    assert!(format!("{:?}", snapshot.objects.secrets).contains("not base64"));
}

#[test]
fn a_pull_secret_that_is_no_configuration_is_reported_without_its_content() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\nstringData: {.dockercfg: 'hunter2'}\n";
    let snapshot = read(text);
    let problems = snapshot.problems().join("\n");
    assert!(
        problems.contains("n/k") && !problems.contains("hunter2"),
        "{problems}"
    );
}

#[test]
fn kinds_that_are_not_ours_are_passed_over() {
    let snapshot = read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n");
    assert_eq!((snapshot.entries(), snapshot.problems().len()), (0, 0));
}

#[test]
fn the_end_of_a_trusted_key_is_published_under_the_name_of_its_secret() {
    let signer = doorward_testkit::OpenPgpSigner::builder(doorward_testkit::KeyKind::Ed25519)
        .created(Timestamp::from_unix(1_700_000_000))
        .expires_after(1_000)
        .build();
    let key = signer.public_key_armored().replace('\n', "\n    ");
    let ring = |namespace: &str, name: &str| {
        format!(
            "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\nstringData:\n  key: |\n    {key}\n"
        )
    };
    let signed = "{simple: {requirements: [{type: signedBy, keySecret: k}]}}";
    let policy = POLICY.replace("{unchecked: true}", signed);
    let policy = policy.replace("namespace: shop", "namespace: n");
    let metrics = Metrics::new().unwrap();
    let snapshot = read(&[policy, ring("n", "k"), ring("n", "other"), ring("m", "k")].concat());
    snapshot.publish(&metrics, Timestamp::from_unix(0));
    snapshot.publish_key_ends(&metrics);
    let text = String::from_utf8(metrics.render().unwrap()).unwrap();
    let ends: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("doorward_trust_expiry"))
        .collect();
    assert_eq!(
        ends,
        [
            r#"doorward_trust_expiry_timestamp_seconds{name="n/k",scheme="simple-signing"} 1700001000"#
        ],
        "key rings that no policy names are not read"
    );
}

#[test]
fn debug_output_shows_no_secret() {
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: k, namespace: n}\nstringData: {key: 'hunter2'}\n";
    assert!(!format!("{:?}", read(text)).contains("hunter2"));
}

#[test]
fn mistakes_beyond_those_that_are_kept_are_counted() {
    let broken = POLICY.replace("{unchecked: true}", "{mutateimage: true}");
    let many: Vec<_> = (0..150)
        .map(|number| broken.replace("name: p,", &format!("name: p{number},")))
        .collect();
    let snapshot = read(&many.join("---\n"));
    assert_eq!(snapshot.problems().len(), 100);
    assert!(snapshot.faults() >= 150, "{}", snapshot.faults());
    let metrics = Metrics::new().unwrap();
    snapshot.publish(&metrics, Timestamp::from_unix(0));
    let text = String::from_utf8(metrics.render().unwrap()).unwrap();
    let line = format!("doorward_policy_faults {}", snapshot.faults());
    assert!(text.contains(&line), "{text}");
}
