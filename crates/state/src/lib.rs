#![doc = include_str!("../README.md")]

mod directory;
mod files;
mod former;
mod place;

pub use directory::DirectoryState;
