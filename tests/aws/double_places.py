# SPDX-License-Identifier: Apache-2.0
"""What the double of AWS knows and does: S3, ECS, EC2 and Cloud Map.

    aws.ecs.run("web", "api", "127.0.0.5", container="api")     a task
    aws.ecs.stop(task)                                          it stops
    aws.cloud_map.register("local", "api", "i-1", "127.0.0.5", 8080)
"""
import base64
import hashlib
import re
import zlib

import double_wire as wire
from double_state import ACTIONS, action
from double_wire import Refused


# ---- S3 ----------------------------------------------------------------------------
class Object:
    """What was put, and how: .given are the parameters of PutObject."""

    def __init__(self, body, given, etag=None):
        self.body, self.given = body, given
        self.etag = etag or '"%s"' % hashlib.md5(body).hexdigest()


PART_MIN = 5 << 20


def bucket_of(aws, given):
    name = given["Bucket"]
    if name not in aws.buckets:
        raise Refused("NoSuchBucket", "The specified bucket does not exist",
                      404)
    owner = given.get("ExpectedBucketOwner", aws.account)
    if owner != aws.account:
        raise Refused("AccessDenied", "Access Denied", 403)
    return aws.buckets[name]


def check_sums(given, body):
    """The checksums that a request says are those of its body."""
    sums = {"ContentMD5": hashlib.md5(body).digest(),
            "ChecksumCRC32": zlib.crc32(body).to_bytes(4, "big"),
            "ChecksumSHA1": hashlib.sha1(body).digest(),
            "ChecksumSHA256": hashlib.sha256(body).digest()}
    for name, value in given.items():
        if name.startswith("Checksum") and name not in sums and \
                name not in ("ChecksumAlgorithm", "ChecksumMode",
                             "ChecksumType"):
            raise Refused("NotImplemented", name, 501)
        if name in sums and value != base64.b64encode(sums[name]).decode():
            raise Refused("BadDigest", "The %s you specified did not match "
                          "what we received." % name)


def check_key(key):
    if len(key.encode()) > 1024:
        raise Refused("KeyTooLongError", "Your key is too long")


@action("s3")
def put_object(aws, given, call):
    bucket, body = bucket_of(aws, given), given.get("Body", b"")
    check_key(given["Key"])
    check_sums(given, body)
    if given.get("IfNoneMatch") == "*" and given["Key"] in bucket:
        raise Refused("PreconditionFailed", "At least one of the pre-conditions"
                      " you specified did not hold", 412)
    made = bucket[given["Key"]] = Object(
        body, {k: v for k, v in given.items() if k != "Body"})
    return {"ETag": made.etag}


@action("s3")
def create_multipart_upload(aws, given, call):
    bucket_of(aws, given)
    check_key(given["Key"])
    name = aws.made_id()
    aws.uploads[name] = {"given": given, "parts": {}}
    return {"Bucket": given["Bucket"], "Key": given["Key"], "UploadId": name}


def upload_of(aws, given):
    bucket_of(aws, given)
    upload = aws.uploads.get(given["UploadId"])
    if upload is None or any(upload["given"][k] != given[k]
                             for k in ("Bucket", "Key")):
        raise Refused("NoSuchUpload", "The specified multipart upload does not "
                      "exist.", 404)
    return upload


@action("s3")
def upload_part(aws, given, call):
    upload, body = upload_of(aws, given), given.get("Body", b"")
    if not 1 <= given["PartNumber"] <= 10000:
        raise Refused("InvalidArgument", "Part number must be an integer "
                      "between 1 and 10000, inclusive")
    check_sums(given, body)
    upload["parts"][given["PartNumber"]] = Object(body, {})
    return {"ETag": upload["parts"][given["PartNumber"]].etag}


@action("s3")
def complete_multipart_upload(aws, given, call):
    upload = upload_of(aws, given)
    wanted = given.get("MultipartUpload", {}).get("Parts", [])
    numbers = [p["PartNumber"] for p in wanted]
    if not wanted:
        raise Refused("MalformedXML", "no parts")
    if numbers != sorted(set(numbers)):
        raise Refused("InvalidPartOrder", "The list of parts was not in "
                      "ascending order.")
    for part in wanted:
        held = upload["parts"].get(part["PartNumber"])
        if held is None or held.etag.strip('"') != part["ETag"].strip('"'):
            raise Refused("InvalidPart", "One or more of the specified parts "
                          "could not be found.")
    parts = [upload["parts"][n] for n in numbers]
    if any(len(p.body) < PART_MIN for p in parts[:-1]):
        raise Refused("EntityTooSmall", "Your proposed upload is smaller than "
                      "the minimum allowed size")
    etag = '"%s-%d"' % (hashlib.md5(b"".join(
        bytes.fromhex(p.etag.strip('"')) for p in parts)).hexdigest(),
        len(parts))
    aws.buckets[given["Bucket"]][given["Key"]] = Object(
        b"".join(p.body for p in parts), upload["given"], etag)
    del aws.uploads[given["UploadId"]]
    return {"Bucket": given["Bucket"], "Key": given["Key"], "ETag": etag}


