//! Lists of what refers to a manifest, by the API and by the tag.

use doorward_core::{Answer, Incomplete, Index};
use doorward_registry::ScopedClient;
use doorward_testkit::{Fault, FaultRule, ImageBuilder};

use super::*;
use crate::scripted::{Reaction, Scripted};

fn referrers(repository: &Repository, digest: &Digest) -> Resource {
    Resource::Referrers {
        repository: repository.clone(),
        digest: digest.clone(),
    }
}

/// A registry with an image.
struct Site {
    registry: Registry,
    image: Image,
    digest: Digest,
}

impl Site {
    async fn new(api: bool) -> Self {
        let registry = Registry::builder().referrers(api).start().await;
        let image = Image::sample("app");
        let digest = registry.push_image("team/app", "1", &image);
        Self {
            registry,
            image,
            digest,
        }
    }

    /// Pushes something that refers to the image, as the registry of that moment wants it.
    fn refer(&self, kind: &str) -> String {
        let artifact = ImageBuilder::new()
            .subject(self.image.manifest().descriptor())
            .artifact_type(kind)
            .build();
        let digest = self.registry.push_referrer("team/app", &artifact);
        digest.to_string()
    }

    /// The tag that stands in for the API.
    fn tag(&self) -> String {
        self.digest.as_str().replace(':', "-")
    }

    /// Puts a list under the tag that the API does not have: the one of another image.
    fn list_under_the_tag(&self) -> String {
        let other = Image::sample("other");
        let digest = self.registry.push_image("team/app", "2", &other);
        self.registry.set_referrers(false);
        let artifact = ImageBuilder::new()
            .subject(other.manifest().descriptor())
            .artifact_type("application/x.signature")
            .build();
        let referrer = self.registry.push_referrer("team/app", &artifact);
        self.registry.set_referrers(true);
        let tag = digest.as_str().replace(':', "-");
        let list = self.registry.resolve("team/app", &tag).expect("a list");
        self.registry.tag("team/app", &self.tag(), &list);
        referrer.to_string()
    }

    async fn list(&self, client: &ScopedClient) -> Result<Vec<String>, FetchError> {
        let resource = referrers(&repository(&self.registry, "team/app"), &self.digest);
        get(client, resource)
            .await
            .map(|answer| digests(&answer.bytes))
    }

    /// Lists, and says which places were asked.
    async fn asks(&self, client: &ScopedClient) -> Vec<&'static str> {
        self.registry.take_requests();
        self.list(client).await.expect("a list");
        let mut asked: Vec<_> = self
            .registry
            .take_requests()
            .iter()
            .filter_map(|request| match &request.path {
                path if path.contains("/referrers/") => Some("API"),
                path if path.ends_with(&self.tag()) => Some("tag"),
                _ => None,
            })
            .collect();
        asked.sort_unstable();
        asked
    }
}

fn digests(bytes: &[u8]) -> Vec<String> {
    let index: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
    assert_eq!(index["schemaVersion"], 2);
    index["manifests"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|m| m["digest"].as_str().expect("a digest").to_owned())
        .collect()
}

#[tokio::test]
async fn referrers_are_found_by_the_api_and_by_the_tag() {
    for api in [true, false] {
        let registry = Registry::builder().referrers(api).start().await;
        let image = Image::sample("app");
        let digest = registry.push_image("team/app", "1", &image);
        let client = client(&registry).anonymous();
        let resource = referrers(&repository(&registry, "team/app"), &digest);

        // That there are none is an answer, not an error.
        let none = get(&client, resource.clone()).await.expect("an index");
        assert_eq!(digests(&none.bytes), Vec::<String>::new());

        let artifact = ImageBuilder::new()
            .subject(image.manifest().descriptor())
            .artifact_type("application/x.signature")
            .build();
        let referrer = registry.push_referrer("team/app", &artifact);
        let some = get(&client, resource).await.expect("an index");
        assert_eq!(digests(&some.bytes), [referrer.to_string()], "api: {api}");
        assert_eq!(some.media_type, Some(MediaType::OCI_INDEX));
    }
}

