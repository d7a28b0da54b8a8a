//! What is remembered of a Notary v1 collection. What can be read is written and read alike; to put two memories
//! together forgets no version of either under the same root; and a session that begins with any memory ends.

#![no_main]

use doorward_core::{FetchError, Fetched, Resource, Session, Step};
use doorward_fuzz::notary::{NOW, SERVED, meter};
use doorward_notary::{NotarySession, Pins, Remembered, RoleName, SessionInput, Wanted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(memory) = Remembered::from_bytes(bytes) else {
        return;
    };
    // Files that are not text cannot be in the document, so nothing of it is lost.
    let written = memory.to_bytes();
    assert_eq!(Remembered::from_bytes(&written).as_ref(), Ok(&memory));
    let itself = memory.clone().merge(memory.clone());
    assert_eq!(itself, memory);

    for served in &*SERVED {
        for state in &served.states {
            let known = &state.remembered;
            merged(&memory, known);
            merged(known, &memory);
        }
    }

    for served in &*SERVED {
        let server = served.states.last().expect("a state");
        let mut session = NotarySession::new(SessionInput {
            gun: served.gun.parse().expect("a repository"),
            servers: vec!["https://trust.example".to_owned()],
            wanted: Wanted::Tag("1.0".to_owned()),
            signers: Vec::new(),
            pins: Pins::None,
            max_staleness: 3600,
            remembered: Some(memory.clone()),
            now: NOW,
        });
        let mut meter = meter();
        let mut answers = Vec::new();
        let mut rounds = 0;
        while let Step::Fetch(fetches) = session.advance(answers, &mut meter) {
            rounds += 1;
            assert!(rounds <= 64, "the session does not end");
            answers = fetches
                .iter()
                .map(|fetch| match &fetch.resource {
                    Resource::NotaryMetadata { file, .. } => match server.files.get(file) {
                        Some(bytes) => Fetched::new(bytes.clone(), None, "known").check(fetch),
                        None => Err(FetchError::NotFound),
                    },
                    _ => panic!("only trust metadata is asked for"),
                })
                .collect();
        }
        if let Some(after) = session.memory() {
            assert!(after.seen() >= memory.seen(), "time goes on");
        }
    }
});

fn merged(mine: &Remembered, theirs: &Remembered) {
    let both = mine.clone().merge(theirs.clone());
    assert!(both.seen() >= mine.seen() && both.seen() >= theirs.seen());
    assert!(both.asked() >= mine.asked() && both.asked() >= theirs.asked());
    assert!(both.root() == mine.root() || both.root() == theirs.root());
    if mine.root() == theirs.root() {
        let version = |memory: &Remembered, role: &RoleName| {
            let versions = memory.versions().into_iter();
            versions
                .filter(|(known, _)| *known == role)
                .map(|(_, version)| version)
                .next()
        };
        for (role, _) in mine.versions() {
            assert!(version(&both, role).is_some(), "{role} is forgotten");
        }
        for (role, _) in theirs.versions() {
            assert!(version(&both, role).is_some(), "{role} is forgotten");
        }
    }
    assert_eq!(
        Remembered::from_bytes(&both.to_bytes()).map(|read| read.seen()),
        Ok(both.seen())
    );
}
