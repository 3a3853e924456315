"""`cairn export` that is interrupted, and the same command again. docs/import.md"""
import datetime
import gzip
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest
import uuid

from server import BINARY, Server, eventually

PAGE = 1000  # events that the command asks for at once


class Pages(http.server.ThreadingHTTPServer):
    """Before a server; the n-th SearchEvents from now on can be refused ("refuse"), cut off ("break"), or never answered ("hang")."""
    daemon_threads = True

    def __init__(self, server):
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = server.endpoint.split("//")[1]
        self.tokens = []  # of each SearchEvents; None: it asks for the first page
        self.trouble = {}
        self.hung = threading.Event()
        self.done = threading.Event()
        self.endpoint = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "SearchEvents" in self.headers.get("X-Amz-Target", ""):
            self.server.tokens.append(json.loads(body).get("NextToken"))
            trouble = self.server.trouble.get(len(self.server.tokens))
            if trouble == "refuse":
                content = json.dumps({"__type": "InvalidNextTokenException", "message": "The NextToken is not valid."}).encode()
                self.send_response(400)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                return
            if trouble:
                if trouble == "hang":
                    self.server.hung.set()
                    self.server.done.wait(30)
                self.close_connection = True
                return
        connection = http.client.HTTPConnection(self.server.target)
        connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Again(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="cairn-export-again-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=5)
        cls.records = {}
        for number in range(8 * PAGE + 1):
            event = {"eventVersion": "1.08", "userIdentity": {"type": "Root", "accountId": "000000000000"},
                     "eventTime": (begin + datetime.timedelta(seconds=30 * number)).strftime("%Y-%m-%dT%H:%M:%SZ"), "eventSource": "old.amazonaws.com",
                     "eventName": f"Old{number}", "awsRegion": ("us-east-1", "eu-west-3")[number % 2], "eventID": str(uuid.uuid4()), "recipientAccountId": "000000000000"}
            cls.records[event["eventID"]] = json.dumps(event)
        (cls.root / "in.json.gz").write_bytes(gzip.compress(("\n".join(cls.records.values())).encode()))
        subprocess.run([BINARY, "import", cls.root / "in.json.gz"], env=cls.server.environment(), check=True, capture_output=True, timeout=60)

    def setUp(self):
        self.pages = Pages(self.server)
        self.addCleanup(self.pages.server_close)
        self.addCleanup(self.pages.shutdown)
        self.addCleanup(self.pages.done.set)
        self.to = self.root / self.id().rsplit(".", 1)[1]
        self.arguments = {"--to": str(self.to), "--filter": "eventSource = 'old.amazonaws.com'", "--start-time": "30d"}

    def start(self, *more, **variables):
        given = {**self.arguments, **dict(zip(more[::2], more[1::2]))}
        return subprocess.Popen([BINARY, "export", *(word for pair in given.items() for word in pair)], env=self.server.environment(AWS_ENDPOINT_URL=self.pages.endpoint, **variables),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_export(self, *more, code=0, **variables):
        process = self.start(*more, **variables)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, err)
        return out, err

    def whole(self, root=None):
        files = [path for path in (root or self.to).rglob("*") if path.is_file()]
        self.assertEqual({path.name for path in files}, {"events.ndjson.gz"})
        lines = [line for path in files for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        self.assertEqual(sorted(lines), sorted(self.records.values()))
        return files

    def break_off(self, *more):
        """Three pages came."""
        self.pages.trouble[4] = self.pages.trouble[5] = self.pages.trouble[6] = "break"
        out, err = self.run_export(*more, code=3)
        self.assertEqual(out, "")
        self.assertIn("Cannot reach", err)
        self.assertTrue(err.endswith("The same command goes on where this one ended.\n"), err)
        self.pages.trouble.clear()
        self.assertEqual(self.pages.tokens[0], None)

    def test_a_lost_server_and_a_kill(self):
        self.break_off()
        known = self.pages.tokens[3]  # the page that did not come
        asked = len(self.pages.tokens)
        self.pages.trouble[asked + 4] = "hang"
        process = self.start()
        self.assertTrue(self.pages.hung.wait(20))
        # What is at work is left alone.
        _, err = self.run_export(code=3)
        self.assertIn(f"another export is at work in {self.to}", err)
        # What was fetched since then is in its files, and not yet kept.
        self.assertTrue(eventually(lambda: [path for path in self.to.rglob("*.part")]))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        self.assertEqual(self.pages.tokens[asked], known, "it went on there")
        asked = len(self.pages.tokens)
        out, err = self.run_export()
        self.assertEqual(self.pages.tokens[asked], known, "and once more, as nothing was kept since")
        self.assertNotIn(None, self.pages.tokens[asked:])
        self.assertEqual(err, "cairn export: goes on with the export that was interrupted; 3000 events are there\n")
        files = self.whole()
        self.assertEqual(out, f"{len(self.records)} events in {len(files)} files below {self.to}\n")
        self.assertIn("is there and not empty", self.run_export(code=2)[1])

    def test_a_kill_soon_after_the_beginning(self):
        self.pages.trouble[2] = "hang"
        process = self.start()
        self.assertTrue(self.pages.hung.wait(20))
        self.assertTrue(eventually(lambda: (self.to / "export-state.part").exists()))
        process.kill()
        process.communicate(timeout=10)
        self.assertIn("0 events are there", self.run_export()[1])
        self.whole()

    def test_other_arguments_are_refused(self):
        self.break_off()
        before = sorted(self.to.rglob("*"))
        for more, words in ((("--end-time", "1h"), "--end-time was not given"), (("--account", "111122223333"), "--account was not given"),
                            (("--start-time", "20d"), '--start-time was "30d"'), (("--endpoint-url", self.server.endpoint), "--endpoint-url was")):
            _, err = self.run_export(*more, code=2)
            self.assertIn(words, err)
            self.assertIn("give the same ones, or name a new directory", err)
        self.assertEqual(sorted(self.to.rglob("*")), before)
        done = subprocess.run([BINARY, "import", self.to], env=self.server.environment(), capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("is of an export that did not end", done.stderr)
        done = subprocess.run([BINARY, "query", "FROM events", "--from", self.to], capture_output=True, text=True, timeout=20)
        if "needs DuckDB's library" not in done.stderr:
            self.assertIn("is of an export that did not end", done.stderr)
        self.run_export()
        self.whole()

    def test_other_credentials_are_refused(self):
        """They may see less: what they find no more of would be missing, and nothing would tell."""
        self.break_off()
        iam = self.server.client("iam")
        iam.create_user(UserName="reader")
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "cairn:SearchEvents", "Resource": "*", "Condition": {"StringEquals": {"cairn:Region": "us-east-1"}}}]}))
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        asked = len(self.pages.tokens)
        out, err = self.run_export(code=2, AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
        self.assertEqual(out, "")
        self.assertIn(f"It was begun as {self.server.access_key}. Give the same ones, or name a new directory", err)
        self.assertEqual(len(self.pages.tokens), asked)
        self.run_export()
        self.whole()

    def test_a_place_that_the_server_does_not_know_is_no_reason_to_try_again(self):
        self.break_off()
        asked = len(self.pages.tokens)
        self.pages.trouble[asked + 1] = "refuse"
        _, err = self.run_export(code=3)
        self.assertIn("(InvalidNextTokenException)\nThe server does not go on where the export is now: begin another, in a new directory.\n", err)
        self.assertNotIn("same command", err)

    def test_what_was_prepared_by_others_is_refused(self):
        self.break_off()
        part = next(self.to.rglob("events.ndjson.gz.part"))
        precious = self.root / "precious"
        precious.write_text("p" * 10_000_000)
        aside = self.root / "aside"
        part.rename(aside)
        part.symlink_to(precious)
        _, err = self.run_export(code=3)
        self.assertIn(f"{part} is neither a file nor a directory. Name a new directory", err)
        self.assertEqual(precious.stat().st_size, 10_000_000)
        part.unlink()
        aside.rename(part)
        state = self.to / "export-state.part"
        good = state.read_text()
        state.write_text(json.dumps({**json.loads(good), "Input": 5}))
        self.assertIn("is not as this program writes it", self.run_export(code=3)[1])
        state.write_text(good)
        self.run_export()
        self.whole()
        # Of one that only began there may be its lock.
        shutil.rmtree(self.to)
        self.to.mkdir()
        (self.to / "export-lock.part").symlink_to(precious)
        self.assertIn("is neither a file nor a directory", self.run_export(code=3)[1])
        self.assertEqual(precious.stat().st_size, 10_000_000)

    def test_nothing_leaves_nothing(self):
        for there in (False, True):
            if there:
                self.to.mkdir()
            out, err = self.run_export("--filter", "eventName = 'Absent'")
            self.assertEqual((out, err), ("0 events: there is nothing to export\n", ""))
            self.assertEqual(self.to.exists(), there)
        self.assertEqual(os.listdir(self.to), [])
        self.to.rmdir()
        for arguments, code in ((("--endpoint-url", "http://127.0.0.1:1"), 3), (("--filter", "eventName ="), 2)):
            self.run_export(*arguments, code=code)
            self.assertFalse(self.to.exists())


if __name__ == "__main__":
    unittest.main()
