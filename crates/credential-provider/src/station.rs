//! One provider: its program, what it gets, and what it said.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use doorward_core::Repository;
use doorward_plugin_exec::{Process, ProgramFolder};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::answer::MAX_BYTES;
use crate::fault::Fault;
use crate::flight::{Flight, Pilot};
use crate::memory::{Key, Memory, Outcome};
use crate::place::Place;
use crate::{Answer, Provider};

/// What all providers share.
#[derive(Clone, Debug)]
pub(crate) struct Yard {
    pub(crate) folder: ProgramFolder,
    pub(crate) timeout: Duration,
    /// The processes that may run at a time.
    pub(crate) turns: Arc<Semaphore>,
}

/// One provider.
pub(crate) struct Station {
    pub(crate) provider: Provider,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    memory: Memory,
    flights: HashMap<Key, Arc<Flight>>,
}

/// What one who asks does.
enum Role {
    Pilot(Key, Pilot),
    Passenger(Arc<Flight>),
}

impl Station {
    pub(crate) fn new(provider: Provider) -> Self {
        Self {
            provider,
            state: Mutex::default(),
        }
    }

    /// Whether it is there for the images of a repository.
    pub(crate) fn serves(&self, repository: &Repository) -> bool {
        let patterns = &self.provider.match_images;
        patterns.iter().any(|pattern| pattern.matches(repository))
    }

    /// What is known without a call.
    pub(crate) fn known(&self, place: &Place) -> Option<Outcome> {
        self.state().memory.find(place, Instant::now())
    }

    /// Its answer for an image: one that it gave before and is still good, that of a call under way, or that of a call now.
    /// Blocks.
    pub(crate) fn ask(&self, yard: &Yard, place: &Place) -> Outcome {
        loop {
            let role = {
                let mut state = self.state();
                if let Some(known) = state.memory.find(place, Instant::now()) {
                    return known;
                }
                let key = state.memory.flight(place);
                match state.flights.get(&key) {
                    Some(flight) => Role::Passenger(Arc::clone(flight)),
                    None => {
                        let flight = Arc::new(Flight::new(place.clone()));
                        state.flights.insert(key.clone(), Arc::clone(&flight));
                        Role::Pilot(key, Pilot(flight))
                    }
                }
            };
            match role {
                Role::Pilot(key, pilot) => return self.fly(yard, place, &key, pilot),
                Role::Passenger(flight) => {
                    let outcome = flight.wait();
                    if flight.speaks_for(place, &outcome) {
                        return outcome;
                    }
                }
            }
        }
    }

    fn fly(&self, yard: &Yard, place: &Place, key: &Key, pilot: Pilot) -> Outcome {
        /// Takes a flight off the list, also after a panic: nobody waits for one that has no pilot.
        struct Listed<'a>(&'a Station, &'a Key);
        impl Drop for Listed<'_> {
            fn drop(&mut self) {
                self.0.state().flights.remove(self.1);
            }
        }
        let listed = Listed(self, key);
        let outcome = self.call(yard, place);
        if let Err(fault) = &outcome {
            tracing::warn!(
                provider = self.provider.name,
                image = place.image,
                problem = %fault,
                "a credential provider failed"
            );
        }
        let default = self.provider.default_cache_duration;
        self.state()
            .memory
            .keep(place, &outcome, default, Instant::now());
        drop(listed);
        pilot.land(outcome.clone());
        outcome
    }

    /// One call, on a thread that may block.
    fn call(&self, yard: &Yard, place: &Place) -> Outcome {
        let provider = &self.provider;
        let runtime =
            Handle::try_current().map_err(|_| Fault::Here("there is no runtime to run it on"))?;
        let program = yard.folder.find(&provider.name).map_err(Fault::Program)?;
        let process = Process::new(program)
            .arguments(&provider.args)
            .inheriting(provider.env.iter().cloned());
        let request = json!({
            "apiVersion": provider.api_version.as_str(),
            "kind": "CredentialProviderRequest",
            "image": place.image,
        });
        let request = request.to_string();
        let mut began = false;
        let run = async {
            let turn = yard.turns.acquire().await;
            let _turn = turn.map_err(|_| Fault::Here("no more providers are run"))?;
            began = true;
            process
                .run(request.as_bytes(), MAX_BYTES)
                .await
                .map_err(|error| Fault::Process { error })
        };
        let answer = runtime.block_on(async { tokio::time::timeout(yard.timeout, run).await });
        let answer = match answer {
            Ok(answer) => answer?,
            Err(_) if began => return Err(Fault::Late(yard.timeout)),
            Err(_) => return Err(Fault::Busy(yard.timeout)),
        };
        Answer::parse(&answer, provider.api_version)
            .map(Arc::new)
            .map_err(Fault::Answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
