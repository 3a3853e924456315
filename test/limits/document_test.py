"""Documents that are none, too deep, or too many: AWS's code, one record for each signed call, no memory eaten."""
import base64
import hashlib
import unittest

from wire import LimitsTest, put_bucket, seconds

LOOKUP = "CloudTrail_20131101.LookupEvents"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Json(LimitsTest):
    def lookup(self, body, target=LOOKUP):
        return self.call("cloudtrail", "POST", "/", body, {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target})

    def refused(self, body, code="SerializationException"):
        with self.subTest(body=body[:60]):
            self.assert_refused(self.lookup(body), 400, code, recorded=True)

    def test_malformed(self):
        for body in (b"{", b"nonsense", b'{"MaxResults": }', b'{"MaxResults": 1,}', b"{'MaxResults': 1}", b'{"a": "\xff"}', b"\x00", b'{} {}',
                     b'{"MaxResults": 0x10}', b'{"MaxResults": NaN}', b'{"a":"\x01"}'):
            self.refused(body)

    def test_not_an_object(self):
        for body in (b"[]", b"1", b'"text"', b"null"):
            self.refused(body)

    def test_wrong_types(self):
        for body in (b'{"MaxResults": "ten"}', b'{"MaxResults": {}}', b'{"MaxResults": true}', b'{"LookupAttributes": {}}',
                     b'{"LookupAttributes": ["EventName"]}', b'{"StartTime": {}}', b'{"NextToken": 5}'):
            self.refused(body)

    def test_numbers_beyond_measure(self):
        for number in (b"1e400", b"99999999999999999999999999999999", b"-99999999999999999999", b"1" * 100_000):
            answer = self.lookup(b'{"MaxResults": ' + number + b"}")
            self.assertEqual(answer.status, 400, answer)
            self.assertIn(answer.code, ("SerializationException", "InvalidMaxResultsException"))
            self.assert_recorded(answer, answer.code)

    def test_limits_of_the_model(self):
        self.refused(b'{"MaxResults": 0}', "InvalidMaxResultsException")
        self.refused(b'{"MaxResults": 51}', "InvalidMaxResultsException")
        self.refused(b'{"NextToken": "nonsense"}', "InvalidNextTokenException")

    def test_deep_nesting(self):
        for depth in (100, 100_000, 1_000_000):
            self.refused(b'{"LookupAttributes":' + b"[" * depth + b"]" * depth + b"}")
            self.refused(b"[" * depth)
            self.refused(b'{"a":' * depth)

    def test_a_million_members(self):
        body = b"{" + b",".join(b'"m%d":%d' % (n, n) for n in range(400_000)) + b"}"
        self.assertEqual(self.lookup(body).status, 200)   # unknown members are overlooked

    def test_unknown_operation(self):
        for target in ("CloudTrail_20131101.NoSuchOperation", "CloudTrail_20131101." + "a" * 5000,
                       "CloudTrail_20131101.LookupEvents\x7e"):
            with self.subTest(target=target[:60]):
                self.assert_refused(self.lookup(b"{}", target), 400, "UnknownOperationException", recorded=True)

    def test_no_operation_at_all(self):
        self.assert_refused(self.lookup(b"{}", "CloudTrail_20131101."), 400, "UnknownOperationException", recorded=False)

    def test_a_target_that_is_nobodys(self):
        for target in ("", ".", "NoSuchService_1.Operation", "a" * 60_000):
            with self.subTest(target=target[:60]):
                answer = self.lookup(b"{}", target)
                self.assertIn(answer.status, (400, 501), answer)
                self.assertIsNotNone(answer.code, answer)


class Query(LimitsTest):
    def test_unknown_action(self):
        for body in (b"Action=NoSuchAction&Version=2011-06-15", b"Action=%ff&Version=2011-06-15", b"Action=" + b"a" * 100_000):
            with self.subTest(body=body[:60]):
                self.assert_refused(self.call("sts", "POST", "/", body, FORM), 400, "InvalidAction", recorded=True)

    def test_no_action_at_all(self):
        for body in (b"Version=2011-06-15", b"", b"Action=", b"&&&===&%zz"):
            with self.subTest(body=body[:60]):
                self.assert_refused(self.call("sts", "POST", "/", body, FORM), 400, "MissingAction", recorded=False)

    def test_a_flood_of_parameters(self):
        many = "&".join(f"a{n}=b" for n in range(500_000)).encode()
        self.assertEqual(self.call("sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15&" + many, FORM).status, 200)
        many = "&".join(f"Tags.member.{n}.Key=b" for n in range(100_000)).encode()
        self.assertIn(self.call("sts", "POST", "/", b"Action=AssumeRole&Version=2011-06-15&" + many, FORM).status, (400, 501))

    def test_list_numbers_beyond_measure(self):
        for number in (b"2000000000", b"99999999999999999999", b"-1", b"0", b"x"):
            answer = self.call("sts", "POST", "/", b"Action=AssumeRole&Version=2011-06-15&Tags.member." + number + b".Key=b", FORM)
            self.assertIn(answer.status, (400, 501), answer)
            self.assert_recorded_once(answer)

    def test_deep_names(self):
        answer = self.call("sts", "POST", "/", b"Action=AssumeRole&Version=2011-06-15&Tags" + b".member.1" * 100_000 + b"=b", FORM)
        self.assertIn(answer.status, (400, 501), answer)


LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">' +
          b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10 if n > 1 else b"&lol;" * 10) for n in range(1, 10)) +
          b"]><Tagging><TagSet><Tag><Key>&l9;</Key><Value>x</Value></Tag></TagSet></Tagging>")
OUTSIDE = (b'<?xml version="1.0"?><!DOCTYPE t [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
           b"<Tagging><TagSet><Tag><Key>k</Key><Value>&e;</Value></Tag></TagSet></Tagging>")


