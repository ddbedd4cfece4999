# SPDX-License-Identifier: Apache-2.0
"""TLS for the lab: a certificate, and clients that leave no choice.

The generators would ask for different ciphers and the peers prefer different
ones.  A configuration of OpenSSL, which all our clients read, lets them offer
one protocol, one cipher and one group, so that the work is the same for all.
"""
import os
import re
import ssl
import subprocess

PROTOCOL = "TLSv1.3"
CIPHER = "TLS_AES_128_GCM_SHA256"
GROUP = "X25519"
CURVE = "prime256v1"    # of the certificate's key

CLIENT_CONF = f"""\
openssl_conf = all
[all]
ssl_conf = modules
[modules]
system_default = offer
[offer]
MinProtocol = {PROTOCOL}
MaxProtocol = {PROTOCOL}
Ciphersuites = {CIPHER}
Groups = {GROUP}
"""


def prepare(lab):
    """Makes the certificate and the clients' configuration."""
    key, cert, both = (lab.path(n) for n in ("key.pem", "cert.pem",
                                             "both.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "30",
         "-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{CURVE}",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,"
         "IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    with open(both, "w", encoding="ascii") as f:
        for path in (cert, key):
            with open(path, encoding="ascii") as part:
                f.write(part.read())
    with open(lab.path("clients.cnf"), "w", encoding="ascii") as f:
        f.write(CLIENT_CONF)


def values(lab):
    """What the templates see."""
    return {"https": lab.https, "cert": lab.path("cert.pem"),
            "key": lab.path("key.pem"), "pem": lab.path("both.pem")}


def environment(lab):
    """For a client process."""
    return dict(os.environ, OPENSSL_CONF=lab.path("clients.cnf"))


def context():
    """For Python's own client; it checks no certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def _handshake(lab, *more):
    """What openssl says of one connection with one request."""
    request = "GET /1k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{lab.https}",
         "-ign_eof", *more], input=request.encode(), capture_output=True,
        check=False, timeout=10, env=environment(lab))
    return (done.stdout + done.stderr).decode("latin1")


def problems(lab):
    """Is the connection what it should be, and does a second one resume?"""
    ticket = lab.path("ticket.pem")
    if os.path.exists(ticket):
        os.unlink(ticket)
    first = _handshake(lab, "-sess_out", ticket)
    for what, pattern in (
            ("protocol and cipher", rf"New, {PROTOCOL}, Cipher is {CIPHER}"),
            ("group", rf"Server Temp Key: {GROUP}"),
            ("key of the certificate", r"Peer signature type: ECDSA"),
            ("P-256", r"Server public key is 256 bit")):
        if not re.search(pattern, first):
            yield f"TLS: not the {what} that was asked for"
    again = _handshake(lab, "-sess_in", ticket) if os.path.exists(ticket) \
        else ""
    if f"Reused, {PROTOCOL}, Cipher is {CIPHER}" not in again:
        yield "TLS: a ticket does not resume"
