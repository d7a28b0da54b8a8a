//! Which signed collections an inspection looks at.

use bytes::Bytes;
use doorward_core::{Item, Reference, Rejection, Scheme, StateKey, SurveySession};
use doorward_notary::{
    DemandedBy, NotarySurvey, Pins, Remembered, SessionInput, SurveyInput, TrustScope, Wanted,
    trust_state_key, usual_trust_servers,
};
use doorward_policy::{Demand, RuleId, Trust};

use super::{NotaryUnit, parse, scope};
use crate::compile::entry::PolicyEntry;
use crate::compile::inspecting::Inspecting;
use crate::compile::rule;
use crate::survey::{Sighting, Survey};

impl NotaryUnit {
    /// The collections that entries demand, each once. With servers that were named by hand, one also if none does.
    pub(super) async fn collections(
        &self,
        inspecting: &Inspecting<'_>,
    ) -> Result<Vec<Box<dyn Survey>>, Rejection> {
        let by_hand = &inspecting.places().trust_servers;
        let mut wanted: Vec<CollectionSurvey> = Vec::new();
        for (demand, entry) in inspecting.demands() {
            let Demand::Trust(trust) = demand else {
                continue;
            };
            let servers = match by_hand.is_empty() {
                true => trust.trust_servers.clone(),
                false => by_hand.clone(),
            };
            let survey = CollectionSurvey {
                rule: Some(entry.rule().clone()),
                servers,
                pins: self.pins_of(trust, entry).await?,
            };
            if !wanted.contains(&survey) {
                wanted.push(survey);
            }
        }
        if wanted.is_empty() && !by_hand.is_empty() {
            wanted.push(CollectionSurvey {
                rule: None,
                servers: by_hand.clone(),
                pins: Pins::FirstUse,
            });
        }
        let boxed = wanted.into_iter();
        Ok(boxed
            .map(|survey| Box::new(survey) as Box<dyn Survey>)
            .collect())
    }

    async fn pins_of(&self, trust: &Trust, entry: PolicyEntry<'_>) -> Result<Pins, Rejection> {
        self.pins(trust, entry).await.map_err(|rejection| {
            let detail = format!("the pins of {}: {rejection}", rule(entry.rule()));
            Rejection::new(rejection.code(), detail)
        })
    }
}

/// A collection as one policy entry, or somebody by hand, has it looked up.
#[derive(PartialEq)]
struct CollectionSurvey {
    rule: Option<RuleId>,
    /// As the entry names them; none for the usual ones.
    servers: Vec<String>,
    pins: Pins,
}

impl CollectionSurvey {
    fn scope(&self) -> TrustScope<'_> {
        self.rule.as_ref().map_or(TrustScope::Cluster, scope)
    }
}

impl Survey for CollectionSurvey {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn state_key(&self, reference: &Reference) -> Option<StateKey> {
        Some(trust_state_key(
            self.scope(),
            &self.servers,
            reference.repository(),
        ))
    }

    fn needs_no_image(&self) -> bool {
        true
    }

    fn open(
        &self,
        sighting: &Sighting<'_>,
        remembered: Result<Option<Bytes>, Rejection>,
    ) -> Box<dyn SurveySession> {
        let repository = sighting.reference.repository();
        let read = |bytes: Bytes| -> Result<Remembered, Rejection> { parse(&bytes) };
        let (remembered, unreadable) =
            match remembered.and_then(|bytes| bytes.map(read).transpose()) {
                Ok(remembered) => (remembered, None),
                Err(rejection) => (None, Some(rejection)),
            };
        let servers = match self.servers.is_empty() {
            true => usual_trust_servers(repository),
            false => self.servers.clone(),
        };
        Box::new(NotarySurvey::new(SurveyInput {
            session: SessionInput {
                gun: repository.clone(),
                servers,
                wanted: Wanted::of(sighting.reference),
                signers: Vec::new(),
                pins: self.pins.clone(),
                max_staleness: 0,
                remembered,
                now: sighting.now,
            },
            unreadable,
            scope: self.scope().to_string(),
            demanded_by: self.rule.as_ref().map(|id| {
                let rule = rule(id);
                DemandedBy {
                    words: rule.to_string(),
                    item: Item::new(rule),
                }
            }),
        }))
    }
}
