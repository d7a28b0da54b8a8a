//! Whole Notary v1 sessions with answers in memory: what a decision costs besides the network.
//!
//! `cold`: the first contact. `warm`: everything is remembered and nothing has changed; the set is verified again all the
//! same. `survey`: every delegation is read, for showing what there is. The label says how many delegations there are,
//! how many of them the policy demands as signers, and how many files were fetched in how many rounds.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark stops at what it cannot measure"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward_core::{Budget, FetchError, Fetched, Meter, Resource, Run, Timestamp};
use doorward_notary::{NotarySession, Pins, Remembered, SessionInput, Signer, Wanted};
use doorward_testkit::{Collection, Delegation, KeyKind, NotaryKey, Publication, Target};

const GUN: &str = "registry.example/team/app";
const TAG: &str = "1.0";
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

/// A collection with delegations that all sign its tag.
struct Site {
    files: Publication,
    signers: Vec<Signer>,
}

impl Site {
    fn new(delegations: u64) -> Self {
        let mut collection = Collection::new(GUN, NOW);
        collection.add_target(TAG, Target::content(b"app"));
        let mut signers = Vec::new();
        for number in 0..delegations {
            let key = NotaryKey::seeded(KeyKind::P256, 1000 + number);
            let name = format!("signer-{number}");
            signers.push(Signer::new(&name, key.public_pem().as_bytes(), NOW).unwrap());
            let role = format!("targets/{name}");
            collection
                .delegate(Delegation::new(&role, &[key]))
                .add_target_to(&role, TAG, Target::content(b"app"));
        }
        Self {
            files: collection.publish(),
            signers,
        }
    }

    fn session(&self, signers: usize, remembered: Option<&Remembered>) -> NotarySession {
        NotarySession::new(SessionInput {
            gun: GUN.parse().unwrap(),
            servers: vec!["https://trust.example".to_owned()],
            wanted: Wanted::Tag(TAG.to_owned()),
            signers: self.signers.iter().take(signers).cloned().collect(),
            pins: Pins::FirstUse,
            max_staleness: 0,
            remembered: remembered.cloned(),
            now: NOW,
        })
    }

    /// Runs a session that must succeed: it, how many files it fetched and in how many rounds.
    fn run(&self, session: NotarySession) -> (NotarySession, usize, usize) {
        let mut meter = Meter::new(Budget::default());
        let mut run = Run::new(session);
        let proof = run.to_end(&mut meter, |fetch| {
            let Resource::NotaryMetadata { file, .. } = &fetch.resource else {
                panic!("only trust metadata is asked for");
            };
            let bytes = self.files.file(file).ok_or(FetchError::NotFound)?;
            Ok(Fetched::new(bytes.clone(), None, "memory"))
        });
        proof.unwrap();
        let rounds = run.flights();
        (run.into_session(), meter.fetches(), rounds)
    }
}

fn update(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("notary-update");
    for delegations in [1, 10, 60, 100] {
        let site = Site::new(delegations);
        let all = site.signers.len();
        for signers in [0, all] {
            // More than can be demanded at once.
            if signers > 64 {
                continue;
            }
            let (session, fetched, rounds) = site.run(site.session(signers, None));
            let memory = session.memory().unwrap();
            let label = |fetched, rounds| {
                format!("{delegations} delegations, {signers} signers, {fetched} files in {rounds}")
            };
            group.bench_function(
                BenchmarkId::new("cold", label(fetched, rounds)),
                |bencher| bencher.iter(|| site.run(site.session(signers, None))),
            );
            let (_, fetched, rounds) = site.run(site.session(signers, Some(&memory)));
            group.bench_function(
                BenchmarkId::new("warm", label(fetched, rounds)),
                |bencher| bencher.iter(|| site.run(site.session(signers, Some(&memory)))),
            );
        }
        let (_, fetched, rounds) = site.run(site.session(0, None).surveying());
        let label = format!("{delegations} delegations, {fetched} files in {rounds}");
        group.bench_function(BenchmarkId::new("survey", label), |bencher| {
            bencher.iter(|| site.run(site.session(0, None).surveying()));
        });
    }
    group.finish();
}

criterion_group!(benches, update);
criterion_main!(benches);
