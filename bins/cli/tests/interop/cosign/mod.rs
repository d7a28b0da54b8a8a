//! Both generations of cosign: each signs and attests in the forms that it has, judges what the test kit signed, and `doorward`
//! judges the same images by the same keys.

mod attested;
mod copied;
mod instance;
mod keyless;
mod keyless_tampered;
mod logged_keys;
mod official;
mod offline;
mod ours;
mod signed;
mod site;
mod store;
mod tampered;
