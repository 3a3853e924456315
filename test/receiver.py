"""Somebody who is sent things: an HTTP server on a free port of loopback that keeps what it gets and answers as it is told."""
import http.server
import threading


class Receiver:
    def __init__(self, answer=None):
        """`answer(request) -> status`: called for each request; default: 200."""
        self.answer = answer or (lambda request: 200)
        self.requests = []
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                request = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
                status = outer.answer(request)
                with outer.lock:
                    outer.requests.append({**request, "status": status})
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_):  # a client that was killed
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def got(self, path=None):
        with self.lock:
            return [request for request in self.requests if path is None or request["path"] == path]
