//! The images of workloads, each judged where it stands.

mod place;
mod running;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use doorward::{Context, Engine, Memo, ReviewBudget, Verdict};
use doorward_core::{Fetcher, Timestamp};
use doorward_kube::PullSecretSources;
use doorward_policy::{Environment, Labels};
use doorward_registry::{RegistryClient, RequestRate};
use futures::StreamExt as _;
use futures::stream;

pub(crate) use self::place::Use;
use self::running::Running;
use crate::access;
use crate::failure::Outcome;
use crate::keychain;
use crate::progress::Progress;
use crate::settings::{AccessSettings, Memory};
use crate::site::Site;
use crate::terminal::Terminal;

/// Repositories whose images are judged at a time.
const AT_ONCE: usize = 8;

/// Requests for an image that are waited for where they have turns. Most images need fewer than ten.
const REQUESTS: u32 = 64;
/// The longest that is waited for turns: no job of a cluster lasts as long.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);

/// What is found out about images.
pub(crate) trait Judging {
    /// What is found out about one image.
    type Found;

    /// What is found out about each of these images, in their order.
    async fn judge(
        &self,
        engine: &Engine,
        images: &[&str],
        context: &Context<'_>,
    ) -> Vec<Self::Found>;

    /// Whether two findings about images of one name say the same.
    fn is_alike(&self, one: &Self::Found, other: &Self::Found) -> bool;

    /// The verdict, where that is what is found out: what runs in place of the image is judged too then.
    fn verdict<'f>(&self, _: &'f Self::Found) -> Option<&'f Verdict> {
        None
    }
}

/// The same words for the same reasons.
pub(crate) fn is_told_alike(one: &Verdict, other: &Verdict) -> bool {
    other.decision() == one.decision()
        && other.code() == one.code()
        && other.rules() == one.rules()
        && other.message() == one.message()
}

/// What the images of the workloads of a site are judged with.
pub(crate) struct Workloads<'a> {
    pub(crate) site: &'a Site,
    pub(crate) access: &'a AccessSettings,
    pub(crate) memory: &'a Memory,
    pub(crate) now: Timestamp,
    pub(crate) terminal: Terminal,
    /// How often each registry is asked at most.
    pub(crate) rate: Option<RequestRate>,
}

/// Workloads whose images are judged in the same circumstances.
struct Group<'a> {
    environment: Environment<'a>,
    sources: PullSecretSources,
    /// Its way out, by its place.
    way: usize,
    /// Each image with its places.
    images: Vec<(&'a str, Vec<Use>)>,
}

