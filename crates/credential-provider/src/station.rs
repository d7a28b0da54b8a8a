//! One provider: its program, what it gets, and what it said.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use doorward_core::Repository;
use doorward_plugin_exec::{Process, ProgramFolder};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::timeout_at;

use crate::answer::MAX_BYTES;
use crate::fault::Fault;
use crate::flight::{Flight, Pilot};
use crate::memory::{Key, Memory, Outcome};
use crate::place::Place;
use crate::turns::{Turn, Turns};
use crate::window::Window;
use crate::{Answer, Provider};

/// What all providers share.
#[derive(Clone, Debug)]
pub(crate) struct Yard {
    pub(crate) folder: ProgramFolder,
    pub(crate) turns: Turns,
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
    /// Blocks, up to the end of the window.
    pub(crate) fn ask(&self, yard: &Yard, place: &Place, window: Window) -> Outcome {
        // A call for another image that says nothing of this one, or does not end, is followed by one for this image alone,
        // beside those for other images: in a row each would wait for all before it.
        let mut alone = false;
        loop {
            let role = {
                let mut state = self.state();
                if let Some(known) = state.memory.find(place, Instant::now()) {
                    return known;
                }
                let key = if alone {
                    Key::Image(place.image.clone())
                } else {
                    state.memory.flight(place)
                };
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
                Role::Pilot(key, pilot) => return self.fly(yard, place, window, &key, pilot),
                Role::Passenger(flight) if flight.is_for(place) => {
                    let outcome = flight.wait(window.end);
                    return outcome.unwrap_or(Err(Fault::Busy(window.length)));
                }
                Role::Passenger(flight) => {
                    let outcome = flight.wait(window.patience);
                    if let Some(outcome) = outcome.filter(|known| flight.speaks_for(place, known)) {
                        return outcome;
                    }
                    alone = true;
                }
            }
        }
    }

    fn fly(&self, yard: &Yard, place: &Place, window: Window, key: &Key, pilot: Pilot) -> Outcome {
        /// Takes a flight off the list, also after a panic: nobody waits for one that has no pilot.
        struct Listed<'a>(&'a Station, &'a Key);
        impl Drop for Listed<'_> {
            fn drop(&mut self) {
                self.0.state().flights.remove(self.1);
            }
        }
        let listed = Listed(self, key);
        let (outcome, is_new) = match self.turn(yard, place, window) {
            Ok(turn) => (self.call(yard, place, window, turn), true),
            Err(known) => (known, false),
        };
        if let Err(fault) = &outcome {
            tracing::warn!(
                provider = self.provider.name,
                image = place.image,
                problem = %fault,
                "a credential provider failed"
            );
        }
        if is_new {
            let default = self.provider.default_cache_duration;
            let mut state = self.state();
            state.memory.keep(place, &outcome, default, Instant::now());
        }
        drop(listed);
        pilot.land(outcome.clone());
        outcome
    }

    /// A turn for a call, or what is known without one: by another call that ended while this one waited, or that there
    /// was no time.
    fn turn<'a>(&self, yard: &'a Yard, place: &Place, window: Window) -> Result<Turn<'a>, Outcome> {
        let busy = || Err(Fault::Busy(window.length));
        let runtime = runtime().map_err(Err)?;
        if Instant::now() >= window.begin {
            return Err(busy());
        }
        let is_new = !self.state().memory.has_served(place, Instant::now());
        let turn = runtime.block_on(async {
            // The clock needs the runtime.
            timeout_at(window.begin.into(), yard.turns.take(is_new)).await
        });
        let turn = turn.map_err(|_| busy())?.map_err(Err)?;
        match self.known(place) {
            Some(known) => Err(known),
            None => Ok(turn),
        }
    }

    /// One call, on a thread that may block.
    fn call(&self, yard: &Yard, place: &Place, window: Window, turn: Turn<'_>) -> Outcome {
        let provider = &self.provider;
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
        let had = window.end.saturating_duration_since(Instant::now());
        let answer = runtime()?.block_on(async {
            let run = process.run(request.as_bytes(), MAX_BYTES);
            timeout_at(window.end.into(), run).await
        });
        drop(turn);
        let answer = answer
            .map_err(|_| Fault::Late(had))?
            .map_err(|error| Fault::Process { error })?;
        Answer::parse(&answer, provider.api_version)
            .map(Arc::new)
            .map_err(Fault::Answer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn runtime() -> Result<Handle, Fault> {
    Handle::try_current().map_err(|_| Fault::Here("there is no runtime to run it on"))
}

#[cfg(test)]
mod tests;
