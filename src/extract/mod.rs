//! Trees become raw facts: one module per mechanism. Nothing is typed, defaulted or joined here.

pub mod chart;
pub mod command;
pub mod compose;
pub mod conf;
pub mod dockerfile;
pub mod environment;
pub mod expand;
pub mod gitops;
pub mod go;
pub mod kustomize;
pub mod launch;
pub mod manifest;
pub mod mapping;
pub mod paths;
pub mod resource;
pub mod rust;
pub mod scalar;
pub mod secrets;
pub mod shape;
pub mod terraform;
pub mod unit;
pub mod values;
pub mod variables;
pub mod workload;
