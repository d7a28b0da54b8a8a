//! The Dockerfile agrees with what is said elsewhere.

use serde_json::Value;

use crate::helm::file;

const DOCKERFILE: &str = include_str!("../../../../Dockerfile");
const TOOLCHAIN: &str = include_str!("../../../../rust-toolchain.toml");

/// What stands behind the words in each line that begins with them.
fn lines(begin: &str) -> Vec<&str> {
    let found = DOCKERFILE
        .lines()
        .filter_map(|line| line.strip_prefix(begin));
    found.map(str::trim).collect()
}

#[test]
fn the_image_is_built_by_the_rust_of_the_repository() {
    let channel = TOOLCHAIN
        .split("channel = \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(
        lines("ARG RUST="),
        [format!("docker.io/library/rust:{channel}-bookworm")]
    );
    let named = format!("RUSTUP_TOOLCHAIN={channel} ");
    assert!(
        lines("ENV ").iter().any(|line| line.starts_with(&named)),
        "{named}"
    );
}

#[test]
fn the_image_runs_as_the_user_of_the_chart_by_number_and_without_a_shell() {
    let values: Value = serde_yaml::from_str(&file("values.yaml")).unwrap();
    let context = &values["securityContext"];
    let user = format!("{}:{}", context["runAsUser"], context["runAsGroup"]);
    // Kubernetes tells whether a user is root only by its number.
    assert_eq!(lines("USER "), [user.as_str(); 3]);
    let entries = lines("ENTRYPOINT ");
    assert_eq!(
        entries,
        [
            r#"["/usr/bin/doorward"]"#,
            r#"["/usr/bin/doorward-gatekeeper"]"#,
            r#"["/usr/bin/doorward-webhook"]"#
        ]
    );
    // The last stage is what a build without a target gives.
    assert_eq!(lines("FROM ").last().unwrap(), &"${RUNTIME} AS webhook");
}
