from __future__ import annotations

import unittest

from iris_client import Iris


class Options(unittest.TestCase):
    def test_what_is_no_url_of_a_server_is_said_at_once(self) -> None:
        for url in ("127.0.0.1:1615", "localhost:1615", "ftp://127.0.0.1"):
            with self.assertRaisesRegex(ValueError, "is no URL of a server; expected e.g. http:"):
                Iris(url)

    def test_a_key_that_no_header_holds_is_refused_and_not_said(self) -> None:
        for key in ("iris_sk_secret…", "iris_sk_secret\nmore"):
            with self.assertRaises(ValueError) as caught:
                Iris("http://127.0.0.1:1615", key)
            self.assertNotIn("secret", str(caught.exception))
