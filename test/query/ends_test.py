"""How `cairn query` ends when it is interrupted, when memory or a disk is full, when nobody reads: what it says, and that nothing stays behind."""
import json
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import unittest.mock

import logs
from logs import BINARY, query

SKIP = logs.why_not()


@unittest.skipIf(SKIP, SKIP)
class Ends(logs.Delivered):
    ENDLESS = "SELECT count(*) FROM events a, events b, events c WHERE a.eventid || b.eventid > c.eventid"

    def begin(self, *arguments):
        """A query, and its directory of temporary files, once that is there."""
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        process = subprocess.Popen([BINARY, "query", *map(str, arguments), "--temporary", temporary.name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 20
        while not os.listdir(temporary.name) and time.monotonic() < deadline:
            time.sleep(0.001)
        self.assertTrue(os.listdir(temporary.name))
        return process, temporary.name

    def test_interrupted(self):
        out = self.root / "out.csv"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for wait in (0, 0.3):  # while the library starts; while it is at work
                process, temporary = self.begin(self.ENDLESS, "--from", self.root, "--to", out)
                time.sleep(wait)
                process.send_signal(number)
                said = process.communicate(timeout=20)
                self.assertEqual((process.returncode, *said), (130, b"", b"cairn query: interrupted\n"), number)
                self.assertEqual(os.listdir(temporary), [])
                self.assertEqual(list(self.root.glob("out.csv*")), [])

    def test_interrupted_while_a_server_is_silent(self):
        """The first signal waits for an answer, a second one does not."""
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            silent.settimeout(20)
            environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent", "AWS_ENDPOINT_URL": "http://127.0.0.1:%d" % silent.getsockname()[1]}
            with unittest.mock.patch.dict(os.environ, environment):
                process, temporary = self.begin("SELECT count(*) FROM events", "--from", "history")
            connection, _ = silent.accept()
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGTERM)
            said = process.communicate(timeout=20)
            connection.close()
            self.assertEqual((process.returncode, *said), (130, b"", b"cairn query: interrupted\n"))
            self.assertEqual(os.listdir(temporary), [])

    def test_a_signal_that_is_to_be_ignored_is(self):
        process = subprocess.Popen(["nohup", BINARY, "query", "SELECT count(*) FROM events a, events b WHERE a.eventid || b.eventid > ''", "--from", self.root],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        time.sleep(0.3)
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.communicate(timeout=30)[0].split()[-1], b"%d" % len(self.records) ** 2)
        self.assertEqual(process.returncode, 0)

    def test_a_full_disk_is_named(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BINARY, "query", "SELECT 1", "--from", self.root], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (3, "cairn query: standard output cannot be written: No space left on device\n"))
        small = tempfile.mkdtemp(prefix="cairn-small-disk-")
        self.addCleanup(os.rmdir, small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", small], capture_output=True).returncode != 0:
            self.skipTest("needs a tmpfs of its own, which needs root")
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=True)
        many = "SELECT a.record FROM events a, (FROM events LIMIT 20) b"
        for form in ("csv", "ndjson", "parquet"):
            sql = many if form != "parquet" else "SELECT hash(a.eventid || b.eventid) FROM events a, (FROM events LIMIT 200) b"
            done = query(sql, "--from", self.root, "--output", form, "--to", f"{small}/out", check=False)
            self.assertEqual((done.returncode, done.stdout), (3, ""), form)
            self.assertRegex(done.stderr, rf"{small}/out.*No space left on device", form)
            self.assertEqual(os.listdir(small), [], form)
        done = query(f"SELECT max(length(x)) FROM ({many.replace('a.record', 'a.record::VARCHAR || b.eventid AS x')} ORDER BY x)", "--from", self.root, "--memory-mb", "64", "--threads", "1",
                     "--temporary", small, check=False)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(f"The disk with {small} is full: --temporary names another place", done.stderr)
        self.assertEqual(os.listdir(small), [])

    def test_memory_is_bounded(self):
        """What a sort needs, some 400 MB of records, is put aside, or the query says that there is no room; never more memory."""
        sql = "SELECT max(length(record)) AS longest, count(*) AS n FROM (SELECT a.record::VARCHAR || b.eventid AS record FROM events a, (FROM events LIMIT 100) b ORDER BY a.eventid || b.eventid DESC, 1)"
        longest = max(len(json.dumps(r, separators=(",", ":"), ensure_ascii=False)) for r in self.records) + 36
        with tempfile.TemporaryDirectory() as temporary:
            process = subprocess.Popen([BINARY, "query", sql, "--from", self.root, "--memory-mb", "128", "--threads", "1", "--temporary", temporary],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            out, err = process.communicate(timeout=60)
            self.assertEqual(os.listdir(temporary), [])
        self.assertEqual((process.returncode, out), (0, f"longest,n\n{longest},{len(self.records) * 100}\n"), err)
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10, 700, "MB: of the largest query of this file so far")
        with tempfile.TemporaryDirectory() as temporary:
            done = query("SELECT list(a.record::VARCHAR || b.eventid) FROM events a, events b", "--from", self.root, "--memory-mb", "128", "--temporary", temporary, check=False)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertRegex(done.stderr, "Out of Memory Error: ")
            self.assertEqual(os.listdir(temporary), [])

    def test_a_reader_that_has_enough(self):
        with tempfile.TemporaryDirectory() as temporary:
            process = subprocess.Popen([BINARY, "query", "SELECT a.record FROM events a, events b", "--from", self.root, "--temporary", temporary],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(process.stdout.readline(), b"record\r\n")
            process.stdout.close()
            self.assertEqual((process.wait(20), process.stderr.read()), (141, b""))
            process.stderr.close()
            self.assertEqual(os.listdir(temporary), [])


if __name__ == "__main__":
    unittest.main()
