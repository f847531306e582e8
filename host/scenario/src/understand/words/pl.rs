//! Polish.

use super::{Mark, Words};

pub(super) const WORDS: Words = Words {
    yes: "tak, tak tak, no, no tak, no jasne, no pewnie, jasne, pewnie, oczywiście, owszem, zgadza się, zgoda, dokładnie, \
          racja, potwierdzam, dobra, dobrze, okej, może być, spoko, poproszę, yhm",
    no: "nie, nie nie, raczej nie, wcale nie, niekoniecznie, nie zgadza się, nieprawda, nie chcę, nie trzeba, bynajmniej, \
         skądże, nie dziękuję",
    unclear: "no nie, absolutnie, nie ma za co, aha, chyba",
    fillers: "proszę, to, no, chcę, chciałbym, chciałabym, dzień dobry, że",
    thanks: "dziękuję, dzięki, dziękuję bardzo",
    order: "zamówieni*, zam, zakup, zakupu",
    other: "faktur*, fv, fa, paragon*, proform*, przesyłk*, paczk*, list, listu, przewozow*, klient*, produkt*, pocztow*, \
            kont*, nip, telefon*, komórk*",
    number: "nr, numer, numerem, numeru, numerze",
    between: "o, to, jest, z, tel",
    at: "małpa, małpka",
    dot: "kropka",
    dash: "myślnik, minus, kreska",
    underscore: "podkreślnik, podkreślenie, podłoga",
    domains: "wp.pl, onet.pl, onet.eu, op.pl, vp.pl, poczta.onet.pl, o2.pl, tlen.pl, go2.pl, interia.pl, interia.eu, \
              poczta.fm, gazeta.pl, int.pl",
    misspelt: "wp.lp wp.p > wp.pl; onte.pl onet.lp ont.pl > onet.pl; 02.pl o2.p o2.lp > o2.pl; \
               intreia.pl interai.pl inetria.pl iteria.pl > interia.pl; gazta.pl > gazeta.pl; gmail.pl > gmail.com",
    months: [
        "stycznia, styczeń, sty",
        "lutego, luty, lut",
        "marca, marzec, mar",
        "kwietnia, kwiecień, kwi",
        "maja, maj",
        "czerwca, czerwiec, cze",
        "lipca, lipiec, lip",
        "sierpnia, sierpień, sie",
        "września, wrzesień, wrz",
        "października, październik, paź",
        "listopada, listopad, lis",
        "grudnia, grudzień, gru",
    ],
    date_form: "{d} {m} {y}",
    two_months: &[],
    weekdays: [
        "poniedziałek, pn, pon",
        "wtorek, wt",
        "środa, środę, śr",
        "czwartek, czw",
        "piątek, pt",
        "sobota, sobotę, sob, sb",
        "niedziela, niedzielę, niedz, nd",
    ],
    days: [
        "przedwczoraj",
        "wczoraj",
        "dziś, dzisiaj",
        "jutro",
        "pojutrze",
    ],
    ago_before: "",
    ago_after: "dni temu, dzień temu",
    around_dates: "dnia, w, we, od, do, r, roku, około, to było, z",
    counts: [
        "jeden, jedna, jedno",
        "dwa, dwie",
        "trzy",
        "cztery",
        "pięć",
        "sześć",
        "siedem",
        "osiem",
        "dziewięć",
        "dziesięć",
    ],
    units: "szt, sztuk, sztuka, sztuki, op, opak, para, pary, kpl",
    thousand: "tysiąc, tysiące, tysięcy, tys",
    comma: Mark::Fraction,
    point: Mark::Either,
};
