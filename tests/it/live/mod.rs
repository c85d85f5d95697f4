//! What the live tests are made of: texts to try and servers to ask.

pub(crate) mod generate;
pub(crate) mod installed;
mod mutate;
mod numbers;
pub(crate) mod server;
mod special;
