"""What stands before several servers: devices go to each in turn, people keep to theirs; none asks one that is gone."""

from __future__ import annotations

import http.client
import itertools
import re
import zlib
from urllib.parse import urlsplit

from tests.sync.faults import HOP_BY_HOP, Answer, Asked, FaultyHttp

_LOGIN = re.compile(r"xuda_hr=(\S+?)(?:;|$)")


class Balancer(FaultyHttp):
    """``served`` counts the requests each server has answered."""

    def __init__(self, servers: list[str]) -> None:
        super().__init__()
        self._servers = [urlsplit(address).netloc for address in servers]
        self._turn = itertools.count()
        self.served = [0] * len(servers)

    def _handle(self, asked: Asked) -> Answer:
        cookie = _LOGIN.search(asked.headers.get("cookie", ""))
        first = zlib.crc32(cookie[1].encode()) if cookie else next(self._turn)
        for step in range(len(self._servers)):
            place = (first + step) % len(self._servers)
            line = http.client.HTTPConnection(self._servers[place], timeout=60)
            try:
                line.connect()
            except OSError:
                continue
            try:
                line.request(asked.method, asked.path, body=asked.body or None, headers=asked.headers)
                answer = line.getresponse()
                headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
                self.served[place] += 1
                return Answer(answer.status, answer.read(), answer.getheader("Content-Type") or "", headers)
            finally:
                line.close()
        raise OSError("no server is there")
