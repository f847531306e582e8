//! Parcels: what the API says of them, and `load-parcels`.

use krabice_plugin::json::Loose;
use krabice_plugin::language::pick;
use krabice_plugin::{Choice, Failure, Fields, Kinded, Outcome, Timestamp, Url, function};
use serde::Deserialize;
use serde_json::json;

use crate::order::{OrderId, moment};
use crate::{Shop, api, id};

/// A parcel of an order, as the API answers it.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Parcel {
    pub(crate) package_id: Loose<String>,
    pub(crate) courier_package_nr: Loose<String>,
    pub(crate) courier_code: Loose<String>,
    courier_other_name: Loose<String>,
    tracking_status_date: Loose<i64>,
    tracking_status: Loose<i64>,
    package_type: Loose<i64>,
    tracking_url: Loose<String>,
    is_return: Loose<bool>,
}

#[derive(Deserialize)]
struct Parcels {
    packages: Vec<Parcel>,
}

/// Where a parcel is. The numbers of the API, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub(crate) enum State {
    #[choice(label(en = "unknown", cs = "neznámý", pl = "nieznany", pt = "desconhecido"))]
    Unknown,
    #[choice(label(
        en = "label made",
        cs = "štítek vytvořen",
        pl = "utworzono etykietę",
        pt = "etiqueta criada"
    ))]
    LabelMade,
    #[choice(label(en = "shipped", cs = "odesláno", pl = "nadano", pt = "enviado"))]
    Shipped,
    #[choice(label(
        en = "not delivered",
        cs = "nedoručeno",
        pl = "nie doręczono",
        pt = "não entregue"
    ))]
    NotDelivered,
    #[choice(label(
        en = "out for delivery",
        cs = "na doručování",
        pl = "w doręczeniu",
        pt = "em distribuição"
    ))]
    OutForDelivery,
    #[choice(label(en = "delivered", cs = "doručeno", pl = "doręczono", pt = "entregue"))]
    Delivered,
    #[choice(label(
        en = "on its way back",
        cs = "vrací se",
        pl = "zwrot",
        pt = "em devolução"
    ))]
    Returning,
    #[choice(label(
        en = "notice left",
        cs = "zanechán lístek",
        pl = "awizowano",
        pt = "aviso deixado"
    ))]
    NoticeLeft,
    #[choice(label(
        en = "waiting at the pick-up point",
        cs = "čeká na výdejním místě",
        pl = "czeka w punkcie odbioru",
        pt = "à espera no ponto de recolha"
    ))]
    Waiting,
    #[choice(label(en = "lost", cs = "ztraceno", pl = "zaginęła", pt = "perdido"))]
    Lost,
    #[choice(label(en = "cancelled", cs = "zrušeno", pl = "anulowano", pt = "cancelado"))]
    Cancelled,
    #[choice(label(en = "on the way", cs = "na cestě", pl = "w drodze", pt = "a caminho"))]
    OnTheWay,
    #[choice(label(en = "exception", cs = "potíže", pl = "problem", pt = "incidente"))]
    Exception,
    #[choice(label(
        en = "handed over abroad",
        cs = "předáno do zahraničí",
        pl = "przekazano za granicę",
        pt = "entregue no estrangeiro"
    ))]
    Abroad,
}

impl State {
    /// The state of a number; `unknown` for one that is not documented.
    fn of(number: i64) -> Self {
        match number {
            1 => Self::LabelMade,
            2 => Self::Shipped,
            3 => Self::NotDelivered,
            4 => Self::OutForDelivery,
            5 => Self::Delivered,
            6 => Self::Returning,
            7 => Self::NoticeLeft,
            8 => Self::Waiting,
            9 => Self::Lost,
            10 => Self::Cancelled,
            11 => Self::OnTheWay,
            12 => Self::Exception,
            13 => Self::Abroad,
            _ => Self::Unknown,
        }
    }

    /// The state in words of a language.
    fn words(self, language: &str) -> String {
        let choices = Self::choices();
        let own = choices.get(self as usize);
        let words = own.and_then(|choice| {
            let label = choice.label.iter();
            pick(
                language,
                "en",
                label.map(|text| (text.language.as_str(), text.text.as_str())),
            )
        });
        words.unwrap_or_default().to_owned()
    }
}

impl Parcel {
    /// Whether it goes back to the shop. Type 1 is a return, 3 one sent at a point.
    pub(crate) fn is_return(&self) -> bool {
        self.is_return.value() == Some(&true) || matches!(self.package_type.value(), Some(1 | 3))
    }

    /// Its number in Base, to tell newer from older.
    pub(crate) fn id(&self) -> Result<i64, Failure> {
        id::number(self.package_id.required("package_id")?)
            .ok_or_else(|| Failure::unexpected_answer("`package_id` is no number"))
    }

    /// What a scenario gets of it.
    pub(crate) fn tell(&self, language: &str) -> Result<Told, Failure> {
        let state = self.tracking_status.known("tracking_status")?;
        let state = State::of(state.copied().unwrap_or_default());
        Ok(Told {
            parcel_id: self.package_id.required("package_id")?.clone(),
            courier: self.courier_code.text(),
            courier_name: self.courier_other_name.text(),
            number: self.courier_package_nr.text(),
            url: Url::parse(self.tracking_url.text()),
            state,
            state_words: state.words(language),
            since: moment(&self.tracking_status_date, "tracking_status_date")?,
        })
    }
}

