"""Holds dashboards to Grafana's own types, with npm packages in exact versions that leave nothing behind."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

TYPESCRIPT = "5.9.3"
COMPOSABLE = "./node_modules/@grafana/schema/dist/esm/raw/composable"
PANELS = {
    "timeseries": "TimeSeriesPanelCfg",
    "table": "TablePanelCfg",
    "stat": "StatPanelCfg",
    "bargauge": "BarGaugePanelCfg",
    "state-timeline": "StateTimelinePanelCfg",
}
# JSON holds the words of Grafana's enumerations, which TypeScript takes for other types than the enumerations.
PLAIN = """
type Plain<T> =
  T extends string ? `${T}` :
  T extends number | boolean | null | undefined ? T :
  T extends (infer U)[] ? Plain<U>[] :
  T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
"""
_PROMETHEUS_WORDS = {"target", "titleFormat", "textFormat", "tagKeys", "useValueForTime"}


def npm_folder(folder: Path, schema: str) -> Path:
    """Install @grafana/schema in version *schema* and the compiler into *folder*; no lock file is written."""
    npm = shutil.which("npm")
    assert npm is not None, "npm was not found on PATH; install it with: apt-get install nodejs npm (./check does)"
    packages = [f"@grafana/schema@{schema}", f"typescript@{TYPESCRIPT}"]
    command = [npm, "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    ran = subprocess.run(
        [*command, "--loglevel=error", *packages], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert ran.returncode == 0, f"npm could not install {packages}:\n{ran.stdout}{ran.stderr}"
    return folder


def complaints(folder: Path, dashboards: Iterable[dict[str, Any]]) -> str:
    """Return what the compiler says about *dashboards* and about the options of each of their panels."""
    lines = ["import type { Dashboard } from '@grafana/schema';"]
    for kind, file in PANELS.items():
        name = file.removesuffix("PanelCfg")
        lines.append(
            f"import type * as {name} from '{COMPOSABLE}/{kind.replace('-', '')}/panelcfg/x/{file}_types.gen';"
        )
    lines.append(PLAIN)
    for page in dashboards:
        lines.append(f"({json.dumps(_without_prometheus_words(page))}) satisfies Plain<Dashboard>;")
        for panel in page["panels"]:
            if panel["type"] in PANELS:
                name = PANELS[panel["type"]].removesuffix("PanelCfg")
                lines.append(f"({json.dumps(panel['options'])}) satisfies Plain<Partial<{name}.Options>>;")
                custom = panel["fieldConfig"]["defaults"].get("custom", {})
                if custom:
                    lines.append(f"({json.dumps(custom)}) satisfies Plain<Partial<{name}.FieldConfig>>;")
    (folder / "dashboards.ts").write_text("\n".join(lines))
    command = ["node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler"]
    ran = subprocess.run(
        [*command, "--module", "esnext", "dashboards.ts"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return ran.stdout + ran.stderr


def _without_prometheus_words(page: dict[str, Any]) -> dict[str, Any]:
    """Leave out of annotations what only Prometheus's data source reads, for which Grafana's types have no place."""
    annotations = [
        {name: value for name, value in each.items() if name not in _PROMETHEUS_WORDS}
        for each in page["annotations"]["list"]
    ]
    return {**page, "annotations": {"list": annotations}}
