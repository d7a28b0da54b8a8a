#![cfg_attr(
    all(
        feature = "openpgp",
        feature = "pki",
        feature = "servers",
        feature = "sigstore"
    ),
    doc = include_str!("../README.md")
)]
#![cfg_attr(
    not(all(
        feature = "openpgp",
        feature = "pki",
        feature = "servers",
        feature = "sigstore"
    )),
    doc = "A part of the test kit, as the features say that were asked for."
)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test crate fails its test at once, by a panic, when it is misused or its machine has no loopback"
)]

#[cfg(feature = "servers")]
mod advisor;
mod cases;
#[cfg(feature = "servers")]
mod fault;
mod flip;
mod given;
#[cfg(feature = "servers")]
mod http;
mod image;
#[cfg(any(feature = "notary", feature = "openpgp"))]
mod key;
#[cfg(feature = "kubernetes")]
mod kubernetes;
#[cfg(feature = "servers")]
mod lookaside;
#[cfg(feature = "notary")]
mod notary;
#[cfg(feature = "notation")]
mod notation;
#[cfg(feature = "openpgp")]
mod openpgp;
mod outage;
#[cfg(feature = "pki")]
mod pki;
#[cfg(feature = "servers")]
mod registry;
#[cfg(feature = "sigstore")]
mod sigstore;
#[cfg(feature = "servers")]
mod tls;
#[cfg(feature = "tuf")]
pub mod tuf;

#[cfg(feature = "servers")]
pub use advisor::{Advisor, AdvisorBuilder};
pub use cases::Cases;
#[cfg(feature = "servers")]
pub use fault::{Fault, FaultRule, Nature, Redirect};
pub use flip::flip_bit;
pub use given::{Given, ask_at_once};
#[cfg(feature = "servers")]
pub use http::{Endpoint, RecordedRequest};
pub use image::{Blob, Image, ImageBuilder, ImageFormat, IndexBuilder, Layer, OciLayout};
#[cfg(any(feature = "notary", feature = "openpgp"))]
pub use key::KeyKind;
#[cfg(feature = "kubernetes")]
pub use kubernetes::{ApiAnswer, ApiServer, ApiServerBuilder};
#[cfg(feature = "servers")]
pub use lookaside::{Lookaside, LookasideBuilder, LookasideDirectory};
#[cfg(feature = "notary")]
pub use notary::{
    Collection, CollectionBuilder, Delegation, ExtendedUsage, NotaryAttack, NotaryKey, Publication,
    RootAuthority, RootCertificate, RootCertificateFlaw, SignatureMethod, Tampering, Target,
    canonical_json,
};
#[cfg(all(feature = "notary", feature = "servers"))]
pub use notary::{NotaryServer, NotaryServerBuilder};
#[cfg(feature = "notation")]
pub use notation::{EnvelopeBuilder, EnvelopeKind, SignedEnvelope};
#[cfg(feature = "openpgp")]
pub use openpgp::{
    Attack, CertificateFlaw, Claim, Compression, Hash, OpenPgpSigner, OpenPgpSignerBuilder,
    SignOptions,
};
pub use outage::outage;
#[cfg(feature = "pki")]
pub use pki::{
    CertificateBuilder, Certified, ListBuilder, ListedCertificate, OcspBuilder, OcspSays,
    StampBuilder, StampFlaw, asn1, dotted_oid,
};
#[cfg(feature = "servers")]
pub use registry::{
    Authentication, BlobRedirect, ExtensionAnswer, Profile, Registry, RegistryBuilder,
    SignatureExtension, TokenField,
};
#[cfg(feature = "sigstore")]
pub use sigstore::{CosignBuilder, CosignForm, CosignKey, CosignSignature};
#[cfg(all(feature = "pki", feature = "servers", feature = "sigstore"))]
pub use sigstore::{SigstoreIdentity, SigstoreInstance, SigstoreLog};
#[cfg(feature = "servers")]
pub use tls::{IssuedCertificate, TlsAuthority};
