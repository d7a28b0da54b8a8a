//! Lists of what refers to a manifest, by the API and by the tag.

use doorward_registry::ScopedClient;
use doorward_testkit::{Fault, FaultRule, ImageBuilder};

use super::*;

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
    // Nobody lists anything, and what the tag would say cannot be read.
    let told = site.list(&fresh()).await;
    assert!(
        matches!(told, Err(FetchError::Malformed { .. })),
        "{told:?}"
    );
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
