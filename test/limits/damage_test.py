"""Damage on disk between two runs: what was never answered is cut and told, what was answered is never silently lost."""
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import unittest

from server import BINARY, Server, all_events, eventually, signed_post

HEADER, BATCH_HEADER = 4096, 48            # docs/formats/journal.md


def batches(data):
    """(offset, bytes, first position) of each batch of a segment's present life, in order."""
    offset, found, last = HEADER, [], None
    while offset + BATCH_HEADER <= len(data) and data[offset:offset + 4] == b"CBAT":
        first, durable, count, size = struct.unpack_from("<QQII", data, offset + 16)
        if last is not None and first < last:
            break
        found.append((offset, BATCH_HEADER + size, first))
        offset, last = offset + BATCH_HEADER + size, first
    return found


def fingerprint(folder):
    """Every file below with its content, but the lock, and SQLite's files: it tidies its own log at each opening."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file() and p.name != "lock" and not p.name.startswith("state.db")}


class Damage(unittest.TestCase):
    options = ("--set", "state.checkpoint_interval=1h", "--set", "journal.segment_bytes=4MB")

    def setUp(self):
        self.server = Server(*self.options)
        self.addCleanup(self.server.__exit__)
        self.server.start()
        self.server.client("s3").create_bucket(Bucket="damage")
        self.objects = {}

    def work(self, calls, size=100):
        s3 = self.server.client("s3")
        for _ in range(calls):
            key = f"key-{len(self.objects):05}"
            self.objects[key] = os.urandom(size)
            s3.put_object(Bucket="damage", Key=key, Body=self.objects[key])

    def segments(self):
        return sorted((self.server.data / "journal").glob("*.log"))

    def assert_all_there(self):
        s3 = self.server.client("s3")
        listed = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="damage") for o in page.get("Contents", [])]
        self.assertEqual(listed, sorted(self.objects))
        for key in list(self.objects)[::50] + list(self.objects)[-3:]:
            self.assertEqual(s3.get_object(Bucket="damage", Key=key)["Body"].read(), self.objects[key])
        puts = eventually(lambda: (lambda found: found if len(found) >= len(self.objects) else None)(
            [json.loads(e["CloudTrailEvent"]) for e in all_events(self.server) if e["EventName"] == "PutObject"]))
        self.assertEqual(sorted(r["requestParameters"]["key"] for r in puts), sorted(self.objects), "each in the history exactly once")

    def refused(self):
        """Starts in vain: one line, nothing changed. Returns the line."""
        before = fingerprint(self.server.data)
        done = subprocess.run([BINARY, "serve", "--data", str(self.server.data), "--listen", "127.0.0.1:0", *self.options],
                              capture_output=True, text=True, timeout=30)
        self.assertGreater(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertEqual(fingerprint(self.server.data), before, "it changed something")
        return done.stderr

    def end_of(self, segment):
        offset, size, _ = batches(segment.read_bytes())[-1]
        return offset + size

    def test_garbage_behind_the_last_entry_is_cut(self):
        for garbage in (os.urandom(3000), b"CBAT" + os.urandom(500), b"\xff" * 48):
            self.work(20)
            self.server.kill()
            segment = self.segments()[0]
            end = self.end_of(segment)
            with open(segment, "r+b") as file:
                file.seek(end)
                file.write(garbage)
            self.server.start()
            self.assertIn("cut an unacknowledged tail off the journal", self.server.output())
            told = next(json.loads(line) for line in self.server.output().splitlines() if "unacknowledged" in line)
            self.assertLessEqual(abs(int(told["bytes"]) - len(garbage)), 64, told)
            self.assert_all_there()

    def test_half_a_batch_is_cut(self):
        """A write that the power went out on: the last batch's beginning, behind the end."""
        self.work(20)
        self.server.kill()
        segment = self.segments()[0]
        data = segment.read_bytes()
        offset, size, _ = batches(data)[-1]
        with open(segment, "r+b") as file:
            file.seek(offset + size)
            file.write(data[offset:offset + size // 2])
        self.server.start()
        self.assertIn("unacknowledged tail", self.server.output())
        self.assert_all_there()

    def test_damage_in_the_middle_refuses_to_start(self):
        self.work(60)
        self.server.kill()
        segment = self.segments()[0]
        whole = segment.read_bytes()
        found = batches(whole)
        offset, size, first = found[len(found) // 2]
        for at in (offset + 4, offset + BATCH_HEADER + 12, offset + size - 8):     # header, an entry's beginning, its end
            spoilt = bytearray(whole)
            spoilt[at] ^= 0x40
            segment.write_bytes(spoilt)
            told = self.refused()
            self.assertIn(str(segment), told)
            self.assertIn(f"entry {first}", told)
            self.assertIn("Restore", told)
        segment.write_bytes(whole)
        self.server.start()
        self.assert_all_there()

    def test_a_damaged_header_or_a_missing_segment_refuses_to_start(self):
        self.work(40, 60_000)
        self.server.kill()
        segment = self.segments()[0]
        self.assertGreater(len(self.segments()), 1)
        whole = segment.read_bytes()
        segment.write_bytes(b"\0" * HEADER + whole[HEADER:])
        self.assertIn(f"header of segment {segment} is damaged", self.refused())
        segment.write_bytes(whole[:-100])
        self.assertIn(str(segment), self.refused())
        segment.unlink()
        self.assertIn("Restore", self.refused())
        segment.write_bytes(whole)
        self.server.start()
        self.assert_all_there()

    def test_an_emptied_journal_refuses_to_start(self):
        """The state knows that there was one."""
        self.work(20)
        self.server.stop()
        journal = self.server.data / "journal"
        shutil.move(journal, self.server.data / "elsewhere")
        self.assertIn("journal", self.refused())
        shutil.rmtree(journal, ignore_errors=True)
        shutil.move(self.server.data / "elsewhere", journal)
        self.server.start()
        self.assert_all_there()

    def refused_but_for_directories(self):
        return self.refused()

    def test_a_damaged_state_refuses_to_start(self):
        self.work(20)
        self.server.stop()
        state = self.server.data / "state.db"
        whole = state.read_bytes()
        state.write_bytes(b"nonsense" * 100 + whole[800:])
        self.assertIn("state.db", self.refused())
        state.write_bytes(whole)
        self.server.start()
        self.assert_all_there()


class History(Damage):
    options = ("--set", "history.tail_bytes=64KB", "--set", "journal.segment_bytes=4MB")
    for name in [n for n in dir(Damage) if n.startswith("test_")]:
        locals()[name] = None
    del name

    def test_damaged_history_is_told_and_never_guessed(self):
        self.work(400)
        self.assertTrue(eventually(lambda: list((self.server.data / "history").glob("*.segment"))), "nothing was sealed")
        self.server.stop()
        segment = sorted((self.server.data / "history").glob("*.segment"))[0]
        whole = segment.read_bytes()
        segment.write_bytes(whole[:-30] + bytes(30))                               # the footer
        self.assertIn(segment.name, self.refused())
        segment.write_bytes(whole[:len(whole) // 2])
        self.assertIn(segment.name, self.refused())
        segment.unlink()
        self.assertIn(segment.name, self.refused())
        manifest = self.server.data / "history" / "manifest"
        segment.write_bytes(whole)
        said = manifest.read_bytes()
        manifest.write_bytes(said.replace(b"position", b"pasition"))
        self.assertIn("manifest", self.refused())
        manifest.write_bytes(said)

        self.server.start()
        known = {event["EventId"]: event["CloudTrailEvent"] for event in all_events(self.server)}
        self.server.stop()
        spoilt = bytearray(whole)                                                  # events: found out when they are read
        spoilt[200:210] = b"\0" * 10
        segment.write_bytes(spoilt)
        self.server.start()
        found = {event["EventId"]: event["CloudTrailEvent"] for event in all_events(self.server) if event["EventId"] in known}
        self.assertEqual(found, {i: known[i] for i in found}, "what is given is as it was")
        lost = [i for i in known if i not in found]                                # the newest first, as they come
        self.assertTrue(0 < len(lost) < len(known) / 2, f"{len(lost)} of {len(known)}")
        order = list(known)
        self.assertEqual(lost, order[order.index(lost[0]):order.index(lost[-1]) + 1], "one block, and no others")
        self.assertIn(segment.name, self.server.output())
        self.assertRegex(self.server.get("/_cairn/metrics")[1].decode(), r"(?m)^cairn_history_damaged 1$")
        self.server.client("s3").put_object(Bucket="damage", Key="after", Body=b"calls go on")
        self.server.stop()
        segment.write_bytes(whole)
        self.server.start()
        self.objects["after"] = b"calls go on"
        self.assert_all_there()


if __name__ == "__main__":
    unittest.main()
