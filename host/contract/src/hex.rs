//! Hexadecimal text.

/// The bytes as hexadecimal digits in lower case: the form of every digest that people see.
///
/// ```
/// assert_eq!(krabice_contract::hex([0x0f, 0xa3]), "0fa3");
/// ```
#[must_use]
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |number: u8| char::from(DIGITS[usize::from(number)]);
    let digits = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.as_ref().iter().flat_map(digits).collect()
}
