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
    let rules: Value = serde_yaml::from_str(&file("dashboards/alerts.yaml")).unwrap();
    let rules = rules["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() >= 8);
    for rule in rules {
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
