//! Trees become raw facts: one module per mechanism. Nothing is typed, defaulted or joined here.

pub mod command;
pub mod conf;
pub mod go;
pub mod manifest;
pub mod mapping;
pub mod resource;
pub mod scalar;
pub mod workload;
