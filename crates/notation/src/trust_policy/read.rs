//! Reads documents of either kind (Trust Store and Trust Policy Specification, "Trust Policy").

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::Action;
use doorward_core::json::{self, Limits, Value};

use super::object::Object;
use super::scope::Scopes;
use super::{PolicyProblem, Rule, TrustPolicyError};
use crate::{Level, Statement, TrustedIdentities, ValidationKind, VerifyTimestamp, limits};

const VERSION: &str = "1.0";
const DOCUMENT: [&str; 2] = ["version", "trustPolicies"];
const COMMON: [&str; 4] = [
    "name",
    "signatureVerification",
    "trustStores",
    "trustedIdentities",
];
const SCOPES: &str = "registryScopes";
const GLOBAL: &str = "globalPolicy";
const VERIFICATION: [&str; 3] = ["level", "override", "verifyTimestamp"];
const OVERRIDES: [(&str, ValidationKind); 4] = [
    ("authenticity", ValidationKind::Authenticity),
    ("authenticTimestamp", ValidationKind::AuthenticTimestamp),
    ("expiry", ValidationKind::Expiry),
    ("revocation", ValidationKind::Revocation),
];

pub(super) fn oci(bytes: &[u8]) -> Result<Vec<(Scopes, Rule)>, TrustPolicyError> {
    document(bytes, SCOPES, |object, rule| {
        let scopes = object.texts(SCOPES, limits::ENTRIES)?;
        if scopes.is_empty() {
            return Err(PolicyProblem::Missing { member: SCOPES });
        }
        if matches!(rule, Rule::Skip { .. }) && scopes.iter().any(|scope| scope == "*") {
            return Err(PolicyProblem::SkipBeside { what: "scope `*`" });
        }
        Scopes::new(scopes)
    })
}

pub(super) fn blob(bytes: &[u8]) -> Result<Vec<(bool, Rule)>, TrustPolicyError> {
    document(bytes, GLOBAL, |object, rule| {
        let global = object.flag(GLOBAL)?;
        if global && matches!(rule, Rule::Skip { .. }) {
            return Err(PolicyProblem::SkipBeside {
                what: "`globalPolicy`",
            });
        }
        Ok(global)
    })
}

