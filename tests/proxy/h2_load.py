# SPDX-License-Identifier: Apache-2.0
"""Clients that keep many streams in flight, and know what became of each.

    Crowd(host, port, clients=3, depth=20)  starts threads; each request asks
        for a path of its own and checks that the answer is for it
    .stop()         ends them, once what is in flight is answered
    .failures       [visitors.Failure]
    .answered       requests
    .goaways        connections that the server ended with GOAWAY NO_ERROR
    .again          requests that GOAWAY or REFUSED_STREAM says were not
                    processed, and that were made again, as a browser does

A server that ends a connection says GOAWAY first, and finishes every stream
up to the last one that it names: anything else is a failure.
"""
import concurrent.futures
import os
import queue
import select
import ssl
import threading
import time

import h2
import rig
from h2 import NO_ERROR, REFUSED_STREAM, fields
from visitors import Failure


class Wrong(Exception):
    """Not the answer of this request."""


class Crowd:
    def __init__(self, host, port, clients=3, depth=20, tls=True, pause=0.0,
                 names=("/crowd/%d/%d/",)):
        self.where, self.tls, self.depth = (host, port), tls, depth
        self.pause, self.names = pause, names
        self.failures, self.lock = [], threading.Lock()
        self.answered = self.goaways = self.again = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(n,),
                                         daemon=True) for n in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        turn = [0]
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self.visit(number, turn)
            except (OSError, AssertionError, Wrong, ssl.SSLError) as error:
                self.fail(began, error)

    def fail(self, began, error):
        with self.lock:
            self.failures.append(Failure(began, "h2", error))

    def visit(self, number, turn):
        """One connection, as long as the server lets it live."""
        with h2.connect(*self.where, tls=self.tls) as client:
            flying = {}
            while True:
                while (len(flying) < self.depth and not client.last_goaway
                       and not self.stopping.is_set()):
                    turn[0] += 1
                    path = self.names[turn[0] % len(self.names)] % (
                        number, turn[0])
                    flying[client.open(fields(path=path))] = (
                        path, time.monotonic())
                if not flying and (self.stopping.is_set() or
                                   client.last_goaway):
                    break
                if client.next_frame() is None:
                    break
                self.harvest(client, flying)
                if self.pause:
                    self.stopping.wait(self.pause)
            self.leave(client, flying)

    def harvest(self, client, flying):
        for stream in list(flying):
            here = client.streams[stream]
            if here.ended:
                path, began = flying.pop(stream)
                if here.answer.status != 200 or (
                        path.encode() not in here.answer.body):
                    self.fail(began, Wrong(repr(here.answer)))
                    continue
                with self.lock:
                    self.answered += 1
                del client.streams[stream]
            elif here.reset is not None:
                path, began = flying.pop(stream)
                if here.reset != REFUSED_STREAM:
                    self.fail(began, Wrong("reset " + h2.CODES[here.reset]))
                else:
                    self.again += 1
            elif (client.last_goaway and client.last_goaway.last < stream):
                flying.pop(stream)
                self.again += 1

    def leave(self, client, flying):
        """The server ended the connection, or we stop."""
        for path, began in flying.values():
            self.fail(began, Wrong("%s: no answer before the end; %r" % (
                path, client.goaways)))
        if client.last_goaway:
            self.goaways += 1
            if client.last_goaway.code != NO_ERROR:
                self.fail(time.monotonic(), Wrong(repr(client.goaways)))
        elif client.end and not self.stopping.is_set():
            self.fail(time.monotonic(), Wrong("the end without GOAWAY"))

    def wait(self, requests):
        """So many more answers."""
        most = self.answered + requests
        rig.until(lambda: self.answered >= most,
                  lambda: "no load: %s" % self.failures[-3:], 60 * rig.SLOW)

    def flying(self):
        """How many requests there may be at a time."""
        return len(self.threads) * self.depth

    def story(self):
        return "%d connections ended with GOAWAY, %d requests were made " \
            "again" % (self.goaways, self.again)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(rig.PATIENCE)


class Link(threading.Thread):
    """One connection that many ask on; a new one when the server leaves.

        link.ask(pairs, body) -> concurrent.futures.Future of a rig.Response

    What GOAWAY or REFUSED_STREAM says was not processed is asked again; what
    was reset, or lost with the connection, raises Wrong."""

    def __init__(self, host, port):
        super().__init__(daemon=True)
        self.where, self.wanted = (host, port), queue.SimpleQueue()
        self.bell, self.over, self.again = os.eventfd(0), False, 0
        self.start()

    def ask(self, pairs, body=None):
        future = concurrent.futures.Future()
        self.put((pairs, body, future))
        return future

    def put(self, request):
        self.wanted.put(request)
        os.eventfd_write(self.bell, 1)

    def stop(self):
        self.over = True
        os.eventfd_write(self.bell, 1)
        self.join(rig.PATIENCE)

    def run(self):
        while not self.over:
            flying = {}
            try:
                with h2.connect(*self.where) as client:
                    self.serve(client, flying)
            except (OSError, AssertionError) as error:
                self.lost(flying, error)

    def lost(self, flying, error):
        for _, _, future in flying.values():
            future.set_exception(Wrong(repr(error)))
        if not flying and not self.over:    # nobody is there: it is told
            try:
                self.wanted.get(timeout=0.1)[2].set_exception(
                    Wrong(repr(error)))
            except queue.Empty:
                pass

    def serve(self, client, flying):
        wake = select.poll()
        wake.register(client.sock, select.POLLIN)
        wake.register(self.bell, select.POLLIN)
        client.settled()
        while not self.over:
            if not client.last_goaway:
                self.begin(client, flying)
            lives = client.pump()
            self.harvest(client, flying)
            if not lives or (client.last_goaway and not flying):
                break
            for fd, _ in wake.poll(1000):
                if fd == self.bell:
                    os.eventfd_read(self.bell)
        self.lost(flying, Wrong("no answer before the end: %s" %
                                client.story()))
        if not client.last_goaway and not self.over:
            raise Wrong("the end without GOAWAY")

    def begin(self, client, flying):
        most = client.theirs.get(h2.MAX_CONCURRENT_STREAMS, 100)
        while not self.wanted.empty() and len(flying) < most:
            pairs, body, future = self.wanted.get()
            stream = client.open(pairs, end=body is None)
            flying[stream] = pairs, body, future
            if body is not None:
                client.upload(stream, body)

    def harvest(self, client, flying):
        for stream in list(flying):
            here = client.streams[stream]
            late = (client.last_goaway is not None and
                    client.last_goaway.last < stream)
            if here.reset == REFUSED_STREAM or (late and not here.ended):
                self.again += 1
                self.put(flying.pop(stream))
            elif here.ended:
                flying.pop(stream)[2].set_result(client.streams.pop(
                    stream).answer)
            elif here.reset is not None:
                flying.pop(stream)[2].set_exception(
                    Wrong("reset %s" % h2.code_name(here.reset)))
