//! German.

use super::{Mark, Words};

pub(super) const WORDS: Words = Words {
    yes: "ja, j, jo, jau, jep, jup, jawohl, klar, na klar, sicher, natürlich, natuerlich, selbstverständlich, \
          selbstverstaendlich, genau, stimmt, richtig, korrekt, passt, in ordnung, einverstanden, gern, gerne, ja bitte, \
          kein problem",
    no: "nein, n, ne, nee, nö, noe, no, nope, nicht, stimmt nicht, falsch, leider nein, leider nicht, lieber nicht, \
         auf keinen fall, keinesfalls, niemals, nein danke",
    unclear: "doch, danke, naja, na ja, jein, vielleicht, schon",
    fillers: "bitte, ich möchte, ich moechte, ich will, hallo, mal",
    thanks: "danke, vielen dank, danke schön, danke schoen, dankeschön",
    order: "bestellung*, bestellnummer*, bestellnr*, best, auftrag*, order*",
    other: "rechnung*, re, beleg*, sendung*, paket*, trackingnummer, kundennummer*, kundennr, kd, artikelnummer*, art, plz, \
            telefon*, handy*, mobil*",
    number: "nummer, nr, no",
    between: "ist, lautet, die, der, unter, tel",
    at: "at, klammeraffe, ät",
    dot: "punkt",
    dash: "bindestrich, minus",
    underscore: "unterstrich",
    domains: "gmx.de, gmx.net, gmx.at, gmx.ch, web.de, t-online.de, freenet.de, arcor.de, outlook.de, hotmail.de, live.de, \
              yahoo.de, online.de, posteo.de, mailbox.org",
    misspelt: "gmy.de gxm.de gmx.ed gmx.d > gmx.de; wep.de wbe.de web.d web.ed > web.de; \
               tonline.de t-onlin.de t-online.e t.online.de > t-online.de; freent.de fernet.de > freenet.de",
    months: [
        "januar, jänner, jaenner, jan",
        "februar, feber, feb",
        "märz, maerz, mrz, mär",
        "april, apr",
        "mai",
        "juni, jun",
        "juli, jul",
        "august, aug",
        "september, sep, sept",
        "oktober, okt",
        "november, nov",
        "dezember, dez",
    ],
    months_have_cases: false,
    date_form: "{d}. {M} {y}",
    two_months: &[],
    weekdays: [
        "montag, mo",
        "dienstag, di",
        "mittwoch, mi",
        "donnerstag, do",
        "freitag, fr",
        "samstag, sonnabend, sa",
        "sonntag, so",
    ],
    short_weekdays: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
    ordinal: |_| ".",
    days: [
        "vorgestern",
        "gestern",
        "heute",
        "morgen",
        "übermorgen, uebermorgen",
    ],
    ago_before: "vor",
    ago_after: "tagen, tag, tage",
    around_dates: "am, den, dem, vom, seit, der, es war, um den",
    counts: [
        "eins, ein, eine",
        "zwei, zwo",
        "drei",
        "vier",
        "fünf, fuenf",
        "sechs",
        "sieben",
        "acht",
        "neun",
        "zehn",
    ],
    units: "stk, st, stück, stueck, mal, pack, pkg, paar",
    thousand: "tausend, tsd",
    comma: Mark::Fraction,
    point: Mark::Groups,
};
