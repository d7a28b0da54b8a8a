//! Sending clients elsewhere before the program ends.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Version, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::admin::Readiness;

/// Once the program is about to end, says with each answer over HTTP/1.1 that it is the last one in its connection.
///
/// The client opens the next connection where the Service leads by then, to a replica that stays. Were the connection
/// closed at the end instead, a review could be on its way already: it would find nobody, and the API server does not send
/// it again. h2 needs none of this, for there a server says which requests it still takes.
pub(crate) async fn part(
    State(readiness): State<Arc<Readiness>>,
    request: Request,
    next: Next,
) -> Response {
    let is_http1 = request.version() < Version::HTTP_2;
    let mut response = next.run(request).await;
    // Asked afterwards, for the end may have begun meanwhile.
    if is_http1 && readiness.is_draining() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}
