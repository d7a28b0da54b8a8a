#![allow(clippy::indexing_slicing)]

use doorward_core::Code;

use super::*;
use crate::regarding::Regarding;
use crate::{ImageUse, Reason, Runs, Slot};

const WEEK: i64 = 7 * 24 * 3600;

fn said(pod: &str, container: &str, code: Code, at: i64) -> ReportedImage {
    said_with(pod, container, code, "why", at)
}

fn said_with(pod: &str, container: &str, code: Code, message: &str, at: i64) -> ReportedImage {
    let regarding = Regarding {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: "shop".to_owned(),
        name: pod.to_owned(),
    };
    let image = ImageUse {
        slot: Slot::Main,
        name: container.to_owned(),
        image: "r.example/app:1".to_owned(),
        pointer: String::new(),
        pod: String::new(),
        in_template: false,
        unchanged: false,
    };
    let reason = Reason::new(code, message);
    ReportedImage::unjudged(
        regarding,
        &image,
        &reason,
        Runs::IfAdmitted,
        Timestamp::from_unix(at),
    )
}

fn at(stored: Option<&Value>, decided: &[ReportedImage], now: i64) -> Rewritten {
    let times = (Timestamp::from_unix(now), WEEK);
    rewrite(ReportKind::OpenReports, "shop", stored, decided, times)
}

/// The report that comes of it.
fn new(stored: Option<&Value>, decided: &[ReportedImage], now: i64) -> Value {
    match at(stored, decided, now) {
        Rewritten::New { report, .. } => report,
        other => unreachable!("{other:?}"),
    }
}

fn results(report: &Value) -> &Vec<Value> {
    report["results"].as_array().unwrap()
}

/// The Pods and the times of the results.
fn pods(report: &Value) -> Vec<(&str, i64)> {
    let pod = |result: &'_ Value| result["timestamp"]["seconds"].as_i64().unwrap();
    results(report)
        .iter()
        .map(|result| {
            let name = result["resources"][0]["name"].as_str().unwrap();
            (name, pod(result))
        })
        .collect()
}

#[test]
fn a_report_names_the_object_the_image_and_the_code_and_counts_its_results() {
    let decided = [
        said("web", "app", Code::POLICY_NO_MATCH, 1_000),
        said("web", "side", Code::SECRET_UNAVAILABLE, 1_000),
    ];
    let report = new(None, &decided, 1_000);
    assert_eq!(report["apiVersion"], "openreports.io/v1alpha1");
    assert_eq!(
        (&report["kind"], &report["source"]),
        (&"Report".into(), &"doorward".into())
    );
    assert_eq!(report["metadata"]["name"], "doorward");
    assert_eq!(report["metadata"]["labels"][MANAGED_BY], "doorward");
    assert_eq!(
        oldest(&report["metadata"]),
        Some(Timestamp::from_unix(1_000))
    );
    assert_eq!(
        report["summary"],
        json!({"pass": 0, "fail": 1, "warn": 0, "error": 1, "skip": 0})
    );
    let [app, side] = &results(&report)[..] else {
        unreachable!("{report}");
    };
    assert_eq!(
        (&app["result"], &side["result"]),
        (&"fail".into(), &"error".into())
    );
    assert_eq!(app["resources"][0]["kind"], "Pod");
    assert_eq!(app["properties"]["image"], "r.example/app:1");
    assert_eq!(app["properties"]["code"], "policy-no-match");
    assert_eq!(app["properties"]["place"], "container app");
    assert_eq!(app["message"], "refused: why");

    let times = (Timestamp::from_unix(1_000), WEEK);
    let old = rewrite(ReportKind::PolicyReport, "shop", None, &decided, times);
    let Rewritten::New { report, .. } = old else {
        unreachable!("{old:?}");
    };
    assert_eq!(report["apiVersion"], "wgpolicyk8s.io/v1alpha2");
    assert_eq!(report["kind"], "PolicyReport");
    // Its definition does not know it.
    assert_eq!(report.get("source"), None);
}

#[test]
fn what_is_decided_again_takes_the_place_of_what_was_said_and_of_nothing_else() {
    let first = [
        said("web", "app", Code::POLICY_NO_MATCH, 1_000),
        said("web", "side", Code::POLICY_NO_MATCH, 1_000),
        said("db", "app", Code::POLICY_NO_MATCH, 1_000),
    ];
    let report = new(None, &first, 1_000);
    let again = [said("web", "app", Code::SECRET_UNAVAILABLE, 1_010)];
    let report = new(Some(&report), &again, 1_010);
    assert_eq!(
        pods(&report),
        [("db", 1_000), ("web", 1_010), ("web", 1_000)]
    );
    assert_eq!(report["summary"]["error"], 1);
    assert_eq!(report["summary"]["fail"], 2);
}

#[test]
fn a_replica_that_writes_late_does_not_undo_what_was_decided_after() {
    let report = new(
        None,
        &[said("web", "app", Code::POLICY_NO_MATCH, 1_010)],
        1_010,
    );
    let late = [said("web", "app", Code::SECRET_UNAVAILABLE, 1_009)];
    assert_eq!(at(Some(&report), &late, 1_011), Rewritten::Same);
}

