"""Our own command line: what it prints, to whom, and how it fails. And README's tour, which is to stay true."""
import csv
import io
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from server import BINARY, Server, other_aws

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*arguments, env=None, **more):
    return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30, env=env, **more)


class WithoutServer(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        self.env = {"HOME": self.home.name, "PATH": os.environ["PATH"]}

    def test_help(self):
        for arguments, words in (((), ("serve", "lookup", "env", "settings")), (("serve",), ("--dev", "--tls-cert", "--set")),
                                 (("lookup",), ("--event-name", "--follow", "--output", "Examples:")), (("env",), ("eval",)), (("settings",), ())):
            done = run(*arguments, "--help", env=self.env)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for word in words:
                self.assertIn(word, done.stdout)
            self.assertLess(max(map(len, done.stdout.splitlines())), 200)

    def test_version(self):
        self.assertRegex(run("--version", env=self.env).stdout, r"^\d+\.\d+\.\d+\n$")

    def test_wrong_usage(self):
        for arguments in ((), ("no-such-command",), ("lookup", "--no-such-option"), ("lookup", "--output", "xml"), ("lookup", "--read-only", "maybe"),
                          ("lookup", "--max-items", "-1"),
                          ("serve", "--set", "histroy.retention=1d"), ("serve", "--set", "dev"), ("serve", "--config", "/no/such/file")):
            done = run(*arguments, env=self.env)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertTrue(done.stderr)
        self.assertIn("'no-such-command'", run("no-such-command", env=self.env).stderr)
        self.assertIn("did you mean 'history.retention'?", run("serve", "--set", "histroy.retention=1d", env=self.env).stderr)

    def test_the_manual_of_settings_is_fresh(self):
        shown = run("settings", env=self.env).stdout
        self.assertEqual((ROOT / "docs/configuration.md").read_text(), shown, "write it anew: build/release/bin/cairn settings > docs/configuration.md")

    def test_a_tilde_in_settings_is_the_home_directory(self):
        file = pathlib.Path(self.home.name, "file")
        file.write_text("")
        self.assertIn(f"{file}:", run("serve", "--set", "data=~/file", env=self.env, cwd=self.home.name).stderr)

    def test_no_server(self):
        done = run("env", env=self.env)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("cairn serve", done.stderr)
        keys = dict(self.env, AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
        for output in ("table", "json", "csv"):
            done = run("lookup", "--endpoint-url", "http://127.0.0.1:1", "--output", output, env=keys)
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertRegex(done.stderr, "^cairn lookup: Cannot reach http://127.0.0.1:1")
        done = run("lookup", env=self.env)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertTrue(done.stderr.startswith("cairn lookup: "))


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        s3 = cls.server.client("s3")
        s3.create_bucket(Bucket="stones")
        s3.put_object(Bucket="stones", Key="=1+1", Body=b"granite")
        s3.put_object(Bucket="stones", Key="plain", Body=b"granite")
        try:
            s3.delete_bucket(Bucket="stones")
        except s3.exceptions.ClientError:
            pass
        cls.server.client("sts", region="eu-west-1").get_caller_identity()

    def setUp(self):
        self.env = {"HOME": str(self.server.data / "nobody"), "PATH": "/usr/bin:/bin", "CAIRN_DATA": str(self.server.data)}

    def lookup(self, *arguments, **env):
        self.server.settle()
        done = run("lookup", *arguments, env={**self.env, **env})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def events(self, *arguments, **env):
        return json.loads(self.lookup("--output", "json", *arguments, **env))["Events"]

    def names(self, *arguments):
        return [event["EventName"] for event in self.events(*arguments) if event["EventName"] != "SearchEvents"]

    def test_table(self):
        lines = self.lookup("--resource-name", "stones").splitlines()
        self.assertEqual(lines[0].split(), ["TIME", "EVENT", "USER", "SOURCE", "RESOURCE", "ERROR"])
        self.assertEqual([line.split()[1:] for line in lines[1:]], [["DeleteBucket", "admin", "s3", "stones", "BucketNotEmpty"],
                                                                    ["CreateBucket", "admin", "s3", "stones"]])
        self.assertRegex(lines[1], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  ")
        self.assertEqual(self.lookup("--event-name", "None").splitlines(), lines[:1])

    def test_json(self):
        [event] = self.events("--event-name", "DeleteBucket")
        record = json.loads(event["CloudTrailEvent"])
        self.assertEqual((event["EventId"], event["EventTime"], event["ErrorCode"], event["Region"]),
                         (record["eventID"], record["eventTime"], "BucketNotEmpty", "us-east-1"))
        self.assertEqual(self.events("--event-name", "None"), [])

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.lookup("--output", "csv", "--data-events", "--event-name", "PutObject"), newline="")))
        self.assertEqual([(row["eventName"], row["category"], row["readOnly"]) for row in rows], [("PutObject", "DATA", "false")] * 2)
        for row in rows:
            for cell in row.values():
                self.assertNotRegex(cell, "^[=+@-]", "a spreadsheet would run it")

    def test_several_attributes_at_once(self):
        self.assertEqual(self.names("--resource-name", "stones", "--read-only", "false"), ["DeleteBucket", "CreateBucket"])
        self.assertEqual(self.names("--resource-name", "stones", "--event-name", "CreateBucket", "--username", "admin"), ["CreateBucket"])
        self.assertEqual(self.names("--resource-name", "stones", "--read-only", "true"), [])

    def test_data_regions_times_and_counts(self):
        self.assertEqual(self.names("--data-events", "--resource-name", "stones"), ["DeleteBucket", "PutObject", "PutObject", "CreateBucket"])
        self.assertEqual(self.names("--data-events", "--resource-name", "stones", "--max-items", "2"), ["DeleteBucket", "PutObject"])
        self.assertNotIn("GetCallerIdentity", self.names("--event-source", "sts.amazonaws.com"))
        self.assertEqual(self.names("--event-source", "sts.amazonaws.com", "--all-regions"), ["GetCallerIdentity"])
        self.assertEqual(self.names("--event-source", "sts.amazonaws.com", "--region", "eu-west-1"), ["GetCallerIdentity"])
        self.assertEqual(self.names("--event-name", "CreateBucket", "--start-time", "1h"), ["CreateBucket"])
        self.assertEqual(self.names("--event-name", "CreateBucket", "--end-time", "1h"), [])

    def test_what_is_nearly_a_field_is_hinted_at(self):
        words = "CloudTrail's records have no field 'eventname': did you mean 'eventName'?\n"
        for arguments in (("lookup", "--filter", "eventname = 'CreateBucket'", "--output", "ndjson"),
                          ("export", "--to", str(self.server.data / "exported"), "--filter", "eventname = 'CreateBucket'")):
            done = run(*arguments, env=self.env)
            self.assertEqual((done.returncode, done.stderr), (0, f"cairn {arguments[0]}: {words}"))
        self.assertEqual(self.lookup("--filter", "requestParameters.eventname = 'CreateBucket'", "--output", "ndjson"), "")

    def test_a_server_that_is_named_is_meant_for_buckets_too(self):
        words = f"--data ({self.server.endpoint}) is asked for buckets, too: AWS_ENDPOINT_URL_S3 (http://127.0.0.1:1) is not heeded\n"
        away = dict(self.env, AWS_ENDPOINT_URL_S3="http://127.0.0.1:1")
        for arguments in (("import", "s3://elsewhere"), ("verify", "s3://elsewhere")):
            done = run(*arguments, "--data", str(self.server.data), env=away)
            self.assertIn("NoSuchBucket", done.stderr)
            self.assertTrue(done.stderr.startswith(f"cairn {arguments[0]}: {words}"), done.stderr)
            done = run(*arguments, env=away)
            self.assertIn("Cannot reach http://127.0.0.1:1", done.stderr, "the variable is heeded")
            self.assertNotIn("is not heeded", run(*arguments, "--data", str(self.server.data), env=dict(self.env, AWS_ENDPOINT_URL_S3=self.server.endpoint)).stderr)

    def test_wrong_credentials(self):
        done = run("lookup", env=dict(self.env, AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE", AWS_SECRET_ACCESS_KEY="x", AWS_ENDPOINT_URL=self.server.endpoint))
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("UnrecognizedClientException", done.stderr)

    def test_env(self):
        for binary in ["/usr/bin/aws", other_aws()]:
            if not binary:
                continue
            done = subprocess.run(["bash", "-c", f'eval "$({BINARY} env)"; eval "$({BINARY} env)"; {binary} sts get-caller-identity --query Arn --output text && '
                                   f"{binary} s3 ls && {BINARY} lookup --max-items 1 --output csv | wc -l"],
                                  env=dict(self.env, PATH=os.environ["PATH"], AWS_PROFILE="no-such-profile"), capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"^arn:aws:iam::000000000000:user/admin\n.* stones\n2\n$")

    def test_the_banner_names_its_directory_for_every_shell(self):
        with tempfile.TemporaryDirectory() as parent, subprocess.Popen(
                [BINARY, "serve", "--data", "my data", "--listen", "127.0.0.1:0"], cwd=parent, stdout=subprocess.PIPE, text=True) as server:
            try:
                shown = ""
                while " env --data " not in shown:
                    line = server.stdout.readline()
                    self.assertTrue(line, "the server ended: " + shown)
                    shown += line
            finally:
                server.terminate()
            self.assertIn(f"env --data '{parent}/my data')", shown)

    def test_settings_by_file_and_command_line(self):
        config = self.server.data / "config.yaml"
        config.write_text("history:\n  retention: 30d\nlisten: 127.0.0.1:0\naccount: '123456789012'\n")
        with Server("--config", str(config)) as server:
            self.assertEqual(server.client("sts").get_caller_identity()["Account"], "123456789012")
        config.write_text("history:\n  retention: soon\n")
        done = run("serve", "--config", str(config), env=self.env)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{config}:2: history.retention: expected a duration", done.stderr)


class Readme(unittest.TestCase):
    """The `$ ` lines of README's code blocks run as they stand, and print what stands below them."""

    def steps(self):
        text = (ROOT / "README.md").read_text()
        steps = []
        for block in re.findall(r"^```\n(.*?)^```", text, re.M | re.S):
            for line in block.splitlines():
                if line.startswith("$ "):
                    steps.append((line[2:], []))
                elif steps and not steps[-1][1] and steps[-1][0].endswith("\\"):
                    steps[-1] = (steps[-1][0] + "\n" + line, [])
                elif steps and "$ " in block:
                    steps[-1][1].append(line)
        return steps

    def pattern(self, lines):
        """What changes from run to run may change; a line `...` stands for any lines."""
        out = ""
        for line in lines:
            if line.strip() == "...":
                out += r"(?:.*\n)*?"
                continue
            line = re.escape(line)
            line = re.sub(r"\d{4}\\-\d\d\\-\d\dT\d\d:\d\d:\d\dZ", r"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", line)
            line = re.sub(r"(AIDA|AKIA)[A-Z2-7]{16,17}", r"\1[A-Z2-7]{16,17}", line)
            line = re.sub(r"127\\\.0\\\.0\\\.1:4566", r"127\\.0\\.0\\.1:\\d+", line)
            out += line + "\n"
        return out

    def test_the_tour(self):
        steps = self.steps()
        self.assertGreater(len(steps), 4)
        with Server() as server, tempfile.TemporaryDirectory() as place:
            (pathlib.Path(place) / "build/release/bin").mkdir(parents=True)
            (pathlib.Path(place) / "build/release/bin/cairn").symlink_to(BINARY)
            (pathlib.Path(place) / "examples").symlink_to(ROOT / "examples")
            script = "".join(f"{command}\necho; echo '--- end of {i}'\n" for i, (command, _) in enumerate(steps))
            env = {"HOME": place, "PATH": "/usr/bin:/bin", "CAIRN_DATA": str(server.data), "AWS_PAGER": ""}
            done = subprocess.run(["bash", "-c", f"exec 2>&1\n{script}"], cwd=place, env=env, capture_output=True, text=True, timeout=120)
            rest = done.stdout
            for i, (command, expected) in enumerate(steps):
                output, rest = rest.split(f"\n--- end of {i}\n", 1)
                output = re.sub(r"^Completed .*\n| +$", "", output, flags=re.M)   # progress, which a terminal overwrites
                self.assertRegex(output, f"^{self.pattern(expected)}$", command)


if __name__ == "__main__":
    unittest.main()
