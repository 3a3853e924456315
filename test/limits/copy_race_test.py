"""Copies of objects that are replaced and deleted meanwhile: never an internal error, never bytes that stay behind."""
import threading
import unittest

from server import eventually
from wire import LimitsTest

LARGE = b"s" * 1_000_000
ROUNDS = 30


class CopyRaces(LimitsTest):
    def setUp(self):
        self.s3 = self.server.client("s3")
        self.s3.create_bucket(Bucket="copies")

    def outcomes_of_copies_while(self, change):
        outcomes = []

        def copy(number):
            s3 = self.server.client("s3")
            for round_ in range(ROUNDS):
                try:
                    s3.copy_object(Bucket="copies", Key=f"copy-{number}", CopySource="copies/source")
                    outcomes.append("done")
                except s3.exceptions.ClientError as error:
                    outcomes.append(error.response["Error"]["Code"])

        self.s3.put_object(Bucket="copies", Key="source", Body=LARGE)
        threads = [threading.Thread(target=copy, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            change()
        for thread in threads:
            thread.join()
        return outcomes

    def test_a_source_that_is_replaced_is_copied_all_the_same(self):
        outcomes = self.outcomes_of_copies_while(lambda: self.s3.put_object(Bucket="copies", Key="source", Body=LARGE))
        self.assertLessEqual(set(outcomes), {"done", "OperationAborted"})
        self.assertIn("done", outcomes)

    def test_a_source_that_vanishes_leaves_no_copy_of_its_bytes(self):
        def change():
            self.s3.delete_object(Bucket="copies", Key="source")
            self.s3.put_object(Bucket="copies", Key="source", Body=LARGE)

        outcomes = self.outcomes_of_copies_while(change)
        self.assertLessEqual(set(outcomes), {"done", "NoSuchKey", "OperationAborted"})
        for item in self.s3.list_objects_v2(Bucket="copies").get("Contents", []):
            self.s3.delete_object(Bucket="copies", Key=item["Key"])
        left = lambda: [path for path in (self.server.data / "objects").rglob("*") if path.is_file()]
        self.assertTrue(eventually(lambda: not left()), f"{len(left())} files hold bytes of no object")


if __name__ == "__main__":
    unittest.main()
