//! Referrers: by the API, page after page, or by the fallback tag (OCI distribution specification, "Listing Referrers"
//! and "Unavailable Referrers API").

use std::collections::BTreeSet;

use doorward_core::{Answer, Digest, FetchError, Incomplete, Repository, Tag};
use futures::future::join;
use http::HeaderMap;
use http::header::LINK;
use url::Url;

use super::ScopedClient;
use super::places::Place;
use super::resource::manifest_request;
use crate::ExchangeKind;
use crate::endpoint::Endpoint;
use crate::listing::Listing;
use crate::transport::Request;

/// The most pages of one list.
const MAX_PAGES: usize = 32;

impl ScopedClient {
    /// All manifests that refer to `digest`, as one index. None at all is an empty index.
    ///
    /// The registry is not asked to filter: some do not, and clients in the field write wrong types into lists that
    /// others filter by.
    ///
    /// Where the first place lists nothing the other one is asked: clients write the tag also where the registry has
    /// the API, and some registries take what was pushed and do not list it. Which of them is the first is remembered.
    pub(super) async fn referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
        limit: usize,
    ) -> Answer {
        let endpoint = self.endpoint(repository)?;
        let url = endpoint.resource(&format!("referrers/{digest}"));
        let source = url.to_string();
        let place = endpoint.resource("referrers").to_string();
        let (by_api, by_tag) = (
            self.pages(&endpoint, url, limit),
            self.tagged(&endpoint, digest, limit),
        );
        let listing = match self.inner.referrers.find(&place) {
            Some(Place::Api) => match listed(by_api.await)? {
                Some(listing) if !listing.is_empty() => listing,
                Some(_) => under_tag(by_tag.await)?.unwrap_or_default(),
                None => listed(by_tag.await)?.unwrap_or_default(),
            },
            Some(Place::Tag) => match listed(by_tag.await)? {
                Some(listing) if !listing.is_empty() => listing,
                _ => listed(by_api.await)?.unwrap_or_default(),
            },
            // Nothing is known: together, so that it takes one round trip.
            None => {
                let (by_api, by_tag) = join(by_api, by_tag).await;
                let by_api = listed(by_api)?;
                if by_api.is_some() {
                    self.inner.referrers.keep(place.clone(), Place::Api);
                }
                match by_api {
                    // Everybody who may push can break the tag. It takes nothing away from what the API lists.
                    Some(listing) if !listing.is_empty() => listing,
                    Some(_) => under_tag(by_tag)?.unwrap_or_default(),
                    None => match listed(by_tag)? {
                        Some(listing) => {
                            // Where something has the tag, 404 did not mean that there is no such repository.
                            self.inner.referrers.keep(place, Place::Tag);
                            listing
                        }
                        None => Listing::default(),
                    },
                }
            }
        };
        listing.answer(source, limit)
    }

    async fn pages(
        &self,
        endpoint: &Endpoint,
        first: Url,
        limit: usize,
    ) -> Result<Listing, FetchError> {
        let what = format!("the list of referrers of {}", endpoint.host());
        let (mut all, mut left) = (Listing::default(), limit);
        let mut visited = BTreeSet::new();
        let mut next = Some(first);
        while let Some(url) = next.take() {
            if !visited.insert(url.clone()) {
                all.lacks(malformed(format!("{what} names a page again")));
            } else if visited.len() > MAX_PAGES {
                all.lacks(Incomplete::TooLong);
            } else {
                let page = self.page(endpoint, &url, left, &what, &mut all).await;
                match page {
                    Ok(page) => {
                        left -= page.bytes.min(left);
                        next = page.next;
                    }
                    // Nothing was read before.
                    Err(error) if visited.len() == 1 => {
                        return Err(match error {
                            FetchError::TooLarge { .. } => FetchError::TooLarge { limit },
                            other => other,
                        });
                    }
                    // One bad page takes nothing away from those before it. Everybody who may push can add to a list.
                    Err(FetchError::TooLarge { .. }) => all.lacks(Incomplete::TooLong),
                    Err(FetchError::Malformed { detail }) => all.lacks(malformed(detail)),
                    Err(FetchError::NotFound) => {
                        all.lacks(malformed(format!("{what} lacks a page that it names")));
                    }
                    // What could not be asked is not known.
                    Err(other) => return Err(other),
                }
            }
            if all.is_incomplete() {
                break;
            }
        }
        Ok(all)
    }

    /// Adds one page.
    async fn page(
        &self,
        endpoint: &Endpoint,
        url: &Url,
        left: usize,
        what: &str,
        all: &mut Listing,
    ) -> Result<Page, FetchError> {
        let request = Request::get(ExchangeKind::Referrers, url.clone(), left);
        let reply = self.ask(endpoint, request).await?.not_a_page()?;
        let content = reply.content();
        all.add(&content.body, what)?;
        let next = next_page(&content.headers, url).unwrap_or_else(|()| {
            all.lacks(malformed(format!(
                "{what} names a next page that it may not"
            )));
            None
        });
        Ok(Page {
            bytes: content.body.len(),
            next,
        })
    }

    /// What is listed under the tag.
    async fn tagged(
        &self,
        endpoint: &Endpoint,
        digest: &Digest,
        limit: usize,
    ) -> Result<Listing, FetchError> {
        let tag = Tag::of_referrers(digest);
        let request = manifest_request(endpoint, ExchangeKind::Referrers, tag.as_str(), limit);
        let reply = self.ask(endpoint, request).await?.not_a_page()?;
        let mut listing = Listing::default();
        listing.add(&reply.into_body(), &format!("the tag {tag}"))?;
        Ok(listing)
    }
}

