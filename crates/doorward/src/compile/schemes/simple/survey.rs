//! Which signature stores an inspection looks in.

use bytes::Bytes;
use doorward_core::{Code, Reference, Rejection, Scheme, SurveySession};
use doorward_policy::Demand;
use doorward_simple_signing::{SimpleSurvey, Store, SurveyInput};

use crate::compile::inspecting::Inspecting;
use crate::rules::Rules;
use crate::survey::{Sighting, Survey};

/// The stores that were named by hand, else those that the rules name, each once.
pub(super) async fn stores(inspecting: &Inspecting<'_>) -> Result<Vec<Store>, Rejection> {
    let by_hand = &inspecting.places().stores;
    if !by_hand.is_empty() {
        let stores = by_hand.iter().map(|url| Store::lookaside(url, None));
        return stores
            .collect::<Result<_, _>>()
            .map_err(|error| Rejection::new(Code::POLICY_INVALID, error.to_string()));
    }
    if let Rules::Containers(rules) = inspecting.rules() {
        let image = inspecting.reference().clone().digest_only();
        let physical = Reference::new(
            inspecting.located().clone(),
            image.tag().cloned(),
            image.digest().cloned(),
        );
        let base = rules
            .registries
            .lookaside(&physical)
            .or_else(|| rules.default_lookaside.clone());
        let store = base.map(|base| Store::Lookaside { base, access: None });
        return Ok(store.into_iter().collect());
    }
    let mut stores = Vec::new();
    for (demand, entry) in inspecting.demands() {
        let Demand::Simple(simple) = demand else {
            continue;
        };
        let Some(base) = simple.store_url.clone() else {
            continue;
        };
        let access = match &simple.store_secret {
            None => None,
            Some(name) => Some(entry.secret(None, name).await?.store_login()?),
        };
        let store = Store::Lookaside { base, access };
        if !stores.contains(&store) {
            stores.push(store);
        }
    }
    Ok(stores)
}

/// The signatures of an image, wherever they are kept.
pub(super) struct StoresSurvey(pub(super) Vec<Store>);

impl Survey for StoresSurvey {
    fn scheme(&self) -> Scheme {
        Scheme::SIMPLE_SIGNING
    }

    fn open(
        &self,
        sighting: &Sighting<'_>,
        _: Result<Option<Bytes>, Rejection>,
    ) -> Box<dyn SurveySession> {
        Box::new(SimpleSurvey::new(SurveyInput {
            repository: sighting.reference.repository().clone(),
            located: sighting.located.clone(),
            digest: sighting.pinned.map(|pinned| pinned.digest().clone()),
            stores: self.0.clone(),
        }))
    }
}
