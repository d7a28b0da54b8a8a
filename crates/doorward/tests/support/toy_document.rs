//! Documents that toys sign.

use doorward::core::{
    CheckedAnswer, Digest, Fetch, FetchError, Meter, Pinned, Proof, Rejection, Resource, Scheme,
    Selector, Session, Step, Timestamp,
};
use doorward::{Attached, Candidate, DocumentKind, Documents, Node, Opening, Plan, VouchedContent};

use super::toy::{TOY, ToyWitness, beside, toy_codes};

/// Where the digests of the documents are that are attached to an image.
pub(crate) fn attached_to(image: &Digest) -> String {
    format!("lookaside https://toys.example/documents/{}", image.hex())
}

/// A document must be attached to the image, signed and about the image. Of several, all must be.
pub(crate) struct ToyDocument {
    pub(crate) kinds: Vec<DocumentKind>,
    /// Claims that the document is about this digest, whatever it says.
    pub(crate) claims: Option<Digest>,
}

impl ToyDocument {
    pub(crate) fn signed_by(signed_by: Plan, claims: Option<Digest>) -> Node {
        let kinds = vec![DocumentKind::required(signed_by)];
        Node::Attached(Box::new(Self { kinds, claims }))
    }
}

impl Attached for ToyDocument {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn kinds(&self) -> &[DocumentKind] {
        &self.kinds
    }

    fn find(&self, opening: &Opening<'_>, _: Timestamp) -> Box<dyn Session<Vec<Candidate>>> {
        let kinds = self.kinds.len();
        Box::new(ToyFind {
            image: opening.pinned.clone(),
            kinds,
            listed: Vec::new(),
            asked: 0,
        })
    }

    fn none_counts(&self, _: usize, _: &Opening<'_>, causes: Vec<Rejection>) -> Rejection {
        let nothing = || Rejection::new(toy_codes::NO_DOCUMENT, "nothing is attached");
        causes.into_iter().next().unwrap_or_else(nothing)
    }

    fn read(
        &self,
        opening: &Opening<'_>,
        documents: Vec<Documents>,
        _: Timestamp,
    ) -> Box<dyn Session> {
        Box::new(ToyRead {
            image: opening.pinned.digest().clone(),
            documents,
            claims: self.claims.clone(),
        })
    }
}

struct ToyFind {
    image: Pinned,
    kinds: usize,
    listed: Vec<Digest>,
    asked: usize,
}

impl Session<Vec<Candidate>> for ToyFind {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step<Vec<Candidate>> {
        let list = beside(&attached_to(self.image.digest()));
        self.asked += 1;
        match self.asked {
            1 => Step::Fetch(vec![Fetch::new(list, 16 << 10)]),
            2 => match answers.into_iter().next() {
                Some(Ok(found)) => {
                    let text = String::from_utf8_lossy(&found.bytes).into_owned();
                    self.listed = text.lines().filter_map(|line| line.parse().ok()).collect();
                    if self.listed.is_empty() {
                        return Step::Done(Ok(Vec::new()));
                    }
                    let listed = self.listed.iter();
                    Step::Fetch(listed.map(|digest| self.manifest(digest)).collect())
                }
                Some(Err(error)) if error != FetchError::NotFound => {
                    Step::Done(Err(Rejection::from_fetch(&list, &error)))
                }
                _ => Step::Done(Ok(Vec::new())),
            },
            _ => Step::Done(Ok(self.candidates(answers))),
        }
    }
}

impl ToyFind {
    fn manifest(&self, digest: &Digest) -> Fetch {
        let resource = Resource::Manifest {
            repository: self.image.repository().clone(),
            selector: Selector::Digest(digest.clone()),
        };
        Fetch::new(resource, 256 << 10)
    }

    fn candidates(&self, answers: Vec<CheckedAnswer>) -> Vec<Candidate> {
        let candidate = |kind| {
            move |(digest, answer): (&Digest, &CheckedAnswer)| match answer {
                Ok(manifest) => Candidate::Found {
                    kind,
                    manifest: manifest.clone(),
                },
                Err(error) => {
                    let why = Rejection::from_fetch(&self.manifest(digest).resource, error);
                    if error.is_unavailable() {
                        Candidate::Unknown { kind, why }
                    } else {
                        Candidate::Dismissed { kind, why }
                    }
                }
            }
        };
        (0..self.kinds)
            .flat_map(|kind| self.listed.iter().zip(&answers).map(candidate(kind)))
            .collect()
    }
}

struct ToyRead {
    image: Digest,
    documents: Vec<Documents>,
    claims: Option<Digest>,
}

impl Session for ToyRead {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, _: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        let about = format!(r#""about":"{}""#, self.image);
        let mut vouched = self.documents.iter().flat_map(|kind| &kind.vouched);
        Step::Done(
            if vouched.all(|one| match one.content() {
                VouchedContent::Attached(manifest) => {
                    String::from_utf8_lossy(&manifest.bytes).contains(&about)
                }
                _ => false,
            }) {
                Ok(Proof::of(&ToyWitness {
                    digest: self.claims.clone().unwrap_or_else(|| self.image.clone()),
                    signer: "document".to_owned(),
                }))
            } else {
                Err(Rejection::new(
                    toy_codes::OTHER_DOCUMENT,
                    "a document names another image",
                ))
            },
        )
    }
}
