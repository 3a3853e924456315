"""A bucket that does not take a trail's files: callers notice nothing, the events wait and arrive, and what waits has a limit beyond which
it is dropped from the delivery, and counted."""
import pathlib
import re
import sys
import unittest

import botocore.exceptions

import evidence
from server import Server, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "limits"))
from disk_full_test import SmallDisk  # noqa: E402
from wire import metric  # noqa: E402

MB = 1 << 20
OPTIONS = ("--set", "delivery.interval=1s", "--set", "digest.interval=2s", "--set", "journal.segment_bytes=4MB",
           "--set", "state.checkpoint_interval=20ms", "--set", "history.tail_bytes=64KB")


class Backlog(unittest.TestCase):
    def begin(self, *options, data=None):
        """A server with a trail whose bucket is shut."""
        server = Server(*OPTIONS, *options, data=data)
        self.addCleanup(server.__exit__)
        server.start()
        server.client("s3").create_bucket(Bucket="work")
        evidence.make_trail(server, EnableLogFileValidation=True)
        return server

    def shut(self, server):
        server.client("s3").delete_bucket_policy(Bucket="logs")
        self.assertTrue(eventually(lambda: self.status(server).get("LatestDeliveryError") == "AccessDenied", 20), server.output())

    def open(self, server):
        server.client("s3").put_bucket_policy(Bucket="logs", Policy=evidence.policy("logs"))

    def status(self, server):
        return server.client("cloudtrail").get_trail_status(Name="first")

    def answers(self, server, n):
        """What callers hear: of calls that succeed, and of some that do not."""
        sts, s3 = server.client("sts"), server.client("s3")
        got = []
        for i in range(n):
            for call in (sts.get_caller_identity, lambda: s3.put_object(Bucket="work", Key=f"k{i % 10}", Body=b"x" * 100),
                         lambda: s3.get_bucket_tagging(Bucket="work")):
                try:
                    answer = call()
                except botocore.exceptions.ClientError as error:
                    answer = error.response
                got.append((answer["ResponseMetadata"]["HTTPStatusCode"], answer.get("Error", {}).get("Code")))
        return got

    def finish(self, server):
        """Opens the bucket and ends the trail: the events that were wanted, and those in files; the chain of digests holds."""
        self.open(server)
        server.client("cloudtrail").stop_logging(Name="first")
        wanted = evidence.wanted(evidence.history(server))
        newest = set(list(wanted)[-1:])
        found = evidence.wait_until_whole(lambda: evidence.objects(server, "logs"), newest, 90)
        files = evidence.records_in_files(found)
        self.assertLessEqual(newest, files.keys(), server.output())
        evidence.check_digests(server, found, chains=1)
        for event_id, text in files.items():
            self.assertEqual(wanted[event_id], text)
        self.assertEqual(metric(server, "delivery_outgoing"), 0)
        return wanted, files

    def assert_drops_are_told(self, server, wanted, files):
        """All that is not in files was counted as dropped."""
        missing = len(wanted) - len(files)
        self.assertGreater(missing, 0)
        self.assertEqual(metric(server, "delivery_dropped_total"), missing)
        self.assertEqual(re.findall(r"\d+ events could not be delivered", self.status(server)["LatestDeliveryError"]),
                         [f"{missing} events could not be delivered"])
        self.assertLess(server.output().count("backlog passed its limits"), 3, "the log must not grow with what is dropped")

    def test_a_bucket_that_is_shut_for_a_while(self):
        server = self.begin()
        well = self.answers(server, 100)
        self.assertEqual({code for _, code in well}, {None, "NoSuchTagSet"})
        self.shut(server)
        self.assertEqual(self.answers(server, 100), well)
        self.assertTrue(self.status(server)["IsLogging"])
        self.assertGreater(metric(server, "delivery_backlog"), 0)
        server.stop()
        server.start()
        self.assertEqual(self.answers(server, 100), well)
        wanted, files = self.finish(server)
        self.assertEqual(files, wanted)
        self.assertEqual(metric(server, "delivery_dropped_total"), 0)
        self.assertFalse(self.status(server).get("LatestDeliveryError"))

    def test_a_backlog_beyond_its_limit(self):
        server = self.begin("--set", "delivery.backlog_max=16MB")
        well = self.answers(server, 20)
        self.shut(server)
        for _ in range(7):
            evidence.fill_journal(server, 8)
            # The limit, the segments at both its ends, and those made ahead.
            self.assertTrue(eventually(lambda: evidence.journal_bytes(server) <= 32 * MB, 20), evidence.journal_bytes(server))
        self.assertEqual(self.answers(server, 20), well)
        self.assert_drops_are_told(server, *self.finish(server))

    def test_a_disk_that_is_nearly_full(self):
        """The backlog is far from its limit, but not the disk from its end: no caller is refused for a dead bucket's sake."""
        disk = SmallDisk()
        self.addCleanup(disk.close)
        data = disk.path / "data"
        data.mkdir()
        server = self.begin("--set", "journal.reserve_bytes=4MB", data=data)
        well = self.answers(server, 20)
        self.shut(server)
        disk.fill(leave=40 * MB)
        evidence.fill_journal(server, 48, megabytes_per_second=8)
        self.assertEqual(server.get("/_cairn/health")[0], 200)
        self.assertEqual(self.answers(server, 20), well)
        disk.empty()
        self.assert_drops_are_told(server, *self.finish(server))
        self.assertEqual(metric(server, "unavailable_total"), 0)
        server.stop()


if __name__ == "__main__":
    unittest.main()
