//! SARIF 2.1.0 (OASIS), as Trivy and Grype write it.
//!
//! SARIF has no member for the severity of a vulnerability. Both tools give a CVSS score in a property of the rule
//! (`security-severity`) and a word: Trivy in the tags of the rule, both in the lines of its help text. Of all that is
//! there the worst counts, so that no part of the text, in which names of packages stand, can make a finding harmless.

use std::collections::BTreeMap;

use doorward_core::json::Value;

use crate::member::{Node, push};
use crate::{DocumentError, Finding, Fix, PackageUrl, Scan, Severity, bounds};

use super::{Content, identifier};

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    let runs = root.elements("runs")?;
    if runs.is_empty() {
        return Err(DocumentError::NoResult {
            reason: "the log has no run",
        });
    }
    // 3.13.5: results that stand aside of the runs are not read, so the log must have none.
    if !root.elements("inlineExternalProperties")?.is_empty() {
        return Err(DocumentError::NoResult {
            reason: "the log has results outside its runs",
        });
    }
    let mut scanners = Vec::new();
    let mut made = None;
    let mut findings = Vec::new();
    for run in &runs {
        let run_made = read_invocations(run)?;
        // The oldest: a report is as old as its oldest part.
        made = match (made, run_made) {
            (Some(one), Some(two)) => Some(std::cmp::min(one, two)),
            (one, two) => one.or(two),
        };
        read_run(run, &mut scanners, &mut findings)?;
    }
    scanners.sort();
    scanners.dedup();
    Ok(Content {
        scan: Some(Scan {
            scanner: Some(scanners.join("+")),
            made,
            findings,
        }),
        ..Content::default()
    })
}

/// When the run ended, by its invocations (3.20.8). A run that says that it failed has no result (3.20.14).
fn read_invocations(run: &Node<'_>) -> Result<Option<doorward_core::Timestamp>, DocumentError> {
    let mut made = None;
    for invocation in run.elements("invocations")? {
        if let Some(success) = invocation.member("executionSuccessful")?
            && *success.value() != Value::Bool(true)
        {
            return Err(DocumentError::NoResult {
                reason: "the run says that it was not successful",
            });
        }
        // 3.58.6: an error of the tool itself.
        for notification in invocation.elements("toolExecutionNotifications")? {
            if notification.text("level")? == Some("error") {
                return Err(DocumentError::NoResult {
                    reason: "the run says that an error occurred",
                });
            }
        }
        let time = match invocation.time("endTimeUtc")? {
            None => invocation.time("startTimeUtc")?,
            some => some,
        };
        made = made.max(time);
    }
    Ok(made)
}

fn read_run(
    run: &Node<'_>,
    scanners: &mut Vec<String>,
    findings: &mut Vec<Finding>,
) -> Result<(), DocumentError> {
    let Some(tool) = run.member("tool")? else {
        return Err(run.malformed("a run with a tool"));
    };
    let Some(driver) = tool.member("driver")? else {
        return Err(tool.malformed("a tool with a driver"));
    };
    scanners.push(driver.required_name("name")?.to_owned());
    // 3.14.23: an empty array says that nothing was found; an absent one, that the run did not look or put its results
    // into another file (3.14.2).
    if run.member("results")?.is_none() {
        return Err(DocumentError::NoResult {
            reason: "the run has no list of results",
        });
    }
    if let Some(outside) = run.member("externalPropertyFileReferences")?
        && outside.member("results")?.is_some()
    {
        return Err(DocumentError::NoResult {
            reason: "results of the run are in another file",
        });
    }
    let rules = driver.elements("rules")?;
    let mut by_id: BTreeMap<&str, &Node<'_>> = BTreeMap::new();
    for rule in &rules {
        // Two rules of one id would be two severities to two readers.
        if by_id.insert(rule.required_name("id")?, rule).is_some() {
            return Err(rule.malformed("a rule with an id that no other has"));
        }
    }
    for result in run.elements("results")? {
        // 3.27.9: these say that there is no problem. One that informs may tell of one.
        if matches!(result.text("kind")?, Some("pass" | "notApplicable")) {
            continue;
        }
        let (id, rule) = rule_of(&result, &rules, &by_id)?;
        push(
            findings,
            read_result(&result, id, rule)?,
            "findings",
            bounds::FINDINGS,
        )?;
    }
    Ok(())
}

