//! Statuses of orders: `list-statuses`, `is-order-in-status`, and the choices of
//! a status.

use krabice_plugin::json::{Keyed, Loose};
use krabice_plugin::{Choice, Failure, Fields, LiveChoice, Outcome, Params, function, language};
use serde::Deserialize;

use crate::method::FALLBACK;
use crate::order::{Order, OrderNumber};
use crate::{Shop, api};

/// What a status means to the shop.
#[derive(Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum Type {
    #[choice(label(en = "New", cs = "Nová", pl = "Nowe"))]
    New,
    #[choice(label(en = "In progress", cs = "Zpracovává se", pl = "W realizacji"))]
    InProgress,
    #[choice(label(en = "Done", cs = "Vyřízená", pl = "Zrealizowane"))]
    Done,
    #[choice(label(
        en = "Not completed (cancelled, rejected, returned)",
        cs = "Nedokončená (zrušená, odmítnutá, vrácená)",
        pl = "Niezrealizowane (anulowane, odrzucone, zwrócone)"
    ))]
    NotCompleted,
}

/// A status as the API answers it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    status_id: Loose<String>,
    active: Loose<bool>,
    color: Loose<String>,
    #[serde(rename = "type")]
    kind: Loose<i64>,
    email_change: Loose<bool>,
    translations: Keyed<Translation>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Translation {
    name: Loose<String>,
}

impl Status {
    pub(crate) fn id(&self) -> Result<&String, Failure> {
        self.status_id.required("status_id")
    }

    fn names(&self) -> impl Iterator<Item = (&str, &String)> {
        let texts = self.translations.iter();
        texts.filter_map(|(locale, text)| Some((locale, text.name.value()?)))
    }

    /// The name in the session's language; empty for a status without any.
    fn name(&self, shop: &Shop) -> String {
        let name = language::pick(shop.language(), FALLBACK, self.names());
        name.cloned().unwrap_or_default()
    }

    fn kind(&self) -> Option<Type> {
        match self.kind.value()? {
            1 => Some(Type::New),
            2 => Some(Type::InProgress),
            3 => Some(Type::Done),
            4 => Some(Type::NotCompleted),
            _ => None,
        }
    }

    /// Whether it is meant by its number or by its name in some language.
    fn is(&self, meant: &str) -> bool {
        self.status_id.value().is_some_and(|id| id == meant)
            || self.names().any(|(_, name)| name.trim() == meant)
    }
}

/// All statuses of the shop, those that are no longer used, too: an old order may
/// still have one.
pub(crate) struct Statuses(Vec<Status>);

impl Statuses {
    pub(crate) fn ask(shop: &Shop) -> Result<Self, Failure> {
        api::all(shop, || shop.get("webapi/rest/statuses")).map(Self)
    }

    /// The one that is meant by its number, else by its name. `None`: there is no
    /// such status, or more than one of that name.
    pub(crate) fn meant(&self, meant: &str) -> Option<&Status> {
        let by_id = |status: &&Status| status.status_id.value().is_some_and(|id| id == meant);
        let mut named = self.0.iter().filter(|status| status.is(meant));
        self.0.iter().find(by_id).or_else(|| {
            let first = named.next()?;
            named.next().is_none().then_some(first)
        })
    }

    /// How the status of an order is told.
    pub(crate) fn state(&self, shop: &Shop, order: &Order) -> Result<State, Failure> {
        let id = order.status_id.required("status_id")?;
        let status = self.0.iter().find(|it| it.status_id.value() == Some(id));
        Ok(State {
            status: status.map_or_else(String::new, |status| status.name(shop)),
            status_id: id.clone(),
            status_type: status.and_then(Status::kind),
        })
    }
}

/// How many statuses the shop has.
pub(crate) fn count(shop: &Shop) -> Result<i64, Failure> {
    api::count(shop, shop.get("webapi/rest/statuses"))
}

