"""Deploys templates that others wrote, unmodified, each on a server of its own, and says what became of them.

Rows of tools/templates.tsv, tab-separated: repository, commit, path, parameters, what must be there before, outcome.
"""
import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import threading

from botocore.exceptions import ClientError

from server import Server, eventually

TABLE = pathlib.Path(__file__).with_name("templates.tsv")
PAGE = TABLE.parent.parent / "docs" / "stacks-templates.md"
MARK = "<!-- from here on written by tools/templates --write -->"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
BODY_BYTES_MAX = 51_200
DEPLOYS = "deploys"


class Outcome(Exception):
    """Why a template does not deploy."""


def rows():
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            yield dict(zip(("repository", "commit", "path", "parameters", "before", "outcome"), line.split("\t")))


def text_of(checkouts, row):
    owner, name = row["repository"].split("/")
    for place in (f"{owner}+{name}/repo", f"{owner}+{name}", f"{owner}/{name}", name):
        if (checkouts / place).is_dir():
            shown = subprocess.run(["git", "-C", str(checkouts / place), "show", f"{row['commit']}:{row['path']}"], capture_output=True)
            if shown.returncode == 0:
                return shown.stdout.decode()
    return None


def prepare(server, region, before):
    """Makes what a template expects to find: a key with its alias, buckets and topics that let CloudTrail in, stacks that export values.

    Returns the key's ARN.
    """
    key = ""
    if before.get("key"):
        kms = server.client("kms", region)
        key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
             "Resource": "*"}]}))["KeyMetadata"]["Arn"]
        if before.get("alias"):
            kms.create_alias(AliasName=before["alias"], TargetKeyId=key)
    for bucket in before.get("buckets", []):
        server.client("s3").create_bucket(Bucket=bucket)
        trail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        server.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {**trail, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
            {**trail, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]}))
    for topic in before.get("topics", []):
        arn = server.client("sns", region).create_topic(Name=topic)["TopicArn"]
        server.client("sns", region).set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
                                                    "Action": "sns:Publish", "Resource": arn}]}))
    for template in before.get("stacks", []):  # what exports values that it imports
        server.client("cloudformation", region).create_stack(StackName=template["name"], TemplateBody=json.dumps({
            "Resources": {"Nothing": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
            "Outputs": {f"Export{i}": {"Value": value.replace("{KEY}", key), "Export": {"Name": name}}
                        for i, (name, value) in enumerate(template["exports"].items())}}))
        settled(server.client("cloudformation", region), template["name"])
    return key


def settled(cloudformation, stack):
    def done():
        seen = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return seen if not seen["StackStatus"].endswith("_IN_PROGRESS") else None
    seen = eventually(done, timeout=120)
    if seen is None:
        raise Outcome(f"{stack} does not come to an end")
    return seen["StackStatus"]


def expect(cloudformation, stack, status):
    found = settled(cloudformation, stack)
    if found == status:
        return
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    events = [event for page in pages for event in page["StackEvents"]]
    reasons = [f"{e['LogicalResourceId']}: {e['ResourceStatusReason']}" for e in reversed(events)
               if e["ResourceStatus"].endswith("_FAILED") and "cancelled" not in e.get("ResourceStatusReason", "cancelled")]
    raise Outcome(f"{found}, not {status}: {min(reasons) if reasons else 'no reason is given'}")


def life(server, text, row):
    """Created, deployed again without a change, updated (tags), deleted."""
    before = json.loads(row["before"] or "{}")
    region = before.get("region", "us-east-1")
    key = prepare(server, region, before)
    cloudformation = server.client("cloudformation", region)
    parameters = [{"ParameterKey": name, "ParameterValue": value.replace("{KEY}", key)}
                  for name, value in json.loads(row["parameters"] or "{}").items()]
    if len(text.encode()) > BODY_BYTES_MAX:
        server.client("s3").create_bucket(Bucket="templates-to-deploy")
        server.client("s3").put_object(Bucket="templates-to-deploy", Key="template", Body=text.encode())
        which = {"TemplateURL": "https://s3.us-east-1.amazonaws.com/templates-to-deploy/template"}
    else:
        which = {"TemplateBody": text}
    name = cloudformation.create_stack(StackName="audit", Parameters=parameters, Capabilities=CAPABILITIES, **which)["StackId"]
    expect(cloudformation, name, "CREATE_COMPLETE")
    try:
        cloudformation.update_stack(StackName=name, Parameters=parameters, Capabilities=CAPABILITIES, **which)
        raise Outcome("deployed again without a change, it is changed")
    except ClientError as refusal:
        if refusal.response["Error"]["Message"] != "No updates are to be performed.":
            raise
    cloudformation.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=parameters, Capabilities=CAPABILITIES,
                                Tags=[{"Key": "purpose", "Value": "audit"}])
    expect(cloudformation, name, "UPDATE_COMPLETE")
    cloudformation.delete_stack(StackName=name)
    expect(cloudformation, name, "DELETE_COMPLETE")