impl<'a> Group<'a> {
    fn add(&mut self, images: impl Iterator<Item = (&'a str, Use)>) {
        for (name, place) in images {
            match self.images.iter_mut().find(|(known, _)| *known == name) {
                Some((_, uses)) => uses.push(place),
                None => self.images.push((name, vec![place])),
            }
        }
    }
}

/// What was found out about the images of workloads.
pub(crate) struct Judged<T> {
    /// What was found, with the places where it is so, in the order of the workloads.
    pub(crate) found: Vec<(T, Vec<Use>)>,
    /// How many workloads were passed over, each with a warning.
    pub(crate) passed_over: usize,
}

/// One image of one group, by their places.
type Place = (usize, usize);

/// What was found out about the image of a place, and about what runs instead.
type Found<T> = (Place, T, Running);

/// The ways out, each with whose it is: one for those who pull with the same secrets. All go through one client, so that a server that
/// wants to be asked less is left alone on all of them.
struct Ways {
    client: RegistryClient,
    known: Vec<(Option<String>, PullSecretSources, Arc<dyn Fetcher>)>,
}

impl Workloads<'_> {
    /// What is found out about all images, each with the places where it is so, in the order of the workloads.
    ///
    /// Images of one repository are judged together, and what several of them need is fetched once for each way out: what
    /// people push together is signed together. Few repositories are judged at a time, so that many images are no storm for a
    /// registry.
    pub(crate) async fn each<J: Judging>(&self, judging: &J) -> Outcome<Judged<J::Found>> {
        let cluster = self.site.cluster();
        let mut labels: BTreeMap<&str, Option<Labels>> = BTreeMap::new();
        for workload in cluster.workloads() {
            let namespace = cluster.namespace_of(workload);
            labels
                .entry(namespace)
                .or_insert_with(|| self.site.namespace_labels(Some(namespace)));
        }
        // A decision waits for its turns; each fetch has its time once it is its turn.
        let span = self.rate.map(|rate| self.span_at(rate));
        let mut ways = Ways {
            client: access::client_at(self.access, self.rate, self.terminal)?,
            known: Vec::new(),
        };
        let (groups, passed_over) = self.groups(&labels, &mut ways)?;
        let roots = access::trust_roots(self.access, self.memory, self.terminal)?;
        let secrets = roots.beside(self.site.secrets());
        let sources = self.site.key_sources();
        let keys = access::key_sources(sources, self.access, self.memory, self.terminal).await?;
        let secrets = keys.beside(&secrets);
        // As many images as there are.
        let engine = self
            .site
            .engine(self.access, self.memory, ReviewBudget::unbounded());
        let images = groups.iter().map(|group| group.images.len()).sum();
        let progress = Progress::start("images", images, self.terminal);
        let batches = batches(&groups);
        let judged = stream::iter(&batches).map(|batch| {
            let (engine, secrets, progress, groups, ways) =
                (&engine, &secrets, &progress, &groups, &ways);
            async move {
                let mut found = Vec::new();
                let mut memos: BTreeMap<usize, Arc<dyn Fetcher>> = BTreeMap::new();
                for (number, places) in batch {
                    let Some(group) = groups.get(*number) else {
                        continue;
                    };
                    let memo = memos
                        .entry(group.way)
                        .or_insert_with(|| ways.memo(group.way));
                    let mut context =
                        self.site
                            .context(secrets, group.environment, Arc::clone(memo), self.now);
                    if !self.memory.keeps {
                        context = context.keeping_nothing();
                    }
                    if let Some(span) = span {
                        context = context.within(span);
                    }
                    let named = places.iter().filter_map(|place| group.images.get(*place));
                    let names: Vec<&str> = named.map(|(name, _)| *name).collect();
                    let judged = judging.judge(engine, &names, &context).await;
                    for ((place, name), judged) in places.iter().zip(&names).zip(judged) {
                        let uses = group.images.get(*place).map(|(_, uses)| &uses[..]);
                        let running = match judging.verdict(&judged) {
                            Some(now) => {
                                let uses = uses.unwrap_or_default();
                                Running::of(name, uses, now, (engine, &context, memo)).await
                            }
                            None => Running::default(),
                        };
                        found.push(((*number, *place), judged, running));
                    }
                    progress.add(names.len());
                }
                found
            }
        });
        let judged: Vec<Vec<Found<J::Found>>> = judged.buffer_unordered(AT_ONCE).collect().await;
        progress.end();
        let mut judged: Vec<_> = judged.into_iter().flatten().collect();
        judged.sort_by_key(|(place, ..)| *place);
        Ok(Judged {
            found: merged(judged, &groups, judging),
            passed_over,
        })
    }

    fn groups<'b>(
        &'b self,
        labels: &'b BTreeMap<&str, Option<Labels>>,
        ways: &mut Ways,
    ) -> Outcome<(Vec<Group<'b>>, usize)> {
        let cluster = self.site.cluster();
        let mut groups: Vec<Group<'b>> = Vec::new();
        let mut passed_over = 0;
        for workload in cluster.workloads() {
            let namespace = cluster.namespace_of(workload);
            let labels = labels.get(namespace).and_then(Option::as_ref);
            // One that cannot be judged keeps nobody from judging the others.
            let sources = match cluster.pull_secrets(workload) {
                Ok(sources) => sources,
                Err(error) => {
                    let kind = workload.kind_name();
                    let name = workload.name().unwrap_or_default();
                    let said = format!("{kind} {namespace}/{name} is passed over: {error}");
                    self.terminal.warn(&said);
                    passed_over += 1;
                    continue;
                }
            };
            let environment = workload.environment(Some(namespace), labels);
            let images = workload.images().iter().map(|image| {
                let name = image.image.as_str();
                (name, Use::of(self.site, workload, namespace, image))
            });
            let alike = groups
                .iter_mut()
                .find(|one| one.environment == environment && one.sources == sources);
            match alike {
                Some(group) => group.add(images),
                None => {
                    let mut group = Group {
                        environment,
                        way: ways.of(namespace, &sources, self)?,
                        sources,
                        images: Vec::new(),
                    };
                    group.add(images);
                    groups.push(group);
                }
            }
        }
        Ok((groups, passed_over))
    }

    /// How long a decision may take at this rate. Each bound of one request is as it is without.
    fn span_at(&self, rate: RequestRate) -> Duration {
        let workloads = self.site.cluster().workloads().iter();
        let images: usize = workloads.map(|workload| workload.images().len()).sum();
        let requests = u32::try_from(images).unwrap_or(u32::MAX);
        let requests = requests.saturating_mul(REQUESTS);
        let waiting = rate.pause().saturating_mul(requests).min(LONGEST);
        self.access.timeout.value.duration() + waiting
    }

    /// The way to registries with these pull secrets, and then one's own credentials.
    fn fetcher(
        &self,
        client: &RegistryClient,
        namespace: &str,
        sources: &PullSecretSources,
    ) -> Outcome<Arc<dyn Fetcher>> {
        let cluster = self.site.cluster();
        let links = keychain::of_sources(cluster, namespace, sources, self.terminal);
        let chain = keychain::chain(links, self.access, self.terminal)?;
        access::fetcher_through(client, self.access, chain)
    }
}

