# SPDX-License-Identifier: Apache-2.0
"""Load generators: each takes (lab, scenario, seconds) and counts."""
import json
import re
import subprocess
from dataclasses import dataclass

from . import conf, host, httpc, tls

# Through all routes in an order that does not go from one to its neighbour.
ROUTES_SCRIPT = """
local routes = {%s}
local requests, at = {}, 0
function init(args)
  for i, route in ipairs(routes) do
    wrk.headers["Host"] = route[1]
    requests[i] = wrk.format("GET", route[2])
  end
end
function request()
  at = (at + 37) %% #requests
  return requests[at + 1]
end
"""


@dataclass
class Load:
    requests: int
    seconds: float
    p50: float      # us, None where the generator does not say
    p99: float
    errors: int


def _micros(text):
    number, unit = re.match(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6, "m": 6e7}[unit]


def _wrk_script(lab, scenario):
    lines = []
    if scenario.close:
        lines.append('wrk.headers["Connection"] = "close"')
    if scenario.body:
        lines += ['wrk.method = "POST"',
                  f"wrk.body = {json.dumps(scenario.body)}",
                  'wrk.headers["Content-Type"] = "application/octet-stream"']
    if "routes" in scenario.flags:
        lines.append(ROUTES_SCRIPT % ", ".join(
            f'{{"{r.host}", "{r.path}api/v1/items"}}'
            for r in conf.ALL_ROUTES))
    if not lines:
        return []
    path = lab.path("wrk.lua")
    with open(path, "w", encoding="ascii") as f:
        f.write("\n".join(lines) + "\n")
    return ["-s", path]


def _url(lab, scenario):
    scheme = "https" if "tls" in scenario.flags else "http"
    return f"{scheme}://{httpc.HOST}:{lab.port(scenario.flags)}{scenario.path}"


def _output(lab, argv, seconds):
    return subprocess.run(["taskset", "-c", host.LOAD_CPU] + argv,
                          capture_output=True, text=True, check=False,
                          timeout=seconds + 30,
                          env=tls.environment(lab)).stdout


def _wrk(lab, conns, script, url, seconds):
    out = _output(lab, ["wrk", "-t1", f"-c{conns}", f"-d{seconds}s",
                        "--latency", "--timeout", "5s"] + script + [url],
                  seconds)
    total = re.search(r"(\d+) requests in ([\d.]+\w+),", out)
    if not total:
        raise RuntimeError("wrk: " + out)

    def quantile(q):
        m = re.search(rf"^\s+{q}%\s+([\d.]+\w+)", out, re.M)
        return _micros(m.group(1)) if m else None

    errors = 0
    for line in re.findall(r"(?:Socket errors|Non-2xx).*", out):
        errors += sum(map(int, re.findall(r" (\d+)", line)))
    return Load(int(total.group(1)), _micros(total.group(2)) / 1e6,
                quantile(50), quantile(99), errors)


def wrk(lab, scenario, seconds):
    return _wrk(lab, scenario.conns, _wrk_script(lab, scenario),
                _url(lab, scenario), seconds)


def wrk_with(lab, script, port, path, conns, seconds):
    """Load as the script says, to another port than the lab's."""
    return _wrk(lab, conns, ["-s", script],
                f"http://{httpc.HOST}:{port}{path}", seconds)


# ALB, and so Sluice, ends a connection after 10,000 requests, and h2load opens
# no other: it is started again before that.
_PER_CONNECTION = 9900


def _h2load_once(lab, scenario, limit, seconds):
    argv = ["h2load", "-t1", f"-c{scenario.conns}", f"-m{scenario.streams}"]
    if scenario.body:
        path = lab.path("body")
        with open(path, "w", encoding="ascii") as f:
            f.write(scenario.body)
        argv += ["-d", path, "-H", "content-type: application/octet-stream"]
    out = _output(lab, argv + limit + [_url(lab, scenario)], seconds)
    wall = re.search(r"finished in ([\d.]+\w+),", out)
    done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, "
                     r"(\d+) timeout", out)
    good = re.search(r"status codes: (\d+) 2xx", out)
    if not wall or not done or "Application protocol: h2" not in out:
        raise RuntimeError("h2load: " + out)
    count, *wrong = map(int, done.groups())
    # Those in flight at the end have a status, but are not counted as done.
    errors = sum(wrong) + max(count - int(good.group(1)), 0)
    return Load(count, _micros(wall.group(1)) / 1e6, None, None, errors)


def h2load(lab, scenario, seconds):
    if scenario.path == "/1m":      # never so many
        return _h2load_once(lab, scenario, [f"-D{seconds}"], seconds)
    total = Load(0, 0, None, None, 0)
    while total.seconds < seconds:
        got = _h2load_once(lab, scenario,
                           [f"-n{scenario.conns * _PER_CONNECTION}"], 60)
        total.requests += got.requests
        total.seconds += got.seconds
        total.errors += got.errors
    return total


def handshakes(lab, scenario, seconds):
    """Connections that should have been resumed and were not are errors."""
    out = _output(lab, [lab.path("handshakes"), str(lab.https), scenario.path,
                        str(seconds), str(scenario.conns),
                        "resume" if scenario.resume else "new"], seconds)
    figures = out.split()
    if len(figures) != 6:
        raise RuntimeError("handshakes: " + out)
    count, resumed, errors = map(int, figures[:3])
    if scenario.resume:
        errors += max(count - resumed - scenario.conns, 0)
    elif resumed:
        errors += resumed
    wall, p50, p99 = map(float, figures[3:])
    return Load(count, wall, p50, p99, errors)


TOOLS = {"wrk": wrk, "h2load": h2load, "handshakes": handshakes}


def run(lab, scenario, seconds):
    return TOOLS[scenario.tool](lab, scenario, seconds)
