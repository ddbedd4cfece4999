# SPDX-License-Identifier: Apache-2.0
"""What tests of trust stores by the API have in common: authorities, clients,
a folder that stands for S3, and a listener that may verify its clients."""
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import aws  # noqa: E402
import stack as stacks  # noqa: E402
from certificates import Folder, openssl  # noqa: E402
from mutual_tls import Refused, Visitor, tell  # noqa: E402
from rig import Origin  # noqa: E402
from stack import Served, Stack, forward  # noqa: E402

BUCKET = "trust"


class TrustCase(aws.ApiCase):
    s3_folder = True

    @classmethod
    def setUpClass(cls):
        cls.files = Folder()
        cls.addClassCleanup(cls.files.close)
        cls.ca = cls.files.authority("Clients")
        cls.other = cls.files.authority("Others")
        cls.good = cls.ca.issue(client=True)
        cls.bad = cls.ca.issue(client=True)
        cls.stranger = cls.other.issue(client=True)
        cls.ca.revoke(cls.bad)
        cls.s3 = os.path.join(cls.files.path, "s3")
        os.makedirs(os.path.join(cls.s3, BUCKET, "deep"))
        cls.put("ca.pem", cls.ca.cert)
        cls.put("deep/other.pem", cls.other.cert)
        cls.put("list.crl", cls.ca.crl())
        cls.put("foreign.crl", cls.foreign())
        openssl("crl", "-in", cls.object("list.crl"), "-outform", "DER", "-out",
                cls.object("list.der"))
        cls.origin = Origin(answer=tell)
        cls.addClassCleanup(cls.origin.close)
        s = Stack()
        s.group("Blue", [cls.origin.address])
        s.https("Safe", 443, forward("Blue"), certificate=stacks.LOCAL,
                SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06")
        s.add("Ts", stacks.ELB + "TrustStore",
              {"Name": "of-the-template", "CaCertificatesBundleS3Bucket": "x",
               "CaCertificatesBundleS3Key": "y"}, {})
        cls.template = s
        cls.state = os.path.join(cls.files.path, "state.sqlite")
        cls.options = ("--port", "443=0", "--state", cls.state) + (
            ("--s3-folder", cls.s3) if cls.s3_folder else ())
        super().setUpClass()
        cls.begin()

    @classmethod
    def begin(cls):
        cls.elb = cls.api.client("elbv2")
        cls.address = Served.read_listeners(cls.api)["Safe"]
        cls.listener = cls.elb.describe_listeners(
            LoadBalancerArn=cls.elb.describe_load_balancers()["LoadBalancers"]
            [0]["LoadBalancerArn"])["Listeners"][0]["ListenerArn"]

    @classmethod
    def foreign(cls):
        """A list by an authority of the same name, which is another one."""
        return cls.files.authority("Clients").crl()

    @classmethod
    def object(cls, key):
        return os.path.join(cls.s3, BUCKET, key)

    @classmethod
    def put(cls, key, path):
        shutil.copy(path, cls.object(key))

    def create(self, name, key="ca.pem", **more):
        return self.elb.create_trust_store(
            Name=name, CaCertificatesBundleS3Bucket=BUCKET,
            CaCertificatesBundleS3Key=key, **more)["TrustStores"][0]

    def modify(self, arn, key):
        return self.elb.modify_trust_store(
            TrustStoreArn=arn, CaCertificatesBundleS3Bucket=BUCKET,
            CaCertificatesBundleS3Key=key)["TrustStores"][0]

    def revoke(self, arn, *keys):
        return self.elb.add_trust_store_revocations(
            TrustStoreArn=arn, RevocationContents=[
                {"S3Bucket": BUCKET, "S3Key": k, "RevocationType": "CRL"}
                for k in keys])["TrustStoreRevocations"]

    def verify_by(self, arn):
        self.elb.modify_listener(ListenerArn=self.listener,
                                 MutualAuthentication={"Mode": "verify",
                                                       "TrustStoreArn": arn})
        self.addCleanup(self.verify_nobody)

    def verify_nobody(self):
        self.elb.modify_listener(ListenerArn=self.listener,
                                 MutualAuthentication={"Mode": "off"})

    def comes_in(self, pair):
        try:
            with Visitor(self.address, pair) as visitor:
                visitor.ask()
            return True
        except Refused:
            return False