impl Ways {
    /// The place of the way out of those who pull with these secrets of their namespace.
    fn of(
        &mut self,
        namespace: &str,
        sources: &PullSecretSources,
        workloads: &Workloads<'_>,
    ) -> Outcome<usize> {
        // Who pulls without any has the same way out everywhere.
        let namespace = match sources {
            PullSecretSources::Unnamed => None,
            _ => Some(namespace),
        };
        let mut known = self.known.iter();
        let known = known.position(|(of, with, _)| of.as_deref() == namespace && with == sources);
        if let Some(place) = known {
            return Ok(place);
        }
        let fetcher = workloads.fetcher(&self.client, namespace.unwrap_or_default(), sources)?;
        let namespace = namespace.map(str::to_owned);
        self.known.push((namespace, sources.clone(), fetcher));
        Ok(self.known.len() - 1)
    }

    /// A way out that asks for each thing once.
    #[expect(clippy::indexing_slicing, reason = "places are those that `of` gave")]
    fn memo(&self, place: usize) -> Arc<dyn Fetcher> {
        let (_, _, fetcher) = &self.known[place];
        Arc::new(Memo::new(Arc::clone(fetcher)))
    }
}

/// The images of all groups by their repositories, in the order of the workloads: of each group that has any, its place and
/// theirs.
fn batches(groups: &[Group<'_>]) -> Vec<Vec<(usize, Vec<usize>)>> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut batches: Vec<Vec<(usize, Vec<usize>)>> = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        for (place, (image, _)) in group.images.iter().enumerate() {
            let next = batches.len();
            let at = *numbers.entry(repository(image)).or_insert(next);
            if at == next {
                batches.push(Vec::new());
            }
            let Some(batch) = batches.get_mut(at) else {
                continue;
            };
            match batch.last_mut() {
                Some((last, places)) if *last == number => places.push(place),
                _ => batch.push((number, vec![place])),
            }
        }
    }
    batches
}

/// What an image is called without tag and digest, as it is written.
fn repository(image: &str) -> &str {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

/// What was found of the images, what is alike once with all its places.
fn merged<J: Judging>(
    judged: Vec<Found<J::Found>>,
    groups: &[Group<'_>],
    judging: &J,
) -> Vec<(J::Found, Vec<Use>)> {
    let mut merged: Vec<(J::Found, Vec<Use>)> = Vec::new();
    let mut of_image: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for ((number, place), found, running) in judged {
        let image = groups.get(number).and_then(|group| group.images.get(place));
        let Some((image, uses)) = image else {
            continue;
        };
        let uses = uses.iter().cloned().map(|place| running.at(place));
        let known = of_image.entry(image).or_default();
        let alike = known.iter().copied().find(|at| {
            let one = merged.get(*at);
            one.is_some_and(|(one, _)| judging.is_alike(one, &found))
        });
        match alike.and_then(|at| merged.get_mut(at)) {
            Some((_, places)) => places.extend(uses),
            None => {
                known.push(merged.len());
                merged.push((found, uses.collect()));
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_what_is_left_without_tag_and_digest() {
        for (image, expected) in [
            ("nginx", "nginx"),
            ("nginx:1", "nginx"),
            ("r.example:5000/a", "r.example:5000/a"),
            ("r.example:5000/a:1", "r.example:5000/a"),
            ("r.example/a:1@sha256:00", "r.example/a"),
            ("r.example/a@sha256:00", "r.example/a"),
        ] {
            assert_eq!(repository(image), expected);
        }
    }
}