/// The identifier and the rule of a result (3.27.5 to 3.27.7, 3.52). Whatever there is must agree.
fn rule_of<'a>(
    result: &'a Node<'a>,
    rules: &'a [Node<'a>],
    by_id: &BTreeMap<&'a str, &'a Node<'a>>,
) -> Result<(String, Option<&'a Node<'a>>), DocumentError> {
    let reference = result.member("rule")?;
    let mut id = result.name("ruleId")?.map(str::to_owned);
    let mut index = index_of(result, "ruleIndex")?;
    if let Some(reference) = &reference {
        // A rule of another component than the driver (3.52.7), where it has the same index or id as one of the driver.
        // What it says is not read, and neither is what another rule says instead.
        if let Some(component) = reference.member("toolComponent")?
            && index_of(&component, "index")?.is_some()
        {
            let id = id.or(reference.name("id")?.map(str::to_owned));
            let id = id.ok_or_else(|| result.malformed("a result with the id of its rule"))?;
            return Ok((id, None));
        }
        let other = reference.name("id")?.map(str::to_owned);
        if id.is_some() && other.is_some() && id != other {
            return Err(result.malformed("one rule per result"));
        }
        id = id.or(other);
        index = index.or(index_of(reference, "index")?);
    }
    let by_index = match index {
        None => None,
        Some(index) => Some(
            rules
                .get(index)
                .ok_or_else(|| result.malformed("the index of a rule that is there"))?,
        ),
    };
    let (id, rule) = match (id, by_index) {
        (None, None) => return Err(result.malformed("a result with a rule")),
        (None, Some(rule)) => (rule.required_name("id")?.to_owned(), Some(rule)),
        (Some(id), None) => {
            // The id of a result may be that of its rule with further parts (3.27.5).
            let mut of_rule = id.as_str();
            let mut rule = by_id.get(of_rule).copied();
            while let (None, Some((above, _))) = (rule, of_rule.rsplit_once('/')) {
                of_rule = above;
                rule = by_id.get(of_rule).copied();
            }
            (id, rule)
        }
        (Some(id), Some(rule)) => {
            // The id of a result may be that of its rule with further parts (3.27.5).
            let of_rule = rule.required_name("id")?;
            if !id
                .strip_prefix(of_rule)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                return Err(result.malformed("one rule per result"));
            }
            (id, Some(rule))
        }
    };
    Ok((id, rule))
}

fn index_of(node: &Node<'_>, name: &str) -> Result<Option<usize>, DocumentError> {
    let Some(member) = node.member(name)? else {
        return Ok(None);
    };
    match member.value() {
        // -1 is the default and says that there is none.
        Value::Number(number) if number == "-1" => Ok(None),
        Value::Number(number) => number
            .parse()
            .map(Some)
            .map_err(|_| member.malformed("an index")),
        _ => Err(member.malformed("an index")),
    }
}

