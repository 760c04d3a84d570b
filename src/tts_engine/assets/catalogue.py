"""Which versions exist, which one is meant, and which one is active."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from .condition import write_text
from .install import MANIFEST
from .layout import Layout
from .manifest import ModelManifest, parse_manifest, shipped_manifests, split_spec, unknown_model

_log = logging.getLogger(__name__)


class Catalogue:
    """The versions that the package ships and those that are installed.

    Args:
        layout: of the cache.
        manifests: replaces the shipped versions, the default one first.
    """

    def __init__(self, layout: Layout, manifests: Sequence[ModelManifest] | None = None) -> None:
        self._layout = layout
        self._manifests = manifests

    def known(self) -> dict[str, ModelManifest]:
        """Every version by ``name@version``, the default one first.

        For a version that the package ships, its pins count, whatever an installed manifest says.
        """
        shipped = self._manifests if self._manifests is not None else shipped_manifests()
        known = {manifest.spec: manifest for manifest in shipped}
        for spec, folder in self._layout.installed().items():
            if spec not in known:
                try:
                    manifest = parse_manifest((folder / MANIFEST).read_text(encoding="utf-8"), str(folder / MANIFEST))
                except OSError as error:
                    _log.info("%s holds no manifest and is left alone: %s", folder, error)
                else:
                    known[spec] = manifest
        return known

    def resolve(self, model: str | None) -> ModelManifest:
        """The version that is meant: the active one for None, and for a name without version where it is of that name.

        Raises:
            AssetError: nobody knows it (``model_unknown``).
        """
        known = self.known()
        active = self._active_of(known)
        if model is None:
            return known[active]
        name, version = split_spec(model)
        of_name = [manifest for manifest in known.values() if manifest.name == name]
        if version is None and of_name:
            return next((manifest for manifest in of_name if manifest.spec == active), of_name[0])
        if model in known:
            return known[model]
        raise unknown_model(model, list(known))

    def active(self) -> str:
        """The recorded choice, else the default; a record that is of no use is reported in the log."""
        return self._active_of(self.known())

    def activate(self, manifest: ModelManifest) -> None:
        """Records the choice.

        Raises:
            OSError: the cache cannot be written.
        """
        write_text(self._layout.current_file, json.dumps({"active": manifest.spec}) + "\n")

    def activate_first(self, manifest: ModelManifest) -> None:
        """Records the choice if there is none yet.

        Done with the first version that is whole, so that a newer package with another default goes on without
        network until the user switches.
        """
        if not self._layout.current_file.exists():
            self.activate(manifest)

    def _active_of(self, known: dict[str, ModelManifest]) -> str:
        default, path = next(iter(known)), self._layout.current_file
        try:
            recorded = json.loads(path.read_text(encoding="utf-8"))["active"]
        except FileNotFoundError:
            return default
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s cannot be read, %s is used: %r", path, default, error)
            return default
        if recorded not in known:
            _log.warning("%s names %r, which is not known; %s is used", path, recorded, default)
            return default
        return str(recorded)
