"""The same trouble ends the commands with the same number: docs/exit-codes.md, whose table is held against what this finds."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from server import BINARY, Server

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs/exit-codes.md"


class ExitCodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        (cls.root / "damaged").mkdir()
        (cls.root / "damaged/a.json.gz").write_bytes(b"\x1f\x8bno gzip")
        (cls.root / "damaged/AWSLogs").mkdir()
        (cls.root / "nothing").mkdir()
        (cls.root / "nothing/readme.txt").write_text("hello")
        cls.server.client("s3").create_bucket(Bucket="logs")
        iam = cls.server.client("iam")
        iam.create_user(UserName="nobody")
        keys = iam.create_access_key(UserName="nobody")["AccessKey"]
        cls.nobody = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}
        found = subprocess.run([BINARY, "query", "SELECT 1"], env=cls.server.environment(), capture_output=True, text=True, timeout=30)
        cls.has_duckdb = "DuckDB's library" not in found.stderr
        with open(cls.root / "keys.json", "w") as file:
            json.dump({"PublicKeyList": []}, file)

    def ends(self, code, *commands, **variables):
        for command in commands:
            if command[0] == "query" and not self.has_duckdb:
                continue
            done = subprocess.run([BINARY, *map(str, command)], env=self.server.environment(**variables), capture_output=True, text=True, timeout=60, cwd=self.root)
            with self.subTest(command=command):
                self.assertEqual(done.returncode, code, done.stdout + done.stderr)
                if code != 1:
                    self.assertTrue(done.stderr)
                    self.assertEqual(done.stdout, "")

    def test_no_server(self):
        away = ("--endpoint-url", "http://127.0.0.1:1")
        self.ends(3, ("lookup", *away), ("lookup", "--follow", *away), ("query", "FROM events", *away), ("query", "FROM events", "--from", "s3://logs", *away),
                  ("export", "--to", "out", *away), ("import", "s3://logs", *away), ("verify", "s3://logs", *away),
                  ("verify", "arn:aws:cloudtrail:us-east-1:000000000000:trail/first", *away), ("keys", *away), ("account", "list", *away))

    def test_no_permission(self):
        self.ends(3, ("lookup",), ("lookup", "--follow"), ("query", "FROM events"), ("query", "FROM events", "--from", "s3://logs"), ("export", "--to", "out"),
                  ("import", "s3://logs"), ("verify", "s3://logs", "--keys", "keys.json"), ("keys",), **self.nobody)

    def test_no_credentials(self):
        nowhere = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": str(self.root)}
        self.ends(3, ("lookup",), ("query", "FROM events"), ("export", "--to", "out"), ("import", "damaged"), ("verify", "s3://logs"), ("keys",), ("env",), **nowhere)

    def test_wrong_arguments(self):
        self.ends(2, *((*command, "--no-such-option") for command in (("lookup",), ("query", "SELECT 1"), ("export", "--to", "out"), ("import", "damaged"), ("verify", "s3://logs"))))
        self.ends(2, *((*command, "--start-time", "yesteryear") for command in (("lookup",), ("query", "SELECT 1"), ("export", "--to", "out"), ("verify", "s3://logs"))))
        self.ends(2, *((*command, "--filter", "eventName =") for command in (("lookup",), ("lookup", "--follow"), ("export", "--to", "out"))))
        self.ends(2, ("query", "SELEC 1", "--from", "damaged"), ("query", "FROM nothing", "--from", "damaged"), ("query", "COPY (SELECT 1) TO 'x'", "--from", "damaged"))
        # A place that is not there, or holds nothing of the kind.
        for place in ("absent", "nothing", "s3://"):
            self.ends(2, ("query", "FROM events", "--from", place), ("import", place), ("verify", place, "--keys", "keys.json"))
        self.ends(2, ("query", "FROM events", "--from", "s3://logs"), ("import", "s3://logs"), ("export", "--to", "damaged"), ("export", "--to", ""),
                  ("export", "--to", "keys.json"), ("export", "--to", "keys.json/below"))
        self.ends(2, *((*command, "--region", "bogus region") for command in (("lookup",), ("lookup", "--follow"), ("export", "--to", "out"), ("import", "damaged"), ("keys",), ("account", "list"))))

    def test_damage(self):
        self.ends(1, ("query", "FROM events", "--from", "damaged"), ("import", "damaged"), ("verify", "damaged", "--keys", "keys.json"))

    def test_the_table_names_them_all(self):
        text = DOCS.read_text()
        self.assertEqual(re.findall(r"^\| (\d+) \|", text, re.M), ["0", "1", "2", "3", "4", "130", "141"])
        self.assertIn("| lookup | query | export | import | verify |", text)


if __name__ == "__main__":
    unittest.main()
