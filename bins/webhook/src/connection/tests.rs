use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn bounded(connections: usize, handshakes: usize, silence: Duration) -> Bounded {
    let bounds = Bounds {
        connections,
        handshakes,
        silence,
    };
    Bounded::before_handshake(Connections::new(bounds, Arc::new(Metrics::new().unwrap())))
}

const LONG: Duration = Duration::from_secs(60);

async fn pair(bound: &Bounded) -> (TcpStream, io::Result<Connection>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let accepted = bound.accept(stream, ()).await;
    (client, accepted.map(|(connection, ())| connection))
}

async fn established(bound: &Bounded) -> (TcpStream, Connection) {
    let (client, accepted) = pair(bound).await;
    let accepted = accepted.unwrap();
    bound.connections.established(accepted.from, accepted.id);
    (client, accepted)
}

#[tokio::test]
async fn when_connections_run_out_the_one_that_has_been_idle_longest_is_closed() {
    let bound = bounded(2, 2, LONG);
    let (_a, mut first) = established(&bound).await;
    let (_b, second) = established(&bound).await;
    drop(bound.connections.working(first.from));
    let (_c, third) = established(&bound).await;
    let mut second = second;
    let error = second.read_u8().await.expect_err("closed");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    // The first was of use later than the second, and is next.
    let (_d, _fourth) = established(&bound).await;
    assert!(first.read_u8().await.is_err());
    drop(third);
}

#[tokio::test]
async fn a_connection_with_a_review_in_progress_is_not_closed_for_another() {
    let bound = bounded(2, 2, LONG);
    let (_a, first) = established(&bound).await;
    let (_b, second) = established(&bound).await;
    let working = bound.connections.working(first.from);
    let also = bound.connections.working(second.from);
    assert!(pair(&bound).await.1.is_err(), "nothing else may go");
    drop(also);
    let (_c, third) = pair(&bound).await;
    assert!(third.is_ok());
    let mut second = second;
    assert!(second.read_u8().await.is_err());
    drop((working, first));
}

#[tokio::test]
async fn bytes_without_a_request_do_not_keep_a_connection_from_being_the_oldest() {
    let bound = bounded(2, 2, LONG);
    let (mut client, mut first) = established(&bound).await;
    let (_b, _second) = established(&bound).await;
    client.write_u8(7).await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), 7);
    let (_c, _third) = established(&bound).await;
    assert!(first.read_u8().await.is_err());
}

#[tokio::test]
async fn a_connection_in_which_a_request_begins_is_of_use() {
    let bound = bounded(2, 2, LONG);
    let (_a, mut first) = established(&bound).await;
    let (_b, mut second) = established(&bound).await;
    bound.connections.begins(first.from);
    let (_c, _third) = established(&bound).await;
    assert!(second.read_u8().await.is_err());
    let poll = std::future::poll_fn(|cx| Poll::Ready(first.given_up(cx).is_ready())).await;
    assert!(!poll);
}

#[tokio::test]
async fn handshakes_that_never_end_make_room_for_new_ones_and_touch_nobody_else() {
    let bound = bounded(100, 2, LONG);
    let (_served, mut served) = established(&bound).await;
    let mut begun = Vec::new();
    for _ in 0..5 {
        begun.push(pair(&bound).await);
    }
    let handshaking = bound
        .connections
        .open()
        .details()
        .filter(|open| open.handshaking)
        .count();
    assert_eq!(handshaking, 2);
    let (_, first) = begun.remove(0);
    assert!(first.unwrap().read_u8().await.is_err());
    let poll = std::future::poll_fn(|cx| Poll::Ready(served.given_up(cx).is_ready())).await;
    assert!(!poll, "an established connection stays");
}

#[tokio::test]
async fn there_is_room_again_when_a_connection_ends() {
    let bound = bounded(1, 1, LONG);
    let (_a, first) = established(&bound).await;
    drop(first);
    assert_eq!(bound.connections.open().len(), 0);
    let (_b, mut second) = established(&bound).await;
    let poll = std::future::poll_fn(|cx| Poll::Ready(second.given_up(cx).is_ready())).await;
    assert!(!poll);
}

#[tokio::test]
async fn the_end_of_a_closed_connection_does_not_free_the_place_of_the_next_from_its_address() {
    let bound = bounded(1, 1, LONG);
    let (_a, first) = established(&bound).await;
    let connections = &bound.connections;
    let _next = connections.enter(first.from, u64::MAX, false);
    drop(first);
    assert_eq!(connections.open().len(), 1);
}

#[tokio::test]
async fn at_the_end_only_connections_with_work_are_left() {
    let bound = bounded(9, 9, LONG);
    let (_a, first) = established(&bound).await;
    let (_b, mut idle) = established(&bound).await;
    let (_c, handshaking) = pair(&bound).await;
    let working = bound.connections.working(first.from);
    bound.connections.close_unused();
    assert!(idle.read_u8().await.is_err());
    assert!(handshaking.unwrap().read_u8().await.is_err());
    assert_eq!(bound.connections.open().len(), 1);
    drop(working);
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_given_up() {
    let bound = bounded(1, 1, Duration::from_millis(50));
    let (_client, mut connection) = established(&bound).await;
    let error = connection.read_u8().await.expect_err("given up");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answer_is_given_up() {
    let bound = bounded(1, 1, Duration::from_millis(50));
    let (_client, mut connection) = established(&bound).await;
    let answer = vec![0; 64 << 20];
    let error = connection.write_all(&answer).await.expect_err("given up");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn a_byte_now_and_then_keeps_a_connection() {
    let bound = bounded(1, 1, Duration::from_millis(400));
    let (mut client, mut connection) = established(&bound).await;
    for _ in 0..4 {
        sleep(Duration::from_millis(150)).await;
        client.write_u8(7).await.unwrap();
        assert_eq!(connection.read_u8().await.unwrap(), 7);
    }
}

#[tokio::test]
async fn a_client_that_takes_an_answer_which_goes_on_for_long_is_not_silent() {
    let bound = bounded(1, 1, Duration::from_millis(400));
    let (mut client, mut connection) = established(&bound).await;
    for _ in 0..4 {
        sleep(Duration::from_millis(150)).await;
        connection.write_u8(7).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), 7);
        let poll = std::future::poll_fn(|cx| Poll::Ready(connection.given_up(cx).is_ready())).await;
        assert!(!poll);
    }
}

#[tokio::test]
async fn a_connection_that_was_given_up_can_be_asked_again_and_counts_once() {
    let bound = bounded(1, 1, Duration::from_millis(50));
    let (_a, mut silent) = established(&bound).await;
    for _ in 0..3 {
        let error = silent.read_u8().await.expect_err("given up");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
    let text = bound.connections.metrics.render().unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("doorward_http_connections_closed_total{reason=\"silence\"} 1"),
        "{text}"
    );
    // One that makes room is polled for reading and for writing, as by a client that sends one request after the other.
    let bound = bounded(1, 1, LONG);
    let (_b, mut evicted) = established(&bound).await;
    let (_c, _next) = established(&bound).await;
    let answer = vec![0; 64 << 20];
    for _ in 0..3 {
        let error = evicted.read_u8().await.expect_err("closed");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        let error = evicted.write_all(&answer).await.expect_err("closed");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }
}

#[tokio::test]
async fn a_connection_that_has_to_go_is_not_read_on_although_bytes_are_there() {
    let bound = bounded(1, 1, LONG);
    let (mut client, mut first) = established(&bound).await;
    client.write_all(b"abc").await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), b'a');
    let (_b, _second) = established(&bound).await;
    let error = first.read_u8().await.expect_err("closed");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
}
