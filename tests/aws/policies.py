# SPDX-License-Identifier: Apache-2.0
"""The policies of contrib/iam, filled in for the double."""
import json
import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "contrib", "iam")
WORDS = {"REGION": "us-east-1", "ACCOUNT": "123456789012", "CLUSTER": "web",
         "BUCKET": "logs", "LOG_GROUP": "/sluice", "NAMESPACE": "local",
         "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:alarms"}
NAMES = sorted(n[:-5] for n in os.listdir(FOLDER) if n.endswith(".json"))


def text(name):
    with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as file:
        return file.read()


def policy(name, **words):
    """Of a file, as a dict, with these words for those in capitals."""
    made = text(name)
    for word, value in {**WORDS, **words}.items():
        made = made.replace(word, value)
    return json.loads(made)


def actions(document):
    """What it allows."""
    found = []
    for statement in document["Statement"]:
        said = statement["Action"]
        found += [said] if isinstance(said, str) else said
    return found


def without(document, action):
    """The same document, but for that action."""
    left = []
    for statement in document["Statement"]:
        said = statement["Action"]
        rest = [a for a in ([said] if isinstance(said, str) else said)
                if a != action]
        if rest:
            left.append({**statement, "Action": rest})
    return {**document, "Statement": left}
