//! Upgates: orders, customers, notes and documents.