#[tokio::test]
async fn referrers_of_all_types_come_in_one_list_that_the_registry_did_not_filter() {
    let registry = Registry::builder().start().await;
    let image = Image::sample("app");
    let digest = registry.push_image("team/app", "1", &image);
    let client = client(&registry).anonymous();
    let mut pushed: Vec<String> = ["application/x.signature", "application/x.report"]
        .map(|kind| {
            let artifact = ImageBuilder::new()
                .subject(image.manifest().descriptor())
                .artifact_type(kind)
                .build();
            registry.push_referrer("team/app", &artifact).to_string()
        })
        .to_vec();
    pushed.sort_unstable();
    let resource = referrers(&repository(&registry, "team/app"), &digest);
    let answer = get(&client, resource).await.expect("an index");
    let mut listed = digests(&answer.bytes);
    listed.sort_unstable();
    assert_eq!(listed, pushed);
    let asked = registry.requests();
    let listings: Vec<_> = asked
        .iter()
        .filter(|request| request.path.contains("/referrers/"))
        .collect();
    assert_eq!(listings.len(), 1);
    assert_eq!(listings[0].query, None);
}

#[tokio::test]
async fn what_the_api_does_not_list_is_found_under_the_tag() {
    let site = Site::new(true).await;
    let under_the_tag = site.list_under_the_tag();
    let client = client(&site.registry).anonymous();
    // Cold, and when it is known that there is an API.
    for _ in 0..2 {
        assert_eq!(
            site.list(&client).await.as_deref(),
            Ok(&[under_the_tag.clone()][..])
        );
    }
    let by_api = site.refer("application/x.signature");
    assert_eq!(site.list(&client).await, Ok(vec![by_api]));
}

#[tokio::test]
async fn nothing_under_a_broken_tag_hides_what_the_api_lists() {
    let site = Site::new(true).await;
    site.registry.tag("team/app", &site.tag(), &site.digest);
    let fresh = || client(&site.registry).anonymous();
    // The API works and lists nothing. What everybody who may push can put under the tag makes no fault of that,
    // whichever place is known to have the list.
    let known = fresh();
    for client in [&fresh(), &known, &known] {
        assert_eq!(site.list(client).await, Ok(vec![]));
    }
    // Without the API the tag is all there is.
    site.registry.set_referrers(false);
    let told = site.list(&fresh()).await;
    assert!(
        matches!(told, Err(FetchError::Malformed { .. })),
        "{told:?}"
    );
    site.registry.set_referrers(true);
    let listed = site.refer("application/x.signature");
    assert_eq!(site.list(&fresh()).await, Ok(vec![listed]));
}

#[tokio::test]
async fn an_api_that_fails_is_no_api_that_is_missing() {
    let site = Site::new(true).await;
    site.list_under_the_tag();
    let broken = FaultRule::new(Fault::Status(500)).on("*/referrers/*");
    site.registry.fault(broken);
    let client = client(&site.registry).anonymous();
    for _ in 0..2 {
        let told = site.list(&client).await;
        assert!(
            told.as_ref().is_err_and(FetchError::is_unavailable),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn the_place_of_the_list_is_remembered_once_it_is_known() {
    let site = Site::new(true).await;
    site.refer("application/x.signature");
    let asking = client(&site.registry).anonymous();
    assert_eq!(site.asks(&asking).await, ["API", "tag"]);
    assert_eq!(site.asks(&asking).await, ["API"]);

    let site = Site::new(false).await;
    site.refer("application/x.signature");
    let asking = client(&site.registry).anonymous();
    assert_eq!(site.asks(&asking).await, ["API", "tag"]);
    assert_eq!(site.asks(&asking).await, ["tag"]);
    // An API that came later is found as soon as the tag has nothing.
    site.registry.set_referrers(true);
    site.registry.untag("team/app", &site.tag());
    assert_eq!(site.asks(&asking).await, ["API", "tag"]);
    assert_eq!(site.list(&asking).await.map(|listed| listed.len()), Ok(1));
}

#[tokio::test]
async fn a_repository_that_was_not_there_is_not_taken_for_one_without_the_api() {
    let site = Site::new(true).await;
    let client = client(&site.registry).anonymous();
    let elsewhere = referrers(&repository(&site.registry, "team/later"), &site.digest);
    let none = get(&client, elsewhere.clone()).await.expect("an index");
    assert_eq!(digests(&none.bytes), Vec::<String>::new());
    site.registry.push_image("team/later", "1", &site.image);
    let artifact = ImageBuilder::new()
        .subject(site.image.manifest().descriptor())
        .artifact_type("application/x.signature")
        .build();
    let referrer = site.registry.push_referrer("team/later", &artifact);
    let some = get(&client, elsewhere).await.expect("an index");
    assert_eq!(digests(&some.bytes), [referrer.to_string()]);
}

#[tokio::test]
async fn a_tag_that_cannot_be_asked_for_is_never_no_signature() {
    let site = Site::new(true).await;
    let broken = FaultRule::new(Fault::Status(500)).on(format!("*/{}", site.tag()));
    site.registry.fault(broken);
    let client = client(&site.registry).anonymous();
    for _ in 0..2 {
        let told = site.list(&client).await;
        assert!(
            told.as_ref().is_err_and(FetchError::is_unavailable),
            "{told:?}"
        );
    }
}

/// What a registry answers about pages of a list.
type Page = fn(usize, &str) -> Reaction;

fn good(number: usize, link: &str) -> Reaction {
    let digest = Digest::sha256(&number.to_be_bytes());
    let body = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 2}],
    });
    let headers = format!("Content-Type: application/vnd.oci.image.index.v1+json\r\n{link}");
    Reaction::Reply(200, headers, body.to_string())
}

