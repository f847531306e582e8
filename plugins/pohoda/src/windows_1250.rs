//! The encoding of POHODA's documents.

/// The letters of the bytes from 0x80 on; those below are ASCII.
const UPPER: [char; 128] = include!(concat!(env!("OUT_DIR"), "/windows_1250.rs"));
/// Letters above as a letter and a mark behind it, as some systems write them.
const DECOMPOSED: &[(char, char, char)] = &include!(concat!(env!("OUT_DIR"), "/decomposed.rs"));

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

/// Writes the text of an XML document. Letters that Windows-1250 does not have become references to
/// characters: none is replaced by another.
pub(crate) fn encode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let composed = letters.peek().and_then(|mark| composed(letter, *mark));
        if composed.is_some() {
            letters.next();
        }
        let letter = composed.unwrap_or(letter);
        let place = UPPER.iter().position(|upper| *upper == letter);
        match place.and_then(|place| u8::try_from(place + 0x80).ok()) {
            _ if letter.is_ascii() => bytes.push(letter as u8),
            Some(byte) => bytes.push(byte),
            None => bytes.extend(format!("&#{};", u32::from(letter)).into_bytes()),
        }
    }
    bytes
}

/// The one letter of a letter and a mark, if Windows-1250 has it.
fn composed(letter: char, mark: char) -> Option<char> {
    let pair = |(base, own, _): &&(char, char, char)| (*base, *own) == (letter, mark);
    DECOMPOSED
        .iter()
        .find(pair)
        .map(|(_, _, composed)| *composed)
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
    fn a_letter_outside_the_encoding_becomes_a_reference() {
        assert_eq!(
            encode("Žluťoučký kůň 🐎 ж"),
            b"\x8Elu\x9Dou\xE8k\xFD k\xF9\xF2 &#128014; &#1078;"
        );
    }

    #[test]
    fn a_letter_with_a_mark_behind_it_is_composed() {
        assert_eq!(encode("Nova\u{301}c\u{30c}ek"), b"Nov\xE1\xE8ek");
        assert_eq!(encode("u\u{30a} e\u{323}"), b"\xF9 e&#803;");
    }
}
