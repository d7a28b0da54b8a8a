//! How registries in the field ask for who is there.

use super::*;

#[test]
fn every_profile_lets_its_account_in_by_the_way_it_describes() {
    for profile in Profile::ALL {
        let registry = started(
            Registry::builder()
                .profile(profile)
                .account("alice", "secret"),
        );
        let refused = get(&registry, MANIFEST, None);
        assert_eq!(refused.status, 401, "{profile:?}");
        let challenges = refused.headers("www-authenticate").join(", ");
        let alice = basic("alice", "secret");
        let authorization = if challenges.starts_with("Bearer") {
            token(&challenges, Some(&alice))
        } else {
            alice
        };
        let answer = get(&registry, MANIFEST, Some(&authorization));
        assert_eq!(answer.status, 200, "{profile:?}");
        let ping = get(&registry, "/v2/", None);
        assert_eq!(ping.status, 401, "{profile:?}");
    }
}

#[test]
fn profiles_differ_as_they_say() {
    let with = |profile| {
        started(
            Registry::builder()
                .profile(profile)
                .account("alice", "secret"),
        )
    };
    let headers = |registry: &Registry, path: &str| {
        let answer = get(registry, path, None);
        let all = answer.headers("www-authenticate");
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let alice = basic("alice", "secret");

    let acr = with(Profile::Acr);
    let both = headers(&acr, MANIFEST);
    assert_eq!(both.len(), 2);
    assert!(both[1].starts_with("Basic "));
    let answer = token_answer(&both[0], Some(&alice)).json();
    assert!(answer.get("token").is_none() && answer.get("access_token").is_some());

    let artifactory = with(Profile::Artifactory);
    let one = headers(&artifactory, MANIFEST);
    assert_eq!(one.len(), 1);
    assert!(one[0].starts_with("Bearer ") && one[0].contains(", Basic realm="));

    let hub = with(Profile::DockerHub);
    let realm = headers(&hub, MANIFEST);
    let realm = parameter(&realm[0], "realm").unwrap().to_owned();
    assert!(realm.starts_with("http://localhost:"), "{realm}");
    assert_ne!(realm.split(':').nth(2), hub.url().split(':').nth(2));
    token(&headers(&hub, MANIFEST)[0], Some(&alice));
    assert_eq!(hub.requests().last().unwrap().endpoint, Endpoint::Token);

    let ghcr = with(Profile::Ghcr);
    let ping = headers(&ghcr, "/v2/");
    assert_eq!(
        parameter(&ping[0], "scope"),
        Some("repository:user/image:pull")
    );
    assert_eq!(token_answer(&headers(&ghcr, MANIFEST)[0], None).status, 403);

    let ecr = get(&with(Profile::Ecr), "/v2/", None);
    assert_eq!(ecr.body, b"Not Authorized\n");

    let harbor = with(Profile::Harbor);
    let challenge = headers(&harbor, MANIFEST).remove(0);
    let post = send(
        &harbor.address(),
        "POST",
        "/service/token",
        &[],
        b"grant_type=password",
    );
    assert_eq!(post.status, 404);
    let token = token(&challenge, Some(&alice));
    let missing = get(&harbor, "/v2/team/app/manifests/2", Some(&token));
    assert_eq!(missing.json()["errors"][0]["code"], "NOT_FOUND");

    let quay = headers(&with(Profile::Quay), MANIFEST);
    assert!(quay[0].contains("\", service="));
}

#[test]
fn blobs_are_redirected_to_a_host_that_refuses_credentials() {
    let image = Image::sample("app");
    let digest = image.blobs()[0].digest();
    let path = format!("/v2/team/app/blobs/{digest}");
    let registry = started(Registry::builder().blob_redirect(BlobRedirect::OtherHost));
    let redirect = get(&registry, &path, None);
    assert_eq!(redirect.status, 307);
    let location = redirect.header("location").unwrap();
    assert!(location.starts_with("http://localhost:"));
    let host = location.split('/').nth(2).unwrap();
    let host = host.replace("localhost", "127.0.0.1");
    assert!(digest.matches(&send(&host, "GET", &path, &[], b"").body));
    let leaking = [("authorization", "Bearer secret")];
    assert_eq!(send(&host, "GET", &path, &leaking, b"").status, 400);
    let last = registry.requests().pop().unwrap();
    assert_eq!(last.endpoint, Endpoint::Elsewhere);
    assert!(last.has_authorization());

    let registry = started(Registry::builder().blob_redirect(BlobRedirect::SameHost));
    let redirect = get(&registry, &path, None);
    let location = redirect.header("location").unwrap();
    assert!(location.starts_with('/') && location != path);
    assert!(digest.matches(&get(&registry, location, None).body));
}

#[test]
fn challenges_can_have_any_form() {
    let registry = started(
        bearer()
            .challenges(&["Negotiate", r#"bearer REALM="{realm}"{,scope}"#])
            .token_field(TokenField::Both)
            .announced_token_lifetime(None),
    );
    let answer = get(&registry, MANIFEST, None);
    let all = answer.headers("www-authenticate");
    assert_eq!(all[0], "Negotiate");
    let expected = format!(
        "bearer REALM=\"{}/token\",scope=\"repository:team/app:pull\"",
        registry.url()
    );
    assert_eq!(all[1], expected);
}