/// Lists what a registry answers with, page after page.
async fn pages(page: Page) -> Answer {
    let registry = Scripted::start(move |_, asked| {
        if !asked.path.contains("/referrers/") {
            return Reaction::json(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#);
        }
        let number = asked
            .path
            .split_once("?n=")
            .map_or("0", |(_, number)| number);
        let number: usize = number.parse().expect("a number");
        page(
            number,
            &format!("Link: <?n={}>; rel=\"next\"\r\n", number + 1),
        )
    })
    .await;
    let client = hasty().plain_http(&registry.address).build();
    let repository = format!("{}/a", registry.address).parse().expect("a name");
    let resource = referrers(&repository, &Digest::sha256(b"image"));
    get(&client.expect("a client").anonymous(), resource).await
}

#[tokio::test]
async fn a_bad_page_takes_nothing_away_from_those_before_it() {
    let cases: [(&str, Page); 5] = [
        ("no index", |number, link| match number {
            2 => Reaction::json(200, "{}"),
            _ => good(number, link),
        }),
        ("missing", |number, link| match number {
            2 => Reaction::json(404, "{}"),
            _ => good(number, link),
        }),
        ("twice", |number, _| match number {
            1 => good(1, "Link: <?n=1>; rel=\"next\"\r\n"),
            _ => good(number, "Link: <?n=1>; rel=\"next\"\r\n"),
        }),
        ("another server", |number, link| match number {
            1 => good(1, "Link: <http://other.example/>; rel=\"next\"\r\n"),
            _ => good(number, link),
        }),
        ("large", |number, link| match number {
            2 => Reaction::json(200, &"x".repeat(LIMIT)),
            _ => good(number, link),
        }),
    ];
    for (name, page) in cases {
        let answer = pages(page).await.expect(name);
        let index = Index::parse(&answer.bytes, None).expect("an index");
        assert_eq!(index.manifests.entries().len(), 2, "{name}");
        let told = index.incomplete();
        assert_eq!(told == Some(Incomplete::TooLong), name == "large", "{name}");
        assert!(told.is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_list_without_end_is_read_as_far_as_its_bound_and_says_so() {
    let answer = pages(good).await.expect("a list");
    let index = Index::parse(&answer.bytes, None).expect("an index");
    assert_eq!(index.manifests.entries().len(), 32);
    assert_eq!(index.incomplete(), Some(Incomplete::TooLong));
}

#[tokio::test]
async fn a_first_page_that_is_bad_and_a_later_one_that_cannot_be_asked_for_are_no_list() {
    let bad = pages(|_, _| Reaction::json(200, "{}")).await;
    assert!(matches!(bad, Err(FetchError::Malformed { .. })), "{bad:?}");
    let out = pages(|number, link| match number {
        0 => good(number, link),
        _ => Reaction::json(500, "{}"),
    })
    .await;
    assert!(
        out.as_ref().is_err_and(FetchError::is_unavailable),
        "{out:?}"
    );
}