/// Reads the statements; `special` reads the member that only one kind of document has.
fn document<T>(
    bytes: &[u8],
    special_member: &str,
    special: impl Fn(Object<'_>, &Rule) -> Result<T, PolicyProblem>,
) -> Result<Vec<(T, Rule)>, TrustPolicyError> {
    let parsed = json::parse(
        bytes,
        Limits::bytes(limits::POLICY_BYTES).depth(limits::DEPTH),
    )?;
    let values = statements(&parsed).map_err(TrustPolicyError::Document)?;
    let mut known = COMMON.to_vec();
    known.push(special_member);
    let (mut names, mut rules) = (BTreeSet::new(), Vec::new());
    for (position, value) in values.iter().enumerate() {
        let named = value
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let wrong = |problem| TrustPolicyError::Statement {
            name: match named {
                "" => format!("number {}", position + 1),
                name => name.to_owned(),
            },
            problem,
        };
        let object = Object::new(value, "trustPolicies", &known).map_err(wrong)?;
        let rule = rule(object).map_err(wrong)?;
        if !names.insert(rule.name().to_owned()) {
            return Err(TrustPolicyError::RepeatedName {
                name: rule.name().to_owned(),
            });
        }
        rules.push((special(object, &rule).map_err(wrong)?, rule));
    }
    Ok(rules)
}

fn statements(document: &Value) -> Result<&[Value], PolicyProblem> {
    let object = Object::new(document, "the document", &DOCUMENT)?;
    let member = "version";
    match object.text(member)? {
        Some(VERSION) => {}
        Some(_) => {
            return Err(PolicyProblem::Form {
                member,
                expected: "\"1.0\", the only version that is read",
            });
        }
        None => return Err(PolicyProblem::Missing { member }),
    }
    let member = "trustPolicies";
    let expected = "a list of statements";
    let list = object.get(member).map(|list| {
        let list = list.as_array();
        list.ok_or(PolicyProblem::Form { member, expected })
    });
    match list.transpose()? {
        None | Some([]) => Err(PolicyProblem::Missing { member }),
        Some(list) if list.len() > limits::STATEMENTS => Err(PolicyProblem::TooMany {
            member,
            limit: limits::STATEMENTS,
        }),
        Some(list) => Ok(list),
    }
}

fn rule(object: Object<'_>) -> Result<Rule, PolicyProblem> {
    let member = "name";
    let name = object
        .text(member)?
        .ok_or(PolicyProblem::Missing { member })?;
    let stores = object.texts("trustStores", limits::ENTRIES)?;
    let identities = object.texts("trustedIdentities", limits::ENTRIES)?;
    let member = "signatureVerification";
    let verification = object
        .get(member)
        .ok_or(PolicyProblem::Missing { member })?;
    let verification = Object::new(verification, member, &VERIFICATION)?;
    let overrides = overrides(verification)?;
    let verify_timestamp = verify_timestamp(verification)?;
    let member = "level";
    let level = match verification.text(member)? {
        Some("strict") => Level::Strict,
        Some("permissive") => Level::Permissive,
        Some("audit") => Level::Audit,
        Some("skip") => {
            let what = match (
                stores.is_empty(),
                identities.is_empty(),
                overrides.is_empty(),
            ) {
                (false, _, _) => "trust stores",
                (_, false, _) => "trusted identities",
                (_, _, false) => "override",
                (true, true, true) => {
                    return Ok(Rule::Skip {
                        name: name.to_owned(),
                    });
                }
            };
            return Err(PolicyProblem::SkipBeside { what });
        }
        Some(_) => {
            return Err(PolicyProblem::Form {
                member,
                expected: "`strict`, `permissive`, `audit` or `skip`",
            });
        }
        None => return Err(PolicyProblem::Missing { member }),
    };
    let mut builder = Statement::builder(name, level)
        .verify_timestamp(verify_timestamp)
        .identities(TrustedIdentities::compatible(&identities)?);
    for (kind, action) in overrides {
        builder = builder.overriding(kind, action);
    }
    for store in stores {
        let reference = store
            .parse()
            .map_err(|error| PolicyProblem::Store { store, error })?;
        builder = builder.trust_store(reference);
    }
    Ok(Rule::Verify(Arc::new(builder.build()?)))
}

fn overrides(verification: Object<'_>) -> Result<Vec<(ValidationKind, Action)>, PolicyProblem> {
    let member = "override";
    let Some(value) = verification.get(member) else {
        return Ok(Vec::new());
    };
    let object = Object::new(value, member, &OVERRIDES.map(|(name, _)| name))?;
    let mut overrides = Vec::new();
    for (name, kind) in OVERRIDES {
        let Some(value) = object.get(name) else {
            continue;
        };
        let action = match value.as_str() {
            Some("enforce") => Action::Enforce,
            Some("log") => Action::Log,
            Some("skip") => Action::Skip,
            _ => {
                return Err(PolicyProblem::Form {
                    member: name,
                    expected: "`enforce`, `log` or, for `revocation`, `skip`",
                });
            }
        };
        overrides.push((kind, action));
    }
    Ok(overrides)
}

fn verify_timestamp(verification: Object<'_>) -> Result<VerifyTimestamp, PolicyProblem> {
    let member = "verifyTimestamp";
    match verification.text(member)? {
        None | Some("always") => Ok(VerifyTimestamp::Always),
        Some("afterCertExpiry") => Ok(VerifyTimestamp::AfterCertExpiry),
        Some(_) => Err(PolicyProblem::Form {
            member,
            expected: "`always` or `afterCertExpiry`",
        }),
    }
}
