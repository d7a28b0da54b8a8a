use std::net::IpAddr;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc;

use super::*;

fn peer(last: u8) -> Peer {
    Peer::from(IpAddr::from([10, 0, 0, last]))
}

fn later() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// A body that is sent piece by piece, and a way to send them.
fn piecemeal() -> (mpsc::UnboundedSender<Vec<u8>>, Body) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let pieces = futures::stream::unfold(receiver, async |mut receiver| {
        let piece: Vec<u8> = receiver.recv().await?;
        Some((piece, receiver))
    });
    (
        sender,
        Body::from_stream(pieces.map(Ok::<_, std::io::Error>)),
    )
}

/// Begins a body, and waits until its first bytes are held.
async fn begun(
    bodies: &Arc<Bodies>,
    of: Peer,
    bytes: usize,
) -> (
    mpsc::UnboundedSender<Vec<u8>>,
    tokio::task::JoinHandle<Result<ReviewBody, Unread>>,
) {
    let (sender, body) = piecemeal();
    let before = bodies.held().next;
    let reading = tokio::spawn({
        let bodies = Arc::clone(bodies);
        async move { bodies.read(of, body, later()).await }
    });
    sender.send(vec![b' '; bytes]).unwrap();
    while bodies.held().next == before {
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    (sender, reading)
}

#[tokio::test]
async fn a_flood_of_one_byte_bodies_does_not_shut_out_a_review() {
    let bodies = Bodies::within(4, 1_000, 100);
    let mut flood = Vec::new();
    for _ in 0..12 {
        flood.push(begun(&bodies, peer(9), 1).await);
        let review = bodies.read(peer(1), Body::from("{}"), later()).await;
        assert_eq!(&*review.unwrap(), b"{}");
        // Also when it comes from where the flood comes from.
        let review = bodies.read(peer(9), Body::from("{}"), later()).await;
        assert_eq!(&*review.unwrap(), b"{}");
    }
    let (_, first) = flood.remove(0);
    assert_eq!(first.await.unwrap().unwrap_err(), Unread::GaveWay);
    assert!(bodies.held().bodies.len() <= 4);
}

#[tokio::test]
async fn a_slow_body_of_a_peer_with_few_outlives_a_flood_of_another() {
    let bodies = Bodies::within(4, 1_000, 100);
    let (rest, slow) = begun(&bodies, peer(1), 1).await;
    let mut flood = Vec::new();
    for _ in 0..12 {
        flood.push(begun(&bodies, peer(9), 1).await);
    }
    rest.send(b"{}".to_vec()).unwrap();
    drop(rest);
    assert_eq!(&*slow.await.unwrap().unwrap(), b" {}");
}

#[tokio::test]
async fn bytes_of_bodies_that_do_not_end_stay_within_their_bound() {
    let bodies = Bodies::within(100, 250, 100);
    let mut large = Vec::new();
    for _ in 0..10 {
        large.push(begun(&bodies, peer(9), 90).await);
        assert!(bodies.held().bytes <= 250);
    }
    let whole = bodies.read(peer(1), Body::from(vec![b' '; 100]), later());
    let whole = whole.await.unwrap();
    assert_eq!(whole.len(), 100);
    assert!(bodies.held().bytes <= 250);
    drop((whole, large));
}

#[tokio::test]
async fn a_body_that_was_read_counts_until_it_is_dropped() {
    let bodies = Bodies::within(4, 1_000, 100);
    let body = bodies.read(peer(1), Body::from("12345"), later()).await;
    assert_eq!(bodies.held().bytes, 5);
    drop(body);
    assert_eq!(bodies.held().bytes, 0);
    assert_eq!(bodies.held().bodies.len(), 0);
}

#[tokio::test]
async fn a_body_that_is_given_up_on_leaves_nothing_behind() {
    let bodies = Bodies::within(4, 1_000, 10);
    let (sender, body) = piecemeal();
    sender.send(b"{".to_vec()).unwrap();
    let slow = bodies.read(peer(1), body, Instant::now()).await;
    assert_eq!(slow.unwrap_err(), Unread::TooSlow);
    let large = bodies.read(peer(1), Body::from("12345678901"), later());
    assert_eq!(large.await.unwrap_err(), Unread::TooLarge);
    let (sender, body) = piecemeal();
    sender.send(b"123456".to_vec()).unwrap();
    sender.send(b"123456".to_vec()).unwrap();
    assert_eq!(
        bodies.read(peer(1), body, later()).await.unwrap_err(),
        Unread::TooLarge
    );
    assert_eq!(bodies.held().bytes, 0);
    assert_eq!(bodies.held().bodies.len(), 0);
}

#[test]
fn reviews_of_one_peer_that_take_long_leave_places_for_another() {
    let places = Arc::new(Places::new(8));
    let long: Vec<_> = (0..20).filter_map(|_| places.take(peer(9))).collect();
    assert_eq!(long.len(), 6);
    let others: Vec<_> = (0..20).filter_map(|_| places.take(peer(1))).collect();
    // Two places are left, and an equal part is four.
    assert_eq!(others.len(), 4);
    drop(long);
    assert!(places.take(peer(9)).is_some());
    drop(others);
    assert!(places.are_all_free());
}

#[test]
fn addresses_that_together_fill_all_places_do_not_shut_out_one_that_has_none() {
    let places = Arc::new(Places::new(64));
    let mut held = Vec::new();
    for number in [8, 9] {
        held.extend((0..100).filter_map(|_| places.take(peer(number))));
    }
    let mine: Vec<_> = (0..100).filter_map(|_| places.take(peer(1))).collect();
    // An equal part of what there is, among three.
    assert_eq!(mine.len(), 64 / 3);
    for number in 10..=255 {
        held.extend((0..100).filter_map(|_| places.take(peer(number))));
    }
    assert!(held.len() + mine.len() <= 2 * 64);
    drop((held, mine));
    assert!(places.are_all_free());
}

#[test]
fn a_single_place_can_be_had_by_anyone() {
    let places = Arc::new(Places::new(1));
    let taken = places.take(peer(1));
    assert!(taken.is_some() && places.take(peer(2)).is_none());
    drop(taken);
    assert!(places.take(peer(2)).is_some());
}

#[test]
fn a_caller_that_fills_the_share_of_a_namespace_does_not_shut_it_for_another() {
    let places = Arc::new(Places::new(256));
    let take = |peer_number, namespace: Option<&str>| {
        let mut place = places.take(peer(peer_number))?;
        place.is_for(namespace).then_some(place)
    };
    let filled: Vec<_> = (0..300).filter_map(|_| take(9, Some("shop"))).collect();
    assert_eq!(filled.len(), 64);
    let api_server: Vec<_> = (0..300).filter_map(|_| take(1, Some("shop"))).collect();
    assert_eq!(api_server.len(), 32);
    assert!(take(9, Some("shop")).is_none(), "it has its part");
    let third: Vec<_> = (0..300).filter_map(|_| take(2, Some("shop"))).collect();
    assert_eq!(third.len(), 21);
    drop((filled, api_server, third));
    assert!(places.are_all_free());
}

#[test]
fn reviews_of_one_namespace_that_take_long_leave_places_for_another() {
    let places = Arc::new(Places::new(16));
    let take = |namespace: Option<&str>| {
        let mut place = places.take(peer(1))?;
        place.is_for(namespace).then_some(place)
    };
    let evil: Vec<_> = (0..12).filter_map(|_| take(Some("evil"))).collect();
    assert_eq!(evil.len(), 4);
    let others: Vec<_> = (0..12).filter_map(|_| take(Some("shop"))).collect();
    assert_eq!(others.len(), 4);
    let of_none: Vec<_> = (0..12).filter_map(|_| take(None)).collect();
    assert_eq!(of_none.len(), 4, "what is in no namespace has a share, too");
    drop(evil);
    assert!(take(Some("evil")).is_some());
    drop((others, of_none));
    assert!(places.are_all_free());
}
