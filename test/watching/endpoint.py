"""An HTTP server that keeps what it is sent, and answers as it is told."""
import http.server
import threading

from server import eventually


class Receiver:
    """with Receiver() as receiver: receiver.url ...; `answer(request)` gives a status, and may wait."""

    def __init__(self, answer=lambda request: 200):
        self.answer = answer
        self.requests = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                request = {"method": self.command, "path": self.path, "headers": dict(self.headers), "body": body}
                answer = receiver.answer(request)
                status, text = answer if isinstance(answer, tuple) else (answer, "")
                if status < 300:
                    receiver.requests.append(request)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, count, timeout=15):
        """The first `count` requests."""
        eventually(lambda: len(self.requests) >= count, timeout)
        assert len(self.requests) >= count, f"{len(self.requests)} of {count} came"
        return self.requests[:count]
