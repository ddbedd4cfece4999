#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Target groups of ProtocolVersion HTTP2 and GRPC: what reaches a target, how
requests share connections, and which requests a group takes at all."""
import contextlib
import json
import queue
import signal
import socket
import struct
import threading
import time
import unittest

import certificates
import checked
import h2
import rig
from h2_frames import (ACK, CANCEL, DATA, END_HEADERS, END_STREAM, HEADERS,
                       INITIAL_WINDOW_SIZE, SETTINGS, fields, frame,
                       window_update)
from http2_targets import hello, read_frame
from rig import until
from stack import fixed, forward, path
from target_h2 import Target, front, group, logged, need, serve


def setUpModule():
    global folder, pair
    need()
    folder = certificates.Folder()
    pair = folder.authority("Front CA").issue("example.com")


def tearDownModule():
    folder.close()


class Shared(unittest.TestCase):
    """One target, and one server with a group of each version before it."""
    @classmethod
    def setUpClass(cls):
        cls.target = Target()
        cls.secure = Target(pair)
        stack = front(fixed(404))
        group(stack, "H2", [cls.target.address])
        group(stack, "Grpc", [cls.target.address], "GRPC")
        group(stack, "Tls", [cls.secure.address], protocol="HTTPS")
        group(stack, "GrpcTls", [cls.secure.address], "GRPC", "HTTPS")
        stack.rule("R1", "Front", 1, [h2_header("grpc-tls")],
                   forward("GrpcTls"))
        stack.rule("R2", "Front", 2, [path("/pkg.Svc/*")], forward("Grpc"))
        stack.rule("R3", "Front", 3, [h2_header("tls")], forward("Tls"))
        stack.rule("R4", "Front", 4, [path("/*")], forward("H2"))
        cls.sluice = serve(stack, pair)

    @classmethod
    def tearDownClass(cls):
        cls.sluice.stop()
        cls.target.__exit__()
        cls.secure.__exit__()

    def connect(self):
        client = h2.connect(*self.sluice.listeners["Front"])
        self.addCleanup(client.close)
        return client


def h2_header(value):
    return {"Field": "http-header", "HttpHeaderConfig": {
        "HttpHeaderName": "X-Group", "Values": [value]}}


class Fields(Shared):
    # 79, 91
    def test_a_head_reaches_the_target_in_lower_case(self):
        answer = self.connect().ask("/fields?a=b", more=[
            ("x-thing", "Some Value"), ("cookie", "a=1"), ("cookie", "b=2"),
            ("te", "trailers"), ("user-agent", "test")])
        self.assertEqual(answer.status, 200)
        got = json.loads(answer.body)
        self.assertEqual(got[":method"], "GET")
        self.assertEqual(got[":scheme"], "http")
        self.assertEqual(got[":authority"], "example.com:%d"
                         % self.sluice.listeners["Front"][1])
        self.assertEqual(got[":path"], "/fields?a=b")
        self.assertNotIn("host", got)
        self.assertEqual(got["x-thing"], "Some Value")
        self.assertEqual(got["cookie"], "a=1; b=2")
        self.assertEqual(got["te"], "trailers")
        self.assertEqual(got["x-forwarded-for"], "127.0.0.1")
        self.assertEqual(got["x-forwarded-proto"], "https")
        self.assertEqual(got["x-forwarded-port"], "%d"
                         % self.sluice.listeners["Front"][1])
        self.assertRegex(got["x-amzn-trace-id"], r"^Root=1-[0-9a-f]{8}-")

    def test_no_te_is_made_up(self):
        got = json.loads(self.connect().ask("/fields").body)
        self.assertNotIn("te", got)
        self.assertNotIn("transfer-encoding", got)
        self.assertNotIn("content-length", got)

    def test_over_TLS_the_scheme_is_https(self):
        answer = self.connect().ask("/fields", more=[("x-group", "tls")])
        self.assertEqual(json.loads(answer.body)[":scheme"], "https")

    def test_trailers_and_bodies_pass_both_ways(self):
        client = self.connect()
        stream = client.open(fields(method="POST", path="/echo"), end=False)
        client.upload(stream, b"x" * 100000, end=False)
        client.send(h2.headers(stream, client.encode([
            ("x-sum", "42"), ("x-forwarded-for", "6.6.6.6")]),
            h2.END_HEADERS | END_STREAM))
        answer = client.response(stream)
        self.assertEqual(answer.body, b"x" * 100000)
        self.assertEqual(answer.trailers, [("x-sum", "42")])

    def test_a_content_length_is_kept(self):
        client = self.connect()
        answer = client.ask("/fields", "POST", body=b"12345",
                            more=[("content-length", "5")])
        self.assertEqual(json.loads(answer.body)["content-length"], "5")


def ok(conn):
    """200 to whatever comes first."""
    hello(conn)
    conn.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x88"))
    conn.wait_close()


class LongestHeads(unittest.TestCase):
    def ask(self, origin, version, more):
        self.addCleanup(origin.close)
        stack = group(front(), "Tg", [origin.address], version)
        with serve(stack, pair) as sluice:
            with h2.connect(*sluice.listeners["Front"]) as client:
                return client.ask("/x", more=more)

    def test_the_longest_request_that_is_let_in_reaches_the_target(self):
        more = [("x-%d" % i, "v" * 16200) for i in range(4)]
        size = sum(len(name) + len(value) + 32
                   for name, value in fields(*more, path="/x"))
        more.append(("y", "v" * (65536 - size - 33)))
        answer = self.ask(rig.Origin(script=ok), "HTTP2", more)
        self.assertEqual(answer.status, 200)

    def test_the_longest_response_that_is_let_in_reaches_the_client(self):
        answer = self.ask(rig.Origin(answer=lambda _: (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"a: b\r\n" * 5300
            + b"\r\nok")), "HTTP1", [])
        self.assertEqual(answer.all("a"), ["b"] * 5300)


class Scripted:
    """A target of h2c that reads `most` requests of a connection and says
    nothing by itself."""

    def __init__(self, most):
        self.most = most
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = rig.address(*self.listener.getsockname())
        self.found = queue.Queue()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        conn.sendall(frame(SETTINGS, 0, 0, b"") +
                     frame(SETTINGS, ACK, 0, b""))
        data, heads = conn.recv(24, socket.MSG_WAITALL), 0
        while data and heads < self.most:
            data = conn.recv(9, socket.MSG_WAITALL)
            if len(data) == 9:
                conn.recv(int.from_bytes(data[:3], "big"), socket.MSG_WAITALL)
                heads += data[3] == HEADERS
        if heads == self.most:
            self.found.put(conn)

    def asked(self):
        """The first connection that brought them."""
        return self.found.get(timeout=rig.PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class Sharing(unittest.TestCase):
    # 79
    def test_requests_of_many_clients_share_a_connection(self):
        with Target() as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice:
                clients = [h2.connect(*sluice.listeners["Front"])
                           for _ in range(4)]
                streams = [(c, c.open(fields(path="/fields")))
                           for c in clients for _ in range(20)]
                for client, stream in streams:
                    self.assertEqual(client.response(stream).status, 200)
                got = json.loads(clients[0].ask("/count").body)
                self.assertEqual(got, {"sessions": 1, "requests": 81})
                for client in clients:
                    client.close()

    def test_a_refused_stream_is_sent_again_with_its_body(self):
        with Target() as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                answer = client.ask("/refuse-once", "POST", body=b"payload")
                self.assertEqual((answer.status, answer.body),
                                 (200, b"payload"))
                self.assertEqual(client.ask("/refuse").status, 502)
                metrics = sluice.metrics()
                self.assertEqual(
                    metrics.sum("sluice_refused_streams_total"), 3)
                self.assertEqual(metrics.sum("sluice_retries_total"), 2)

    def test_a_connection_that_leaves_finishes_its_streams(self):
        with Target() as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                held = client.open(fields(method="POST", path="/echo"),
                                   end=False)
                client.upload(held, b"a", end=False)
                client.head(held)
                self.assertEqual(client.ask("/leave").body, b"bye")
                self.assertEqual(client.ask("/fields").status, 200)
                client.upload(held, b"b")
                self.assertEqual(client.response(held).body, b"ab")
                got = json.loads(client.ask("/count").body)
                self.assertEqual(got["sessions"], 2)

    def test_resets_are_502_or_a_cut_answer(self):
        with Target() as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                self.assertEqual(client.ask("/reset").status, 502)
                stream = client.open(fields(path="/cut"))
                client.until(lambda: client.streams[stream].closed)
                self.assertIsNotNone(client.streams[stream].reset)
                self.assertEqual(client.ask("/fields").status, 200)

    def test_an_answer_and_a_reset_at_once_end_the_others(self):
        """One event brings both, and no other follows."""
        with Scripted(2) as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                streams = [client.open(fields(path="/%d" % i))
                           for i in range(2)]
                conn = target.asked()
                sluice.freeze()
                conn.sendall(frame(HEADERS, END_STREAM | END_HEADERS, 1,
                                   b"\x88"))    # :status: 200
                rig.reset(conn)
                sluice.signal(signal.SIGCONT)
                self.assertEqual([client.response(s).status
                                  for s in streams], [200, 502])

    def test_a_client_that_cancels_resets_the_target_s_stream(self):
        with Target() as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                stream = client.open(fields(path="/hold"))
                until(lambda: target.asked("/hold"), "the request")
                client.cancel(stream)
                until(lambda: target.resets("/hold"), "the reset")
                self.assertEqual(target.resets("/hold"), [CANCEL])
                got = json.loads(client.ask("/count").body)
                self.assertEqual(got["sessions"], 1)

    def test_a_slow_client_stops_no_other(self):
        with Target() as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice:
                slow = [h2.connect(*sluice.listeners["Front"], credit=False)
                        for _ in range(6)]
                streams = [c.open(fields(path="/big")) for c in slow]
                for client, stream in zip(slow, streams):
                    client.head(stream)
                with h2.connect(*sluice.listeners["Front"]) as quick:
                    self.assertEqual(len(quick.ask("/big").body), 3000000)
                    got = json.loads(quick.ask("/count").body)
                    self.assertEqual(got["sessions"], 1)
                for client in slow:
                    client.close()

    def test_a_target_that_dies_fails_over_and_back(self):
        with Target() as one, Target() as two:
            stack = group(front(), "Tg", [one.address, two.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                for _ in range(4):
                    self.assertEqual(client.ask("/fields").status, 200)
                one.kill()
                until(lambda: sluice.metrics().sum(
                    "sluice_target_connections") == 1, "the end of one")
                for _ in range(6):
                    self.assertEqual(client.ask("/fields").status, 200)


class Handshakes(unittest.TestCase):
    def test_a_target_of_HTTP_1_is_502_and_says_so(self):
        with rig.Origin() as origin:
            stack = group(front(), "Tg", [origin.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                self.assertEqual(client.ask("/x").status, 502)
                logged(sluice, "does not")

    def test_a_target_that_does_not_choose_h2_is_502_and_says_so(self):
        origin = checked.Secure(pair)
        stack = group(front(), "Tg", [origin.address], protocol="HTTPS")
        with origin, serve(stack, pair) as sluice, \
                h2.connect(*sluice.listeners["Front"]) as client:
            self.assertEqual(client.ask("/x").status, 502)
            logged(sluice, "did not choose HTTP/2")

    def test_a_change_of_version_changes_connections(self):
        with Target() as target:
            stack = group(front(), "Tg", [target.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                held = client.open(fields(method="POST", path="/echo"),
                                   end=False)
                client.upload(held, b"a", end=False)
                client.head(held)
                again = group(front(), "Tg", [target.address], "HTTP1")
                sluice.reload(again)
                # node's HTTP/2 server closes what is no HTTP/2.
                self.assertEqual(client.ask("/fields").status, 502)
                client.upload(held, b"b")
                self.assertEqual(client.response(held).body, b"ab")
                sluice.reload(stack)
                self.assertEqual(client.ask("/fields").status, 200)


def message(data):
    return struct.pack(">BI", 0, len(data)) + data


GRPC = [("content-type", "application/grpc+proto"), ("te", "trailers"),
        ("grpc-timeout", "9S")]


def slow(conn):
    """Answers nothing, gives a window to its last stream alone, and takes
    what comes there a little at a time."""
    origin = conn.origin
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    hello(conn, (INITIAL_WINDOW_SIZE, 1000))
    conn.send(window_update(0, 1 << 30))
    origin.seen.put(1)
    while True:
        got = read_frame(conn)
        if got.kind == HEADERS:
            origin.seen.put(got.stream)
        if got.kind == HEADERS and got.stream == origin.last:
            conn.send(window_update(got.stream, 1 << 30))
        time.sleep(0.02)


class Timeouts(unittest.TestCase):
    """Others move on the same connection to the target."""

    def upload(self, client):
        with contextlib.suppress(OSError, AssertionError):
            client.upload(client.open(fields(method="POST", path="/up"),
                                      end=False), bytes(8 << 20))

    def ends(self, *bodies):
        """One request that is never answered, and one for each body."""
        with rig.Origin(script=slow) as target:
            target.seen, target.last = queue.Queue(), 2 * len(bodies) + 3
            stack = group(front(attributes={
                "idle_timeout.timeout_seconds": "1"}), "Tg", [target.address])
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as held, \
                    h2.connect(*sluice.listeners["Front"]) as other:
                number = held.open(fields(path="/hold"))
                self.assertEqual(target.seen.get(timeout=rig.PATIENCE), 1)
                for body in bodies:
                    number = held.open(fields(method="POST"), end=False)
                    held.upload(number, body)
                    target.seen.get(timeout=rig.PATIENCE)
                thread = threading.Thread(target=self.upload, args=[other])
                thread.start()
                self.assertEqual(held.response(number).status, 504)
                self.assertTrue(thread.is_alive(), "the upload goes on")
                other.sock.shutdown(socket.SHUT_RDWR)
                thread.join()

    def test_a_request_that_is_not_answered_times_out(self):
        self.ends()

    def test_a_body_that_the_target_does_not_take_times_out(self):
        self.ends(bytes(5000))


class Grpc(Shared):
    # 101
    def test_unary(self):
        for more in [], [("x-group", "grpc-tls")]:
            answer = self.connect().ask("/pkg.Svc/Echo", "POST",
                                        more=GRPC + more,
                                        body=message(b"hello"))
            self.assertEqual((answer.status, answer.body),
                             (200, message(b"hello")), more)
            self.assertEqual(answer.get("content-type"), "application/grpc")
            self.assertEqual(dict(answer.trailers),
                             {"grpc-status": "0", "grpc-message": "fine"})

    # 101
    def test_bidirectional_streaming(self):
        client = self.connect()
        stream = client.open(fields(*GRPC, method="POST",
                                    path="/pkg.Svc/Echo"), end=False)
        for i in range(5):
            part = message(b"message %d" % i)
            client.upload(stream, part, end=False)
            client.until(lambda: client.streams[stream].answer and
                         client.streams[stream].answer.body.endswith(part))
        client.send(frame(DATA, END_STREAM, stream, b""))
        answer = client.response(stream)
        self.assertEqual(answer.body,
                         b"".join(message(b"message %d" % i)
                                  for i in range(5)))
        self.assertEqual(dict(answer.trailers)["grpc-status"], "0")

    # 101
    def test_trailers_only(self):
        answer = self.connect().ask("/pkg.Svc/Fail", "POST", more=GRPC,
                                    body=message(b"x"))
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.get("grpc-status"), "5")
        self.assertEqual(answer.get("grpc-message"), "not here")

    def test_a_cancelled_call_is_cancelled_at_the_target(self):
        client = self.connect()
        stream = client.open(fields(*GRPC, method="POST",
                                    path="/pkg.Svc/Hold"), end=False)
        client.upload(stream, message(b"x"), end=False)
        until(lambda: self.target.asked("/pkg.Svc/Hold"), "the call")
        client.cancel(stream)
        until(lambda: self.target.resets("/pkg.Svc/Hold"), "the reset")
        self.assertEqual(self.target.resets("/pkg.Svc/Hold"), [CANCEL])


class Errors(unittest.TestCase):
    # 79, 101
    def test_our_own_answers_to_gRPC_are_a_status_alone(self):
        with Target() as target:
            target.kill()
            stack = group(front(), "Tg", [target.address], "GRPC")
            with serve(stack, pair) as sluice, \
                    h2.connect(*sluice.listeners["Front"]) as client:
                answer = client.ask("/pkg.Svc/Echo", "POST", more=GRPC,
                                    body=message(b"x"))
                self.assertEqual((answer.status, answer.body), (502, b""))
                self.assertIsNone(answer.get("content-type"))


class Matrix(Shared):
    # 79
    def test_which_client_may_ask_which_group(self):
        origin = rig.Origin()
        self.addCleanup(origin.close)
        stack = front(fixed(404))
        group(stack, "H1", [origin.address], "HTTP1")
        group(stack, "H2", [self.target.address])
        group(stack, "Grpc", [self.target.address], "GRPC")
        for i, name in enumerate(("H1", "H2", "Grpc")):
            stack.rule("R%d" % i, "Front", i + 1, [h2_header(name)],
                       forward(name))
        allowed = {("http1", "H1"): 200, ("http1", "H2"): 464,
                   ("http1", "Grpc"): 464, ("h2", "H1"): 200,
                   ("h2", "H2"): 200, ("h2", "Grpc"): 464,
                   ("h2post", "Grpc"): 200, ("grpc", "H1"): 464,
                   ("grpc", "H2"): 200, ("grpc", "Grpc"): 200}
        with serve(stack, pair) as sluice:
            for (client, name), status in allowed.items():
                self.assertEqual(self.status(sluice, client, name), status,
                                 (client, name))

    @staticmethod
    def status(sluice, client, name):
        where = sluice.listeners["Front"]
        if client == "http1":
            sock = h2.context(alpn=("http/1.1",)).wrap_socket(
                h2.dial(*where), server_hostname="example.com")
            with sock:
                sock.sendall(b"GET /fields HTTP/1.1\r\nHost: example.com\r\n"
                             b"X-Group: %s\r\nConnection: close\r\n\r\n"
                             % name.encode())
                return int(sock.recv(4096).split()[1])
        more = [("x-group", name)]
        if client == "grpc":
            more += GRPC
        with h2.connect(*where) as conn:
            if client == "h2":
                return conn.ask("/fields", more=more).status
            return conn.ask("/fields", "POST", more=more,
                            body=message(b"x")).status


if __name__ == "__main__":
    rig.main()
