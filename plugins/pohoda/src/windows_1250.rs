//! The encoding of POHODA's documents.

/// The letters of the bytes from 0x80 on; those below are ASCII.
const UPPER: [char; 128] = include!(concat!(env!("OUT_DIR"), "/windows_1250.rs"));
/// The byte for a letter that Windows-1250 does not have.
const REPLACEMENT: u8 = b'?';

/// Reads bytes. Every byte is a letter.
pub(crate) fn decode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte.checked_sub(0x80) {
            None => char::from(*byte),
            Some(upper) => UPPER[usize::from(upper)],
        })
        .collect()
}

/// Writes text. Letters that Windows-1250 does not have become question marks.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    let byte = |letter: char| {
        if letter.is_ascii() {
            return letter as u8;
        }
        let place = UPPER.iter().position(|upper| *upper == letter);
        let byte = place.and_then(|place| u8::try_from(place + 0x80).ok());
        byte.unwrap_or(REPLACEMENT)
    };
    text.chars().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use encoding_rs::WINDOWS_1250;

    use super::*;

    #[test]
    fn every_byte_is_read_as_by_the_library_and_written_back() {
        for byte in 0..=u8::MAX {
            let bytes = [byte];
            let (letter, _) = WINDOWS_1250.decode_without_bom_handling(&bytes);
            assert_eq!(decode(&bytes), letter);
            assert_eq!(encode(&letter), bytes);
        }
    }

    #[test]
    fn a_letter_outside_the_encoding_becomes_a_question_mark() {
        assert_eq!(
            encode("Žluťoučký kůň 🐎 ж"),
            b"\x8Elu\x9Dou\xE8k\xFD k\xF9\xF2 ? ?"
        );
    }
}
