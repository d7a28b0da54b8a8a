use super::*;
use clap::CommandFactory;

const LEAST: [&str; 7] = [
    "doorward-webhook",
    "-f",
    "p",
    "--tls-cert",
    "c",
    "--tls-key",
    "k",
];

fn parse(more: &[&str]) -> Result<Args, clap::Error> {
    Args::try_parse_from(LEAST.iter().chain(more))
}

#[test]
fn the_definition_is_consistent() {
    Args::command().debug_assert();
}

#[test]
fn paths_certificate_and_key_are_all_that_is_needed() {
    let args = parse(&[]).unwrap();
    assert_eq!(args.timeout, Duration::from_secs(10));
    assert_eq!(args.proof_lifetime, Duration::from_secs(300));
    assert!(!args.dangerously_read_cluster_policy_keys_from_tenants);
    assert!(!args.dangerously_trust_on_first_use_for_portieris_policies);
    assert_eq!(args.state_dir, None);
}

#[test]
fn without_a_policy_path_nothing_starts() {
    assert!(
        Args::try_parse_from(["doorward-webhook", "--tls-cert", "c", "--tls-key", "k"]).is_err()
    );
}

#[test]
fn the_cluster_can_stand_in_for_files_and_a_kubeconfig_goes_with_it_alone() {
    let without_files = |more: &[&str]| {
        let least = ["doorward-webhook", "--tls-cert", "c", "--tls-key", "k"];
        Args::try_parse_from(least.iter().chain(more))
    };
    let args = without_files(&["--from-cluster", "--kubeconfig", "x"]).unwrap();
    assert!(args.from_cluster && args.filenames.is_empty());
    assert!(parse(&["--from-cluster"]).unwrap().from_cluster);
    assert!(parse(&["--kubeconfig", "x"]).is_err());
    assert!(parse(&["--state-in-cluster"]).is_err());
    let both = ["--from-cluster", "--state-in-cluster", "--state-dir=d"];
    assert!(parse(&both).is_err());
    assert!(!parse(&[]).unwrap().from_cluster);
}

#[test]
fn a_timeout_that_the_api_server_does_not_take_is_refused() {
    for bad in ["1s", "31s", "0", "ten", "", "1000ms", "-5s"] {
        assert!(parse(&[&format!("--timeout={bad}")]).is_err(), "{bad}");
    }
}

#[test]
fn a_share_is_between_none_and_all_and_nothing_is_recorded_unless_asked() {
    let args = parse(&[]).unwrap();
    assert_eq!((args.record_dir, args.record_admissions), (None, 0.0));
    let args = parse(&["--record-admissions", "0.01"]).unwrap();
    assert!((args.record_admissions - 0.01).abs() < f64::EPSILON);
    for bad in ["-0.1", "1.1", "NaN", "inf", "all", ""] {
        assert!(
            parse(&[&format!("--record-admissions={bad}")]).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn no_room_for_any_review_is_refused() {
    assert!(parse(&["--max-concurrent", "0"]).is_err());
}