def without_chance(reason):
    """The same whenever it is said: without request ids and made-up names."""
    reason = re.sub(r" \((Service|RequestToken): [^)]*\)", "", reason)
    reason = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", reason)
    return re.sub(r"(?<=-)[0-9a-z]{12}\b", "…", reason)


def outcome_of(text, row):
    # Mail is accepted and goes nowhere. No file reaches a bucket that is to be deleted, as one would stop that.
    with Server("--set", "mail.server=smtp://127.0.0.1:9", "--set", "mail.from=cairn@example.com", "--set", "delivery.interval=15m") as server:
        try:
            life(server, text, row)
            return DEPLOYS
        except Outcome as why:
            return without_chance(" ".join(str(why).split()))
        except ClientError as refusal:
            return " ".join(refusal.response["Error"]["Message"].split())


def write_page(known):
    """The page's table; what stands above it is written by hand."""
    above = PAGE.read_text().split(MARK)[0]
    lines = ["| template | commit | outcome |", "|---|---|---|"]
    for row in sorted(known, key=lambda row: (row["outcome"] != DEPLOYS, row["repository"].lower(), row["path"])):
        outcome = row["outcome"] if len(row["outcome"]) < 300 else row["outcome"][:300] + "…"
        lines.append(f"| {row['repository']} {row['path']} | {row['commit'][:10]} | {outcome.replace('|', '/')} |")
    PAGE.write_text(above + MARK + "\n\n" + "\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", type=pathlib.Path, help="directory with clones: OWNER+NAME, OWNER/NAME or NAME below it")
    parser.add_argument("--only", default="", help="rows whose repository or path has this in it")
    parser.add_argument("--write", action="store_true", help="write the outcomes to the table")
    options = parser.parse_args()
    known = list(rows())
    differs, missing, lock = 0, 0, threading.Lock()

    def one(row):
        nonlocal differs, missing
        if options.only not in f"{row['repository']}/{row['path']}":
            return
        text = text_of(options.checkouts, row)
        found = outcome_of(text, row) if text is not None else None
        with lock:
            if found is None:
                missing += 1
                print(f"-  {row['repository']} {row['path']}: no such commit or file below {options.checkouts}", flush=True)
                return
            is_same = found == row.get("outcome")
            differs += not is_same
            print(f"{'=' if is_same else '!'}  {row['repository']} {row['path']}: {found}", flush=True)
            row["outcome"] = found

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(one, known))
    if options.write:
        heads = [line for line in TABLE.read_text().splitlines() if line.startswith("#")]
        write_page(known)
        TABLE.write_text("\n".join(heads + ["\t".join(row.get(k, "") for k in
                         ("repository", "commit", "path", "parameters", "before", "outcome")) for row in known]) + "\n")
    print(f"{sum(row.get('outcome') == DEPLOYS for row in known)} of {len(known)} deploy; {differs} differ from the table, {missing} were not there")
    return differs > 0 and not options.write


if __name__ == "__main__":
    sys.exit(main())
