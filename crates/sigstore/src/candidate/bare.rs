//! What of something that cannot be read as a whole tells who signed what: the envelope, its signatures, and the certificate.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::json::{Limits, Value, parse};

use super::{Candidate, CandidateForm, Content, Envelope, SignerMaterial, annotations, bundle};
use crate::limits;
use crate::member;

impl Candidate {
    /// What may be signed in an envelope or a bundle that cannot be read as a whole, each of its first signatures by itself, with
    /// nothing that vouches for it. Empty if it has no signature that can be read. For finding out who signed what, and nothing else.
    pub(crate) fn bare(
        form: CandidateForm,
        bytes: &Bytes,
        beside: &BTreeMap<String, String>,
    ) -> Vec<Self> {
        Self::read_bare(form, bytes, beside).unwrap_or_default()
    }

    fn read_bare(
        form: CandidateForm,
        bytes: &Bytes,
        beside: &BTreeMap<String, String>,
    ) -> Option<Vec<Self>> {
        let mut bounds = Limits::bytes(limits::BUNDLE_BYTES).depth(16);
        bounds.values = limits::VALUES;
        let value = match form {
            CandidateForm::Attestation | CandidateForm::Bundle => parse(bytes, bounds).ok()?,
            CandidateForm::Layer => {
                let (signature, material) = annotations::bare(beside);
                let payload = bytes.clone();
                let signature = signature?;
                let claim = Content::Claim { payload, signature };
                return Some(vec![Self::of_bare(form, claim, material)]);
            }
        };
        let (envelope, material) = match form {
            CandidateForm::Bundle => {
                let material = member::member(&value, "verificationMaterial");
                let material = material.and_then(|material| bundle::signer(material).ok());
                (member::member(&value, "dsseEnvelope")?, material)
            }
            CandidateForm::Attestation | CandidateForm::Layer => {
                (&value, Some(annotations::bare(beside).1))
            }
        };
        let material = material.unwrap_or(SignerMaterial::Key { hint: None });
        let payload_type = member::text(envelope, "payloadType").ok()?.to_owned();
        let payload = Bytes::from(member::bytes(envelope, "payload").ok()?);
        let signatures = member::list(envelope, "signatures").ok()?.iter();
        let signatures = signatures.take(limits::BARE_SIGNATURES);
        let signatures = signatures.filter_map(|one: &Value| member::bytes(one, "sig").ok());
        let envelope = Envelope::of(payload_type, payload, Vec::new());
        let candidates = signatures.map(|signature| {
            let statement = Content::Statement(Envelope {
                signature,
                ..envelope.clone()
            });
            Self::of_bare(form, statement, material.clone())
        });
        Some(candidates.collect())
    }

    const fn of_bare(form: CandidateForm, content: Content, material: SignerMaterial) -> Self {
        Self {
            form,
            content,
            material,
            entries: Vec::new(),
            timestamps: Vec::new(),
            promise_suffices: false,
            source: None,
        }
    }
}
