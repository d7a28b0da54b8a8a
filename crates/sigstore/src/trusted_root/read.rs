//! What a trusted root says, read once and written again for the engine: what is verified with is what was read here.

use doorward_core::Timestamp;
use doorward_core::json::{Limits, Value, parse};
use doorward_crypto::Certificate;
use serde_json::json;

use super::TrustedRootError;
use crate::limits;
use crate::member::{self, Shape, to_base64};

/// What all media types of trusted roots begin with.
const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.trustedroot";

/// What a trusted root says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Material {
    pub(crate) logs: Vec<Log>,
    pub(crate) certificate_authorities: Vec<Issuer>,
    pub(crate) certificate_logs: Vec<Log>,
    pub(crate) timestamp_authorities: Vec<Issuer>,
}

/// How many there are of what decides what is demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) logs: usize,
    pub(crate) certificate_logs: usize,
    pub(crate) timestamp_authorities: usize,
}

/// The time for which something counts, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
}

/// A log of signatures or of certificates.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    url: String,
    key: Vec<u8>,
    details: String,
    id: Vec<u8>,
    pub(crate) window: Window,
}

/// An authority that issues certificates or time stamps, by its chain.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) window: Window,
}

impl Material {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, TrustedRootError> {
        let malformed = |reason: String| TrustedRootError::Malformed { reason };
        let mut bounds = Limits::bytes(limits::TRUSTED_ROOT_BYTES).depth(16);
        bounds.values = limits::VALUES;
        let root = parse(bytes, bounds).map_err(|error| malformed(error.to_string()))?;
        let shape = |Shape(reason)| malformed(reason);
        let media_type = member::text(&root, "mediaType").map_err(shape)?;
        if !media_type.starts_with(MEDIA_TYPE) {
            return Err(malformed(
                "`mediaType` is not that of a trusted root".into(),
            ));
        }
        Ok(Self {
            logs: all(&root, "tlogs", log)?,
            certificate_authorities: all(&root, "certificateAuthorities", issuer)?,
            certificate_logs: all(&root, "ctlogs", log)?,
            timestamp_authorities: all(&root, "timestampAuthorities", issuer)?,
        })
    }

    pub(crate) const fn counts(&self) -> Counts {
        Counts {
            logs: self.logs.len(),
            certificate_logs: self.certificate_logs.len(),
            timestamp_authorities: self.timestamp_authorities.len(),
        }
    }

    /// The same as a trusted root for the engine.
    pub(crate) fn json(&self) -> String {
        let logs = |logs: &[Log]| logs.iter().map(Log::json).collect::<Vec<_>>();
        let issuers = |all: &[Issuer]| all.iter().map(Issuer::json).collect::<Vec<_>>();
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": logs(&self.logs),
            "certificateAuthorities": issuers(&self.certificate_authorities),
            "ctlogs": logs(&self.certificate_logs),
            "timestampAuthorities": issuers(&self.timestamp_authorities),
        })
        .to_string()
    }
}

impl Window {
    fn json(self) -> serde_json::Value {
        let (Some(start), end) = (self.start, self.end) else {
            return serde_json::Value::Null;
        };
        let end = end.map(|end| end.to_string());
        json!({"start": start.to_string(), "end": end})
    }
}

impl Log {
    fn json(&self) -> serde_json::Value {
        json!({
            "baseUrl": self.url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": to_base64(&self.key),
                "keyDetails": self.details,
                "validFor": self.window.json(),
            },
            "logId": {"keyId": to_base64(&self.id)},
        })
    }
}

impl Issuer {
    /// One certificate, which counts as long as it is valid.
    pub(crate) fn alone(certificate: &Certificate) -> Self {
        Self::chain([certificate])
    }

    /// A chain, that of the signer first and the root last, which counts as long as all of its certificates are valid. What
    /// builds paths does not look at the times of the certificate that they end in.
    pub(crate) fn chain<'c>(chain: impl IntoIterator<Item = &'c Certificate>) -> Self {
        let chain: Vec<_> = chain.into_iter().collect();
        let window = Window {
            start: chain.iter().map(|one| one.not_before()).max(),
            end: chain.iter().map(|one| one.not_after()).min(),
        };
        Self {
            certificates: chain.iter().map(|one| one.der().to_vec()).collect(),
            window,
        }
    }

    fn json(&self) -> serde_json::Value {
        let certificates = self.certificates.iter();
        let certificates = certificates.map(|der| json!({"rawBytes": to_base64(der)}));
        json!({
            "uri": "",
            "certChain": {"certificates": certificates.collect::<Vec<_>>()},
            "validFor": self.window.json(),
        })
    }
}

fn all<T>(
    root: &Value,
    name: &'static str,
    read: fn(&Value) -> Result<T, Shape>,
) -> Result<Vec<T>, TrustedRootError> {
    let malformed = |Shape(reason): Shape| TrustedRootError::Malformed { reason };
    let entries = member::list(root, name).map_err(malformed)?;
    if entries.len() > limits::TRUSTED {
        return Err(TrustedRootError::TooMany {
            what: name,
            limit: limits::TRUSTED,
        });
    }
    let read = entries.iter().map(read).collect::<Result<Vec<_>, _>>();
    read.map_err(|Shape(reason)| TrustedRootError::Malformed {
        reason: format!("an entry of `{name}`: {reason}"),
    })
}

fn log(entry: &Value) -> Result<Log, Shape> {
    let algorithm = member::text(entry, "hashAlgorithm")?;
    if algorithm != "SHA2_256" {
        return Err(Shape("`hashAlgorithm` is not SHA2_256".into()));
    }
    let key = member::object(entry, "publicKey")?;
    let id = member::bytes(member::object(entry, "logId")?, "keyId")?;
    if id.len() != 32 {
        return Err(Shape("`keyId` does not have 32 bytes".into()));
    }
    Ok(Log {
        url: member::text(entry, "baseUrl")?.to_owned(),
        key: member::bytes(key, "rawBytes")?,
        details: member::text(key, "keyDetails")?.to_owned(),
        id,
        window: window(key)?,
    })
}

fn issuer(entry: &Value) -> Result<Issuer, Shape> {
    let chain = member::object(entry, "certChain")?;
    let certificates = member::list(chain, "certificates")?;
    if certificates.is_empty() || certificates.len() > limits::CERTIFICATES {
        let limit = limits::CERTIFICATES;
        return Err(Shape(format!("`certificates` does not have 1 to {limit}")));
    }
    let certificates = certificates
        .iter()
        .map(|der| member::bytes(der, "rawBytes"));
    Ok(Issuer {
        certificates: certificates.collect::<Result<_, _>>()?,
        window: window(entry)?,
    })
}

fn window(entry: &Value) -> Result<Window, Shape> {
    let Some(range) = member::member(entry, "validFor") else {
        return Ok(Window::default());
    };
    let time = |name: &str| {
        let written = member::optional_text(range, name)?;
        let read = written.map(|written| written.parse::<Timestamp>());
        read.transpose()
            .map_err(|_| Shape(format!("`{name}` is no time")))
    };
    let window = Window {
        start: time("start")?,
        end: time("end")?,
    };
    let Some(start) = window.start else {
        return Err(Shape("`validFor` has no `start`".into()));
    };
    if window.end.is_some_and(|end| end < start) {
        return Err(Shape("`validFor` ends before it starts".into()));
    }
    Ok(window)
}
