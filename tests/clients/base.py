"""The independent client `baselinker-api` against the Base emulator.

The emulator's answers are read by code of another author, so that the emulator and
the plugin cannot share a misunderstanding. Run by `make test-clients`, which gives
the emulators' addresses as JSON.
"""

import base64
import json
import sys
import unittest
import urllib.request

from baselinker import BaseLinkerClient
from baselinker.exceptions import APIError, BaseLinkerError

EMULATOR = json.loads(sys.argv.pop())["base"]
BaseLinkerClient.BASE_URL = EMULATOR["address"] + "/connector.php"

ANNA = "anna.zielinska@example.net"


def control(method, path, body=None):
    request = urllib.request.Request(
        EMULATOR["control"] + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def settings(**changes):
    control("PATCH", "/state", {"settings": changes})


class Base(unittest.TestCase):
    def setUp(self):
        control("POST", "/reset")
        # The rules that a test breaks on purpose.
        self.broken = set()
        token = control("GET", "/state")["settings"]["token"]
        self.client = BaseLinkerClient(token)

    def tearDown(self):
        self.assertEqual({it["rule"] for it in control("GET", "/violations")}, self.broken)

    def refused(self, code, call, **parameters):
        with self.assertRaises(APIError) as refusal:
            call(**parameters)
        self.assertEqual(refusal.exception.error_code, code)
        return str(refusal.exception)

    def test_an_order_is_found_by_each_of_its_numbers(self):
        orders = self.client.orders
        [order] = orders.get_orders(order_id=90155231)["orders"]
        self.assertEqual((order["email"], order["payment_done"]), (ANNA, 254.9))
        by_shop = orders.get_orders(filter_shop_order_id=4821)["orders"]
        self.assertIn(order, by_shop)
        self.assertEqual(orders.get_orders(order_id=1)["orders"], [])

    def test_unconfirmed_orders_are_found_on_request(self):
        orders = self.client.orders
        self.assertEqual(orders.get_orders(order_id=90155600)["orders"], [])
        found = orders.get_orders(order_id=90155600, get_unconfirmed_orders=True)["orders"]
        self.assertIs(found[0]["confirmed"], False)

    def test_the_vendors_loop_reads_all_orders(self):
        numbers, since = [], 0
        while True:
            page = self.client.orders.get_orders(date_confirmed_from=since)["orders"]
            numbers += [order["order_id"] for order in page]
            if len(page) < 100:
                break
            since = page[-1]["date_confirmed"] + 1
        self.assertEqual((len(numbers), len(set(numbers))), (136, 136))

    def test_searches_give_numbers_as_texts(self):
        by_email = self.client.orders.get_orders_by_email(email=ANNA)["orders"]
        self.assertEqual(
            [order["order_id"] for order in by_email], ["90149001", "90155231", "90155400"]
        )
        by_phone = self.client.orders.get_orders_by_phone(phone="500100200")["orders"]
        self.assertEqual(by_phone[0]["delivery_fullname"], "Anna Zielinska")

    def test_a_status_is_changed(self):
        statuses = self.client.orders.get_order_status_list()["statuses"]
        self.assertIn(55121, [status["id"] for status in statuses])
        done = self.client.orders.set_order_status(order_id=90155231, status_id=55121)
        self.assertEqual(done, {"status": "SUCCESS"})
        [order] = self.client.orders.get_orders(order_id=90155231)["orders"]
        self.assertEqual(order["order_status_id"], 55121)

    def test_comments_are_replaced(self):
        text = "Zażółć gęślą jaźń"
        self.client.orders.set_order_fields(order_id=90155231, admin_comments=text)
        [order] = self.client.orders.get_orders(order_id=90155231)["orders"]
        self.assertEqual(order["admin_comments"], text)

    def test_parcels_have_labels(self):
        parcels = self.client.courier.get_order_packages(order_id=90155231)["packages"]
        self.assertEqual([parcel["is_return"] for parcel in parcels], [False, False, True])
        label = self.client.courier.get_label(courier_code="dpd", package_id=7700123)
        self.assertEqual(label["extension"], "pdf")
        self.assertTrue(base64.b64decode(label["label"], validate=True).startswith(b"%PDF"))

    def test_returns_have_statuses_and_reasons_of_their_own(self):
        returns = self.client.returns
        [found] = returns.get_order_returns(order_id=90155231)["returns"]
        self.assertEqual((found["return_id"], found["status_id"]), (5102, "1006"))
        self.assertEqual(len(returns.get_order_return_status_list()["statuses"]), 3)
        reasons = returns.get_order_return_reasons_list()["return_reasons"]
        self.assertIn(found["products"][0]["return_reason_id"], [it["return_reason_id"] for it in reasons])
        self.assertEqual(returns.get_order_returns(return_id=1)["returns"], [])

    def test_the_status_of_a_return_is_changed(self):
        # The client's own method requires `return_status`, which the vendor's page does
        # not have.
        change = {"return_id": 5102, "status_id": 1007}
        self.client._make_request("setOrderReturnStatus", change)
        [found] = self.client.returns.get_order_returns(return_id=5102)["returns"]
        self.assertEqual(found["status_id"], "1007")

    def test_an_invoice_is_a_file_behind_a_prefix(self):
        [invoice] = self.client.invoices.get_invoices(order_id=90155231)["invoices"]
        file = self.client.invoices.get_invoice_file(invoice_id=invoice["invoice_id"])
        self.assertEqual(file["invoice_number"], invoice["number"])
        content = file["invoice"].removeprefix("data:")
        self.assertTrue(base64.b64decode(content, validate=True).startswith(b"%PDF"))

    def test_writing_methods_refuse_unknown_numbers(self):
        change = self.client.orders.set_order_status
        self.refused("ERROR_ORDER_NOT_FOUND", change, order_id=1, status_id=55121)

    def test_a_blocked_account_is_refused(self):
        settings(account_blocked=True)
        self.refused("ERROR_USER_ACCOUNT_BLOCKED", self.client.orders.get_orders)

    def test_a_wrong_token_is_refused(self):
        self.client = BaseLinkerClient("1-2-3")
        self.refused("ERROR_BAD_TOKEN", self.client.orders.get_orders)

    def test_too_many_requests_block_the_token_until_a_time(self):
        settings(requests_per_minute=1)
        self.client.orders.get_order_status_list()
        message = self.refused("ERROR_BLOCKED_TOKEN", self.client.orders.get_order_status_list)
        self.assertRegex(message, r"limit exceeded.* \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")

    def test_the_emulator_is_stricter_than_the_vendor_may_be(self):
        self.broken = {"unknown-method", "unknown-parameter", "parameter-value"}
        code = "ERROR_PARSE_JSON_PARAMETERS"
        self.refused(code, self.client.orders.get_orders, date_to=1)
        self.refused(code, self.client.orders.get_orders, order_id="90155231")
        unknown = self.client._make_request
        self.refused("ERROR_UNKNOWN_METHOD", unknown, method="getOrder")

    def test_an_answer_that_is_not_json_is_the_clients_own_error(self):
        control("POST", "/faults", {"fault": {"kind": "html"}})
        with self.assertRaises(BaseLinkerError):
            self.client.orders.get_orders()


if __name__ == "__main__":
    unittest.main()
