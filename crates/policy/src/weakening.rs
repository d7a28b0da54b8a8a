//! What a change of policies takes away.

mod added;
mod change;
mod documents;
mod versions;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use crate::demand::{Checks, Demand, Demands};
use crate::select::Extent;
use crate::{
    Diagnostic, ExceptionsAllowed, Group, Mode, OnUnavailable, PolicyBody, PolicyKind,
    PolicyObject, Simple, SimpleRequirement,
};

use added::InForce;
pub use change::Change;
use documents::{contains_attestation, contains_vulnerability};
use versions::{Compared, Versions};

/// One way in which policies would be weaker than those in force.
///
/// `Display` is a fragment: the object, and what is weaker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Weakening {
    /// The texts that the object comes from, as it is in force and as it would be.
    pub sources: Vec<String>,
    /// Kind, namespace and name of the object.
    pub object: String,
    /// What is weaker.
    pub change: Change,
}

impl Weakening {
    /// Whether it is about this object, in whichever text and version.
    #[must_use]
    pub fn concerns(&self, policy: &PolicyObject) -> bool {
        self.object == policy.title()
    }
}

impl fmt::Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.object, self.change)
    }
}

/// Where `after` is weaker than `before`, as far as the documents tell.
///
/// What cannot be compared counts as weaker: another key is. What only adds demands does not. A new entry that does not
/// contain what it may take images from counts as weaker, since one entry of a scope governs an image. The order of
/// objects does not matter.
#[must_use]
pub fn weakenings<'p>(before: &[&'p PolicyObject], after: &[&'p PolicyObject]) -> Vec<Weakening> {
    let mut in_force = InForce::of(before);
    let mut known: BTreeMap<Identity<'_>, Vec<&'p PolicyObject>> = BTreeMap::new();
    for old in before {
        known.entry(old.identity()).or_default().push(old);
    }
    let mut versions: BTreeMap<Identity<'_>, Versions<'p>> = BTreeMap::new();
    for new in after {
        versions.entry(new.identity()).or_default().add(new);
    }
    let mut compared = Compared::new();
    let mut found = Vec::new();
    for old in before {
        let new = versions.get_mut(&old.identity());
        let new = new.and_then(|versions| versions.of(old, &compared));
        match new {
            Some(new) => {
                compared.insert(std::ptr::from_ref(new));
                compare(old, new, &mut in_force, &mut found);
            }
            // What could not be read denied everything.
            None if old.is_unreadable() => {
                found.push(old.weaker(&[old], Change::Judged("*".to_owned())));
            }
            None if old.takes_nothing_away() => {}
            None => found.push(old.weaker(&[old], Change::Gone)),
        }
    }
    let of_cluster = |policy: &&PolicyObject| policy.kind == PolicyKind::ClusterImagePolicy;
    let cluster_governs = before.iter().any(of_cluster);
    let governed: BTreeSet<Option<&str>> = before.iter().map(|policy| policy.home()).collect();
    let mut said: BTreeMap<Identity<'_>, BTreeMap<&str, HashSet<Body<'_>>>> = BTreeMap::new();
    for new in after {
        // All objects of one name are in force together, so of those that none was compared with, every entry counts.
        if compared.contains(&std::ptr::from_ref(*new)) {
            continue;
        }
        // What only ever adds demands takes nothing away by being there.
        if new.selectors.objects.is_some() {
            continue;
        }
        let theirs = said.entry(new.identity()).or_insert_with(|| {
            known
                .get(&new.identity())
                .map_or_else(BTreeMap::new, |olds| by_pattern(olds))
        });
        for (pattern, body) in new.entries() {
            if theirs
                .get(pattern)
                .is_some_and(|theirs| in_force.holds(new.home(), theirs, body))
            {
                continue;
            }
            if let Some(change) = in_force.added(new.home(), pattern, body) {
                found.push(new.weaker(&[new], change));
            }
        }
        if let Some(namespace) = new.home()
            && cluster_governs
            && !governed.contains(&Some(namespace))
        {
            found.push(new.weaker(&[new], Change::OwnPolicies(namespace.to_owned())));
        }
    }
    let still = beyond_bounds(after);
    let judged = beyond_bounds(before).into_iter();
    for (_, old) in judged.filter(|(home, _)| !still.contains_key(home)) {
        found.push(old.weaker(&[old], Change::Judged("*".to_owned())));
    }
    found.sort();
    found.dedup();
    found
}

