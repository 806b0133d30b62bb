"""A team's own code: what is refused, and what of it the job script gets."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from bot.adapters.slurm.code import SETUP_CODE, code_name, launch_of
from bot.adapters.slurm.job import check_resources
from bot.adapters.slurm.results import parse_folder
from bot.errors import Refused
from bot.ports import FolderHash
from bot.things.recipe.code import check_code
from bot.things.recipe.recipe import Code, Environment
from bot.things.run.model import Resources

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GOOD = Code(("python", "train.py", "{spec}"), repository="https://example.org/team/code.git", commit=COMMIT)
ASKED = Resources("gpu", 1, 1, 1, 1, 60)


@pytest.mark.parametrize(
    "code",
    [
        GOOD,
        replace(GOOD, repository="git@example.org:team/code.git"),
        replace(GOOD, repository="ssh://git@example.org:22/team/code.git"),
        Code(("./train",), folder="/nfs/team"),
        Code(("./train",), environment=Environment(("rocm/6.2", "python"), conda="torch", image="/nfs/torch.sif")),
    ],
)
def test_what_can_be_found_is_taken(code):
    """A repository with its commit, a folder, or neither; with an environment or without."""
    check_code(code)


@pytest.mark.parametrize(
    "code",
    [
        Code(()),
        Code(("",)),
        Code(("a\nb",)),
        Code(("train",), folder="team/code"),
        Code(("train",), folder="/nfs/../etc"),
        Code(("train",), folder="/nfs/a\nb"),
        replace(GOOD, folder="/nfs/team"),
        replace(GOOD, commit=""),
        replace(GOOD, commit="main"),
        replace(GOOD, commit=COMMIT[:12]),
        replace(GOOD, repository=""),
        replace(GOOD, repository="ext::sh -c reboot"),
        replace(GOOD, repository="--upload-pack=reboot"),
        replace(GOOD, repository="https://example.org/a b"),
        replace(GOOD, repository="ssh://git:s3cret@example.org/x"),
        replace(GOOD, environment=Environment(modules=("rocm; reboot",))),
        replace(GOOD, environment=Environment(modules=("-f",))),
        replace(GOOD, environment=Environment(venv="venv")),
        replace(GOOD, environment=Environment(conda="$(reboot)")),
        replace(GOOD, environment=Environment(conda="torch", venv="/nfs/venv")),
        replace(GOOD, environment=Environment(image="docker://torch")),
    ],
)
def test_what_could_be_read_as_something_else_is_refused(code):
    """Nothing of a recipe is an option, a path from somewhere, or a line of shell."""
    with pytest.raises(Refused):
        check_code(code)


@pytest.mark.parametrize("whose", ["oauth2:s3cret", "s3cret"])
@pytest.mark.parametrize("rest", ["x.git", "a b"])
def test_a_repository_with_a_secret_in_it_is_refused_without_repeating_it(whose, rest):
    """Everybody would read it on the recipe's card; how git can have it instead is said."""
    with pytest.raises(Refused, match=r"before `example\.org`.* credential helper") as refused:
        check_code(replace(GOOD, repository=f"https://{whose}@example.org/{rest}"))
    assert "s3cret" not in str(refused.value)


def test_a_commit_has_a_folder_of_its_own():
    """The name stands for repository and commit together."""
    others = (GOOD, replace(GOOD, commit=COMMIT[::-1]), replace(GOOD, repository="https://example.org/team/other.git"))

    assert 3 == len({code_name(code) for code in others})


def test_an_image_sees_the_shared_folder_and_the_code():
    """Apptainer gets the folders that it does not bind by itself."""
    code = Code(("./train", "{spec}"), folder="/nfs/team", environment=Environment(image="/nfs/torch.sif"))
    launch = launch_of(code, PurePosixPath("/nfs/slipway"))

    binds = ("--bind=/nfs/slipway", "--bind=/nfs/team")
    assert ("apptainer", "exec", *binds, "/nfs/torch.sif", "./train", "{spec}") == tuple(launch.command)


