# SPDX-License-Identifier: Apache-2.0
"""Authorities, certificates and revocation lists for tests, made with the
`openssl` command in a folder of their own.

    with Folder() as folder:
        ca = folder.authority("Test CA")
        pair = ca.issue("a.test", "*.b.test", "127.0.0.1")
        pair.cert, pair.key      files (PEM); pair.cert holds the leaf alone
        pair.chain               leaf, then the intermediates, without the root
        pair.both                key and chain in one file
        old = ca.issue("a.test", start=-10, end=-1)        days from now
        rsa = ca.issue("a.test", key="rsa:2048")
        client = ca.issue(client=True, subject="/C=US/O=Shop/CN=alice",
                          serial="03A5B1")
        lower = ca.authority("Lower CA")     an intermediate
        ca.revoke(old)
        ca.crl()                 file of the revocation list
        pair.der()               bytes; pair.fingerprint(), SHA-256 in hex
        client_context(ca, ...)  an ssl.SSLContext that trusts ca

Keys: "ec" (P-256), "ec:P-384", "ec:P-521", "rsa:BITS", "ed25519".
"""
import datetime
import hashlib
import ipaddress
import os
import shutil
import ssl
import subprocess
import tempfile

EXTENSIONS = {
    "authority": ["basicConstraints=critical,CA:TRUE",
                  "keyUsage=critical,keyCertSign,cRLSign",
                  "subjectKeyIdentifier=hash"],
    "server": ["basicConstraints=critical,CA:FALSE",
               "keyUsage=critical,digitalSignature,keyEncipherment",
               "extendedKeyUsage=serverAuth", "subjectKeyIdentifier=hash"],
    "client": ["basicConstraints=critical,CA:FALSE",
               "keyUsage=critical,digitalSignature",
               "extendedKeyUsage=clientAuth", "subjectKeyIdentifier=hash"],
}

CONFIG = """
[ca]
default_ca = one
[one]
database = {base}.index
serial = {base}.serial
crlnumber = {base}.crlnumber
new_certs_dir = {folder}
certificate = {base}.pem
private_key = {base}.key
default_md = sha256
unique_subject = no
email_in_dn = yes
preserve = yes
policy = any
[any]
{subject}
[req]
distinguished_name = dn
[dn]
"""

SUBJECT = ("countryName stateOrProvinceName localityName organizationName "
           "organizationalUnitName commonName emailAddress serialNumber "
           "givenName surname title domainComponent userId")