/// A parcel as a scenario gets it.
#[derive(Fields)]
pub(crate) struct Told {
    #[field(label(
        en = "Parcel ID in Base",
        cs = "ID zásilky v Base",
        pl = "ID przesyłki w Base",
        pt = "ID do envio na Base"
    ))]
    parcel_id: String,
    #[field(
        label(en = "Courier", cs = "Dopravce", pl = "Kurier", pt = "Transportadora"),
        help(
            en = "Its code in Base, such as dpd.",
            cs = "Jeho kód v Base, například dpd.",
            pl = "Kod w Base, np. dpd.",
            pt = "O código na Base, como dpd."
        )
    )]
    courier: String,
    #[field(
        label(
            en = "Name of the courier",
            cs = "Název dopravce",
            pl = "Nazwa kuriera",
            pt = "Nome da transportadora"
        ),
        help(
            en = "For a courier that Base does not know; else empty.",
            cs = "U dopravce, kterého Base nezná; jinak prázdný.",
            pl = "Dla kuriera, którego Base nie zna; w innym razie pusta.",
            pt = "Para uma transportadora que a Base não conhece; senão vazio."
        )
    )]
    courier_name: String,
    #[field(label(
        en = "Parcel number",
        cs = "Číslo zásilky",
        pl = "Numer przesyłki",
        pt = "Número do envio"
    ))]
    number: String,
    #[field(label(
        en = "Link to tracking",
        cs = "Odkaz na sledování",
        pl = "Link do śledzenia",
        pt = "Ligação de seguimento"
    ))]
    url: Option<Url>,
    #[field(label(en = "State", cs = "Stav", pl = "Stan", pt = "Estado"))]
    state: State,
    #[field(
        label(
            en = "State in words",
            cs = "Stav slovy",
            pl = "Stan słownie",
            pt = "Estado por palavras"
        ),
        help(
            en = "In the session's language, or in English.",
            cs = "V jazyce rozhovoru, nebo anglicky.",
            pl = "W języku rozmowy albo po angielsku.",
            pt = "Na língua da conversa, ou em inglês."
        )
    )]
    state_words: String,
    #[field(label(
        en = "In the state since",
        cs = "Ve stavu od",
        pl = "W tym stanie od",
        pt = "No estado desde"
    ))]
    since: Option<Timestamp>,
}

/// All parcels of an order, returned ones, too.
pub(crate) fn of_order(shop: &Shop, order: i64) -> Result<Vec<Parcel>, Failure> {
    let asked = json!({ "order_id": order });
    let found: Parcels = api::read(shop, "getOrderPackages", &asked)?;
    Ok(found.packages)
}

#[derive(Fields)]
pub(crate) struct Loaded {
    #[field(label(
        en = "Number of parcels",
        cs = "Počet zásilek",
        pl = "Liczba przesyłek",
        pt = "Número de envios"
    ))]
    count: i64,
    #[field(
        label(en = "Parcels", cs = "Zásilky", pl = "Przesyłki", pt = "Envios"),
        help(
            en = "Newest first, without those that go back to the shop and those without a number.",
            cs = "Od nejnovější, bez těch, které se vracejí do e-shopu, a bez těch, které nemají \
                  číslo.",
            pl = "Od najnowszej, bez tych, które wracają do sklepu, i bez tych, które nie mają \
                  numeru.",
            pt = "Do mais recente, sem os que voltam à loja e sem os que não têm número."
        )
    )]
    parcels: Vec<Told>,
}

#[function(
    reads,
    label(
        en = "Load the parcels of an order",
        cs = "Načíst zásilky objednávky",
        pl = "Wczytaj przesyłki zamówienia",
        pt = "Carregar os envios de uma encomenda"
    ),
    help(
        en = "True with the parcels that go to the customer and have a number; false when there is \
              none.",
        cs = "Ano se zásilkami, které jdou zákazníkovi a mají číslo; ne, když žádná není.",
        pl = "Tak z przesyłkami, które idą do klienta i mają numer; nie, gdy takiej nie ma.",
        pt = "Sim com os envios que vão para o cliente e têm número; não quando não há nenhum."
    )
)]
pub(crate) fn load_parcels(shop: &Shop, asked: OrderId) -> Result<Outcome<Loaded>, Failure> {
    let Some(order) = asked.read()? else {
        return Ok(Outcome::False);
    };
    let mut parcels = of_order(shop, order)?;
    parcels.retain(|parcel| !parcel.is_return() && parcel.courier_package_nr.value().is_some());
    if parcels.is_empty() {
        return Ok(Outcome::False);
    }
    let parcels = newest_first(parcels)?;
    let told = parcels.iter().map(|parcel| parcel.tell(shop.language()));
    let parcels = told.collect::<Result<Vec<_>, _>>()?;
    let count = i64::try_from(parcels.len()).unwrap_or(i64::MAX);
    Ok(Outcome::True(Loaded { count, parcels }))
}

/// Parcels by their numbers in Base, the newest first.
pub(crate) fn newest_first(parcels: Vec<Parcel>) -> Result<Vec<Parcel>, Failure> {
    let mut numbered = Vec::new();
    for parcel in parcels {
        numbered.push((parcel.id()?, parcel));
    }
    numbered.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    Ok(numbered.into_iter().map(|(_, parcel)| parcel).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_number_is_a_state_and_others_are_unknown() {
        let words: Vec<_> = (0..=13)
            .map(|number| State::of(number).words("en"))
            .collect();
        let distinct: std::collections::HashSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), 14, "{words:?}");
        assert_eq!(words[4], "out for delivery");
        assert_eq!(words[13], "handed over abroad");
        assert_eq!(State::of(14), State::Unknown);
        assert_eq!(State::of(-1), State::Unknown);
    }

    #[test]
    fn a_state_is_told_in_the_sessions_language() {
        assert_eq!(State::Delivered.words("pl"), "doręczono");
        assert_eq!(State::Delivered.words("pt-br"), "entregue");
        assert_eq!(State::Delivered.words("de"), "delivered");
    }
}
