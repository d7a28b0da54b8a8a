#![doc = include_str!("../README.md")]

mod directory;
mod files;

pub use directory::DirectoryState;
