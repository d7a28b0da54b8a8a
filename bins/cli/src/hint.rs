//! What the reader of a refusal can do next.
//!
//! A hint says how to learn more or how to supply what is missing. It never says how to trust less: no hint speaks
//! of a mode, of an exception, or of a requirement that could be left out.

use doorward::{Decision, Verdict};
use doorward_core::{Code, Distrust, FetchError, Rejection};

use crate::site::Site;
use crate::terminal::Terminal;

/// Prints what helps with the refusals among `verdicts`, each hint once.
pub(crate) fn all(verdicts: &[Verdict], site: &Site, terminal: Terminal) {
    let mut said: Vec<String> = Vec::new();
    for verdict in verdicts
        .iter()
        .filter(|verdict| verdict.decision() != Decision::Allow)
    {
        let Some(rejection) = verdict.rejection() else {
            continue;
        };
        if let Some(hint) = hint(verdict, rejection, site)
            && !said.contains(&hint)
        {
            terminal.hint(&hint);
            said.push(hint);
        }
    }
}

fn hint(verdict: &Verdict, rejection: &Rejection, site: &Site) -> Option<String> {
    Some(match rejection.code() {
        Code::PolicyNoMatch | Code::PolicyNone => {
            let known = site.policies();
            if known.is_empty() {
                "no policy was read; name files or directories that have one with --filename".to_owned()
            } else {
                format!("these policies were read: {}", known.join(", "))
            }
        }
        Code::SecretNotFound => {
            let known = site.secrets_named_in(rejection.detail());
            if known.is_empty() {
                "add the Secret to the files that --filename names".to_owned()
            } else {
                format!(
                    "a Secret of that name exists elsewhere: {}; keys of a cluster policy are read from the namespace \
                     that the policy names, else from --home-namespace",
                    known.join(", ")
                )
            }
        }
        Code::RegistryUnauthorized => "anonymous access and every known credential were refused; log in with \
             `docker login`, or give the pull Secret with --filename and its ServiceAccount with --service-account"
            .to_owned(),
        Code::RegistryUnavailable | Code::NotaryServerUnavailable if handshake(rejection).is_some() => {
            return handshake(rejection);
        }
        // Whoever said --offline knows why.
        Code::RegistryUnavailable if rejection.detail().contains("--offline") => return None,
        Code::RegistryUnavailable | Code::DeadlineExceeded => {
            "nothing is known about the image until this can be asked; -v shows every exchange".to_owned()
        }
        Code::SimpleNoSignature
        | Code::SimpleNoAcceptedSignature
        | Code::SimpleIdentityMismatch
        | Code::SimpleUnknownKey
        | Code::SimpleDigestMismatch
        | Code::SimpleBadSignature => "`doorward inspect` with the same image and files lists the signatures that exist"
            .to_owned(),
        Code::NotaryPinRequired => {
            let gun = verdict
                .reference()
                .map_or_else(String::new, |reference| reference.repository().to_string());
            format!(
                "`doorward trust pin {gun}` prints the pins that the policy lacks; where a Docker client already trusts \
                 the repository, `doorward trust import` takes its root over"
            )
        }
        Code::NotaryPinMismatch => {
            "`doorward inspect` with the same image and files shows which root keys the server has; a publisher who \
             replaced theirs can tell you the new key ID"
                .to_owned()
        }
        Code::NotaryServerUnavailable if rejection.detail().contains("--offline") => return None,
        Code::NotaryServerUnavailable => {
            "nothing is known about the image until the trust server can be asked; -v shows every exchange".to_owned()
        }
        Code::NotaryServerUnauthorized => "anonymous access and every known credential were refused; the trust server \
             takes those of the registry: log in with `docker login`, or give the pull Secret with --filename and its \
             ServiceAccount with --service-account"
            .to_owned(),
        Code::NotaryDelegationMissing
        | Code::NotaryDigestMismatch
        | Code::NotaryNotReleased
        | Code::NotaryRoleExpired
        | Code::NotarySignerKeyMismatch
        | Code::NotarySignerMismatch
        | Code::NotarySignerMissing
        | Code::NotaryThreshold => {
            "`doorward inspect` with the same image and files shows the roles, until when they are valid, and what they \
             signed"
                .to_owned()
        }
        _ => return None,
    })
}

/// What helps where TLS is not what it should be: by the facts of the failure, not by its words.
fn handshake(rejection: &Rejection) -> Option<String> {
    let Some(FetchError::Handshake(handshake)) = rejection.fetch_error() else {
        return None;
    };
    let host = &handshake.host;
    Some(match &handshake.distrust {
        Distrust::NotTls => format!("--plain-http {host} if that is meant"),
        Distrust::UnknownIssuer(_) => {
            format!(
                "if {host} has an authority of its own, --ca-file PEM names the file with its certificate"
            )
        }
        Distrust::Expired | Distrust::NotYetValid => {
            format!(
                "whoever runs {host} has to renew its certificate; the clock here may be wrong, too"
            )
        }
        Distrust::NameMismatch(_) => {
            format!("use a name that the certificate is for, or have one made for {host}")
        }
        _ => return None,
    })
}
