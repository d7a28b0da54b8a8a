//! Ports for programs that cannot say which one they got.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};

/// Below the range from which the system takes ports for anyone who asks for any, so that no client gets one of these in the
/// time between choosing and listening.
const FROM: u16 = 20_000;
const COUNT: u64 = 12_000;

/// A loopback port that nobody listens on.
///
/// # Panics
/// If there is none.
pub(crate) fn free() -> u16 {
    (0..100)
        .map(|_| {
            let random = RandomState::new().build_hasher().finish();
            FROM + u16::try_from(random % COUNT).unwrap_or_default()
        })
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("of a hundred loopback ports one is free")
}
