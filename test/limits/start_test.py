"""What keeps a server from starting: one clear line each, a code that is not 0, and nothing changed."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from server import BINARY, Server


def run(*arguments, timeout=20, **environment):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                          env={"HOME": "/nonexistent", **{k: v for k, v in os.environ.items() if k in ("PATH", "LSAN_OPTIONS")}, **environment})


class Start(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-start-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"

    def refused(self, *arguments, says, **environment):
        listen = () if "--listen" in arguments else ("--listen", "127.0.0.1:0")
        done = run("serve", "--data", str(self.data), *listen, *arguments, **environment)
        self.assertNotEqual(done.returncode, 0)
        self.assertGreater(done.returncode, 0, "it crashed")
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for what in [says] if isinstance(says, str) else says:
            self.assertIn(what, done.stderr)

    def config(self, text):
        path = self.folder / "cairn.yaml"
        path.write_text(text)
        return "--config", str(path)

    def test_a_data_directory_in_use(self):
        with Server() as server:
            before = sorted(os.listdir(server.data))
            self.data = server.data
            self.refused(says=[str(server.data), "another cairn is using this data directory"])
            self.assertEqual(sorted(os.listdir(server.data)), before)
            self.assertEqual(server.get("/_cairn/health")[0], 200)

    def test_a_data_directory_that_is_a_file(self):
        self.data.write_text("mine")
        self.refused(says=str(self.data))
        self.assertEqual(self.data.read_text(), "mine")

    def test_a_data_directory_that_cannot_be_made(self):
        self.data = pathlib.Path("/proc/nowhere/data")
        self.refused(says="/proc/nowhere")

    def test_a_port_in_use(self):
        with Server() as server:
            self.refused("--listen", server.endpoint.removeprefix("http://"), says=["127.0.0.1:", "in use"])

    def test_unknown_settings(self):
        self.refused("--set", "http.head_timeot=1s", says=["http.head_timeot", "did you mean 'http.head_timeout'?"])
        self.refused(*self.config("http:\n  body_timeout: 1s\n  heed_timeout: 1s\n"), says=["cairn.yaml:3", "did you mean 'http.head_timeout'?"])
        self.assertFalse(self.data.exists())

    def test_bad_values(self):
        self.refused(*self.config("# comment\nhistory:\n  retention: soon\n"), says=["cairn.yaml:3", "history.retention", "duration", "soon"])
        self.refused("--set", "history.retention=90", says=["history.retention", "duration"])
        self.refused("--set", "history.retention=99999999999999999999d", says="history.retention")
        self.refused("--set", "journal.segment_bytes=64mb", says=["journal.segment_bytes", "size"])
        self.refused("--set", "journal.segment_bytes=1", says="at least")
        self.refused("--set", "http.connections_max=-1", says="http.connections_max")
        self.refused("--set", "account=12345", says="twelve digits")
        self.refused("--set", "dev=perhaps", says="true or false")
        self.refused("--set", "dev", says="KEY=VALUE")
        self.refused("--listen", "4566", says="ADDRESS:PORT")
        self.refused("--listen", "127.0.0.1:99999", says="ADDRESS:PORT")
        self.assertFalse(self.data.exists())

    def test_files_that_are_no_config(self):
        self.refused(*self.config("http: [1, 2\n"), says="cairn.yaml:")
        self.refused(*self.config("- a\n- b\n"), says="cairn.yaml")
        self.refused(*self.config("http:\n  head_timeout: [1s]\n"), says=["cairn.yaml:2", "http.head_timeout"])
        self.refused(*self.config("? [a, b]\n: 1\n"), says="cairn.yaml:1")
        self.refused(*self.config("a: &a [*a, *a]\n"), says="cairn.yaml:1")
        self.refused(*self.config("[" * 100_000), says="cairn.yaml")
        self.refused("--config", "/nonexistent.yaml", says=["/nonexistent.yaml", "cannot be read"])
        self.refused("--config", str(self.folder), says=str(self.folder))
        (self.folder / "binary").write_bytes(bytes(range(256)) * 100)
        self.refused("--config", str(self.folder / "binary"), says="binary")
        self.assertFalse(self.data.exists())

    def test_buckets_elsewhere(self):
        """Names and values as everywhere; and what they lead to must be there: the profile, with keys."""
        credentials = self.folder / "credentials"
        credentials.write_text("[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = very-secret\n[half]\naws_access_key_id = AKIAHALF\n")
        files = {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}

        def bucket(settings, says, name="audit.logs"):
            lines = "".join(f"    {key}: {value}\n" for key, value in settings.items())
            self.refused(*self.config(f"buckets:\n  {name}:\n{lines}"), says=says, **files)

        whole = {"endpoint": "https://s3.example.com/", "profile": "work"}
        bucket({**whole, "endpint": "x"}, ["cairn.yaml:5", "buckets.audit.logs.endpint", "did you mean 'buckets.audit.logs.endpoint'?"])
        bucket({**whole, "path_style": "perhaps"}, ["cairn.yaml:5", "buckets.audit.logs.path_style", "true or false"])
        for url in ("s3.example.com", "ftp://s3.example.com", "https://", "https:///", "http://a b", "http://user:word@host", "http://host?query"):
            bucket({"profile": "work", "endpoint": f'"{url}"'}, ["cairn.yaml:4", "buckets.audit.logs.endpoint", "expected a URL", url])
        bucket(whole, ["cairn.yaml:3", "'Logs' is no bucket's name"], name="Logs")
        bucket({"profile": "work"}, ["buckets.audit.logs", "needs an endpoint"])
        bucket({"endpoint": "http://127.0.0.1:9000"}, ["buckets.audit.logs", "needs a profile"])
        bucket({**whole, "profile": "wrok"}, ["buckets.audit.logs", "profile wrok could not be found"])
        bucket({**whole, "profile": "half"}, ["buckets.audit.logs", "profile half has no aws_access_key_id and aws_secret_access_key"])
        bucket({**whole, "ca_bundle": "/nonexistent.pem"}, ["buckets.audit.logs.ca_bundle", "/nonexistent.pem"])
        self.refused(*self.config("buckets:\n  audit-logs: https://s3.example.com\n"), says=["cairn.yaml:2", "expected buckets.NAME.endpoint"], **files)
        self.refused(*self.config("buckets:\n"), says=["cairn.yaml:1", "unknown setting 'buckets'"], **files)
        self.refused("--set", "buckets.audit-logs.endpoint=http://h", "--set", "buckets.audit-logs.profil=work", says="did you mean", **files)
        self.assertFalse(self.data.exists())

    def test_beyond_loopback(self):
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            self.refused("--listen", address, says=["without TLS", "--insecure"])
            self.refused("--listen", address, "--dev", says="loopback")
            self.refused("--listen", address, "--dev", "--insecure", says="loopback")
        self.assertFalse(self.data.exists())

    def test_names_that_only_look_like_loopback(self):
        for address in ("127.evil.example:0", "127.0.0.1.example:0"):
            self.refused("--listen", address, says="")
        self.assertFalse((self.data / "endpoint").exists())

    def test_tls_files(self):
        self.refused("--tls-cert", "/nonexistent.pem", says="tls.key")
        self.refused("--tls-cert", "/nonexistent.pem", "--tls-key", "/nonexistent.key", says="/nonexistent")

    def test_credentials_that_cannot_be_read_stop_the_clients_only(self):
        """The server keeps keys in its state; the file is a copy for its owner."""
        with Server() as server:
            credentials = server.data / "credentials"
            credentials.write_bytes(b"\x00\xff nonsense")
            done = run("env", "--data", str(server.data))
            self.assertGreater(done.returncode, 0)
            self.assertIn(str(credentials), done.stderr)
            credentials.unlink()
            done = run("env", "--data", str(server.data))
            self.assertGreater(done.returncode, 0)
            self.assertIn(str(credentials), done.stderr)

    def test_a_data_directory_that_is_open_to_others(self):
        self.data.mkdir(mode=0o755)
        os.chmod(self.data, 0o755)
        with Server(data=self.data) as server:
            self.assertIn("open to other users", server.output())
            server.stop()
            os.chmod(self.data / "credentials", 0o644)
            server.start()
            self.assertEqual((self.data / "credentials").stat().st_mode & 0o777, 0o600)

    def test_the_account_is_that_of_the_data_directory(self):
        with Server("--set", "account=111122223333") as server:
            server.stop()
            server.options = ["--dev", "--set", "account=444455556666"]
            server.start()
            self.assertIn("account 111122223333", server.output())
            self.assertEqual(server.client("sts", access_key="unknown").get_caller_identity()["Account"], "111122223333")


if __name__ == "__main__":
    unittest.main()
