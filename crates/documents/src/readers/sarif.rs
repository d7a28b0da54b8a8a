//! SARIF 2.1.0 (OASIS), as Trivy and Grype write it.
//!
//! SARIF has no member for the severity of a vulnerability. Both tools give a CVSS score in a property of the rule
//! (`security-severity`) and a word: Trivy in the tags of the rule, both in the lines of its help text. Of all that is
//! there the worst counts, so that no part of the text, in which names of packages stand, can make a finding harmless.
//!
//! A rule is read once, and what it says is shared by its results: a report may have a hundred thousand of them.

mod component;
mod result;
mod rule;
mod told;

use doorward_core::json::Value;

use crate::member::{Node, push};
use crate::{DocumentError, Finding, Scan, bounds};

use super::{Content, identifier};
use component::Components;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    root.without_twins(&["runs", "inlineExternalProperties"])?;
    let runs = root.elements("runs")?;
    if runs.len() == 0 {
        return Err(DocumentError::NoResult {
            reason: "the log has no run",
        });
    }
    // 3.13.5: results that stand aside of the runs are not read, so the log must have none.
    if root.elements("inlineExternalProperties")?.len() > 0 {
        return Err(DocumentError::NoResult {
            reason: "the log has results outside its runs",
        });
    }
    let mut scanners = Vec::new();
    let mut made = None;
    let mut findings = Vec::new();
    for run in runs {
        run.without_twins(&[
            "tool",
            "results",
            "invocations",
            "externalPropertyFileReferences",
        ])?;
        let run_made = read_invocations(&run)?;
        // The oldest: a report is as old as its oldest part.
        made = match (made, run_made) {
            (Some(one), Some(two)) => Some(std::cmp::min(one, two)),
            (one, two) => one.or(two),
        };
        read_run(&run, &mut scanners, &mut findings)?;
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
        invocation.without_twins(&[
            "executionSuccessful",
            "toolExecutionNotifications",
            "endTimeUtc",
            "startTimeUtc",
        ])?;
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
    tool.without_twins(&["driver", "extensions"])?;
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
    let components = Components::read(&tool, &driver)?;
    for result in run.elements("results")? {
        result.without_twins(&["kind", "rule", "ruleId", "ruleIndex", "message", "level"])?;
        // 3.27.9: these say that there is no problem. One that informs may tell of one.
        if matches!(result.text("kind")?, Some("pass" | "notApplicable")) {
            continue;
        }
        let finding = result::read(&result, &components)?;
        run.effort().hold(finding.held())?;
        push(findings, finding, "findings", bounds::FINDINGS)?;
    }
    Ok(())
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
