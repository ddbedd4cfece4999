# SPDX-License-Identifier: Apache-2.0
"""Load generators: each takes (lab, scenario, seconds) and counts."""
import json
import re
import subprocess
from dataclasses import dataclass

from . import conf, host, httpc

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


def wrk(lab, scenario, seconds):
    url = f"http://{httpc.HOST}:{lab.http}{scenario.path}"
    argv = ["taskset", "-c", host.LOAD_CPU, "wrk", "-t1",
            f"-c{scenario.conns}", f"-d{seconds}s", "--latency",
            "--timeout", "5s"] + _wrk_script(lab, scenario) + [url]
    out = subprocess.run(argv, capture_output=True, text=True, check=False,
                         timeout=seconds + 30).stdout
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


TOOLS = {"wrk": wrk}


def run(lab, scenario, seconds):
    return TOOLS[scenario.tool](lab, scenario, seconds)
