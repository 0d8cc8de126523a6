"""Hatch build hook: compiles the kernels where there is a compiler, and puts the built web assets into the wheel.

Without a compiler the wheel stays pure Python: every kernel has a plain twin, so obsv is slower, never broken.
`OBSV_REQUIRE_EXT=1` turns a failed compilation into an error (CI, container image), `OBSV_NO_EXT=1` skips it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNELS = Path("obsv/metrics/kernels")


def compile_kernels(root: Path) -> list[Path]:
    """Build each .pyx below the kernels folder in a scratch folder and move the result beside its source."""
    from Cython.Build import cythonize
    from setuptools import Extension
    from setuptools.command.build_ext import build_ext
    from setuptools.dist import Distribution

    built: list[Path] = []
    with tempfile.TemporaryDirectory(prefix="obsv-build-") as scratch:
        extensions = [
            Extension(
                str(pyx.relative_to(root).with_suffix("")).replace(os.sep, "."),
                [str(pyx.relative_to(root))],
                language="c++",
                include_dirs=[str(pyx.parent.relative_to(root))],
                extra_compile_args=["-O3", "-std=c++17", "-fno-math-errno", "-ffp-contract=off"],
            )
            for pyx in sorted((root / KERNELS).glob("*.pyx"))
        ]
        modules = cythonize(extensions, build_dir=scratch, nthreads=os.cpu_count() or 1, quiet=True)
        command = build_ext(Distribution({"ext_modules": modules, "package_dir": {"": "."}}))
        command.build_temp = scratch
        command.build_lib = os.path.join(scratch, "lib")
        command.parallel = os.cpu_count()
        command.ensure_finalized()
        command.run()
        for file in Path(scratch, "lib").rglob("*.so"):
            target = root / KERNELS / file.name
            staged = target.with_name(target.name + ".new")
            shutil.copy2(file, staged)
            staged.replace(target)
            built.append(target)
    return built


class KernelHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling is a build-time dependency alone
    """Runs for wheels and editable installs alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, or leave the build pure and say so."""
        if self.target_name != "wheel" or os.environ.get("OBSV_NO_EXT") == "1":
            return
        root = Path(self.root)
        before = Path.cwd()
        os.chdir(root)
        try:
            compile_kernels(root)
        except BaseException as error:
            for stale in (root / KERNELS).glob("*.so"):
                stale.unlink()
            if os.environ.get("OBSV_REQUIRE_EXT") == "1":
                raise
            print(f"obsv: kernels not compiled ({error!r}); the plain Python twins will be used", file=sys.stderr)
            return
        finally:
            os.chdir(before)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
