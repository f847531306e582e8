//! Plugins that misbehave, for the guards' tests.
