"""Requests that no client makes, byte for byte: what is asked of the server is an answer, or an end."""

import socket
import time

from server import HOST

LONG = "x" * 5000


def request(line, *headers, body=b"", host=f"{HOST}:8500"):
    head = [line, f"Host: {host}", "Connection: close", *headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


REQUESTS = [
    request("GET /v1/health/service/%00 HTTP/1.1"),
    request("GET /v1/health/service/%zz HTTP/1.1"),
    request("GET /v1/health/service/%ff%fe HTTP/1.1"),
    request("GET /v1/health/service/..%2f..%2fetc HTTP/1.1"),
    request("GET /v1/../../etc/passwd HTTP/1.1"),
    request("GET //v1//peerings HTTP/1.1"),
    request("GET /v1/peerings/ HTTP/1.1"),
    request("GET /v1/peerings?index=1&index=%zz HTTP/1.1"),
    request("GET /v1/peerings?=&&&=%00&a HTTP/1.1"),
    request("GET /v1/catalog/nodes?filter=%zz HTTP/1.1"),
    request("GET /v1/catalog/nodes?filter=" + "(" * 3000 + " HTTP/1.1"),
    request(f"GET /v1/health/service/{LONG} HTTP/1.1"),
    request("GET /" + LONG * 4 + " HTTP/1.1"),
    request("GET /v1/peerings HTTP/1.1", "X-Long: " + LONG * 4),
    request("GET /v1/peerings HTTP/1.1", *[f"X-{i}: y" for i in range(2000)]),
    request("GET /v1/peerings HTTP/1.1", "Origin: http://evil.example"),
    request("GET /v1/peerings HTTP/1.1", "Origin: %%%"),
    request("GET /v1/peerings HTTP/1.1", host="evil.example"),
    request("GET /v1/peerings HTTP/1.1", host="[::1"),
    request("GET /v1/peerings HTTP/1.1", host=""),
    request("GET http://evil.example/v1/peerings HTTP/1.1"),
    request("BREW /v1/peerings HTTP/1.1"),
    request("OPTIONS * HTTP/1.1"),
    request("OPTIONS /v1/peerings HTTP/1.1"),
    request("HEAD /v1/peerings HTTP/1.1"),
    request("TRACE /v1/peerings HTTP/1.1"),
    request("PATCH /v1/config HTTP/1.1"),
    request("CONNECT 127.0.0.1:80 HTTP/1.1"),
    request("GET /v1/peerings HTTP/9.9"),
    request("GET /v1/peerings"),
    request("PUT /v1/config HTTP/1.1", "Content-Length: -1"),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 99999999999999999999"),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 600000"),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 5", "Content-Length: 6", body=b"abcde"),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    request("PUT /v1/config HTTP/1.1", "Transfer-Encoding: chunked", body=b"zz\r\nab\r\n0\r\n\r\n"),
    request("PUT /v1/config HTTP/1.1", "Transfer-Encoding: chunked", body=b"ffffffff\r\n"),
    request("PUT /v1/config HTTP/1.1", "Content-Encoding: gzip", "Content-Length: 3", body=b"abc"),
    request("PUT /v1/config HTTP/1.1", "Content-Type: multipart/form-data", "Content-Length: 3", body=b"abc"),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 4", body=b"\xff\xfe\x00\x80"),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 100000", body=b"[" * 100000),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 100000", body=b"{\"a\":" * 20000),
    request("PUT /v1/config HTTP/1.1", "Content-Length: 29", body=b"a: &a [*a, *a]\nb: *a\nc: !!x y"),
    request("PUT /v1/agent/service/register HTTP/1.1", "Content-Length: 60", body=b"{\"Name\":\"a\",\"Port\":1e999999999,\"Meta\":{\"\":\"\",\"a\":null},\"x\":0}"),
    request("PUT /v1/agent/service/register HTTP/1.1", "Expect: 100-continue", "Content-Length: 2", body=b"{}"),
    request("PUT /v1/snapshot HTTP/1.1", "Content-Length: 9223372036854775807"),
    request("PUT /v1/snapshot HTTP/1.1", "Content-Length: 3", body=b"abc"),
    request("GET /ui/..%2f..%2fetc/passwd HTTP/1.1"),
    request("PRI * HTTP/2.0", body=b"SM\r\n\r\n" + b"\x00" * 64),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    b"\x00" * 1024,
    b"\r\n\r\n\r\n",
]

PATIENCE = 1  # seconds without a word, after which the server is taken to wait for the rest


def answer(data):
    """What came of it ('hung up', 'waits', or a status), the body, and how long that took."""
    started = time.monotonic()
    received = b""
    end = "hung up"
    with socket.create_connection((HOST, 8500), timeout=PATIENCE) as connection:
        try:
            connection.sendall(data)
            while len(received) < 1_000_000 and (more := connection.recv(65536)):
                received += more
        except TimeoutError:
            end = "waits"
        except ConnectionError:
            pass
    head, _, body = received.partition(b"\r\n\r\n")
    line = head.decode("latin-1").split("\r\n")[0]
    status = line.split(" ")[1] if line.startswith("HTTP/1.") else end
    return status, body.decode("utf-8", "replace"), time.monotonic() - started
