//! `list-orders-changed-since`: POHODA tells nobody of changes, so they are asked
//! for.

use krabice_plugin::{Decimal, Failure, Fields, Outcome, Params, Timestamp, function};
use sha2::{Digest, Sha256};

use crate::Unit;
use crate::order::{self, Order, State};
use crate::xml::{node, text};

/// The orders of one answer, hence of one call.
const PAGE: usize = 200;
/// How far back of the moment POHODA is asked, in seconds: its clock and a change
/// that is just being saved must not fall between two calls.
const OVERLAP: i64 = 5 * 60;

#[derive(Params)]
pub(crate) struct Since {
    #[param(
        label(en = "Since", cs = "Od", sk = "Od"),
        help(
            en = "For the first call. Not needed with a cursor.",
            cs = "Pro první volání. S kurzorem není potřeba.",
            sk = "Pre prvé volanie. S kurzorom nie je potrebné."
        )
    )]
    since: Option<Timestamp>,
    #[param(
        label(en = "Cursor", cs = "Kurzor", sk = "Kurzor"),
        help(
            en = "What the last call that was true gave; goes before the moment.",
            cs = "Co dalo poslední volání, které dopadlo ano; má přednost před časem.",
            sk = "Čo dalo posledné volanie, ktoré dopadlo áno; má prednosť pred časom."
        )
    )]
    cursor: Option<String>,
}

/// Where to go on. As text: the moment asked for; then, within a list that is longer
/// than an answer, when its first part was made and the id to go on from.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cursor {
    /// By the clock of the machine that POHODA runs on.
    since: String,
    within: Option<(String, i64)>,
}

impl Cursor {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('/');
        let since = moment(parts.next()?)?;
        let within = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(made), Some(id)) => {
                let id = id.parse().ok().filter(|id| *id > 0)?;
                Some((moment(made)?, id))
            }
            (Some(_), None) => return None,
        };
        parts.next().is_none().then_some(Self { since, within })
    }

    fn write(&self) -> String {
        match &self.within {
            None => self.since.clone(),
            Some((made, id)) => format!("{}/{made}/{id}", self.since),
        }
    }
}

/// What a clock shows, as POHODA writes it.
fn moment(text: &str) -> Option<String> {
    let clock = Timestamp::local(text, "UTC")?.clock();
    Some(clock.replace(' ', "T"))
}

/// What a clock showed so many seconds earlier.
fn earlier(clock: &str, seconds: i64) -> Option<String> {
    // Read and written as if it were UTC, whose days have no gaps.
    let moment = Timestamp::parse(format!("{clock}Z"))?.unix()?;
    let earlier = Timestamp::from_unix(moment - seconds)?;
    Some(earlier.clock().replace(' ', "T"))
}

#[derive(Fields)]
pub(crate) struct Changes {
    #[field(
        label(en = "Orders", cs = "Objednávky", sk = "Objednávky"),
        help(
            en = "By their id. The same order may come again: compare its fingerprint with the one you have.",
            cs = "Podle ID. Stejná objednávka může přijít znovu: porovnejte její otisk s tím, který máte.",
            sk = "Podľa ID. Rovnaká objednávka môže prísť znova: porovnajte jej odtlačok s tým, ktorý máte."
        )
    )]
    orders: Vec<Changed>,
    #[field(
        label(en = "More", cs = "Další", sk = "Ďalšie"),
        help(
            en = "Whether there are more: call again with the cursor at once.",
            cs = "Zda jsou další: hned zavolejte znovu s kurzorem.",
            sk = "Či sú ďalšie: hneď zavolajte znova s kurzorom."
        )
    )]
    more: bool,
    #[field(
        label(en = "Cursor", cs = "Kurzor", sk = "Kurzor"),
        help(
            en = "For the next call, as it is.",
            cs = "Pro příští volání, jak je.",
            sk = "Pre ďalšie volanie, ako je."
        )
    )]
    cursor: String,
}

#[derive(Fields)]
pub(crate) struct Changed {
    #[field(label(en = "Id in POHODA", cs = "ID v POHODĚ", sk = "ID v POHODE"))]
    id: i64,
    #[field(label(en = "Number in POHODA", cs = "Číslo v POHODĚ", sk = "Číslo v POHODE"))]
    number: String,
    #[field(
        name = "shop-number",
        label(
            en = "Number of the shop",
            cs = "Číslo z e-shopu",
            sk = "Číslo z e-shopu"
        ),
        help(
            en = "Empty without one.",
            cs = "Prázdné, když není.",
            sk = "Prázdne, keď nie je."
        )
    )]
    shop_number: String,
    #[field(label(en = "State", cs = "Stav", sk = "Stav"))]
    state: State,
    #[field(label(en = "Total", cs = "Celkem", sk = "Spolu"))]
    total: Option<Decimal>,
    #[field(label(en = "Currency", cs = "Měna", sk = "Mena"))]
    currency: Option<String>,
    #[field(
        label(en = "Fingerprint", cs = "Otisk", sk = "Odtlačok"),
        help(
            en = "Changes with the order's state, items and total, and with nothing else.",
            cs = "Mění se se stavem, položkami a celkovou cenou objednávky a s ničím jiným.",
            sk = "Mení sa so stavom, položkami a celkovou cenou objednávky a s ničím iným."
        )
    )]
    fingerprint: String,
}