@action("s3")
def abort_multipart_upload(aws, given, call):
    upload_of(aws, given)
    del aws.uploads[given["UploadId"]]
    return {}


@action("s3")
def get_object(aws, given, call):
    bucket = bucket_of(aws, given)
    if given["Key"] not in bucket:
        raise Refused("NoSuchKey", "The specified key does not exist.", 404)
    if set(given) - {"Bucket", "Key", "ChecksumMode"}:
        raise Refused("NotImplemented", "%s" % sorted(given), 501)
    held = bucket[given["Key"]]
    return {"Body": held.body, "ETag": held.etag, "ContentType":
            held.given.get("ContentType", "binary/octet-stream"),
            **{k: held.given[k] for k in ("ContentEncoding",)
               if k in held.given}}


@action("s3")
def head_object(aws, given, call):
    made = get_object(aws, given, call)
    return {**{k: v for k, v in made.items() if k != "Body"},
            "ContentLength": len(made["Body"])}


@action("s3")
def delete_object(aws, given, call):
    bucket_of(aws, given).pop(given["Key"], None)
    return {}


def list_objects(aws, given, call):
    keys = sorted(k for k in bucket_of(aws, given)
                  if k.startswith(given.get("Prefix", "")) and
                  k > given.get("ContinuationToken",
                                given.get("StartAfter", "")))
    if set(given) - {"Bucket", "Prefix", "MaxKeys", "ContinuationToken",
                     "StartAfter", "EncodingType"}:
        raise Refused("NotImplemented", "%s" % sorted(given), 501)
    most = min(given.get("MaxKeys", 1000), 1000)
    page, bucket = keys[:most], aws.buckets[given["Bucket"]]
    made = {"Name": given["Bucket"], "Prefix": given.get("Prefix", ""),
            "MaxKeys": most, "KeyCount": len(page),
            "IsTruncated": len(keys) > most,
            "Contents": [{"Key": k, "Size": len(bucket[k].body),
                          "ETag": bucket[k].etag, "LastModified":
                          wire.when(int(aws.now()))} for k in page]}
    if len(keys) > most:
        made["NextContinuationToken"] = page[-1]
    return made


ACTIONS["s3", "ListObjectsV2"] = list_objects


@action("s3")
def create_bucket(aws, given, call):
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", given["Bucket"]):
        raise Refused("InvalidBucketName",
                      "The specified bucket is not valid.")
    if given["Bucket"] in aws.buckets:
        raise Refused("BucketAlreadyOwnedByYou", "", 409)
    aws.buckets[given["Bucket"]] = {}
    return {"Location": "/" + given["Bucket"]}


@action("s3")
def head_bucket(aws, given, call):
    bucket_of(aws, given)
    return {"BucketRegion": aws.region}


