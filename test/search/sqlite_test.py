"""Look-ups and searches of a real server against SQLite, over the same imported records: by LookupEvents with AWS's client, by SearchEvents and
SummarizeEvents over HTTP, before and after a restart and more imports. src/search/sqlite_test.cc asks more, within the process."""
import datetime
import gzip
import json
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "query"))
import logs  # noqa: E402
from server import BINARY, Server, signed_post  # noqa: E402

ACCOUNT = "000000000000"
REGIONS = ("us-east-1", "eu-west-3")
COLUMNS = {"eventID": "id", "eventName": "name", "eventSource": "source", "errorCode": "error", "sourceIPAddress": "address", "awsRegion": "region",
           "userIdentity.type": "type", "userIdentity.userName": "user", "userIdentity.accessKeyId": "key", "requestParameters.bucketName": "bucket"}


def text(value):
    return "'" + value.replace("'", "''") + "'"


class Sqlite(unittest.TestCase):
    SEED = 11

    def setUp(self):
        self.random = random.Random(self.SEED)
        self.maker = logs.Maker(self.SEED)
        self.server = Server("--set", "history.tail_bytes=256KB")
        self.server.__enter__()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.db = sqlite3.connect(":memory:")
        extracted = ", ".join(f"{column} TEXT GENERATED ALWAYS AS (json_extract(record, '$.{field}')) STORED" for field, column in COLUMNS.items())
        self.db.execute(f"""CREATE TABLE e (record TEXT, {extracted},
            time INTEGER GENERATED ALWAYS AS (CAST(strftime('%s', json_extract(record, '$.eventTime')) AS INTEGER)) STORED,
            management INTEGER GENERATED ALWAYS AS (json_extract(record, '$.eventCategory') = 'Management') STORED,
            read_only INTEGER GENERATED ALWAYS AS (json_extract(record, '$.readOnly')) STORED,
            username TEXT GENERATED ALWAYS AS (CASE json_extract(record, '$.userIdentity.type') WHEN 'IAMUser' THEN json_extract(record, '$.userIdentity.userName')
                WHEN 'AssumedRole' THEN substr(json_extract(record, '$.userIdentity.principalId'), instr(json_extract(record, '$.userIdentity.principalId'), ':') + 1) END) STORED)""")
        self.asked = self.found = 0

    def bring(self, count):
        now = datetime.datetime.now(datetime.timezone.utc)
        made = [self.maker.record(account=ACCOUNT, region=self.random.choice(REGIONS), day=(now - datetime.timedelta(days=self.random.randrange(2, 60))).strftime("%Y-%m-%d"))
                for _ in range(count)]
        with tempfile.TemporaryDirectory() as directory:
            for i in range(0, count, 100):
                (pathlib.Path(directory) / f"{i}.json.gz").write_bytes(gzip.compress(logs.log_file_text(made[i:i + 100])))
            subprocess.run([BINARY, "import", directory], env=self.server.environment(), check=True, capture_output=True)
        self.server.settle()
        self.db.executemany("INSERT INTO e (record) VALUES (?)", [(json.dumps(record),) for record in made])
        self.times = [row[0] for row in self.db.execute("SELECT time FROM e ORDER BY time")]

    def ids(self, where, order="DESC"):
        return self.db.execute(f"SELECT id, time FROM e WHERE {where} ORDER BY time {order}").fetchall()

    def check(self, found, where, order="DESC"):
        """`found`: IDs and times, in the order in which they were given."""
        wanted = self.ids(where, order)
        self.assertEqual([time for _, time in found], [time for _, time in wanted], where)
        self.assertEqual(sorted(found), sorted(wanted), where)
        self.asked += 1
        self.found += len(found)

    def value_of(self, column):
        values = [row[0] for row in self.db.execute(f"SELECT DISTINCT {column} FROM e WHERE {column} IS NOT NULL ORDER BY 1")]
        return self.random.choice(values) if self.random.random() < 0.9 else "absent"

    # Each gives a condition in our language, and the same in SQL, which is never NULL.
    def atom(self):
        field, column = self.random.choice(list(COLUMNS.items()))
        value = self.value_of(column)
        match self.random.randrange(8):
            case 0:
                return f'{field} != "{value}"', f"ifnull({column} <> {text(value)}, 1)"
            case 1:
                other = self.value_of(column)
                return f'{field} in ["{value}", "{other}"]', f"ifnull({column} IN ({text(value)}, {text(other)}), 0)"
            case 2:
                prefix = self.random.choice(["Get", "ec2", "Access", "AKIA", "bucket", "IAM", "eu-"])
                return f"{field} like /^{prefix}/", f"ifnull(substr({column}, 1, {len(prefix)}) = {text(prefix)}, 0)"
            case 3:
                return f"ispresent({field})", f"({column} IS NOT NULL)"
            case 4:
                truth = self.random.randrange(2)
                return f"readOnly = {('false', 'true')[truth]}", f"(read_only = {truth})"
            case 5:
                part = self.random.choice(["ser1", "Object", "2.1", "bucket3"])
                return f'{field} like "{part}"', f"ifnull(instr({column}, {text(part)}) > 0, 0)"
            case _:
                return f'{field} = "{value}"', f"ifnull({column} = {text(value)}, 0)"

    def condition(self, depth=2):
        kind = self.random.randrange(8) if depth else 7
        if kind < 5:
            parts = [self.condition(depth - 1) for _ in range(self.random.randrange(2, 4))]
            word = " and " if kind < 3 else " or "
            return word.join(f"({ours})" for ours, _ in parts), word.join(f"({sql})" for _, sql in parts)
        if kind == 5:
            ours, sql = self.condition(depth - 1)
            return f"not ({ours})", f"NOT ({sql})"
        return self.atom()

    def moments(self):
        """A time range or half of one, as seconds, and in SQL."""
        start = self.random.choice(self.times) if self.random.random() < 0.4 else None
        end = self.random.choice(self.times) if self.random.random() < 0.4 else None
        if start is not None and end is not None and start > end:
            start, end = end, start
        sql = (f" AND time >= {start}" if start is not None else "") + (f" AND time <= {end}" if end is not None else "")
        return start, end, sql

    def look_up(self):
        """AWS's call: management events, one region, one attribute."""
        region = self.random.choice(REGIONS)
        name, column = self.random.choice([("EventName", "name"), ("EventSource", "source"), ("Username", "username"), ("AccessKeyId", "key"), ("EventId", "id"), ("ReadOnly", "read_only")])
        value = self.value_of(column) if column != "read_only" else self.random.choice(["true", "false"])
        start, end, sql = self.moments()
        parameters = {"LookupAttributes": [{"AttributeKey": name, "AttributeValue": value}], "MaxResults": self.random.choice([7, 30, 50])}
        if start is not None:
            parameters["StartTime"] = start
        if end is not None:
            parameters["EndTime"] = end
        found = []
        while True:
            page = self.clients[region].lookup_events(**parameters)
            found += [(event["EventId"], int(event["EventTime"].timestamp())) for event in page["Events"]]
            if "NextToken" not in page:
                break
            parameters["NextToken"] = page["NextToken"]
        is_it = f"ifnull({column} = {text(value)}, 0)" if column != "read_only" else f"read_only = {int(value == 'true')}"
        # The server's own calls are events, too.
        own = {row[0] for row in self.db.execute("SELECT id FROM e")}
        self.check([one for one in found if one[0] in own], f"management AND region = '{region}' AND {is_it}{sql}")

    def call(self, name, **parameters):
        status, answer, _ = signed_post(self.server, "cairn", f"Cairn.{name}", parameters)
        self.assertEqual(status, 200, answer)
        return answer

    def question(self):
        ours, sql = self.condition()
        start, end, between = self.moments()
        category = self.random.choice(["MANAGEMENT", "DATA", "ALL"])
        regions = self.random.choice([["us-east-1"], ["eu-west-3"], list(REGIONS)])
        # Nothing of what the server does itself is older than a day.
        parameters = {"Filter": ours, "Category": category, "Regions": regions, "EndTime": end if end is not None else self.times[-1]}
        if start is not None:
            parameters["StartTime"] = start
        where = f"({sql}){between} AND region IN ({', '.join(map(text, regions))})" + {"ALL": "", "DATA": " AND NOT management", "MANAGEMENT": " AND management"}[category]
        return parameters, where

    def search(self):
        parameters, where = self.question()
        order = self.random.choice(["DESC", "ASC"])
        parameters |= {"MaxResults": self.random.choice([40, 200, 1000]), "Order": {"DESC": "NEWEST_FIRST", "ASC": "OLDEST_FIRST"}[order]}
        found = []
        while True:
            page = self.call("SearchEvents", **parameters)
            found += [(event["EventId"], event["EventTime"]) for event in page["Events"]]
            if "NextToken" not in page:
                break
            parameters["NextToken"] = page["NextToken"]
        self.check(found, where, order)

    def summarize(self):
        parameters, where = self.question()
        interval = self.random.choice([3600 * 6, 86_400])
        answer = self.call("SummarizeEvents", Interval=interval, Fields=["eventName", "Username"], TopCount=100, **parameters)
        self.assertFalse(answer.get("IsPartial"))
        bins = self.db.execute(f"SELECT time / {interval} * {interval}, count(*) FROM e WHERE {where} GROUP BY 1").fetchall()
        self.assertEqual(sorted((one["StartTime"], one["Count"]) for one in answer["Bins"] if one["Count"]), sorted(bins), where)
        self.assertEqual(answer["Total"], sum(count for _, count in bins))
        for summary, column in zip(answer["Fields"], ("name", "username"), strict=True):
            counts = dict(self.db.execute(f"SELECT {column}, count(*) FROM e WHERE {where} GROUP BY 1").fetchall())
            self.assertEqual(summary["MissingCount"], counts.pop(None, 0), where)
            self.assertEqual({one["Value"]: one["Count"] for one in summary["Values"]}, counts, where)
        self.asked += 1

    def test_answers_are_those_of_sqlite(self):
        for count in (600, 300, 300):
            self.bring(count)
            self.clients = {region: self.server.client("cloudtrail", region=region) for region in REGIONS}
            for _ in range(60):
                self.look_up()
                self.search()
                self.search()
                self.summarize()
            self.server.kill()
            self.server.start()
        self.assertEqual(self.asked, 3 * 60 * 4)
        self.assertGreater(self.found, 20_000, "questions that nothing answers prove little")


if __name__ == "__main__":
    unittest.main()
