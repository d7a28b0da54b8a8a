//! Transcripts. What is read is written in the same bytes, and no byte of it can be another one; an outage in it is
//! none for a live decision; and nothing in it is a credential, wherever there is a place for one.

#![no_main]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use doorward_core::json::{self, Limits};
use doorward_core::transcript::{Replay, Transcript};
use doorward_core::{Digest, Fetcher, Resource};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    look_at(bytes);
    // No fuzzer finds a digest, so it is made right.
    if let Some(forged) = forged(bytes) {
        look_at(&forged);
    }
});

fn look_at(bytes: &[u8]) {
    let Ok(transcript) = Transcript::from_bytes(bytes) else {
        return;
    };
    assert_eq!(transcript.to_bytes().as_deref(), Ok(bytes));
    for place in (0..bytes.len()).step_by(bytes.len() / 16 + 1) {
        let mut changed = bytes.to_vec();
        changed[place] ^= 1;
        assert!(Transcript::from_bytes(&changed).is_err(), "byte {place}");
    }
    let replay = Replay::new(transcript);
    for record in &replay.transcript().fetches {
        let fetch = record.asked.fetch();
        if let Resource::Lookaside { url, access } = &fetch.resource {
            assert!(access.is_none() && !url.contains('?'));
        }
        let mut answer = pin!(replay.fetch(fetch));
        match answer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(Err(error)) => {
                assert_eq!(error.believed_live().outage(), None);
            }
            Poll::Ready(Ok(_)) | Poll::Pending => {}
        }
    }
    assert_eq!(replay.missing(), None);
}

/// The same document with the digest that its decision has.
fn forged(bytes: &[u8]) -> Option<Vec<u8>> {
    json::parse(bytes, Limits::bytes(Transcript::MAX_BYTES)).ok()?;
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, decision) = text.split_once(",\"decision\":")?;
    let (head, _) = head.split_once("\"digest\":")?;
    let decision = decision.strip_suffix("}\n")?;
    let digest = Digest::sha256(decision.as_bytes());
    Some(format!("{head}\"digest\":\"{digest}\",\"decision\":{decision}}}\n").into_bytes())
}
