//! Forecasts for people.

use doorward::{Change, Decision, Forecast};
use doorward_core::{Class, Timestamp};

use super::block::Block;
use super::table::{reason, telling};
use super::{address, table};
use crate::text::Text;
use crate::tone::Tone;
use crate::workloads::Use;

/// One block for each image, what ends first before what holds, and a last line when there are several.
pub(crate) fn text(until: Timestamp, found: &[(Forecast, Vec<Use>)], verbose: bool) -> Text {
    let mut sorted: Vec<&(Forecast, Vec<Use>)> = found.iter().collect();
    sorted.sort_by_key(|(forecast, _)| rank(forecast));
    let mut text = Text::new();
    for (number, (forecast, uses)) in sorted.into_iter().enumerate() {
        if number > 0 {
            text.blank();
        }
        text.append(block(until, forecast, uses, verbose));
    }
    if found.len() > 1 {
        text.blank().line([summary(until, found).into()]);
    }
    text
}

/// What is refused now, then what will be, by its time, then what changes otherwise or is not known, then the rest.
fn rank(forecast: &Forecast) -> (u8, Option<Timestamp>) {
    match forecast.refusal() {
        _ if forecast.now().decision() == Decision::Deny => (0, None),
        Some(change) => (1, Some(change.at)),
        None if !forecast.is_whole() => (2, None),
        None => match forecast.changes().first() {
            Some(change) => (3, Some(change.at)),
            None => (4, None),
        },
    }
}

fn block(until: Timestamp, forecast: &Forecast, uses: &[Use], verbose: bool) -> Text {
    let mut block = Block::new();
    let now = forecast.now();
    let is_outage = now
        .rejection()
        .is_some_and(|rejection| rejection.class() == Class::Unavailable);
    let word = match (now.decision(), forecast.refusal()) {
        (Decision::Deny, _) if is_outage => Tone::Bad.of("NOT ALLOWED, inconclusive"),
        (Decision::Deny, _) => Tone::Bad.of("DENIED NOW"),
        (_, Some(_)) => Tone::Bad.of("ENDS"),
        _ if !forecast.is_whole() => Tone::Warn.of("NOT KNOWN"),
        _ if !forecast.changes().is_empty() => Tone::Warn.of("CHANGES"),
        (Decision::Warn, None) => Tone::Warn.of("WARNED"),
        (Decision::Allow, None) => Tone::Good.of("HOLDS"),
    };
    let image = Tone::Strong.of(now.image());
    block.text.line([word, "  ".into(), image]);
    let places: Vec<String> = uses.iter().map(|one| one.for_people(None)).collect();
    block.places(&places, verbose);
    if let Some(rejection) = now.rejection() {
        block.line("now", &reason(rejection));
        block.line("read more", &address(telling(rejection).code()));
    }
    for change in forecast.changes() {
        block.change(change);
    }
    if now.decision() != Decision::Deny && forecast.refusal().is_none() {
        block.line("until", &match forecast.is_whole() {
            true => format!("{until} at least, as far as is known now"),
            false => "not looked at to the end: more happens to it than is looked at, or it could not be asked".to_owned(),
        });
    }
    block.finish()
}

impl Block {
    fn change(&mut self, change: &Change) {
        let word = match change.verdict.decision() {
            Decision::Allow => "allowed",
            Decision::Warn => "passes with a warning",
            Decision::Deny => "denied",
        };
        self.line("from", &format!("{} on: {word}", change.at));
        let Some(rejection) = change.verdict.rejection() else {
            return;
        };
        self.more(&reason(rejection));
        for cause in rejection.causes().iter().take(table::LISTED) {
            self.item(&reason(cause));
        }
        self.line("read more", &address(telling(rejection).code()));
    }
}

fn summary(until: Timestamp, found: &[(Forecast, Vec<Use>)]) -> String {
    let of = |wanted: fn(&Forecast) -> bool| {
        let found = found.iter().filter(|(forecast, _)| wanted(forecast));
        found.count()
    };
    let parts: Vec<String> = [
        (of(|one| rank(one).0 == 0), "denied now"),
        (of(|one| rank(one).0 == 1), "will be denied"),
        (of(|one| rank(one).0 == 2), "not known"),
        (of(|one| rank(one).0 > 2), "admitted"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    format!("{} images until {until}: {}", found.len(), parts.join(", "))
}
