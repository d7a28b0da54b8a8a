//! What an entry that is new takes away.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::{Body, Change, insists, weaker_body};
use crate::demand::{Checks, Demand, Demands};
use crate::pattern::{Reach, Steps};
use crate::{Attestation, DocumentType, PolicyObject, Vulnerability};

/// The most steps that are taken for the entries of one namespace, or of the cluster: a quarter of a second. Beyond, a
/// new entry counts as one that overrules. What one namespace writes takes nothing of what there is for another.
const MOST_STEPS: usize = 50_000_000;
/// What a comparison of two bodies takes, beside what is in them.
const STEPS_OF_A_PAIR: usize = 100;
/// What one requirement of a body takes.
const STEPS_OF_A_REQUIREMENT: usize = 20;

/// The most attestations of one body, as many as a list of a body has items.
const MOST_ATTESTATIONS: usize = 64;

/// The entries in force, by the namespace of their objects.
pub(super) struct InForce<'p> {
    homes: BTreeMap<Option<&'p str>, Home<'p>>,
}

/// What is in force in one namespace.
struct Home<'p> {
    /// The different bodies, each with the patterns it stands under.
    stock: Vec<Stock<'p>>,
    /// For each body that was compared: which of `stock` it does not contain.
    compared: HashMap<Body<'p>, Rc<[usize]>>,
    steps: Steps,
}

struct Stock<'p> {
    body: Body<'p>,
    patterns: Vec<&'p str>,
    /// What images they may govern, once that was asked.
    reaches: Vec<Reach>,
}

impl<'p> InForce<'p> {
    pub(super) fn of(policies: &[&'p PolicyObject]) -> Self {
        let mut homes: BTreeMap<_, Home<'p>> = BTreeMap::new();
        let mut places: HashMap<(Option<&'p str>, Body<'p>), usize> = HashMap::new();
        for policy in policies {
            let home = homes.entry(policy.home()).or_insert_with(Home::new);
            for (pattern, body) in policy.entries() {
                let place = places.entry((policy.home(), body)).or_insert_with(|| {
                    home.stock.push(Stock::new(body));
                    home.stock.len() - 1
                });
                if let Some(stock) = home.stock.get_mut(*place) {
                    stock.patterns.push(pattern);
                }
            }
        }
        Self { homes }
    }

    /// What an entry that was not there takes away, if anything.
    ///
    /// One entry of a scope is selected for an image. So however much the new one demands, it may take images from one
    /// that demands something else. Which of two is selected depends on more than their patterns, and is not told here.
    pub(super) fn added(
        &mut self,
        home: Option<&'p str>,
        pattern: &str,
        body: Body<'p>,
    ) -> Option<Change> {
        if !insists(body.ok()?) {
            return Some(Change::Admits(pattern.to_owned()));
        }
        let home = self.homes.get_mut(&home)?;
        home.may_overrule(pattern, body)
            .then(|| Change::Overrules(pattern.to_owned()))
    }

    /// Whether one of `known` says the same as `body`, and none says anything stricter that `body` might come to
    /// precede.
    pub(super) fn holds(
        &mut self,
        home: Option<&'p str>,
        known: &HashSet<Body<'p>>,
        body: Body<'p>,
    ) -> bool {
        let Some(home) = self.homes.get_mut(&home) else {
            return false;
        };
        known.contains(&body)
            && known.iter().all(|known| {
                home.steps.take(steps(*known, body))
                    && weaker_body(*known, body, String::new).is_none()
            })
    }
}

impl<'p> Stock<'p> {
    const fn new(body: Body<'p>) -> Self {
        Self {
            body,
            patterns: Vec::new(),
            reaches: Vec::new(),
        }
    }
}

impl<'p> Home<'p> {
    fn new() -> Self {
        Self {
            stock: Vec::new(),
            compared: HashMap::new(),
            steps: Steps::of(MOST_STEPS),
        }
    }

    /// Whether images may be taken from an entry that demands something else. Whatever there are no steps left for
    /// counts as such.
    fn may_overrule(&mut self, pattern: &str, body: Body<'p>) -> bool {
        let Some(others) = self.not_contained(body) else {
            return true;
        };
        if others.is_empty() {
            return false;
        }
        let reach = Reach::of(pattern);
        for place in others.iter() {
            let Some(stock) = self.stock.get_mut(*place) else {
                continue;
            };
            if stock.reaches.is_empty() {
                for pattern in &stock.patterns {
                    if !self.steps.take(STEPS_OF_A_PAIR + pattern.len()) {
                        return true;
                    }
                    stock.reaches.push(Reach::of(pattern));
                }
            }
            if stock
                .reaches
                .iter()
                .any(|theirs| reach.meets(theirs, &mut self.steps))
            {
                return true;
            }
        }
        false
    }

    /// Which of the bodies in force `body` does not contain. Returns `None` if there are no steps left to tell.
    fn not_contained(&mut self, body: Body<'p>) -> Option<Rc<[usize]>> {
        if let Some(known) = self.compared.get(&body) {
            return Some(Rc::clone(known));
        }
        let mut others = Vec::new();
        for (place, stock) in self.stock.iter().enumerate() {
            if !self.steps.take(steps(stock.body, body)) {
                return None;
            }
            if weaker_body(stock.body, body, String::new).is_some() {
                others.push(place);
            }
        }
        let others: Rc<[usize]> = others.into();
        self.compared.insert(body, Rc::clone(&others));
        Some(others)
    }
}

/// How many steps a comparison of two bodies takes.
fn steps(old: Body<'_>, new: Body<'_>) -> usize {
    let size = |body: Body<'_>| {
        body.map_or(0, |body| match &body.checks {
            Checks::Unchecked(_) => 0,
            Checks::Demanded(demands) => size(demands),
        })
    };
    let requirements = size(old).saturating_add(size(new));
    STEPS_OF_A_PAIR.saturating_add(requirements.saturating_mul(STEPS_OF_A_REQUIREMENT))
}

fn size(demands: &Demands) -> usize {
    let size_of = |demand: &Demand| match demand {
        Demand::Simple(simple) => simple.requirements.len(),
        // Each of the one list is compared with each of the other, and so is what they list.
        Demand::Attestations(attestations) => attestations.iter().map(size_of_attestation).sum(),
        Demand::AnyOf(alternatives) => alternatives.iter().map(size).sum(),
        Demand::Vulnerability(vulnerability) => size_of_report(vulnerability),
        Demand::Trust(_) | Demand::Notation(_) | Demand::Sigstore(_) | Demand::Image(_) => 1,
    };
    demands.iter().map(size_of).sum()
}

fn size_of_attestation(attestation: &Attestation) -> usize {
    let Attestation {
        document,
        conditions,
        deny_packages,
        deny_licenses,
        ..
    } = attestation;
    let of_document = match document {
        DocumentType::Artifact(_) | DocumentType::Predicate(_) => 0,
        DocumentType::Provenance(one) => {
            one.builders.len()
                + one.trusted_builders.len()
                + one.sources.len()
                + one.build_types.len()
        }
        DocumentType::Summary(one) => one.verifiers.len() + one.resources.len() + one.levels.len(),
    };
    let listed = conditions.len() + deny_packages.len() + deny_licenses.len() + of_document;
    (1 + listed).saturating_mul(MOST_ATTESTATIONS)
}

fn size_of_report(vulnerability: &Vulnerability) -> usize {
    let report = vulnerability.report.as_ref();
    report.map_or(1, |report| {
        let ignored = report.ignore.len();
        1 + report.fail_on.len() + ignored.saturating_mul(ignored)
    })
}
