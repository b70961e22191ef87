"""An application that says hello to whoever the gateway says is there."""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from assertion import Assertions

assertions = Assertions(
    issuer=os.environ["RUSTRONAUT_ISSUER"],
    audience=os.environ["RUSTRONAUT_AUDIENCE"],
    keys=os.environ["RUSTRONAUT_KEYS"],
    origin=os.environ["RUSTRONAUT_ORIGIN"],
)


class Hello(BaseHTTPRequestHandler):
    def answer(self):
        try:
            # `self.path` is the target as it was sent. In WSGI it is REQUEST_URI or RAW_URI: PATH_INFO is decoded.
            assertion = self.headers.get("X-Rustronaut-Jwt-Assertion", "")
            claims = assertions.caller_of(self.command, self.path, assertion)
            self.send(200, f"Hello {claims.get('email', claims['sub'])}\n")
        except jwt.PyJWTError as error:
            print(error, file=sys.stderr)
            self.send(401, "Open this application through the gateway.\n")

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def send(self, status: int, text: str):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Hello).serve_forever()
