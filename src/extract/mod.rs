//! Trees become raw facts: one file per mechanism. Nothing is typed, defaulted or joined here.

pub mod conf;
//! Trees to raw facts: one module a mechanism. Untyped, with spans, not yet joined.
pub mod go;
