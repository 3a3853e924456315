"""Archives of event buses, and replays of what they hold, through a kill; by boto3."""
import datetime
import json
import unittest

import botocore.exceptions

from endpoint import Receiver
from rules_test import ACCOUNT, make_destination, make_role, put_rule
from server import Server, code_of, eventually

BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"


def put(events, number):
    events.put_events(Entries=[{"Source": "app", "DetailType": "t", "Detail": json.dumps({"n": number})}])


class Archives(unittest.TestCase):
    def test_what_was_kept_comes_again(self):
        with Server("--set", "logs.tail_bytes=64KB") as server, Receiver() as receiver:
            events = server.client("events")
            made = events.create_archive(ArchiveName="small", EventSourceArn=BUS, EventPattern='{"detail":{"n":[{"numeric":["<",300]}]}}', RetentionDays=7)
            self.assertEqual((made["ArchiveArn"], made["State"]), (f"arn:aws:events:us-east-1:{ACCOUNT}:archive/small", "ENABLED"))
            self.assertEqual(code_of(events.create_archive, ArchiveName="small", EventSourceArn=BUS), "ResourceAlreadyExistsException")
            for number in range(310):
                put(events, number)
            described = eventually(lambda: (d := events.describe_archive(ArchiveName="small"))["EventCount"] == 300 and d)
            self.assertTrue(described, events.describe_archive(ArchiveName="small"))
            self.assertEqual([archive["ArchiveName"] for archive in events.list_archives(EventSourceArn=BUS)["Archives"]], ["small"])
            server.kill()
            server.start()
            events = server.client("events")
            role = make_role(server)
            put_rule(server, "all", {"source": ["app"]}, make_destination(server, receiver.url), role)
            now = datetime.datetime.now(datetime.timezone.utc)
            span = {"EventStartTime": now - datetime.timedelta(hours=1), "EventEndTime": now + datetime.timedelta(hours=1)}
            with self.assertRaisesRegex(botocore.exceptions.ClientError, "EventStartTime must be before EventEndTime."):
                events.start_replay(ReplayName="r", EventSourceArn=made["ArchiveArn"], EventStartTime=now, EventEndTime=now, Destination={"Arn": BUS})
            with self.assertRaisesRegex(botocore.exceptions.ClientError, "Archive absent does not exist."):
                events.start_replay(ReplayName="r", EventSourceArn=made["ArchiveArn"].replace("small", "absent"), Destination={"Arn": BUS}, **span)
            for rule in (f"arn:aws:events:us-east-1:{ACCOUNT}:rule/absent", "x" * 1600):
                self.assertEqual(code_of(events.start_replay, ReplayName="r", EventSourceArn=made["ArchiveArn"],
                                         Destination={"Arn": BUS, "FilterArns": [rule]}, **span), "ResourceNotFoundException")
            started = events.start_replay(ReplayName="r", EventSourceArn=made["ArchiveArn"], Destination={"Arn": BUS}, **span)
            self.assertEqual(started["State"], "STARTING")
            arrived = {json.loads(request["body"])["detail"]["n"] for request in receiver.wait_for(300, 30)}
            self.assertEqual(arrived, set(range(300)))
            self.assertEqual(json.loads(receiver.requests[0]["body"])["replay-name"], "r")
            self.assertTrue(eventually(lambda: events.describe_replay(ReplayName="r")["State"] == "COMPLETED"))
            self.assertEqual([replay["ReplayName"] for replay in events.list_replays(State="COMPLETED")["Replays"]], ["r"])
            self.assertEqual(code_of(events.cancel_replay, ReplayName="r"), "IllegalStatusException")
            self.assertEqual(code_of(events.start_replay, ReplayName="r", EventSourceArn=made["ArchiveArn"], Destination={"Arn": BUS}, **span),
                             "ResourceAlreadyExistsException")
            self.assertEqual(events.describe_archive(ArchiveName="small")["EventCount"], 300)
            events.update_archive(ArchiveName="small", Description="d")
            self.assertEqual(events.describe_archive(ArchiveName="small")["Description"], "d")
            events.delete_archive(ArchiveName="small")
            with self.assertRaisesRegex(botocore.exceptions.ClientError, "Archive small does not exist."):
                events.describe_archive(ArchiveName="small")


if __name__ == "__main__":
    unittest.main()