@pytest.mark.parametrize(
    ("devices", "told"),
    [((), ["", ""]), (("kfd",), ["1", ""]), (("nvidiactl",), ["", "1"]), (("kfd", "nvidiactl"), ["1", "1"])],
)
def test_an_image_gets_the_driver_that_its_node_has(tmp_path: Path, devices: tuple[str, ...], told: list[str]):
    """ROCm's libraries on nodes of AMD, CUDA's on NVIDIA's, none on a node without GPUs: asked where the job runs."""
    for device in devices:
        (tmp_path / device).touch()
    code = replace(GOOD, environment=Environment(image="/nfs/torch.sif"))
    setup = "\n".join(launch_of(code, PurePosixPath("/nfs")).setup).replace("/dev/", f"{tmp_path}/")
    show = 'echo "$APPTAINER_ROCM,$APPTAINER_NV"'
    said = subprocess.run(["bash", "-ec", f"{setup}\n{show}"], check=True, capture_output=True, text=True).stdout

    assert told == said.strip().split(",")


def test_a_conda_environment_is_activated_by_its_hook(tmp_path: Path):
    """In the same shell, so that the command has its PATH; one that is not there ends the run with a sentence."""
    conda = tmp_path / "conda"
    conda.write_text('#!/bin/sh\necho \'conda() { [ "$1 $2" = "activate torch" ] && PATH=/opt/torch:$PATH; }\'\n')
    conda.chmod(0o755)
    said = []
    for name in ("torch", "none"):
        code = replace(GOOD, environment=Environment(conda=name))
        script = "\n".join([*launch_of(code, PurePosixPath("/nfs")).setup, "echo $PATH"])
        where = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        said.append(subprocess.run(["bash", "-c", script], env=where, check=False, capture_output=True, text=True))

    assert said[0].stdout.startswith("/opt/torch:")
    assert (SETUP_CODE, "the conda environment cannot be had" in said[1].stderr) == (said[1].returncode, True)


def test_an_environment_is_activated_in_order():
    """Modules first, since they may bring what activates the rest."""
    code = replace(GOOD, environment=Environment(modules=("rocm/6.2",), conda="torch"))
    lines = launch_of(code, PurePosixPath("/nfs/slipway")).setup

    assert ["command -v", "module load", 'eval "$(conda', "conda activate"] == [
        " ".join(line.split()[:2]) for line in lines
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"partition": "gpu\n#SBATCH --uid=root"},
        {"gpu_type": "mi 100"},
        {"account": "-x"},
        {"qos": "a b"},
        {"exclude": ("gpu1", "gpu2 --uid=root")},
    ],
)
def test_a_resource_is_a_name(changes):
    """A line break or a blank would be an option of its own in the script."""
    with pytest.raises(Refused):
        check_resources(replace(ASKED, **changes))


def test_a_list_of_nodes_is_taken():
    """As SLURM writes them."""
    check_resources(replace(ASKED, exclude=("gpu[1-3,7]", "login-2.example.org")))


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda _folder: None, "it has no files"),
        (
            lambda folder: [(folder / f"{number}.py").touch() for number in range(10_001)],
            "it has more than 10000 files",
        ),
        (lambda folder: (folder / "-rf\n *.py").write_text("x"), FolderHash),
    ],
)
def test_the_folders_hash_is_taken_by_the_shell(tmp_path: Path, made: Callable[[Path], object], told: str | type):
    """Whatever is in it, and whatever its name: a hash, or why there is none."""
    folder = tmp_path / "it's $HOME"
    folder.mkdir()
    made(folder)
    launch = launch_of(Code(("true",), folder=str(folder)), PurePosixPath("/nfs"))
    subprocess.run(["bash", "-euc", "\n".join(launch.setup)], cwd=tmp_path, check=True)
    noted = parse_folder((tmp_path / "code").read_text())

    assert noted is not None
    assert told == noted.complaint if isinstance(told, str) else noted.digest
    assert {"code", folder.name} == {path.name for path in tmp_path.iterdir()}
