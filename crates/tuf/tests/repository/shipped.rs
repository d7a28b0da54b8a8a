//! The roots that ship with the crate.

use std::path::Path;
use std::sync::Arc;

use doorward_core::Class;
use doorward_tuf::{Repository, Shipped, TufError};

use crate::support::{Site, key, memory, names, now};

#[tokio::test]
async fn the_roots_that_ship_vouch_for_themselves_and_are_asked_for_what_comes_next() {
    for (shipped, next) in [(Shipped::Sigstore, 17), (Shipped::GitHub, 10)] {
        let folder = tempfile::tempdir().unwrap();
        let asked = Arc::new(Elsewhere::default());
        let error = repository(&asked, shipped, folder.path())
            .load(&names(&["trusted_root.json"]), now())
            .await
            .expect_err("nothing is there");
        let document = "timestamp.json".to_owned();
        assert_eq!(error, TufError::Missing { document });
        assert_eq!(error.class(), Class::Untrusted);
        let asked = asked.0.lock().unwrap();
        let root = asked.first().expect("a question");
        assert!(root.ends_with(&format!("/{next}.root.json")), "{root}");
        assert!(root.starts_with("https://tuf-repo"), "{root}");
    }
}

#[tokio::test]
async fn a_root_of_one_instance_does_not_lead_to_another() {
    let site = Site::of(&crate::support::Release::new(1));
    let folder = tempfile::tempdir().unwrap();
    let error = crate::support::load(&site, Shipped::Sigstore.root().to_vec(), folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Threshold { .. }), "{error:?}");
}

/// Finds nothing, and knows what it was asked for.
#[derive(Default)]
struct Elsewhere(std::sync::Mutex<Vec<String>>);

impl doorward_core::Fetcher for Elsewhere {
    fn fetch<'a>(&'a self, fetch: &'a doorward_core::Fetch) -> doorward_core::FetchFuture<'a> {
        if let doorward_core::Resource::Lookaside { url, .. } = &fetch.resource {
            self.0.lock().unwrap().push(url.clone());
        }
        Box::pin(std::future::ready(Err(doorward_core::FetchError::NotFound)))
    }
}

fn repository(asked: &Arc<Elsewhere>, shipped: Shipped, folder: &Path) -> Repository {
    Repository::new(
        Arc::clone(asked) as Arc<dyn doorward_core::Fetcher>,
        shipped.location().expect("an address"),
        shipped.root(),
        memory(folder),
        key(),
    )
}
