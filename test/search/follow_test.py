"""`cairn lookup --follow`: what there is, then what comes, each once and in order, by one call. docs/search.md"""
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import unittest

from server import BINARY, Server, all_records, eventually


class Follower:
    """The command at work; its lines as they come."""

    def __init__(self, env, *arguments, output="ndjson"):
        self.process = subprocess.Popen([BINARY, "lookup", "--follow", "--output", output, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        self.lines = queue.Queue()
        self.said = queue.Queue()
        for stream, to in ((self.process.stdout, self.lines), (self.process.stderr, self.said)):
            threading.Thread(target=self.read, args=(stream, to), daemon=True).start()

    def read(self, stream, to):
        for line in stream:
            to.put(line)
        to.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    def next(self):
        line = self.lines.get(timeout=20)
        if line is None:
            raise AssertionError(f"it ended with {self.process.wait(10)}: {self.words()}")
        return line

    def record(self):
        return json.loads(self.next())

    def until(self, name):
        """The names of the events that come until that one."""
        names = []
        while name not in names:
            names.append(self.record()["eventName"])
        return names

    def say(self):
        return self.said.get(timeout=20)

    def words(self):
        """All that was said on stderr, once it has ended."""
        words = ""
        while (line := self.said.get(timeout=20)) is not None:
            words += line
        return words

    def interrupt(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(10)


class Relay:
    """A port before a server, whose connections can be cut."""

    def __init__(self, endpoint):
        self.to(endpoint)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = []
        self.lock = threading.Lock()
        self.is_cut = False
        threading.Thread(target=self.accept, daemon=True).start()

    def to(self, endpoint):
        host, port = endpoint.split("//")[1].split(":")
        self.target = (host, int(port))

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                if self.is_cut:
                    raise OSError("cut")
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.open += [client, server]
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    def pump(self, a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for one in (a, b):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.is_cut = True
        with self.lock:
            for one in self.open:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.open = []

    def mend(self):
        self.is_cut = False

    def close(self):
        self.cut()
        self.listener.close()


class Followed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def env(self, server=None, **more):
        return (server or self.server).environment(**more)

    def follow(self, *arguments, env=None, **more):
        return Follower(env or self.env(), *arguments, **more)

    def test_one_call_for_all_that_comes(self):
        with Server() as server:
            sts, iam = server.client("sts"), server.client("iam")
            for number in range(7):
                iam.create_user(UserName=f"before-{number}")
            server.settle()
            with self.follow("--all-regions", "--max-items", "3", env=self.env(server)) as follower:
                names = [follower.record()["requestParameters"]["userName"] for _ in range(3)]
                self.assertEqual(names, ["before-4", "before-5", "before-6"])
                self.assertEqual(sorted(follower.record()["eventName"] for _ in range(2)), ["SearchEvents", "TailEvents"])
                wanted = []
                for number in range(30):
                    iam.create_user(UserName=f"user-{number}")
                    wanted.append(f"user-{number}")
                    self.assertEqual(follower.record()["requestParameters"]["userName"], wanted[-1])
                sts.get_caller_identity()
                self.assertEqual(follower.record()["eventName"], "GetCallerIdentity")
                self.assertEqual(follower.interrupt(), 130)
                self.assertEqual(follower.words(), "")
            own = [record["eventName"] for record in all_records(server) if record.get("userAgent") == "cairn-cli"]
            self.assertEqual(own, ["TailEvents"], "beside the one search, which all_records leaves out")
            found = json.loads(subprocess.run([BINARY, "lookup", "--event-name", "SearchEvents", "--output", "json"], env=self.env(server), capture_output=True, text=True,
                                              timeout=20).stdout)["Events"]
            self.assertEqual(len([event for event in found if json.loads(event["CloudTrailEvent"])["userAgent"] == "cairn-cli"]), 1)

    def test_what_came_before_is_as_much_as_was_asked_for(self):
        iam = self.server.client("iam")
        names = [f"all-{number}" for number in range(230)]
        for name in names:
            iam.create_user(UserName=name)
        self.server.settle()
        condition = ("--filter", "requestParameters.userName like /^all-/")
        for count, wanted in (("0", names), ("210", names[-210:]), ("1", names[-1:])):
            with self.follow(*condition, "--max-items", count) as follower:
                self.assertEqual([follower.record()["requestParameters"]["userName"] for _ in wanted], wanted)
                self.assertTrue(follower.lines.empty())
        with self.follow(*condition, "--start-time", "2020-01-01", "--max-items", "1", output="table") as follower:
            self.assertRegex(follower.next(), "^TIME +EVENT")
            self.assertRegex(follower.next(), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  CreateUser ")
            iam.create_user(UserName="all-more")
            self.assertRegex(follower.next(), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  CreateUser .*all-")

    def test_a_lost_connection_loses_nothing(self):
        """Also where no event has been seen before it."""
        relay = Relay(self.server.endpoint)
        self.addCleanup(relay.close)
        iam = self.server.client("iam")
        iam.create_user(UserName="lost-before")
        self.server.settle()
        with self.follow("--filter", "requestParameters.userName like /^lost-/", env=self.env(AWS_ENDPOINT_URL=relay.endpoint)) as follower:
            self.assertEqual(follower.record()["requestParameters"]["userName"], "lost-before")
            number = 0
            for _ in range(3):
                relay.cut()
                self.assertRegex(follower.say(), f"^cairn lookup: Cannot reach {relay.endpoint}: ")
                self.assertIn("Is the server running?", follower.say())
                self.assertEqual(follower.say(), "Waiting for it; what comes meanwhile will be shown.\n")
                for _ in range(5):
                    iam.create_user(UserName=f"lost-{number}")
                    number += 1
                relay.mend()
                self.assertEqual(follower.say(), "cairn lookup: going on\n")
                self.assertEqual([follower.record()["requestParameters"]["userName"] for _ in range(5)], [f"lost-{n}" for n in range(number - 5, number)])
            iam.create_user(UserName="lost-at-last")
            self.assertEqual(follower.record()["requestParameters"]["userName"], "lost-at-last", "nothing came twice")

    def test_a_server_that_starts_again(self):
        with Server() as server:
            relay = Relay(server.endpoint)
            self.addCleanup(relay.close)
            with self.follow("--event-name", "CreateUser", env=self.env(server, AWS_ENDPOINT_URL=relay.endpoint)) as follower:
                server.client("iam").create_user(UserName="a")
                self.assertEqual(follower.record()["requestParameters"]["userName"], "a")
                for end, name in ((server.kill, "b"), (server.stop, "c")):
                    end()
                    self.assertRegex(follower.say(), "^cairn lookup: ")
                    while follower.say() != "Waiting for it; what comes meanwhile will be shown.\n":
                        pass
                    server.start()
                    server.client("iam").create_user(UserName=name)
                    relay.to(server.endpoint)
                    self.assertEqual(follower.record()["requestParameters"]["userName"], name)
                    self.assertEqual(follower.say(), "cairn lookup: going on\n")

    def test_a_history_that_begins_anew(self):
        """A server that forgot everything, or was set back: the place to go on from is none of its."""
        with Server() as before:
            relay = Relay(before.endpoint)
            self.addCleanup(relay.close)
            env = self.env(before, AWS_ENDPOINT_URL=relay.endpoint)
            iam = before.client("iam")
            for number in range(5):
                iam.create_user(UserName=f"before-{number}")
            before.settle()
            backup = pathlib.Path(str(before.data) + "-backup")
            self.addCleanup(shutil.rmtree, backup, ignore_errors=True)
            before.stop()
            shutil.copytree(before.data, backup)
            before.start()
            relay.to(before.endpoint)
            iam = before.client("iam")
            with self.follow("--event-name", "CreateUser", "--max-items", "1", env=env) as follower:
                self.assertEqual(follower.record()["requestParameters"]["userName"], "before-4")
                for number in range(5, 45):
                    iam.create_user(UserName=f"before-{number}")
                for number in range(5, 45):
                    self.assertEqual(follower.record()["requestParameters"]["userName"], f"before-{number}")
                before.stop()
                while follower.say() != "Waiting for it; what comes meanwhile will be shown.\n":
                    pass
                shutil.rmtree(before.data)
                shutil.copytree(backup, before.data)
                before.start()
                relay.to(before.endpoint)
                self.assertEqual(follower.say(), f"cairn lookup: The history of {relay.endpoint} has begun anew, or was set back: going on with what comes from now on.\n")
                self.assertEqual(follower.say(), "What is in it already is left to `cairn lookup` without --follow.\n")
                before.client("iam").create_user(UserName="after")
                self.assertEqual(follower.record()["requestParameters"]["userName"], "after")

    def test_ends(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.follow() as follower:
                follower.next()
                self.assertEqual(follower.interrupt(number), 130)
                self.assertEqual(follower.words(), "")
                while (line := follower.lines.get(timeout=20)) is not None:
                    self.assertTrue(json.loads(line))
        # Who reads has enough.
        process = subprocess.Popen([BINARY, "lookup", "--follow"], env=self.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        process.stdout.readline()
        process.stdout.close()
        sts = self.server.client("sts")
        self.assertTrue(eventually(lambda: sts.get_caller_identity() and process.poll() is not None))
        self.assertEqual(process.stderr.read(), "")
        self.assertIn(process.returncode, (141, -signal.SIGPIPE))

    def test_what_cannot_begin_says_so_and_ends(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="nobody")
        keys = iam.create_access_key(UserName="nobody")["AccessKey"]
        for arguments, more, code, words in (((), {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, 3, "Cannot reach http://127.0.0.1:1"),
                                             ((), {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"]}, 3, "AccessDenied"),
                                             (("--filter", "eventName ="), {}, 2, "InvalidFilterException"),
                                             (("--start-time", "yesteryear"), {}, 2, "is no time"),
                                             (("--end-time", "1h"), {}, 2, "--end-time excludes --follow"), (("--order", "oldest"), {}, 2, "excludes")):
            done = subprocess.run([BINARY, "lookup", "--follow", *arguments], env=self.env(**more), capture_output=True, text=True, timeout=20)
            self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
            self.assertIn(words, done.stderr)


class Scripted:
    """A server of TailEvents that says what it is told, and of SearchEvents that finds nothing."""

    def __init__(self, *sessions):
        self.sessions = iter(sessions)
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as reader:
            while True:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    line = reader.readline()
                    if not line:
                        return
                    head += line
                body = reader.read(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
                if b"SearchEvents" in head:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"Events\":[]}")
                    continue
                self.asked.append(json.loads(body))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
                try:
                    for piece in next(self.sessions):
                        connection.sendall(piece)
                except OSError:
                    pass
                return

    def env(self):
        return {"PATH": os.environ["PATH"], "HOME": "/nowhere", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": self.endpoint}


def told(number, size=0):
    event = {"EventName": f"Event{number}", "EventTime": 1767225600, "Cursor": f"{number}-0", "CloudTrailEvent": json.dumps({"n": number, "x": "x" * size})}
    return f"id: {number}-0\ndata: {json.dumps(event)}\n\n".encode()


class FollowedByScript(unittest.TestCase):
    def test_a_session_that_is_over_is_followed_by_another_without_a_word(self):
        hold = threading.Event()
        self.addCleanup(hold.set)

        def last():
            yield b"id: 12-0\n\n" + told(13)
            hold.wait(20)
        server = Scripted([b": hello\nid: 3-1\n\n", told(4)[:7], told(4)[7:], told(5) + b"id: 9-0\nevent: end\ndata: {}\n\n"],
                          [b"id: 9-0\n\nid: 12-0\nevent: end\ndata: {}\n\n"], last())
        self.addCleanup(server.listener.close)
        with Follower(server.env()) as follower:
            self.assertEqual([follower.record()["n"] for _ in range(3)], [4, 5, 13])
            self.assertEqual([asked.get("NewerThan") for asked in server.asked], [None, "9-0", "12-0"])
            self.assertEqual(follower.interrupt(), 130)
            self.assertEqual(follower.words(), "")

    def flooded(self, size):
        """The command, when what it was sent is more than can be under way, and who reads it reads no more."""
        sent = 0

        def flood():
            nonlocal sent
            yield b"id: 1-0\n\n"
            for number in range(2, 202):
                sent += size
                yield told(number, size)
        server = Scripted(flood())
        self.addCleanup(server.listener.close)
        process = subprocess.Popen([BINARY, "lookup", "--follow", "--output", "ndjson"], env=server.env(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.assertEqual(json.loads(process.stdout.readline())["n"], 2)
        before, pause = -1, threading.Event()
        while before != sent:  # until nothing moves any more
            before = sent
            pause.wait(0.3)
        self.assertLess(sent, 40 * size, "the server waits for who reads")
        return process

    def test_an_interruption_does_not_wait_for_who_does_not_read(self):
        process = self.flooded(500_000)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130)

    def test_memory_is_bounded_however_slow_the_reader(self):
        process = self.flooded(500_000)
        for number in range(3, 202):
            self.assertEqual(json.loads(process.stdout.readline())["n"], number)
        peak = int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1])
        if "CAIRN_SANITIZER" not in os.environ:
            self.assertLess(peak, 100_000, "kB")

    def test_what_is_no_such_server_is_refused(self):
        server = Scripted([b"data: {}\n\n"])
        self.addCleanup(server.listener.close)
        done = subprocess.run([BINARY, "lookup", "--follow"], env=server.env(), capture_output=True, text=True, timeout=20)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("does not say where its events begin", done.stderr)


if __name__ == "__main__":
    unittest.main()
