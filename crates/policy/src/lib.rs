#![doc = include_str!("../README.md")]

mod attestation;
mod body;
pub mod crd;
mod demand;
mod diagnostic;
mod document;
mod duration;
mod editor;
mod effective;
mod environment;
mod exception;
mod image;
mod key_source;
mod kind;
mod lint;
mod lint_code;
mod mutate_image;
mod namespace;
mod node;
mod notation;
mod object;
mod part;
pub mod pattern;
mod render;
mod scalar;
pub mod schema;
mod select;
mod selector;
mod sigstore;
mod simple;
mod spelling;
mod trust;
mod value;
mod vulnerability;
mod walk;
mod weakening;
mod yaml;

pub use attestation::{
    Attestation, DocumentType, ProvenanceDemands, SummaryDemands, TrustedBuilder,
};
pub use body::{Mode, OnUnavailable, PolicyBody};
pub use demand::{Checks, Demand, Demands, Unchecked};
pub use diagnostic::{Diagnostic, Position, Severity};
pub use document::{Document, policy_texts, read_documents};
pub use editor::editor_schema;
pub use environment::{Environment, Labels, Missing};
pub use exception::{
    DEFAULT_LONGEST as DEFAULT_LONGEST_EXCEPTION, ExceptedImage, Exception, ExceptionCode,
    ExceptionKind, ExceptionObject, ExceptionTerms, ExceptionsAllowed, Never, NoException,
    Standing, exception_code_table,
};
pub use image::{ImageRules, ImageUser};
pub use key_source::{KeyForm, KeyPin, KeySource};
pub use kind::{Group, PolicyKind};
pub use lint::{lint, lint_at, lint_exceptions};
pub use lint_code::LintCode;
pub use mutate_image::{Holder, MutateImage};
pub use namespace::{MAX_NAMESPACE, is_namespace};
pub use notation::{
    IdentityMatching, Notation, NotationCheck, NotationLevel, NotationPlugin, NotationStatement,
    PluginRole, StoreSource, TrustStore, TrustStoreKind, VerifyTimestamp,
};
pub use object::PolicyObject;
pub use select::{Entry, Explained, Match, PolicySet, RuleId, Scope, Selection};
pub use selector::{
    AccountPattern, Applies, LabelOperator, LabelRequirement, LabelSelector, Selectors,
    is_label_key, is_label_value,
};
pub use sigstore::{
    AlternativeName, Authority, AuthorityKind, CertificateAuthority, GitHub, Keyless, MultiArch,
    Obligation, Runner, Sigstore, Subject, TrustRoot,
};
pub use simple::{SignedIdentity, Simple, SimpleKeys, SimpleRequirement};
pub use trust::{Pins, Trust};
pub use value::{Quorum, SecretRef};
pub use vulnerability::{
    Iccrva, IgnoredVulnerability, VexStatements, VexStatus, Vulnerability, VulnerabilityReport,
    VulnerabilitySeverity,
};
pub use weakening::{Change, Weakening, weakenings};
