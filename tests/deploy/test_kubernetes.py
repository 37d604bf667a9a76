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

pytestmark = pytest.mark.slow

FOLDER = DEPLOY / "kubernetes"
UNKNOWN_KINDS = {"ServiceMonitor"}
"""Kinds of others' operators, which Kubernetes has no schema for."""


def kubectl(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["kubectl", *map(str, words)], capture_output=True, text=True, check=False)


def build(tree: Path, name: str) -> str:
    """All manifests of one folder below deploy/ as ``kubectl apply -k`` would send them."""
    for each in ("deploy/kubernetes", "deploy/kubernetes-replicas", "rules"):
        shutil.copytree(ROOT / each, tree / each)
    made = kubectl("kustomize", tree / "deploy" / name)
    if "must be a file" in made.stderr:  # Debian's kubectl 1.20 wants folders under a name of their own
        for listed in (tree / "deploy").glob("*/kustomization.yaml"):
            lines = listed.read_text().splitlines()
            folders = [line for line in lines if line.startswith("  - ../")]
            kept = [line for line in lines if line not in folders]
            listed.write_text("\n".join([*kept, "bases:", *folders, ""]))
        made = kubectl("kustomize", tree / "deploy" / name)
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build(tmp_path_factory.mktemp("tree"), "kubernetes")


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> str:
    return build(tmp_path_factory.mktemp("tree"), "kubernetes-replicas")


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


@pytest.mark.parametrize("which", ["built", "replicated"])
def test_every_object_fits_the_schema_that_kubernetes_publishes(
    request: pytest.FixtureRequest, which: str, tmp_path: Path
) -> None:
    file = tmp_path / "built.yaml"
    file.write_text(request.getfixturevalue(which) + "---\n" + (FOLDER / "secret.example.yaml").read_text())
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


def test_replicas_share_a_database_and_no_file_lie_on_nodes_of_their_own_and_never_run_two_versions(
    replicated: str, pod: dict[str, Any]
) -> None:
    found = [each for each in documents(replicated) if each["kind"] not in {"NetworkPolicy", "PersistentVolumeClaim"}]
    objects = {each["kind"]: each for each in found}
    assert "PersistentVolumeClaim" not in replicated
    spec = objects["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (2, {"type": "Recreate"})
    (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
    assert spread["labelSelector"] == spec["selector"]
    assert objects["PodDisruptionBudget"]["spec"] == {"maxUnavailable": 1, "selector": spec["selector"]}
    (container,), (before,) = spec["template"]["spec"]["containers"], pod["containers"]
    names = {each["name"] for each in container["env"]}
    assert names ^ {each["name"] for each in before["env"]} == {"STOPWATCH_DATABASE_URL", "STOPWATCH_DATABASE_URL_FILE"}
    assert names <= VARIABLES
    assert {mount["name"] for mount in container["volumeMounts"]} == {"rules", "secret"}
    assert {volume["name"] for volume in spec["template"]["spec"]["volumes"]} == {"rules", "secret"}


def test_replicas_may_reach_the_database(replicated: str) -> None:
    policies = [each for each in documents(replicated) if each["kind"] == "NetworkPolicy"]
    ports = [port["port"] for policy in policies for way in policy["spec"]["egress"] for port in way["ports"]]
    assert sorted(ports) == [53, 53, 443, 5432, 9090, 9093]
    assert len({json.dumps(policy["spec"]["podSelector"]) for policy in policies}) == 1


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
            (tmp_path / name).write_text("xapp-1" if "APP_TOKEN" in name else "xoxb-1")
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
