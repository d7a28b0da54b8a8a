//! What there is of an image, without a decision.

use std::sync::Mutex;

use bytes::Bytes;
use doorward_core::{Fetcher, Meter, Pinned, Problem, Reference, Rejection, Section, Session};
use futures::future::{join, join_all};
use tokio::time::timeout_at;

use super::case::Deadline;
use super::{Engine, Review};
use crate::context::Context;
use crate::driver::drive_within;
use crate::inspection::{ImageSurvey, Inspection, Seen};
use crate::remember::load;
use crate::survey::{Places, Sighting, Survey};

impl Engine {
    /// Looks at an image and at what each scheme has for it, where the rules and `places` say to look.
    ///
    /// Nothing is decided, and nothing is remembered. What cannot be read is a [`Problem`] of the inspection, and what
    /// was seen before it is shown. Every session has the budget of an entry.
    ///
    /// # Errors
    /// When `image` is no reference; when a Secret that is needed for looking is missing or wrong; and when the image
    /// cannot be had and nothing can be seen without it.
    pub async fn inspect(
        &self,
        image: &str,
        places: &Places,
        context: &Context<'_>,
    ) -> Result<Inspection, Rejection> {
        let review = self.open_review(context);
        let deadline = self.deadline(context);
        let written = review.reference(image);
        let written = written.map_err(|refused| refused.rejection)?;
        let reference = written.or_latest();
        let located = review.memo.locate(reference.repository());
        let surveys = self
            .compiler
            .surveys(image, &reference, &located, places, context);
        let surveys = timeout_at(deadline.end, surveys).await;
        let surveys = surveys.unwrap_or_else(|_| Err(deadline.missed()))?;
        let mut inspection = Inspection {
            image: image.to_owned(),
            reference: reference.clone(),
            digest: None,
            manifest: None,
            sections: Vec::new(),
            problems: Vec::new(),
        };
        // What needs no image does not wait for one.
        let (apart, others): (Vec<_>, Vec<_>) = surveys
            .into_iter()
            .partition(|survey| survey.needs_no_image());
        let sighting = |pinned| Sighting {
            reference: &reference,
            pinned,
            located: &located,
            now: context.now,
        };
        let without = sighting(None);
        let looking_apart = apart
            .iter()
            .map(|survey| self.survey(survey.as_ref(), &without, &review, deadline));
        let subject = reference.clone().digest_only();
        let (sections, seen) = join(
            join_all(looking_apart),
            self.see(subject, &review, deadline),
        )
        .await;
        inspection.sections = sections;
        match seen {
            Ok(seen) => {
                inspection.digest = Some(seen.digest);
                inspection.manifest = Some(seen.manifest);
                inspection.problems.extend(seen.malformed);
            }
            Err(rejection) if !apart.is_empty() => {
                inspection.problems.push(Problem::from(&rejection));
            }
            Err(rejection) => return Err(rejection),
        }
        let digest = inspection.digest.clone();
        let pinned = digest.map(|digest| Pinned::new(reference.repository().clone(), digest));
        let within = sighting(pinned.as_ref());
        let sections = others
            .iter()
            .map(|survey| self.survey(survey.as_ref(), &within, &review, deadline));
        inspection.sections.extend(join_all(sections).await);
        Ok(inspection)
    }

    async fn see(
        &self,
        subject: Reference,
        review: &Review,
        deadline: Deadline,
    ) -> Result<Seen, Rejection> {
        let mut session = ImageSurvey::new(subject);
        let ended = self.look(&mut session, review, deadline).await;
        // The manifest was read, and only its platform could not be had.
        ended.or_else(|rejection| session.seen().ok_or(rejection))
    }

    async fn survey(
        &self,
        survey: &dyn Survey,
        sighting: &Sighting<'_>,
        review: &Review,
        deadline: Deadline,
    ) -> Section {
        let remembered = self.remembered(survey, sighting.reference).await;
        let mut session = survey.open(sighting, remembered);
        let ended = self.look(session.as_mut(), review, deadline).await;
        session.section(ended)
    }

    async fn remembered(
        &self,
        survey: &dyn Survey,
        reference: &Reference,
    ) -> Result<Option<Bytes>, Rejection> {
        let Some(key) = survey.state_key(reference) else {
            return Ok(None);
        };
        // That there is nothing, or nothing any more, is shown as nothing.
        load(self.state.as_ref(), &key, &mut Vec::new()).await
    }

    /// Runs a session that decides nothing, with the budget of an entry.
    async fn look<T>(
        &self,
        session: &mut dyn Session<T>,
        review: &Review,
        deadline: Deadline,
    ) -> Result<T, Rejection> {
        let meter = Mutex::new(Meter::new(self.budget));
        let driven = drive_within(session, &review.memo, &meter, Some(&review.tab));
        match timeout_at(deadline.end, driven).await {
            Ok(driven) => driven.result,
            Err(_) => Err(deadline.missed()),
        }
    }
}