impl Changed {
    fn of(unit: &Unit, order: &Order) -> Result<Self, Failure> {
        let state = order.state()?;
        let total = order.total(unit)?;
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update(text.as_bytes());
            hash.update([0]);
        };
        let written = |number: Option<Decimal>| number.map(|it| it.normalize().to_string());
        add(state.as_str());
        add(&written(total.as_ref().map(|total| total.amount)).unwrap_or_default());
        for line in order.lines()? {
            add(&line.code);
            add(&line.name);
            add(&line.quantity.to_string());
            add(&line.delivered.to_string());
            add(&written(line.price).unwrap_or_default());
        }
        // Half of it is plenty to tell one state of an order from another.
        let fingerprint: String = hash.finalize()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            id: order.id,
            number: order.number()?.to_owned(),
            shop_number: order.shop_number().to_owned(),
            state,
            total: total.as_ref().map(|total| total.amount),
            currency: total.map(|total| total.currency),
            fingerprint,
        })
    }
}

#[function(
    reads,
    label(
        en = "List orders changed since",
        cs = "Vypsat objednávky změněné od",
        sk = "Vypísať objednávky zmenené od"
    ),
    help(
        en = "True with up to 200 received orders that are new or were changed, and a cursor for the next \
              call; false when there are none, and the old cursor stays good. POHODA may not count a change \
              that another document made, so look at open orders by their numbers from time to time, too.",
        cs = "Ano s nejvýš 200 přijatými objednávkami, které jsou nové nebo změněné, a s kurzorem pro příští \
              volání; ne, když žádné nejsou, a dosavadní kurzor platí dál. Změnu způsobenou jiným dokladem \
              POHODA nemusí počítat, proto se čas od času podívejte i na otevřené objednávky podle čísel.",
        sk = "Áno s najviac 200 prijatými objednávkami, ktoré sú nové alebo zmenené, a s kurzorom pre ďalšie \
              volanie; nie, keď žiadne nie sú, a doterajší kurzor platí ďalej. Zmenu spôsobenú iným dokladom \
              POHODA nemusí počítať, preto sa z času na čas pozrite aj na otvorené objednávky podľa čísel."
    )
)]
pub(crate) fn list_orders_changed_since(
    unit: &Unit,
    asked: Since,
) -> Result<Outcome<Changes>, Failure> {
    let cursor = asked.cursor()?;
    let from = earlier(&cursor.since, OVERLAP).ok_or_else(|| no_moment("cursor"))?;
    let id = cursor.within.as_ref().map_or(1, |(_, id)| *id);
    let question = order::question(
        None,
        [
            node("lst:limit").holding([text("ftr:idFrom", id), text("ftr:count", PAGE)]),
            node("lst:requestOrder")
                .holding([node("ftr:filter").holding([text("ftr:lastChanges", from)])]),
        ],
    );
    let (orders, stamp) = order::list(unit, question)?;
    let Some(last) = orders.iter().map(|order| order.id).max() else {
        return Ok(match cursor.within {
            // The list ended with a full answer; from here on it is the next one.
            Some((made, _)) => Outcome::True(Changes {
                orders: Vec::new(),
                more: false,
                cursor: made,
            }),
            None => Outcome::False,
        });
    };
    let made = match cursor.within {
        Some((made, _)) => made,
        None => stamp.as_deref().and_then(moment).ok_or_else(|| {
            Failure::unexpected_answer("POST xml: the list does not say when it was made")
        })?,
    };
    let more = orders.len() >= PAGE;
    let next = if more {
        Cursor {
            since: cursor.since,
            within: Some((made, last + 1)),
        }
    } else {
        Cursor {
            since: made,
            within: None,
        }
    };
    let orders = orders.iter().map(|order| Changed::of(unit, order));
    Ok(Outcome::True(Changes {
        orders: orders.collect::<Result<_, _>>()?,
        more,
        cursor: next.write(),
    }))
}

impl Since {
    fn cursor(&self) -> Result<Cursor, Failure> {
        let cursor = self.cursor.as_deref().map(str::trim).unwrap_or_default();
        if !cursor.is_empty() {
            return Cursor::read(cursor).ok_or_else(|| no_moment("cursor"));
        }
        let Some(since) = &self.since else {
            let detail = "is missing, and there is no cursor";
            return Err(Failure::invalid_parameter("since", detail));
        };
        let since = moment(&since.clock()).ok_or_else(|| no_moment("since"))?;
        Ok(Cursor {
            since,
            within: None,
        })
    }
}

fn no_moment(name: &str) -> Failure {
    Failure::invalid_parameter(name, "leads to no moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for text in [
            "2026-03-02T09:12:44",
            "2026-03-02T08:00:00/2026-03-02T09:12:44/813",
        ] {
            assert_eq!(Cursor::read(text).unwrap().write(), text);
        }
        for text in [
            "",
            "yesterday",
            "2026-03-02T08:00:00/",
            "2026-03-02T08:00:00/2026-03-02T09:12:44",
            "2026-03-02T08:00:00/2026-03-02T09:12:44/0",
            "2026-03-02T08:00:00/2026-03-02T09:12:44/813/1",
            "2026-03-02T08:00:00/x/813",
        ] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_clock_is_set_back_over_midnight_too() {
        let back = |clock| earlier(clock, OVERLAP).unwrap();
        assert_eq!(back("2026-03-02T09:12:44"), "2026-03-02T09:07:44");
        assert_eq!(back("2026-03-01T00:01:00"), "2026-02-28T23:56:00");
    }
}
