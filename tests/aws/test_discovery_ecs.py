# SPDX-License-Identifier: Apache-2.0
"""Targets that are tasks of an ECS service, told by moto."""
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "proxy"))
sys.path.insert(0, HERE)
import rig  # noqa: E402
from emulated_ecs import (  # noqa: E402
    REGION, A, B, C, DELAY, Between, EcsCase, Service)
from rig import until  # noqa: E402
from stack import Stack, forward, ref  # noqa: E402


class Tasks(EcsCase):
    def between(self):
        between = Between(self.emulated.url)
        self.addCleanup(between.close)
        self.emulated.environment["AWS_ENDPOINT_URL_ECS"] = between.url
        self.addCleanup(self.emulated.environment.pop, "AWS_ENDPOINT_URL_ECS")
        return between

    def test_tasks_become_targets_and_drain_when_they_stop(self):
        port = self.origins(A, B, C)
        service = Service(self.emulated, port=port)
        service.want(2)
        first, second = service.run(A, B)
        served = self.follow(service, port)
        self.registered(served, A, B)
        self.assertIn(self.body(served), (A, B))
        asked = served.metric("sluice_aws_calls_total")
        self.assertGreaterEqual(asked, 2)
        until(lambda: served.metric("sluice_aws_calls_total") >= asked + 2,
              served.story)
        service.run(C)
        service.stop(first)
        self.registered(served, B, C)
        service.stop(second)
        self.registered(served, C)
        self.assertEqual(self.body(served), C)

    def test_a_deployment_fails_no_request_in_flight(self):
        go = threading.Event()
        self.addCleanup(go.set)
        asked = threading.Event()

        def slowly(request):
            if b"/slow" in request.raw:
                asked.set()
                go.wait()
            return rig.respond(A.encode())
        origin = rig.Origin(answer=slowly, host=A)
        self.addCleanup(origin.close)
        service = Service(self.emulated, port=origin.port)
        service.want(1)
        old, = service.run(A)
        served = self.follow(service, origin.port, attributes={
            "deregistration_delay.timeout_seconds": "60"})
        self.registered(served, A)
        new = rig.Origin(answer=lambda _: rig.respond(B.encode()), host=B,
                         port=origin.port)
        self.addCleanup(new.close)
        with served.client() as client:
            client.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            asked.wait(20)
            service.run(B, deployment="ecs-svc/2")
            self.registered(served, A, B)
            service.stop(old)
            self.registered(served, B)
            self.assertEqual(self.states(served)[A], "draining")
            self.assertEqual(self.body(served), B)
            go.set()
            self.assertEqual(client.response("GET").body, A.encode())

    def test_a_service_that_wants_none_has_none(self):
        port = self.origins(A)
        service = Service(self.emulated, port=port)
        service.want(1)
        task, = service.run(A)
        served = self.follow(service, port)
        self.registered(served, A)
        service.stop(task)
        until(lambda: served.log_count("wants 1"), served.story)
        self.registered(served, A)      # it is not believed
        service.want(0)
        self.registered(served)

    def test_a_service_that_is_deleted_has_none(self):
        port = self.origins(A, B)
        service = Service(self.emulated, port=port)
        service.want(2)
        tasks = service.run(A, B)
        between = self.between()
        served = self.follow(service, port)
        self.registered(served, A, B)
        between.mode = "gone"           # as ECS says it of one that it forgot
        until(lambda: served.log_count("does not say that there is"),
              served.story)
        self.registered(served, A, B)
        between.mode = "deleted"
        service.ecs.delete_service(cluster=service.cluster,
                                   service=service.name, force=True)
        until(lambda: served.log_count("says nothing") or
              between.faults > 3, served.story)
        self.registered(served, A, B)   # they run
        service.stop(*tasks)
        self.registered(served)

    def test_pages_of_few_tasks_some_of_them_empty(self):
        port = self.origins(A, B, C)
        service = Service(self.emulated, port=port)
        service.want(3)
        service.run(A, B, C)
        between = self.between()
        between.mode = "pages"
        self.registered(self.follow(service, port), A, B, C)

    def test_tasks_that_do_not_run_yet_are_no_targets(self):
        port = self.origins(A, B)
        service = Service(self.emulated, port=port)
        service.want(2)
        task, _ = service.run(A, B)
        service.tasks()[task].status = "PENDING"
        served = self.follow(service, port)
        self.registered(served, B)
        service.tasks()[task].status = "RUNNING"
        self.registered(served, A, B)

    def test_more_tasks_than_one_answer_tells(self):
        port = self.origins("127.0.0.1")
        service = Service(self.emulated, port=port)
        service.want(120)
        hosts = ["127.0.9.%d" % i for i in range(1, 121)]
        service.run(*hosts)
        served = self.follow(service, port)
        self.registered(served, *hosts)
        served.says("120 found, 0 gone", 1)

    def test_a_target_that_a_call_took_out_stays_out(self):
        port = self.origins(A, B)
        service = Service(self.emulated, port=port)
        service.want(2)
        service.run(A, B)
        served = self.follow(service, port)
        self.registered(served, A, B)
        import boto3
        elb = boto3.client("elbv2", region_name=REGION,
                           endpoint_url="http://%s:%d" % (served.api_host,
                                                          served.api_port),
                           aws_access_key_id="a", aws_secret_access_key="b")
        group, = elb.describe_target_groups()["TargetGroups"]
        elb.deregister_targets(TargetGroupArn=group["TargetGroupArn"],
                               Targets=[{"Id": A, "Port": port}])
        service.run(C)
        self.registered(served, B, C)


