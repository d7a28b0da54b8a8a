//! What the policy demands of a document beside its signature.

use std::time::Duration;

use doorward_core::{Check, Code, Meter, Rejection, Timestamp, UsedImages};
use doorward_documents::{
    Condition, InventoryRules, InventoryViolation, LicensePattern, PackagePattern, Predicate,
};
use doorward_policy::Attestation;

use super::codes;
use super::content::Reading;
use super::findings::named;
use super::newest::{are_fresh, counting};
use super::origin::OriginRules;

/// What documents attest that say what they must.
pub(super) struct Attested<'r> {
    /// Those that count.
    pub(super) counting: Vec<&'r Reading>,
    pub(super) checks: Vec<Check>,
    /// The images that the build of the image used, if they are about that.
    pub(super) used_images: Option<UsedImages>,
}

/// What an attestation must say.
#[derive(Debug)]
pub(super) struct AttestationRules {
    max_age: Option<Duration>,
    origin: Option<OriginRules>,
    conditions: Vec<Condition>,
    inventory: InventoryRules,
}

impl AttestationRules {
    /// # Errors
    /// [`Code::POLICY_INVALID`] if something in it cannot be parsed, which the reader of policies refuses.
    pub(super) fn of(attestation: &Attestation) -> Result<Self, Rejection> {
        // Every field is judged here: one that is added does not compile until it is.
        let Attestation {
            document,
            signed_by: _,
            max_age,
            conditions,
            deny_packages,
            deny_licenses,
        } = attestation;
        let invalid = |error: String| Rejection::new(Code::POLICY_INVALID, error);
        let conditions = conditions
            .iter()
            .map(|source| Condition::parse(source).map_err(|error| invalid(error.to_string())));
        let packages = deny_packages
            .iter()
            .map(|text| PackagePattern::parse(text).map_err(|error| invalid(error.to_string())));
        let licenses = deny_licenses
            .iter()
            .map(|text| LicensePattern::parse(text).map_err(|error| invalid(error.to_string())));
        let inventory = InventoryRules::new(
            packages.collect::<Result<_, _>>()?,
            licenses.collect::<Result<_, _>>()?,
        );
        Ok(Self {
            max_age: *max_age,
            origin: OriginRules::of(document)?,
            conditions: conditions.collect::<Result<_, Rejection>>()?,
            inventory: inventory.map_err(|error| invalid(error.to_string()))?,
        })
    }

    /// Judges documents that somebody vouched for: the newest must say what the policy demands.
    pub(super) fn judge<'r>(
        &self,
        documents: &'r [Reading],
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Attested<'r>, Rejection> {
        let mut counting = counting(documents, now)?;
        if let Some(origin) = &self.origin
            && counting.iter().any(|document| origin.concerns(document))
        {
            counting.retain(|document| origin.concerns(document));
        }
        are_fresh(&counting, self.max_age, now)?;
        let mut told = Vec::new();
        for document in &counting {
            if let Some(origin) = &self.origin {
                told.extend(origin.judge(document, now, meter)?);
            }
            self.judge_inventory(document, meter)?;
            self.judge_conditions(document, meter)?;
        }
        Ok(Attested {
            counting,
            checks: self.checks(),
            used_images: UsedImages::of_all(told),
        })
    }

    fn judge_inventory(&self, document: &Reading, meter: &mut Meter) -> Result<(), Rejection> {
        if self.inventory.packages().is_empty() && self.inventory.licenses().is_empty() {
            return Ok(());
        }
        let name = document.name();
        let Some(inventory) = document.inventory() else {
            let detail =
                format!("{name} lists no packages, and the policy says which must not be in it");
            return Err(Rejection::new(codes::FORMAT_MISMATCH, detail));
        };
        meter.steps(self.inventory.steps(inventory))?;
        let violations = self.inventory.judge(inventory);
        let is_package =
            |one: &InventoryViolation<'_>| matches!(one, InventoryViolation::Package { .. });
        let code = match violations.first() {
            None => return Ok(()),
            Some(_) if violations.iter().any(is_package) => codes::PACKAGE_DENIED,
            Some(_) => codes::LICENSE_DENIED,
        };
        let count = violations.len();
        let listed = named(count, violations.iter().map(ToString::to_string));
        Err(Rejection::new(code, format!("{name}: {listed}")))
    }

    fn judge_conditions(&self, document: &Reading, meter: &mut Meter) -> Result<(), Rejection> {
        if self.conditions.is_empty() {
            return Ok(());
        }
        let predicate = Predicate::new(document.json());
        for condition in &self.conditions {
            let (name, source) = (document.name(), condition.as_str());
            meter.steps(usize::try_from(condition.cost(&predicate)).unwrap_or(usize::MAX))?;
            match condition.evaluate(&predicate) {
                Ok(true) => {}
                Ok(false) => {
                    let detail = format!("{name}: the condition `{source}` does not hold");
                    return Err(Rejection::new(codes::CONDITION_FAILED, detail));
                }
                Err(error) => {
                    let detail = format!("{name}: the condition `{source}`: {error}");
                    return Err(Rejection::new(codes::CONDITION_INVALID, detail));
                }
            }
        }
        Ok(())
    }

    fn checks(&self) -> Vec<Check> {
        let made = [
            ("age", self.max_age.is_some()),
            ("origin", self.origin.is_some()),
            (
                "materials",
                self.origin
                    .as_ref()
                    .is_some_and(OriginRules::demands_images),
            ),
            ("packages", !self.inventory.packages().is_empty()),
            ("licenses", !self.inventory.licenses().is_empty()),
            ("conditions", !self.conditions.is_empty()),
        ];
        let made = made.into_iter().filter(|(_, is_made)| *is_made);
        made.map(|(name, _)| Check::enforced(name, true)).collect()
    }
}
