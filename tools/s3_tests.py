"""Runs ceph's s3-tests against a fresh server; compares what fails with the reasons in docs/s3-tests.md. Called by tools/s3-tests."""
import collections
import configparser
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

from server import BINARY, Server

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs/s3-tests.md"
PASSING = {False: ROOT / "docs/s3-tests-passed.txt", True: ROOT / "docs/s3-tests-passed-before-2023.txt"}
OUTPUT = ROOT / "build/s3-tests"
REGION = "us-east-1"
ROLES = ("s3 main", "s3 alt", "s3 tenant", "iam", "iam root", "iam alt root")
SAME_ACCOUNT = {"iam": "s3 main"}


def root_of_new_account(server, name):
    """(number, access key, secret key). The suite's users own buckets, which here accounts do."""
    def cairn(*arguments):
        return subprocess.run([BINARY, *arguments, "--data-dir", str(server.data)], check=True, capture_output=True, text=True,
                              env=server.environment()).stdout
    number = cairn("account", "create", name).strip()
    lines = dict(line.split(" = ") for line in cairn("root", "credentials", "--account", number).splitlines() if " = " in line)
    return number, lines["aws_access_key_id"], lines["aws_secret_access_key"]


def write_config(server, path):
    config = configparser.RawConfigParser()
    host, port = server.endpoint.split("//")[1].split(":")
    config["DEFAULT"] = {"host": host, "port": port, "is_secure": "False", "ssl_verify": "False"}
    config["fixtures"] = {"bucket prefix": "s3-tests-{random}-", "iam name prefix": "s3-tests-", "iam path prefix": "/s3-tests/"}
    accounts = {}
    for role in ROLES:
        name = role.replace(" ", "-")
        if role not in SAME_ACCOUNT:
            accounts[role] = root_of_new_account(server, name)
        number, access_key, secret_key = accounts[SAME_ACCOUNT.get(role, role)]
        keys = {"access_key": access_key, "secret_key": secret_key}
        # Policies name accounts by number, access control lists by canonical id; the suite has one word for both.
        canonical = server.client("s3", **keys).list_buckets()["Owner"]["ID"]
        config[role] = {**keys, "display_name": name, "email": f"{name}@example.com",
                        "user_id": canonical if role.startswith("s3") else number}
    kms = server.client("kms", access_key=config["s3 main"]["access_key"], secret_key=config["s3 main"]["secret_key"])
    config["s3 main"].update({"api_name": "eu-west-1", "lc_debug_interval": "1",
                              "kms_keyid": kms.create_key()["KeyMetadata"]["Arn"], "kms_keyid2": kms.create_key()["KeyMetadata"]["Arn"]})
    config["s3 tenant"]["tenant"] = accounts["s3 tenant"][0]
    with open(path, "w") as out:
        config.write(out)


def outcomes(report):
    """[(case, "passed" | "failed" | "skipped", first line of why)]"""
    found = []
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error")]
        skipped = case.find("skipped")
        why = bad[0] if bad else skipped
        outcome = "failed" if bad else "passed" if skipped is None else "skipped"
        text = "" if why is None else (why.get("message") or why.text or "").strip().splitlines()[0][:240]
        found.append((case.get("name"), outcome, text))
    return found


def reasons(before_2023):
    """Patterns of cases that fail for a reason, from the tables of the document: `test_a`, `test_b_*` in a row's first column."""
    text = REPORT.read_text()
    if before_2023:
        text = re.sub(r"^## Need `--before-2023`$.*?(?=^## )", "", text, flags=re.M | re.S)
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [name.replace("[", "[[]") for row in rows for name in re.findall(r"`([^`]+)`", row)]


def main():
    checkout, *options = sys.argv[1:]
    before_2023 = "--before-2023" in options
    keeps = "--keep" in options
    options = [option for option in options if option not in ("--before-2023", "--keep")]
    OUTPUT.mkdir(parents=True, exist_ok=True)
    name = "before-2023" if before_2023 else "results"
    with Server() as server:
        write_config(server, OUTPUT / f"{name}.conf")
        variables = server.environment(S3TEST_CONF=str(OUTPUT / f"{name}.conf"), AWS_DEFAULT_REGION=REGION, HOME=os.environ.get("HOME", "/"))
        del variables["AWS_ENDPOINT_URL"]
        variables.update({"S3_TESTS_BEFORE_2023": "1"} if before_2023 else {})
        subprocess.run([sys.executable, "-m", "pytest", "-q", "--tb=short", "--no-header", "-p", "no:cacheprovider", "-p", "s3_tests_plugin",
                        f"--junitxml={OUTPUT / name}.xml", *options, "s3tests/functional/test_s3.py"], cwd=checkout, env=variables,
                       stdout=open(OUTPUT / f"{name}.log", "w"))
    found = outcomes(OUTPUT / f"{name}.xml")
    (OUTPUT / f"{name}.txt").write_text("".join(f"{outcome}\t{case}\t{why}\n" for case, outcome, why in sorted(found)))
    counts = collections.Counter(outcome for _, outcome, _ in found)
    print(", ".join(f"{counts[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped")), f"of {len(found)}: {OUTPUT / name}.txt")
    explained = reasons(before_2023)
    new = [case for case, outcome, _ in found if outcome == "failed" and not any(fnmatch.fnmatchcase(case, pattern) for pattern in explained)]
    for case in new:
        print(f"fails without a reason in {REPORT.relative_to(ROOT)}: {case}")
    passed = {case for case, outcome, _ in found if outcome == "passed"}
    run, kept = {case for case, _, _ in found}, set(PASSING[before_2023].read_text().split())
    lost = sorted(run & kept - passed)
    for case in lost:
        print(f"passed once ({PASSING[before_2023].relative_to(ROOT)}): {case}")
    if keeps:
        PASSING[before_2023].write_text("".join(f"{case}\n" for case in sorted(kept - run | passed)))
    return 1 if new or lost else 0


sys.exit(main())