fn read_result(
    result: &Node<'_>,
    rule_id: String,
    rule: Option<&Node<'_>>,
) -> Result<Finding, DocumentError> {
    let mut texts = Vec::new();
    texts.extend(text_of(result, "message")?);
    let mut told: Option<Severity> = None;
    let mut purls: Vec<PackageUrl> = Vec::new();
    if let Some(rule) = rule {
        texts.extend(text_of(rule, "help")?);
        if let Some(properties) = rule.member("properties")? {
            told = read_properties(&properties)?;
            // One that cannot be read leaves the packages untold: a statement about the others must not cover it.
            purls = properties
                .elements("purls")?
                .iter()
                .map(|purl| Ok(PackageUrl::parse(purl.as_text()?).ok()))
                .collect::<Result<Option<_>, DocumentError>>()?
                .unwrap_or_default();
        }
    }
    for word in texts.iter().flat_map(|text| lines(text, &["Severity"])) {
        told = told.max(Some(Severity::reported(word)));
    }
    let level = level_of(result, rule)?;
    let fixed = texts
        .iter()
        .flat_map(|text| lines(text, &["Fixed Version", "Fix Version"]))
        .find(|version| !version.is_empty());
    let first = |names: &[&str]| {
        texts
            .iter()
            .flat_map(|text| lines(text, names))
            .find(|text| !text.is_empty())
            .map(|text| doorward_core::text::one_line(text, 200))
    };
    // A rule of Grype is one vulnerability in one package: `CVE-2021-44228-log4j-core`.
    let id = identifier::leading(&rule_id).unwrap_or(&rule_id).to_owned();
    let aliases = if id == rule_id {
        Vec::new()
    } else {
        vec![rule_id]
    };
    let mut mentions: Vec<String> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.trim().strip_prefix("Vulnerability "))
        .map(|id| id.trim().to_owned())
        .take(bounds::ALIASES)
        .collect();
    mentions.dedup();
    Ok(Finding {
        id,
        aliases,
        mentions,
        // A level alone is a word about the rule, which is not there.
        severity: match (told, rule) {
            (Some(told), _) => told,
            (None, Some(_)) => level,
            (None, None) => Severity::Unknown,
        },
        package: first(&["Package"]),
        version: first(&["Installed Version", "Version"]),
        purls,
        // That no line tells a fixed version does not say that there is none.
        fix: fixed.map_or(Fix::Unknown, |version| {
            Fix::Available(doorward_core::text::one_line(version, 200))
        }),
    })
}

/// The worst of the score and the tags. Both write 0.0 where they have no score: it says nothing beside a word.
fn read_properties(properties: &Node<'_>) -> Result<Option<Severity>, DocumentError> {
    let mut told = None;
    for tag in properties.elements("tags")? {
        let tag = tag.as_text()?;
        if Severity::ALL
            .iter()
            .any(|severity| severity.as_str().eq_ignore_ascii_case(tag))
        {
            told = told.max(Some(Severity::reported(tag)));
        }
    }
    if let Some(score) = properties.member("security-severity")? {
        let (Value::String(text) | Value::Number(text)) = score.value() else {
            return Err(score.malformed("a score"));
        };
        let score: f64 = text.trim().parse().unwrap_or(f64::NAN);
        if score != 0.0 {
            told = told.max(Some(Severity::from_cvss(score)));
        }
    }
    Ok(told)
}

/// What the level says alone (3.27.10, 3.58.6). It is coarse: `error` is anything from high up, and none, or one that
/// is not there, says nothing.
fn level_of(result: &Node<'_>, rule: Option<&Node<'_>>) -> Result<Severity, DocumentError> {
    let mut level = result.name("level")?.map(str::to_owned);
    if level.is_none()
        && let Some(rule) = rule
        && let Some(configuration) = rule.member("defaultConfiguration")?
    {
        level = configuration.name("level")?.map(str::to_owned);
    }
    Ok(match level.as_deref() {
        Some("error") => Severity::Critical,
        Some("warning") => Severity::Medium,
        Some("note") => Severity::Low,
        _ => Severity::Unknown,
    })
}

/// The plain text of a message (3.11.8).
fn text_of<'a>(node: &'a Node<'a>, name: &'a str) -> Result<Option<String>, DocumentError> {
    Ok(match node.member(name)? {
        Some(message) => message.text("text")?.map(str::to_owned),
        None => None,
    })
}

/// What stands after any of `names` and a colon on lines of their own.
fn lines<'t>(text: &'t str, names: &'t [&'t str]) -> impl Iterator<Item = &'t str> {
    text.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        names.contains(&name.trim()).then_some(value.trim())
    })
}
