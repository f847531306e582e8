//! The functions of the plugin against prepared answers of the API.

mod customer;
mod document;
mod failure;
mod manifest;
mod note;
mod order;
mod probe;
mod shop;
mod status;