/// What a place lists. Returns `None` if there is no such place: "Unavailable Referrers API" says that 404 means so for
/// the API, and a registry that has it answers with an empty list.
fn listed(asked: Result<Listing, FetchError>) -> Result<Option<Listing>, FetchError> {
    match asked {
        Ok(listing) => Ok(Some(listing)),
        Err(FetchError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the tag lists beside an API that works and lists nothing. Something else than a list under the tag is then
/// nothing: everybody who may push can put it there, and it hides nothing that the API has. A tag that could not be
/// asked for is no answer, and a list that is too long is none that can be passed over.
fn under_tag(asked: Result<Listing, FetchError>) -> Result<Option<Listing>, FetchError> {
    match listed(asked) {
        Err(FetchError::Malformed { .. }) => Ok(None),
        other => other,
    }
}

fn malformed(detail: String) -> Incomplete {
    Incomplete::Malformed { detail }
}

/// One page of a list.
struct Page {
    bytes: usize,
    /// Where the next one is.
    next: Option<Url>,
}

/// Where the next page is (RFC 8288, relation `next`). It must be on the same server: it is asked for with the same
/// credential.
fn next_page(headers: &HeaderMap, from: &Url) -> Result<Option<Url>, ()> {
    for header in headers.get_all(LINK) {
        let text = header.to_str().map_err(|_| ())?;
        for link in text.split(',') {
            let Some((target, parameters)) = link
                .trim()
                .strip_prefix('<')
                .and_then(|rest| rest.split_once('>'))
            else {
                continue;
            };
            let is_next = parameters.split(';').any(|parameter| {
                parameter.split_once('=').is_some_and(|(name, value)| {
                    name.trim().eq_ignore_ascii_case("rel")
                        && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
                })
            });
            if !is_next {
                continue;
            }
            let next = from.join(target).map_err(|_| ())?;
            let same = next.origin() == from.origin()
                && next.username().is_empty()
                && next.password().is_none();
            return if same { Ok(Some(next)) } else { Err(()) };
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(link: &str) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        headers.insert(LINK, link.parse().expect("a header value"));
        next_page(
            &headers,
            &"https://r.example/v2/a/referrers/x"
                .parse()
                .expect("an URL"),
        )
        .map(|url| url.map(Into::into))
    }

    #[test]
    fn the_next_page_is_named_by_a_link() {
        let expected = Ok(Some("https://r.example/v2/a/referrers/x?n=2".to_owned()));
        assert_eq!(next("</v2/a/referrers/x?n=2>; rel=\"next\""), expected);
        assert_eq!(next("<?n=2>;rel=next"), expected);
        assert_eq!(next("<x>; rel=prev, <?n=2>; title=t; REL=NEXT"), expected);
        assert_eq!(next("</x>; rel=prev"), Ok(None));
        assert_eq!(next("nonsense"), Ok(None));
        assert_eq!(
            next_page(
                &HeaderMap::new(),
                &"https://r.example".parse().expect("an URL")
            ),
            Ok(None)
        );
    }

    #[test]
    fn the_next_page_is_on_the_same_server() {
        for link in [
            "<https://other.example/x>; rel=next",
            "<http://r.example/x>; rel=next",
            "<https://r.example:444/x>; rel=next",
            "<//other.example/x>; rel=next",
            "<https://u:p@r.example/x>; rel=next",
        ] {
            assert_eq!(next(link), Err(()), "{link}");
        }
    }
}