class Template(EcsCase):
    def stack(self, service, port):
        stack = Stack()
        for name in "Blue", "Green":
            stack.group(name, Port=port, attributes_=DELAY)
        stack.add("Svc", "AWS::ECS::Service", {
            "Cluster": service.cluster, "ServiceName": "web", "LoadBalancers": [{
                "TargetGroupArn": ref("Blue"), "ContainerName": "app",
                "ContainerPort": port, "AdvancedConfiguration": {
                    "AlternateTargetGroupArn": ref("Green")}}]},
            {"Interval": 1})
        return stack.listener("Http", 80, forward(("Blue", 1), ("Green", 0)))

    def test_services_are_followed_only_when_asked_for(self):
        port = self.origins(A)
        service = Service(self.emulated, port=port)
        service.run(A)
        stack = Stack()
        stack.group("Web", Port=port)
        stack.add("Svc", "AWS::ECS::Service", {
            "Cluster": service.cluster, "ServiceName": "web", "LoadBalancers": [{
                "TargetGroupArn": ref("Web"), "ContainerName": "app",
                "ContainerPort": port}]})
        stack.listener("Http", 80, forward("Web"))
        self.registered(self.serve(stack, "--discover", "ecs"), A)
        self.assertEqual(self.states(self.serve(stack)), {})

    def test_the_tasks_of_a_new_deployment_are_in_the_other_group(self):
        port = self.origins(A, B, C)
        service = Service(self.emulated, port=port)
        service.want(1)
        old, = service.run(A)
        served = self.serve(self.stack(service, port), "--discover", "ecs")
        self.registered(served, A, group="blue")
        self.registered(served, group="green")
        service.run(B, C, deployment="ecs-svc/2")
        self.registered(served, B, C, group="green")
        self.registered(served, A, group="blue")
        service.stop(old)
        self.registered(served, group="blue")
        self.registered(served, B, C, group="green")


class Bridge(EcsCase):
    def instance(self, service):
        ec2 = self.emulated.client("ec2")
        image = ec2.describe_images()["Images"][0]["ImageId"]
        made, = ec2.run_instances(ImageId=image, MinCount=1,
                                  MaxCount=1)["Instances"]
        service.host(made["InstanceId"], A)
        return made["InstanceId"]

    def serve_hosts(self, kind, port):
        """A task at port 80 of its container, and `port` of its host."""
        service = Service(self.emulated, port=80, mode="bridge")
        ident = self.instance(service)
        service.want(1)
        service.run_at(ident, port)
        return ident, self.follow(
            service, 81, {"Container": "app", "Port": 80}, TargetType=kind)

    def test_a_port_of_a_host_is_the_target(self):
        port = self.origins(A)
        _, served = self.serve_hosts("ip", port)
        self.registered(served, A)
        self.assertEqual(self.body(served), A)

    def test_tasks_of_one_host_have_a_port_each(self):
        ports = [self.origins(A) for _ in range(3)]
        service = Service(self.emulated, port=80, mode="bridge")
        ident = self.instance(service)
        service.want(3)
        first, *_ = [service.run_at(ident, port) for port in ports]
        served = self.follow(service, 81, {"Container": "app", "Port": 80})

        def registered(*some):
            until(lambda: {t["Target"] for t in served.targets()
                           if t["State"] != "draining"} ==
                  {"%s:%d" % (A, port) for port in some}, served.story)
        registered(*ports)
        service.stop(first)
        registered(*ports[1:])

    def test_an_instance_is_the_target_where_the_group_has_instances(self):
        port = self.origins(A)
        ident, served = self.serve_hosts("instance", port)
        until(lambda: self.states(served), served.story)
        self.assertEqual(self.body(served), A)
        answer = served.api("/config")
        self.assertIn(b"%s:%d=%s" % (ident.encode(), port, A.encode()),
                      answer.body)


if __name__ == "__main__":
    rig.main()
