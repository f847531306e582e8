//! By which number orders are looked for.

use krabice_plugin::Failure;
use krabice_plugin::mock::Mock;
use krabice_pohoda::Account;
use serde_json::json;

use crate::unit::{CANCELLED, ORDER, asks, by, mock, orders};

const JANA: &str = "jana@example.com";

/// Whether an order of this number is verified. It is answered with the number that customers know.
fn verified(unit: &Mock<Account>, number: &'static str) -> Result<bool, Failure> {
    let outcome = unit.run("verify-order", [("order", number), ("email", JANA)])?;
    if outcome != json!(false) {
        assert_eq!(
            outcome,
            json!({ "id": 812, "number": "26OP00042", "order": number.trim() })
        );
    }
    Ok(outcome != json!(false))
}

fn by_column(column: &str) -> String {
    by(&format!(
        "<ftr:queryFilter><ftr:filter>({column} = &apos;ES-5501&apos;)</ftr:filter>\
         <ftr:textName>Krabice</ftr:textName></ftr:queryFilter>"
    ))
}

#[test]
fn the_shops_number_is_searched_in_sql() {
    let unit = mock().setting("order-number", "shop");
    unit.expect(asks(&by_column("OBJ.PDoklad")).answers(200, orders(ORDER)));
    assert_eq!(verified(&unit, " ES-5501 "), Ok(true));
}

#[test]
fn the_column_of_the_shops_number_is_a_setting() {
    let unit = mock()
        .setting("order-number", "shop")
        .setting("shop-number-column", "OBJ.VPrCislo");
    let own = ORDER
        .replace("<ord:numberOrder>ES-5501", "<ord:numberOrder>other")
        .replace("VPrTracking", "VPrCislo")
        .replace("CZ000111222", "ES-5501");
    unit.expect(asks(&by_column("OBJ.VPrCislo")).answers(200, orders(&own)));
    assert_eq!(verified(&unit, "ES-5501"), Ok(true));
}

#[test]
fn an_invalid_column_is_refused_before_any_request() {
    for column in [
        "PDoklad",
        "OBJ.PDoklad = OBJ.PDoklad OR OBJ.ID",
        "FA.Cislo",
        "OBJ.'",
    ] {
        let unit = mock()
            .setting("order-number", "shop")
            .setting("shop-number-column", column);
        let failure = verified(&unit, "ES-5501").unwrap_err();
        assert!(
            matches!(&failure, Failure::InvalidParameter(it) if it.name == "shop-number-column"),
            "{column}: {failure:?}"
        );
    }
}

const EXTERNAL: &str = "<lst:listOrderRequest version=\"2.0\" orderVersion=\"2.0\" orderType=\"receivedOrder\" \
extSystem=\"my-eshop\"><lst:requestOrder><ftr:filter><ftr:extId><typ:ids>5501</typ:ids>\
<typ:exSystemName>my-eshop</typ:exSystemName></ftr:extId></ftr:filter></lst:requestOrder></lst:listOrderRequest>";

fn with_ext_id(id: &str, system: &str) -> String {
    let own = format!(
        "<ord:extId><typ:ids>{id}</typ:ids><typ:exSystemName>{system}</typ:exSystemName></ord:extId><ord:orderType>"
    );
    ORDER.replace("<ord:orderType>", &own)
}

#[test]
fn an_external_id_is_looked_for_in_its_system() {
    let unit = mock()
        .setting("order-number", "external")
        .setting("external-system", "my-eshop");
    unit.expect(asks(EXTERNAL).answers(200, orders(&with_ext_id("5501", "my-eshop"))));
    assert_eq!(verified(&unit, "5501"), Ok(true));
    for other in [
        with_ext_id("5502", "my-eshop"),
        with_ext_id("5501", "other"),
        ORDER.to_owned(),
    ] {
        unit.expect(asks(EXTERNAL).answers(200, orders(&other)));
        assert_eq!(verified(&unit, "5501"), Ok(false), "{other}");
    }
}

#[test]
fn an_external_id_needs_its_system() {
    let unit = mock().setting("order-number", "external");
    let failure = verified(&unit, "5501").unwrap_err();
    let detail = "is not among the connection's settings";
    assert_eq!(
        failure,
        Failure::invalid_parameter("external-system", detail)
    );
}

#[test]
fn only_allowed_characters_are_sent() {
    for number in [
        "ES-5501' OR '1'='1",
        "ES-55;01",
        "ES-5501%x",
        "ES.5501",
        "čx5501",
        "<ftr:id>1</ftr:id>",
        "123456789012345678901234567890123",
        "",
        "  ",
    ] {
        for kind in ["pohoda", "shop", "external"] {
            let unit = mock()
                .setting("order-number", kind)
                .setting("external-system", "my-eshop");
            let failure = verified(&unit, number).unwrap_err();
            assert!(
                matches!(&failure, Failure::InvalidParameter(it) if it.name == "order"),
                "{number}: {failure:?}"
            );
        }
    }
}

#[test]
fn capitals_of_a_number_do_not_matter_and_every_digit_does() {
    for (own, expected) in [("es-5501", true), ("ES-05501", false), ("ES-55010", false)] {
        let unit = mock().setting("order-number", "shop");
        let order = ORDER.replace("ES-5501", own);
        unit.expect(asks(&by_column("OBJ.PDoklad")).answers(200, orders(&order)));
        let outcome = unit.run("verify-order", [("order", "ES-5501"), ("email", JANA)]);
        let verified = json!({ "id": 812, "number": "26OP00042", "order": own });
        let verified = if expected { verified } else { json!(false) };
        assert_eq!(outcome, Ok(verified), "{own}");
    }
}

#[test]
fn a_number_that_two_orders_have_verifies_neither_and_loads_none() {
    let unit = mock().setting("order-number", "shop");
    let other = CANCELLED.replace(
        "<ord:date>",
        "<ord:numberOrder>ES-5501</ord:numberOrder><ord:date>",
    );
    let both = format!("{ORDER}{other}");
    unit.expect(asks(&by_column("OBJ.PDoklad")).answers(200, orders(&both)));
    assert_eq!(verified(&unit, "ES-5501"), Ok(false));
    unit.expect(asks(&by_column("OBJ.PDoklad")).answers(200, orders(&both)));
    let outcome = unit.run("load-order", [("order", "ES-5501")]);
    assert!(
        matches!(outcome, Err(Failure::UnexpectedAnswer(_))),
        "{outcome:?}"
    );
}
