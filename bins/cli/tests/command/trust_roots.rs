//! Trusted roots of sigstore by name, from the options to what a person reads.

use crate::common::Site;

const POLICY: &str = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: acme}\nspec:\n  repositories:\n  - name: \
                      \"*\"\n    policy:\n      sigstore:\n        authorities:\n        - keyless: {issuer: 'https://i.example', \
                      subject: s}\n";
const IMAGE: &str = "nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[test]
fn what_is_no_instance_says_how_one_is_written() {
    let site = Site::new();
    site.write("p.yaml", POLICY);
    for (named, code, says) in [
        ("corp", 2, "NAME=ROOT@WHERE"),
        ("Corp=https://tuf.example/", 2, "lower-case"),
        ("corp=https://u:p@tuf.example/", 2, "user information"),
        ("corp=https://tuf.example/", 6, "corp=ROOT@WHERE"),
        ("corp=nofile.json", 6, "nofile.json cannot be read"),
    ] {
        let run = site.doorward(&["verify", "--trust-root", named, IMAGE, "-f", "p.yaml"]);
        run.run().expect_failure(code, &[says]);
    }
}

#[test]
fn a_trusted_root_that_cannot_be_had_is_inconclusive_and_says_whom_it_asked() {
    let site = Site::new();
    site.write("p.yaml", POLICY);
    let offline = ["verify", "--offline", IMAGE, "-f", "p.yaml"];
    let says = ["sigstore-trust-root-unavailable", "--offline"];
    site.doorward(&offline).run().expect(5, &says);
    let nobody = [
        "verify",
        "--trust-root",
        "sigstore=http://127.0.0.1:1/",
        "--plain-http",
        "127.0.0.1:1",
        IMAGE,
        "-f",
        "p.yaml",
    ];
    let says = ["sigstore-trust-root-unavailable", "127.0.0.1:1"];
    site.doorward(&nobody).run().expect(5, &says);
}

#[test]
fn the_configuration_file_names_instances_too() {
    let site = Site::new();
    site.write("p.yaml", POLICY);
    site.write("doorward.yaml", "trustRoot: [sigstore=root.json]\n");
    site.write("root.json", "{}");
    let verify = ["verify", "--offline", IMAGE, "-f", "p.yaml"];
    let says = ["sigstore-trust-root-invalid"];
    site.doorward(&verify).run().expect(6, &says);
    let config = site.doorward(&["config"]).run();
    config.expect(0, &["trustRoot", "sigstore=root.json", "doorward.yaml"]);
    site.write("doorward.yaml", "trustRoot: [corp]\n");
    site.doorward(&verify)
        .run()
        .expect_failure(6, &["trustRoot", "NAME=WHERE"]);
}
