#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::{advance, pause};

use super::*;

#[derive(Debug, PartialEq)]
struct Text(&'static str);

impl Size for Text {
    fn size(&self) -> usize {
        self.0.len()
    }
}

fn unavailable() -> ApiError {
    ApiError::Unavailable {
        path: "p".to_owned(),
        detail: "down".to_owned(),
    }
}

fn forbidden() -> ApiError {
    ApiError::Forbidden {
        path: "p".to_owned(),
        detail: "no".to_owned(),
    }
}

#[derive(Default)]
struct Asked(AtomicUsize);

impl Asked {
    async fn ask(
        &self,
        kept: &Kept<&'static str, Text>,
        answer: Result<Option<Text>, ApiError>,
    ) -> Answer<Text> {
        let count = &self.0;
        kept.get("q", || async move {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            answer
        })
        .await
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn text(answer: Answer<Text>) -> Option<&'static str> {
    answer.unwrap().map(|text| text.0)
}

#[tokio::test]
async fn an_answer_counts_for_seconds_and_is_then_asked_for_again() {
    pause();
    let (kept, asked) = (Kept::new(), Asked::default());
    assert_eq!(text(asked.ask(&kept, Ok(Some(Text("a")))).await), Some("a"));
    advance(FRESH - Duration::from_millis(1)).await;
    assert_eq!(text(asked.ask(&kept, Ok(Some(Text("b")))).await), Some("a"));
    advance(Duration::from_millis(2)).await;
    assert_eq!(text(asked.ask(&kept, Ok(Some(Text("b")))).await), Some("b"));
    assert_eq!(asked.count(), 2);
}

#[tokio::test]
async fn a_secret_that_was_forgotten_is_found_a_second_after_it_was_added() {
    pause();
    let (kept, asked) = (Kept::new(), Asked::default());
    assert_eq!(text(asked.ask(&kept, Ok(None)).await), None);
    assert_eq!(text(asked.ask(&kept, Ok(Some(Text("a")))).await), None);
    advance(FRESH_ABSENCE).await;
    assert_eq!(text(asked.ask(&kept, Ok(Some(Text("a")))).await), Some("a"));
}

#[tokio::test]
async fn a_deleted_secret_counts_no_longer_than_seconds() {
    pause();
    let (kept, asked) = (Kept::new(), Asked::default());
    asked.ask(&kept, Ok(Some(Text("a")))).await.unwrap();
    advance(FRESH).await;
    assert_eq!(text(asked.ask(&kept, Ok(None)).await), None);
    // Nor does it come back if the server then goes away.
    advance(FRESH_ABSENCE).await;
    let answer = asked.ask(&kept, Err(unavailable())).await;
    assert_eq!(answer, Err(unavailable()));
}

#[tokio::test]
async fn while_the_server_is_away_an_answer_stands_in_for_a_minute_and_no_longer() {
    pause();
    let (kept, asked) = (Kept::new(), Asked::default());
    asked.ask(&kept, Ok(Some(Text("a")))).await.unwrap();
    advance(STANDS_IN - Duration::from_millis(1)).await;
    let answer = asked.ask(&kept, Err(unavailable())).await;
    assert_eq!(text(answer), Some("a"));
    advance(FRESH_FAILURE).await;
    let answer = asked.ask(&kept, Err(unavailable())).await;
    assert_eq!(answer, Err(unavailable()));
}

#[tokio::test]
async fn those_who_come_while_a_server_hangs_do_not_wait_one_after_another() {
    pause();
    let (kept, asked) = (Kept::new(), Asked::default());
    asked.ask(&kept, Ok(Some(Text("a")))).await.unwrap();
    advance(FRESH).await;
    for _ in 0..5 {
        assert_eq!(text(asked.ask(&kept, Err(unavailable())).await), Some("a"));
    }
    assert_eq!(asked.count(), 2);
    advance(FRESH_FAILURE).await;
    assert_eq!(text(asked.ask(&kept, Ok(Some(Text("b")))).await), Some("b"));
}

#[tokio::test]
async fn what_became_forbidden_does_not_stand_in() {
    pause();
    let (kept, asked) = (Kept::new(), Asked::default());
    asked.ask(&kept, Ok(Some(Text("a")))).await.unwrap();
    advance(FRESH).await;
    assert_eq!(asked.ask(&kept, Err(forbidden())).await, Err(forbidden()));
    assert_eq!(
        asked.ask(&kept, Err(unavailable())).await,
        Err(unavailable())
    );
}

#[tokio::test]
async fn many_who_ask_at_once_ask_once() {
    let (kept, asked) = (Kept::new(), Asked::default());
    let one = || asked.ask(&kept, Ok(Some(Text("a"))));
    let answers = futures::future::join_all((0..50).map(|_| one())).await;
    assert!(answers.into_iter().all(|answer| text(answer) == Some("a")));
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn one_who_gives_up_asking_leaves_it_to_the_next() {
    let (kept, asked) = (Kept::new(), Asked::default());
    {
        let gives_up = asked.ask(&kept, Ok(Some(Text("a"))));
        let mut gives_up = std::pin::pin!(gives_up);
        assert!(futures::poll!(gives_up.as_mut()).is_pending());
    }
    assert_eq!(text(asked.ask(&kept, Ok(Some(Text("b")))).await), Some("b"));
}

#[tokio::test]
async fn no_more_is_kept_than_there_is_room_for() {
    pause();
    let kept: Kept<usize, Text> = Kept::new();
    for number in 0..MOST.answers + 10 {
        advance(Duration::from_millis(1)).await;
        kept.get(number, || async { Ok(Some(Text("0123456789"))) })
            .await
            .unwrap();
    }
    let slots = kept.slots();
    assert!(slots.by_question.len() <= MOST.answers);
    assert_eq!(slots.bytes, slots.by_question.len() * 10);
    // The latest is there, the first is not.
    assert!(slots.by_question.contains_key(&(MOST.answers + 9)));
    assert!(!slots.by_question.contains_key(&0));
}

#[tokio::test]
async fn questions_without_an_answer_take_no_more_room_than_others() {
    pause();
    let kept: Kept<usize, Text> = Kept::new();
    for number in 0..MOST.answers + 10 {
        advance(Duration::from_millis(1)).await;
        let answer = kept.get(number, || async { Err(unavailable()) }).await;
        assert_eq!(answer, Err(unavailable()));
    }
    assert!(kept.slots().by_question.len() <= MOST.answers);
}
