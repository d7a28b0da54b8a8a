//! Notary v1: files of trust metadata, from the first server of a collection that can be asked.

use std::time::Duration;

use doorward_core::{Answer, FetchError, Outage, Repository};
use tokio::time::Instant;
use url::Url;

use super::ScopedClient;
use super::resource::fetched;
use crate::ExchangeKind;
use crate::challenge::Challenges;
use crate::origin::Origin;
use crate::origin::host_of;
use crate::space::Absence;
use crate::transport::Request;
use crate::trust_server::TrustServer;

/// The most servers of one collection. Each gets a share of the time, which more would make useless.
const MAX_SERVERS: usize = 8;

impl ScopedClient {
    /// A file of a collection's metadata. A server that cannot be asked is stood in for by the next; whatever else
    /// the first one answers is the answer.
    pub(super) async fn notary_metadata(
        &self,
        servers: &[String],
        gun: &Repository,
        file: &str,
        limit: usize,
    ) -> Answer {
        let servers = self.by_outage(self.trust_servers(servers)?);
        let total = self.inner.transport.timeouts.total;
        let end = Instant::now() + head_start(total);
        let (mut left, mut outages) = (servers.len(), Vec::new());
        for server in &servers {
            // What an earlier server left of its share is shared by those that remain.
            let share = time_share(end.saturating_duration_since(Instant::now()), left);
            left -= 1;
            let asked = self.metadata_from(server, gun, file, limit);
            let answer = tokio::time::timeout(share, asked)
                .await
                .unwrap_or_else(|_| {
                    Err(FetchError::Unavailable {
                        detail: format!(
                            "{} gave no whole answer within {} ms",
                            host_of(server.base()),
                            share.as_millis()
                        ),
                    })
                });
            let error = match answer {
                Err(error) if error.is_unavailable() => error,
                _ => {
                    self.inner.outages.forget(server.base());
                    return answer;
                }
            };
            let now = std::time::Instant::now();
            self.inner.outages.note(server.base(), now);
            outages.push((server.base(), error));
        }
        Err(together(outages))
    }

    /// The servers, all of them valid: a mistake in one that stands in must not wait for the outage to show.
    pub(super) fn trust_servers(&self, texts: &[String]) -> Result<Vec<TrustServer>, FetchError> {
        if texts.is_empty() || texts.len() > MAX_SERVERS {
            return Err(FetchError::Malformed {
                detail: format!(
                    "a collection has from one to {MAX_SERVERS} trust servers, not {}",
                    texts.len()
                ),
            });
        }
        let mut servers = Vec::new();
        for text in texts {
            let server = TrustServer::parse(text, &self.inner.plain)?;
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        Ok(servers)
    }

    /// Those first that were not out a moment ago, and otherwise in their order.
    fn by_outage(&self, mut servers: Vec<TrustServer>) -> Vec<TrustServer> {
        let now = std::time::Instant::now();
        servers.sort_by_key(|server| self.inner.outages.is_recent(server.base(), now));
        servers
    }

    /// A file from one server. There is no version check first: the answer to the file itself says what the server
    /// asks for.
    async fn metadata_from(
        &self,
        server: &TrustServer,
        gun: &Repository,
        file: &str,
        limit: usize,
    ) -> Answer {
        let url = server.file(gun, file)?;
        let request = Request::get(ExchangeKind::NotaryMetadata, url.clone(), limit);
        let mut space = server.space(gun);
        // Where a collection begins, "there is none" is a verdict. Of other files some may be missing.
        if matches!(file, "root.json" | "timestamp.json") {
            space.absence = Absence::Checked("trust server");
        }
        let origin = Origin::of(&url).ok_or_else(|| FetchError::Malformed {
            detail: "the address of the trust server is on neither https nor http".to_owned(),
        })?;
        let reply = self
            .open(&space, &Challenges::none(origin), request)
            .await?;
        Ok(fetched(reply.not_a_page()?, url.as_str()))
    }
}

/// The time for all servers: a little less than that of the fetch, so that its end finds a reason that names them.
fn head_start(total: Duration) -> Duration {
    total - total / 32
}

/// The share of one of `count` servers in the time that is left.
fn time_share(left: Duration, count: usize) -> Duration {
    left / u32::try_from(count).unwrap_or(u32::MAX).max(1)
}

/// Why none of the servers could be asked. An outage only if all of them are out.
fn together(mut errors: Vec<(&Url, FetchError)>) -> FetchError {
    if errors.len() == 1
        && let Some((_, error)) = errors.pop()
    {
        return error;
    }
    let detail = summary(&errors);
    let out: Vec<Outage> = errors
        .iter()
        .filter_map(|(_, error)| error.outage().cloned())
        .collect();
    match Outage::of_all(&out, detail.clone()) {
        Some(outage) if out.len() == errors.len() => FetchError::Outage(outage),
        _ => FetchError::Unavailable { detail },
    }
}

/// Every server, once, and why it could not be asked.
fn summary(errors: &[(&Url, FetchError)]) -> String {
    let each: Vec<String> = errors
        .iter()
        .map(|(server, error)| {
            let detail = match error {
                FetchError::Outage(outage) => outage.detail().to_owned(),
                FetchError::Unavailable { detail } => detail.clone(),
                FetchError::Handshake(handshake) => handshake.to_string(),
                other => other.to_string(),
            };
            let host = host_of(server);
            let why = detail.strip_prefix(&host).unwrap_or(&detail).trim_start();
            format!("{server}: {why}")
        })
        .collect();
    each.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::{Distrust, Handshake, OutageCause};

    #[test]
    fn servers_share_the_time_that_is_left() {
        let second = Duration::from_secs(1);
        assert_eq!(time_share(second * 9, 3), second * 3);
        assert_eq!(time_share(second * 9, 1), second * 9);
        assert_eq!(time_share(Duration::ZERO, 2), Duration::ZERO);
        assert!(head_start(second) < second);
    }

    #[test]
    fn the_reason_names_every_server_once() {
        let (one, two): (Url, Url) = (
            "https://one.example/n".parse().expect("an URL"),
            "https://two.example:4443/".parse().expect("an URL"),
        );
        let errors = || {
            [
                (&one, "one.example answered 503"),
                (&two, "the token service t.example answered 503"),
            ]
            .map(|(server, detail)| {
                let detail = detail.to_owned();
                (server, FetchError::Unavailable { detail })
            })
        };
        assert_eq!(
            summary(&errors()),
            "https://one.example/n: answered 503; https://two.example:4443/: the token service t.example answered 503"
        );
        let [first, _] = errors();
        assert_eq!(together(vec![first.clone()]), first.1);
    }

    #[test]
    fn servers_are_out_together_only_if_each_of_them_is() {
        let url: Url = "https://one.example/n".parse().expect("an URL");
        #[expect(
            clippy::disallowed_methods,
            reason = "what the transport would have seen"
        )]
        let out = || FetchError::Outage(Outage::witnessed(OutageCause::NoRoute, "no route"));
        let unclear = || FetchError::Unavailable {
            detail: "late".to_owned(),
        };
        let handshake = || {
            FetchError::Handshake(Handshake {
                host: "one.example".to_owned(),
                distrust: Distrust::Expired,
            })
        };
        for (errors, expected) in [
            (vec![out()], true),
            (vec![out(), out()], true),
            (vec![out(), unclear()], false),
            (vec![unclear(), out()], false),
            (vec![handshake(), out()], false),
            (vec![unclear()], false),
            (vec![], false),
        ] {
            let errors = errors.into_iter().map(|error| (&url, error)).collect();
            assert_eq!(together(errors).outage().is_some(), expected);
        }
    }
}
