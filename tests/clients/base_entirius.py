"""The independent client of `entirius-django-baselinker` against the Base emulator.

It is another author's than that of `base.py`, and reads orders and blocks of the token in its own way. It
sends the token as the form field that the vendor gave up for the header `X-BLToken`, so that a shim
moves it there; nothing else is changed.
"""

import json
import sys
import types
import unittest
import urllib.request

import requests

# The client reads one setting of Django, which it needs for nothing else.
django = types.ModuleType("django.conf")
django.settings = types.SimpleNamespace(DEBUG=False)
sys.modules["django"] = types.ModuleType("django")
sys.modules["django.conf"] = django

from django_baselinker.utils import client as entirius  # noqa: E402

EMULATOR = json.loads(sys.argv.pop())["base"]
ANNA = "anna.zielinska@example.net"


def with_header(url, data):
    data = dict(data)
    return requests.post(url, data, headers={"X-BLToken": data.pop("token")}, timeout=20)


entirius.requests = types.SimpleNamespace(post=with_header, Response=requests.Response)


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


class Base(unittest.TestCase):
    def setUp(self):
        control("POST", "/reset")
        self.broken = set()
        token = control("GET", "/state")["settings"]["token"]
        self.client = entirius.BaselinkerClient(EMULATOR["address"] + "/connector.php", token)

    def tearDown(self):
        self.assertEqual({it["rule"] for it in control("GET", "/violations")}, self.broken)

    def test_an_order_has_its_states_and_no_flag_of_one(self):
        order = self.client.getOrder(90155231)
        self.assertEqual((order["email"], order["payment_done"]), (ANNA, 254.9))
        self.assertIsInstance(order["pick_state"], int)
        self.assertIsInstance(order["pack_state"], int)
        self.assertNotIn("pick_status", order)
        self.assertIn("custom_extra_fields", order)

    def test_unconfirmed_orders_are_found_on_request(self):
        self.assertEqual(self.client.getOrders({"order_id": 90155600}), [])
        [order] = self.client.getOrders({"order_id": 90155600}, get_unconfirmed_orders=True)
        self.assertIs(order["confirmed"], False)

    def test_statuses_have_names(self):
        statuses = self.client.getOrderStatusList()["statuses"]
        self.assertTrue(all(status["name"] for status in statuses))

    def test_an_unknown_order_is_an_empty_list(self):
        with self.assertRaises(AssertionError):
            self.client.getOrder(1)

    def test_too_many_requests_block_the_token(self):
        control("PATCH", "/state", {"settings": {"requests_per_minute": 1}})
        self.client.getOrderStatusList()
        with self.assertRaises(entirius.BaselinkerBlockedTokenResponseError):
            self.client.getOrderStatusList()

    def test_what_is_not_emulated_is_an_error_with_status_200(self):
        self.broken = {"not-emulated"}
        with self.assertRaises(entirius.BaselinkerResponseError) as error:
            self.client.getJournalList(last_log_id=1)
        self.assertEqual(error.exception.response.status_code, 200)


if __name__ == "__main__":
    unittest.main()
