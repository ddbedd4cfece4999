# SPDX-License-Identifier: Apache-2.0
"""Every error code of the ELBv2 API, once: alb.md 1.5's table is CODES, and a
method of Errors that has the name of a code does what AWS refuses with it.
Codes that no client can bring about by a call are in ELSEWHERE with the test
that has them, or in NEVER with the reason (checklist 3, 4)."""
import hashlib
import itertools
import json
import os
import re
import signal
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
import aws  # noqa: E402
import rig  # noqa: E402
from certificates import Folder  # noqa: E402
from stack import ELB, Served, Stack, forward  # noqa: E402

# Those of ELBv2, then those of all services.
CODES = """
ALPNPolicyNotFound AllocationIdNotFound AvailabilityZoneNotSupported
CaCertificatesBundleNotFound CapacityDecreaseRequestLimitExceeded
CapacityReservationPending CapacityUnitsLimitExceeded CertificateNotFound
DeleteAssociationSameAccount DuplicateListener DuplicateLoadBalancerName
DuplicateTagKeys DuplicateTargetGroupName DuplicateTrustStoreName
HealthUnavailable IncompatibleProtocols InsufficientCapacity
InvalidCaCertificatesBundle InvalidConfigurationRequest
InvalidLoadBalancerAction InvalidRevocationContent InvalidScheme
InvalidSecurityGroup InvalidSubnet InvalidTarget ListenerNotFound
LoadBalancerNotFound OperationNotPermitted PriorRequestNotComplete
PriorityInUse ResourceInUse ResourceNotFound RevocationContentNotFound
RevocationIdNotFound RuleNotFound SSLPolicyNotFound SubnetNotFound
TargetGroupAssociationLimit TargetGroupNotFound TooManyActions
TooManyCertificates TooManyListeners TooManyLoadBalancers
TooManyRegistrationsForTargetId TooManyRules TooManyTags TooManyTargetGroups
TooManyTargets TooManyTrustStoreRevocationEntries TooManyTrustStores
TooManyUniqueTargetGroupsPerLoadBalancer AssociationNotFound TrustStoreInUse
TrustStoreNotFound TrustStoreNotReady UnsupportedProtocol

ValidationError InvalidAction MissingAction MissingParameter Throttling
AccessDenied InvalidClientTokenId SignatureDoesNotMatch
MissingAuthenticationToken RequestExpired InternalFailure ServiceUnavailable
""".split()

STATUS = {"HealthUnavailable": 500, "InsufficientCapacity": 500,
          "PriorRequestNotComplete": 429, "AccessDenied": 403,
          "InvalidClientTokenId": 403, "SignatureDoesNotMatch": 403,
          "MissingAuthenticationToken": 403, "InternalFailure": 500,
          "ServiceUnavailable": 503}

ELSEWHERE = {
    "HealthUnavailable": ("tests/unit/api/test_elb_targets.c",
                          "HealthUnavailable"),
}

NEVER = {
    "InternalFailure": "no call of a client makes one: a fault of Sluice's own "
                       "is a bug",
    "MissingParameter": "ELBv2 says ValidationError for what is missing",
}

QUOTAS = {
    "application-load-balancers": 7,
    "listeners-per-application-load-balancer": 3,
    "certificates-per-application-load-balancer": 1,
    "rules-per-application-load-balancer": 1,
    "target-groups": 8,
    "target-groups-per-application-load-balancer": 3,
    "target-id-registrations-per-application-load-balancer": 2,
    "targets-per-target-group": 3,
    "trust-stores": 3,
    "revocation-entries-per-trust-store": 1,
    "capacity-units-per-application-load-balancer": 100000,
}

GONE = "arn:aws:elasticloadbalancing:us-east-1:000000000000:%s"
NOT_FOUND = [{"Type": "fixed-response",
              "FixedResponseConfig": {"StatusCode": "404"}}]
ANY = [{"Field": "path-pattern", "Values": ["/*"]}]


