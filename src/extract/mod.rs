//! Trees become raw facts: one file per mechanism. Nothing is typed, defaulted or joined here.

pub mod conf;
