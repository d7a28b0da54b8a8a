//! What is generated from the description of the command line.

use crate::common::Site;

#[test]
fn every_shell_gets_a_completion_script() {
    let site = Site::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        site.doorward(&["completions", shell])
            .run()
            .expect(0, &["doorward", "verify"]);
    }
    site.doorward(&["completions", "cmd"])
        .run()
        .expect_failure(2, &["cmd"]);
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let site = Site::new();
    site.doorward(&["man"]).run().expect(0, &[".TH doorward 1"]);
    site.doorward(&["man", "--dir", "pages/man1"])
        .run()
        .expect(0, &[]);
    for page in [
        "doorward",
        "doorward-verify",
        "doorward-policy-lint",
        "doorward-policy-match",
        "doorward-demo",
    ] {
        assert!(
            site.path(&format!("pages/man1/{page}.1")).exists(),
            "{page}"
        );
    }
}

#[test]
fn the_reference_has_every_command_and_every_variable() {
    let reference = doorward_cli::reference();
    for part in [
        "## `doorward verify`",
        "## `doorward policy match`",
        "`DOORWARD_PLAIN_HTTP`",
        "`-f, --filename <PATH>`",
        "  5  inconclusive",
    ] {
        assert!(reference.contains(part), "{part} in {reference}");
    }
}

#[test]
fn help_and_version_are_data_and_a_lone_name_is_a_question() {
    let site = Site::new();
    site.doorward(&["--help"])
        .run()
        .expect(0, &["Exit codes:", "verify"]);
    site.doorward(&["verify", "-h"])
        .run()
        .expect(0, &["--filename"]);
    site.doorward(&["--version"])
        .run()
        .expect(0, &[env!("CARGO_PKG_VERSION")]);
    site.doorward(&[]).run().expect_failure(2, &["Usage"]);
}

#[test]
fn as_a_plug_in_of_kubectl_it_calls_itself_by_that_name() {
    let site = Site::new();
    let plug_in = site.path("kubectl-doorward");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_doorward"), &plug_in).unwrap();
    let output = std::process::Command::new(plug_in)
        .args(["verify", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Usage: kubectl doorward verify"), "{help}");
}
