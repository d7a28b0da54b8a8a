//! The webhook makes its certificate, has an API server ask it, and goes without a trace. These tests have an API server of
//! their own: what they register is asked about everything in it.

mod certificates;
mod checkup;
mod configurations;
mod installed;
mod renewal;
mod rig;
mod uninstalling;
