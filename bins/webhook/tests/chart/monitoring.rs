//! Alerts and dashboard speak of metrics that there are.

use serde_json::Value;

use crate::helm::file;

const METRICS: &str = include_str!("../../../../docs/reference/metrics.md");

/// The names of metrics in an expression, without what a histogram adds to them.
fn metrics(expression: &str) -> Vec<&str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("doorward_"));
    ours.map(|word| word.strip_suffix("_bucket").unwrap_or(word))
        .collect()
}

fn is_documented(metric: &str) -> bool {
    METRICS.contains(&format!("| `{metric}` |"))
}

#[test]
fn every_alert_is_about_metrics_that_there_are() {
    let groups = |name: &str| serde_yaml::from_str::<Value>(&file(name)).unwrap();
    let mut rules = groups("dashboards/alerts.yaml")["groups"][0]["rules"]
        .as_array()
        .unwrap()
        .clone();
    rules.extend(
        groups("dashboards/alerts-arming.yaml")[0]["rules"]
            .as_array()
            .unwrap()
            .clone(),
    );
    assert!(rules.len() >= 8);
    for rule in &rules {
        let metrics = metrics(rule["expr"].as_str().unwrap());
        assert!(!metrics.is_empty(), "{rule}");
        for metric in metrics {
            assert!(is_documented(metric), "{metric}");
        }
        assert!(rule["annotations"]["summary"].is_string(), "{rule}");
        assert!(rule["labels"]["severity"].is_string(), "{rule}");
    }
}

#[test]
fn every_panel_is_about_metrics_that_there_are() {
    let dashboard: Value = serde_json::from_str(&file("dashboards/doorward.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() >= 8);
    for panel in panels {
        for target in panel["targets"].as_array().unwrap() {
            let metrics = metrics(target["expr"].as_str().unwrap());
            assert!(!metrics.is_empty(), "{panel}");
            for metric in metrics {
                assert!(is_documented(metric), "{metric}");
            }
        }
    }
    assert!(!is_documented("doorward_nothing_total"));
}

#[test]
fn alerts_about_arming_are_there_where_the_webhook_arms_itself_and_nowhere_else() {
    use crate::helm::{IMAGE, is_there, one, rendered};
    if !is_there() {
        return;
    }
    let groups = |set: &str| {
        let objects = rendered(
            "doorward",
            &[IMAGE, "--set=prometheusRule.enabled=true", set],
        );
        let rule = one(&objects, "PrometheusRule", "doorward");
        rule["spec"]["groups"].as_array().unwrap().len()
    };
    assert_eq!(groups("--set=arming.by=webhook"), 2);
    assert_eq!(
        groups("--set=arming.by=nobody,certificates.source=provided"),
        1
    );
}
