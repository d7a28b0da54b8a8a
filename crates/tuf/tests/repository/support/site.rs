//! A repository in memory, behind the fetcher's port.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use doorward_core::{Fetch, FetchError, FetchFuture, Fetched, Fetcher, Resource};

use super::Release;

/// The answers to come for one path.
type Answers = VecDeque<Result<Vec<u8>, FetchError>>;

/// Answers by path below `https://tuf.example/`. What is not there is not found.
#[derive(Default)]
pub(crate) struct Site {
    answers: Mutex<BTreeMap<String, Answers>>,
    asked: Mutex<Vec<String>>,
}

impl Site {
    pub(crate) fn of(release: &Release) -> Arc<Self> {
        let site = Arc::new(Self::default());
        site.publish(release);
        site
    }

    /// Puts a release over what is there.
    pub(crate) fn publish(&self, release: &Release) {
        for (path, bytes) in release.files() {
            self.put(&path, bytes);
        }
    }

    pub(crate) fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.answer(path, [Ok(bytes.into())]);
    }

    pub(crate) fn fail(&self, path: &str, error: FetchError) {
        self.answer(path, [Err(error)]);
    }

    /// Takes a path away, and returns what would have been answered next.
    pub(crate) fn remove(&self, path: &str) -> Option<Vec<u8>> {
        let removed = self.answers.lock().expect("unpoisoned").remove(path);
        removed?.pop_front()?.ok()
    }

    /// Gives these answers one after the other, and the last one from then on.
    pub(crate) fn answer<const N: usize>(
        &self,
        path: &str,
        answers: [Result<Vec<u8>, FetchError>; N],
    ) {
        self.answers
            .lock()
            .expect("unpoisoned")
            .insert(path.to_owned(), answers.into());
    }

    /// What was asked for since the last call.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("unpoisoned"))
    }
}

impl Fetcher for Site {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let Resource::Lookaside { url, access: None } = &fetch.resource else {
            panic!("asked for {}", fetch.resource);
        };
        let path = url
            .strip_prefix("https://tuf.example/")
            .expect("below the base")
            .replace("%20", " ");
        self.asked.lock().expect("unpoisoned").push(path.clone());
        let mut answers = self.answers.lock().expect("unpoisoned");
        let answer = answers.get_mut(&path).map(|queue| match queue.len() {
            0 | 1 => queue.front().cloned().expect("an answer"),
            _ => queue.pop_front().expect("an answer"),
        });
        let answer = answer
            .unwrap_or(Err(FetchError::NotFound))
            .map(|bytes| Fetched::new(bytes, None, "memory"));
        Box::pin(std::future::ready(answer))
    }
}
