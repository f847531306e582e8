"""The independent client `pyshoper` against the Shoper emulator.

The emulator's answers are read by code of another author, so that the emulator and
the plugin cannot share a misunderstanding. Run by `make test-clients`, which gives
the emulators' addresses as JSON.
"""

import json
import sys
import unittest
import urllib.request

from pyshoper import exceptions
from pyshoper.client import ShoperClient

EMULATOR = json.loads(sys.argv.pop())["shoper"]


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


class Shoper(unittest.TestCase):
    def setUp(self):
        control("POST", "/reset")
        # The client does not look at the bucket's headers.
        settings(bucket={"size": 1000})
        state = control("GET", "/state")["settings"]
        self.login = (state["login"], state["password"])
        self.client = self.connect()

    def connect(self):
        return ShoperClient(*self.login, base_url=EMULATOR["address"])

    def tearDown(self):
        # It logs in by the query, which is the only rule that it breaks.
        broken = {it["rule"] for it in control("GET", "/violations")}
        self.assertEqual(broken, {"credential-elsewhere"})

    def test_an_order_is_read_and_found(self):
        order = self.client.orders_get(id=4821)
        self.assertEqual(order["order_id"], "4821")
        self.assertIs(order["is_paid"], True)
        found = self.client.orders_list(filters={"email": order["email"]}, limit=50)
        self.assertEqual(found["count"], "2")
        self.assertEqual(found["pages"], 1)
        self.assertIn(order, found["list"])

    def test_operators_of_filters_are_understood(self):
        filters = {"order_id": {"IN": ["4821", "4822"]}, "date": {">=": "2026-11-01 00:00:00"}}
        found = self.client.orders_list(filters=filters)
        self.assertEqual([order["order_id"] for order in found["list"]], ["4822"])

    def test_a_list_is_read_page_by_page_to_its_end(self):
        statuses = list(self.client.statuses_generator())
        self.assertEqual(len(statuses), 12)
        orders = self.client.orders_generator(filters={"email": "hurt@example.com"}, limit=50)
        numbers = [order["order_id"] for order in orders]
        self.assertEqual((len(numbers), len(set(numbers))), (131, 131))

    def test_lines_and_parcels_of_an_order_are_found_by_its_number(self):
        lines = list(self.client.order_products_generator(filters={"order_id": 4830}, limit=50))
        self.assertEqual(len(lines), 60)
        parcels = self.client.parcels_list(filters={"order_id": 4823})["list"]
        self.assertEqual([parcel["sent"] for parcel in parcels], ["1", "0", "0"])

    def test_other_lists_have_the_same_envelope(self):
        for name in ["shippings", "payments", "currencies", "users"]:
            listed = getattr(self.client, f"{name}_list")(limit=50)
            self.assertEqual(int(listed["count"]), len(listed["list"]), name)
        self.assertEqual(self.client.application_version_list()["version"], "5.26.54")

    def test_a_status_is_changed(self):
        self.assertEqual(self.client.orders_update(id=4822, body={"status_id": 8}), 1)
        self.assertEqual(self.client.orders_get(id=4822)["status_id"], "8")

    def test_a_note_is_written(self):
        self.client.orders_update(id=4822, body={"notes_priv": "Zażółć gęślą jaźń"})
        self.assertEqual(self.client.orders_get(id=4822)["notes_priv"], "Zażółć gęślą jaźń")

    def test_refusals_are_the_clients_own_exceptions(self):
        with self.assertRaises(exceptions.InvalidRequest):
            self.client.orders_update(id=4822, body={"status_id": 99})
        settings(not_found_word="server_error")
        with self.assertRaises(exceptions.ObjectNotExistError):
            self.client.orders_get(id=9999)
        settings(held_orders=["4822"])
        with self.assertRaises(exceptions.AdministratorLockConflictError):
            self.client.orders_update(id=4822, body={"status_id": 8})
        settings(rights={"orders": "deny"})
        with self.assertRaises(exceptions.AccessDeniedError):
            self.client.orders_get(id=4822)
        settings(locked=True)
        with self.assertRaises(exceptions.ApplicationLockError):
            self.client.statuses_list()
        settings(locked=False, blocked=True)
        with self.assertRaises(exceptions.PaymentRequiredError):
            self.client.statuses_list()

    def test_a_token_expires(self):
        control("POST", "/clock", {"advance_seconds": 31 * 24 * 3600})
        with self.assertRaises(exceptions.AuthenticationError):
            self.client.statuses_list()
        self.assertEqual(self.connect().statuses_list()["count"], "12")

    def test_a_wrong_password_is_refused(self):
        self.login = (self.login[0], "another")
        with self.assertRaises(exceptions.ShoperApiError):
            self.connect()


class Bucket(unittest.TestCase):
    def test_a_full_bucket_is_an_exception_of_its_own(self):
        control("POST", "/reset")
        state = control("GET", "/state")["settings"]
        client = ShoperClient(state["login"], state["password"], base_url=EMULATOR["address"])
        settings(bucket={"size": 0})
        with self.assertRaises(exceptions.CallsLimitExceededError):
            client.statuses_list()


if __name__ == "__main__":
    unittest.main()
