"""A real cairn in a fresh directory on a free port, for tests and benchmarks. Stopped by its own process id, bounded in time."""
import configparser
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import urllib.request

BINARY = os.environ.get("CAIRN_BINARY") or str(pathlib.Path(__file__).resolve().parent.parent / "build/release/bin/cairn")


class Server:
    """with Server() as server: ... ; server.kill() and server.start() act a crash and a restart on the same directory."""

    def __init__(self, *options, data=None, start_timeout=20, ca=None, variables=None):
        """`ca`: file with the certificate that clients are to trust, for a server that speaks TLS. `variables`: of its environment."""
        self.options = list(options)
        self.variables = variables or {}
        self.ca = ca
        self.owns_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="cairn-test-"))
        self.start_timeout = start_timeout
        self.process = None
        self.log = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        if self.owns_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def start(self):
        endpoint = self.data / "endpoint"
        if endpoint.exists():
            endpoint.unlink()
        self.log_path = self.data.with_name(self.data.name + ".log")
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen([BINARY, "serve", "--data", str(self.data), "--listen", "127.0.0.1:0", *self.options],
                                        stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **self.variables})
        deadline = time.monotonic() + self.start_timeout
        while not endpoint.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"cairn ended with {self.process.returncode}: {self.output()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"cairn did not start in {self.start_timeout} s: {self.output()}")
            time.sleep(0.005)
        self.endpoint = endpoint.read_text().strip()
        credentials = configparser.ConfigParser()
        credentials.read(self.data / "credentials")
        self.access_key = credentials["default"]["aws_access_key_id"]
        self.secret_key = credentials["default"]["aws_secret_access_key"]
        self.wait_healthy(deadline)

    def wait_healthy(self, deadline):
        while True:
            try:
                if self.get("/_cairn/health")[0] == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"cairn is not healthy: {self.output()}")
            time.sleep(0.005)

    def get(self, path, method="GET"):
        request = urllib.request.Request(self.endpoint + path, method=method)
        trust = ssl.create_default_context(cafile=self.ca) if self.ca else None
        try:
            with urllib.request.urlopen(request, timeout=10, context=trust) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def settle(self):
        """Returns when history and log groups show every call answered so far; they follow within milliseconds. Makes no record."""
        def positions():
            text = self.get("/_cairn/metrics")[1].decode()
            return [int(re.search(rf"^cairn_{name}_position (\d+)", text, re.M)[1]) for name in ("journal", "history", "logs")]
        durable = positions()[0]
        if not eventually(lambda: min(positions()[1:]) >= durable):
            raise AssertionError(f"history or log groups stay behind: {self.output()}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def output(self):
        return self.log_path.read_text(errors="replace")[-4000:]

    def environment(self, **more):
        """For a client process: this server, its administrator, and nothing of the machine's own AWS settings."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        env.update(AWS_ACCESS_KEY_ID=self.access_key, AWS_SECRET_ACCESS_KEY=self.secret_key, AWS_DEFAULT_REGION="us-east-1",
                   AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
                   AWS_ENDPOINT_URL=self.endpoint, AWS_PAGER="", HOME=str(self.data))
        if self.ca:
            env["AWS_CA_BUNDLE"] = str(self.ca)
        env.update(more)
        return env

    def aws(self, *arguments, binary="/usr/bin/aws", check=True, **more):
        """Runs the AWS CLI; returns the completed process (text)."""
        done = subprocess.run([binary, "--endpoint-url", self.endpoint, *arguments], env=self.environment(**more),
                              capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"aws {' '.join(arguments)} gave {done.returncode}: {done.stdout}{done.stderr}\n{self.output()}")
        return done

    def client(self, service, region="us-east-1", access_key=None, secret_key=None, **config):
        import boto3
        from botocore.config import Config
        settings = {"retries": {"max_attempts": 0}, "s3": {"addressing_style": "path"}}
        settings.update(config)
        return boto3.client(service, endpoint_url=self.endpoint, region_name=region, aws_access_key_id=access_key or self.access_key,
                            aws_secret_access_key=secret_key or self.secret_key, verify=str(self.ca) if self.ca else None,
                            config=Config(**settings))


def other_aws():
    """An AWS CLI newer than Debian's, if the machine has one on its path."""
    found = shutil.which("aws")
    return found if found and os.path.realpath(found) != "/usr/bin/aws" else None


def importing(server):
    """A client of CloudFormation whose change sets have ImportExistingResources, which boto3 knows only since 1.28.80."""
    client = server.client("cloudformation")
    client.meta.events.register("before-call.cloudformation.CreateChangeSet", lambda params, **_: params["body"].update(ImportExistingResources="true"))
    return client


def eventually(probe, timeout=10):
    """Calls probe() until it returns something true; the last value if it never does."""
    deadline = time.monotonic() + timeout
    while True:
        value = probe()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.01)


def code_of(call, **parameters):
    """The code of a call's refusal; None: it succeeds."""
    from botocore.exceptions import ClientError
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def signed_post(server, service, target, body, region="us-east-1", path="/", content_type="application/x-amz-json-1.1", access_key=None):
    """One JSON call signed by botocore, without a client model; returns (status, document, headers)."""
    import json
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    credentials = botocore.credentials.Credentials(access_key or server.access_key, server.secret_key)
    data = json.dumps(body).encode()
    request = botocore.awsrequest.AWSRequest("POST", server.endpoint + path, data=data,
                                             headers={"Content-Type": content_type, "X-Amz-Target": target})
    botocore.auth.SigV4Auth(credentials, service, region).add_auth(request)
    plain = urllib.request.Request(server.endpoint + path, data=data, headers=dict(request.headers), method="POST")
    trust = ssl.create_default_context(cafile=server.ca) if server.ca else None
    try:
        with urllib.request.urlopen(plain, timeout=30, context=trust) as response:
            return response.status, json.loads(response.read() or b"{}"), response.headers
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}"), error.headers


def all_events(server, newer_than=None, access_key=None):
    """Every event (management and data, all regions), newest first, through the server's own search. `access_key`: whose, in --dev."""
    server.settle()
    events, token = [], None
    while True:
        query = {"Region": "", "Category": "ALL", "MaxResults": 1000}
        if newer_than:
            query["NewerThan"] = newer_than
        if token:
            query["NextToken"] = token
        status, page, _ = signed_post(server, "cairn", "Cairn.SearchEvents", query, path="/_cairn/api/", access_key=access_key)
        assert status == 200, page
        events += page["Events"]
        token = page.get("NextToken")
        if not token:
            return events


def all_records(server, **more):
    """The records of those events, oldest first, without the searches that read them."""
    import json
    records = [json.loads(event["CloudTrailEvent"]) for event in reversed(all_events(server, **more))]
    return [record for record in records if record["eventName"] != "SearchEvents"]


def build_directory():
    """Where tests may keep what they install, from one run to the next."""
    return pathlib.Path(__file__).resolve().parent.parent / "build"
