"""A small S3 that does as it is told: for tests of what happens when a bucket elsewhere is in trouble. Objects are in memory, signatures
are not looked at. with FakeS3("logs") as s3: ... s3.endpoint ... s3.trouble = 503 ..."""
import hashlib
import http.server
import socket
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

CODES = {400: "InvalidRequest", 403: "AccessDenied", 404: "NoSuchKey", 500: "InternalError", 501: "NotImplemented", 503: "SlowDown"}


class Object:
    def __init__(self, body, headers):
        self.body = body
        self.headers = headers  # names in lower case, as they came
        self.metadata = {name[len("x-amz-meta-"):]: value for name, value in headers.items() if name.startswith("x-amz-meta-")}
        self.etag = hashlib.md5(body).hexdigest()


class FakeS3:
    """`trouble` is what happens to each PUT of an object, or a function of (method, bucket, key) that says it for PUTs and HEADs of buckets:
    None         nothing
    a number     that status, with S3's code for it; nothing is stored
    "hang"       the request is read, and no answer comes until the end of the test
    "half"       the connection closes when half of the body has come
    "lost"       the object is stored, then the connection closes without an answer
    "garbage"    the object is stored, and the answer is no HTTP
    "plain"      400 InvalidArgument if it has x-amz-acl or x-amz-server-side-encryption
    a float      the answer comes that many seconds later
    `next_trouble(n, trouble)` is for the next n PUTs only. `stop()` and `start()`: nobody listens in between, what is stored stays."""

    def __init__(self, *buckets):
        self.lock = threading.Lock()
        self.buckets = {bucket: {} for bucket in buckets}
        self.puts = {}  # (bucket, key) -> SHA-256 of each body that came whole, in order
        self.requests = []  # (method, bucket, key)
        self.trouble = None
        self.passing = []
        self.port = 0
        self.server = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.stopping = threading.Event()
        self.connections = set()
        fake = self

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):  # clients that go away are no news
                pass

        self.server = Server(("127.0.0.1", self.port), type("Handler", (Handler,), {"fake": fake}))
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self):
        """Nobody listens, and all connections end."""
        if not self.server:
            return
        self.stopping.set()
        self.server.shutdown()
        self.server.socket.close()
        self.thread.join()
        with self.lock:
            open_now = list(self.connections)
        for connection in open_now:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.server.server_close()
        self.server = None

    def next_trouble(self, n, trouble):
        with self.lock:
            self.passing += [trouble] * n

    def what_happens(self, method, bucket, key):
        with self.lock:
            trouble = self.passing.pop(0) if self.passing and method == "PUT" else self.trouble
        if callable(trouble):
            return trouble(method, bucket, key)
        return trouble if method == "PUT" else None

    def keys(self, bucket, prefix=""):
        with self.lock:
            return sorted(key for key in self.buckets[bucket] if key.startswith(prefix))

    def object(self, bucket, key):
        with self.lock:
            return self.buckets[bucket][key]

    def objects(self, bucket):
        """key -> (bytes, metadata) of everything in a bucket, as evidence.objects."""
        with self.lock:
            return {key: (there.body, there.metadata) for key, there in self.buckets[bucket].items()}

    def changed_retries(self):
        """The keys that were put more than once, and not with the same bytes each time."""
        with self.lock:
            return sorted(key for (_, key), hashes in self.puts.items() if len(set(hashes)) > 1)

    def repeated(self):
        """The keys that were put more than once."""
        with self.lock:
            return sorted(key for (_, key), hashes in self.puts.items() if len(hashes) > 1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake = None

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        with self.fake.lock:
            self.fake.connections.add(self.connection)

    def finish(self):
        with self.fake.lock:
            self.fake.connections.discard(self.connection)
        super().finish()

    def target(self):
        path, _, query = self.path.partition("?")
        bucket, _, key = urllib.parse.unquote(path).lstrip("/").partition("/")
        with self.fake.lock:
            self.fake.requests.append((self.command, bucket, key))
        return bucket, key, dict(urllib.parse.parse_qsl(query, keep_blank_values=True))

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code=None, message="as the test wants it"):
        code = code or CODES.get(status, "InternalError")
        self.answer(status, f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode(),
                    Content_Type="application/xml")

    def drop(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def goes_on(self, trouble):
        """Whether the request is still to be answered as usual, after what happens to it at its end."""
        if trouble is None:
            return True
        if isinstance(trouble, float):
            return not self.fake.stopping.wait(trouble)
        if trouble == "hang":
            self.fake.stopping.wait()
            self.drop()
        elif trouble == "plain":
            if "x-amz-acl" not in self.headers and "x-amz-server-side-encryption" not in self.headers:
                return True
            self.refuse(400, "InvalidArgument")
        elif isinstance(trouble, int):
            self.refuse(trouble)
        elif trouble == "garbage":
            self.wfile.write(b"no HTTP at all\r\n\r\n")
            self.drop()
        else:
            self.drop()
        return False

    def do_PUT(self):
        bucket, key, _ = self.target()
        length = int(self.headers.get("Content-Length", 0))
        if not key:
            self.rfile.read(length)
            with self.fake.lock:
                self.fake.buckets.setdefault(bucket, {})
            return self.answer(200)
        trouble = self.fake.what_happens("PUT", bucket, key)
        if trouble == "half":
            self.rfile.read(length // 2)
            return self.drop()
        body = self.rfile.read(length)
        if len(body) < length:
            return self.drop()
        stored = Object(body, {name.lower(): value for name, value in self.headers.items()})
        with self.fake.lock:
            there = self.fake.buckets.get(bucket)
            if there is not None:
                self.fake.puts.setdefault((bucket, key), []).append(hashlib.sha256(body).hexdigest())
                if trouble in ("lost", "garbage"):
                    there[key] = stored
        if not self.goes_on(trouble):
            return
        if there is None:
            return self.refuse(404, "NoSuchBucket")
        with self.fake.lock:
            there[key] = stored
        self.answer(200, ETag=f'"{stored.etag}"')

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        bucket, key, query = self.target()
        if self.command == "HEAD" and not key and not self.goes_on(self.fake.what_happens("HEAD", bucket, key)):
            return
        with self.fake.lock:
            there = self.fake.buckets.get(bucket)
            found = None if there is None else there.get(key)
            known = sorted(there or {})
        if there is None:
            return self.refuse(404, "NoSuchBucket")
        if key:
            if found is None:
                return self.refuse(404, "NoSuchKey")
            kept = {name: value for name, value in found.headers.items() if name.startswith(("content-type", "content-encoding", "x-amz-meta-"))}
            return self.answer(200, found.body, ETag=f'"{found.etag}"', Last_Modified=self.date_time_string(time.time()), **kept)
        if self.command == "HEAD":
            return self.answer(200)
        if "location" in query:
            return self.answer(200, b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>', Content_Type="application/xml")
        self.answer(200, self.listing(bucket, known, there, query), Content_Type="application/xml")

    def listing(self, bucket, known, there, query):
        """ListObjects and ListObjectsV2, without delimiters."""
        after = query.get("continuation-token") or query.get("start-after") or query.get("marker") or ""
        prefix, most = query.get("prefix", ""), int(query.get("max-keys", 1000))
        matching = [key for key in known if key.startswith(prefix) and key > after]
        page, more = matching[:most], len(matching) > most
        name = urllib.parse.quote if query.get("encoding-type") == "url" else escape
        items = "".join(f"<Contents><Key>{name(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;{there[key].etag}&quot;</ETag>"
                        f"<Size>{len(there[key].body)}</Size><StorageClass>STANDARD</StorageClass></Contents>" for key in page)
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken><NextMarker>{name(page[-1])}</NextMarker>" if more else ""
        encoding = "<EncodingType>url</EncodingType>" if query.get("encoding-type") == "url" else ""
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{bucket}</Name>'
                f"<Prefix>{name(prefix)}</Prefix>{encoding}<KeyCount>{len(page)}</KeyCount><MaxKeys>{most}</MaxKeys>"
                f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}{items}</ListBucketResult>").encode()