/// The namespaces that are denied as a whole because their policies have too many entries, each with one that has some.
fn beyond_bounds<'p>(policies: &[&'p PolicyObject]) -> BTreeMap<&'p str, &'p PolicyObject> {
    let mut homes: BTreeMap<&str, (Extent, &PolicyObject)> = BTreeMap::new();
    for policy in policies {
        let Some(home) = policy.home() else { continue };
        let (extent, _) = homes.entry(home).or_insert((Extent::default(), policy));
        for (pattern, _) in policy.entries() {
            extent.add(pattern);
        }
    }
    let exceeds =
        |(home, (extent, policy)): (_, (Extent, _))| extent.exceeds().map(|_| (home, policy));
    homes.into_iter().filter_map(exceeds).collect()
}

/// What an entry says.
type Body<'p> = Result<&'p PolicyBody, &'p Diagnostic>;

/// What some objects say, by the patterns of their entries.
fn by_pattern<'p>(policies: &[&'p PolicyObject]) -> BTreeMap<&'p str, HashSet<Body<'p>>> {
    let mut bodies: BTreeMap<&str, HashSet<Body<'_>>> = BTreeMap::new();
    for (pattern, body) in policies.iter().flat_map(|policy| policy.entries()) {
        bodies.entry(pattern).or_default().insert(body);
    }
    bodies
}

/// Kind, group, namespace and name; and the text, of what cannot be read.
type Identity<'p> = (PolicyKind, Group, Option<&'p str>, &'p str, &'p str);

impl PolicyObject {
    /// What makes it the same object in another text. What cannot be read is the same only in one text.
    fn identity(&self) -> Identity<'_> {
        let source = if self.is_unreadable() {
            self.source.as_str()
        } else {
            ""
        };
        (self.kind, self.group, self.home(), &self.name, source)
    }

    /// Whether nothing is admitted that was refused once it is gone: it is a policy of the cluster, has entries, and
    /// none of them asks for anything. What such a policy does not match, its going does not let in.
    ///
    /// A policy of a namespace always takes something away: while it is there, its namespace has no other policies than
    /// its own, and what none of them matches is denied.
    fn takes_nothing_away(&self) -> bool {
        let mut entries = self.entries().peekable();
        self.kind == PolicyKind::ClusterImagePolicy
            && self.fault.is_none()
            && entries.peek().is_some()
            && entries.all(|(_, body)| body.is_ok_and(PolicyBody::is_unchecked))
    }

    /// Whether it is the same object as `other`, whatever either says: kind, group, namespace and name are equal.
    #[must_use]
    pub fn is_same_object(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    fn weaker(&self, versions: &[&Self], change: Change) -> Weakening {
        let mut sources: Vec<String> = versions.iter().map(|one| one.source.clone()).collect();
        sources.dedup();
        Weakening {
            sources,
            object: self.title(),
            change,
        }
    }

    /// Kind, namespace and name, for people.
    #[must_use]
    pub fn title(&self) -> String {
        match self.home() {
            None if self.is_unreadable() => "a document that cannot be read".to_owned(),
            None => format!("{} {}", self.kind, self.name),
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name),
        }
    }
}

fn compare<'p>(
    old: &'p PolicyObject,
    new: &'p PolicyObject,
    in_force: &mut InForce<'p>,
    found: &mut Vec<Weakening>,
) {
    let mut weaker = |change| found.push(old.weaker(&[old, new], change));
    if old.floor && !new.floor {
        weaker(Change::FloorGone);
    }
    if !new.selectors.cover(&old.selectors) && !old.takes_nothing_away() {
        weaker(Change::Narrowed);
    }
    if new.fault.is_some() {
        // It denies everything in its scope.
        return;
    }
    if old.fault.is_some() {
        weaker(Change::Judged("*".to_owned()));
    }
    // Of two entries with the same pattern, the first counts.
    let now: BTreeMap<_, _> = new.entries().rev().collect();
    let then: BTreeMap<_, _> = old.entries().rev().collect();
    for (pattern, body) in &then {
        let entry = || (*pattern).to_owned();
        let unchecked = body.is_ok_and(PolicyBody::is_unchecked);
        match now.get(pattern) {
            None if unchecked => {}
            None => weaker(Change::EntryGone(entry())),
            Some(now) => {
                if let Some(change) = weaker_body(*body, *now, entry) {
                    weaker(change);
                }
            }
        }
    }
    // Where it was not in force, or only beside others, every entry is new.
    let decides_elsewhere = new.selectors.objects.is_none()
        && (old.selectors.objects.is_some() || !old.selectors.cover_places(&new.selectors));
    if new.selectors.objects.is_some() {
        return;
    }
    for (pattern, body) in now {
        if (decides_elsewhere || !then.contains_key(pattern))
            && let Some(change) = in_force.added(new.home(), pattern, body)
        {
            weaker(change);
        }
    }
}

