//! Who sent a request, and over which connection.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;

use crate::connection::{Connections, Working};
use crate::fair::Peer;

/// Who sent a request. A request that came over no socket is nobody's.
pub(crate) struct Caller {
    from: Option<SocketAddr>,
    connections: Option<Arc<Connections>>,
}

impl Caller {
    pub(crate) fn of(extensions: &Extensions) -> Self {
        Self {
            from: extensions
                .get::<ConnectInfo<SocketAddr>>()
                .map(|ConnectInfo(from)| *from),
            connections: extensions.get::<Arc<Connections>>().cloned(),
        }
    }

    /// For whose share the request counts.
    pub(crate) fn peer(&self) -> Peer {
        let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        Peer::from(self.from.map_or(nobody, |from| from.ip()))
    }

    /// Notes that the connection is of use.
    pub(crate) fn begins(&self) {
        if let (Some(connections), Some(from)) = (&self.connections, self.from) {
            connections.begins(from);
        }
    }

    /// Keeps the connection from being closed for another one as long as the guard lives.
    pub(crate) fn working(&self) -> Option<Working> {
        Some(self.connections.as_ref()?.working(self.from?))
    }
}

/// Counts a whole request as work. For requests without a body that is worth waiting for.
pub(crate) async fn at_work(request: Request, next: Next) -> Response {
    let _working = Caller::of(request.extensions()).working();
    next.run(request).await
}
