//! Whether the API server believes the certificate that is served, and for how long.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Timestamp;
use rustls_pki_types::CertificateDer;
use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, ObjectName};
use super::installation::Installation;
use super::registration::Registered;
use super::setup::Setup;
use crate::serving::{Span, accepted, authorities, certificates, validity};

/// The most characters of a bundle or certificate in an object.
const MOST_TEXT: usize = 256 << 10;

const RENEW: &str = "look at what the webhook logs about its certificate, which it renews by itself; one that was brought has to be \
                     renewed where it came from";
const AGREE: &str = "put the authority of the certificate that is served into caBundle: the webhook with --arm does, and \
                     cert-manager where the chart has it; look at what they log";

pub(super) fn look(
    installation: &Installation,
    setup: &Setup,
    registered: &[Registered<'_>],
    now: Timestamp,
    within: Duration,
    findings: &mut Findings,
) {
    let times = Times { now, within };
    let served = served(installation, setup, findings);
    if let Some((secret, chain)) = &served
        && let Some(Ok(span)) = chain.first().map(validity)
    {
        times.tell("the certificate", span, secret.clone(), findings);
    }
    for one in registered {
        let object = || one.configuration.clone();
        let Some(bundle) = bundle(one, findings) else {
            continue;
        };
        let trusted = match authorities(&bundle) {
            Ok(trusted) => trusted,
            Err(why) => {
                let message = format!("{}: caBundle cannot be used: {why}", one.name());
                findings.add(CheckupCode::CaBundleInvalid, object(), message, AGREE);
                continue;
            }
        };
        // Of authorities that follow each other, the last one to end counts, if it is not known which is in use.
        let last = trusted
            .iter()
            .map(|one| one.span)
            .max_by_key(|span| span.until);
        let Some((secret, chain)) = &served else {
            if let Some(span) = last {
                times.tell("every authority in caBundle", span, object(), findings);
            }
            continue;
        };
        let name = format!("{}.{}.svc", setup.service, setup.home);
        match accepted(chain, &trusted, &[name]) {
            Err(why) => {
                let message = format!(
                    "{}: the API server does not believe the certificate in {secret}: {why}",
                    one.name()
                );
                findings.add(CheckupCode::CaBundleMismatch, object(), message, AGREE);
            }
            Ok(span) => {
                // What ends with the certificate is a finding there.
                let own = chain.first().and_then(|leaf| validity(leaf).ok());
                if own.is_none_or(|own| span.until < own.until || own.from < span.from) {
                    times.tell("the authority in caBundle", span, object(), findings);
                }
            }
        }
    }
}

struct Times {
    now: Timestamp,
    within: Duration,
}

impl Times {
    fn tell(&self, what: &str, span: Span, object: ObjectName, findings: &mut Findings) {
        let Span { from, until } = span;
        if self.now < from {
            let message = format!("{what} is not valid before {from}");
            findings.add(CheckupCode::CertificateEnded, object, message, "look at the clocks of the nodes, and at what the webhook logs about its certificate");
        } else if until <= self.now {
            let message =
                format!("{what} has ended at {until}: the API server gets no answer, and refuses");
            findings.add(CheckupCode::CertificateEnded, object, message, RENEW);
        } else if until
            <= self
                .now
                .plus(i64::try_from(self.within.as_secs()).unwrap_or(i64::MAX))
        {
            let message = format!("{what} ends at {until}");
            findings.add(CheckupCode::CertificateEndsSoon, object, message, RENEW);
        }
    }
}

/// The chain that is served, and where it is kept. `None` if that is not known, which is said.
fn served(
    installation: &Installation,
    setup: &Setup,
    findings: &mut Findings,
) -> Option<(ObjectName, Vec<CertificateDer<'static>>)> {
    let Some((name, item)) = &setup.secret else {
        if setup.is_known {
            findings.add(
                CheckupCode::NotAnswered,
                ObjectName::new("Deployment", Some(&setup.home), &installation.deployment_name),
                "its options and volumes name no Secret with its certificate, so that it is not known what is served",
                "look at the certificate where it is kept, by the authorities in the webhook configurations",
            );
        }
        return None;
    };
    let object = ObjectName::new("Secret", Some(&setup.home), name);
    let mut missing = |why: &str| {
        findings.add(CheckupCode::CertificateMissing, object.clone(), why, RENEW);
        None
    };
    let Some(secret) = installation.secret.known()? else {
        return missing("it is not there: the webhook has no certificate to serve");
    };
    let text = secret["data"][item.as_str()].as_str().unwrap_or_default();
    if text.is_empty() {
        return missing(&format!(
            "it has no {item}: the webhook has no certificate to serve"
        ));
    }
    let Some(pem) = decoded(text) else {
        return missing(&format!("{item} cannot be read"));
    };
    match certificates(&pem) {
        Ok(chain) => Some((object, chain)),
        Err(why) => missing(&format!("{item} cannot be used: {why}")),
    }
}

/// The authorities of a configuration, PEM. `None` if there are none, which is said.
fn bundle(one: &Registered<'_>, findings: &mut Findings) -> Option<Vec<u8>> {
    let text = match &one.webhook["clientConfig"]["caBundle"] {
        Value::String(text) => text.as_str(),
        _ => "",
    };
    let object = one.configuration.clone();
    if text.is_empty() {
        let message = format!(
            "{}: no caBundle: the API server believes nobody who answers at the Service",
            one.name()
        );
        findings.add(CheckupCode::CaBundleMissing, object, message, AGREE);
        return None;
    }
    let pem = decoded(text);
    if pem.is_none() {
        let message = format!("{}: caBundle is not base64, or too long", one.name());
        findings.add(CheckupCode::CaBundleInvalid, object, message, AGREE);
    }
    pem
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    (text.len() <= MOST_TEXT)
        .then(|| STANDARD.decode(text).ok())
        .flatten()
}
