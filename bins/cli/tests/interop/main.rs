//! The programs of the field against ours: gpg makes the keys, skopeo signs and pushes into docker-registry, notary
//! publishes to notary-server, notation signs what oras attaches, cosign signs in every form, and the `doorward` command and
//! webhook judge what they left there.
//!
//! Needs skopeo, gpg and docker-registry, and for trust servers notary with its servers and openssl
//! (`scripts/install-tools`), and for cosign both generations of it (`scripts/install-cosign`). Without them the tests here say
//! so and pass, unless `DOORWARD_REQUIRE_TOOLS=1`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod authority;
mod cases;
mod command;
mod cosign;
mod gpg;
mod http;
mod image;
mod lookaside;
mod notary;
mod notation;
mod pki;
mod process;
mod programs;
mod providers;
mod registry;
mod site;
mod skopeo;
mod time_stamps;
mod tools;
mod trust;

use std::path::Path;

use cases::{Case, Cases};
use command::judge;
use site::Site;
use skopeo::Skopeo;

/// What makes every other comparison here worth something: skopeo, judging by the same files, accepts what it
/// signed and refuses the rest.
#[test]
fn skopeo_accepts_what_was_signed_and_nothing_else() {
    let Some(site) = Site::set_up() else { return };
    let Cases { policy, cases, .. } = Cases::prepare(&site);
    let version = Skopeo::version();
    for case in cases {
        if version[..] >= case.skopeo_since[..] {
            assert_eq!(
                site.skopeo.allows(&policy, &case.reference),
                case.expected.is_ok(),
                "{}",
                case.reference
            );
        }
    }
}

/// Judges every case and compares verdict, code, digest and exit code with what must become of it.
fn judge_all(site: &Site, rules: &[(&str, &Path)], cases: &[Case], form: fn(&Case) -> &[&str]) {
    for case in cases {
        let got = judge(site, rules, &case.reference);
        let image = &got.report["images"][0];
        match &case.expected {
            Ok(digest) => {
                assert_eq!(got.exit, 0, "{}: {}", case.reference, got.report);
                assert_eq!(image["verdict"], "allow");
                let repository = case.repository();
                assert_eq!(
                    image["pinned"],
                    format!("{repository}@{digest}"),
                    "pinned to what was signed"
                );
                assert_eq!(image["requirements"][0]["outcome"], "pass");
            }
            Err(_) => {
                assert_eq!(got.exit, 3, "{}: {}", case.reference, got.report);
                assert_eq!(image["verdict"], "deny");
                assert_eq!(image["pinned"], serde_json::Value::Null);
                let code = image["code"].as_str().unwrap_or_default();
                assert!(
                    form(case).contains(&code),
                    "{}: {code}: {}",
                    case.reference,
                    image["message"]
                );
            }
        }
    }
}

#[test]
fn doorward_judges_by_the_same_files_as_skopeo() {
    let Some(site) = Site::set_up() else { return };
    let Cases { policy, cases, .. } = Cases::prepare(&site);
    let registries_d = site.registries_d();
    let rules = [
        ("--containers-policy", policy.as_path()),
        ("--registries-d", registries_d.as_path()),
    ];
    judge_all(&site, &rules, &cases, Case::codes);
}

#[test]
fn doorward_judges_by_policy_objects_as_by_files() {
    let Some(site) = Site::set_up() else { return };
    let Cases { objects, cases, .. } = Cases::prepare(&site);
    judge_all(
        &site,
        &[("--filename", objects.as_path())],
        &cases,
        Case::codes_under_objects,
    );
}

#[test]
fn a_registry_that_is_gone_is_inconclusive_and_not_a_verdict() {
    let Some(mut site) = Site::set_up() else {
        return;
    };
    let Cases { objects, cases, .. } = Cases::prepare(&site);
    site.registry.stop();
    let got = judge(
        &site,
        &[("--filename", objects.as_path())],
        &cases[0].reference,
    );
    assert_eq!(got.exit, 5, "{}", got.report);
    assert_eq!(got.report["images"][0]["code"], "registry-unavailable");
    assert_eq!(got.report["summary"]["inconclusive"], 1);
}
