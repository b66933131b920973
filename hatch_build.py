"""Put specs/, datasets/ and validators/ into real wheels as ctdspec/_bundled/."""

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What was committed under these names, never what a run has written beside it.
BUNDLED = (
    "specs/**/*.yaml",
    "specs/**/*.json",
    "datasets/*/*.yaml",
    "datasets/*/*.safetensors",
    "datasets/*/training.json",
    "validators/**/*.yaml",
)


class BundleDeclarativeContent(BuildHookInterface):
    def initialize(self, version, build_data):
        if version != "standard":  # an editable install reads the checkout
            return
        root = Path(self.root)
        for pattern in BUNDLED:
            for path in sorted(root.glob(pattern)):
                if path.parts[-1] == "spec.yaml":  # a run's resolved spec
                    continue
                name = path.relative_to(root).as_posix()
                build_data["force_include"][str(path)] = f"ctdspec/_bundled/{name}"
