//! What remains of documents that said what they must.

use doorward_core::{Check, Digest, Evidence, Scheme, UsedImages, Witness};

/// That the documents which count say what they must of the image. Only the judgements in this folder make one.
pub(super) struct Judgement {
    pub(super) scheme: Scheme,
    pub(super) image: Digest,
    pub(super) evidence: Vec<Evidence>,
    pub(super) checks: Vec<Check>,
    pub(super) used_images: Option<UsedImages>,
}

impl Witness for Judgement {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn digest(&self) -> &Digest {
        &self.image
    }

    fn evidence(&self) -> Vec<Evidence> {
        self.evidence.clone()
    }

    fn checks(&self) -> Vec<Check> {
        self.checks.clone()
    }

    fn used_images(&self) -> Option<UsedImages> {
        self.used_images.clone()
    }
}
