//! One signature that is at hand, about one file.

use std::sync::Arc;

use doorward_core::{
    CheckedAnswer, Digest, Fetch, Halt, Meter, PluginCommand, Progress, Proof, Rejection, Scheme,
    Session, Standing, Step, Timestamp,
};

use crate::plugin::resource;
use crate::session::resources::{fetch_of, standing};
use crate::{
    Artifact, Envelope, KnownSignatures, PluginRequest, RevocationAnswers, RevocationRequest,
    SignatureChecks, Statement, TrustStores, Walk,
};

/// A file, and the signature that came with it.
#[derive(Clone, Debug)]
pub struct BlobInput {
    /// The signature.
    pub envelope: Envelope,
    /// The digest of the file, by the [algorithm of the signature](Envelope::blob_algorithm).
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
    /// Its media type, if that matters. Parameters count.
    pub media_type: Option<String>,
    /// Whom to trust and what to check.
    pub statement: Arc<Statement>,
    /// The trust stores that the statement names.
    pub stores: Arc<TrustStores>,
    /// The time of the decision.
    pub now: Timestamp,
    /// Where the signature was found, for reports.
    pub source: String,
}

/// Verifies a signature over a file (Signing and Verification Workflow, "Verification of Blobs"). It asks authorities
/// about the certificates, and the plug-in that the signature names if the statement allows it.
#[derive(Debug)]
pub struct BlobSession {
    input: BlobInput,
    state: State,
    answers: RevocationAnswers,
    /// Signatures on certificates that were verified on the way.
    known: KnownSignatures,
    standing: Vec<Standing>,
}

#[derive(Debug)]
enum State {
    Start,
    Asked(Box<Walk>, Vec<RevocationRequest>),
    Plugin(Box<Walk>),
    Over,
}

impl BlobSession {
    /// A session at its beginning.
    #[must_use]
    pub fn new(input: BlobInput) -> Self {
        Self {
            input,
            state: State::Start,
            answers: RevocationAnswers::new(),
            known: KnownSignatures::new(),
            standing: Vec::new(),
        }
    }

    fn start(&mut self, meter: &mut Meter) -> Progress<Proof> {
        let BlobInput {
            envelope,
            digest,
            size,
            media_type,
            statement,
            stores,
            now,
            source: _,
        } = &self.input;
        let mut checks = SignatureChecks::new(meter, &mut self.known);
        let signed = envelope.verify(None, &mut checks)?;
        let artifact = Artifact::Blob {
            digest,
            size: *size,
            media_type: media_type.as_deref(),
        };
        let walk = Walk::begin(signed, &artifact, statement, stores, *now, &mut checks)?;
        self.go_on(walk, meter)
    }

    fn answered(
        &mut self,
        walk: Walk,
        asked: Vec<RevocationRequest>,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Proof> {
        for (request, answer) in asked.into_iter().zip(answers) {
            self.answers.arrived(request, answer);
        }
        self.go_on(walk, meter)
    }

    /// Takes what the plug-in answered.
    fn plugin_answered(
        &mut self,
        mut walk: Walk,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Proof> {
        let answer = answers.into_iter().next();
        let answer = answer.ok_or_else(Rejection::out_of_step)?;
        let answer = answer.map(|found| found.into_fetched().bytes);
        walk.hear_plugin(answer.as_deref());
        self.go_on(walk, meter)
    }

    /// Asks the plug-in first what it can do, which may replace what authorities are asked about, then authorities, and
    /// then the plug-in for its verdict.
    fn go_on(&mut self, mut walk: Walk, meter: &mut Meter) -> Progress<Proof> {
        let wanted = walk.wants_plugin();
        let is_first =
            |request: &PluginRequest| request.command == PluginCommand::GetPluginMetadata;
        if let Some(request) = wanted.filter(is_first) {
            return self.ask_plugin(walk, request);
        }
        let mut checks = SignatureChecks::new(meter, &mut self.known);
        let wanted = walk.wants(&self.answers, &mut checks)?;
        if !wanted.is_empty() {
            let fetches = wanted.iter().map(fetch_of).collect();
            self.state = State::Asked(Box::new(walk), wanted);
            return Err(Halt::Wants(fetches));
        }
        // Authorities may have made it pointless.
        if let Some(request) = walk.wants_plugin() {
            return self.ask_plugin(walk, request);
        }
        self.standing = standing(&walk, self.input.now);
        let accepted = walk.finish()?.found_at(&self.input.source);
        Ok(Proof::of(&accepted))
    }

    fn ask_plugin(&mut self, walk: Walk, request: PluginRequest) -> Progress<Proof> {
        let fetch = Fetch::new(resource(request), PluginRequest::MAX_ANSWER_BYTES);
        self.state = State::Plugin(Box::new(walk));
        Err(Halt::Wants(vec![fetch]))
    }
}

impl Session for BlobSession {
    fn scheme(&self) -> Scheme {
        Scheme::NOTATION
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(meter),
            State::Asked(walk, asked) => self.answered(*walk, asked, answers, meter),
            State::Plugin(walk) => self.plugin_answered(*walk, answers, meter),
            State::Over => Err(Rejection::out_of_step().into()),
        };
        match next {
            Ok(proof) => Step::Done(Ok(proof)),
            Err(Halt::Refused(rejection)) => Step::Done(Err(rejection.in_scheme(self.scheme()))),
            Err(Halt::Wants(fetches)) => Step::Fetch(fetches),
        }
    }

    fn standing(&self) -> Vec<Standing> {
        self.standing.clone()
    }
}
