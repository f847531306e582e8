//! Hungarian.

use super::{Mark, Words};

pub(super) const WORDS: Words = Words {
    yes: "igen, i, ja, jaja, jó, oké, oksa, okés, persze, természetesen, hogyne, naná, így van, úgy van, pontosan, helyes, \
          stimmel, rendben, rendben van, mehet, na jó, kérek, kérem, ez az, dehogynem",
    no: "nem, n, nem nem, dehogy, dehogyis, nem az, nem jó, nem stimmel, téves, rossz, soha, semmiképp, nem kell, nem kérek, \
         nem kérem, nem köszönöm, köszönöm nem",
    unclear: "nem tudom, nem baj, nincs, no, ne, köszönöm, talán, mindegy",
    fillers: "kérem, kérlek, szeretnék, akarok, jó napot, na",
    thanks: "köszönöm, köszi, kösz",
    order: "rendelés*, megrendelés*, rendelési, rend",
    other: "számla*, díjbekérő*, csomag*, küldemény*, követési, nyomkövetési, fuvarlevél*, ügyfélszám*, cikkszám*, \
            irányítószám*, telefonszám*, mobil*",
    number: "szám, száma, számú, számom, sz, azonosító, azonosítója",
    between: "a, az, ez, tel",
    at: "kukac",
    dot: "pont",
    dash: "kötőjel",
    underscore: "alulvonás, aláhúzás",
    domains: "freemail.hu, citromail.hu, indamail.hu, vipmail.hu, t-online.hu, t-email.hu, upcmail.hu, chello.hu, invitel.hu, \
              digikabel.hu, outlook.hu, gmail.hu",
    misspelt: "fremail.hu freemai.hu freemali.hu freemail.uh freemail.com > freemail.hu; \
               citormail.hu citrommail.hu citomail.hu > citromail.hu; tonline.hu > t-online.hu",
    months: [
        "január, januári, jan",
        "február, februári, febr, feb",
        "március, márciusi, márc, már",
        "április, áprilisi, ápr",
        "május, májusi, máj",
        "június, júniusi, jún",
        "július, júliusi, júl",
        "augusztus, augusztusi, aug",
        "szeptember, szeptemberi, szept, szep",
        "október, októberi, okt",
        "november, novemberi, nov",
        "december, decemberi, dec",
    ],
    months_have_cases: false,
    date_form: "{y}. {m} {d}.",
    two_months: &[],
    weekdays: [
        "hétfő, hétfőn, h",
        "kedd, kedden, k",
        "szerda, szerdán, sze",
        "csütörtök, csütörtökön, cs",
        "péntek, pénteken, p",
        "szombat, szombaton, szo",
        "vasárnap, v",
    ],
    short_weekdays: ["H", "K", "Sze", "Cs", "P", "Szo", "V"],
    ordinal: |_| ".",
    days: ["tegnapelőtt", "tegnap", "ma", "holnap", "holnapután"],
    ago_before: "",
    ago_after: "napja, nappal ezelőtt",
    around_dates: "kb, ekkor, ez volt",
    counts: [
        "egy",
        "kettő, két",
        "három",
        "négy",
        "öt",
        "hat",
        "hét",
        "nyolc",
        "kilenc",
        "tíz",
    ],
    units: "db, darab, cs, csomag, doboz, pár",
    thousand: "ezer",
    comma: Mark::Fraction,
    point: Mark::Groups,
};
