//! English.

use super::{Mark, Words};

pub(super) const WORDS: Words = Words {
    yes: "yes, y, yep, yeah, yea, yup, ya, aye, sure, of course, correct, right, that's right, exactly, indeed, definitely, \
          absolutely, ok, okay, k, fine, go ahead, please do, yes please",
    no: "no, n, nope, nah, no thanks, no thank you, not really, not yet, never, wrong, incorrect, that's not it, \
         not that one, negative, don't",
    unclear: "yeah no, yeah right, i don't mind, maybe, no problem, no worries",
    fillers: "please, pls, i want to, can i, hi, hello, ok",
    thanks: "thanks, thank you, thx, ty, cheers",
    order: "order, orders, ord, confirmation, purchase, po",
    other: "invoice*, inv, receipt*, bill, parcel*, package*, shipment*, consignment*, customer*, item*, postcode, account*, \
            phone*, mobile*, telephone*",
    number: "no, nr, num, number, numbers, ref, reference, id, code",
    between: "is, was, my, the, it, its, tel",
    at: "at",
    dot: "dot",
    dash: "dash, hyphen",
    underscore: "underscore",
    domains: "gmail.com, googlemail.com, outlook.com, hotmail.com, live.com, msn.com, icloud.com, me.com, yahoo.com, ymail.com, \
              aol.com, proton.me, protonmail.com, gmx.com, mail.com, email.com, hotmail.co.uk, live.co.uk, yahoo.co.uk, \
              outlook.co.uk, btinternet.com, sky.com, virginmedia.com, talktalk.net, ntlworld.com, blueyonder.co.uk",
    misspelt: "gmial.com gmai.com gmal.com gamil.com gnail.com gmaill.com gmail.con gmail.cm gmail.co gmail.comm g-mail.com > gmail.com; \
               hotmial.com hotmal.com hotmai.com hormail.com > hotmail.com; outlok.com outloook.com oulook.com > outlook.com; \
               iclod.com icoud.com > icloud.com; yaho.com yahho.com yhoo.com > yahoo.com; \
               hotmail.co.k hotmail.couk hotmial.co.uk > hotmail.co.uk; yahoo.couk yaho.co.uk > yahoo.co.uk; \
               btintenet.com > btinternet.com; virgimedia.com > virginmedia.com",
    months: [
        "january, jan",
        "february, feb",
        "march, mar",
        "april, apr",
        "may",
        "june, jun",
        "july, jul",
        "august, aug",
        "september, sep, sept",
        "october, oct",
        "november, nov",
        "december, dec",
    ],
    months_have_cases: false,
    date_form: "{d} {M} {y}",
    two_months: &[],
    weekdays: [
        "monday, mon",
        "tuesday, tue, tues",
        "wednesday, wed",
        "thursday, thu, thurs",
        "friday, fri",
        "saturday, sat",
        "sunday, sun",
    ],
    short_weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    ordinal: |day| match (day % 10, day / 10) {
        (1, 0 | 2 | 3) => "st",
        (2, 0 | 2) => "nd",
        (3, 0 | 2) => "rd",
        _ => "th",
    },
    days: [
        "the day before yesterday, day before yesterday",
        "yesterday",
        "today",
        "tomorrow",
        "the day after tomorrow, day after tomorrow",
    ],
    ago_before: "",
    ago_after: "days ago, day ago",
    around_dates: "on, the, of, since, it was, around, from",
    counts: [
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ],
    units: "pc, pcs, piece, pieces, item, items, pack, packs, pair, pairs",
    thousand: "thousand, k",
    comma: Mark::Groups,
    point: Mark::Fraction,
};
