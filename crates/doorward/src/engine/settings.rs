//! What an engine is set to, as a transcript has it.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use doorward_core::Budget;

use super::EngineBuilder;
use crate::review_budget::ReviewBudget;

impl EngineBuilder {
    /// Everything that a decision depends on. Where proofs and trust are remembered is no part of it: a recorded
    /// decision uses no proof, and what it asks of remembered trust is written down.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let Self {
            budget,
            review,
            deadline,
            proof_lifetime: _,
            home_namespace,
            tenant_keys,
            shared_namespaces,
            first_use,
            left_out,
            schemes,
            state: _,
        } = self;
        let shared: Vec<&str> = shared_namespaces.iter().map(String::as_str).collect();
        let schemes: Vec<&str> = schemes.iter().map(|unit| unit.scheme().as_str()).collect();
        let left_out: Vec<&str> = left_out.iter().map(|scheme| scheme.as_str()).collect();
        let settings = [
            ("addedSchemes", schemes.join(",")),
            ("budgetBytes", budget.bytes.to_string()),
            ("budgetFetches", budget.fetches.to_string()),
            ("budgetSignatures", budget.signatures.to_string()),
            ("budgetSteps", budget.steps.to_string()),
            ("budgetUnpacked", budget.unpacked.to_string()),
            ("deadlineMillis", deadline.as_millis().to_string()),
            ("firstUse", first_use.to_string()),
            ("homeNamespace", home_namespace.clone()),
            ("leftOutSchemes", left_out.join(",")),
            ("reviewBytes", review.bytes.to_string()),
            ("reviewFetches", review.fetches.to_string()),
            ("reviewImages", review.images.to_string()),
            ("reviewInFlight", review.in_flight.to_string()),
            ("reviewMaterials", review.materials.to_string()),
            ("reviewShares", review.shares.to_string()),
            ("sharedSecretNamespaces", shared.join(",")),
            ("tenantKeys", tenant_keys.to_string()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        settings.into_iter().collect()
    }

    /// An engine that is set to the same, as far as `settings` go; and the first of them that is missing or wrong.
    /// Schemes of other projects are not in this build, so what they decided cannot be decided again.
    pub(crate) fn from_settings(settings: &BTreeMap<String, String>) -> Result<Self, &'static str> {
        if !value::<String>(settings, "addedSchemes")?.is_empty() {
            return Err("addedSchemes");
        }
        // Transcripts from before a scheme could be left out do not say so.
        if settings
            .get("leftOutSchemes")
            .is_some_and(|schemes| !schemes.is_empty())
        {
            return Err("leftOutSchemes");
        }
        let mut budget = Budget::default();
        budget.bytes = value(settings, "budgetBytes")?;
        budget.fetches = value(settings, "budgetFetches")?;
        budget.signatures = value(settings, "budgetSignatures")?;
        budget.unpacked = value(settings, "budgetUnpacked")?;
        // Transcripts from before there were documents do not have it, and need it for nothing.
        if settings.contains_key("budgetSteps") {
            budget.steps = value(settings, "budgetSteps")?;
        }
        let mut review = ReviewBudget {
            bytes: value(settings, "reviewBytes")?,
            fetches: value(settings, "reviewFetches")?,
            images: value(settings, "reviewImages")?,
            in_flight: value(settings, "reviewInFlight")?,
            shares: value(settings, "reviewShares")?,
            // What authorities had no time for is among the answers.
            ..ReviewBudget::default()
        };
        // Nor do those from before images that builds used were judged.
        if settings.contains_key("reviewMaterials") {
            review.materials = value(settings, "reviewMaterials")?;
        }
        let shared: String = value(settings, "sharedSecretNamespaces")?;
        let shared = shared.split(',').filter(|name| !name.is_empty());
        let millis = value(settings, "deadlineMillis")?;
        let mut builder = Self::default()
            .budget(budget)
            .review_budget(review)
            .deadline(Duration::from_millis(millis))
            .home_namespace(value::<String>(settings, "homeNamespace")?)
            .shared_secret_namespaces(shared);
        builder.tenant_keys = value(settings, "tenantKeys")?;
        builder.first_use = value(settings, "firstUse")?;
        Ok(builder)
    }
}

fn value<T: FromStr>(
    settings: &BTreeMap<String, String>,
    name: &'static str,
) -> Result<T, &'static str> {
    let text = settings.get(name).ok_or(name)?;
    text.parse().map_err(|_| name)
}
