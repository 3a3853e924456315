"""Keys and buckets named to climb out of the data directory, or not to be text at all."""
import os
import unittest
import urllib.parse

from wire import LimitsTest, put_bucket

CLIMBERS = ["../../etc/passwd", "..", ".", "/etc/passwd", "//", "a/../../b", "a//b", "..\\..\\windows", "%2e%2e/%2e%2e", "a/./b", "~root", "$HOME", "-rf",
            "con", "a\tb", "a\nb", "\x01", "\u202etxt", "key\x7f", "tmp/../../../journal/00000001.log", "\U0001f5ff"]


def quoted(key):
    return urllib.parse.quote(key, safe="/~")


class Names(LimitsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put_bucket(cls.server, "names")

    def outside(self):
        """What lies beside the data directory and could be reached by climbing."""
        parent = self.server.data.parent
        names = {n for n in os.listdir(parent) if n.startswith(self.server.data.name)} - {self.server.data.name}
        return names, os.stat("/etc/passwd").st_mtime_ns

    def test_keys_that_climb_are_just_keys(self):
        before, inside = self.outside(), set(os.listdir(self.server.data))
        s3 = self.server.client("s3")
        for key in CLIMBERS:
            with self.subTest(key=key):
                body = key.encode() * (1 + 100_000 // len(key.encode()))       # too large for the journal: a file
                answer = self.call("s3", "PUT", "/names/" + quoted(key), body)
                self.assertEqual(answer.status, 200, answer)
                answer = self.call("s3", "GET", "/names/" + quoted(key))
                self.assertEqual((answer.status, answer.body), (200, body))
        listed = s3.list_objects_v2(Bucket="names", EncodingType="url")
        self.assertEqual(sorted(urllib.parse.unquote(o["Key"]) for o in listed["Contents"]), sorted(CLIMBERS))
        self.assertEqual(self.outside(), before)
        self.assertEqual(set(os.listdir(self.server.data)), inside)
        for folder, _, names in os.walk(self.server.data / "objects"):
            for name in names:
                self.assertRegex(name, r"^[0-9a-f]{32}$")
        for key in CLIMBERS:
            self.assertEqual(self.call("s3", "DELETE", "/names/" + quoted(key)).status, 204)

    def test_bucket_names(self):
        before = set(os.listdir(self.server.data))
        for name in ("..", ".", "...", "a", "ab", "a" * 64, "UPPER", "under_score", "a..b", "-a-b", "ab-", ".ab", "192.168.0.1", "a%00b",
                     "a%FFb", "a%0Ab", "xn--abc", "abc-s3alias", "caf%C3%A9", "a%20b", "_cairn"):
            with self.subTest(name=name):
                answer = self.call("s3", "PUT", "/" + name)
                self.assert_refused(answer, 400, "InvalidBucketName", recorded=True)
        self.assertEqual(set(os.listdir(self.server.data)), before)
        self.assertEqual([b["Name"] for b in self.server.client("s3").list_buckets()["Buckets"]], ["names"])

    def test_keys_that_are_no_text(self):
        for key in ("%FF", "%C0%AE%C0%AE/", "%ED%A0%80", "a%80", "%F5%80%80%80"):
            for method in ("PUT", "GET", "DELETE"):
                with self.subTest(key=key, method=method):
                    self.assert_refused(self.call("s3", method, "/names/" + key), 400, "InvalidURI", recorded=True)

    def test_percent_signs_alone(self):
        for key in ("%", "%z", "%1", "a%gg"):
            with self.subTest(key=key):
                # Nobody can agree on a signature of this.
                self.assert_refused(self.call("s3", "GET", "/names/" + key), 403, "SignatureDoesNotMatch", recorded=False)

    def test_a_nul_in_a_key(self):
        answer = self.call("s3", "PUT", "/names/a%00b")
        self.assertIn(answer.status, (200, 400), answer)
        self.assert_recorded_once(answer)
        self.assertEqual(self.call("s3", "HEAD", "/names/a").status, 404)
        self.call("s3", "DELETE", "/names/a%00b")

    def test_a_long_key(self):
        self.assertEqual(self.call("s3", "PUT", "/names/" + "k" * 1024).status, 200)
        self.assert_refused(self.call("s3", "PUT", "/names/" + "k" * 1025), 400, "KeyTooLongError", recorded=True)
        self.assert_refused(self.call("s3", "PUT", "/names/" + "%C3%A9" * 600), 400, "KeyTooLongError", recorded=True)
        self.call("s3", "DELETE", "/names/" + "k" * 1024)

    def test_the_servers_own_pages_are_no_bucket(self):
        for path in ("/_cairn/../names", "/_cairn/nosuch", "/_cairn/api/../health", "/_cairn/%2e%2e/names", "/_cairn/health/../../names"):
            self.assertIn(self.server.get(path)[0], (400, 403, 404, 501), path)


if __name__ == "__main__":
    unittest.main()