/// The status of an order.
#[derive(Fields)]
pub(crate) struct State {
    #[field(
        label(en = "Status", cs = "Stav", pl = "Status"),
        help(
            en = "The name of the status in the scenario's language, else in Polish; empty when the \
                  shop has none.",
            cs = "Název stavu v jazyce scénáře, jinak polsky; prázdný, když ho obchod nemá.",
            pl = "Nazwa statusu w języku scenariusza, inaczej po polsku; pusta, gdy sklep jej nie ma."
        )
    )]
    pub(crate) status: String,
    #[field(label(en = "Number of the status", cs = "Číslo stavu", pl = "Numer statusu"))]
    pub(crate) status_id: String,
    #[field(label(en = "Type of the status", cs = "Typ stavu", pl = "Typ statusu"))]
    pub(crate) status_type: Option<Type>,
}

#[derive(Fields)]
pub(crate) struct Listed {
    #[field(
        label(en = "Number of statuses", cs = "Počet stavů", pl = "Liczba statusów"),
        help(
            en = "How many statuses the list holds.",
            cs = "Kolik stavů seznam obsahuje.",
            pl = "Ile statusów zawiera lista."
        )
    )]
    count: i64,
    #[field(
        label(en = "Statuses", cs = "Stavy", pl = "Statusy"),
        help(
            en = "All statuses of the shop, those that are no longer used, too.",
            cs = "Všechny stavy obchodu, i ty, které se už nepoužívají.",
            pl = "Wszystkie statusy sklepu, także te już nieużywane."
        )
    )]
    statuses: Vec<Known>,
}

#[derive(Fields)]
struct Known {
    #[field(label(en = "Number", cs = "Číslo", pl = "Numer"))]
    id: String,
    #[field(
        label(en = "Name", cs = "Název", pl = "Nazwa"),
        help(
            en = "In the scenario's language, else in Polish.",
            cs = "V jazyce scénáře, jinak polsky.",
            pl = "W języku scenariusza, inaczej po polsku."
        )
    )]
    name: String,
    #[field(
        name = "type",
        label(en = "Type of the status", cs = "Typ stavu", pl = "Typ statusu")
    )]
    kind: Option<Type>,
    #[field(
        label(en = "Colour", cs = "Barva", pl = "Kolor"),
        help(
            en = "As the shop keeps it; empty without one.",
            cs = "Jak ji obchod uchovává; prázdná, když není.",
            pl = "Jak przechowuje go sklep; pusty, gdy go nie ma."
        )
    )]
    colour: String,
    #[field(
        label(en = "In use", cs = "Používá se", pl = "W użyciu"),
        help(
            en = "Whether orders can be given this status.",
            cs = "Zda lze tento stav objednávkám dávat.",
            pl = "Czy zamówieniom można nadawać ten status."
        )
    )]
    active: bool,
    #[field(
        label(
            en = "E-mail on change",
            cs = "E-mail při změně",
            pl = "E-mail przy zmianie"
        ),
        help(
            en = "Whether the shop is set to send the customer an e-mail when an order gets this \
                  status.",
            cs = "Zda má obchod nastaveno poslat zákazníkovi e-mail, když objednávka tento stav \
                  dostane.",
            pl = "Czy sklep ma ustawione wysyłanie klientowi e-maila, gdy zamówienie otrzyma ten \
                  status."
        )
    )]
    email: bool,
}

#[function(
    reads,
    label(en = "List the statuses", cs = "Vypsat stavy", pl = "Wypisz statusy"),
    help(
        en = "True with all statuses of the shop, asked afresh each time; false when it has none.",
        cs = "Ano se všemi stavy obchodu, pokaždé znovu zjištěnými; ne, když žádné nemá.",
        pl = "Tak ze wszystkimi statusami sklepu, za każdym razem pobranymi na nowo; nie, gdy sklep \
              nie ma żadnych."
    )
)]
pub(crate) fn list_statuses(shop: &Shop, (): ()) -> Result<Outcome<Listed>, Failure> {
    let statuses = Statuses::ask(shop)?.0;
    if statuses.is_empty() {
        return Ok(Outcome::False);
    }
    let known = |status: &Status| {
        Ok(Known {
            id: status.id()?.clone(),
            name: status.name(shop),
            kind: status.kind(),
            colour: status.color.text(),
            active: *status.active.required("active")?,
            email: status.email_change.value().copied().unwrap_or_default(),
        })
    };
    Ok(Outcome::True(Listed {
        count: i64::try_from(statuses.len()).unwrap_or(i64::MAX),
        statuses: statuses.iter().map(known).collect::<Result<_, Failure>>()?,
    }))
}

