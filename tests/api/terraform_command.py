# SPDX-License-Identifier: Apache-2.0
"""Real Terraform and its real provider hashicorp/aws, offline.

    Terraform(folder, endpoint, variables)   a stack in a folder of its own:
        .apply(stage) .unchanged() .anew(address, id) .state() .destroy()
        .close()
    RealCase                                 of terraform_stacks' stacks

Skips by name without `terraform` and the provider in a local folder
(TF_PLUGIN_DIR, or one of the usual places). One process of the provider serves
all commands of a stack (TF_REATTACH_PROVIDERS, what `-debug` is for): it is
700 MB, and a start costs seconds."""
import ctypes
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = ["/opt/tf-plugins", "/usr/share/terraform/plugins",
          "/usr/local/share/terraform/plugins",
          os.path.expanduser("~/.terraform.d/plugins"),
          os.path.expanduser("~/.local/share/terraform/plugins")]
PROVIDER = os.path.join("registry.terraform.io", "hashicorp", "aws", "*", "*",
                        "terraform-provider-aws*")
PR_SET_PDEATHSIG = 1


def provider():
    """(folder of plugins, program) of hashicorp/aws; (None, None): missing."""
    for place in [os.environ.get("TF_PLUGIN_DIR")] + PLACES:
        found = place and sorted(glob.glob(os.path.join(place, PROVIDER)))
        if found:
            return place, found[-1]
    return None, None


def die_with_parent():
    """However a test ends, its children do: they would sleep for 30 s, and
    retry for minutes."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def environment(**more):
    """AWS_CA_BUNDLE above all must go: the provider takes it only once."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("AWS_", "TF_"))}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true", "GOGC": "400",
            "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null",
            "TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color", **more}


class Child:
    """A process in a group of its own, all of which ends with close()."""

    def __init__(self, words, **more):
        # Each stack has a thread for itself: the main one.
        self.process = subprocess.Popen(
            words, text=True, start_new_session=True,
            preexec_fn=die_with_parent, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, **more)

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.stdout.close()
        self.process.wait()


class Provider(Child):
    def __init__(self):
        super().__init__([provider()[1], "-debug"], env=environment(),
                         stderr=subprocess.DEVNULL)
        self.address = None
        for line in self.process.stdout:
            match = re.search(r"TF_REATTACH_PROVIDERS='(.*)'", line)
            if match:
                self.address = match.group(1)
                return
        self.close()
        raise AssertionError("the provider did not start")


class Terraform:
    def __init__(self, folder, endpoint, variables):
        self.folder = tempfile.mkdtemp(prefix="sluice-terraform-")
        shutil.copy(os.path.join(HERE, "terraform", folder, "main.tf"),
                    self.folder)
        self.provider = Provider()
        self.environment = environment(
            TF_REATTACH_PROVIDERS=self.provider.address,
            TF_VAR_endpoint=endpoint,
            **{"TF_VAR_" + k: str(v) for k, v in variables.items()})
        self.run("init", "-plugin-dir=" + provider()[0], "-input=false")

    def run(self, *arguments, ok=(0,)):
        """(exit code, what it printed)"""
        child = Child(["terraform"] + list(arguments), cwd=self.folder,
                      env=self.environment, stderr=subprocess.STDOUT)
        try:
            out, _ = child.process.communicate()
        finally:
            child.close()
        if child.process.returncode not in ok:
            raise AssertionError("terraform %s: exit %d\n%s" % (
                " ".join(arguments), child.process.returncode, out[-9000:]))
        return child.process.returncode, out

    def apply(self, stage):
        """Something must be new. What is there is looked at by unchanged(), so
        that a later stage does not: it costs a dozen seconds of CPU."""
        self.environment["TF_VAR_stage"] = str(stage)
        _, out = self.run("apply", "-auto-approve", "-input=false",
                          "-refresh=%s" % ("true" if stage == 1 else "false"))
        if re.search(r"^Apply complete! Resources: 0 added, 0 changed", out,
                     re.M):
            raise AssertionError("nothing to change for stage %d\n%s" % (
                stage, out[-9000:]))

    def unchanged(self):
        """What there is, is what was applied, as Terraform sees it."""
        code, out = self.run("plan", "-detailed-exitcode", "-input=false",
                             ok=(0, 2))
        if code:
            raise AssertionError("a second plan has changes:\n" + out[-9000:])

    def anew(self, address, identifier):
        """It is forgotten, and imported."""
        self.run("state", "rm", address)
        self.run("import", "-input=false", address, identifier)

    def state(self):
        """What `terraform show -json` prints."""
        return self.run("show", "-json")[1]

    def destroy(self):
        """Does not look anew: a plan has just done it."""
        self.run("destroy", "-auto-approve", "-input=false", "-refresh=false")

    def close(self):
        self.provider.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@unittest.skipUnless(shutil.which("terraform"), "terraform is missing")
@unittest.skipUnless(provider()[0], "terraform's provider hashicorp/aws is "
                     "missing in %s" % ", ".join(PLACES))
class RealCase(unittest.TestCase):
    def drive(self, name, sluice, _, variables):
        return Terraform(name, sluice.url, variables)