# ---- ECS ---------------------------------------------------------------------------
class Ecs:
    """Clusters with services and tasks; all of them are what DescribeX says,
    and a test may change them."""

    def __init__(self, aws):
        self.aws, self.clusters, self.made = aws, {}, 0

    def arn(self, rest):
        return "arn:aws:ecs:%s:%s:%s" % (self.aws.region, self.aws.account,
                                         rest)

    def cluster(self, name):
        return self.clusters.setdefault(name, {
            "services": {}, "tasks": {}, "instances": {}})

    def service(self, cluster, name, **more):
        """Made when there is none."""
        services = self.cluster(cluster)["services"]
        if name not in services:
            services[name] = {
                "serviceArn": self.arn("service/%s/%s" % (cluster, name)),
                "serviceName": name, "status": "ACTIVE", "desiredCount": 0,
                "clusterArn": self.arn("cluster/" + cluster),
                "runningCount": 0, "pendingCount": 0, "launchType": "FARGATE",
                "taskDefinition": self.arn("task-definition/%s:1" % name),
                "loadBalancers": [], "serviceRegistries": [], "deployments": [{
                    "id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition":
                    self.arn("task-definition/%s:1" % name),
                    "rolloutState": "COMPLETED"}]}
        services[name].update(more)
        return services[name]

    def run(self, cluster, service, address, container=None, port=None,
            host_port=None, zone=None, instance=None, ipv6=None, **more):
        """A task that runs: with an address of its own (awsvpc), or with
        host_port on a container instance (bridge)."""
        self.made += 1
        name = "%032x" % self.made
        self.service(cluster, service)
        zone = zone or self.aws.region + "a"
        task = {
            "taskArn": self.arn("task/%s/%s" % (cluster, name)),
            "clusterArn": self.arn("cluster/" + cluster),
            "taskDefinitionArn": self.arn("task-definition/%s:1" % service),
            "group": "service:" + service, "startedBy": "ecs-svc/1",
            "lastStatus": "RUNNING", "desiredStatus": "RUNNING",
            "healthStatus": "UNKNOWN", "connectivity": "CONNECTED",
            "availabilityZone": zone, "version": 1, "launchType":
            "EC2" if host_port else "FARGATE", "attachments": [],
            "containers": [{
                "containerArn": self.arn("container/%s/%s/1" % (
                    cluster, name)), "name": container or service,
                "lastStatus": "RUNNING", "networkBindings": [],
                "networkInterfaces": [], "healthStatus": "UNKNOWN"}]}
        if host_port:
            task["containerInstanceArn"] = self.instance(
                cluster, instance or "i-1", address, zone)
            task["containers"][0]["networkBindings"] = [{
                "bindIP": "0.0.0.0", "containerPort": port,
                "hostPort": host_port, "protocol": "tcp"}]
        else:
            self.attach(task, address, ipv6)
        task.update(more)
        self.cluster(cluster)["tasks"][task["taskArn"]] = task
        return task

    @staticmethod
    def attach(task, address, ipv6):
        details = {"subnetId": "subnet-1", "networkInterfaceId": "eni-1",
                   "macAddress": "0e:00:00:00:00:01",
                   "privateIPv4Address": address}
        if ipv6:
            details["ipv6Address"] = ipv6
        task["attachments"] = [{
            "id": "1", "type": "ElasticNetworkInterface",
            "status": "ATTACHED", "details": [
                {"name": k, "value": v} for k, v in details.items()]}]
        task["containers"][0]["networkInterfaces"] = [{
            "attachmentId": "1", "privateIpv4Address": address,
            **({"ipv6Address": ipv6} if ipv6 else {})}]

    def instance(self, cluster, ec2, address, zone):
        """The ARN of a container instance on that EC2 instance."""
        arn = self.arn("container-instance/%s/%s" % (cluster, ec2))
        self.cluster(cluster)["instances"][arn] = {
            "containerInstanceArn": arn, "ec2InstanceId": ec2,
            "status": "ACTIVE", "agentConnected": True}
        self.aws.instances[ec2] = {
            "InstanceId": ec2, "PrivateIpAddress": address,
            "State": {"Code": 16, "Name": "running"},
            "Placement": {"AvailabilityZone": zone}}
        return arn

    @staticmethod
    def change(task, **more):
        task.update(more)
        task["version"] += 1

    def stop(self, task, gone=False):
        """It was told to stop; gone: it has."""
        self.change(task, desiredStatus="STOPPED",
                    lastStatus="STOPPED" if gone else "STOPPING")


def cluster_of(aws, given):
    name = given.get("cluster", "default").rpartition("/")[2]
    if name not in aws.ecs.clusters:
        raise Refused("ClusterNotFoundException", "Cluster not found.")
    return aws.ecs.clusters[name]


def paged(items, given, most, size="maxResults", token="nextToken"):
    """(the page, {} or the next token)."""
    size = given.get(size, most)
    if not 1 <= size <= most:
        raise Refused("InvalidParameterException", "maxResults")
    word = given.get(token, "page-0")
    if not re.fullmatch(r"page-[0-9]{1,9}", word):
        raise Refused("InvalidParameterException", "Invalid token")
    start = int(word[5:])
    page = items[start:start + size]
    more = start + size < len(items)
    return page, {token: "page-%d" % (start + size)} if more else {}


@action("ecs")
def list_tasks(aws, given, call):
    cluster = cluster_of(aws, given)
    unknown = set(given) - {"cluster", "serviceName", "desiredStatus",
                            "maxResults", "nextToken", "launchType"}
    if unknown:
        raise Refused("NotImplemented", "%s" % unknown)
    tasks = [t for t in cluster["tasks"].values()
             if t["desiredStatus"] == given.get("desiredStatus", "RUNNING") and
             given.get("launchType", t["launchType"]) == t["launchType"]]
    if "serviceName" in given:
        service = given["serviceName"].rpartition("/")[2]
        if service not in cluster["services"]:
            raise Refused("ServiceNotFoundException", "Service not found.")
        tasks = [t for t in tasks if t["group"] == "service:" + service]
    page, more = paged(tasks, given, 100)
    return {"taskArns": [t["taskArn"] for t in page], **more}


