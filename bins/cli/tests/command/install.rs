//! `doorward install`.

use serde_json::Value;

use crate::common::Site;

/// The names of the definitions that a command line prints.
fn names(args: &[&str]) -> Vec<String> {
    let site = Site::new();
    let run = site.doorward(args).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr, "");
    let documents = run.stdout.split("---\n").map(|text| {
        assert!(text.starts_with("# "), "{text}");
        let definition: Value = serde_yaml::from_str(text).unwrap();
        assert_eq!(definition["apiVersion"], "apiextensions.k8s.io/v1");
        assert_eq!(definition["kind"], "CustomResourceDefinition");
        definition["metadata"]["name"].as_str().unwrap().to_owned()
    });
    documents.collect()
}

#[test]
fn the_definitions_of_every_group_are_printed_or_those_of_the_groups_that_are_named() {
    assert_eq!(
        names(&["install", "crds"]),
        [
            "clusterimagepolicies.doorward.dev",
            "imagepolicies.doorward.dev",
            "clusterimagepolicies.portieris.cloud.ibm.com",
            "imagepolicies.portieris.cloud.ibm.com",
            "clusterimagepolicies.securityenforcement.admission.cloud.ibm.com",
            "imagepolicies.securityenforcement.admission.cloud.ibm.com",
            "clusterimageexceptions.doorward.dev",
            "imageexceptions.doorward.dev",
        ]
    );
    let ours = names(&["install", "crds", "--group", "doorward.dev"]);
    assert_eq!(ours.len(), 4);
    assert_eq!(names(&["install", "crds", "--group", "doorward"]), ours);
    let two = [
        "install",
        "crds",
        "--group",
        "portieris",
        "--group",
        "doorward",
    ];
    assert_eq!(names(&two).len(), 6);
    assert_eq!(
        names(&["install", "crds", "--group=portieris,portieris"]).len(),
        2
    );
}

#[test]
fn a_group_that_is_none_of_ours_is_refused_with_those_that_are() {
    for group in ["sigstore", "policy.sigstore.dev", "", "doorward.dev/v1"] {
        Site::new()
            .doorward(&["install", "crds", "--group", group])
            .run()
            .expect_failure(2, &["doorward.dev", "portieris.cloud.ibm.com"]);
    }
}

#[test]
fn a_part_that_there_is_not_is_refused() {
    Site::new()
        .doorward(&["install", "chart"])
        .run()
        .expect_failure(2, &["chart"]);
}
