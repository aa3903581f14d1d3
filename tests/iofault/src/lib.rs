#![doc = include_str!("../README.md")]
#![cfg(target_os = "linux")]

mod hooks;
mod journal;
mod plan;
mod space;
mod sys;
mod watch;