def described(given, held, arn_of, most, what):
    """(found, failures) of a list of names or ARNs."""
    if not given or len(given) > most:
        raise Refused("InvalidParameterException", "%s cannot be empty, nor "
                      "more than %d" % (what, most))
    by_name = {k.rpartition("/")[2]: v for k, v in held.items()}
    found = [by_name[n.rpartition("/")[2]] for n in given
             if n.rpartition("/")[2] in by_name]
    failures = [{"arn": arn_of(n), "reason": "MISSING"} for n in given
                if n.rpartition("/")[2] not in by_name]
    return found, failures


@action("ecs")
def describe_tasks(aws, given, call):
    found, failures = described(given["tasks"],
                                cluster_of(aws, given)["tasks"],
                                lambda n: n, 100, "Tasks")
    return {"tasks": found, "failures": failures}


@action("ecs")
def describe_services(aws, given, call):
    found, failures = described(given["services"],
                                cluster_of(aws, given)["services"],
                                lambda n: n, 10, "Services")
    return {"services": found, "failures": failures}


@action("ecs")
def describe_container_instances(aws, given, call):
    found, failures = described(given["containerInstances"],
                                cluster_of(aws, given)["instances"],
                                lambda n: n, 100, "Container instances")
    return {"containerInstances": found, "failures": failures}


# ---- EC2 ---------------------------------------------------------------------------
@action("ec2")
def describe_instances(aws, given, call):
    if set(given) - {"InstanceIds", "MaxResults", "NextToken"}:
        raise Refused("InvalidParameterValue", "%s" % sorted(given))
    wanted = given.get("InstanceIds", list(aws.instances))
    if "InstanceIds" in given and "MaxResults" in given:
        raise Refused("InvalidParameterCombination", "The parameter "
                      "instancesSet cannot be used with the parameter "
                      "maxResults")
    missing = [i for i in wanted if i not in aws.instances]
    if missing:
        raise Refused("InvalidInstanceID.NotFound", "The instance IDs '%s' do "
                      "not exist" % ", ".join(missing))
    page, more = paged(wanted, given, 1000, "MaxResults", "NextToken")
    return {"Reservations": [{"ReservationId": "r-1", "Instances": [
        aws.instances[i]]} for i in page], **more}


# ---- Cloud Map ---------------------------------------------------------------------
class CloudMap:
    """Namespaces with services with instances."""

    def __init__(self):
        self.namespaces = {}

    def service(self, namespace, service):
        return self.namespaces.setdefault(namespace, {}).setdefault(
            service, {"instances": {}, "revision": 1})

    def register(self, namespace, service, name, address, port=None,
                 health="HEALTHY", **more):
        held = self.service(namespace, service)
        held["revision"] += 1
        held["instances"][name] = {
            "InstanceId": name, "NamespaceName": namespace, "ServiceName":
            service, "HealthStatus": health, "Attributes": {
                "AWS_INSTANCE_IPV6" if ":" in address else
                "AWS_INSTANCE_IPV4": address, **more,
                **({"AWS_INSTANCE_PORT": str(port)} if port else {})}}

    def deregister(self, namespace, service, name):
        held = self.service(namespace, service)
        held["revision"] += 1
        del held["instances"][name]


def service_found(aws, given):
    space = aws.cloud_map.namespaces.get(given["NamespaceName"])
    if space is None:
        raise Refused("NamespaceNotFound", "No namespace with name %s" %
                      given["NamespaceName"])
    if given["ServiceName"] not in space:
        raise Refused("ServiceNotFound", "No service with name %s" %
                      given["ServiceName"])
    return space[given["ServiceName"]]


@action("servicediscovery")
def discover_instances(aws, given, call):
    held = service_found(aws, given)
    every = [i for i in held["instances"].values()
             if all(i["Attributes"].get(k) == v for k, v in given.get(
                 "QueryParameters", {}).items())]
    some = [i for i in every
            if all(i["Attributes"].get(k) == v for k, v in given.get(
                "OptionalParameters", {}).items())]
    every = some or every
    status = given.get("HealthStatus", "HEALTHY_OR_ELSE_ALL")
    healthy = [i for i in every if i["HealthStatus"] == "HEALTHY"]
    if status == "UNHEALTHY":
        every = [i for i in every if i["HealthStatus"] == "UNHEALTHY"]
    elif status == "HEALTHY" or status == "HEALTHY_OR_ELSE_ALL" and healthy:
        every = healthy
    return {"Instances": every[:given.get("MaxResults", 100)],
            "InstancesRevision": held["revision"]}


@action("servicediscovery")
def discover_instances_revision(aws, given, call):
    return {"InstancesRevision": service_found(aws, given)["revision"]}
