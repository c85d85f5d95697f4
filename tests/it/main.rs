//! The integration tests: one program, so that the library and its grammars are linked once.
//!
//! A module is asked for by its name: `cargo test --test it reports`. All of them share a process, so
//! none changes its folder, its environment or its limits; what needs other ones runs the program.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a helper that does not find what it needs ends the test; live tests tell what they asked"
)]

mod adding_a_shape;
mod adoption;
mod architecture;
mod asked_series;
mod baseline;
mod check_verdicts;
mod cli;
mod client_pages;
mod clients_go;
mod conf_spans;
mod deployments;
mod determinism;
mod document_values;
mod error_messages;
mod estates;
mod example_pack;
mod fact_types;
mod facts_page;
mod fix;
mod fixture_pages;
mod fuzzing;
mod generated;
mod growth;
mod guarded_files;
mod history;
mod hygiene;
mod inert;
mod limits;
mod live;
mod live_connections;
mod live_consequences;
mod live_data;
mod live_proof;
mod live_replication;
mod live_server;
mod live_settings;
mod live_shapes;
mod live_startup;
mod live_verdicts;
mod minimal_pairs;
mod mutations;
mod oracle_go;
mod oracle_python;
mod pathological_inputs;
mod planted_secrets;
mod reports;
mod robustness;
mod rule_contract;
mod rule_table;
mod secrets;
mod server_tables;
mod shape_values;
mod shapes;
mod shipped_configs;
mod shipped_rules;
mod source_document;
mod stale_knowledge;
mod stored_files;
mod supply_chain;
mod support;
mod terminal;
mod verdicts;
mod waivers;
mod writing_rules;
