//! Harness, scenarios, simulation and end-to-end tests.
