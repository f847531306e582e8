//! The shop's state: settings and data.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::route::Area;
use super::settings::Settings;
use crate::state::{Keyed, parsed, set};

/// How many orders the wholesale customer of the demo has besides the first:
/// enough for three pages of fifty.
const WHOLESALE_ORDERS: u32 = 130;

/// How many lines that first order has: more than a page.
const WHOLESALE_LINES: u32 = 60;

/// All data of the shop, in the form of the API.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Shop {
    pub(super) settings: Settings,
    orders: Vec<Value>,
    order_products: Vec<Value>,
    parcels: Vec<Value>,
    statuses: Vec<Value>,
    shippings: Vec<Value>,
    payments: Vec<Value>,
    currencies: Vec<Value>,
    users: Vec<Value>,
    pub(super) version: String,
    pub(super) config: Value,
}

/// The lists, each with the key that identifies an item.
pub(super) const KEYED: Keyed = &[
    ("orders", "order_id"),
    ("order_products", "id"),
    ("parcels", "parcel_id"),
    ("statuses", "status_id"),
    ("shippings", "shipping_id"),
    ("payments", "payment_id"),
    ("currencies", "currency_id"),
    ("users", "user_id"),
];

macro_rules! shop {
    ($folder:literal) => {
        Shop {
            settings: Settings::default(),
            orders: shop!($folder, "orders.json"),
            order_products: shop!($folder, "order-products.json"),
            parcels: shop!($folder, "parcels.json"),
            statuses: shop!($folder, "statuses.json"),
            shippings: shop!($folder, "shippings.json"),
            payments: shop!($folder, "payments.json"),
            currencies: shop!($folder, "currencies.json"),
            users: shop!($folder, "users.json"),
            // Recorded.
            version: "5.26.54".to_owned(),
            config: json!({
                "locale_timezone": "Europe/Warsaw",
                "default_language_name": "pl_PL",
                "default_currency_name": "PLN",
            }),
        }
    };
    ($folder:literal, $file:literal) => {
        parsed(include_str!(concat!("../../data/", $folder, "/", $file)))
    };
}

impl Shop {
    /// The demo data of the main shop.
    pub(super) fn main() -> Self {
        let mut shop = shop!("shoper");
        shop.add_wholesale();
        shop
    }

    /// The demo data of the second shop.
    pub(super) fn outlet() -> Self {
        let mut shop = shop!("shoper-outlet");
        shop.settings.login = "krabice-outlet".to_owned();
        shop.settings.password = "demo-password-of-the-other-shoper-emulator".to_owned();
        shop
    }

    /// The rows of a list.
    pub(super) fn rows(&self, area: Area) -> &[Value] {
        match area {
            Area::Orders => &self.orders,
            Area::OrderProducts => &self.order_products,
            Area::Parcels => &self.parcels,
            Area::Statuses => &self.statuses,
            Area::Shippings => &self.shippings,
            Area::Payments => &self.payments,
            Area::Currencies => &self.currencies,
            Area::Users => &self.users,
            Area::ApplicationConfig => &[],
        }
    }

    /// The row of a list with this id.
    pub(super) fn row(&self, area: Area, id: &str) -> Option<&Value> {
        let key = match area {
            Area::Orders => "order_id",
            Area::OrderProducts => "id",
            Area::Parcels => "parcel_id",
            Area::Statuses => "status_id",
            Area::Shippings => "shipping_id",
            Area::Payments => "payment_id",
            Area::Currencies => "currency_id",
            Area::Users => "user_id",
            Area::ApplicationConfig => return None,
        };
        self.rows(area).iter().find(|row| row[key] == id)
    }

    pub(super) fn order_mut(&mut self, id: &str) -> Option<&mut Value> {
        self.orders.iter_mut().find(|order| order["order_id"] == id)
    }

    /// Adds orders of the wholesale customer and lines of one of them: more than a page.
    fn add_wholesale(&mut self) {
        let row = |area, id| self.row(area, id).cloned().expect("a row of the demo data");
        let (first, line) = (row(Area::Orders, "4830"), row(Area::OrderProducts, "15600"));
        for index in 0..WHOLESALE_ORDERS {
            let id = (5001 + index).to_string();
            // One a day from January on; three of them changed in the same second.
            let (month, day) = (index / 28 + 1, index % 28 + 1);
            let date = format!("2026-{month:02}-{day:02} 07:00:00");
            let changed = format!("2026-{month:02}-{:02} 16:30:00", day / 3 * 3 + 1);
            let mut order = first.clone();
            let changes = json!({
                "order_id": id, "date": date, "confirm_date": date, "status_date": changed, "status_id": "12",
                "sum": "10.00", "paid": "10.00", "total_products": 1, "code": format!("{index:032x}"),
                "order_url": format!("https://sklep-emalia.example/pl/panel/order/{id}"),
                "delivery_address": { "order_id": id, "address_id": format!("{}1", 5001 + index) },
                "billing_address": { "order_id": id, "address_id": format!("{}0", 5001 + index) },
            });
            set(&mut order, changes);
            self.orders.push(order);
            let mut only = line.clone();
            set(
                &mut only,
                json!({ "id": (20_001 + index).to_string(), "order_id": id }),
            );
            self.order_products.push(only);
        }
        for index in 1..WHOLESALE_LINES {
            let mut next = line.clone();
            let number = index + 1;
            let changes = json!({
                "id": (15_600 + index).to_string(), "product_id": (100 + index).to_string(),
                "name": format!("Kubek emaliowany nr {number}"), "code": format!("KUB-{number:03}"),
            });
            set(&mut next, changes);
            self.order_products.push(next);
        }
    }
}
