"""The manifests build, fit the published schemas, and keep the rules for a daemon on a SQLite file."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stopwatch.config.settings import load_settings
from tests.deploy.yaml_files import DEPLOY, ROOT, VARIABLES, documents

FOLDER = DEPLOY / "kubernetes"
UNKNOWN_KINDS = {"ServiceMonitor"}
"""Kinds of others' operators, which Kubernetes has no schema for."""


def kubectl(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["kubectl", *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> str:
    """All manifests as ``kubectl apply -k`` would send them."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("deploy/kubernetes", "rules"):
        shutil.copytree(ROOT / name, tree / name)
    listed = tree / "deploy" / "kubernetes" / "kustomization.yaml"
    made = kubectl("kustomize", listed.parent)
    if "must be a file" in made.stderr:  # Debian's kubectl 1.20 wants folders under a name of their own
        text = listed.read_text().replace("  - ../../rules\n", "")
        listed.write_text(f"{text}bases: [../../rules]\n")
        made = kubectl("kustomize", listed.parent)
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.fixture(scope="module")
def objects(built: str) -> dict[str, dict[str, Any]]:
    return {found["kind"]: found for found in documents(built)}


@pytest.fixture(scope="module")
def pod(objects: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = objects["Deployment"]["spec"]["template"]["spec"]
    return found


def test_every_file_is_built_but_the_example_of_a_secret(objects: dict[str, dict[str, Any]]) -> None:
    assert objects.keys() == {
        "Namespace", "ConfigMap", "Deployment", "PersistentVolumeClaim", "Service", "ServiceMonitor", "NetworkPolicy",
        "PodDisruptionBudget",
    }  # fmt: skip
    listed = set(documents((FOLDER / "kustomization.yaml").read_text())[0]["resources"])
    there = {path.name for path in FOLDER.glob("*.yaml")}
    assert there - listed == {"kustomization.yaml", "secret.example.yaml"}


def test_every_object_fits_the_schema_that_kubernetes_publishes(built: str, tmp_path: Path) -> None:
    file = tmp_path / "built.yaml"
    file.write_text(built + "---\n" + (FOLDER / "secret.example.yaml").read_text())
    command = [str(Path(sys.executable).with_name("kubernetes-validate")), "--strict", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    unknown = [line for line in checked.stdout.splitlines() if "Couldn't find schema" in line]
    assert [line for line in unknown if not any(kind in line for kind in UNKNOWN_KINDS)] == []


def test_the_config_map_holds_the_rule_files_under_a_name_that_stays(objects: dict[str, dict[str, Any]]) -> None:
    rules = objects["ConfigMap"]
    assert rules["metadata"]["name"] == "stopwatch-rules"
    assert rules["data"] == {
        name: (ROOT / "rules" / name).read_text() for name in ("kpis.yaml", "stop-rules.yaml", "rollout.yaml")
    }


def test_one_daemon_at_most_works_on_the_file(objects: dict[str, dict[str, Any]]) -> None:
    spec = objects["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert objects["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert objects["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 0


def test_the_pod_is_restricted_as_kubernetes_defines_it(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert f"USER {pod['securityContext']['runAsUser']}:" in (ROOT / "Dockerfile").read_text()
    assert not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))


def test_the_environment_is_ours_alone_and_fits_together(pod: dict[str, Any], tmp_path: Path) -> None:
    (container,) = pod["containers"]
    assert pod["enableServiceLinks"] is False
    given = {each["name"]: each["value"] for each in container["env"]}
    assert given.keys() - VARIABLES == set()
    for name in given:
        if name.endswith("_FILE") and name != "STOPWATCH_API_TOKENS_FILE":
            (tmp_path / name).write_text("xoxb-or-xapp")
            given[name] = str(tmp_path / name)
    load_settings(given)


def test_probes_ask_what_they_are_meant_to_ask(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    asked = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/-/healthy", "liveness": "/-/healthy", "readiness": "/-/ready"}
    assert pod["terminationGracePeriodSeconds"] > 10


def test_folders_are_mounted_whole_so_that_changes_arrive(pod: dict[str, Any]) -> None:
    (container,) = pod["containers"]
    assert [mount for mount in container["volumeMounts"] if "subPath" in mount] == []
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


def test_everything_selects_the_same_pod(objects: dict[str, dict[str, Any]]) -> None:
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert objects["Service"]["spec"]["selector"] == labels
    for kind in ("Deployment", "PodDisruptionBudget", "ServiceMonitor"):
        assert objects[kind]["spec"]["selector"]["matchLabels"] == labels, kind
    assert objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert objects["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress", "Egress"]


def test_the_example_of_a_secret_holds_none() -> None:
    (example,) = documents((FOLDER / "secret.example.yaml").read_text())
    assert example["metadata"]["name"] == "stopwatch"
    assert "put-yours-here" in example["stringData"]["slack_bot_token"]
    assert "0" * 64 in json.dumps(example)
