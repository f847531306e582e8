//! The derives of krabice-plugin: typed parameters and fields.