def openssl(*arguments, stdin=None):
    """Standard output of `openssl ...`, bytes; fails with what it said."""
    done = subprocess.run(["openssl"] + [str(a) for a in arguments],
                          input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise AssertionError("openssl %s: %s" % (
            " ".join(str(a) for a in arguments),
            done.stderr.decode(errors="replace")))
    return done.stdout


def stamp(days):
    """A time so many days from now (or a datetime, UTC), as ASN.1 has it."""
    when = days
    if not isinstance(days, datetime.datetime):
        when = (datetime.datetime.now(datetime.timezone.utc)
                + datetime.timedelta(days=days))
    return when.strftime("%Y%m%d%H%M%SZ")


def make_key(path, kind):
    """A new private key in a file (0600)."""
    name, _, detail = kind.partition(":")
    if name == "rsa":
        how = ["-algorithm", "RSA", "-pkeyopt",
               "rsa_keygen_bits:" + (detail or "2048")]
    elif name == "ec":
        how = ["-algorithm", "EC", "-pkeyopt",
               "ec_paramgen_curve:" + (detail or "P-256")]
    else:
        how = ["-algorithm", name]
    openssl("genpkey", *how, "-out", path)
    os.chmod(path, 0o600)


def alternative(name):
    try:
        return "IP:%s" % ipaddress.ip_address(name)
    except ValueError:
        return "DNS:" + name


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


class Pair:
    """A certificate and its key."""

    def __init__(self, base, issuer):
        self.base, self.issuer = base, issuer
        self.cert, self.key = base + ".pem", base + ".key"
        self.chain, self.both = base + ".chain.pem", base + ".both.pem"

    def finish(self):
        above = self.issuer.above()
        write(self.chain, read(self.cert) + above)
        write(self.both, read(self.key) + read(self.chain))
        os.chmod(self.both, 0o600)
        return self

    def der(self):
        return ssl.PEM_cert_to_DER_cert(read(self.cert).decode())

    def fingerprint(self):
        return hashlib.sha256(self.der()).hexdigest()


class Authority(Pair):
    """Issues certificates; `parent` None: a root."""

    def __init__(self, folder, base, subject, key, parent, start, end):
        super().__init__(base, parent)
        self.folder, self.parent = folder, parent
        make_key(self.key, key)
        write(base + ".index", "")
        write(base + ".crlnumber", "01\n")
        write(base + ".cnf", CONFIG.format(
            base=base, folder=folder.path,
            subject="\n".join(f + " = optional" for f in SUBJECT.split())))
        signer = parent or self
        signer.sign(self, subject, EXTENSIONS["authority"], start, end,
                    root=parent is None)
        self.finish()

    def above(self):
        """What a leaf's chain has after the leaf: no root."""
        if self.parent is None:
            return b""
        return read(self.cert) + self.parent.above()

    def finish(self):
        write(self.chain, self.above() or read(self.cert))
        return self

    def sign(self, pair, subject, extensions, start, end, serial=None,
             digest="sha256", root=False):
        """Makes pair.cert for pair.key."""
        request, extfile = pair.base + ".csr", pair.base + ".ext"
        openssl("req", "-new", "-config", self.base + ".cnf", "-utf8", "-key",
                pair.key, "-subj", subject, "-out", request)
        write(extfile, "\n".join(extensions) + "\n")
        number = serial or self.folder.serial()
        write(self.base + ".serial",
              number + "\n" if len(number) % 2 == 0 else "0%s\n" % number)
        openssl("ca", "-batch", "-notext", "-preserveDN", "-utf8",
                "-config", self.base + ".cnf", "-in", request, "-extfile", extfile, "-md", digest,
                "-startdate", stamp(start), "-enddate", stamp(end),
                "-out", pair.cert, *(["-selfsign"] if root else []))

    def issue(self, *names, key="ec", subject=None, client=False, start=-1,
              end=90, serial=None, digest="sha256", extensions=None):
        """A leaf for these DNS names and IP addresses."""
        pair = Pair(self.folder.base(names[0] if names else "client"), self)
        make_key(pair.key, key)
        extra = list(extensions if extensions is not None
                     else EXTENSIONS["client" if client else "server"])
        if names:
            extra.append("subjectAltName=" +
                         ",".join(alternative(n) for n in names))
        self.sign(pair, subject or "/CN=" + (names[0] if names else "client"),
                  extra, start, end, serial, digest)
        return pair.finish()

    def authority(self, name, key="ec", subject=None, start=-1, end=365):
        """An intermediate below this one."""
        return Authority(self.folder, self.folder.base(name),
                         subject or "/CN=" + name, key, self, start, end)

    def revoke(self, pair):
        openssl("ca", "-batch", "-config", self.base + ".cnf", "-revoke",
                pair.cert)

    def crl(self, start=-1, end=30):
        """The revocation list as it is now, a file of its own each time."""
        path = self.folder.base("crl") + ".pem"
        openssl("ca", "-gencrl", "-config", self.base + ".cnf",
                "-crl_lastupdate", stamp(start), "-crl_nextupdate", stamp(end),
                "-out", path)
        return path


class Folder:
    """A temporary folder; use as a context, or end with .close()."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="sluice-certificates-")
        self.made = 0

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)

    def base(self, name):
        """A path that nothing has yet, to which endings are added."""
        self.made += 1
        word = "".join(c if c.isalnum() else "-" for c in name)[:40]
        return os.path.join(self.path, "%d-%s" % (self.made, word))

    def serial(self):
        self.made += 1
        return "%012X" % (0x5100000000 + self.made)

    def authority(self, name="Test CA", key="ec", subject=None, start=-1,
                  end=3650):
        """A root."""
        return Authority(self, self.base(name), subject or "/CN=" + name, key,
                         None, start, end)

    def file(self, name, data):
        return write(os.path.join(self.path, name), data)


def client_context(authority=None, pair=None, alpn=None, low=None, high=None,
                   ciphers=None):
    """A client that trusts `authority` (None: anybody), shows `pair`, offers
    `alpn` and speaks `low` to `high` (ssl.TLSVersion)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(getattr(authority, "cert", authority))
    if pair:
        context.load_cert_chain(pair.chain, pair.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    old = low and low < ssl.TLSVersion.TLSv1_2 or \
        high and high < ssl.TLSVersion.TLSv1_2
    if ciphers or old:
        # What is old is below the security level of Debian's library.
        context.set_ciphers((ciphers or "ALL") + ":@SECLEVEL=0")
    if low:
        context.minimum_version = low
    if high:
        context.maximum_version = high
    return context
