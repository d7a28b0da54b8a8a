#![doc = include_str!("../README.md")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test crate fails its test at once, by a panic, when it is misused or its machine has no loopback"
)]

mod fault;
mod http;
mod image;
mod lookaside;
mod notary;
mod openpgp;
mod outage;
mod registry;
mod tls;

pub use fault::{Fault, FaultRule, Nature, Redirect};
pub use http::{Endpoint, RecordedRequest};
pub use image::{Blob, Image, ImageBuilder, ImageFormat, IndexBuilder, Layer, OciLayout};
pub use lookaside::{Lookaside, LookasideBuilder, LookasideDirectory};
pub use notary::{
    Collection, CollectionBuilder, Delegation, ExtendedUsage, NotaryAttack, NotaryKey,
    NotaryServer, NotaryServerBuilder, Publication, RootAuthority, RootCertificate,
    RootCertificateFlaw, SignatureMethod, Tampering, Target, canonical_json,
};
pub use openpgp::{
    Attack, CertificateFlaw, Claim, Compression, Hash, KeyKind, OpenPgpSigner,
    OpenPgpSignerBuilder, SignOptions, flip_bit,
};
pub use outage::outage;
pub use registry::{
    Authentication, BlobRedirect, ExtensionAnswer, Profile, Registry, RegistryBuilder,
    SignatureExtension, TokenField,
};
pub use tls::{IssuedCertificate, TlsAuthority};