class Xml(LimitsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put_bucket(cls.server, "documents")

    def refused(self, body, code="MalformedXML"):
        with self.subTest(body=body[:60]):
            self.assert_refused(self.call("s3", "PUT", "/documents?tagging", body), 400, code, recorded=True)

    def test_malformed(self):
        for body in (b"<Tagging>", b"nonsense", b"<Tagging></Gagging>", b"<Tagging><TagSet></Tagging></TagSet>", b"<Tagging a=></Tagging>",
                     b"<Tagging>&nosuch;</Tagging>", b"<Tagging>\x00</Tagging>", b"<a/><b/>", b"{}", b"<" * 100_000):
            self.refused(body)

    def test_another_document(self):
        self.refused(b"<Nonsense/>")
        self.refused(b"<Tagging><TagSet><Tag><Value>without key</Value></Tag></TagSet></Tagging>")

    def test_a_missing_document(self):
        self.refused(b"", "MissingRequestBodyError")

    def test_doctypes(self):
        self.refused(LAUGHS)
        self.refused(OUTSIDE)

    def test_deep_nesting(self):
        for depth in (100, 100_000, 500_000):
            self.refused(b"<a>" * depth)
            self.refused(b"<Tagging>" + b"<a>" * depth + b"</a>" * depth + b"</Tagging>")

    def test_a_million_elements(self):
        took = seconds(lambda: self.refused(b"<Tagging><TagSet>" + b"<Tag/>" * 1_000_000 + b"</TagSet></Tagging>"))
        self.assertLess(took, 10)

    def test_a_flood_of_attributes(self):
        self.refused(b"<Tagging " + b" ".join(b'a%d="b"' % n for n in range(200_000)) + b"><TagSet><Tag/></TagSet></Tagging>")

    def test_too_many_to_delete(self):
        objects = b"".join(b"<Object><Key>k%d</Key></Object>" % n for n in range(1001))
        body = b"<Delete>" + objects + b"</Delete>"
        answer = self.call("s3", "POST", "/documents?delete", body, {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()})
        self.assert_refused(answer, 400, "MalformedXML", recorded=True)


class Entries(LimitsTest):
    """What would not fit into one journal entry (1 MiB) is refused or done in part, and says which part."""

    def test_a_policy_beyond_20_kb(self):
        put_bucket(self.server, "entries")
        for size in (21_000, 7_000_000):
            policy = b'{"Version":"2012-10-17","Id":"%s","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",' % (b"x" * size)
            answer = self.call("s3", "PUT", "/entries?policy", policy + b'"Resource":"arn:aws:s3:::entries/*"}]}')
            self.assertEqual((answer.status, answer.code), (400, "MalformedPolicy"), answer)
            self.assert_recorded(answer, answer.code)

    def test_a_thousand_of_the_longest_keys_deleted_at_once(self):
        put_bucket(self.server, "longest")
        s3 = self.server.client("s3")
        keys = {f"{n:04}" + "k" * 1020 for n in range(1000)}
        for key in keys:
            s3.put_object(Bucket="longest", Key=key, Body=b"")
        for _ in range(3):
            answer = s3.delete_objects(Bucket="longest", Delete={"Objects": [{"Key": key} for key in sorted(keys)]})
            self.assertEqual({e["Code"] for e in answer.get("Errors", [])} - {"SlowDown"}, set())
            keys -= {d["Key"] for d in answer["Deleted"]}
            listed = {o["Key"] for o in s3.list_objects_v2(Bucket="longest").get("Contents", [])}
            self.assertEqual(listed, keys, "the answer says what was deleted")
            if not keys:
                return
        self.fail("it never ends")

    def test_an_object_with_as_much_around_it_as_goes_in(self):
        put_bucket(self.server, "around")
        answer = self.call("s3", "PUT", "/around/key?x=" + "%22" * 15_000, b"\x01" * 65_536, {"x-amz-meta-a": '"' * 1900})
        self.assertEqual(answer.status, 200, answer)
        self.assert_recorded_once(answer)


class Listing(LimitsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put_bucket(cls.server, "listing")
        s3 = cls.server.client("s3")
        for n in range(1005):
            s3.put_object(Bucket="listing", Key=f"key-{n:04}")

    def test_a_page_holds_a_thousand(self):
        for version in ("list-type=2&", ""):
            for keys in ("1000", "1001", "2147483647"):
                answer = self.call("s3", "GET", f"/listing?{version}max-keys={keys}")
                self.assertEqual((answer.status, answer.body.count(b"<Key>")), (200, 1000), answer)

    def test_page_sizes_that_are_none(self):
        for keys in ("-1", "x", "2147483648", "99999999999999999999", "1e3"):
            self.assert_refused(self.call("s3", "GET", f"/listing?list-type=2&max-keys={keys}"), 400, "InvalidArgument", recorded=True)

    def test_a_token_that_is_none(self):
        for token in ("nonsense", "%00", "a" * 5000):
            self.assert_refused(self.call("s3", "GET", f"/listing?continuation-token={token}&list-type=2"), 400, "InvalidArgument", recorded=True)

    def test_a_long_delimiter_and_prefix(self):
        answer = self.call("s3", "GET", "/listing?delimiter=" + "d" * 10_000 + "&list-type=2&prefix=" + "p" * 10_000)
        self.assertEqual(answer.status, 200, answer)

    def test_a_flood_of_query_parameters(self):
        answer = self.call("s3", "GET", "/listing?" + "&".join(sorted(f"q{n}={n}" for n in range(5000))) )
        self.assertEqual(answer.status, 200, answer)


del LimitsTest


if __name__ == "__main__":
    unittest.main()