def declared():
    """What no call can make: a load balancer without subnets, a trust store
    whose files nobody has, certificates without ACM."""
    template = Stack(lb=False)
    template.add("Bare", ELB + "LoadBalancer", {})
    for name in "HeldA", "HeldB":
        template.add(name, ELB + "LoadBalancer", {
            "MinimumLoadBalancerCapacity": {"CapacityUnits": 1000}})
    template.add("Empty", ELB + "TrustStore", {"Name": "empty"})
    for name in "CertA", "CertB", "CertC":
        template.certificate(name, name.lower() + ".test")
    return template


def made_hash(name):
    """What ids of the template's resources are made of."""
    return hashlib.sha256(("stack/" + name).encode()).hexdigest()


def certificate(name):
    h = made_hash(name)
    return ("arn:aws:acm:us-east-1:000000000000:certificate/"
            "%s-%s-%s-%s-%s" % (h[:8], h[8:12], h[12:16], h[16:20], h[20:32]))


def to(*groups):
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": g, "Weight": 1} for g in groups]}}]


class Errors(aws.ApiCase):
    template = declared()
    numbers = itertools.count()

    @classmethod
    def setUpClass(cls):
        cls.files = Folder()
        cls.addClassCleanup(cls.files.close)
        cls.objects = os.path.join(cls.files.path, "s3")
        os.makedirs(os.path.join(cls.objects, "bucket"))
        cls.options = ("--s3-folder", cls.objects) + tuple(
            w for name, n in QUOTAS.items()
            for w in ("--quota", "%s=%d" % (name, n)))
        super().setUpClass()
        cls.elb = cls.api.client("elbv2")
        cls.lb = cls.balancer("web")
        cls.other = cls.balancer("other")
        cls.blue = cls.group("blue")
        cls.green = cls.group("green")
        cls.theirs = cls.group("theirs")
        cls.grpc = cls.group("grpc", ProtocolVersion="GRPC")
        cls.port = 20000
        cls.web = cls.listener(cls.lb)
        cls.listener(cls.other, to(cls.theirs))
        cls.rule = cls.elb.create_rule(
            ListenerArn=cls.web, Priority=40, Conditions=ANY,
            Actions=to(cls.blue))["Rules"][0]["RuleArn"]

    @classmethod
    def balancer(cls, name, **more):
        return cls.elb.create_load_balancer(
            Name=name, Subnets=aws.SUBNETS,
            **more)["LoadBalancers"][0]["LoadBalancerArn"]

    @classmethod
    def named(cls, name):
        return cls.elb.describe_load_balancers(Names=[name])[
            "LoadBalancers"][0]["LoadBalancerArn"]

    @classmethod
    def group(cls, name, **more):
        return cls.elb.create_target_group(**{
            "Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1",
            "TargetType": "ip", **more})["TargetGroups"][0]["TargetGroupArn"]

    @classmethod
    def listener(cls, lb, actions=None, **more):
        cls.port = aws.free_port()
        return cls.elb.create_listener(**{
            "LoadBalancerArn": lb, "Protocol": "HTTP", "Port": cls.port,
            "DefaultActions": actions or NOT_FOUND,
            **more})["Listeners"][0]["ListenerArn"]

    def create_rule(self, **more):
        return self.elb.create_rule(**{
            "ListenerArn": self.web, "Priority": 9, "Conditions": ANY,
            "Actions": NOT_FOUND, **more})

    # ---- load balancers --------------------------------------------------------
    def LoadBalancerNotFound(self):
        self.elb.describe_load_balancers(Names=["nobody"])

    def DuplicateLoadBalancerName(self):
        self.balancer("web", Scheme="internal")

    def TooManyLoadBalancers(self):
        for i in range(4):
            self.balancer("more-%d" % i)

    def InvalidScheme(self):
        self.balancer("x", Scheme="internal",
                      IpAddressType="dualstack-without-public-ipv4")

    def InvalidSecurityGroup(self):
        self.balancer("x", SecurityGroups=["group"])

    def SubnetNotFound(self):
        self.elb.set_subnets(LoadBalancerArn=self.lb,
                             Subnets=["subnet-a", "vpc-1"])

    def InvalidSubnet(self):
        self.elb.set_ip_address_type(LoadBalancerArn=self.named("Bare"),
                                     IpAddressType="dualstack")

    def AvailabilityZoneNotSupported(self):
        self.elb.set_subnets(LoadBalancerArn=self.lb,
                             Subnets=["subnet-" + c for c in "abcdefghij"])

    def AllocationIdNotFound(self):
        self.elb.set_subnets(LoadBalancerArn=self.lb, SubnetMappings=[
            {"SubnetId": "subnet-a", "AllocationId": "eipalloc-1"},
            {"SubnetId": "subnet-b"}])

    def InvalidConfigurationRequest(self):
        self.reserve(self.fresh(), 1)

    def OperationNotPermitted(self):
        rule = self.elb.describe_rules(ListenerArn=self.web)["Rules"][-1]
        self.elb.delete_rule(RuleArn=rule["RuleArn"])

    def fresh(self):
        """A load balancer that nobody reserved anything for."""
        arn = self.balancer("fresh-%d" % next(self.numbers))
        self.addCleanup(self.elb.delete_load_balancer, LoadBalancerArn=arn)
        return arn

    def reserve(self, lb, units):
        return self.elb.modify_capacity_reservation(
            LoadBalancerArn=lb,
            MinimumLoadBalancerCapacity={"CapacityUnits": units})

    def settle(self, lb):
        """A reservation is pending for a while."""
        def settled():
            states = self.elb.describe_capacity_reservation(
                LoadBalancerArn=lb)["CapacityReservationState"]
            return all(s["State"]["Code"] != "pending" for s in states)
        rig.until(settled, lambda: "the reservation stays pending")

    def CapacityUnitsLimitExceeded(self):
        self.reserve(self.fresh(), 100001)

    def InsufficientCapacity(self):
        self.reserve(self.fresh(), 100000)
        self.reserve(self.fresh(), 100000)

    def CapacityReservationPending(self):
        lb = self.fresh()
        self.reserve(lb, 1000)
        self.reserve(lb, 1100)

    def PriorRequestNotComplete(self):
        lb = self.named("HeldA")
        self.elb.modify_capacity_reservation(LoadBalancerArn=lb,
                                             ResetCapacityReservation=True)
        self.reserve(lb, 1000)

    def CapacityDecreaseRequestLimitExceeded(self):
        lb = self.named("HeldB")
        for units in (900, 800, 700):
            self.reserve(lb, units)
            self.settle(lb)

    def ResourceNotFound(self):
        self.elb.get_resource_policy(ResourceArn=GONE % "truststore/a/0")

    # ---- listeners -------------------------------------------------------------
    def ListenerNotFound(self):
        self.elb.describe_listeners(ListenerArns=[GONE % (
            "listener/app/web/0123456789abcdef/0123456789abcdef")])

    def DuplicateListener(self):
        arn = self.listener(self.lb)
        try:
            self.elb.create_listener(
                LoadBalancerArn=self.lb, Protocol="HTTP", Port=self.port,
                DefaultActions=to(self.blue))
        finally:
            self.elb.delete_listener(ListenerArn=arn)

    def TooManyListeners(self):
        made = []
        try:
            for _ in range(4):
                made.append(self.listener(self.lb))
        finally:
            for arn in made:
                self.elb.delete_listener(ListenerArn=arn)

    def UnsupportedProtocol(self):
        self.listener(self.lb, Protocol="TCP")

    def SSLPolicyNotFound(self):
        self.elb.describe_ssl_policies(Names=["none"])

    def ALPNPolicyNotFound(self):
        self.secure(AlpnPolicy=["HTTP9"])

    def CertificateNotFound(self):
        self.listener(self.lb, Protocol="HTTPS", Certificates=[
            {"CertificateArn": "arn:aws:acm:us-east-1:000000000000:"
             "certificate/01234567-89ab-cdef-0123-456789abcdef"}])

    def TooManyCertificates(self):
        arn = self.secure()
        try:
            for name in "CertB", "CertC":
                self.elb.add_listener_certificates(
                    ListenerArn=arn,
                    Certificates=[{"CertificateArn": certificate(name)}])
        finally:
            self.elb.delete_listener(ListenerArn=arn)

    @classmethod
    def secure(cls, **more):
        return cls.listener(cls.lb, Protocol="HTTPS", Certificates=[
            {"CertificateArn": certificate("CertA")}], **more)

    def verifying(self, store):
        return self.secure(MutualAuthentication={"Mode": "verify",
                                                 "TrustStoreArn": store})

    # ---- rules -----------------------------------------------------------------
    def RuleNotFound(self):
        self.elb.delete_rule(RuleArn=self.rule[:-16] + "0" * 16)

    def PriorityInUse(self):
        self.create_rule(Priority=40)

    def TooManyRules(self):
        self.create_rule()

    def modify_rule(self, actions):
        self.elb.modify_rule(RuleArn=self.rule, Actions=actions)

    def TargetGroupAssociationLimit(self):
        self.modify_rule(to(self.theirs))

    def IncompatibleProtocols(self):
        self.modify_rule(to(self.grpc))

    def InvalidLoadBalancerAction(self):
        self.modify_rule([{"Type": "redirect", "RedirectConfig": {
            "StatusCode": "HTTP_301"}}])

    def TooManyActions(self):
        self.modify_rule(NOT_FOUND * 6)

    def TooManyUniqueTargetGroupsPerLoadBalancer(self):
        made = [self.group("unique-%d" % i) for i in range(2)]
        try:
            self.modify_rule(to(self.blue, self.green, *made))
        finally:
            for arn in made:
                self.elb.delete_target_group(TargetGroupArn=arn)

    # ---- target groups and targets ---------------------------------------------
    def TargetGroupNotFound(self):
        self.elb.describe_target_groups(Names=["nobody"])

    def DuplicateTargetGroupName(self):
        self.group("blue", Port=81)

    def TooManyTargetGroups(self):
        made = []
        try:
            for i in range(9):
                made.append(self.group("more-%d" % i))
        finally:
            for arn in made:
                self.elb.delete_target_group(TargetGroupArn=arn)

    def ResourceInUse(self):
        self.elb.delete_target_group(TargetGroupArn=self.blue)

    def register(self, *ports):
        self.elb.register_targets(TargetGroupArn=self.blue, Targets=[
            {"Id": "127.0.0.1", "Port": p} for p in ports])

    def TooManyTargets(self):
        self.elb.register_targets(TargetGroupArn=self.green, Targets=[
            {"Id": "127.0.0.1", "Port": p} for p in range(1, 5)])

    def TooManyRegistrationsForTargetId(self):
        self.register(1, 2, 3)

    def InvalidTarget(self):
        self.elb.register_targets(TargetGroupArn=self.blue,
                                  Targets=[{"Id": "8.8.8.8"}])

    # ---- trust stores ------------------------------------------------------------
    @classmethod
    def put(cls, key, data):
        with open(os.path.join(cls.objects, "bucket", key), "wb") as file:
            file.write(data)

    @classmethod
    def bundle(cls):
        """The key of an authority in the bucket."""
        if not hasattr(cls, "authority"):
            cls.authority = cls.files.authority("Test CA")
            with open(cls.authority.cert, "rb") as file:
                cls.put("ca.pem", file.read())
        return "ca.pem"

    @classmethod
    def trust_store(cls, name="clients", key=None):
        return cls.elb.create_trust_store(
            Name=name, CaCertificatesBundleS3Bucket="bucket",
            CaCertificatesBundleS3Key=key or cls.bundle())[
                "TrustStores"][0]["TrustStoreArn"]

    @classmethod
    def clients(cls):
        if not hasattr(cls, "store"):
            cls.store = cls.trust_store()
        return cls.store

    def revoke(self, key):
        self.elb.add_trust_store_revocations(
            TrustStoreArn=self.clients(), RevocationContents=[
                {"S3Bucket": "bucket", "S3Key": key, "RevocationType": "CRL"}])

    def TrustStoreNotFound(self):
        self.elb.describe_trust_stores(Names=["nobody"])

    def TrustStoreNotReady(self):
        self.verifying(GONE % ("truststore/empty/" + made_hash("Empty")[:16]))

    def TrustStoreInUse(self):
        arn = self.verifying(self.clients())
        try:
            self.elb.delete_trust_store(TrustStoreArn=self.clients())
        finally:
            self.elb.delete_listener(ListenerArn=arn)

    def DuplicateTrustStoreName(self):
        self.clients()
        self.trust_store()

    def TooManyTrustStores(self):
        self.clients()
        self.trust_store("one-more")
        self.trust_store("one-too-many")

    def CaCertificatesBundleNotFound(self):
        self.trust_store("none", "none.pem")

    def InvalidCaCertificatesBundle(self):
        self.put("bad.pem", b"no certificate")
        self.trust_store("bad", "bad.pem")

    def RevocationContentNotFound(self):
        self.revoke("none.crl")

    def InvalidRevocationContent(self):
        self.put("bad.crl", b"no list")
        self.revoke("bad.crl")

    def TooManyTrustStoreRevocationEntries(self):
        self.clients()
        for name in "a", "b":
            self.authority.revoke(self.authority.issue(name, client=True))
        with open(self.authority.crl(), "rb") as file:
            self.put("two.crl", file.read())
        self.revoke("two.crl")

    def RevocationIdNotFound(self):
        self.elb.remove_trust_store_revocations(TrustStoreArn=self.clients(),
                                                RevocationIds=[99])

    def AssociationNotFound(self):
        self.elb.delete_shared_trust_store_association(
            TrustStoreArn=self.clients(),
            ResourceArn="arn:aws:elasticloadbalancing:us-east-1:123456789012:"
            "listener/app/a/0123456789abcdef/0123456789abcdef")

    def DeleteAssociationSameAccount(self):
        arn = self.verifying(self.clients())
        try:
            self.elb.delete_shared_trust_store_association(
                TrustStoreArn=self.clients(), ResourceArn=arn)
        finally:
            self.elb.delete_listener(ListenerArn=arn)

    # ---- tags ------------------------------------------------------------------
    def DuplicateTagKeys(self):
        self.elb.add_tags(ResourceArns=[self.blue], Tags=[
            {"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])

    def TooManyTags(self):
        self.elb.add_tags(ResourceArns=[self.blue], Tags=[
            {"Key": "k%d" % i} for i in range(51)])

    # ---- all services ----------------------------------------------------------
    def ValidationError(self):
        self.elb.describe_rules(PageSize=3)

    def raw(self, action, **more):
        """A call that no client makes."""
        raise Answered(self.api.call(action, **more))

    def InvalidAction(self):
        self.raw("DescribeWeather")

    def MissingAction(self):
        raise Answered(self.api.send(
            "POST", "/", b"Version=2015-12-01", **{
                **aws.signed_head(),
                "Content-Type": "application/x-www-form-urlencoded"}))

    def MissingAuthenticationToken(self):
        raise Answered(self.api.send(
            "POST", "/", b"Action=DescribeRules&Version=2015-12-01", **{
                "Host": "localhost",
                "Content-Type": "application/x-www-form-urlencoded"}))

    def Throttling(self):
        """More changes at once than wait in the queue (256)."""
        refused = []
        rig.until(lambda: refused or refused.extend(
            a for a in self.burst(400) if a.status != 200),
            lambda: "the queue was never full")
        raise Answered(refused[0])

    def burst(self, n):
        """Answers to so many changes that are asked for at once."""
        body = ("Action=AddTags&Version=2015-12-01&ResourceArns.member.1=%s&"
                "Tags.member.1.Key=k&Tags.member.1.Value=%%d" % self.blue)
        head = "".join("%s: %s\r\n" % field for field in {
            **aws.signed_head(), "Connection": "close",
            "Content-Type": "application/x-www-form-urlencoded"}.items())
        clients = [self.api.connect() for _ in range(n)]
        try:
            for i, client in enumerate(clients):
                text = body % i
                client.send(("POST / HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n"
                             "%s" % (head, len(text), text)).encode())
            return [aws.Answer(c.response("POST")) for c in clients]
        finally:
            for client in clients:
                client.close()

    def ServiceUnavailable(self):
        """A process that only waits for its last request changes nothing."""
        asked, go_on = threading.Event(), threading.Event()

        def slow(conn):
            conn.take_until(b"\r\n\r\n")
            asked.set()
            go_on.wait(rig.PATIENCE)
        template = Stack()
        with rig.Origin(script=slow) as origin:
            template.group("Slow", [origin.address])
            template.listener("Web", 80, forward("Slow"))
            with aws.Api(template=template, drain=60) as api:
                where = Served.read_listeners(api)["Web"]
                with rig.Client(*where) as client:
                    client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
                    rig.until(asked.is_set, lambda: api.story())
                    api.signal(signal.SIGTERM)
                    rig.until(lambda: api.log_count("draining: no new"),
                              lambda: api.story())
                    answer = api.call("CreateLoadBalancer", **{
                        "Name": "web", "Subnets.member.1": "subnet-a",
                        "Subnets.member.2": "subnet-b"})
                    go_on.set()
        raise Answered(answer)

    # ---- who may -----------------------------------------------------------------
    def with_keys(self, key="AKIAREADER000000", secret="readerreaderreader", **more):
        """An API with keys of one user, who may read; a client of it."""
        from botocore.config import Config
        cls = type(self)
        if not hasattr(cls, "guarded"):
            path = os.path.join(self.files.path, "keys.json")
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w",
                      encoding="utf-8") as file:
                json.dump({"AccessKeys": [{
                    "UserName": "reader", "AccessKeyId": "AKIAREADER000000",
                    "SecretAccessKey": "readerreaderreader", "Policies": [{
                        "Version": "2012-10-17", "Statement": [{
                            "Effect": "Allow", "Resource": "*",
                            "Action": "elasticloadbalancing:Describe*"}]}]}]},
                    file)
            cls.guarded = aws.Api("--access-keys", path)
            cls.addClassCleanup(cls.guarded.stop)
        return aws.boto3().session.Session(
            aws_access_key_id=key, aws_secret_access_key=secret,
            region_name=aws.REGION).client(
                "elbv2", endpoint_url=cls.guarded.url, config=Config(
                    retries={"total_max_attempts": 1}), **more)

    def AccessDenied(self):
        elb = self.with_keys()
        elb.describe_load_balancers()
        elb.create_load_balancer(Name="web", Subnets=aws.SUBNETS)

    def InvalidClientTokenId(self):
        self.with_keys("AKIANOBODY000000").describe_load_balancers()

    def SignatureDoesNotMatch(self):
        self.with_keys(secret="guessedguessedguessed").describe_load_balancers()

    def RequestExpired(self):
        """A link that was good for a second, years ago."""
        self.with_keys()
        raise Answered(self.guarded.send(
            "GET", "/?Action=DescribeLoadBalancers&Version=2015-12-01&"
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAREADER000000%2F"
            "20200101%2Fus-east-1%2Felasticloadbalancing%2Faws4_request&"
            "X-Amz-Date=20200101T000000Z&X-Amz-Expires=1&"
            "X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0" * 64,
            Host="localhost"))

    # ---- the table -------------------------------------------------------------
    def what(self, code):
        """(code, status) of what the method of that name is refused with."""
        from botocore.exceptions import ClientError
        try:
            getattr(self, code)()
        except ClientError as error:
            answer = error.response
            known = getattr(self.elb.exceptions, code + "Exception",
                            ClientError)
            self.assertIsInstance(error, known)
            self.assertTrue(answer["Error"]["Message"])
            return (answer["Error"]["Code"],
                    answer["ResponseMetadata"]["HTTPStatusCode"])
        except Answered as answered:
            self.assertTrue(answered.answer.message)
            return answered.answer.code, answered.answer.status
        finally:
            self.doCleanups()
        return None, 200

    def test_every_code_of_the_table(self):
        for code in CODES:
            if code in NEVER or code in ELSEWHERE:
                continue
            with self.subTest(code):
                self.assertEqual(self.what(code), (code, STATUS.get(code, 400)))

    def test_what_has_no_call_here_is_tested_elsewhere(self):
        for code, (path, text) in ELSEWHERE.items():
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                self.assertIn(text, file.read(), code)

    def test_the_table_is_that_of_the_model(self):
        """Each error of the client's own model of ELBv2 is in it."""
        service = self.elb.meta.service_model
        names = {shape.metadata.get("error", {}).get("code") or
                 re.sub("Exception$", "", shape.name)
                 for shape in service.error_shapes}
        self.assertLessEqual(names, set(CODES))


class Answered(Exception):
    """What a raw call got."""

    def __init__(self, answer):
        super().__init__(answer)
        self.answer = answer


if __name__ == "__main__":
    rig.main()
