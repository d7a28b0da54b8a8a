//! Which signature stores an inspection looks in.

use bytes::Bytes;
use doorward_core::{Code, Rejection, Scheme, SurveySession};
use doorward_policy::Demand;
use doorward_simple_signing::{SimpleSurvey, Store, SurveyInput};

use super::{containers_store, store};
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
        let store = containers_store(rules, &image, inspecting.located());
        return Ok(store.into_iter().collect());
    }
    let mut stores = Vec::new();
    for (demand, entry) in inspecting.demands() {
        let Demand::Simple(simple) = demand else {
            continue;
        };
        // A credential without a store is of no use for looking.
        if simple.store_url.is_none() {
            continue;
        }
        let store = store(simple, entry).await?;
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