#[test]
fn the_same_again_is_written_once_an_hour_and_a_change_at_once() {
    let report = new(
        None,
        &[said("web", "app", Code::POLICY_NO_MATCH, 1_000)],
        1_000,
    );
    let same = |seconds| [said("web", "app", Code::POLICY_NO_MATCH, 1_000 + seconds)];
    assert_eq!(
        at(Some(&report), &same(REFRESH - 1), 9_000),
        Rewritten::Same
    );
    let later = new(Some(&report), &same(REFRESH), 9_000);
    assert_eq!(pods(&later), [("web", 1_000 + REFRESH)]);
    let other = [said_with(
        "web",
        "app",
        Code::POLICY_NO_MATCH,
        "other",
        1_001,
    )];
    assert_eq!(pods(&new(Some(&report), &other, 1_001)), [("web", 1_001)]);
}

#[test]
fn what_is_older_than_its_age_goes_and_the_report_with_the_last_of_it() {
    let decided = [
        said("web", "app", Code::POLICY_NO_MATCH, 1_000),
        said("db", "app", Code::POLICY_NO_MATCH, 2_000),
    ];
    let report = new(None, &decided, 2_000);
    assert_eq!(at(Some(&report), &[], 999 + WEEK), Rewritten::Same);
    let report = new(Some(&report), &[], 1_000 + WEEK);
    assert_eq!(pods(&report), [("db", 2_000)]);
    assert_eq!(
        oldest(&report["metadata"]),
        Some(Timestamp::from_unix(2_000))
    );
    assert_eq!(at(Some(&report), &[], 2_000 + WEEK), Rewritten::Gone);
    assert_eq!(at(None, &[], 0), Rewritten::Same);
    // It was decided before the server could be asked again.
    assert_eq!(at(None, &decided, 2_000 + WEEK), Rewritten::Same);
}

#[test]
fn a_report_has_so_many_results_and_the_worst_and_newest_stay() {
    let many: Vec<_> = (0..400)
        .map(|number| {
            let code = match number % 2 {
                0 => Code::SECRET_UNAVAILABLE,
                _ => Code::POLICY_NO_MATCH,
            };
            said(&format!("p{number:03}"), "app", code, number)
        })
        .collect();
    let Rewritten::New { report, left_out } = at(None, &many, 400) else {
        unreachable!();
    };
    assert_eq!((results(&report).len(), left_out), (MOST_RESULTS, 150));
    assert_eq!(report["summary"]["fail"], 200);
    assert_eq!(report["summary"]["error"], 50);
    let is_error = |result: &&Value| result["result"] == "error";
    let errors = results(&report).iter().filter(is_error);
    let oldest = errors
        .map(|result| result["timestamp"]["seconds"].as_i64())
        .min();
    assert_eq!(oldest, Some(Some(300)));
    // What found no room finds none again, and nothing is written for it.
    assert_eq!(at(Some(&report), &[many[0].clone()], 400), Rewritten::Same);
}

#[test]
fn long_texts_of_many_images_stay_within_what_an_object_may_have() {
    let long = "\u{202e}".repeat(2_000);
    let many: Vec<_> = (0..MOST_RESULTS)
        .map(|number| {
            let name = format!("{number}{long}");
            said_with(&name, &long, Code::POLICY_NO_MATCH, &long, 0)
        })
        .collect();
    let report = new(None, &many, 0);
    assert!(report.to_string().len() < 1 << 20);
    for result in results(&report) {
        assert!(result.to_string().len() < MOST_RESULT);
        assert!(!result.to_string().contains('\u{202e}'));
    }
}

#[test]
fn what_others_wrote_into_a_report_does_not_stay_and_what_they_noted_of_it_does() {
    let decided = [said("web", "app", Code::POLICY_NO_MATCH, 1_000)];
    let mut report = new(None, &decided, 1_000);
    report["metadata"]["resourceVersion"] = "7".into();
    report["metadata"]["labels"]["team"] = "shop".into();
    let ours = results(&report)[0].clone();
    let mut forged = vec![json!(null), json!({"source": "doorward"}), json!([])];
    for (pointer, value) in [
        ("/source", json!("other")),
        ("/timestamp/seconds", json!(1_000_000_000)),
        ("/timestamp/seconds", json!("1000")),
        ("/result", json!("fine")),
        ("/resources", json!([])),
        ("/properties/place", json!(1)),
        ("/message", "x".repeat(MOST_RESULT).into()),
    ] {
        let mut other = ours.clone();
        other["resources"][0]["name"] = "forged".into();
        *other.pointer_mut(pointer).unwrap() = value;
        forged.push(other);
    }
    report["results"].as_array_mut().unwrap().extend(forged);
    let report = new(Some(&report), &[], 1_000);
    assert_eq!(results(&report), &[ours]);
    assert_eq!(report["metadata"]["resourceVersion"], "7");
    assert_eq!(report["metadata"]["labels"]["team"], "shop");
}

#[test]
fn a_stored_report_of_any_form_is_put_right() {
    let decided = [said("web", "app", Code::POLICY_NO_MATCH, 1_000)];
    for stored in [
        json!({}),
        json!({"metadata": [], "results": {}, "summary": 1}),
        json!({"metadata": {"labels": 1, "annotations": "x"}, "results": "x"}),
    ] {
        let report = new(Some(&stored), &decided, 1_000);
        assert_eq!(pods(&report), [("web", 1_000)]);
        assert_eq!(report["metadata"]["labels"][MANAGED_BY], "doorward");
        assert_eq!(report["summary"]["fail"], 1);
    }
}
