"""Build hook: in an editable install, the package `nattery` is the folder `core` of the integration itself."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from editables import EditableProject
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NatteryEditable(BuildHookInterface[Any]):
    """Adds the files that lead `import nattery` to custom_components/nattery/core."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write those files, for an editable build only; a wheel carries the folder itself."""
        if version != "editable":
            return
        project = EditableProject(self.metadata.name, self.root)
        project.map("nattery", "custom_components/nattery/core")
        self._folder = TemporaryDirectory()
        for name, content in project.files():
            path = Path(self._folder.name, name)
            path.write_text(content)
            build_data["force_include_editable"][str(path)] = name
        build_data["dependencies"].extend(project.dependencies())

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove the files once they are in the built package."""
        if version == "editable":
            self._folder.cleanup()
