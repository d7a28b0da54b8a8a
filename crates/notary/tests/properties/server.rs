//! Servers that are under an attacker's control.

use doorward_core::{Answer, FetchError, Fetched};
use doorward_testkit::flip_bit;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::history::History;
use crate::support::client::answer;

/// What a server does when it is asked.
#[derive(Clone, Debug)]
pub enum Serving {
    /// It has one of the publisher's publications.
    Honest(Index),
    /// It has one of a stranger's.
    Foreign(Index),
    /// It has one of the publisher's, with one bit flipped in the files of one role.
    Flipped(Index, Index, Index),
    /// It has another publication for each role, no matter who made it, and answers with the current file of that
    /// whichever one is asked for.
    Swapped([Index; 5]),
    /// It has every file of everybody under its name, and current ones of another publication for each role.
    Mixed([Index; 5]),
    /// It has nothing of one role.
    Without(Index, Index),
}

const ROLES: [&str; 5] = [
    "root",
    "timestamp",
    "snapshot",
    "targets",
    "targets/releases",
];

pub fn servings() -> impl Strategy<Value = Vec<Serving>> {
    let index = any::<Index>;
    let each = any::<[Index; 5]>;
    let serving = prop_oneof![
        4 => index().prop_map(Serving::Honest),
        1 => index().prop_map(Serving::Foreign),
        2 => (index(), index(), index()).prop_map(|(state, role, bit)| Serving::Flipped(state, role, bit)),
        1 => each().prop_map(Serving::Swapped),
        4 => each().prop_map(Serving::Mixed),
        1 => (index(), index()).prop_map(|(state, role)| Serving::Without(state, role)),
    ];
    prop::collection::vec(serving, 1..10)
}

impl Serving {
    pub fn answer(&self, honest: &History, foreign: &History, file: &str) -> Answer {
        let all: Vec<_> = honest.states.iter().chain(&foreign.states).collect();
        let found = role_of(file);
        let chosen = |each: &[Index; 5]| {
            let place = ROLES.iter().position(|role| *role == found);
            &each[place.expect("one of the roles")].get(&all).publication
        };
        let of = |publication: &doorward_testkit::Publication| {
            let name = format!("{found}.json");
            answer(publication, &name)
        };
        match self {
            Self::Honest(state) => answer(&state.get(&honest.states).publication, file),
            Self::Foreign(state) => answer(&state.get(&foreign.states).publication, file),
            Self::Flipped(state, role, bit) => {
                let fetched = answer(&state.get(&honest.states).publication, file)?;
                if *role.get(&ROLES) != found {
                    return Ok(fetched);
                }
                let bit = bit.index(fetched.bytes.len() * 8);
                Ok(Fetched::new(flip_bit(&fetched.bytes, bit), None, file))
            }
            Self::Swapped(each) => of(chosen(each)),
            Self::Mixed(each) => {
                if file == format!("{found}.json") {
                    return of(chosen(each));
                }
                let by_name = all
                    .iter()
                    .rev()
                    .find_map(|state| state.publication.file(file));
                let bytes = by_name.ok_or(FetchError::NotFound)?;
                Ok(Fetched::new(bytes.clone(), None, file))
            }
            Self::Without(state, role) => {
                if *role.get(&ROLES) == found {
                    return Err(FetchError::NotFound);
                }
                answer(&state.get(&honest.states).publication, file)
            }
        }
    }
}

/// The role whose file is asked for.
fn role_of(file: &str) -> &str {
    let name = file.strip_suffix(".json").expect("a file of a role");
    match name.split_once('.') {
        Some((_, "root")) => "root",
        Some((role, _)) => role,
        None => name,
    }
}
