//! The back ends' emulators, as strict as the real ones.