#[derive(Params)]
pub(crate) struct InStatus {
    #[param(flatten)]
    order: OrderNumber,
    #[param(
        label(en = "Status", cs = "Stav", pl = "Status"),
        help(
            en = "A status of the shop, by its number or by its name.",
            cs = "Stav obchodu, číslem nebo názvem.",
            pl = "Status sklepu, jego numer lub nazwa."
        )
    )]
    status: Option<LiveChoice>,
    #[param(
        label(en = "Statuses", cs = "Stavy", pl = "Statusy"),
        help(
            en = "Several statuses, by their numbers or names: any of them fits.",
            cs = "Více stavů, čísly nebo názvy: vyhovuje kterýkoli z nich.",
            pl = "Kilka statusów, numery lub nazwy: pasuje każdy z nich."
        )
    )]
    statuses: Option<Vec<String>>,
    #[param(
        name = "type",
        label(en = "Type of the status", cs = "Typ stavu", pl = "Typ statusu"),
        help(
            en = "Any status of this type fits.",
            cs = "Vyhovuje kterýkoli stav tohoto typu.",
            pl = "Pasuje każdy status tego typu."
        )
    )]
    kind: Option<Type>,
}

#[function(
    reads,
    label(
        en = "Is the order in a status?",
        cs = "Je objednávka ve stavu?",
        pl = "Czy zamówienie ma status?"
    ),
    help(
        en = "True with the order's status when it is the given one, one of several, or of the given \
              type; false when it is another, or there is no such order.",
        cs = "Ano se stavem objednávky, když je to zadaný, jeden z více zadaných nebo zadaného typu; \
              ne, když je jiný nebo taková objednávka není.",
        pl = "Tak ze statusem zamówienia, gdy jest to podany, jeden z kilku podanych lub podanego \
              typu; nie, gdy jest inny lub nie ma takiego zamówienia."
    ),
    choices(status = choices)
)]
pub(crate) fn is_order_in_status(shop: &Shop, asked: InStatus) -> Result<Outcome<State>, Failure> {
    let one = asked.status.iter().map(LiveChoice::as_str);
    let several = asked.statuses.iter().flatten().map(String::as_str);
    let meant: Vec<&str> = one.chain(several).map(str::trim).collect();
    if asked.kind.is_none() && meant.iter().all(|meant| meant.is_empty()) {
        let what = "give `status`, `statuses` or `type`";
        return Err(Failure::invalid_parameter("status", what));
    }
    let Some(order) = asked.order.find(shop)? else {
        return Ok(Outcome::False);
    };
    let id = order.status_id.required("status_id")?;
    let numbers = |meant: &&str| meant.bytes().all(|byte| byte.is_ascii_digit());
    let by_id = meant.contains(&id.as_str());
    // Numbers alone prove it without the list.
    if !by_id && asked.kind.is_none() && meant.iter().all(numbers) {
        return Ok(Outcome::False);
    }
    let statuses = Statuses::ask(shop)?;
    let status = statuses
        .0
        .iter()
        .find(|it| it.status_id.value() == Some(id));
    let fits = by_id
        || status.is_some_and(|status| {
            let of_type = asked.kind.is_some() && status.kind() == asked.kind;
            of_type || meant.iter().any(|meant| status.is(meant))
        });
    if fits {
        return statuses.state(shop, &order).map(Outcome::True);
    }
    match status {
        Some(_) => Ok(Outcome::False),
        None => Err(Failure::unexpected_answer(
            "the order's status is none of the shop's",
        )),
    }
}

/// The choices of a status: those in use, with their numbers as values, because
/// names differ by language.
pub(crate) fn choices(shop: &Shop) -> Result<Vec<Choice>, Failure> {
    let choice = |status: &Status| {
        let id = status.id()?.clone();
        // `pl_PL` is Polish to whoever shows the list.
        let names = status.names();
        let names = names.map(|(locale, name)| (locale.split('_').next().unwrap_or(locale), name));
        let mut label = language::labels(names);
        if label.is_empty() {
            label.push(("en".to_owned(), format!("Status {id}")));
        }
        Ok(Choice::new(id, label))
    };
    let in_use = |status: &&Status| status.active.value() != Some(&false);
    let statuses = Statuses::ask(shop)?.0;
    statuses.iter().filter(in_use).map(choice).collect()
}
