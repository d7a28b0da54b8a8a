//! OpenPGP: messages, certificates, and the checks that `pgp` leaves to its callers.

pub(crate) mod armor;
pub(crate) mod certificate;
pub(crate) mod component;
pub(crate) mod material;
pub(crate) mod message;
pub(crate) mod packets;
pub(crate) mod signature;
