//! How Doorward decides, and why it decides that way.
//!
//! This module holds no code. Read it before you embed the engine or change it.
//!
//! # One decision
//!
//! 1. The image is parsed. What does not parse is denied.
//! 2. The rules select the entries that govern it. None is a denial, never an allowance.
//! 3. A tag is resolved to a digest, once. The digest is computed here from the bytes of the manifest.
//! 4. Every requirement of every entry runs as a session about that digest. The sessions share fetches.
//! 5. Each entry ends in one outcome: passed with proofs, unchecked because it says so, failed softly because its own
//!    mode says so, or failed. It depends on that entry and the image alone. An admission is a fold over these
//!    outcomes and has no other origin: no entry has failed hard, and the pin is what the entries that passed have
//!    verified. So an entry more never admits what was refused, and never takes a pin away. Every proof must name one
//!    and the same digest.
//! 6. What was verified is what is admitted: the verdict carries repository and digest, and the caller replaces the
//!    image by them.
//!
//! A [`Lookup`](crate::Lookup) stands beside step 3: a scheme such as Notary v1 that itself says which digest a name
//! stands for. It is asked at the same time as the registry, and what the two say must agree; where nothing else is
//! demanded, the registry is not asked at all. An image that is refused by its name alone is not asked about either.
//!
//! There is no step back: nothing that was resolved is resolved again, and nothing unverified is carried on.
//!
//! # Failing closed
//!
//! A refusal has a [class](crate::core::Class). "Could not ask" is [`Unavailable`](crate::core::Class::Unavailable);
//! it denies unless the policy says `onUnavailable: warn`, and even then only for an outage: a registry that refuses
//! the credentials stays a denial, because the deployer chooses the credentials. "The image does not
//! exist" is an answer, and a denial: otherwise somebody could have a workload admitted first and push the image
//! afterwards.
//!
//! # Digests, tags, and both
//!
//! For schemes that sign digests, a reference with a digest is decided by its digest, whether a tag stands beside it or
//! not, because that is what a container runtime pulls. The tag takes no part in matching the signed identity. For a
//! lookup both count: the tag must stand for that digest.
//!
//! # What is remembered
//!
//! Proofs are remembered for a few minutes. A session is opened from one value, its [`Inputs`](crate::Inputs): image,
//! place, keys, identities, settings. The key of its proof is the hash of that value and of the tenant's scope. What is
//! remembered is the proof itself, so an entry ends the same way as if it had been verified afresh. Tags are resolved
//! at every review, so a remembered proof never decides what a tag means. Refusals are not remembered, and what a
//! lookup found is not either: which digest a name stands for is asked each time.
//!
//! What a lookup verified on the way is kept in a [`StateStore`](crate::core::StateStore): the root of trust, and the
//! newest version of everything, so that nothing older is believed afterwards. It is kept before the verdict counts; an
//! image is not allowed on what cannot be kept. Memory belongs to a scope (a namespace's policies, or the cluster's),
//! the servers that were asked and the name that was looked up, and is never used for another one of these. Without a
//! store of your own it lives in the process ([`MemoryState`](crate::MemoryState)). That something is met for the first
//! time, or that what was remembered was deleted, is said in [`Verdict::notes`](crate::Verdict::notes).
//!
//! # Embedding
//!
//! Implement [`Fetcher`](crate::core::Fetcher) and [`Secrets`](crate::Secrets), build an [`Engine`](crate::Engine)
//! once, and call [`decide_all`](crate::Engine::decide_all) with a [`Context`](crate::Context) for each review.
//! Rules that are not policy documents go in as [`Rules::Fixed`](crate::Rules::Fixed).