/// Whether an image that fails does not run, whatever happens.
fn insists(body: &PolicyBody) -> bool {
    let PolicyBody {
        mode,
        mutate_image: _,
        keep_tag: _,
        on_unavailable,
        effective_from,
        exceptions,
        checks,
    } = body;
    *mode == Mode::Enforce
        && *exceptions == ExceptionsAllowed::Denied
        && effective_from.is_none()
        && *on_unavailable == OnUnavailable::Deny
        && matches!(checks, Checks::Demanded(_))
}

fn weaker_body(old: Body<'_>, new: Body<'_>, entry: impl Fn() -> String) -> Option<Change> {
    let (old, new) = match (old, new) {
        (_, Err(_)) => return None,
        (Err(_), Ok(_)) => return Some(Change::Judged(entry())),
        (Ok(old), Ok(new)) => (old, new),
    };
    let Checks::Demanded(demanded) = &old.checks else {
        return None;
    };
    match &new.checks {
        Checks::Unchecked(_) => Some(Change::Unchecked(entry())),
        Checks::Demanded(_) if new.mode < old.mode => Some(Change::Mode(entry())),
        Checks::Demanded(_) if is_deferred(old, new) => Some(Change::Deferred(entry())),
        Checks::Demanded(_) if new.on_unavailable < old.on_unavailable => {
            Some(Change::OnUnavailable(entry()))
        }
        Checks::Demanded(_) if new.exceptions > old.exceptions => Some(Change::Excepts(entry())),
        Checks::Demanded(_) if new.mutate_image < old.mutate_image => Some(Change::Pin(entry())),
        Checks::Demanded(now) if !contains(now, demanded, new.on_unavailable) => {
            Some(Change::Demands(entry()))
        }
        Checks::Demanded(_) => None,
    }
}

/// Whether a failure is one later than it was. There is no clock here: a date that has passed counts as well.
fn is_deferred(old: &PolicyBody, new: &PolicyBody) -> bool {
    match (old.mode, old.effective_from, new.effective_from) {
        // What never refused refuses no later.
        (Mode::Audit | Mode::Warn, _, _) | (_, _, None) => false,
        (Mode::Enforce, None, Some(_)) => true,
        (Mode::Enforce, Some(old), Some(new)) => new > old,
    }
}

/// Whether every demand of `old` is among those of `new`, or `new` rejects everything.
fn contains(new: &Demands, old: &Demands, on_unavailable: OnUnavailable) -> bool {
    let rejects = |demand: &Demand| matches!(demand, Demand::Simple(simple) if rejects(simple));
    if new.iter().any(rejects) {
        return true;
    }
    old.iter().all(|old| {
        new.iter().any(|new| match (old, new) {
            (Demand::Simple(old), Demand::Simple(new)) => contains_simple(new, old, on_unavailable),
            (Demand::Attestations(old), Demand::Attestations(new)) => {
                old.iter().all(|wanted| contains_attestation(new, wanted))
            }
            (Demand::Vulnerability(old), Demand::Vulnerability(new)) => {
                contains_vulnerability(new, old)
            }
            _ => old == new,
        })
    })
}

fn rejects(simple: &Simple) -> bool {
    simple.requirements.contains(&SimpleRequirement::Reject)
}

/// Where an image that cannot be judged is admitted, a store that does not answer demands nothing. So another one may
/// demand less, be it for a slip in its name, or other credentials for it.
fn contains_simple(new: &Simple, old: &Simple, on_unavailable: OnUnavailable) -> bool {
    // Every field is judged here: one that is added does not compile until it is.
    let Simple {
        requirements,
        store_url,
        store_secret,
    } = new;
    let asks_elsewhere = *store_url != old.store_url || *store_secret != old.store_secret;
    match on_unavailable {
        OnUnavailable::Warn if asks_elsewhere => return false,
        OnUnavailable::Deny | OnUnavailable::Warn => {}
    }
    let requirements: HashSet<&SimpleRequirement> = requirements.iter().collect();
    old.requirements
        .iter()
        .all(|wanted| requirements.contains(wanted))
}

#[cfg(test)]
mod tests;
