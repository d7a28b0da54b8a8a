//! `doorward demo`.

mod loopback;
mod story;

use std::sync::Arc;

use clap::Args;
use doorward::{Decision, Exit, Report, Verdict};
use doorward_core::{Code, Fetcher};
use doorward_registry::RegistryClient;

use crate::failure::{Failure, Outcome};
use crate::invocation::{Invocation, wait};
use crate::options::ClockArgs;
use crate::render::table;
use crate::site::Site;
use crate::streams;
use crate::terminal::Terminal;
use crate::text::Text;
use crate::tone::Tone;
use crate::trace::Trace;
use loopback::Loopback;
use story::{Scene, Story};

/// See it work: a signed, an unsigned and a tampered image, all inside this process
///
/// Starts a registry and a signature store of its own, with signatures that were made beforehand, and judges three
/// images with the very code that `verify` uses. No network, no other program, nothing left behind. Ends with 0 if
/// every verdict is the one it must be.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {}

impl DemoArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let story = Story::set_up().map_err(Failure::internal)?;
        let policy = story.policy();
        let site = Site::parse(&policy)?;
        streams::data(&opening(&policy).into(), terminal.out)?;
        let Story {
            registry,
            store,
            scenes,
        } = story;
        let verdicts = wait(judge(registry, store, &scenes, &site, terminal))?;
        for (number, (scene, verdict)) in scenes.iter().zip(&verdicts).enumerate() {
            let told = tell(number + 1, scene, verdict, terminal.verbose > 0);
            streams::data(&told.into(), terminal.out)?;
            expect(scene, verdict)?;
        }
        streams::data(&ending().into(), terminal.out)?;
        Ok(Exit::Allowed)
    }
}

async fn judge(
    registry: Loopback,
    store: Loopback,
    scenes: &[Scene],
    site: &Site,
    terminal: Terminal,
) -> Outcome<Vec<Verdict>> {
    // The images are called what they would be called; only where they are fetched from is inside this process.
    let mut builder = RegistryClient::builder()
        .mirror(story::REGISTRY, registry.address())
        .plain_http(registry.address())
        .plain_http(store.address())
        .no_proxy();
    builder = builder.observer(Arc::new(Trace::new(terminal)));
    let client = builder.build().map_err(Failure::internal)?;
    let fetcher: Arc<dyn Fetcher> = Arc::new(client.anonymous());
    let context = site.context(
        site.secrets(),
        site.environment(None, None),
        fetcher,
        ClockArgs::default().now(),
    );
    let engine = doorward::Engine::default();
    let deciding = async {
        let mut verdicts = Vec::new();
        for scene in scenes {
            verdicts.push(engine.decide(&scene.image, &context).await);
        }
        verdicts
    };
    let stopped = tokio::select! {
        verdicts = deciding => return Ok(verdicts),
        stopped = registry.serve() => stopped,
        stopped = store.serve() => stopped,
    };
    match stopped {
        Ok(never) => match never {},
        Err(error) => Err(Failure::internal(error)),
    }
}

fn opening(policy: &str) -> Text {
    let mut text = Text::new();
    text.line([Tone::Strong.of("Doorward, a door-keeper for container images")])
        .prose(
            "\nA registry and a signature store, both inside this process, with signatures that were recorded: the key that\n\
             made them is not here. This is the policy, with the Secret that holds the public key:\n\n",
        );
    // The key is of no interest to the reader and a screen long.
    for line in policy.lines() {
        text.line([Tone::Faint.of(format!("    {}", story::abridged(line)))]);
    }
    text
}

fn tell(number: usize, scene: &Scene, verdict: &Verdict, verbose: bool) -> Text {
    let report = Report::new(ClockArgs::default().now(), std::slice::from_ref(verdict));
    let told = table::text(&report, std::slice::from_ref(verdict), verbose);
    let command = format!("$ doorward verify {} -f policy.yaml", scene.image);
    let mut text = Text::new();
    text.blank()
        .line([Tone::Strong.of(format!("{number}. {}", scene.title))])
        .line([scene.what.into()])
        .blank()
        .line([Tone::Note.of(command)])
        .append(told);
    text
}

/// A demonstration that shows the wrong thing must not look like a success.
fn expect(scene: &Scene, verdict: &Verdict) -> Outcome<()> {
    let as_told = match scene.expected {
        None => verdict.decision() == Decision::Allow && verdict.pinned().is_some(),
        Some(code) => verdict.decision() == Decision::Deny && told_by(verdict, code),
    };
    if as_told {
        return Ok(());
    }
    Err(Failure::internal(anyhow::anyhow!(
        "the verdict about {} is not the one that it must be",
        scene.image
    )))
}

fn told_by(verdict: &Verdict, code: Code) -> bool {
    verdict.rejection().is_some_and(|rejection| {
        rejection.code() == code || rejection.causes().iter().any(|cause| cause.code() == code)
    })
}

fn ending() -> Text {
    let mut text = Text::new();
    text.blank()
        .line([Tone::Strong.of("What to try next, with images of your own")])
        .prose(
            "\n\
             \x20 doorward policy lint policies/                  look for mistakes in your policies\n\
             \x20 doorward policy match IMAGE -f policies/        see which entry governs an image\n\
             \x20 doorward inspect IMAGE --lookaside URL          see which signatures exist\n\
             \x20 doorward verify IMAGE -f policies/ -o json      decide, for a script; the exit code says it all\n",
        );
    text
}
