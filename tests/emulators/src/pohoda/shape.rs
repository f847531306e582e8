//! The shape of elements, and the check of a request against it.

use jiff::civil::{Date, DateTime};

use super::xml::Element;

/// The type of an element.
#[derive(Clone, Copy)]
pub(super) enum Type {
    /// Text of at most so many characters; 0 for any length.
    Text(usize),
    /// Text that is not blank, with the same limit.
    Filled(usize),
    /// A whole number from 1.
    Id,
    /// A whole number in a range, both ends included.
    Whole(i64, i64),
    Number,
    Date,
    Moment,
    /// `true` or `false`, and not `1` or `0`.
    Boolean,
    OneOf(&'static [&'static str]),
    /// An address, a variable or one of two fixed words.
    Email,
    Group(&'static Group),
    /// Documented, but not emulated.
    NotEmulated,
}

/// An element that contains other elements.
pub(super) struct Group {
    pub(super) order: Order,
    pub(super) attributes: &'static [Attribute],
    pub(super) parts: &'static [Part],
}

/// The order of a group's parts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// In the order of the table.
    Sequence,
    /// In any order.
    All,
    /// Exactly one of them.
    Choice,
}

/// An attribute: its name, whether it is required, and its type.
pub(super) type Attribute = (&'static str, bool, Type);

/// A part of a group.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) many: bool,
    pub(super) of: Type,
}

/// A part that may be missing.
pub(super) const fn optional(name: &'static str, of: Type) -> Part {
    Part {
        name,
        required: false,
        many: false,
        of,
    }
}

/// A part that must be present.
pub(super) const fn required(name: &'static str, of: Type) -> Part {
    Part {
        required: true,
        ..optional(name, of)
    }
}

/// A part that must be present and may repeat.
pub(super) const fn repeated(name: &'static str, of: Type) -> Part {
    Part {
        many: true,
        ..required(name, of)
    }
}

/// Why an element does not fit its shape.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// The schemas refuse it.
    Shape(String),
    /// The emulator does not do it.
    NotEmulated(String),
}

fn misfit<T>(text: String) -> Result<T, Misfit> {
    Err(Misfit::Shape(text))
}

/// Checks an element.
pub(super) fn check(element: &Element, of: Type, path: &str) -> Result<(), Misfit> {
    let path = format!("{path}/{}", element.name);
    if let Type::Group(group) = of {
        check_group(element, group, &path)
    } else if let Type::NotEmulated = of {
        Err(Misfit::NotEmulated(format!("`{path}` is not emulated")))
    } else if !element.children.is_empty() {
        misfit(format!("`{path}` holds elements"))
    } else if !element.attributes.is_empty() {
        misfit(format!("`{path}` has an attribute"))
    } else {
        check_text(&element.text, of, &path)
    }
}

/// Checks the attributes of an element without its parts.
pub(super) fn check_attributes(element: &Element, group: &Group, path: &str) -> Result<(), Misfit> {
    for (name, value) in &element.attributes {
        let known = group.attributes.iter().find(|(known, _, _)| known == name);
        let Some((_, _, of)) = known else {
            return misfit(format!("`{path}` has an unknown attribute `{name}`"));
        };
        check_text(value, *of, &format!("{path}/@{name}"))?;
    }
    for (name, needed, _) in group.attributes {
        if *needed && element.attribute(name).is_none() {
            return misfit(format!("`{path}` lacks the attribute `{name}`"));
        }
    }
    Ok(())
}

fn check_group(element: &Element, group: &Group, path: &str) -> Result<(), Misfit> {
    check_attributes(element, group, path)?;
    if !element.text.trim().is_empty() {
        return misfit(format!("`{path}` holds text"));
    }
    let mut reached = 0;
    for (index, child) in element.children.iter().enumerate() {
        let place = group.parts.iter().position(|part| part.name == child.name);
        let Some(place) = place else {
            return misfit(format!(
                "`{path}` holds an unknown element `{}`",
                child.name
            ));
        };
        let part = &group.parts[place];
        let before = &element.children[..index];
        if !part.many && before.iter().any(|other| other.name == child.name) {
            return misfit(format!("`{path}` holds `{}` twice", child.name));
        }
        if group.order == Order::Sequence && place < reached {
            return misfit(format!("`{path}` holds `{}` too late", child.name));
        }
        reached = place;
        check(child, part.of, path)?;
    }
    if group.order == Order::Choice {
        return match element.children.len() {
            1 => Ok(()),
            count => misfit(format!("`{path}` holds {count} elements instead of one")),
        };
    }
    let missing = group
        .parts
        .iter()
        .find(|part| part.required && element.child(part.name).is_none());
    match missing {
        Some(part) => misfit(format!("`{path}` lacks `{}`", part.name)),
        None => Ok(()),
    }
}

fn check_text(text: &str, of: Type, path: &str) -> Result<(), Misfit> {
    let whole = |from: i64, to: i64| {
        let number = text.trim().parse::<i64>();
        number.is_ok_and(|number| (from..=to).contains(&number))
    };
    let short = |most: usize| most == 0 || text.chars().count() <= most;
    let fits = match of {
        Type::Text(most) => short(most),
        Type::Filled(most) => short(most) && !text.trim().is_empty(),
        Type::Id => whole(1, i64::MAX),
        Type::Whole(from, to) => whole(from, to),
        // The schemas allow `NaN` and `INF`, but no price is one.
        Type::Number => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        Type::Date => text.parse::<Date>().is_ok(),
        Type::Moment => text.parse::<DateTime>().is_ok() && text.contains('T'),
        Type::Boolean => matches!(text, "true" | "false"),
        Type::OneOf(words) => words.contains(&text),
        Type::Email => is_email(text),
        Type::Group(_) | Type::NotEmulated => true,
    };
    if fits {
        Ok(())
    } else {
        misfit(format!("`{path}` cannot be `{text}`"))
    }
}

/// `print.xsd`, `typ:customEmailType`.
fn is_email(text: &str) -> bool {
    if matches!(text, "<EmailDokladu>" | "<EmailDokladu2>") {
        return true;
    }
    if text.starts_with("[:") && text.ends_with(":]") {
        return true;
    }
    let plain = |text: &str, more: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
    };
    text.split_once('@').is_some_and(|(name, host)| {
        let end = host.rsplit_once('.');
        plain(name, "._%+-")
            && plain(host, ".-")
            && end.is_some_and(|(before, end)| {
                !before.is_empty()
                    && end.len() >= 2
                    && end.bytes().all(|it| it.is_ascii_alphabetic())
            })
    })
}
