//! What the validations of one signature came to, and until when that holds.

use doorward_core::{Rejection, Timestamp};
use doorward_crypto::Certificate;

use super::Walk;
use super::revocation::Inquiry;
use crate::{Accepted, SigningScheme};

impl Walk {
    /// The outcome.
    ///
    /// # Errors
    /// The first failure that is enforced, with all validations as its checks. A certificate about which nothing was
    /// found out fails its validation: that an authority is out is no reason to trust, and none to say that the image
    /// could not be judged.
    pub fn finish(mut self) -> Result<Accepted, Rejection> {
        // A plug-in that was not asked all was not because something else had failed, which comes first.
        let is_open = self.has_open_plugin();
        if !is_open {
            self.conclude_plugin()?;
        }
        self.conclude_revocation()?;
        if is_open {
            self.conclude_plugin()?;
        }
        let until = self.valid_until();
        Ok(Accepted {
            signed_at: self.signed_at(),
            authentic_at: self.authentic_at(),
            valid_until: until,
            certificates_end: self.certificates_end().filter(|_| self.trusted.is_some()),
            statement: self.statement.name().to_owned(),
            signed: self.signed,
            validations: self.validations,
            trusted: self.trusted,
            plugin: self.plugin.map(|plugin| plugin.inquiry.rule().name.clone()),
            source: None,
        })
    }

    fn signed_at(&self) -> Timestamp {
        match &self.stamped {
            Some(stamped) => stamped.latest(),
            None => self.signed.signing_time().earliest(),
        }
    }

    /// Whether the certificates must be valid now, because nobody vouches for another time.
    fn now_counts(&self) -> bool {
        self.signed.scheme() == SigningScheme::X509 && self.stamped.is_none()
    }

    fn certificates_end(&self) -> Option<Timestamp> {
        let certificates = self.signed.chain().certificates();
        certificates
            .map(Certificate::not_after)
            .filter(|_| self.now_counts())
            .min()
    }

    /// A signing authority vouches for its own time, as far as it is one that the statement trusts.
    fn authentic_at(&self) -> Option<Timestamp> {
        let is_authority = self.signed.scheme() == SigningScheme::SigningAuthority;
        let vouched = is_authority && self.trusted.is_some();
        (vouched || self.stamped.is_some()).then(|| self.signed_at())
    }

    /// The last second at which no validation would come to something else: expiry, certificates where they must be
    /// valid now, and answers about revocation, which say until when they hold.
    fn valid_until(&self) -> Option<Timestamp> {
        let expiry = self
            .signed
            .expiry()
            .map(|expiry| expiry.earliest().plus(-1));
        let validity = self
            .signed
            .chain()
            .certificates()
            .map(Certificate::not_after)
            .filter(|_| self.now_counts());
        let answers = self.inquiries.iter().filter_map(Inquiry::holds_until);
        // A plug-in may say something else at any time.
        let plugin = self.plugin.as_ref().map(|_| self.at);
        // What has passed already was forgiven, and stays so.
        expiry
            .into_iter()
            .chain(validity)
            .chain(answers)
            .chain(plugin)
            .filter(|end| *end >= self.at)
            .min()
    }
}
