//! Identities as parts of keys.

use doorward_core::Fingerprint;

use super::alternative::AlternativeName;
use super::{Accepted, TrustedIdentities};

impl TrustedIdentities {
    /// Appends everything that decides which signers are accepted. What only plug-ins see is appended beside them.
    pub(crate) fn encode(&self, out: &mut Fingerprint) {
        let Self {
            accepted,
            entries: _,
        } = self;
        match accepted {
            Accepted::Any => {
                out.number(0);
            }
            Accepted::Listed {
                names,
                alternatives,
                matching,
            } => {
                out.number(1).number(*matching as usize).number(names.len());
                for name in names {
                    out.number(name.attributes().len());
                    for (kind, value) in name.attributes() {
                        out.text(kind).text(value);
                    }
                }
                out.number(alternatives.len());
                for alternative in alternatives {
                    match alternative {
                        AlternativeName::Dns(name) => out.text("dns").text(name),
                        AlternativeName::Email(name) => out.text("email").text(name),
                        AlternativeName::Uri(name) => out.text("uri").text(name),
                    };
                }
            }
        }
    }
}
